"""The report of a sensor record on one page: how it was read, profile, ranges, targets, days, episodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from screening.clinical.cgm.agp import HOUR, QUARTER, agp
from screening.clinical.cgm.display import percent
from screening.clinical.cgm.episodes import Episode, episodes
from screening.clinical.cgm.metrics import SUFFICIENT_PERCENT, Metrics, metrics
from screening.clinical.cgm.trace import WINDOW_DAYS, Trace
from screening.clinical.cgm.units import TARGETS, Target
from screening.clinical.dates import say_day
from screening.clinical.fingersticks import RECALLED, Fingersticks, four_weeks
from screening.clinical.rounding import written
from screening.interop.cgm import CgmFile, Import
from screening.presentation.glucose_charts import Profile, Segment, Strip, profile, segments, strip
from screening.rules.facts import Catalogue

LONGEST_EPISODES = 10
LONGEST_GAPS = 5
MISSED = 2.5
"""Intervals without a reading that are named as a gap."""


@dataclass(frozen=True)
class Aim:
    """A published target, and whether these 14 days keep it."""

    name: str
    value: str
    aim: str
    kept: bool
    unverified: bool


@dataclass(frozen=True)
class SensorReport:
    """What the page shows; numbers are finished texts."""

    period: str
    measures: Sequence[tuple[str, str]]
    profile: Profile
    hours: Sequence[tuple[str, Sequence[str]]]
    segments: Sequence[Segment]
    aims: Sequence[tuple[str, Sequence[Aim]]]
    strips: Sequence[Strip]
    episodes: Sequence[tuple[str, str, str, str]]
    more_episodes: int
    gaps: Sequence[tuple[str, str]]
    more_gaps: int
    fingersticks: Sequence[tuple[str, str]]
    fingersticks_note: str
    reading: Sequence[tuple[str, str]]
    unused: Sequence[str]
    notes: Sequence[str]
    unit: str
    sufficient: bool
    too_little: str
    values: Sequence[tuple[str, str]]


def sensor_report(read: CgmFile, answers: Mapping[str, Any], catalogue: Catalogue) -> SensorReport:
    """Return the report of a record.

    Args:
        answers: what goes into a form from it; empty where it has too little.
    """
    trace = read.trace.window()
    found = metrics(read.trace)
    low = episodes(trace, trace.unit.low, trace.unit.low)
    gaps = sorted(trace.gaps(trace.interval * MISSED), key=lambda gap: gap.start - gap.end)
    days = list(trace.days())
    shares = (found.tbr_lt54, found.tbr_54_69, found.tir_70_180, found.tar_181_250, found.tar_gt250)
    return SensorReport(
        period=f"{say_day(days[0].day)} to {say_day(days[-1].day)}",
        measures=list(_measures(found, trace)),
        profile=profile(agp(trace, QUARTER), trace.unit),
        hours=[
            (f"{one.minute // HOUR:02}:00", [_glucose(value, trace) for value in one.percentiles or ()])
            for one in agp(trace, HOUR)
        ],
        segments=segments(shares, trace.unit),
        aims=[(who, [_aim(target, found) for target in targets]) for who, targets in TARGETS.items()],
        strips=[strip(day, _short(day.day), trace.unit) for day in days],
        episodes=[_episode(one, trace) for one in low[-LONGEST_EPISODES:][::-1]],
        more_episodes=max(len(low) - LONGEST_EPISODES, 0),
        gaps=[(_moment(gap.start, trace), _duration(gap.minutes)) for gap in gaps[:LONGEST_GAPS]],
        more_gaps=max(len(gaps) - LONGEST_GAPS, 0),
        fingersticks=list(_fingersticks(read.fingersticks)),
        fingersticks_note=RECALLED,
        reading=list(_how_read(read.report)),
        unused=[str(one) for one in read.report.unused],
        notes=read.report.notes,
        unit=trace.unit.label,
        sufficient=found.sufficient_70pct_14d,
        too_little=(
            f"Only {_percent(found.percent_active)} of {WINDOW_DAYS} days are recorded. Below "
            f"{SUFFICIENT_PERCENT} % the numbers do not stand for the person, and no criterion uses them."
        ),
        values=[(catalogue.facts[name].label, _value(one)) for name, one in answers.items()],
    )


def _measures(found: Metrics, trace: Trace) -> list[tuple[str, str]]:
    unit = trace.unit.label
    said = [
        ("Sensor active", _percent(found.percent_active)),
        ("Readings", f"{found.n_in_window}, every {found.interval_min} min"),
        ("Mean glucose", f"{_glucose(found.mean, trace)} {unit}"),
        (
            "GMI (not an HbA1c)",
            f"{written(found.gmi_percent, 1)} %, {written(found.gmi_mmol_mol, 0)} mmol/mol",
        ),
    ]
    if found.sd is not None and found.cv is not None:
        said.append(("Standard deviation", f"{_glucose(found.sd, trace)} {unit}"))
        said.append(("CV", _percent(found.cv)))
    said.append(("Glycaemia risk index", f"{written(found.gri, 0)}, zone {found.gri_zone}"))
    said.append(
        (
            f"Episodes below {_glucose(trace.unit.low, trace)}",
            f"{found.episodes_lt70}, {_duration(found.episodes_lt70_total_min)} in all",
        )
    )
    said.append(
        (
            f"Episodes below {_glucose(trace.unit.very_low, trace)}",
            f"{found.episodes_lt54}, {_duration(found.episodes_lt54_total_min)} in all",
        )
    )
    said.append(("Longer than 2 hours", str(found.episodes_lt70_over120min)))
    if found.modd is not None:
        said.append(("Mean of daily differences", f"{_glucose(found.modd, trace)} {unit}"))
    if found.low or found.high:
        said.append(("Given as Low / High", f"{found.low} / {found.high}"))
    return said


def _aim(target: Target, found: Metrics) -> Aim:
    value = sum(getattr(found, name) for name in target.metrics)
    sign = {">": "more than", "<": "less than", "<=": "up to"}[target.sign]
    return Aim(
        name=target.name,
        value=_percent(value),
        aim=f"{sign} {target.limit:g} %",
        kept=target.met(value),
        unverified=target.grade == "M",
    )


def _episode(one: Episode, trace: Trace) -> tuple[str, str, str, str]:
    level = "level 2" if one.lowest < trace.unit.very_low else "level 1"
    lasting = f"{_duration(one.minutes)}, prolonged" if one.prolonged else _duration(one.minutes)
    return _moment(one.start, trace), lasting, f"{_glucose(one.lowest, trace)} {trace.unit.label}", level


def _fingersticks(record: Fingersticks) -> Iterator[tuple[str, str]]:
    """Yield what the fingersticks beside the sensor tell; nothing where there are none."""
    if not record.instants:
        return
    found = four_weeks(record)
    days = f"{say_day(record.first_day)} to {say_day(record.last_day)}"
    yield "Fingersticks", f"{len(record)}, {days}"
    if found.index is None:
        yield "Lability index", f"not known: {found.lacking}"
        return
    yield "Lability index", f"{written(found.index, 1)} mmol²/L²/h per week"
    yield "Pairs in each of the four weeks", ", ".join(map(str, found.pairs))


def _value(answer: Mapping[str, Any]) -> str:
    """Return an answer for the pre-screen; a score has no unit, and its own day."""
    if answer["value"] is True:
        return "Yes"
    if "unit" in answer:
        return f"{answer['value']} {answer['unit']}"
    return f"{answer['value']}, of {say_day(date.fromisoformat(answer['on']))}"


def _how_read(report: Import) -> list[tuple[str, str]]:
    return [
        ("File", f"{report.format}, {report.encoding}"),
        ("Unit", f"{report.unit}, {report.unit_from}"),
        ("Dates", f"{report.date_order}, {report.date_order_from}"),
        ("Clock", f"{report.timezone}, {report.timezone_from}"),
        ("Rows with a reading", str(report.rows)),
    ]


def _percent(value: float) -> str:
    return f"{percent(value)} %"


def _glucose(value: float, trace: Trace) -> str:
    return written(value, trace.unit.decimals)


def _duration(minutes: float) -> str:
    hours, rest = divmod(round(minutes), 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def _moment(instant: int, trace: Trace) -> str:
    """Return an instant on the person's clock."""
    local = datetime.fromtimestamp(trace.clock.local([instant])[0], UTC)
    return f"{say_day(local.date())}, {local:%H:%M}"


def _short(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"
