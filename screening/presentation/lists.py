"""Rows of the list of pre-screens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from django.utils.timesince import timesince

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


class Progress(Protocol):
    """What a list needs of the form."""

    def progress(self, typed: Mapping[str, Any]) -> tuple[int, str]:
        """Return how many questions have an answer, and the last stage that has one."""


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


@dataclass(frozen=True)
class DraftRow:
    """One form in progress."""

    draft: Any
    what: str
    progress: str
    saved: str


def draft_rows(drafts: Iterable[Any], form: Progress, now: datetime) -> list[DraftRow]:
    """Return the forms in progress, with how far each has come by the stages of `form`."""
    return [
        DraftRow(
            draft=draft,
            what=f"{'Correction, as' if draft.supersedes_id else 'As'} of {words.day(draft.as_of)}",
            progress=_progress(*form.progress(draft.typed)),
            saved=f"Saved {_ago(draft.updated_at, now)}",
        )
        for draft in drafts
    ]


def _progress(answered: int, last: str) -> str:
    return f"{words.counted(answered, 'answer')}, up to “{last}”" if answered else "No answer yet"


def _ago(moment: datetime, now: datetime) -> str:
    if now - moment < timedelta(minutes=1):
        return "just now"
    return f"{timesince(moment, now, depth=1)} ago".replace("\xa0", " ")


def rows(
    screenings: Iterable[Any],
    *,
    families: Mapping[str, str],
    deciding: Mapping[str, int],
    closed: frozenset[str],
    thin: frozenset[str],
) -> list[Row]:
    """Return the rows of `screenings`, whose verdicts are read already.

    Args:
        families: the family of each protocol, by its id.
        deciding: how many criteria of each protocol decide, by its id.
        closed: ids of the protocols that take nobody any more, which are left out.
        thin: ids of those of which it is not public whom they are for: they come after the others.
    """
    return [_row(screening, families, deciding, closed, thin) for screening in screenings]


def _row(
    screening: Any,
    families: Mapping[str, str],
    deciding: Mapping[str, int],
    closed: frozenset[str],
    thin: frozenset[str],
) -> Row:
    verdicts: list[VerdictRow] = [
        verdict for verdict in screening.verdicts.all() if verdict.protocol not in closed
    ]
    standings = []
    for family in FAMILIES:
        members = [verdict for verdict in verdicts if families.get(verdict.protocol) == family]
        standings.append(_best(family, members, deciding, thin) if members else None)
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


def _best(
    family: str, verdicts: Sequence[VerdictRow], deciding: Mapping[str, int], thin: frozenset[str]
) -> Standing:
    best = min(
        verdicts,
        key=lambda verdict: (
            words.CANDIDACIES.index(verdict.candidacy),
            verdict.protocol in thin,
            verdict.caution_count > 0,
            verdict.unknown_count,
        ),
    )
    if best.candidacy == "possible" and best.unknown_count == deciding.get(best.protocol):
        return Standing(FAMILY_LABELS[family], "unknown", "Nothing known yet", "")
    details = []
    if best.candidacy == "possible" and best.unknown_count > 0:
        details.append(f"{best.unknown_count} not known")
    if best.candidacy == "possible" and best.protocol in thin:
        details.append("little is public")
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
