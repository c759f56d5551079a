"""A trace: the readings of one person's sensor as instants, and the window its metrics are about."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from operator import sub

from screening.clinical.cgm.units import Unit

MINUTE, DAY = 60, 86_400
WINDOW_DAYS = 14
EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Clock:
    """What the person's clock showed: how many seconds it was ahead of UTC, from each instant on.

    Attributes:
        name: the zone, like `Europe/London`, or how else it is known.
        since: instants in ascending order; the first is before every reading.
        ahead: seconds ahead of UTC from each of them on.
    """

    name: str
    since: tuple[int, ...]
    ahead: tuple[int, ...]

    def local(self, instants: Sequence[int]) -> list[int]:
        """Return, for ascending instants, the seconds of the local clock since 1 January 1970."""
        found: list[int] = []
        ends = [*(bisect_left(instants, start) for start in self.since[1:]), len(instants)]
        first = 0
        for end, ahead in zip(ends, self.ahead, strict=True):
            found += [instant + ahead for instant in islice(instants, first, end)]
            first = end
        return found


UTC = Clock("UTC", (0,), (0,))


@dataclass(frozen=True, slots=True)
class Gap:
    """Two neighbouring readings, as UTC seconds, with more time between them than asked for."""

    start: int
    end: int

    @property
    def minutes(self) -> float:
        return (self.end - self.start) / MINUTE


@dataclass(frozen=True, slots=True)
class LocalDay:
    """The readings of one local day.

    Attributes:
        day: the day on the person's clock.
        minutes: minutes since midnight on that clock, from 0 to 1439; when the clock is set back,
            one hour occurs twice, in the order of the instants.
        values: glucose in the unit of the trace.
    """

    day: date
    minutes: tuple[int, ...]
    values: tuple[float, ...]


def usual_interval(instants: Sequence[int]) -> int:
    """Return the minutes between readings: the median of the last 14 days, half a minute rounded up.

    Of the last 14 days, since they are what the metrics are about: an older sensor may have had another
    interval. With fewer than two readings in them, the median of all.

    Args:
        instants: seconds in ascending order.

    Raises:
        ValueError: fewer than two readings: no interval can be seen.
    """
    if len(instants) < 2:
        raise ValueError("an interval needs two readings or more")
    start = bisect_left(instants, instants[-1] - WINDOW_DAYS * DAY)
    recent = instants[start:] if start < len(instants) - 1 else instants
    steps: list[int] = sorted(map(sub, recent[1:], recent))
    middle = len(steps) // 2
    twice = 2 * steps[middle] if len(steps) % 2 == 1 else steps[middle - 1] + steps[middle]
    return max((twice + MINUTE) // (2 * MINUTE), 1)


@dataclass(frozen=True, slots=True)
class Trace:
    """Readings in ascending order, at least one, no two at the same instant.

    Attributes:
        instants: UTC seconds since 1 January 1970.
        values: glucose in `unit`, as the sensor gave it, never converted.
        unit: mg/dL or mmol/L.
        interval: minutes between readings, see `usual_interval`.
        clock: the person's clock.
        low_at, high_at: the instants of readings given as `Low` or `High`, in ascending order.
    """

    instants: Sequence[int]
    values: Sequence[float]
    unit: Unit
    interval: int
    clock: Clock = UTC
    low_at: tuple[int, ...] = ()
    high_at: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.instants)

    @property
    def end(self) -> int:
        """The instant one interval after the last reading."""
        return self.instants[-1] + self.interval * MINUTE

    def between(self, start: int, end: int) -> "Trace":
        """Return the part from the instant `start` up to, and without, the instant `end`."""
        first, last = bisect_left(self.instants, start), bisect_left(self.instants, end)
        return replace(
            self,
            instants=self.instants[first:last],
            values=self.values[first:last],
            low_at=_within(self.low_at, start, end),
            high_at=_within(self.high_at, start, end),
        )

    def window(self) -> "Trace":
        """Return the last 14 x 24 hours, which end one interval after the last reading."""
        start = self.end - WINDOW_DAYS * DAY
        return self if start <= self.instants[0] else self.between(start, self.end)

    def local(self) -> list[int]:
        """Return each reading's time on the person's clock, in seconds since 1 January 1970."""
        return self.clock.local(self.instants)

    def gaps(self, minutes: float) -> tuple[Gap, ...]:
        """Return where more than `minutes` lie between two neighbouring readings."""
        return tuple(
            Gap(before, after)
            for before, after in zip(self.instants, self.instants[1:], strict=False)
            if after - before > minutes * MINUTE
        )

    def days(self) -> Iterator[LocalDay]:
        """Yield the readings of each local day that has any, in order."""
        local = self.local()
        first = 0
        while first < len(local):
            number = local[first] // DAY
            last = bisect_left(local, (number + 1) * DAY, first)
            yield LocalDay(
                date.fromordinal(EPOCH + number),
                tuple(second % DAY // MINUTE for second in local[first:last]),
                tuple(self.values[first:last]),
            )
            first = last


def _within(instants: tuple[int, ...], start: int, end: int) -> tuple[int, ...]:
    return instants[bisect_left(instants, start) : bisect_left(instants, end)]
