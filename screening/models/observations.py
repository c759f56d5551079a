"""What was found about a person, over time: each answer once, with its day, unit, origin and author."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from screening.models.append_only import AppendOnlyModel, AppendOnlyQuerySet
from screening.models.participants import Participant
from screening.models.people import Role
from screening.models.screenings import Screening
from screening.rules.facts import BIRTH
from screening.sealing import Place

if TYPE_CHECKING:
    from screening.models.people import User


def birth_place(token: object) -> Place:
    """Where a birth date is sealed that came with the pre-screen of that token."""
    return Place("screening_observation", "value", f"{token}/{BIRTH}")


class ObservationQuerySet(AppendOnlyQuerySet):
    def visible_to(self, user: User) -> ObservationQuerySet:
        """Observations of the people of the sites where `user` is a clinician."""
        return self.filter(participant__site__in=user.sites_as(Role.CLINICIAN))

    def standing(self) -> ObservationQuerySet:
        """Those that no correction has replaced."""
        return self.filter(corrected_by=None)

    def latest_first(self) -> ObservationQuerySet:
        return self.order_by("-last_day", "-pk")


class Observation(AppendOnlyModel):
    """One answer about one fact, or one severe event, as a pre-screen brought it in.

    `value` is the answer in the shape of docs/json.md. A correction is a new row that names the old one.
    """

    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="observations")
    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="observations")
    fact = models.CharField(max_length=64)
    value = models.JSONField()
    unit = models.CharField(max_length=16, blank=True)
    first_day = models.DateField(null=True, help_text="Earliest day it may be of; empty for undated")
    last_day = models.DateField(null=True, help_text="Latest day it may be of; empty for undated")
    origin = models.CharField(max_length=16, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    corrects = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="corrected_by", null=True, blank=True
    )
    correction_reason = models.CharField(max_length=200, blank=True)

    objects = ObservationQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_day__isnull=True, last_day__isnull=True)
                | Q(first_day__isnull=False, last_day__isnull=False, first_day__lte=models.F("last_day")),
                name="observation_days_are_a_span",
            ),
            models.CheckConstraint(
                condition=Q(corrects__isnull=True) | ~Q(correction_reason=""),
                name="observation_correction_has_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["participant", "fact", "id"], name="observation_by_fact")]

    def __str__(self) -> str:
        return f"{self.fact} of participant {self.participant_id}"
