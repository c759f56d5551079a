"""T14: moments are stored in UTC and shown in the site's zone; days are the site's, whatever the clocks do.

Seen to fail with `timezone.localdate()` in place of the site's day (a form begun in Auckland was dated
yesterday), with `recorded_at` shown without the site's zone, with 29 February turned into 28 February of the
birthday's year, and with `>` for `>=` at the start of a look-back.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from screening.actions.trail import write_event
from screening.clinical.dates import lookback
from screening.models import AuditEvent, Draft, Screening, Site
from screening.models.scopes import Period
from screening.rules.content import load_content
from screening.rules.reading import read_answers
from screening.rules.screening import screen
from tests.factories import make_site, make_user
from tests.figures import Figure
from tests.web.pages import words_of
from tests.web.recorded import record

CONTENT = load_content()


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        ("Pacific/Auckland", datetime(2026, 11, 19, 11, 0, tzinfo=UTC), date(2026, 11, 20)),
        ("Pacific/Auckland", datetime(2026, 11, 19, 10, 59, 59, tzinfo=UTC), date(2026, 11, 19)),
        ("America/Chicago", datetime(2026, 11, 20, 5, 59, 59, tzinfo=UTC), date(2026, 11, 19)),
        ("America/Chicago", datetime(2026, 11, 20, 6, 0, tzinfo=UTC), date(2026, 11, 20)),
        # The clocks of Chicago go forward on 8 March 2026 and back on 1 November.
        ("America/Chicago", datetime(2026, 3, 8, 5, 59, tzinfo=UTC), date(2026, 3, 7)),
        ("America/Chicago", datetime(2026, 3, 9, 4, 59, tzinfo=UTC), date(2026, 3, 8)),
        ("America/Chicago", datetime(2026, 3, 9, 5, 0, tzinfo=UTC), date(2026, 3, 9)),
        ("America/Chicago", datetime(2026, 11, 1, 4, 59, tzinfo=UTC), date(2026, 10, 31)),
        ("America/Chicago", datetime(2026, 11, 2, 5, 59, tzinfo=UTC), date(2026, 11, 1)),
        ("America/Chicago", datetime(2026, 11, 2, 6, 0, tzinfo=UTC), date(2026, 11, 2)),
        ("Europe/London", datetime(2028, 2, 28, 23, 59, 59, tzinfo=UTC), date(2028, 2, 28)),
        ("Europe/London", datetime(2028, 2, 29, 0, 0, tzinfo=UTC), date(2028, 2, 29)),
        ("Asia/Kathmandu", datetime(2026, 12, 31, 18, 15, tzinfo=UTC), date(2027, 1, 1)),
        ("Pacific/Kiritimati", datetime(2026, 12, 31, 10, 0, tzinfo=UTC), date(2027, 1, 1)),
        ("UTC", datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), date(2026, 12, 31)),
    ],
)
def test_day_of_a_moment_is_the_site_s(zone: str, moment: datetime, day: date, figure: Figure) -> None:
    found = Site(time_zone=zone).day_of(moment)
    figure("T14", "days and moments", compared=1, wrong=int(found != day))
    assert found == day


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Pacific/Auckland", date(2026, 11, 20)),
        ("UTC", date(2026, 11, 19)),
        ("America/Chicago", date(2026, 11, 19)),
    ],
)
def test_form_is_dated_by_the_site_s_day(
    zone: str, day: date, client: Client, monkeypatch: pytest.MonkeyPatch, figure: Figure
) -> None:
    user = make_user(site=make_site("far-away", time_zone=zone))
    client.force_login(user)
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 11, 19, 22, 30, tzinfo=UTC))
    session = client.session
    session["signed_in_at"] = session["last_seen_at"] = int(timezone.now().timestamp())
    session.save()
    monkeypatch.setattr("time.time", lambda: timezone.now().timestamp())
    response = client.post("/new/", {})
    draft = Draft.objects.get(pk=response["Location"].rstrip("/").rsplit("/", 1)[-1])
    figure("T14", "days and moments", compared=1, wrong=int(draft.as_of != day))
    assert draft.as_of == day


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "shown"), [("Pacific/Auckland", "20 Nov 2026, 22:00"), ("America/Chicago", "20 Nov 2026, 03:00")]
)
def test_moment_is_kept_in_utc_and_shown_in_the_site_s_zone(
    zone: str, shown: str, client: Client, figure: Figure
) -> None:
    user = make_user(site=make_site("far-away", time_zone=zone))
    screening = record(user, site=user.current_memberships[0].site)
    with connection.cursor() as cursor:
        cursor.execute("SELECT recorded_at FROM screening_screening")
        kept = str(cursor.fetchone()[0])
    client.force_login(user)
    words = words_of(client.get(screening.get_absolute_url()))
    wrong = int(not kept.startswith("2026-11-20 09:00")) + int(shown not in words)
    figure("T14", "days and moments", compared=2, wrong=wrong)
    assert kept.startswith("2026-11-20 09:00")
    assert shown in words


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/Chicago", date(2026, 3, 8), 23),
        ("America/Chicago", date(2026, 11, 1), 25),
        ("America/Chicago", date(2026, 11, 20), 24),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Asia/Tokyo", date(2026, 3, 8), 24),
    ],
)
def test_day_of_a_report_is_as_long_as_the_clocks_make_it(
    zone: str, day: date, hours: int, figure: Figure
) -> None:
    first, last = Period(day, day).moments(Site(time_zone=zone))
    assert first is not None
    assert last is not None
    lasts = last.astimezone(UTC) - first.astimezone(UTC) + timedelta(microseconds=1)
    figure("T14", "days and moments", compared=1, wrong=int(lasts != timedelta(hours=hours)))
    assert lasts == timedelta(hours=hours)


@pytest.mark.django_db
def test_event_of_the_trail_belongs_to_its_local_day(figure: Figure) -> None:
    moments = [
        datetime(2026, 11, 1, 4, 59, 59, tzinfo=UTC),
        datetime(2026, 11, 1, 5, 0, tzinfo=UTC),
        datetime(2026, 11, 2, 5, 59, 59, tzinfo=UTC),
        datetime(2026, 11, 2, 6, 0, tzinfo=UTC),
    ]
    for number, moment in enumerate(moments):
        write_event("test.written", by=None, at=moment, subject=f"test:{number}")
    found = [
        event.at for event in AuditEvent.objects.on_day(date(2026, 11, 1), "America/Chicago").order_by("pk")
    ]
    figure("T14", "days and moments", compared=len(moments), wrong=int(found != moments[1:3]))
    assert found == moments[1:3]


AS_OF_DAYS = (
    date(2026, 11, 20),
    date(2026, 3, 31),
    date(2026, 8, 31),
    date(2027, 2, 28),
    date(2028, 2, 29),
    date(2028, 3, 1),
    date(2026, 12, 31),
    date(2027, 1, 1),
)
EVENT = {"assistance": True, "symptoms": ["could not be woken"]}


@pytest.mark.parametrize("as_of", AS_OF_DAYS)
@pytest.mark.parametrize(("beside", "counts"), [(-1, False), (0, True), (1, True)])
def test_event_counts_from_the_first_day_of_the_look_back(
    as_of: date, beside: int, counts: bool, figure: Figure
) -> None:
    start = lookback(as_of, 12, "months")
    events = [
        {"on": (start + timedelta(days=beside)).isoformat(), **EVENT},
        {"on": as_of.isoformat(), **EVENT},
    ]
    outcome = outcome_of("zimislecel-forward", "I3", as_of, {}, severe_hypoglycemic_events=events)
    wrong = outcome != ("pass" if counts else "fail")
    figure("T14", "look-back day -1, 0, +1", compared=1, wrong=int(wrong))
    assert not wrong, outcome


@pytest.mark.parametrize("as_of", AS_OF_DAYS)
@pytest.mark.parametrize(("beside", "passes"), [(-1, True), (0, True), (1, False)])
def test_birthday_counts_from_its_own_day(as_of: date, beside: int, passes: bool, figure: Figure) -> None:
    """The inclusion asks for 18 years; born on 29 February one turns on 1 March."""
    is_leap_day = (as_of.month, as_of.day) == (2, 29)
    eighteen = date(as_of.year - 18, 2, 28 if is_leap_day else as_of.day) if is_leap_day else as_of
    born = eighteen.replace(year=as_of.year - 18) + timedelta(days=beside)
    outcome = outcome_of("zimislecel-forward", "I1", as_of, {"birth_date": born.isoformat()})
    wrong = outcome != ("pass" if passes else "fail")
    figure("T14", "birthdays", compared=1, wrong=int(wrong))
    assert not wrong, (born, outcome)


def test_born_on_29_february_turns_18_on_1_march(figure: Figure) -> None:
    days = {date(2022, 2, 28): "fail", date(2022, 3, 1): "pass"}
    found = {day: outcome_of("zimislecel-forward", "I1", day, {"birth_date": "2004-02-29"}) for day in days}
    figure("T14", "birthdays", compared=2, wrong=sum(found[day] != days[day] for day in days))
    assert found == days


def outcome_of(protocol: str, criterion: str, as_of: date, facts: dict[str, Any], **more: Any) -> str:
    """Return the outcome of one criterion for somebody of whom only `facts` are known on `as_of`."""
    known = {"diabetes_type": "type_1", **facts}
    answers = read_answers(CONTENT.catalogue, {"as_of": as_of.isoformat(), "facts": known, **more})
    (trial,) = screen(CONTENT, answers, [protocol])["trials"]
    return next(one["outcome"] for one in trial["criteria"] if one["id"] == criterion)


def test_stored_moments_know_their_zone() -> None:
    assert Screening._meta.get_field("recorded_at").get_internal_type() == "DateTimeField"
    assert timezone.now().tzinfo is UTC
