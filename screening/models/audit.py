"""The trail: who did or read what, in rows that are chained and never change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q

from screening.models.append_only import AppendOnlyModel, AppendOnlyQuerySet
from screening.models.people import Role

if TYPE_CHECKING:
    from screening.models.people import User


class AuditQuerySet(AppendOnlyQuerySet):
    def visible_to(self, user: User) -> AuditQuerySet:
        """Events of the sites where `user` is an administrator."""
        return self.filter(site__in=user.sites_as(Role.ADMINISTRATOR))

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
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.subject}".strip()
