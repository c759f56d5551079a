"""The logs: whoever a clinic pre-screened, whatever a centre received, a page at a time."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from screening import actions
from screening.models import Role, User
from screening.models.scopes import scopes_of
from screening.views import reports as view
from tests.factories import make_site, make_user
from tests.web.logged import Logged, signed_in
from tests.web.pages import words_of
from tests.web.recorded import record
from tests.web.referred import AT, TRIAL, refer

pytestmark = pytest.mark.django_db
LOG, PRE_LOG = "/logs/screening/", "/logs/pre-screening/"
OTHER = "cit-07"


def rows(user: User, path: str = LOG, **filters: str) -> list[Any]:
    return list(signed_in(user).get(path, filters).context["rows"])


def test_a_row_says_all_that_a_screening_log_asks_for(logged: Logged) -> None:
    row = next(row for row in rows(logged.coordinator) if row.subject_no == "017-001")
    stored = logged.screenings["c"].verdicts.get(protocol=TRIAL).protocol_text
    assert (row.age, row.sex, str(row.clinic)) == ("43", "female", "St Anne")
    assert (row.version, row.sha256) == ("2026-11-20", stored.pk)
    assert (row.consent_version, row.consented_on) == ("4.0", date(2026, 11, 20))
    assert (row.received_on, row.screened_on) == (date(2026, 11, 20), date(2026, 11, 26))
    assert (row.outcome, row.decided_on, row.enrolment_no) == ("Enrolled", date(2026, 11, 30), "E-1")
    assert row.assessed_by == logged.coordinator.name
    assert (row.signed_by, row.signed_on) == (logged.investigator.name, date(2026, 11, 29))


def test_an_end_names_criterion_and_reason(logged: Logged) -> None:
    said = words_of(signed_in(logged.coordinator).get(LOG))
    assert "Not accepted by centre A criterion is not met: I1 23 Nov 2026" in said
    assert "Screen failure A criterion is not met: E2 6 Dec 2026" in said
    assert "Not accepted by centre No slot 28 Nov 2026" in said
    assert "Older than the chart says" not in said


def test_a_rescreen_names_the_referral_before_it(logged: Logged) -> None:
    again = next(row for row in rows(logged.coordinator) if row.trial == logged.trials["b2"])
    assert again.is_rescreen
    assert again.rescreen_of == ""
    trial = logged.trials["d"]
    assert not next(row for row in rows(logged.coordinator) if row.trial == trial).is_rescreen
    logged.refer("d2", logged.riverside_clinician)
    again = next(row for row in rows(logged.coordinator) if row.trial == logged.trials["d2"])
    assert again.rescreen_of == "017-002"


@pytest.mark.parametrize(
    ("outcome", "who"),
    [
        ("under_way", {"e", "b2"}),
        ("consented", {"c", "d"}),
        ("not_accepted", {"a", "b"}),
        ("enrolled", {"c"}),
        ("screen_failure", {"d"}),
        ("withdrawn", set()),
    ],
)
def test_the_screening_log_is_narrowed_by_outcome(logged: Logged, outcome: str, who: set[str]) -> None:
    found = {row.trial.pk for row in rows(logged.coordinator, outcome=outcome)}
    assert found == {logged.trials[one].pk for one in who}


def test_a_period_counts_the_days_of_the_centre(logged: Logged) -> None:
    assert len(rows(logged.coordinator, first="2026-11", last="2026-11")) == 6
    assert rows(logged.coordinator, first="2026-12") == []
    assert rows(logged.coordinator, last="2026-10") == []


def test_a_referral_that_was_never_sent_is_not_logged(logged: Logged) -> None:
    """Seen to fail with the condition on the sending left out of `received`."""
    drafted = actions.start_referral(
        record(logged.clinician),
        centre=logged.centre,
        protocols=[TRIAL],
        by=logged.clinician,
        at=AT,
        token=uuid.uuid4(),
    ).trials.get()
    before = len(rows(logged.coordinator))
    drafted.state = "withdrawn"
    drafted.save()
    assert len(rows(logged.coordinator)) == before == 6


def test_the_pre_screening_log_says_what_became_of_everybody(logged: Logged) -> None:
    said = {row.reference: row for row in rows(logged.clinician, PRE_LOG)}
    by_name = {
        who: said[one.participant.reference] for who, one in logged.screenings.items() if who not in "de"
    }
    assert len(said) == 7
    assert {who: row.approached for who, row in by_name.items()} == {
        "a": True, "b": True, "c": True, "f": True, "g": False, "h": False, "i": False,
    }  # fmt: skip
    assert {who: row.outcome_words for who, row in by_name.items()} == {
        "a": "Referred", "b": "Referred", "c": "Referred", "f": "The person says no",
        "g": "Waiting for results", "h": "No decision yet", "i": "No decision yet",
    }  # fmt: skip
    assert [one.line for one in by_name["b"].sent] == ["Not accepted by centre: No slot", "Submitted"]
    assert (by_name["a"].month, by_name["a"].source) == ("Nov 2026", "Clinic, 1 pre-screen")


def test_a_person_stands_once_however_often_pre_screened(logged: Logged) -> None:
    """Seen to fail with the condition on earlier pre-screens left out of `pre_screened`."""
    first = record(logged.clinician, replaces=logged.screenings["h"])
    mine = [row for row in rows(logged.clinician, PRE_LOG) if row.reference == first.participant.reference]
    assert [row.source for row in mine] == ["Clinic, 1 pre-screen"]


@pytest.mark.parametrize(
    ("filters", "who"),
    [
        ({"outcome": "referred"}, "abc"),
        ({"outcome": "person_says_no"}, "f"),
        ({"outcome": "waiting"}, "g"),
        ({"outcome": "undecided"}, "hi"),
        ({"trial": TRIAL}, "abc"),
        ({"trial": OTHER}, ""),
        ({"first": "2026-11", "last": "2026-11"}, "abcfghi"),
        ({"last": "2026-10"}, ""),
    ],
)
def test_the_pre_screening_log_is_narrowed(logged: Logged, filters: dict[str, str], who: str) -> None:
    found = {row.reference for row in rows(logged.clinician, PRE_LOG, **filters)}
    assert found == {logged.screenings[one].participant.reference for one in who}


def test_a_clinicians_own_words_stay_with_clinicians(logged: Logged) -> None:
    token = uuid.uuid4()
    actions.decide_at_clinic(
        logged.screenings["h"],
        kind="not_now",
        reason="Mother is ill",
        by=logged.clinician,
        at=AT,
        token=token,
    )
    administrator = make_user(Role.ADMINISTRATOR, logged.clinic)
    assert "Mother is ill" in words_of(signed_in(logged.clinician).get(PRE_LOG))
    assert "Mother is ill" not in words_of(signed_in(administrator).get(PRE_LOG))


def test_each_sees_the_logs_of_the_own_site_and_trial_alone(logged: Logged) -> None:
    """Seen to fail with `place` looked up among all sites instead of the scopes of the user."""
    elsewhere = make_site("hilltop")
    for role in (Role.COORDINATOR, Role.INVESTIGATOR, Role.ADMINISTRATOR):
        stranger = make_user(role, elsewhere)
        page = signed_in(stranger).get(LOG, {"place": f"lakeside:{TRIAL}"})
        assert page.status_code == 422
        assert "STA-" not in words_of(page)
    other_trial = make_user(None)
    other_trial.memberships.create(site=logged.centre, role=Role.COORDINATOR, protocol=OTHER)
    assert rows(other_trial) == []
    assert signed_in(other_trial).get(LOG, {"place": f"lakeside:{TRIAL}"}).status_code == 422
    assert [row.reference for row in rows(logged.riverside_clinician, PRE_LOG)] == [
        logged.screenings[who].participant.reference for who in "ed"
    ]
    assert signed_in(logged.riverside_clinician).get(PRE_LOG, {"place": "st-anne"}).status_code == 422


def test_foreign_and_missing_places_are_answered_alike(logged: Logged) -> None:
    client = signed_in(make_user(Role.COORDINATOR, make_site("hilltop")))
    foreign = words_of(client.get(LOG, {"place": f"lakeside:{TRIAL}"}))
    assert foreign == words_of(client.get(LOG, {"place": "nowhere:nothing"}))


def test_only_the_staff_opens_each_log(logged: Logged) -> None:
    monitor = make_user(None)
    monitor.memberships.create(site=logged.centre, role=Role.MONITOR, protocol=TRIAL, until=date(2199, 1, 1))
    for user, path, status in (
        (logged.clinician, LOG, 403),
        (logged.clinician, PRE_LOG, 200),
        (logged.coordinator, LOG, 200),
        (logged.investigator, LOG, 200),
        (logged.coordinator, PRE_LOG, 403),
        (make_user(Role.ADMINISTRATOR, logged.centre), LOG, 200),
        (make_user(Role.ADMINISTRATOR, logged.clinic), PRE_LOG, 200),
        (monitor, LOG, 403),
        (monitor, PRE_LOG, 403),
    ):
        assert signed_in(user).get(path).status_code == status


@pytest.mark.parametrize(
    "filters",
    [
        {"first": "2026-13"},
        {"first": "26-1"},
        {"first": "२०२६-०१"},
        {"last": "2026-1_0"},
        {"first": "2026-06", "last": "2026-05"},
        {"first": "9999-12"},
        {"outcome": "' OR 1=1 --"},
        {"place": "../../etc/passwd"},
        {"first": "=1+1\x00"},
        {"outcome": "<script>alert(1)</script>"},
    ],
)
@pytest.mark.parametrize("path", [LOG, PRE_LOG])
def test_a_filter_that_cannot_be_used_is_refused(path: str, filters: dict[str, str]) -> None:
    clinician = make_user()
    centre = refer(clinician).centre
    page = signed_in(make_user(Role.COORDINATOR, centre) if path == LOG else clinician).get(path, filters)
    assert page.status_code == 422
    assert "<title>Error: " in page.content.decode()
    assert "<script>alert" not in page.content.decode()
    assert "STA-" not in words_of(page)


def test_a_refused_month_is_kept_with_an_example(logged: Logged) -> None:
    page = signed_in(logged.coordinator).get(LOG, {"first": "November"})
    assert 'value="November"' in page.content.decode()
    assert "Enter the month as 2026-11" in words_of(page)


@pytest.mark.parametrize("after", ["x", "-1", "9" * 30, "1e9", "١", "\x00"])
def test_a_place_that_cannot_be_read_is_the_start(logged: Logged, after: str) -> None:
    assert len(rows(logged.coordinator, after=after)) == 6
    assert len(rows(logged.clinician, PRE_LOG, after=after)) == 7


@pytest.mark.parametrize("path", [LOG, PRE_LOG])
def test_pages_follow_without_loss_or_repeat(
    logged: Logged, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(view, "PAGE_LENGTH", 2)
    client = signed_in(logged.coordinator if path == LOG else logged.clinician)
    whole: list[Any] = []
    address = path
    while address:
        page = client.get(address)
        whole += [getattr(row, "trial", row.reference) for row in page.context["rows"]]
        address = page.context["older"] and path + page.context["older"]
    assert len(whole) == len(set(whole)) == (6 if path == LOG else 7)


@pytest.mark.parametrize("path", [LOG, PRE_LOG])
def test_a_log_asks_the_same_few_questions_however_long(logged: Logged, path: str) -> None:
    """Seen to fail with the steps of each row read one row at a time."""
    client = signed_in(logged.coordinator if path == LOG else logged.clinician)
    client.get(path)
    asked = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        asked.append(len(queries))
        for _ in range(4):
            refer(logged.clinician, centre=logged.centre)
    assert asked[0] == asked[1] <= 10


@pytest.mark.parametrize("path", [LOG, PRE_LOG, "/reports/"])
def test_an_empty_log_says_what_will_be_here(path: str) -> None:
    said = words_of(signed_in(make_user(Role.ADMINISTRATOR, make_site("hilltop"))).get(path))
    assert "will stand here" in said or "Here will stand" in said


def test_scopes_come_from_roles_and_trials(logged: Logged) -> None:
    def seen(user: User) -> set[tuple[str, str, bool, bool, bool]]:
        return {
            (one.site.slug, one.protocol, one.clinic, one.centre, one.outside)
            for one in scopes_of(user, [TRIAL, OTHER])
        }

    assert seen(logged.clinician) == {
        ("st-anne", TRIAL, True, False, False),
        ("st-anne", OTHER, True, False, False),
    }
    assert seen(logged.coordinator) == {("lakeside", TRIAL, False, True, False)}
    both = make_user(Role.COORDINATOR, logged.centre)
    both.memberships.create(site=logged.centre, role=Role.MONITOR, protocol=TRIAL, until=date(2199, 1, 1))
    assert seen(both) == {("lakeside", TRIAL, False, True, False)}
    ended = make_user(None)
    ended.memberships.create(
        site=logged.centre, role=Role.MONITOR, protocol=TRIAL, until=timezone.localdate().replace(year=2001)
    )
    assert seen(ended) == set()
