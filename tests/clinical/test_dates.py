from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.clinical.dates import (
    DateSpan,
    birth_span,
    completed_years,
    lookback,
    reaches,
    read_date,
    read_duration,
    say_span,
)

DAYS = st.dates(date(1940, 1, 1), date(2060, 12, 31))
UNITS = st.sampled_from(["days", "weeks", "months", "years"])


@pytest.mark.parametrize(
    ("born", "day", "years"),
    [
        (date(2000, 2, 29), date(2018, 2, 28), 17),
        (date(2000, 2, 29), date(2018, 3, 1), 18),
        (date(2000, 2, 29), date(2020, 2, 28), 19),
        (date(2000, 2, 29), date(2020, 2, 29), 20),
        (date(2000, 2, 28), date(2018, 2, 28), 18),
        (date(2000, 12, 31), date(2001, 1, 1), 0),
    ],
)
def test_born_on_29_february_turns_on_1_march(born, day, years):
    assert completed_years(born, day) == years


@pytest.mark.parametrize(
    ("day", "count", "unit", "start"),
    [
        (date(2026, 11, 20), 12, "months", date(2025, 11, 20)),
        (date(2026, 3, 31), 1, "months", date(2026, 2, 28)),
        (date(2024, 3, 31), 1, "months", date(2024, 2, 29)),
        (date(2024, 2, 29), 1, "years", date(2023, 2, 28)),
        (date(2024, 2, 29), 4, "years", date(2020, 2, 29)),
        (date(2026, 1, 31), 2, "months", date(2025, 11, 30)),
        (date(2026, 1, 15), 1, "months", date(2025, 12, 15)),
        (date(2024, 3, 1), 1, "days", date(2024, 2, 29)),
        (date(2026, 3, 4), 2, "weeks", date(2026, 2, 18)),
    ],
)
def test_look_back_keeps_the_day_of_the_month(day, count, unit, start):
    assert lookback(day, count, unit) == start


def test_look_back_refuses_another_unit():
    with pytest.raises(ValueError, match="fortnights"):
        lookback(date(2026, 11, 20), 1, "fortnights")


@pytest.mark.parametrize(
    ("day", "count", "unit", "anniversary"),
    [
        (date(2026, 3, 4), 10, "days", date(2026, 3, 14)),
        (date(2026, 3, 4), 2, "weeks", date(2026, 3, 18)),
        (date(2026, 11, 20), 12, "months", date(2027, 11, 20)),
        (date(2026, 11, 20), 1, "months", date(2026, 12, 20)),
        (date(2026, 12, 31), 1, "months", date(2027, 1, 31)),
        (date(2026, 1, 31), 1, "months", date(2026, 3, 1)),
        (date(2026, 8, 31), 3, "months", date(2026, 12, 1)),
        (date(2024, 2, 29), 1, "years", date(2025, 3, 1)),
        (date(2024, 2, 29), 4, "years", date(2028, 2, 29)),
    ],
)
def test_an_anniversary_in_too_short_a_month_is_the_first_of_the_next(day, count, unit, anniversary):
    assert reaches(day, count, unit) == anniversary


def test_an_anniversary_refuses_another_unit():
    with pytest.raises(ValueError, match="fortnights"):
        reaches(date(2026, 11, 20), 1, "fortnights")


@given(DAYS, st.integers(1, 60), UNITS)
def test_a_window_reaches_back_to_a_day_until_its_anniversary(day, count, unit):
    anniversary = reaches(day, count, unit)
    assert lookback(anniversary, count, unit) >= day
    assert lookback(anniversary.fromordinal(anniversary.toordinal() - 1), count, unit) < day


@given(st.integers(0, 100), DAYS)
def test_an_age_gives_exactly_the_birth_dates_it_fits(age, on):
    span = birth_span(age, on)
    around = [
        date.fromordinal(end.toordinal() + step) for end in (span.first, span.last) for step in (-1, 0, 1)
    ]
    for birth in around:
        assert (completed_years(birth, on) == age) is (span.first <= birth <= span.last)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-03-04", date(2026, 3, 4), date(2026, 3, 4)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("1900-12-31", date(1900, 12, 31), date(1900, 12, 31)),
        ("2199", date(2199, 1, 1), date(2199, 12, 31)),
    ],
)
def test_a_partial_date_is_a_span_of_days(text, first, last):
    assert read_date(text) == DateSpan(first, last)


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30",
        "2026-13",
        "26",
        "26-03-04",
        "04.03.2026",
        "2026-3-4",
        "٢٠٢٦",
        "2026-00",
        "1899",
        "2200",
        "",
        "2026-03-04 ",
    ],
)
def test_what_is_no_date_is_refused(text):
    with pytest.raises(ValueError, match="Enter a"):
        read_date(text)


@pytest.mark.parametrize("text", ["0 days", "12", "months", "1 fortnight", "1_0 days", "-1 days", "1 day "])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="is not a duration"):
        read_duration(text)


def test_a_duration_is_said_as_it_was_written():
    assert [str(read_duration(text)) for text in ("1 year", "12 months", "90 days")] == [
        "1 year",
        "12 months",
        "90 days",
    ]


def test_a_span_is_said_in_its_own_precision():
    spans = {
        "4 Mar 2026": read_date("2026-03-04"),
        "Mar 2026": read_date("2026-03"),
        "2026": read_date("2026"),
        "2024 to 2025": DateSpan(date(2024, 1, 1), date(2025, 12, 31)),
        "Dec 2025 to Feb 2026": DateSpan(date(2025, 12, 1), date(2026, 2, 28)),
        "Jan 2026 to Feb 2026": DateSpan(date(2026, 1, 1), date(2026, 2, 28)),
        "Nov 2026 to Dec 2026": DateSpan(date(2026, 11, 1), date(2026, 12, 31)),
        "3 Mar 2026 to 9 Mar 2026": DateSpan(date(2026, 3, 3), date(2026, 3, 9)),
        "1 Nov 2026 to 20 Nov 2026": DateSpan(date(2026, 11, 1), date(2026, 11, 20)),
        "3 Nov 2026 to 30 Nov 2026": DateSpan(date(2026, 11, 3), date(2026, 11, 30)),
    }
    assert [say_span(span) for span in spans.values()] == list(spans)


def test_the_future_part_of_a_span_is_cut_off():
    today = date(2026, 11, 20)
    assert read_date("2026").cut_off(today) == DateSpan(date(2026, 1, 1), today)
    assert read_date("2025").cut_off(today) == read_date("2025")
