"""The trail: who did or read what, in rows that are chained and never change."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q

from screening.models.append_only import AppendOnlyModel, AppendOnlyQuerySet
from screening.models.people import Membership, Role

if TYPE_CHECKING:
    from screening.models.people import User
    from screening.models.referrals import TrialReferral

EMERGENCY = ("emergency.opened", "emergency.read", "emergency.ended")


class AuditQuerySet(AppendOnlyQuerySet):
    def visible_to(self, user: User) -> AuditQuerySet:
        """Events at the sites where `user` is an administrator, about their people, and about their staff."""
        sites = user.sites_as(Role.ADMINISTRATOR)
        staff = Membership.objects.filter(site__in=sites).values_list("user", flat=True).distinct()
        return self.filter(
            Q(site__in=sites)
            | Q(participant__site__in=sites)
            | Q(site__isnull=True, subject__in=[f"user:{pk}" for pk in staff])
        )

    def of_subject(self, trial: TrialReferral) -> AuditQuerySet:
        """Events about one trial of a referral: the referral, this trial of it, the pre-screens it rested on.

        What another trial of the same referral went through is not among them.
        """
        steps = trial.steps.values_list("screening", flat=True).distinct()
        subjects = [f"screening:{pk}" for pk in {trial.referral.screening_id, *steps}]
        of_trial = Q(details__trial=trial.pk) | Q(details__trial__isnull=True)
        of_protocol = Q(details__protocol__in=["", trial.protocol]) | Q(details__protocol__isnull=True)
        return self.filter(participant=trial.referral.participant_id).filter(
            Q(subject=f"trial:{trial.pk}")
            | Q(subject=f"referral:{trial.referral_id}") & of_trial
            | Q(subject__in=subjects) & of_protocol
        )

    def in_emergency(self) -> AuditQuerySet:
        """Openings in an emergency, what was read under them, and their ends."""
        return self.filter(act__in=EMERGENCY)

    def on_day(self, day: date, zone: str) -> AuditQuerySet:
        """Events of one calendar day in the time zone `zone`."""
        start = datetime.combine(day, time.min, ZoneInfo(zone))
        end = datetime.combine(day + timedelta(days=1), time.min, ZoneInfo(zone))
        return self.filter(at__gte=start, at__lt=end)

    def latest_first(self) -> AuditQuerySet:
        return self.order_by("-pk")


class AuditEvent(AppendOnlyModel):
    """One deed or one read. It holds our own ids and codes, never a value, a name or free text.

    `seal` is a keyed hash over this row and the seal of the row before it.
    """

    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    act = models.CharField(max_length=48, help_text="screening.recorded, referral.accepted, result.read")
    site = models.ForeignKey("Site", on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    participant = models.ForeignKey(
        "Participant", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    subject = models.CharField(max_length=64, blank=True, help_text="What it was done to: screening:12")
    details = models.JSONField(default=dict)
    previous = models.CharField(max_length=64, unique=True)
    seal = models.CharField(max_length=64, unique=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(previous=models.F("seal")), name="audit_event_follows_another"
            ),
        ]
        indexes = [
            models.Index(fields=["participant", "id"], name="audit_by_participant"),
            models.Index(fields=["site", "id"], name="audit_by_site"),
            models.Index(fields=["act", "id"], name="audit_by_act"),
            models.Index(fields=["at"], name="audit_by_moment"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.subject}".strip()
