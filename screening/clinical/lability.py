"""How unstable glucose is: the lability index of a fingerstick record, and where it and the HYPO score stand.

The HYPO score is never worked out here: how single events score was found in no source that can be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

SHORTEST_PAIR_HOURS, LONGEST_PAIR_HOURS = 1, 12
PAIRS_A_DAY, DAYS_A_WEEK = 2, 5
"""A week tells something from this many usable pairs on this many days."""
RECORD_DAYS = 28
"""Both scores are defined on a record of four weeks."""


class Percentiles(NamedTuple):
    """What the upper quarter and the upper tenth of a general clinic reach."""

    p75: float
    p90: float


HYPO_SCORE = Percentiles(423, 1047)
LABILITY_INDEX = Percentiles(329, 433)
"""In mmol²/L²/h per week. Source of both: Ryan et al., Diabetes 2004;53:955."""


class Reading(NamedTuple):
    """A fingerstick: hours since the week began, and glucose in mmol/L."""

    hour: float
    glucose_mmol_l: float


@dataclass(frozen=True, slots=True)
class Lability:
    """A lability index in mmol²/L²/h per week.

    Attributes:
        index: the mean of the weeks; None without any week.
        weekly: the sum of each week. It is a sum, so sparse testing makes it small.
        pairs: the usable pairs of each week.
        sufficient: whether any week has enough pairs on enough days to tell something.
    """

    index: float | None
    weekly: tuple[float, ...]
    pairs: tuple[int, ...]
    sufficient: bool


def lability_index(weeks: Sequence[Sequence[Reading]]) -> Lability:
    """Return the lability index of fingersticks, week by week.

    Of every two readings that follow one another 1 to 12 hours apart, the squared change in mmol/L per hour
    counts; pairs closer or further apart are left out and not paired anew. A sensor's record gives another,
    much larger number: it is not one for this function.

    Args:
        weeks: the readings of each week, by their hour.

    Raises:
        ValueError: the readings of a week are not in the order of their hours.

    Source: Ryan et al., Diabetes 2004;53:955. The limits of a pair and the mean of the weeks are
    recalled, not read.
    """
    found = [_usable(week) for week in weeks]
    sums = tuple(sum(change**2 / hours for _, hours, change in pairs) for pairs in found)
    return Lability(
        index=sum(sums) / len(sums) if sums else None,
        weekly=sums,
        pairs=tuple(map(len, found)),
        sufficient=any(map(_tells_something, found)),
    )


def _usable(week: Sequence[Reading]) -> list[tuple[int, float, float]]:
    """Return day, hours between and change of each usable pair."""
    pairs = []
    for before, after in pairwise(week):
        hours = after.hour - before.hour
        if hours < 0:
            raise ValueError("the readings of a week are not in order: sort them by their hour")
        if SHORTEST_PAIR_HOURS <= hours <= LONGEST_PAIR_HOURS:
            pairs.append((int(after.hour // 24), hours, after.glucose_mmol_l - before.glucose_mmol_l))
    return pairs


def _tells_something(pairs: list[tuple[int, float, float]]) -> bool:
    days = [day for day, _, _ in pairs]
    return sum(days.count(day) >= PAIRS_A_DAY for day in set(days)) >= DAYS_A_WEEK


def reaches(score: float | None, limit: float, *, record_days: int | None = RECORD_DAYS) -> bool | None:
    """Return whether a typed HYPO score or lability index reaches a percentile of Percentiles.

    Args:
        record_days: how long the glucose record behind it is; one shorter than four weeks gives no score.

    Returns:
        None where there is no score, or none that its record can carry.
    """
    if score is None or record_days is None or record_days < RECORD_DAYS:
        return None
    return score >= limit
