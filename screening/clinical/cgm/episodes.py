"""Episodes of hypoglycaemia in a trace.

Source: Battelino et al., Lancet Diabetes Endocrinol 2023;11:42-57, as implemented in iglu and AGATA.
"""

from dataclasses import dataclass

from screening.clinical.cgm.trace import MINUTE, Trace

LASTING_MINUTES = 15
"""So long must glucose be low for an episode to start, and no longer low for it to end."""
BRIDGED_MINUTES = 45
"""A longer gap ends an episode; a shorter one is bridged."""
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
    if min(trace.values) >= below:
        return ()
    found: list[Episode] = []
    cover = trace.interval * MINUTE
    too_long = (BRIDGED_MINUTES + 1) * MINUTE - MINUTE // 2
    start = lowest_run = recovery = run_start = 0
    inside = low = recovering = False
    lowest = 0.0
    previous = trace.instants[0]

    def lasting(first: int, last: int) -> bool:
        return _minutes(last - first + cover) >= LASTING_MINUTES

    for instant, value in zip(trace.instants, trace.values, strict=True):
        if instant - previous >= too_long:
            if inside:
                lowest_run = max(lowest_run, _minutes(previous - run_start + cover) if low else 0)
                found.append(Episode(start, previous + cover, lowest, lowest_run))
            inside = low = recovering = False
        if value < below:
            recovering = False
            if not low:
                low, run_start = True, instant
                if not inside:
                    lowest = value
            lowest = min(lowest, value)
            if not inside and lasting(run_start, instant):
                inside, start, lowest_run = True, run_start, 0
        else:
            if low and inside:
                lowest_run = max(lowest_run, _minutes(instant - run_start))
            low = False
            if inside and value >= until:
                if not recovering:
                    recovering, recovery = True, instant
                if lasting(recovery, instant):
                    found.append(Episode(start, recovery, lowest, lowest_run))
                    inside = recovering = False
            else:
                recovering = False
        previous = instant
    if inside:
        lowest_run = max(lowest_run, _minutes(previous - run_start + cover) if low else 0)
        found.append(Episode(start, previous + cover, lowest, lowest_run))
    return tuple(found)


def _minutes(seconds: int) -> int:
    return (seconds + MINUTE // 2) // MINUTE
