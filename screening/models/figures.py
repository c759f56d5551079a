"""The counts of the reports, made by the database: docs/reports.md defines each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, Min, OuterRef, Q, Subquery

from screening.flow import OPEN, State
from screening.models.logs import Received, pre_screened, received, sent_of_person
from screening.models.people import Site
from screening.models.referrals import OwnView, Step
from screening.models.scopes import ALWAYS, Period
from screening.models.screenings import Candidacy, Verdict

PROMISING = (Candidacy.LIKELY, Candidacy.POSSIBLE)


@dataclass(frozen=True)
class Sear:
    """People screened, likely or possible on the pre-screen, approached, enrolled."""

    screened: int
    promising: int
    approached: int
    enrolled: int


def sear_of_clinic(site: Site, protocol: str, period: Period = ALWAYS) -> Sear:
    """Count the people of `site` who were first pre-screened in `period`."""
    promising = Verdict.objects.filter(
        screening__participant=OuterRef("participant"),
        screening__superseded_by=None,
        protocol=protocol,
        candidacy__in=PROMISING,
    )
    sent = sent_of_person().filter(trial__protocol=protocol)
    counted = (
        pre_screened(site, period)
        .order_by()
        .annotate(
            is_promising=Exists(promising),
            is_sent=Exists(sent),
            is_enrolled=Exists(sent.filter(trial__state=State.ENROLLED)),
        )
        .aggregate(
            screened=Count("pk"),
            promising=Count("pk", filter=Q(is_promising=True)),
            approached=Count("pk", filter=Q(is_sent=True) | Q(said_no=True)),
            enrolled=Count("pk", filter=Q(is_enrolled=True)),
        )
    )
    return Sear(**counted)


def sear_of_others(site: Site, protocol: str, period: Period = ALWAYS) -> Sear:
    """Count the people of other clinics who were referred to `site` in `period`."""
    person = "referral__participant"
    counted = (
        received(site, protocol, period)
        .filter(~Q(clinic=site))
        .order_by()
        .aggregate(
            screened=Count(person, distinct=True),
            promising=Count(person, distinct=True, filter=Q(sent__candidacy__in=PROMISING)),
            enrolled=Count(person, distinct=True, filter=Q(state=State.ENROLLED)),
        )
    )
    return Sear(approached=counted["screened"], **counted)


@dataclass(frozen=True)
class Standing:
    """How many referrals stand in one state, with or without consent, for one coded reason."""

    consented: bool
    state: str
    reason: str
    count: int


def standings(site: Site, protocol: str, period: Period = ALWAYS) -> list[Standing]:
    """Count the referrals received in `period` by where they stand now, and the reason of their end."""
    last = Step.objects.filter(trial=OuterRef("pk"), after=OuterRef("state")).order_by("-pk")
    counted = (
        received(site, protocol, period)
        .order_by()
        .annotate(ended_for=Subquery(last.values("reason")[:1]), consented=Q(consented_on__isnull=False))
        .values_list("consented", "state", "ended_for")
        .annotate(count=Count("pk"))
    )
    return [
        Standing(bool(consented), state, reason or "", count) for consented, state, reason, count in counted
    ]


def people_received(site: Site, protocol: str, period: Period = ALWAYS) -> int:
    """Count the people whose referrals were received: fewer than the referrals where some came again."""
    people = (
        received(site, protocol, period).order_by().aggregate(n=Count("referral__participant", distinct=True))
    )
    return int(people["n"])


def clinic_decisions(site: Site, period: Period = ALWAYS) -> dict[str, int]:
    """Count the people of `site` who were not referred to any trial, by the last decision on them."""
    counted = (
        pre_screened(site, period)
        .filter(was_referred=False, decision__isnull=False)
        .order_by()
        .values_list("decision")
        .annotate(count=Count("pk"))
    )
    return dict(counted)


# --- How long


@dataclass(frozen=True)
class Stays:
    """How long referrals stood in one state, in days, of those that have left it again.

    `quarters` holds, of the sorted lengths, the two around each quartile: see `quartile`.
    """

    state: str
    count: int
    places: dict[int, float]

    def quartile(self, quarter: int) -> float:
        """Return the quartile 1, 2 or 3 in days, between the two nearest lengths in proportion.

        Source: Hyndman & Fan, The American Statistician 1996;50(4):361-365, definition 7.
        """
        whole, quarters = divmod((self.count - 1) * quarter, 4)
        low = self.places[whole]
        return low + (self.places.get(whole + 1, low) - low) * quarters / 4


_DAYS = {
    "sqlite": "julianday(ended) - julianday(at)",
    "postgresql": "EXTRACT(EPOCH FROM ended - at) / 86400.0",
}
_STAYS = """
WITH moves AS (
  SELECT step.trial_id, step.after AS state, step.at,
         LEAD(step.at) OVER (PARTITION BY step.trial_id ORDER BY step.id) AS ended
  FROM screening_step step
  WHERE step.before <> step.after AND step.trial_id IN ({trials})
), stays AS (
  SELECT state, {days} AS days FROM moves WHERE ended IS NOT NULL
), ranked AS (
  SELECT state, days, ROW_NUMBER() OVER (PARTITION BY state ORDER BY days) - 1 AS place,
         COUNT(*) OVER (PARTITION BY state) AS number
  FROM stays
)
SELECT state, number, place, days FROM ranked
WHERE place IN ((number - 1) / 4, (number - 1) / 4 + 1, (number - 1) / 2, (number - 1) / 2 + 1,
                3 * (number - 1) / 4, 3 * (number - 1) / 4 + 1)
