"""Written times as seconds: dates in any order, 12 or 24 hours, with or without an offset from UTC.

A file has few different dates and few different times of day, so each is read once and looked up after.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from screening.clinical.cgm.trace import DAY, EPOCH
from screening.clinical.dates import FIRST_YEAR, LAST_YEAR
from screening.interop.cgm.zones import instant_of, steady

YEAR_FIRST, DAY_FIRST, MONTH_FIRST = "year-first", "day-first", "month-first"

_DATE = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})", re.ASCII)
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r"\s?(?:(?P<half>[AaPp])\.?\s?[Mm]\.?)?\s?(?P<offset>Z|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII,
)
_FIXED = re.compile(
    r"\d{4}([-/.])\d\d\1\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?(?:Z|[+-]\d\d(?::?\d\d)?)?", re.ASCII
)
_OFFSET = re.compile(r":\d\d(?:[.,]\d+)?\s?(?:Z|[+-]\d\d(?::?\d\d)?)$", re.ASCII)
_UNCERTAIN_DAY = 1 << 42
"""Added to times of a local day in which the clock changes; far above any second of the calendar."""


class NotATime(Exception):
    """A text that is no time of the kind looked for."""


@dataclass(frozen=True)
class Shape:
    """How the times of a file are written.

    Attributes:
        fixed: whether date and time of day stand at fixed places: 2026-03-04T05:06.
        aware: whether an offset from UTC is written.
        orders: the orders of year, month and day that are possible.
        proof: for the order of day and month, the first time that proves it; -1 where nothing needs to.
        example: a date, or nothing.
    """

    fixed: bool
    aware: bool
    orders: frozenset[str]
    proof: int
    example: str


def shape_of(texts: Sequence[str]) -> Shape:
    """Return how times are written; no order at all is possible where two dates contradict each other."""
    first = next((text.strip() for text in texts if _split(text) is not None), "")
    fixed = _FIXED.fullmatch(first) is not None
    aware = _OFFSET.search(first) is not None
    if fixed:
        return Shape(True, aware, frozenset({YEAR_FIRST}), -1, first[:10])
    possible, proof, example = {YEAR_FIRST, DAY_FIRST, MONTH_FIRST}, -1, ""
    dates: dict[str, int] = {}
    for number, text in enumerate(texts):
        dates.setdefault(text.strip().replace("T", " ").partition(" ")[0], number)
    for written, number in dates.items():
        found = _DATE.fullmatch(written)
        orders = _orders(found) if found is not None else set()
        if orders and not possible <= orders:
            possible &= orders
            proof, example = number, written
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
    """Written dates as the UTC seconds at which they start; those that change the clock are marked."""

    def __init__(self, order: str, zone: ZoneInfo | None) -> None:
        super().__init__()
        self._order, self._zone = order, zone

    def __missing__(self, written: str) -> int:
        found = _DATE.fullmatch(written.rstrip("T "))
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
            self[written] = self._start(date(number, int(month), int(day)))
        except ValueError:
            raise NotATime from None
        return self[written]

    def _start(self, day: date) -> int:
        start = (day.toordinal() - EPOCH) * DAY
        if self._zone is None:
            return start
        ahead = steady(self._zone, day)
        return start + _UNCERTAIN_DAY if ahead is None else start - ahead


class _Clocks(dict[str, int]):
    """Times of day as seconds, less the offset from UTC that they bear; the offsets by the same texts."""

    def __init__(self, aware: bool, prefix: str = "") -> None:
        super().__init__()
        self._aware, self._prefix = aware, prefix
        self.offsets: dict[str, int] = {}

    def __missing__(self, written: str) -> int:
        found = _CLOCK.fullmatch(self._prefix + written.strip())
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


class Times:
    """The times of one file as instants, in the order of the file.

    Attributes:
        instants: UTC seconds, or None where a time cannot be read or does not exist in the zone.
        ahead: how many seconds ahead of UTC each was written; empty where no offset is written.
        skipped: the places of those that do not exist in the zone.
    """

    def __init__(self, texts: Sequence[str], shape: Shape, order: str, zone: ZoneInfo | None) -> None:
        self._aware = shape.aware
        self._days = _Days(order, None if shape.aware else zone)
        self._clocks = _Clocks(shape.aware)
        self._tails = _Clocks(shape.aware, prefix="00:00")
        self._minutes = _Clocks(False)
        self.instants: list[int | None] = []
        self.ahead: list[int] = []
        self.skipped: list[int] = []
        try:
            if not shape.fixed:
                raise NotATime
            self._read_at_fixed_places(texts)
        except NotATime:
            self._read_one_by_one(texts)
        if zone is not None and not shape.aware:
            self._settle(zone)

    def _read_at_fixed_places(self, texts: Sequence[str]) -> None:
        days, minutes, tails = self._days, self._minutes, self._tails
        self.instants = [days[text[:11]] + minutes[text[11:16]] + tails[text[16:]] for text in texts]
        if not self._aware:
            return
        offsets = tails.offsets
        if len(set(offsets.values())) == 1:
            self.ahead = [*offsets.values()][:1] * len(texts)
        else:
            self.ahead = [offsets[text[16:]] for text in texts]

    def _read_one_by_one(self, texts: Sequence[str]) -> None:
        days, clocks = self._days, self._clocks
        for text in texts:
            day, _, clock = text.strip().replace("T", " ", 1).partition(" ")
            try:
                self.instants.append(days[day] + clocks[clock])
            except NotATime:
                self.instants.append(None)
            if self._aware:
                self.ahead.append(clocks.offsets.get(clock, 0))

    def _settle(self, zone: ZoneInfo) -> None:
        """Turn the times of days in which the clock changes into instants.

        Where the clock is set back, a time that steps back in the order of the file belongs to the second
        pass of the hour; a file with the newest reading first is followed from its end.
        """
        if None not in self.instants and max(filter(None, self.instants), default=0) < _UNCERTAIN_DAY // 2:
            return
        known = [(place, found) for place, found in enumerate(self.instants) if found is not None]
        if known and known[0][1] % _UNCERTAIN_DAY > known[-1][1] % _UNCERTAIN_DAY:
            known.reverse()
        before, second_pass = 0, False
        for place, found in known:
            if found < _UNCERTAIN_DAY // 2:
                continue
            local = found - _UNCERTAIN_DAY
            first, second = (instant_of(zone, local, later) for later in (False, True))
            if first is not None and first != second:
                second_pass = local // DAY == before // DAY and (second_pass or local < before)
                before = local
            self.instants[place] = second if second_pass else first
            if first is None:
                self.skipped.append(place)


def seconds_of(text: str) -> tuple[int, int]:
    """Return the instant of a time like 2026-03-04T05:06:07Z, and its offset, both in seconds.

    Raises:
        NotATime: it is none, or has no offset.
    """
    found = _split(text)
    if found is None:
        raise NotATime
    clocks = _Clocks(aware=True)
    return _Days(YEAR_FIRST, None)[found[0]] + clocks[found[1]], clocks.offsets[found[1]]
