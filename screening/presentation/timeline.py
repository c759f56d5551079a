"""What was found about a person over time, fact by fact, for the person's page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from screening.clinical.dates import DateSpan, say_day, say_span
from screening.forms.review import event_lines, line_of
from screening.presentation import words
from screening.rules.facts import EVENTS, Catalogue

EVENT_LIST = f"{EVENTS}_complete_since"
ORIGINS = {
    "ask": "asked",
    "record": "record",
    "device": "device",
    "lab": "laboratory",
    "procedure": "procedure",
}
_NUMBER = re.compile(r"[<>≤≥=]* ?([0-9]+(?:[.,][0-9]+)?)")
WIDTH, HEIGHT, EDGE = 120, 28, 3


@dataclass(frozen=True)
class Entry:
    """One answer: what it says, of which day, from where, by whom, and what became of it."""

    said: str
    dated: str
    origin: str
    author: str
    recorded: str
    corrected: bool = False
    why: str = ""
    taken_out: bool = False


@dataclass(frozen=True)
class Spark:
    """A small line of the values, oldest first; the table beside it has them as numbers."""

    points: str
    last_x: str
    last_y: str
    title: str
    description: str


@dataclass(frozen=True)
class History:
    """All answers about one fact, latest first."""

    fact: str
    label: str
    entries: Sequence[Entry]
    spark: Spark | None = None


@dataclass(frozen=True)
class Group:
    """The facts of one part of the form."""

    id: str
    title: str
    histories: list[History] = field(default_factory=list)


def timeline(observations: Iterable[Any], catalogue: Catalogue, time_zone: str) -> list[Group]:
    """Return the histories of `observations`, in the order of the form, severe events first.

    Args:
        observations: rows with author and correction read already, birth dates opened.
        catalogue: labels, units and the order.
    """
    by_fact: dict[str, list[Any]] = {}
    for row in observations:
        by_fact.setdefault(row.fact, []).append(row)
    zone = ZoneInfo(time_zone)
    events = Group("severe-events", "Severe hypoglycaemic events")
    for fact, label in ((EVENTS, "Event"), (EVENT_LIST, "The list as a whole")):
        if fact in by_fact:
            events.histories.append(_history(fact, label, by_fact.pop(fact), None, zone))
    groups = [events]
    for section in catalogue.sections:
        group = Group(section.id, section.title)
        for known in section.facts:
            if known.name in by_fact:
                rows = by_fact.pop(known.name)
                group.histories.append(_history(known.name, known.label, rows, known, zone))
        groups.append(group)
    former = Group("former", "No longer asked")
    for fact, rows in by_fact.items():
        former.histories.append(_history(fact, fact.replace("_", " "), rows, None, zone))
    return [group for group in (*groups, former) if group.histories]


def _history(fact: str, label: str, rows: list[Any], known: Any, zone: ZoneInfo) -> History:
    rows = sorted(rows, key=lambda row: (row.last_day or row.recorded_at.date(), row.pk), reverse=True)
    shown = [row for row in rows if row.value != {"taken_out": True}]
    return History(fact, label, [_entry(row, known, zone) for row in shown], _spark(label, shown))


def _entry(row: Any, known: Any, zone: ZoneInfo) -> Entry:
    correction = getattr(row, "corrected_by", None)
    return Entry(
        said=_said(row, known),
        dated=_days(row.first_day, row.last_day) or _undated(row.value, known),
        origin=ORIGINS.get(row.origin, row.origin),
        author=str(row.recorded_by),
        recorded=_day_of(row.recorded_at, zone),
        corrected=correction is not None,
        why=correction.correction_reason if correction is not None else "",
        taken_out=correction is not None and correction.value == {"taken_out": True},
    )


def _day_of(moment: datetime, zone: ZoneInfo) -> str:
    return say_day(moment.astimezone(zone).date())


def _days(first: date | None, last: date | None) -> str:
    return say_span(DateSpan(first, last)) if first is not None and last is not None else ""


def _undated(value: Any, known: Any) -> str:
    """Return what stands in place of the day: something only where a day is missing."""
    is_known = not (isinstance(value, dict) and "unknown" in value)
    return "no date" if known is not None and known.ages and is_known else ""


def _said(row: Any, known: Any) -> str:
    value = row.value
    if row.fact == EVENTS:
        return event_lines({EVENTS: [value], EVENT_LIST: None})[0].said
    if row.fact == EVENT_LIST:
        return _list_said(value)
    if known is not None:
        return line_of(known, value).said
    plain = value.get("value", value.get("unknown", "")) if isinstance(value, dict) else value
    return f"{plain} {row.unit}".strip()


def _list_said(value: Mapping[str, Any]) -> str:
    since = value.get(EVENT_LIST, "ever")
    listed = words.counted(value["listed"], "event") if value["listed"] else "None"
    if since is None:
        said = f"{listed} listed, not known whether these are all" if value["listed"] else "Not known"
    else:
        said = f"{listed} ever" if since == "ever" else f"{listed} since {words.day(since)}"
    more = value.get(f"{EVENTS}_at_least_more")
    return f"{said}, and at least {more} more" if more is not None else said


def _spark(label: str, rows: Sequence[Any]) -> Spark | None:
    """Draw the standing numbers of one unit, by their days; None where fewer than two have a day."""
    unit = next((row.unit for row in rows if _number(row) is not None), "")
    points = sorted(
        (row.last_day, number)
        for row in rows
        if row.last_day is not None
        and row.unit == unit
        and getattr(row, "corrected_by", None) is None
        and (number := _number(row)) is not None
    )
    if len(points) < 2 or points[0][0] == points[-1][0]:
        return None
    days = [(day - points[0][0]).days for day, _ in points]
    numbers = [number for _, number in points]
    low, high = min(numbers), max(numbers)
    xs = [EDGE + (WIDTH - 2 * EDGE) * day / days[-1] for day in days]
    ys = [
        HEIGHT / 2 if high == low else HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (number - low) / (high - low)
        for number in numbers
    ]
    drawn = [(f"{x:.1f}", f"{y:.1f}") for x, y in zip(xs, ys, strict=True)]
    first, last = points[0], points[-1]
    return Spark(
        points=" ".join(f"{x},{y}" for x, y in drawn),
        last_x=drawn[-1][0],
        last_y=drawn[-1][1],
        title=f"{label} over time",
        description=(
            f"{len(points)} values, from {first[1]:g} {unit} on {say_day(first[0])} "
            f"to {last[1]:g} {unit} on {say_day(last[0])}; they stand in the table."
        ),
    )


def _number(row: Any) -> float | None:
    given = row.value.get("value") if isinstance(row.value, dict) else None
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return None
    found = _NUMBER.fullmatch(str(given).strip())
    return float(found[1].replace(",", ".")) if found is not None else None
