"""The work-list of changes: whose standing changes soon by time, and whose changed since the pre-screen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from screening.clinical.hypoglycemia import ASKING_LASTS
from screening.models import Candidacy, CandidacyChange, Verdict
from screening.presentation import words
from screening.presentation.person import person
from screening.rules.ageing import lifetimes
from screening.rules.answers import Problems
from screening.rules.content import Content
from screening.rules.facts import BIRTH
from screening.rules.reading import read_answers
from screening.rules.screening import rulebook

STANDS = (Candidacy.LIKELY, Candidacy.POSSIBLE)
LAPSES, OPENS, AGES = "lapses", "opens", "ages"


@dataclass(frozen=True)
class Item:
    """What changes for one trial, or several."""

    title: str
    detail: str


@dataclass(frozen=True)
class Line:
    """One person and one day on which something changes, or the first of several that are past."""

    day: date
    on: str
    past: bool
    screening: Any
    who: str
    what: str
    symbol: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class _Turn:
    """One day on which something changes for one person."""

    day: date
    kind: str
    screening: Any
    verdicts: list[Verdict]

    @property
    def order(self) -> tuple[date, str, str]:
        return self.day, self.screening.participant.reference, self.kind


def coming_lines(
    verdicts: Iterable[Verdict], content: Content, *, first: date, until: date, today: date, at_most: int
) -> tuple[list[Line], int]:
    """Return the first days from `first` to `until` on which standings change by time, and how many in all.

    Of values that go out of date each person has one line, on the first such day.
    """
    turns = sorted(_turns(verdicts, first, until), key=lambda turn: turn.order)
    lines = [_line(turn.screening, turn.day, today, *_said(turn, content)) for turn in turns[:at_most]]
    return lines, len(turns)


def _turns(verdicts: Iterable[Verdict], first: date, until: date) -> Iterator[_Turn]:
    found: dict[tuple[str, date, Any], list[Verdict]] = defaultdict(list)
    ageing: dict[Any, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        if verdict.candidacy == Candidacy.NOT_YET and verdict.not_before is not None:
            found[OPENS, verdict.not_before, verdict.screening].append(verdict)
        if verdict.candidacy not in STANDS:
            continue
        if verdict.lapses_on is not None and first <= verdict.lapses_on <= until:
            found[LAPSES, verdict.lapses_on, verdict.screening].append(verdict)
        if verdict.fresh_until is not None and first <= verdict.fresh_until <= until:
            ageing[verdict.screening].append(verdict)
    for (kind, day, screening), held in found.items():
        yield _Turn(day, kind, screening, held)
    for screening, held in ageing.items():
        day = min(verdict.fresh_until for verdict in held if verdict.fresh_until is not None)
        behind = [verdict for verdict in held if verdict.fresh_until == day]
        yield _Turn(day, AGES, screening, behind)


def _said(turn: _Turn, content: Content) -> tuple[str, str, tuple[Item, ...]]:
    """Return what happens, its symbol, and for which trials."""
    if turn.kind == AGES:
        # A trial's own shorter limit leaves the value unnamed.
        values = words.listed(_ending(turn.screening.answers, turn.day, content)) or _("a value")
        said = _("Out of date from the next day: %(values)s") % {"values": values}
        return said, "unknown", (Item("; ".join(verdict.title for verdict in turn.verdicts), ""),)
    if turn.kind == OPENS:
        opening = tuple(Item(verdict.title, "") for verdict in turn.verdicts)
        return _("Nothing speaks against any more"), "not_yet", opening
    lapsing = tuple(
        Item(verdict.title, words.CANDIDACY_LABELS[verdict.candidacy]) for verdict in turn.verdicts
    )
    return _("Holds no longer"), "deadline", lapsing


def _ending(told: Mapping[str, Any], day: date, content: Content) -> list[str]:
    """Return the labels of the answers `told` whose last day is `day`; the birth date never ages."""
    facts = {name: given for name, given in told["facts"].items() if name != BIRTH}
    try:
        answers = read_answers(content.catalogue, {**told, "facts": facts})
    except Problems:
        return []
    days = lifetimes(rulebook(content), answers)
    found = [content.catalogue.facts[name].label for name, one in days.items() if one.last_day == day]
    if answers.history is not None and answers.history.asked_on + ASKING_LASTS == day:
        found.append(_("the list of severe events"))
    return found


def changed_lines(
    changes: Iterable[CandidacyChange], titles: Mapping[str, str], labels: Mapping[str, str], today: date
) -> tuple[list[Line], list[Line]]:
    """Return what the last run found, a line for each person: what to look at, and what has only aged.

    What was unlikely, and would be so still, has only aged: it is not known any more whether it is.

    Args:
        titles: those of the trials that are shown, by protocol.
        labels: those of the facts.
    """
    found: dict[tuple[bool, Any], list[CandidacyChange]] = defaultdict(list)
    for change in changes:
        if change.protocol in titles:
            only_aged = change.then == change.if_still_true == Candidacy.UNLIKELY
            found[only_aged, change.screening].append(change)
    lines: dict[bool, list[Line]] = {True: [], False: []}
    for (only_aged, screening), held in found.items():
        items = tuple(Item(titles[change.protocol], _detail(change, labels)) for change in held)
        day = min(map(_day, held))
        what, symbol = (_("Not known any more"), "unknown") if only_aged else (_("Changed"), "deadline")
        lines[only_aged].append(_line(screening, day, today, what, symbol, items))
    return _in_order(lines[False]), _in_order(lines[True])


def _day(change: CandidacyChange) -> date:
    """Return the first day of the change; that of the run where the rules alone have changed."""
    days = [date.fromisoformat(reason["since"]) for reason in change.reasons if reason["since"]]
    return min(days, default=change.as_of)


def _detail(change: CandidacyChange, labels: Mapping[str, str]) -> str:
    """Return `Likely candidate → Possible: by time (I3), since 9 Oct 2026`."""
    then, now, still = (
        words.CANDIDACY_LABELS[one] for one in (change.then, change.now, change.if_still_true)
    )
    said = f"{then} → {now}: " + "; ".join(_reason(reason, labels) for reason in change.reasons)
    if still != now:
        said += ". " + _("If the answers still hold: %(standing)s") % {"standing": still}
    return f"{said}."


def _reason(reason: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    since = date.fromisoformat(reason["since"]) if reason["since"] else None
    about = {
        "criteria": ", ".join(reason["criteria"]),
        "values": ", ".join(labels.get(name, name) for name in reason["facts"]),
        "since": words.day(since),
    }
    if reason["cause"] == "time":
        return _("by time since %(since)s (%(criteria)s)") % about
    if reason["cause"] == "stale":
        return _("out of date since %(since)s: %(values)s (%(criteria)s)") % about
    return _("new version of the protocol")


def _line(screening: Any, day: date, today: date, what: str, symbol: str, items: tuple[Item, ...]) -> Line:
    who = person(screening.answers).short
    return Line(day, words.day(day), day <= today, screening, who, what, symbol, items)


def _in_order(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (line.day, line.screening.participant.reference, line.what))
