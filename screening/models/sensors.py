"""Sensor files that were read: the readings, sealed with the person's key, and no word of the file's own."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.urls import reverse

from screening.models.participants import Participant
from screening.models.people import Role
from screening.models.sealed import SealedJSONField

if TYPE_CHECKING:
    from screening.models.people import User


class SensorRecordQuerySet(models.QuerySet["SensorRecord"]):
    def visible_to(self, user: User) -> SensorRecordQuerySet:
        """Those of people of the sites where `user` is a clinician."""
        return self.filter(participant__site__in=user.sites_as(Role.CLINICIAN))

    def latest_first(self) -> SensorRecordQuerySet:
        return self.order_by("-last_day", "-read_at")


class SensorRecord(models.Model):
    """The readings of one sensor file, and how it was read.

    `content` is sealed; the file itself is not kept, nor its name. A record of the wrong person is removed
    for good: what is in the trail says that it was there.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="sensor_records")
    content = SealedJSONField()
    first_day = models.DateField(help_text="Of the readings, on the person's clock")
    last_day = models.DateField()
    read_at = models.DateTimeField()
    read_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = SensorRecordQuerySet.as_manager()

    class Meta:
        ordering = ["-last_day", "-read_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(first_day__lte=models.F("last_day")), name="sensor_record_days_in_order"
            ),
        ]

    def __str__(self) -> str:
        return f"sensor record {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("sensor_report", args=[self.participant.reference, self.pk])
