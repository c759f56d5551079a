"""Four weeks of fingersticks: which records carry a lability index, and what the others lack."""

from __future__ import annotations

import pytest

from screening.clinical.cgm.trace import DAY, UTC, Clock
from screening.clinical.fingersticks import Fingersticks, four_weeks

HOURS = (8, 12, 16, 20)


def record(days: int = 28, left_out: frozenset[int] = frozenset(), clock: Clock = UTC) -> Fingersticks:
    """Return 5, 9, 5, 9 mmol/L every four hours of each day but those left out: a sum of 12 a day."""
    at = [DAY * day + 3600 * hour for day in range(days) if day not in left_out for hour in HOURS]
    return Fingersticks(at, [5.0, 9.0] * (len(at) // 2), clock)


def test_four_weeks_give_the_mean_of_their_sums() -> None:
    """Changes of 4 mmol/L, three a day in 4 hours, and one in each of six nights, in 12 hours."""
    found = four_weeks(record())
    assert (found.pairs, found.weeks_used, found.lacking) == ((27, 27, 27, 27), 4, "")
    assert found.index == pytest.approx(7 * 12 + 6 * 16 / 12)


@pytest.mark.parametrize(("days", "known"), [(27, False), (28, True)])
def test_fewer_than_four_weeks_give_none(days: int, known: bool) -> None:
    found = four_weeks(record(days))
    assert (found.index is not None) is known
    assert ("fewer than 28 days" in found.lacking) is not known


def test_only_the_last_four_weeks_count() -> None:
    long = record(40)
    calm = [
        5.0 if at < 12 * DAY else value for at, value in zip(long.instants, long.glucose_mmol_l, strict=True)
    ]
    assert four_weeks(Fingersticks(long.instants, calm, UTC)).index == four_weeks(record()).index


def test_a_week_without_a_pair_gives_none() -> None:
    """Seen to fail with the mean of three weeks and a nought: too small an index reads as steady glucose."""
    found = four_weeks(record(left_out=frozenset(range(7, 14))))
    assert (found.index, found.weeks_used) == (None, 3)
    assert "a week has no two fingersticks" in found.lacking


def test_weeks_of_few_days_give_none() -> None:
    sparse = frozenset(day for day in range(28) if day % 7 in (1, 3, 5))
    found = four_weeks(record(left_out=sparse))
    assert found.index is None
    assert "on each of five days" in found.lacking


@pytest.mark.parametrize(("place", "known"), [(20, True), (70, False)])
def test_a_reading_without_a_number_in_these_weeks_gives_none(place: int, known: bool) -> None:
    long = record(40)
    glucose: list[float | None] = list(long.glucose_mmol_l)
    glucose[place] = None
    found = four_weeks(Fingersticks(long.instants, glucose, UTC))
    assert (found.index is not None) is known
    assert ("like Low or High" in found.lacking) is not known


def test_days_end_at_midnight_of_the_persons_clock() -> None:
    """Seven hours ahead, fingersticks at 20 UTC are of the next day: 27 days of UTC are part of 28."""
    assert four_weeks(record(27)).index is None
    assert four_weeks(record(27, clock=Clock("ahead", (0,), (7 * 3600,)))).index is not None


def test_no_fingersticks_are_no_lability() -> None:
    found = four_weeks(Fingersticks([], [], UTC))
    assert (found.index, found.weeks_used, found.lacking) == (None, 0, "there are no fingersticks")
