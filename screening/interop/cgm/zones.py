"""Time zones: a zone's clock over a span of instants, and local times as instants."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from operator import le, lt
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from screening.clinical.cgm.trace import DAY, Clock
from screening.rules.answers import Problem, Problems

_STEP = 7 * DAY
"""No zone changes its clock twice within so long."""


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
    for before, after in pairwise([*range(first, last, _STEP), last]):
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


@dataclass(frozen=True)
class Instants:
    """Local times as UTC seconds, None for those unread and those skipped; `skipped` has their places."""

    seconds: list[int | None]
    skipped: list[int]


def instants_in(zone: ZoneInfo, local: Sequence[int | None]) -> Instants:
    """Return local times, in the order of a file, as instants.

    Where the clock is set back, a time that steps back in the order of the file belongs to the second pass of
    the hour; a file with the newest reading first is followed from its end.

    Args:
        local: seconds of the local clock since 1 January 1970, None for a time that was not read.
    """
    if None not in local:
        return _instants(zone, cast("Sequence[int]", local))
    places = [place for place, seconds in enumerate(local) if seconds is not None]
    read = _instants(zone, [seconds for seconds in local if seconds is not None])
    found: list[int | None] = [None] * len(local)
    for place, instant in zip(places, read.seconds, strict=True):
        found[place] = instant
    return Instants(found, [places[place] for place in read.skipped])


def _instants(zone: ZoneInfo, local: Sequence[int]) -> Instants:
    if not local:
        return Instants([], [])
    ascending = all(map(le, local, islice(local, 1, None)))
    first, last = (local[0], local[-1]) if ascending else (min(local), max(local))
    clock = clock_of(zone, first - DAY, last + DAY)
    bounds: list[int] = []
    ahead: list[int | None] = [clock.ahead[0]]  # None where the clock skips or repeats times
    for since, before, after in zip(clock.since[1:], clock.ahead, clock.ahead[1:], strict=False):
        bounds += [since + min(before, after), since + max(before, after)]
        ahead += [None, after]
    found: list[int | None] = []
    unsettled: list[int] = []
    if ascending:
        ends = [*(bisect_left(local, bound) for bound in bounds), len(local)]
        for start, end, offset in zip((0, *ends), ends, ahead, strict=False):
            if offset is None:
                found += [None] * (end - start)
                unsettled += range(start, end)
            else:
                found += [seconds - offset for seconds in local[start:end]]
    else:
        for place, seconds in enumerate(local):
            offset = ahead[bisect_right(bounds, seconds)]
            found.append(None if offset is None else seconds - offset)
            if offset is None:
                unsettled.append(place)
    return Instants(found, _settle(clock, local, found, unsettled) if unsettled else [])


def _settle(clock: Clock, local: Sequence[int], found: list[int | None], places: list[int]) -> list[int]:
    """Find the instants of times near a change of the clock; return the places of those that it skips."""
    if 2 * sum(map(lt, local, islice(local, 1, None))) < len(local) - 1:
        places = places[::-1]
    skipped: list[int] = []
    before, second_pass = 0, False
    for place in places:
        meant = _instants_of(clock, local[place])
        if meant:
            second_pass = abs(local[place] - before) < DAY and (second_pass or local[place] < before)
            before = local[place]
            found[place] = meant[-1 if second_pass else 0]
        else:
            skipped.append(place)
    return skipped


def _instants_of(clock: Clock, local: int) -> list[int]:
    """Return the instants at which the clock shows a local time: none that it skips, two that it repeats."""
    ends = (*clock.since[1:], local + 2 * DAY)
    return [
        local - ahead
        for since, end, ahead in zip(clock.since, ends, clock.ahead, strict=True)
        if since <= local - ahead < end
    ]


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