"""


def stays(site: Site, protocol: str, period: Period = ALWAYS) -> dict[str, Stays]:
    """Return how long the referrals received in `period` stood in each state: at most six rows a state."""
    trials, values = _keys(received(site, protocol, period))
    found: dict[str, Stays] = {}
    for state, count, place, days in _rows(
        _STAYS.format(trials=trials, days=_DAYS[connection.vendor]), values
    ):
        found.setdefault(state, Stays(state, count, {})).places[int(place)] = float(days)
    return found


def open_since(site: Site, protocol: str, period: Period = ALWAYS) -> dict[str, tuple[int, datetime]]:
    """Return, by state, how many referrals stand there now, and since when the one that waits longest."""
    counted = (
        received(site, protocol, period)
        .filter(state__in=OPEN)
        .order_by()
        .values_list("state")
        .annotate(count=Count("pk"), since=Min("state_since"))
    )
    return {state: (count, since) for state, count, since in counted}


# --- Engine and people

_NAMED = """
SELECT step.criterion, {outcome}, COUNT(*)
FROM screening_step step
JOIN screening_trialreferral trial ON trial.id = step.trial_id
JOIN screening_screening screening ON screening.id = step.screening_id
{criteria}
WHERE step.reason = 'criterion' AND step.criterion <> '' AND step.trial_id IN ({trials})
  AND {protocol} = trial.protocol AND {criterion} = step.criterion
GROUP BY 1, 2
"""
_JSON = {
    "sqlite": {
        "criteria": "JOIN json_each(screening.result, '$.trials') answer"
        " JOIN json_each(answer.value, '$.criteria') asked",
        "protocol": "json_extract(answer.value, '$.id')",
        "criterion": "json_extract(asked.value, '$.id')",
        "outcome": "json_extract(asked.value, '$.outcome')",
    },
    "postgresql": {
        "criteria": "CROSS JOIN LATERAL jsonb_array_elements(screening.result -> 'trials') answer"
        " CROSS JOIN LATERAL jsonb_array_elements(answer -> 'criteria') asked",
        "protocol": "answer ->> 'id'",
        "criterion": "asked ->> 'id'",
        "outcome": "asked ->> 'outcome'",
    },
}
"""Of each database: how the outcome of a criterion is read from a stored result."""


def named_criteria(site: Site, protocol: str, period: Period = ALWAYS) -> dict[str, dict[str, int]]:
    """Count, by criterion, the centre's decisions that name it by what the engine had said of it.

    The decisions are those not to accept and the screen failures; the outcomes `pass`, `fail`, `unknown`.
    """
    trials, values = _keys(received(site, protocol, period))
    found: dict[str, dict[str, int]] = {}
    for criterion, outcome, count in _rows(_NAMED.format(trials=trials, **_JSON[connection.vendor]), values):
        found.setdefault(criterion, {})[outcome] = count
    return found


def acceptances(site: Site, protocol: str, period: Period = ALWAYS) -> dict[str, int]:
    """Count the centre's acceptances by the engine's answer on which they were given."""
    accepted = Step.objects.filter(
        act="accept", trial__in=received(site, protocol, period).order_by().values("pk")
    )
    return dict(accepted.order_by().values_list("candidacy").annotate(count=Count("pk")))


def own_views_at_centre(site: Site, protocol: str, period: Period = ALWAYS) -> dict[tuple[str, str], int]:
    """Count what the centre's staff thought first, by view and by the engine's answer for the trial."""
    seen = Step.objects.filter(
        trial__in=received(site, protocol, period).order_by().values("pk"), screening=OuterRef("screening")
    )
    views = OwnView.objects.filter(Exists(seen), protocol=protocol, by__memberships__site=site)
    return _by_answer(views, protocol)


def own_views_at_clinic(site: Site, protocol: str, period: Period = ALWAYS) -> dict[tuple[str, str], int]:
    """Count what the clinicians thought first of their people, by view and by the engine's answer."""
    views = OwnView.objects.filter(screening__participant__site=site, protocol="")
    if period.first is not None:
        views = views.filter(screening__as_of__gte=period.first)
    if period.last is not None:
        views = views.filter(screening__as_of__lte=period.last)
    return _by_answer(views, protocol)


def _by_answer(views: Any, protocol: str) -> dict[tuple[str, str], int]:
    answer = Verdict.objects.filter(screening=OuterRef("screening"), protocol=protocol).values("candidacy")[
        :1
    ]
    counted = (
        views.annotate(answer=Subquery(answer))
        .order_by()
        .values_list("view", "answer")
        .annotate(count=Count("pk", distinct=True))
    )
    return {(view, candidacy): count for view, candidacy, count in counted if candidacy is not None}


def _keys(referrals: Received) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL, with its values, that finds the keys of `referrals`."""
    return referrals.order_by().values("pk").query.sql_with_params()


def _rows(sql: str, values: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        yield from cursor.fetchall()
