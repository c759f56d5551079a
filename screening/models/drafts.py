"""Forms being filled in: kept on the server as typed, so that nothing is lost by a log-out."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils import timezone

from screening.models.participants import Participant
from screening.models.people import Role
from screening.models.screenings import Screening
from screening.models.sealed import SealedJSONField

if TYPE_CHECKING:
    from screening.models.people import User


class DraftQuerySet(models.QuerySet["Draft"]):
    def visible_to(self, user: User) -> DraftQuerySet:
        """The forms that `user` has begun, at sites where they are still a clinician."""
        return self.filter(owner=user, participant__site__in=user.sites_as(Role.CLINICIAN))

    def latest_first(self) -> DraftQuerySet:
        return self.order_by("-updated_at")

    def with_person(self) -> DraftQuerySet:
        """With the person, their site, and the key that `typed` is sealed with."""
        return self.select_related("participant__site", "participant__identity")


class Draft(models.Model):
    """One form about one person, with every answer as it was typed.

    `typed` maps the names of the form's inputs to text, or to a list of texts for tick boxes; whatever
    was typed, it is sealed. The key is also the token of the pre-screen that is recorded from the draft.
    What of the pre-screen that it `repeats` counts no more is asked again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="drafts")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="drafts")
    as_of = models.DateField("date of the pre-screen")
    typed = SealedJSONField(default=dict, blank=True)
    started_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)
    supersedes = models.ForeignKey(
        Screening, on_delete=models.PROTECT, related_name="corrections", null=True, blank=True
    )
    repeats = models.ForeignKey(
        Screening, on_delete=models.PROTECT, related_name="repetitions", null=True, blank=True
    )

    objects = DraftQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(supersedes=None) | models.Q(repeats=None),
                name="draft_corrects_or_repeats",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} as of {self.as_of}"
