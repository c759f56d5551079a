"""Written times as seconds: dates in any order, 12 or 24 hours, with or without an offset from UTC.

Where they are not those of ISO 8601, each different date and time of day is read once and looked up after.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from screening.clinical.cgm.trace import DAY, EPOCH
from screening.clinical.dates import FIRST_YEAR, LAST_YEAR

YEAR_FIRST, DAY_FIRST, MONTH_FIRST = "year-first", "day-first", "month-first"

_DATE = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})", re.ASCII)
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r"\s?(?:(?P<half>[AaPp])\.?\s?[Mm]\.?)?\s?(?P<offset>Z|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII,
)
_ISO = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
_OFFSET = re.compile(r":\d\d(?:[.,]\d+)?\s?(?:Z|[+-]\d\d(?::?\d\d)?)$", re.ASCII)
_START = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_SECOND, END_SECOND = (
    (date(year, 1, 1).toordinal() - EPOCH) * DAY for year in (FIRST_YEAR, LAST_YEAR + 1)
)


class NotATime(Exception):
    """A text that is no time of the kind looked for."""


@dataclass(frozen=True)
class Shape:
    """How the times of a file are written.

    Attributes:
        iso: whether they are written as ISO 8601 has it: 2026-03-04T05:06.
        aware: whether an offset from UTC is written.
        orders: the orders of year, month and day that are possible.
        proof: for the order of day and month, the first time that proves it; -1 where nothing needs to.
        example: a date, or nothing.
    """

    iso: bool
    aware: bool
    orders: frozenset[str]
    proof: int
    example: str


def shape_of(texts: Sequence[str]) -> Shape:
    """Return how times are written; no order at all is possible where two dates contradict each other."""
    first = next((text.strip() for text in texts if _split(text) is not None), "")
    aware = _OFFSET.search(first) is not None
    if _ISO.fullmatch(first) is not None:
        return Shape(True, aware, frozenset({YEAR_FIRST}), -1, first[:10])
    possible, proof, example = {YEAR_FIRST, DAY_FIRST, MONTH_FIRST}, -1, ""
    for written in dict.fromkeys([text.partition(" ")[0] for text in texts]):
        found = _DATE.fullmatch(written.partition("T")[0])
        orders = _orders(found) if found is not None else set()
        if orders and not possible <= orders:
            possible &= orders
            proof = next(place for place, text in enumerate(texts) if text.partition(" ")[0] == written)
            example = written
    return Shape(False, aware, frozenset(possible), proof, example)


def _split(text: str) -> tuple[str, str] | None:
    """Return date and time of day of a text that has both."""
    day, _, clock = text.strip().replace("T", " ", 1).partition(" ")
    if _DATE.fullmatch(day) is None or _CLOCK.fullmatch(clock.strip()) is None:
        return None
    return day, clock.strip()


def _orders(found: re.Match[str]) -> set[str]:
    """Return the orders in which three numbers can be a date."""
    first, second, third = found[1], int(found[3]), found[4]
    if len(first) == 4:
        return {YEAR_FIRST} if len(third) <= 2 else set()
    if len(first) > 2 or len(third) not in (2, 4):
        return set()
    orders = {DAY_FIRST} if int(first) <= 31 and second <= 12 else set()
    return orders | ({MONTH_FIRST} if int(first) <= 12 and second <= 31 else set())


class _Days(dict[str, int]):
    """Written dates as the seconds from 1970 to their start."""

    def __init__(self, order: str) -> None:
        super().__init__()
        self._order = order

    def __missing__(self, written: str) -> int:
        found = _DATE.fullmatch(written)
        if found is None or self._order not in _orders(found):
            raise NotATime
        first, second, third = found[1], found[3], found[4]
        year, month, day = {
            YEAR_FIRST: (first, second, third),
            DAY_FIRST: (third, second, first),
            MONTH_FIRST: (third, first, second),
        }[self._order]
        number = int(year) + 2000 if len(year) == 2 else int(year)
        if not FIRST_YEAR <= number <= LAST_YEAR:
            raise NotATime
        try:
            self[written] = (date(number, int(month), int(day)).toordinal() - EPOCH) * DAY
        except ValueError:
            raise NotATime from None
        return self[written]


class _Clocks(dict[str, int]):
    """Times of day as seconds, less the offset from UTC that they bear; the offsets by the same texts."""

    def __init__(self, aware: bool) -> None:
        super().__init__()
        self._aware = aware
        self.offsets: dict[str, int] = {}

    def __missing__(self, written: str) -> int:
        found = _CLOCK.fullmatch(written.strip())
        if found is None or (found["offset"] is not None) is not self._aware:
            raise NotATime
        hour, half = int(found["hour"]), found["half"]
        if half is not None:
            if not 1 <= hour <= 12:
                raise NotATime
            hour = hour % 12 + (12 if half in "Pp" else 0)
        minute, second = int(found["minute"]), int(found["second"]) if found["second"] is not None else 0
        if hour > 23 or minute > 59 or second > 59:
            raise NotATime
        ahead = _offset(found["offset"]) if self._aware else 0
        self.offsets[written] = ahead
        self[written] = 3600 * hour + 60 * minute + second - ahead
        return self[written]


def _offset(written: str) -> int:
    if written == "Z":
        return 0
    digits = written[1:].replace(":", "").ljust(4, "0")
    seconds = 3600 * int(digits[:2]) + 60 * int(digits[2:])
    if seconds > 16 * 3600:
        raise NotATime
    return -seconds if written.startswith("-") else seconds


@dataclass(frozen=True)
class Written:
    """The times of one file in its order.

    Attributes:
        seconds: since 1 January 1970, in UTC or on the local clock; None where a time cannot be read.
        ahead: how many seconds ahead of UTC each was written; empty for the local clock.
    """

    seconds: Sequence[int | None]
    ahead: Sequence[int]


def read_times(texts: Sequence[str], shape: Shape, order: str) -> Written:
    """Return what the times of a file say, given their shape and the order of year, month and day."""
    try:
        return _read_iso(texts) if shape.iso else _read_two_parts(texts, shape, order)
    except (NotATime, ValueError, TypeError):
        return _read_one_by_one(texts, shape, order)


def _read_iso(texts: Sequence[str]) -> Written:
    if "".join(texts).count(":") != texts[0].count(":") * len(texts):
        raise NotATime  # some are dates alone, which ISO 8601 takes for midnight
    read = list(map(datetime.fromisoformat, texts))
    aware = read[0].tzinfo is not None
    start = _START if aware else _START.replace(tzinfo=None)
    seconds = [(since := time - start).days * DAY + since.seconds for time in read]
    if not FIRST_SECOND <= min(seconds) <= max(seconds) < END_SECOND:
        raise NotATime
    offsets = list(map(datetime.utcoffset, read)) if aware else []
    ahead = {offset: int(offset.total_seconds()) for offset in set(offsets) if offset is not None}
    return Written(seconds, [ahead[offset] for offset in offsets if offset is not None])


def _read_two_parts(texts: Sequence[str], shape: Shape, order: str) -> Written:
    days, clocks = _Days(order), _Clocks(shape.aware)
    parts = [text.partition(" ") for text in texts]
    seconds: list[int | None] = [days[day] + clocks[clock] for day, _, clock in parts]
    return Written(seconds, [clocks.offsets[clock] for _, _, clock in parts] if shape.aware else [])


def _read_one_by_one(texts: Sequence[str], shape: Shape, order: str) -> Written:
    days, clocks = _Days(order), _Clocks(shape.aware)
    seconds: list[int | None] = []
    ahead: list[int] = []
    for text in texts:
        day, _, clock = text.strip().replace("T", " ", 1).partition(" ")
        try:
            seconds.append(days[day] + clocks[clock])
        except NotATime:
            seconds.append(None)
        if shape.aware:
            ahead.append(clocks.offsets.get(clock, 0))
    return Written(seconds, ahead)


def seconds_of(text: str) -> tuple[int, int]:
    """Return the instant of a time like 2026-03-04T05:06:07Z, and its offset, both in seconds.

    Raises:
        NotATime: it is none, or has no offset.
    """
    found = _split(text)
    if found is None:
        raise NotATime
    clocks = _Clocks(aware=True)
    return _Days(YEAR_FIRST)[found[0]] + clocks[found[1]], clocks.offsets[found[1]]
