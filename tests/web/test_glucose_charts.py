"""Glucose as shapes: what is left out, what adds up."""

from datetime import date

import pytest

from screening.clinical.cgm.agp import TimeOfDay
from screening.clinical.cgm.trace import LocalDay
from screening.clinical.cgm.units import MG_DL, MMOL_L
from screening.presentation.glucose_charts import PROFILE_WIDTH, profile, segments, strip


def test_the_bar_is_whole_and_says_its_limits() -> None:
    bar = segments([0.5, 0.3, 75.9, 23.3, 0], MMOL_L)
    assert sum(one.width for one in bar) == pytest.approx(PROFILE_WIDTH, abs=0.5)
    assert [one.limits for one in bar][1:3] == ["3.0 to below 3.9 mmol/L", "3.9 to 10.0 mmol/L"]


def test_hours_without_readings_break_the_bands() -> None:
    """Seen to fail with bands drawn across blank hours."""
    times = [
        TimeOfDay(minute, 9, None if 360 <= minute < 720 else (70, 90, 110, 140, 190))
        for minute in range(0, 1440, 15)
    ]
    drawn = profile(times, MG_DL)
    assert (drawn.wide.count("M"), drawn.median.count("M")) == (2, 2)


def test_a_day_is_drawn_with_its_gaps() -> None:
    drawn = strip(LocalDay(date(2026, 11, 1), (0, 5, 60, 65), (80, 90, 100, 50)), "Sun 1 Nov", MG_DL)
    assert drawn.paths.count("M") == 2
    assert drawn.description == "4 readings, 50 to 100 mg/dL"


def test_the_hour_that_is_repeated_begins_a_new_line() -> None:
    drawn = strip(LocalDay(date(2026, 11, 1), (115, 60, 65), (80, 90, 100)), "Sun 1 Nov", MG_DL)
    assert drawn.paths.count("M") == 2
