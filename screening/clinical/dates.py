"""Calendar dates as medicine uses them: partial dates, completed years, look-back windows.

A medical date has no time zone and is often known only to the month or the year, so it is kept
as a span of days. The day of assessment is always an argument.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FIRST_YEAR, LAST_YEAR = 1900, 2199
"""The years a date may have: wide enough for anyone, far from the calendar's ends."""
DURATION_UNITS = ("days", "weeks", "months", "years")
EXAMPLE = "like 2026-03-04, 2026-03 or 2026"

_WRITTEN = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?", re.ASCII)
_DURATION = re.compile(r"(?P<count>[1-9][0-9]{0,3}) (?P<unit>days?|weeks?|months?|years?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class DateSpan:
    """One calendar day, known to lie from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def exact(self) -> bool:
        """Whether the day itself is known."""
        return self.first == self.last

    def cut_off(self, day: date) -> "DateSpan":
        """Return the part up to `day`: what is known of a day that is not in the future."""
        return DateSpan(min(self.first, day), min(self.last, day))


class Duration(NamedTuple):
    """A calendar duration such as 12 months."""

    number: int
    unit: str

    def __str__(self) -> str:
        return f"{self.number} {self.unit[:-1] if self.number == 1 else self.unit}"


def read_duration(text: str) -> Duration:
    """Return the duration written as `90 days`, `6 months` or `1 year`.

    Raises:
        ValueError: `text` is written otherwise.
    """
    written = _DURATION.fullmatch(text)
    if written is None:
        raise ValueError(f"{text!r} is not a duration: write one like '90 days' or '6 months'")
    return Duration(int(written["count"]), written["unit"].removesuffix("s") + "s")


@lru_cache(maxsize=4096)
def read_date(text: str) -> DateSpan:
    """Return the span of days that `YYYY-MM-DD`, `YYYY-MM` or `YYYY` stands for.

    Raises:
        ValueError: `text` is no such date, or no date of the calendar.
    """
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise ValueError(f"Enter a date {EXAMPLE}")
    year = int(written["year"])
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise ValueError(f"Enter a year from {FIRST_YEAR} to {LAST_YEAR}, like 1983")
    if written["month"] is None:
        return DateSpan(date(year, 1, 1), date(year, 12, 31))
    month = int(written["month"])
    if not 1 <= month <= 12:
        raise ValueError("Enter a month from 01 to 12, like 2026-03")
    last_day = calendar.monthrange(year, month)[1]
    if written["day"] is None:
        return DateSpan(date(year, month, 1), date(year, month, last_day))
    day = int(written["day"])
    if not 1 <= day <= last_day:
        raise ValueError(f"Enter a day from 01 to {last_day}: {MONTHS[month - 1]} {year} has no day {day}")
    return DateSpan(date(year, month, day), date(year, month, day))


def birth_span(age: int, on: date) -> DateSpan:
    """Return the birth dates of someone who is `age` completed years old on the day `on`."""
    return DateSpan(lookback(on, age + 1, "years") + timedelta(days=1), lookback(on, age, "years"))


@lru_cache(maxsize=16384)
def day_number(day: date) -> int:
    """Return `day` as the integer yyyymmdd, the form in which SQL and rules compare dates."""
    return day.year * 10000 + day.month * 100 + day.day


def day_of(number: int) -> date:
    """Return the day whose yyyymmdd is `number`."""
    return date(number // 10000, number // 100 % 100, number % 100)


def completed_years(birth: date, day: date) -> int:
    """Return the age on `day` in completed years; born on 29 February, one turns on 1 March.

    Source: the later of the two customs, so that an age limit never admits early.
    """
    return (day_number(day) - day_number(birth)) // 10000


@lru_cache(maxsize=4096)
def lookback(day: date, count: int, unit: str) -> date:
    """Return the first day of the window of `count` days, weeks, months or years that ends on `day`.

    Months and years go to the same day of the month, or to the month's last day where it has none:
    12 months before 29 February 2024 is 28 February 2023.

    Raises:
        ValueError: `unit` is not one of DURATION_UNITS, or the window leaves the calendar.
    """
    if unit == "days":
        return day - timedelta(days=count)
    if unit == "weeks":
        return day - timedelta(weeks=count)
    if unit not in DURATION_UNITS:
        raise ValueError(f"{unit!r} is not one of {', '.join(DURATION_UNITS)}")
    months = day.year * 12 + day.month - 1 - count * (12 if unit == "years" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@lru_cache(maxsize=4096)
def reaches(day: date, count: int, unit: str) -> date:
    """Return the first day whose look-back of `count` units starts on or after `day`.

    It is the day on which `day` lies exactly that long ago: the anniversary, or 1 March for
    29 February, and the first of the next month where the month is too short.
    """
    if unit == "days":
        return day + timedelta(days=count)
    if unit == "weeks":
        return day + timedelta(weeks=count)
    if unit not in DURATION_UNITS:
        raise ValueError(f"{unit!r} is not one of {', '.join(DURATION_UNITS)}")
    months = day.year * 12 + day.month - 1 + count * (12 if unit == "years" else 1)
    year, month = divmod(months, 12)
    if day.day <= calendar.monthrange(year, month + 1)[1]:
        return date(year, month + 1, day.day)
    return date(year, month + 2, 1)


@lru_cache(maxsize=4096)
def say_day(day: date) -> str:
    """Return `day` as a reader writes it: 4 Mar 2026."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


@lru_cache(maxsize=4096)
def say_span(span: DateSpan) -> str:
    """Return `span` in the precision it has: 4 Mar 2026, Mar 2026, 2026, Dec 2025 to Feb 2026."""
    first, last = span.first, span.last
    if first == last:
        return say_day(first)
    whole_months = first.day == 1 and last.day == calendar.monthrange(last.year, last.month)[1]
    if not whole_months:
        return f"{say_day(first)} to {say_day(last)}"
    if (first.month, last.month) == (1, 12):
        return str(first.year) if first.year == last.year else f"{first.year} to {last.year}"
    start, end = (f"{MONTHS[day.month - 1]} {day.year}" for day in (first, last))
    return start if start == end else f"{start} to {end}"
