"""Glucose as shapes: the profile of a day, the time in ranges, each day for itself. Numbers stand in tables.

Shapes have places in units of the drawing; nothing is smoothed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from screening.clinical.cgm.agp import QUARTER, TimeOfDay
from screening.clinical.cgm.display import shares
from screening.clinical.cgm.trace import LocalDay
from screening.clinical.cgm.units import Unit
from screening.presentation.charts import Text

MINUTES = 24 * 60
PROFILE_WIDTH, PROFILE_HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 240, 36, 20, 8, 22
BASELINE, CLOSE = 4, 3
"""How far a number stands below its line; the two lowest lie close, and their numbers stand apart."""
STRIP_WIDTH, STRIP_HEIGHT = 140, 44
LONGEST_BRIDGE = 45
"""Minutes; a longer gap leaves a gap in a line."""
FEWEST_TOP = 1.2
"""The scale reaches at least so far above the upper limit of very high glucose."""


@dataclass(frozen=True)
class Level:
    """A limit across a chart, with its number."""

    y: float
    label: Text
    kind: str


@dataclass(frozen=True)
class Profile:
    """The profile of a day: two bands, the median, the target range and the hours."""

    wide: str
    narrow: str
    median: str
    target_y: float
    target_height: float
    levels: tuple[Level, ...]
    hours: tuple[Text, ...]
    left: float = LEFT
    width: int = PROFILE_WIDTH
    height: int = PROFILE_HEIGHT

    @property
    def plot_width(self) -> float:
        return self.width - LEFT - RIGHT


@dataclass(frozen=True)
class Segment:
    """One range in the bar, from the left: where it begins, how wide it is, and its share in words."""

    kind: str
    label: str
    limits: str
    share: str
    x: float
    width: float


def segments(parts: Sequence[float], unit: Unit) -> list[Segment]:
    """Return the bar of the five ranges, lowest first, PROFILE_WIDTH wide; the shares shown add up to 100."""
    very_low, low, high, very_high = (
        _said(limit, unit) for limit in (unit.very_low, unit.low, unit.high, unit.very_high)
    )
    limits = (
        ("very-low", "Very low", f"below {very_low}"),
        ("low", "Low", f"{very_low} to below {low}"),
        ("in-range", "In range", f"{low} to {high}"),
        ("high", "High", f"above {high} to {very_high}"),
        ("very-high", "Very high", f"above {very_high}"),
    )
    found, x = [], 0.0
    for (kind, label, said), part, share in zip(limits, parts, shares(parts), strict=True):
        width = round(PROFILE_WIDTH * part / 100, 1)
        found.append(Segment(kind, label, f"{said} {unit.label}", f"{share} %", round(x, 1), width))
        x += width
    return found


@dataclass(frozen=True)
class Strip:
    """One day as a small line over the target range."""

    title: str
    description: str
    paths: str
    target_y: float
    target_height: float
    width: int = STRIP_WIDTH
    height: int = STRIP_HEIGHT


@dataclass(frozen=True)
class _Scale:
    """From glucose to a height: the top of the drawing is the highest glucose shown."""

    most: float
    top: float
    height: float

    def y(self, glucose: float) -> float:
        return round(self.top + self.height * (1 - min(glucose, self.most) / self.most), 1)


def profile(times: Sequence[TimeOfDay], unit: Unit) -> Profile:
    """Return the drawing of percentiles in steps of QUARTER minutes."""
    highest = max((one.percentiles[-1] for one in times if one.percentiles is not None), default=0)
    scale = _Scale(max(highest * 1.05, unit.very_high * FEWEST_TOP), TOP, PROFILE_HEIGHT - TOP - BOTTOM)

    def x(minute: float) -> float:
        return round(LEFT + (PROFILE_WIDTH - LEFT - RIGHT) * minute / MINUTES, 1)

    runs = _runs(times)
    levels = (
        (unit.very_low, "limit", BASELINE + CLOSE),
        (unit.low, "target", BASELINE - CLOSE),
        (unit.high, "target", BASELINE),
        (unit.very_high, "limit", BASELINE),
    )
    return Profile(
        wide=" ".join(_band(run, 0, 4, x, scale) for run in runs),
        narrow=" ".join(_band(run, 1, 3, x, scale) for run in runs),
        median=" ".join(_line([(x(m), scale.y(p[2])) for m, p in run]) for run in runs),
        target_y=scale.y(unit.high),
        target_height=round(scale.y(unit.low) - scale.y(unit.high), 1),
        levels=tuple(
            Level(
                scale.y(limit), Text(LEFT - 6, scale.y(limit) + below, _said(limit, unit), anchor="end"), kind
            )
            for limit, kind, below in levels
        ),
        hours=tuple(
            Text(x(hour * 60), PROFILE_HEIGHT - 6, f"{hour:02}:00", anchor="middle")
            for hour in range(0, 25, 3)
        ),
    )


def _said(limit: float, unit: Unit) -> str:
    return f"{limit:.{unit.decimals}f}"


def _runs(times: Iterable[TimeOfDay]) -> list[list[tuple[float, tuple[float, ...]]]]:
    """Return the middle and the percentiles of neighbouring times of day that have any."""
    runs: list[list[tuple[float, tuple[float, ...]]]] = [[]]
    for one in times:
        if one.percentiles is not None:
            runs[-1].append((one.minute + QUARTER / 2, one.percentiles))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _band(
    run: Sequence[tuple[float, tuple[float, ...]]],
    lower: int,
    upper: int,
    x: Callable[[float], float],
    scale: _Scale,
) -> str:
    there = [(x(minute), scale.y(percentiles[upper])) for minute, percentiles in run]
    back = [(x(minute), scale.y(percentiles[lower])) for minute, percentiles in reversed(run)]
    return f"{_line([*there, *back])}Z"


def _line(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def strip(day: LocalDay, title: str, unit: Unit) -> Strip:
    """Return the readings of one day as a line, broken where readings are missing."""
    scale = _Scale(unit.very_high * FEWEST_TOP, 2, STRIP_HEIGHT - 4)
    lines: list[list[tuple[float, float]]] = []
    last = -MINUTES
    for minute, value in zip(day.minutes, day.values, strict=True):
        point = (round(STRIP_WIDTH * minute / MINUTES, 1), scale.y(value))
        if not lines or not 0 <= minute - last <= LONGEST_BRIDGE:
            lines.append([])
        lines[-1].append(point)
        last = minute
    lowest, highest = (f"{value:.{unit.decimals}f}" for value in (min(day.values), max(day.values)))
    return Strip(
        title=title,
        description=f"{len(day.values)} readings, {lowest} to {highest} {unit.label}",
        paths=" ".join(map(_line, lines)),
        target_y=scale.y(unit.high),
        target_height=round(scale.y(unit.low) - scale.y(unit.high), 1),
    )
