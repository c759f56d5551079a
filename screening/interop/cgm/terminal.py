"""A CGM file as text for a terminal: whether it is enough, the metrics, the targets, the rows not used."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import date

from screening.clinical.cgm.display import percent, shares
from screening.clinical.cgm.metrics import SUFFICIENT_PERCENT, Metrics, metrics
from screening.clinical.cgm.trace import DAY, EPOCH, WINDOW_DAYS, Trace
from screening.clinical.cgm.units import TARGETS, Target, Unit
from screening.clinical.dates import say_day
from screening.clinical.fingersticks import RECALLED, Fingersticks, four_weeks
from screening.clinical.rounding import written
from screening.interop.cgm.assemble import CgmFile
from screening.interop.cgm.questions import Question
from screening.interop.cgm.report import Import
from screening.interop.terminal import WIDTH

_SIGNS = {">": "above", "<": "below", "<=": "at most"}


def as_text(file: CgmFile) -> str:
    """Return a file's metrics and what became of its rows, for reading in a terminal."""
    found = metrics(file.trace)
    return "\n".join(
        [
            *_heading(file.trace, found),
            "",
            *_metrics(found, file.trace.unit),
            "",
            *_targets(found),
            "",
            *_fingersticks(file.fingersticks),
            *_import(file.report),
        ]
    )


def question_as_text(question: Question) -> str:
    """Return a question with its possible answers and the option that gives one."""
    option = f"--{question.about.replace('_', '-')}"
    answers = [f"  {option} {value}: {meaning}" for value, meaning in question.options]
    return "\n".join([question.text, *(answers or [f"  Answer like  {option} {question.example}"])])


def _heading(trace: Trace, found: Metrics) -> Iterator[str]:
    window = trace.window()
    local = window.local()
    first, last = (say_day(date.fromordinal(EPOCH + at // DAY)) for at in (local[0], local[-1]))
    yield f"Sensor glucose, {first} to {last}, clock: {found.timezone}"
    yield from _wrapped(
        f"{found.n_in_window} readings, one every {found.interval_min} min: {percent(found.percent_active)} %"
        f" of {WINDOW_DAYS} days",
        "  ",
    )
    if not found.sufficient_70pct_14d:
        yield from _wrapped(
            f"Not enough: {SUFFICIENT_PERCENT} % of {WINDOW_DAYS} days are needed. The figures below do not"
            " stand for the person, and every CGM criterion is not known.",
            "  ! ",
        )


def _metrics(found: Metrics, unit: Unit) -> Iterator[str]:
    limits = [written(limit, unit.decimals) for limit in (unit.very_low, unit.low, unit.high, unit.very_high)]
    names = (
        f"Very low, below {limits[0]} {unit}",
        f"Low, from {limits[0]} to below {limits[1]}",
        f"In range, {limits[1]} to {limits[2]}",
        f"High, above {limits[2]} to {limits[3]}",
        f"Very high, above {limits[3]}",
    )
    parts = (found.tbr_lt54, found.tbr_54_69, found.tir_70_180, found.tar_181_250, found.tar_gt250)
    for name, share in zip(names, shares(parts), strict=True):
        yield _line(name, f"{share} %")
    yield _line("Mean", f"{written(found.mean, unit.decimals)} {unit}")
    if found.sd is not None and found.cv is not None:
        yield _line("Standard deviation", f"{written(found.sd, unit.decimals)} {unit}")
        yield _line("Coefficient of variation", f"{written(found.cv, 1)} %")
    yield _line(
        "GMI, which is no HbA1c",
        f"{written(found.gmi_percent, 1)} % ({written(found.gmi_mmol_mol, 0)} mmol/mol)",
    )
    yield _line("Glycaemia risk index", f"{written(found.gri, 1)}, zone {found.gri_zone}")
    low, very_low = written(unit.low, unit.decimals), written(unit.very_low, unit.decimals)
    yield _line(
        f"Episodes below {low} {unit}",
        _episodes(found.episodes_lt70, found.episodes_lt70_total_min, found.episodes_lt70_per_week),
    )
    yield _line(
        f"Episodes below {very_low} {unit}, among them",
        _episodes(found.episodes_lt54, found.episodes_lt54_total_min, found.episodes_lt54_per_week),
    )
    yield _line("Episodes of more than 120 min", str(found.episodes_lt70_over120min))
    daily = "not known" if found.modd is None else f"{written(found.modd, unit.decimals)} {unit}"
    yield _line("Mean of daily differences", daily)
    yield _line("Readings given as Low, as High", f"{found.low}, {found.high}")


def _episodes(count: int, minutes: float, a_week: float) -> str:
    return f"{count}, {written(minutes, 0)} min in all, {written(a_week, 1)} a week of recorded time"


def _targets(found: Metrics) -> Iterator[str]:
    for people, targets in TARGETS.items():
        yield f"Targets, {people}"
        for target in targets:
            yield _line(f"{target.name} {_SIGNS[target.sign]} {target.limit:g} %", _verdict(target, found))


def _verdict(target: Target, found: Metrics) -> str:
    parts: list[float | None] = [getattr(found, metric) for metric in target.metrics]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts) or not found.sufficient_70pct_14d:
        return "not known"
    if target.grade == "M":
        return "not judged: the limit was not seen in a source"
    return "met" if target.met(sum(known)) else "not met"


def _fingersticks(record: Fingersticks) -> Iterator[str]:
    if not record.instants:
        return
    found = four_weeks(record)
    first, last = say_day(record.first_day), say_day(record.last_day)
    yield f"Fingersticks, apart from the sensor: {len(record)}, {first} to {last}"
    if found.index is None:
        yield from _wrapped(f"Lability index not known: {found.lacking}.", "  ")
    else:
        yield _line("Lability index", f"{written(found.index, 1)} mmol²/L²/h per week")
        yield _line("Pairs in each of the four weeks", ", ".join(map(str, found.pairs)))
        yield from _wrapped(RECALLED, "  ! ")
    yield ""


def _import(report: Import) -> Iterator[str]:
    yield f"Read from {report.format}: {report.rows} readings, {report.encoding}"
    yield _line("Unit", f"{report.unit}, {report.unit_from}")
    yield _line("Dates", f"{report.date_order}, {report.date_order_from}")
    yield _line("Clock", f"{report.timezone}, {report.timezone_from}")
    if report.conflicting_timestamps > 0:
        yield _line("Times with several values, averaged", str(report.conflicting_timestamps))
    for unused in report.unused:
        yield from _wrapped(str(unused), "  - ")
    for note in report.notes:
        yield from _wrapped(note, "  ! ")


def _line(name: str, value: str) -> str:
    return f"  {name:<52}{value}"


def _wrapped(text: str, lead: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead))
