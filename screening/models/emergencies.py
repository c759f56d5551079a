"""Openings in an emergency: who opened whose pre-screens, why, and until when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from screening.models.append_only import AppendOnlyModel, AppendOnlyQuerySet
from screening.models.participants import Participant
from screening.models.people import Role

if TYPE_CHECKING:
    from screening.models.people import User

LASTS = timedelta(minutes=60)
SHORTEST_REASON = 15


class EmergencyAccessQuerySet(AppendOnlyQuerySet):
    def open_to(self, user: User, now: datetime) -> EmergencyAccessQuerySet:
        """Those of `user` that have neither run out nor been ended."""
        return self.filter(by=user, at__lte=now, until__gt=now, ending__isnull=True)

    def read_under(self, user: User, participant: Participant, now: datetime) -> EmergencyAccess | None:
        """Return what lets `user` read `participant`; None for a clinician of the person's own site."""
        if user.roles.isdisjoint({Role.CLINICIAN, Role.ADMINISTRATOR}):
            return None
        if participant.site_id in {site.pk for site in user.sites_as(Role.CLINICIAN)}:
            return None
        found: EmergencyAccess | None = self.open_to(user, now).filter(participant=participant).first()
        return found

    def of_sites_of(self, user: User) -> EmergencyAccessQuerySet:
        """Those about people of the sites where `user` is an administrator."""
        return self.filter(participant__site__in=user.sites_as(Role.ADMINISTRATOR))


class EmergencyAccess(AppendOnlyModel):
    """One person's pre-screens, opened to one reader of another site, for an hour, to read."""

    token = models.UUIDField(unique=True, editable=False, help_text="One per form: two clicks, one opening")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="emergencies")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    until = models.DateTimeField()
    reason = models.CharField(max_length=500)

    objects = EmergencyAccessQuerySet.as_manager()

    class Meta:
        verbose_name = "opening in an emergency"
        verbose_name_plural = "openings in an emergency"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__gt=models.F("at")), name="emergency_ends_after_it_began"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="emergency_has_a_reason"),
        ]
        indexes = [models.Index(fields=["by", "until"], name="emergency_by_reader")]

    def __str__(self) -> str:
        return f"opening {self.pk} of participant {self.participant_id}"


class EmergencyEnd(AppendOnlyModel):
    """An opening that its reader ended before its hour was over."""

    access = models.OneToOneField(EmergencyAccess, on_delete=models.PROTECT, related_name="ending")
    at = models.DateTimeField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = "end of an opening in an emergency"
        verbose_name_plural = "ends of openings in an emergency"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"end of opening {self.access_id}"
