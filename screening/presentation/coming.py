"""The work-list of changes: whose standing changes soon by time, and whose changed since the pre-screen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from screening.models import Candidacy, CandidacyChange, Verdict
from screening.presentation import words
from screening.presentation.person import person

STANDS = (Candidacy.LIKELY, Candidacy.POSSIBLE)


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


def coming_lines(verdicts: Iterable[Verdict], first: date, until: date, today: date) -> list[Line]:
    """Return the days from `first` up to `until` on which standings change by time, in order.

    Of values that go out of date each person has one line, on the first such day.
    """
    found: dict[tuple[str, date, Any], list[Verdict]] = defaultdict(list)
    ageing: dict[Any, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        if verdict.candidacy == Candidacy.NOT_YET and verdict.not_before is not None:
            found["opens", verdict.not_before, verdict.screening].append(verdict)
        if verdict.candidacy not in STANDS:
            continue
        if verdict.lapses_on is not None and first <= verdict.lapses_on <= until:
            found["lapses", verdict.lapses_on, verdict.screening].append(verdict)
        if verdict.fresh_until is not None and first <= verdict.fresh_until <= until:
            ageing[verdict.screening].append(verdict)
    lines = [
        _line(screening, day, today, *_said(kind, held)) for (kind, day, screening), held in found.items()
    ]
    for screening, held in ageing.items():
        day = min(verdict.fresh_until for verdict in held if verdict.fresh_until is not None)
        lines.append(_line(screening, day, today, *_ageing(held)))
    return _in_order(lines)


def _said(kind: str, verdicts: list[Verdict]) -> tuple[str, str, tuple[Item, ...]]:
    if kind == "opens":
        items = tuple(Item(verdict.title, "") for verdict in verdicts)
        return _("Nothing speaks against any more"), "not_yet", items
    items = tuple(Item(verdict.title, words.CANDIDACY_LABELS[verdict.candidacy]) for verdict in verdicts)
    return _("Holds no longer"), "deadline", items


def _ageing(verdicts: list[Verdict]) -> tuple[str, str, tuple[Item, ...]]:
    count = ngettext("%(count)s trial", "%(count)s trials", len(verdicts)) % {"count": len(verdicts)}
    titles = "; ".join(verdict.title for verdict in verdicts)
    return _("Last day of a value that counts"), "unknown", (Item(count, titles),)


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
