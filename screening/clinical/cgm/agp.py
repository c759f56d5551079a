"""The ambulatory glucose profile: percentiles of glucose by time of day."""

from collections.abc import Sequence
from dataclasses import dataclass

from screening.clinical.cgm.trace import DAY, MINUTE, Trace

PERCENTILES = (5, 25, 50, 75, 95)
FEWEST = 5
"""A time of day with fewer readings is left blank."""
HOUR, QUARTER = 60, 15
"""Minutes of a time of day: for figures, and for a drawing."""


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """One time of day, over all days.

    Attributes:
        minute: where it starts, in minutes since midnight on the person's clock.
        readings: how many there are.
        percentiles: the 5th, 25th, 50th, 75th and 95th, in the unit of the trace; None for fewer than five.
    """

    minute: int
    readings: int
    percentiles: tuple[float, ...] | None


def agp(trace: Trace, minutes: int = HOUR) -> tuple[TimeOfDay, ...]:
    """Return the whole day in steps of `minutes`, which divide it.

    Source: Abbott's page on the AGP for the percentiles, interpolated as R's type 7; unsmoothed.
    """
    bins: list[list[float]] = [[] for _ in range(DAY // (minutes * MINUTE))]
    width = minutes * MINUTE
    for local, value in zip(trace.local(), trace.values, strict=True):
        bins[local % DAY // width].append(value)
    return tuple(
        TimeOfDay(number * minutes, len(values), _percentiles(values)) for number, values in enumerate(bins)
    )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return a percentile of ascending values, at least one, interpolated linearly (R's type 7)."""
    place = (len(ordered) - 1) * percent / 100
    below = int(place)
    if below == place:
        return ordered[below]
    return ordered[below] + (place - below) * (ordered[below + 1] - ordered[below])


def _percentiles(values: list[float]) -> tuple[float, ...] | None:
    if len(values) < FEWEST:
        return None
    values.sort()
    return tuple(percentile(values, percent) for percent in PERCENTILES)
