"""Episodes of hypoglycaemia in a trace.

Source: Battelino et al., Lancet Diabetes Endocrinol 2023;11:42-57, as implemented in iglu and AGATA.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from operator import sub

from screening.clinical.cgm.trace import MINUTE, Trace

LASTING_MINUTES = 15
"""So long must glucose be low for an episode to start, and no longer low for it to end."""
BRIDGED_MINUTES = 45
"""A longer gap ends an episode; a shorter one is bridged."""
_NOT_BRIDGED = BRIDGED_MINUTES * MINUTE + MINUTE // 2
"""The seconds that are more than the bridged ones in whole minutes."""
PROLONGED_MINUTES = 120
"""An episode with more than this without any recovery is prolonged; exactly this is not."""


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode, in UTC seconds from its first low reading to its end.

    Attributes:
        lowest: the lowest reading, in the unit of the trace.
        longest_run: the most minutes on end without a reading at or above the threshold.
    """

    start: int
    end: int
    lowest: float
    longest_run: int

    @property
    def minutes(self) -> float:
        return (self.end - self.start) / MINUTE

    @property
    def prolonged(self) -> bool:
        return self.longest_run > PROLONGED_MINUTES


def episodes(trace: Trace, below: float, until: float) -> tuple[Episode, ...]:
    """Return the episodes below a threshold.

    An episode starts at the first reading of a run below `below` that covers 15 minutes or more, where a
    run covers its span and one interval. It ends at the first reading of a run at or above `until` that
    covers as much; shorter recoveries are inside. A gap of more than 45 minutes ends it, and so does the
    end of the trace, one interval after its last reading before. Elapsed times count in whole minutes,
    since the clocks of sensors are some seconds early or late.

    Args:
        trace: readings in any unit.
        below, until: thresholds in that unit; for a level 2 episode, `until` is 54 mg/dL, or 70 mg/dL in
            the wording of 2017.
    """
    low = [value < below for value in trace.values]
    recovered = [value >= until for value in trace.values]
    found: list[Episode] = []
    for first, last in _stretches(trace):
        start = _lasting(trace, low, first, last)
        while start is not None:
            end = _lasting(trace, recovered, start, last)
            found.append(_episode(trace, low, start, last if end is None else end, last))
            start = None if end is None else _lasting(trace, low, end, last)
    return tuple(found)


def _stretches(trace: Trace) -> Iterator[tuple[int, int]]:
    """Yield the places from which and up to which no gap is too long to be bridged."""
    steps = list(map(sub, trace.instants[1:], trace.instants))
    gaps = []
    if max(steps, default=0) >= _NOT_BRIDGED:
        gaps = [place for place, step in enumerate(steps, 1) if step >= _NOT_BRIDGED]
    yield from pairwise((0, *gaps, len(trace)))


def _runs(flags: list[bool], first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield where runs of true flags start, and where the next false one or `last` is."""
    start = _next(flags, True, first, last)
    while start < last:
        end = _next(flags, False, start, last)
        yield start, end
        start = _next(flags, True, end, last)


def _next(flags: list[bool], flag: bool, first: int, last: int) -> int:
    try:
        return flags.index(flag, first, last)
    except ValueError:
        return last


def _lasting(trace: Trace, flags: list[bool], first: int, last: int) -> int | None:
    """Return where the first run of true flags starts that lasts long enough."""
    for start, end in _runs(flags, first, last):
        covered = trace.instants[end - 1] - trace.instants[start] + trace.interval * MINUTE
        if _minutes(covered) >= LASTING_MINUTES:
            return start
    return None


def _episode(trace: Trace, low: list[bool], start: int, end: int, last: int) -> Episode:
    def at(place: int) -> int:
        return trace.instants[place] if place < last else trace.instants[last - 1] + trace.interval * MINUTE

    longest = max(_minutes(at(after) - at(first)) for first, after in _runs(low, start, end))
    return Episode(at(start), at(end), min(trace.values[start:end]), longest)


def _minutes(seconds: int) -> int:
    return (seconds + MINUTE // 2) // MINUTE
