"""What the logs read: every referral a centre received, and everybody a clinic pre-screened."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, TypeAlias

from django.db.models import (
    Count,
    Exists,
    F,
    FilteredRelation,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Coalesce

from screening.flow import CLOSED, OPEN, SENT
from screening.models.people import Site
from screening.models.referrals import ClinicDecision, Step, TrialReferral
from screening.models.scopes import ALWAYS, Period
from screening.models.screenings import Screening

Received: TypeAlias = QuerySet[Any, Any]
"""Referrals that a centre received, with what `received` annotates."""
People: TypeAlias = QuerySet[Any, Any]
"""First pre-screens of people, with what `pre_screened` annotates."""
LETTER = tuple(f"referral__{name}" for name in ("reason", "therapies", "medicines", "circumstances", "told"))
"""The doctor's own words, which no log reads."""
UNDER_WAY, CONSENTED = "under_way", "consented"
REFERRED, UNDECIDED = "referred", "undecided"


def received(site: Site, protocol: str, period: Period = ALWAYS) -> Received:
    """Return the referrals for a trial that were sent to `site` within `period`.

    Each carries `received_at` and, as `place`, the number of its sending, which tells their order.
    """
    begin, end = period.moments(site)
    found: Received = TrialReferral.objects.filter(site=site, protocol=protocol).alias(
        sent=FilteredRelation("steps", condition=Q(steps__act="submit"))
    )
    found = found.filter(sent__isnull=False)
    if begin is not None:
        found = found.filter(sent__at__gte=begin)
    if end is not None:
        found = found.filter(sent__at__lte=end)
    return found.annotate(received_at=F("sent__at"), place=F("sent__pk")).order_by("-place")


def with_outcome(referrals: Received, outcome: str) -> Received:
    """Return those of `referrals` that stand there: at an end, under way, or consented."""
    if outcome == UNDER_WAY:
        return referrals.filter(state__in=OPEN)
    if outcome == CONSENTED:
        return referrals.filter(consented_on__isnull=False)
    return referrals.filter(state=outcome)


OUTCOMES = (UNDER_WAY, CONSENTED, *CLOSED)
"""What the rows of a screening log are filtered by."""


def for_log(referrals: Received) -> Received:
    """Read what a row of the log says: two statements, however many rows."""
    steps = Step.objects.select_related("by").defer("words").order_by("pk")
    return (
        referrals.select_related("referral__participant", "clinic")
        .prefetch_related(Prefetch("steps", queryset=steps))
        .defer(*LETTER)
    )


def earlier_referrals(referrals: Collection[TrialReferral]) -> dict[int, TrialReferral]:
    """Return, by the key of each of `referrals`, the one before it of the same person, trial and site."""
    if not referrals:
        return {}
    one = next(iter(referrals))
    people = {trial.referral.participant_id for trial in referrals}
    same = TrialReferral.objects.filter(
        site_id=one.site_id,
        protocol=one.protocol,
        referral__participant__in=people,
        state__in=SENT,
    )
    before: dict[int, TrialReferral] = {}
    last: dict[int, TrialReferral] = {}
    for trial in same.select_related("referral").order_by("pk"):
        person = trial.referral.participant_id
        if person in last:
            before[trial.pk] = last[person]
        last[person] = trial
    return before


def pre_screened(site: Site, period: Period = ALWAYS) -> People:
    """Return the first pre-screen of everybody of `site`, latest first, if its day lies in `period`.

    Each carries `pre_screens` (those that stand), `was_referred`, `said_no`, and of the last decision at
    the clinic `decision`, `decision_reason` and `recheck_on`.
    """
    earlier = Screening.objects.filter(participant=OuterRef("participant"), pk__lt=OuterRef("pk"))
    standing = (
        Screening.objects.standing()
        .filter(participant=OuterRef("participant"))
        .order_by()
        .values("participant")
        .annotate(count=Count("pk"))
        .values("count")
    )
    decisions = ClinicDecision.objects.filter(screening__participant=OuterRef("participant")).order_by("-pk")
    found: People = Screening.objects.filter(~Exists(earlier), participant__site=site)
    if period.first is not None:
        found = found.filter(as_of__gte=period.first)
    if period.last is not None:
        found = found.filter(as_of__lte=period.last)
    return (
        found.annotate(
            pre_screens=Coalesce(Subquery(standing, output_field=IntegerField()), 0),
            was_referred=Exists(sent_of_person()),
            said_no=Exists(decisions.filter(kind=ClinicDecision.Kind.PERSON_SAYS_NO)),
            decision=Subquery(decisions.values("kind")[:1]),
            decision_reason=Subquery(decisions.values("reason")[:1]),
            recheck_on=Subquery(decisions.values("recheck_on")[:1]),
        )
        .select_related("participant")
        .defer("answers", "result")
        .order_by("-pk")
    )


def sent_of_person(reference: str = "participant") -> QuerySet[Step, Any]:
    """Return the sending of any referral of the person that the outer query's `reference` names."""
    return Step.objects.filter(act="submit", trial__referral__participant=OuterRef(reference))


def with_clinic_outcome(people: People, outcome: str) -> People:
    """Return those of `pre_screened` who were referred, of whom a decision stands, or none does yet."""
    if outcome == REFERRED:
        return people.filter(was_referred=True)
    if outcome == UNDECIDED:
        return people.filter(was_referred=False, decision__isnull=True)
    return people.filter(was_referred=False, decision=outcome)


CLINIC_OUTCOMES = (REFERRED, *ClinicDecision.Kind.values, UNDECIDED)
"""What the rows of a pre-screening log are filtered by."""


def referred_to(people: People, protocol: str) -> People:
    return people.filter(Exists(sent_of_person().filter(trial__protocol=protocol)))


def referrals_of(people: Iterable[Screening]) -> dict[int, list[TrialReferral]]:
    """Return what was sent of each person, by the person's key, with the steps that ended it."""
    found: dict[int, list[TrialReferral]] = {}
    ends = Step.objects.filter(after__in=CLOSED).defer("words").order_by("pk")
    trials = (
        TrialReferral.objects.filter(
            Exists(Step.objects.filter(trial=OuterRef("pk"), act="submit")),
            referral__participant__in=[one.participant_id for one in people],
        )
        .select_related("referral", "site")
        .defer(*LETTER)
        .prefetch_related(Prefetch("steps", queryset=ends))
        .order_by("pk")
    )
    for trial in trials:
        found.setdefault(trial.referral.participant_id, []).append(trial)
    return found
