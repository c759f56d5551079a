"""What the last nightly run found: who stands elsewhere today than at their latest pre-screen, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Prefetch

from screening.models.screenings import Candidacy, Screening

if TYPE_CHECKING:
    from screening.models.people import User


class RescreeningRunQuerySet(models.QuerySet["RescreeningRun"]):
    def finished(self) -> RescreeningRunQuerySet:
        """Those that came to their end, latest first."""
        return self.filter(finished_at__isnull=False).order_by("-pk")


class RescreeningRun(models.Model):
    """One run over the latest pre-screen of everybody; the last finished one is kept, no other.

    Attributes:
        as_of: the day for which it was asked; None for the day it was at each site.
    """

    began_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    as_of = models.DateField(null=True, blank=True)
    people = models.PositiveIntegerField(default=0, help_text="Whose latest pre-screen was evaluated")
    not_evaluated = models.PositiveIntegerField(default=0, help_text="Whose answers could not be used")

    objects = RescreeningRunQuerySet.as_manager()

    def __str__(self) -> str:
        return f"run {self.pk}"


class CandidacyChangeQuerySet(models.QuerySet["CandidacyChange"]):
    def found_last(self) -> CandidacyChangeQuerySet:
        """Those of the last finished run."""
        return self.filter(run=models.Subquery(RescreeningRun.objects.finished().values("pk")[:1]))

    def latest_visible_to(self, user: User) -> CandidacyChangeQuerySet:
        """Those of people of the sites where `user` is a clinician, who were not pre-screened since."""
        return self.filter(screening__in=Screening.objects.visible_to(user).latest_of_each().values("pk"))

    def with_person(self) -> CandidacyChangeQuerySet:
        """With the pre-screen, the person and their site; each pre-screen is read once."""
        return self.prefetch_related(Prefetch("screening", Screening.objects.with_person()))


class CandidacyChange(models.Model):
    """One protocol for which somebody stands elsewhere than was recorded: a finding, not a record.

    `reasons` is a list of objects with `cause` (`rules`, `time` or `stale`), `criteria`, `facts`, `since`
    and `tells_birth`: ids and days, no answer.
    """

    run = models.ForeignKey(RescreeningRun, on_delete=models.CASCADE, related_name="changes")
    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="+")
    protocol = models.CharField(max_length=64)
    as_of = models.DateField("evaluated for")
    then = models.CharField(max_length=16, choices=Candidacy.choices)
    now = models.CharField(max_length=16, choices=Candidacy.choices)
    if_still_true = models.CharField(max_length=16, choices=Candidacy.choices)
    reasons = models.JSONField()

    objects = CandidacyChangeQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "screening", "protocol"], name="candidacy_change_once_per_protocol"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.protocol}: {self.then} to {self.now}"
