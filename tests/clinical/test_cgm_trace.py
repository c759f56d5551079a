"""A trace: its window, its gaps, its local days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from screening.clinical.cgm.trace import usual_interval
from tests.clinical.traces import clock, every, published, trace


@pytest.mark.parametrize(
    ("seconds", "minutes"),
    [
        ([0, 300, 600], 5),
        ([0, 299, 601, 900], 5),
        ([0, 300, 600, 87_000], 5),
        ([0, 900], 15),
        ([0, 60, 120, 180], 1),
        ([0, 20, 40], 1),
    ],
)
def test_interval_is_the_median_in_whole_minutes(seconds: list[int], minutes: int) -> None:
    assert usual_interval(seconds) == minutes


def test_one_reading_has_no_interval() -> None:
    with pytest.raises(ValueError, match="two readings"):
        usual_interval([0])


def test_window_ends_an_interval_after_the_last_reading() -> None:
    whole = every(5, [100.0] * (15 * 288))
    window = whole.window()
    assert len(window) == 14 * 288
    assert window.end - window.instants[0] == 14 * 86_400


def test_part_keeps_its_low_and_high_readings() -> None:
    whole = replace(every(5, [39.0, 100.0, 39.0, 401.0]), low_at=(0, 600), high_at=(900,))
    part = whole.between(300, 900)
    assert (list(part.values), part.low_at, part.high_at) == ([100, 39], (600,), ())


def test_gaps_are_longer_than_asked_for() -> None:
    readings = every(5, [100.0, None, None, None, 100.0, None, None, None, None, 100.0])
    assert [gap.minutes for gap in readings.gaps(20)] == [25]


def test_days_are_those_of_the_local_clock() -> None:
    london = ZoneInfo("Europe/London")
    instants = [1_729_990_800 + 1800 * step for step in range(6)]  # 27 Oct 2024, 01:00 UTC and on
    days = list(trace(dict.fromkeys(instants, 100.0), of=clock(london, instants)).days())
    assert [day.day for day in days] == [date(2024, 10, 27)]
    assert days[0].minutes == (60, 90, 120, 150, 180, 210)


def test_hour_that_repeats_stays_in_its_day_in_order() -> None:
    london = ZoneInfo("Europe/London")
    instants = [1_729_983_600 + 1800 * step for step in range(6)]  # 27 Oct 2024, 00:00 local, still summer
    (day,) = trace(dict.fromkeys(instants, 100.0), of=clock(london, instants)).days()
    assert day.minutes == (0, 30, 60, 90, 60, 90)


def test_every_reading_belongs_to_one_day() -> None:
    found = published("pub3_sparse_15min_mmol_dst_spring.csv")
    assert sum(len(day.values) for day in found.days()) == len(found)


def test_interval_is_in_the_middle_of_uneven_steps() -> None:
    """Seen to fail with the step a third of the way up."""
    assert usual_interval([0, 60, 120, 180, 480, 780, 1080, 1380]) == 5
