"""Recorded pre-screens: what was answered on a day, and what followed for every protocol."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q, Subquery, Value
from django.db.models.functions import Replace
from django.urls import reverse

from screening.births import open_birth
from screening.models.append_only import AppendOnlyModel, AppendOnlyQuerySet
from screening.models.emergencies import EmergencyAccess
from screening.models.participants import Participant
from screening.models.people import Role
from screening.models.texts import StoredText
from screening.sealing import Place

if TYPE_CHECKING:
    from screening.models.people import User


class ScreeningQuerySet(AppendOnlyQuerySet):
    def visible_to(self, user: User, *, in_emergency_at: datetime | None = None) -> ScreeningQuerySet:
        """Pre-screens of the people of the sites where `user` is a clinician.

        Args:
            in_emergency_at: now, in a view that only shows; those that `user` has opened in an emergency
                are then among them. A view that writes leaves it out.
        """
        own = Q(participant__site__in=user.sites_as(Role.CLINICIAN))
        if in_emergency_at is None:
            return self.filter(own)
        opened = EmergencyAccess.objects.open_to(user, in_emergency_at).values("participant")
        return self.filter(own | Q(participant__in=opened))

    def standing(self) -> ScreeningQuerySet:
        """Those that no correction has replaced."""
        return self.filter(superseded_by=None)

    def latest_first(self) -> ScreeningQuerySet:
        return self.order_by("-recorded_at", "-pk")

    def latest_of(self, people: Collection[Participant]) -> dict[int, Screening]:
        """Return the latest standing pre-screen of each of `people` who has one, without its result."""
        rows = self.filter(participant__in=people).standing().order_by("recorded_at", "pk")
        return {one.participant_id: one for one in rows.defer("result")}

    def latest_of_each(self) -> ScreeningQuerySet:
        """The latest standing pre-screen of each person whose identity is not erased."""
        latest = (
            Screening.objects.filter(participant=OuterRef("participant"))
            .standing()
            .latest_first()
            .values("pk")[:1]
        )
        return self.filter(pk=Subquery(latest), participant__identity__erased_at=None)

    def of_reference(self, text: str) -> ScreeningQuerySet:
        """Those of people whose reference holds `text`, whatever its case, dashes and blanks."""
        signs = "".join(sign for sign in text if sign not in "- ")
        plain = Replace("participant__reference", Value("-"), Value(""))
        return self.alias(plain_reference=plain).filter(plain_reference__icontains=signs)

    def recorded_by_user(self, user: User) -> ScreeningQuerySet:
        return self.filter(recorded_by=user)

    def with_verdict(self, *, candidacies: Collection[str], protocol: str | None) -> ScreeningQuerySet:
        """Those with one of `candidacies` for `protocol`; where either is left empty, any will do."""
        verdicts = Verdict.objects.filter(screening=OuterRef("pk"))
        if candidacies:
            verdicts = verdicts.filter(candidacy__in=candidacies)
        if protocol is not None:
            verdicts = verdicts.filter(protocol=protocol)
        return self.filter(Exists(verdicts))

    def older_than(self, recorded_at: datetime, pk: int) -> ScreeningQuerySet:
        """Those that come after the pre-screen of that moment and key, latest first."""
        return self.filter(Q(recorded_at__lt=recorded_at) | Q(recorded_at=recorded_at, pk__lt=pk))

    def with_person(self) -> ScreeningQuerySet:
        """With the person and their site, without the result."""
        return self.select_related("participant__site").defer("result")

    def for_lists(self) -> ScreeningQuerySet:
        """With person, site, author and verdicts, without the long texts."""
        return (
            self.select_related("participant__site", "recorded_by", "superseded_by")
            .defer("result", "superseded_by__result", "superseded_by__answers")
            .prefetch_related("verdicts")
        )


class Screening(AppendOnlyModel):
    """One person, one day, all protocols: a snapshot that is never rewritten.

    `answers` has the shape that `manage.py screen` reads, but for the birth date, which is sealed beside
    the age; `told` opens it. `result` has the shape that `manage.py screen` prints.
    """

    token = models.UUIDField(unique=True, editable=False, help_text="One per form: recording twice is once")
    participant = models.ForeignKey(Participant, on_delete=models.PROTECT, related_name="screenings")
    as_of = models.DateField("date of the pre-screen")
    recorded_at = models.DateTimeField(db_index=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="screenings"
    )
    answers = models.JSONField()
    result = models.JSONField()
    engine = models.CharField(max_length=32)
    catalogue = models.ForeignKey(
        StoredText, on_delete=models.PROTECT, related_name="+", db_column="catalogue_sha256"
    )
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="superseded_by", null=True, blank=True
    )
    correction_reason = models.CharField(max_length=200, blank=True)

    objects = ScreeningQuerySet.as_manager()

    class Meta:
        verbose_name = "pre-screen"
        constraints = [
            models.CheckConstraint(
                condition=Q(supersedes=None) | ~Q(supersedes=F("id")), name="screening_supersedes_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.participant_id} on {self.as_of}"

    def get_absolute_url(self) -> str:
        return reverse("result", args=[self.participant.reference, self.pk])

    @property
    def answers_place(self) -> Place:
        """Where the answers stand; the token is known before the row is written."""
        return Place("screening_screening", "answers", self.token)

    @cached_property
    def told(self) -> dict[str, Any]:
        """The answers as they were told; of an erased person with the age in place of the birth date."""
        identity = self.participant.identity
        return open_birth(self.answers, None if identity.is_erased else identity.key, self.answers_place)

    @property
    def catalogue_sha256(self) -> str:
        return self.catalogue_id

    @property
    def replacement(self) -> Screening | None:
        """The correction that replaced this pre-screen."""
        try:
            return self.superseded_by
        except Screening.DoesNotExist:
            return None


class Candidacy(models.TextChoices):
    """A person's standing for one protocol."""

    LIKELY = "likely", "Likely candidate on the published key criteria"
    POSSIBLE = "possible", "Possible"
    NOT_YET = "not_yet", "Not yet"
    UNLIKELY = "unlikely", "Unlikely on this trial's rules"


