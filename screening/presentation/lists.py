"""Rows of the list of pre-screens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

from screening.presentation import words
from screening.presentation.person import person
from screening.presentation.timing import LAPSES_SOON

NEAR = timedelta(days=30)
FAMILIES = ("islet replacement", "islet after kidney", "immune therapy")
FAMILY_LABELS = {
    "islet replacement": "Islet replacement",
    "islet after kidney": "Islets after a kidney",
    "immune therapy": "Immune therapy",
    "care pathway": "Care pathway",
}


class VerdictRow(Protocol):
    """What a list needs of one protocol's verdict."""

    protocol: str
    title: str
    candidacy: str
    unknown_count: int
    caution_count: int
    lapses_on: date | None


@dataclass(frozen=True)
class Standing:
    """The best standing within one family of therapies."""

    family: str
    candidacy: str
    word: str
    detail: str


@dataclass(frozen=True)
class Row:
    """One pre-screen in the list."""

    screening: Any
    who: str
    as_of: str
    standings: Sequence[Standing | None]
    deadline: str
    press: str


def rows(
    screenings: Iterable[Any],
    *,
    families: Mapping[str, str],
    deciding: Mapping[str, int],
    closed: frozenset[str],
) -> list[Row]:
    """Return the rows of `screenings`, whose verdicts are read already.

    Args:
        families: the family of each protocol, by its id.
        deciding: how many criteria of each protocol decide, by its id.
        closed: ids of the protocols that take nobody any more, which are left out.
    """
    return [_row(screening, families, deciding, closed) for screening in screenings]


def _row(
    screening: Any, families: Mapping[str, str], deciding: Mapping[str, int], closed: frozenset[str]
) -> Row:
    verdicts: list[VerdictRow] = [
        verdict for verdict in screening.verdicts.all() if verdict.protocol not in closed
    ]
    standings = []
    for family in FAMILIES:
        members = [verdict for verdict in verdicts if families.get(verdict.protocol) == family]
        standings.append(_best(family, members, deciding) if members else None)
    today = screening.participant.site.today()
    deadlines = [
        verdict.lapses_on
        for verdict in verdicts
        if verdict.lapses_on is not None
        and verdict.candidacy in ("likely", "possible")
        and families.get(verdict.protocol) in FAMILIES
        and verdict.lapses_on - today <= LAPSES_SOON
    ]
    soonest = min(deadlines, default=None)
    return Row(
        screening=screening,
        who=person(screening.answers).short,
        as_of=words.day(screening.as_of),
        standings=standings,
        deadline=_deadline(soonest, today),
        press=_press(soonest, today),
    )


def _best(family: str, verdicts: Sequence[VerdictRow], deciding: Mapping[str, int]) -> Standing:
    best = min(
        verdicts,
        key=lambda verdict: (
            words.CANDIDACIES.index(verdict.candidacy),
            verdict.caution_count > 0,
            verdict.unknown_count,
        ),
    )
    if best.candidacy == "possible" and best.unknown_count == deciding.get(best.protocol):
        return Standing(FAMILY_LABELS[family], "unknown", "Nothing known yet", "")
    details = []
    if best.candidacy == "possible" and best.unknown_count > 0:
        details.append(f"{best.unknown_count} not known")
    if best.caution_count > 0 and best.candidacy != "unlikely":
        details.append(words.counted(best.caution_count, "caution"))
    return Standing(
        family=FAMILY_LABELS[family],
        candidacy=best.candidacy,
        word="Unlikely" if best.candidacy == "unlikely" else words.CANDIDACY_LABELS[best.candidacy],
        detail=", ".join(details),
    )


def _press(soonest: date | None, today: date) -> str:
    """Return how much a deadline presses: `lapsed`, `near`, or not at all."""
    if soonest is None:
        return ""
    if soonest <= today:
        return "lapsed"
    return "near" if soonest - today <= NEAR else ""


def _deadline(soonest: date | None, today: date) -> str:
    if soonest is None:
        return ""
    if soonest <= today:
        return f"Lapsed {words.day(soonest)}: pre-screen again"
    return f"Holds until {words.day(soonest)}, {words.counted((soonest - today).days, 'day')}"
