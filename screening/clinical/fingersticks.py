"""Four weeks of fingersticks: what of a record goes into the lability index, and what it lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from screening.clinical.cgm.trace import DAY, EPOCH, Clock
from screening.clinical.lability import RECORD_DAYS, Lability, Reading, lability_index

WEEK_DAYS = 7
RECALLED = (
    "The limits of a pair (1 to 12 hours) and the mean of the weeks are recalled, not seen in a source."
)
"""Said wherever the index is shown."""
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Fingersticks:
    """Readings of a meter in ascending order, apart from any sensor's trace.

    Attributes:
        instants: UTC seconds since 1 January 1970.
        glucose_mmol_l: of each; None where the meter gave `Low`, `High` or no number that can be one.
        clock: the person's clock.
    """

    instants: Sequence[int]
    glucose_mmol_l: Sequence[float | None]
    clock: Clock

    def __len__(self) -> int:
        return len(self.instants)

    @property
    def first_day(self) -> date:
        """The day of the first fingerstick, of at least one, on the person's clock."""
        return self._day(self.instants[0])

    @property
    def last_day(self) -> date:
        """The day of the last fingerstick, of at least one, on the person's clock."""
        return self._day(self.instants[-1])

    def _day(self, instant: int) -> date:
        (local,) = self.clock.local([instant])
        return date.fromordinal(EPOCH + local // DAY)


@dataclass(frozen=True, slots=True)
class FourWeeks:
    """The lability index of the last 28 days of fingersticks, in mmol²/L²/h per week.

    Attributes:
        index: None where the record cannot carry it.
        pairs: the usable pairs of each week, oldest first; the index is a sum, and few pairs make it small.
        lacking: why there is no index; empty where there is one.
    """

    index: float | None
    pairs: tuple[int, ...]
    lacking: str

    @property
    def weeks_used(self) -> int:
        """The weeks with any usable pair."""
        return sum(count > 0 for count in self.pairs)


def four_weeks(record: Fingersticks) -> FourWeeks:
    """Return the lability index of the 28 days that end with the day of the last fingerstick.

    A record that began later, a week without any usable pair, no week with enough of them, or a reading
    without a number leaves the index unknown: each would make it too small. Weeks are of 168 hours, days of
    24, counted back from the midnight that ends the last day on the person's clock.

    Source: as `lability_index`; that each week needs a pair, and each reading a number, is a choice of this
    product.
    """
    if not record.instants:
        return FourWeeks(None, (), "there are no fingersticks")
    (last,) = record.clock.local(record.instants[-1:])
    end = record.instants[-1] + DAY - last % DAY
    start = end - RECORD_DAYS * DAY
    if record.instants[0] >= start + DAY:
        return FourWeeks(None, (), f"the fingersticks cover fewer than {RECORD_DAYS} days")
    weeks: list[list[Reading]] = [[] for _ in range(RECORD_DAYS // WEEK_DAYS)]
    numberless = 0
    for instant, glucose in zip(record.instants, record.glucose_mmol_l, strict=True):
        if instant < start:
            continue
        if glucose is None:
            numberless += 1
            continue
        week, since = divmod(instant - start, WEEK_DAYS * DAY)
        weeks[week].append(Reading(since / _HOUR, glucose))
    found = lability_index(weeks)
    lacking = _lacking(found, numberless)
    return FourWeeks(None if lacking else found.index, found.pairs, lacking)


def _lacking(found: Lability, numberless: int) -> str:
    if numberless:
        return f"fingersticks without a number, like Low or High, in these {RECORD_DAYS} days: {numberless}"
    if 0 in found.pairs:
        return "a week has no two fingersticks 1 to 12 hours apart"
    if not found.sufficient:
        return "no week has two pairs of fingersticks, 1 to 12 hours apart, on each of five days"
    return ""
