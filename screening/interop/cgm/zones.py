"""Time zones: a zone's clock over a span of instants, and local times as instants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from screening.clinical.cgm.trace import DAY, EPOCH, Clock
from screening.rules.answers import Problem, Problems


def zone_named(name: str) -> ZoneInfo:
    """Return the time zone `name`.

    Raises:
        Problems: there is none of this name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = "Name a time zone of the IANA list, like Europe/London or America/New_York"
        raise Problems([Problem("zone", message)]) from None


def ahead_at(zone: ZoneInfo, instant: int) -> int:
    """Return how many seconds the zone's clock is ahead of UTC at an instant."""
    return _seconds(datetime.fromtimestamp(instant, UTC).astimezone(zone).utcoffset())


def clock_of(zone: ZoneInfo, first: int, last: int) -> Clock:
    """Return the zone's clock from the instant `first` to the instant `last`."""
    since, ahead = [first], [ahead_at(zone, first)]
    days = [*range(first, last, DAY), last]
    for before, after in pairwise(days):
        found = ahead_at(zone, after)
        if found != ahead[-1]:
            since.append(_change(zone, before, after))
            ahead.append(found)
    return Clock(zone.key, tuple(since), tuple(ahead))


def clock_as_written(instants: Sequence[int], ahead: Sequence[int]) -> Clock:
    """Return the clock that readings in ascending order were written with."""
    since, offsets = [instants[0]], [ahead[0]]
    for instant, offset in zip(instants, ahead, strict=True):
        if offset != offsets[-1]:
            since.append(instant)
            offsets.append(offset)
    return Clock("as written in the file", tuple(since), tuple(offsets))


def steady(zone: ZoneInfo, day: date) -> int | None:
    """Return how many seconds the zone is ahead of UTC all through a local day; None if that changes."""
    start, end = (
        _seconds(datetime(at.year, at.month, at.day, tzinfo=zone).utcoffset())
        for at in (day, day + timedelta(days=1))
    )
    return start if start == end else None


def instant_of(zone: ZoneInfo, local: int, second_pass: bool) -> int | None:
    """Return the instant of a local time; None for one that the zone skips.

    Args:
        local: seconds of the local clock since 1 January 1970.
        second_pass: which of two instants is meant when the clock was set back over this time.
    """
    written = datetime.fromordinal(EPOCH + local // DAY) + timedelta(seconds=local % DAY)
    aware = written.replace(tzinfo=zone, fold=int(second_pass))
    instant = local - _seconds(aware.utcoffset())
    return instant if instant + ahead_at(zone, instant) == local else None


def _change(zone: ZoneInfo, before: int, after: int) -> int:
    """Return the first instant after `before`, at most `after`, with the offset of `after`."""
    target = ahead_at(zone, after)
    while after - before > 1:
        middle = (before + after) // 2
        if ahead_at(zone, middle) == target:
            after = middle
        else:
            before = middle
    return after


def _seconds(offset: timedelta | None) -> int:
    if offset is None:
        raise ValueError("a zone's times have an offset from UTC")
    return int(offset.total_seconds())
