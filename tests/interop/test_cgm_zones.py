"""Local times of a trace as instants, in zones of every temper."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from screening.clinical.cgm.trace import DAY, EPOCH
from screening.interop.cgm.zones import ahead_at, clock_of, instants_in

ZONES = (
    "Europe/London",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Pacific/Apia",
    "UTC",
)
zones = st.sampled_from(ZONES).map(ZoneInfo)
starts = st.datetimes(datetime(2009, 1, 1), datetime(2030, 1, 1))


def local_of(zone: ZoneInfo, instant: int) -> int:
    """Return the seconds that the zone's clock shows, asked of the standard library."""
    shown = datetime.fromtimestamp(instant, zone).replace(tzinfo=None)
    return (shown.toordinal() - EPOCH) * DAY + shown.hour * 3600 + shown.minute * 60 + shown.second


SPAN = tuple(int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (2009, 2030))
CHANGES = [(zone, at) for zone in map(ZoneInfo, ZONES) for at in clock_of(zone, *SPAN).since]


@given(
    st.sampled_from(CHANGES),
    st.integers(0, 30 * 3600),
    st.sampled_from([5, 15]),
    st.integers(30, 400),
    st.booleans(),
)
def test_continuous_readings_come_back_as_their_instants(
    changing: tuple[ZoneInfo, int], before: int, minutes: int, count: int, newest_first: bool
) -> None:
    zone, change = changing
    first = change - before
    assume(datetime.fromtimestamp(first, zone).fold == 0)
    instants = [first + 60 * minutes * number for number in range(count)]
    local = [local_of(zone, instant) for instant in instants]
    if newest_first:
        instants.reverse()
        local.reverse()
    found = instants_in(zone, local)
    assert (list(found.seconds), found.skipped) == (instants, [])


@given(zones, starts, st.integers(0, 120))
def test_clock_of_a_zone_is_that_of_the_standard_library(zone: ZoneInfo, start: datetime, days: int) -> None:
    first = int(start.replace(tzinfo=UTC).timestamp())
    instants = [first + 3600 * hour for hour in range(24 * days + 1)]
    clock = clock_of(zone, instants[0], instants[-1])
    assert clock.local(instants) == [local_of(zone, instant) for instant in instants]


@pytest.mark.parametrize(
    ("zone", "change"),
    [("Europe/London", datetime(2026, 3, 29, 1)), ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, 30))],
)
def test_change_of_the_clock_is_found_to_the_second(zone: str, change: datetime) -> None:
    at = int(change.replace(tzinfo=UTC).timestamp())
    assert ahead_at(ZoneInfo(zone), at - 1) != ahead_at(ZoneInfo(zone), at)
    assert clock_of(ZoneInfo(zone), at - 30 * DAY, at + 30 * DAY).since == (at - 30 * DAY, at)


def test_unread_times_stay_unread_and_skipped_ones_are_named() -> None:
    zone = ZoneInfo("Europe/London")
    midnight = (datetime(2026, 3, 29) - datetime(1970, 1, 1)) // timedelta(seconds=1)
    found = instants_in(zone, [midnight, None, midnight + 5400, midnight + 7200])
    assert list(found.seconds) == [midnight, None, None, midnight + 3600]
    assert found.skipped == [2]