class VerdictQuerySet(AppendOnlyQuerySet):
    def latest_visible_to(self, user: User) -> VerdictQuerySet:
        """Those of the latest standing pre-screens of the people of the sites where `user` is a clinician."""
        return self.filter(screening__in=Screening.objects.visible_to(user).latest_of_each().values("pk"))

    def changing(self, first: date, until: date) -> VerdictQuerySet:
        """Those that lapse, open, or rest on an answer that counts no more, from `first` up to `until`."""
        within = (first, until)
        holds = Q(candidacy__in=[Candidacy.LIKELY, Candidacy.POSSIBLE])
        return self.filter(
            holds & (Q(lapses_on__range=within) | Q(fresh_until__range=within))
            | Q(candidacy=Candidacy.NOT_YET, not_before__range=within)
        )

    def with_person(self) -> VerdictQuerySet:
        """With the pre-screen, the person and their site; each pre-screen is read once."""
        return self.prefetch_related(Prefetch("screening", Screening.objects.with_person()))


class Verdict(AppendOnlyModel):
    """A pre-screen's answer for one protocol, in columns for lists and counts."""

    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="verdicts")
    protocol = models.CharField(max_length=64)
    title = models.CharField(max_length=300)
    protocol_text = models.ForeignKey(
        StoredText, on_delete=models.PROTECT, related_name="+", db_column="protocol_sha256"
    )
    candidacy = models.CharField(max_length=16, choices=Candidacy.choices)
    fail_count = models.PositiveSmallIntegerField()
    unknown_count = models.PositiveSmallIntegerField()
    caution_count = models.PositiveSmallIntegerField()
    not_before = models.DateField(null=True)
    lapses_on = models.DateField(null=True)
    fresh_until = models.DateField(null=True)

    objects = VerdictQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["screening", "protocol"], name="verdict_once_per_protocol"),
            models.CheckConstraint(
                condition=Q(candidacy__in=["likely", "possible"], fail_count=0)
                | Q(candidacy__in=["not_yet", "unlikely"], fail_count__gt=0),
                name="verdict_fits_failures",
            ),
            models.CheckConstraint(
                condition=~Q(candidacy="likely") | Q(unknown_count=0), name="verdict_likely_knows_all"
            ),
            models.CheckConstraint(
                condition=Q(candidacy="not_yet", not_before__isnull=False)
                | (~Q(candidacy="not_yet") & Q(not_before__isnull=True)),
                name="verdict_not_yet_has_a_day",
            ),
        ]
        indexes = [models.Index(fields=["protocol", "candidacy"], name="verdict_by_protocol")]

    def __str__(self) -> str:
        return f"{self.protocol}: {self.get_candidacy_display()}"
