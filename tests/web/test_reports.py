"""The report: every figure against a small set that was counted by hand."""

from __future__ import annotations

import re
import statistics
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from screening.models import Role, User, figures
from screening.models.scopes import Period, Scope
from screening.presentation import charts
from screening.presentation.report_parts import PERCENT_FROM, share
from screening.presentation.reports import Report, report
from tests.factories import make_site, make_user
from tests.web.logged import CONSENT, Logged, signed_in
from tests.web.pages import words_of
from tests.web.referred import AT, TRIAL, confirm_all

pytestmark = pytest.mark.django_db
REPORT = "/reports/"


def lines(page: Report, table: str) -> dict[str, tuple[str, ...]]:
    """Return the cells of a table by the label of their row."""
    found = next(one for one in page.tables if one.id == table)
    return {line.label: line.cells for line in found.lines}


def of_centre(logged: Logged, **more: Any) -> Report:
    scope = Scope(logged.centre, TRIAL, centre=True)
    return report(scope, criteria={}, now=AT + timedelta(days=20), **more)


def of_clinic(logged: Logged) -> Report:
    return report(Scope(logged.clinic, TRIAL, clinic=True), criteria={}, now=AT + timedelta(days=20))


def monitor_of(logged: Logged) -> User:
    monitor = make_user(None)
    monitor.memberships.create(site=logged.centre, role=Role.MONITOR, protocol=TRIAL, until=date(2199, 1, 1))
    return monitor


def test_a_clinic_counts_its_own_people(logged: Logged) -> None:
    """Seen to fail with verdicts of other trials counted as likely or possible."""
    assert lines(of_clinic(logged), "sear") == {
        "Screened": ("7", ""),
        "Likely or possible": ("6", "6 of 7"),
        "Approached": ("4", "4 of 7"),
        "Enrolled": ("1", "1 of 7"),
    }


def test_a_centre_counts_people_not_referrals(logged: Logged) -> None:
    """Seen to fail with `distinct` left out of `sear_of_others`: b was referred twice."""
    assert lines(of_centre(logged), "sear") == {
        "Screened": ("0", "5", "5", ""),
        "Likely or possible": ("0", "5", "5", "5 of 5"),
        "Approached": ("0", "5", "5", "5 of 5"),
        "Enrolled": ("0", "1", "1", "1 of 5"),
    }


def test_the_flow_has_every_referral_in_one_place(logged: Logged) -> None:
    page = of_centre(logged)
    assert lines(page, "flow") == {
        "Referred to the centre": ("6",),
        "Not accepted by centre, before consent": ("2",),
        "Withdrawn, before consent": ("0",),
        "Under way, before consent": ("2",),
        "Consented": ("2",),
        "Screen failure, after consent": ("1",),
        "Withdrawn, after consent": ("0",),
        "Under way, after consent": ("0",),
        "Enrolled": ("1",),
    }
    assert next(one for one in page.tables if one.id == "flow").notes == ("6 referrals of 5 people.",)


def test_who_withdraws_after_consent_stays_consented(logged: Logged) -> None:
    """Seen to fail with consent read off the state instead of the day it was signed."""
    logged.step("e", "take", 1)
    logged.view("e", "candidate")
    confirm_all(logged.trials["e"], logged.coordinator)
    logged.step("e", "accept", 2)
    logged.step("e", "consent", 3, subject_no="017-003", **CONSENT)
    logged.step("e", "withdraw", 4, reason="health")
    page = of_centre(logged)
    found = lines(page, "flow")
    assert (found["Consented"], found["Withdrawn, after consent"]) == (("3",), ("1",))
    assert lines(page, "after-withdrawn") == {"Change in health": ("1", "1 of 1")}


def test_reasons_come_with_a_running_total(logged: Logged) -> None:
    page = of_centre(logged)
    assert lines(page, "before-not_accepted") == {
        "A criterion is not met": ("1", "1 of 2"),
        "No slot": ("1", "2 of 2"),
    }
    assert lines(page, "after-screen_failure") == {"A criterion is not met": ("1", "1 of 1")}
    assert lines(of_clinic(logged), "clinic") == {
        "The person says no": ("1", "1 of 2"),
        "Waiting for results": ("1", "2 of 2"),
    }


def test_time_in_a_state_is_counted_by_its_stays(logged: Logged) -> None:
    """Submitted: 1, 1, 2 and 4 days; in review: 1, 1, 1 and 4; in screening: 4 and 10."""
    assert lines(of_centre(logged), "time") == {
        "Submitted": ("4", "1.5", "", "2", "20.0"),
        "In review": ("4", "1.0", "", "0", ""),
        "Accepted": ("2", "3.0", "", "0", ""),
        "Consented": ("2", "1.0", "", "0", ""),
        "In screening": ("2", "7.0", "", "0", ""),
    }


def keys_of(ordered: list[float]) -> dict[int, float]:
    """Return what the database hands over of sorted lengths: the two around each quartile."""
    places = {(len(ordered) - 1) * quarter // 4 + more for quarter in (1, 2, 3) for more in (0, 1)}
    return {place: ordered[place] for place in places if place < len(ordered)}


@given(st.lists(st.floats(0, 400), min_size=2, max_size=60))
def test_quartiles_are_those_of_the_standard_library(days: list[float]) -> None:
    """Seen to fail with the fraction between the two nearest left out."""
    stays = figures.Stays("x", len(days), keys_of(sorted(days)))
    found = [stays.quartile(quarter) for quarter in (1, 2, 3)]
    assert found == pytest.approx(statistics.quantiles(days, n=4, method="inclusive"), abs=1e-9)


def test_the_database_hands_over_the_lengths_around_quartiles(logged: Logged) -> None:
    for number, who in enumerate("fghi"):
        logged.refer(who, logged.clinician)
        logged.step(who, "take", 3 * number)
    lengths = sorted([1.0, 1.0, 2.0, 4.0, 0.0, 3.0, 6.0, 9.0])
    found = figures.stays(logged.centre, TRIAL)["submitted"]
    assert found.count == 8
    assert found.places == pytest.approx(keys_of(lengths))


def test_override_rate_counts_decisions_against_the_engine(logged: Logged) -> None:
    """Seen to fail with the outcome read of the first trial of the result instead of this one."""
    page = of_centre(logged)
    assert lines(page, "criteria") == {
        "E2": ("1", "0", "0", "1", "0 of 1"),
        "I1": ("1", "1", "0", "0", "1 of 1"),
        "All criteria": ("2", "1", "0", "1", "1 of 2"),
    }
    assert lines(page, "accepted") == {"Possible": ("2 of 2",), "Against the engine's answer": ("0 of 2",)}


def test_own_views_stand_against_the_engine(logged: Logged) -> None:
    found = lines(of_centre(logged), "views-centre")
    assert found["A candidate"] == ("0", "1", "0", "0", "1 of 1")
    assert found["Not now"] == ("0", "1", "0", "0", "0 of 1")
    assert found["All views"] == ("0", "2", "0", "0", "1 of 2")


def test_a_period_counts_what_came_in_it(logged: Logged) -> None:
    before = of_centre(logged, period=Period(None, date(2026, 11, 19)))
    assert before.tables == []
    after = of_centre(logged, period=Period(date(2026, 11, 20), date(2026, 11, 20)))
    assert lines(after, "flow")["Referred to the centre"] == ("6",)


def test_percentages_wait_for_enough_people() -> None:
    assert share(3, PERCENT_FROM - 1) == "3 of 19"
    assert share(3, PERCENT_FROM) == "3 of 20, 15\u00a0%"


def test_every_number_of_a_chart_stands_in_its_table(logged: Logged) -> None:
    for page in (of_centre(logged), of_clinic(logged)):
        for section in page.sections:
            for table, chart in section.tables:
                cells = {cell for line in table.lines for cell in line.cells}
                if isinstance(chart, charts.Bars):
                    assert {bar.number.words for bar in chart.bars} <= cells
                if isinstance(chart, charts.Flow):
                    said = " ".join(text.words for box in chart.boxes for text in box.texts)
                    assert set(re.findall(r"\d+", said)) <= cells


def test_charts_carry_title_description_and_no_style(logged: Logged) -> None:
    page = signed_in(logged.coordinator).get(REPORT).content.decode()
    drawn = re.findall(r"<svg class=\"chart\".*?</svg>", page, re.DOTALL)
    assert len(drawn) == 4
    for svg in drawn:
        assert re.search(r"<title id=\"[^\"]+\">[^<]+</title>\s*<desc id=\"[^\"]+\">[^<]+</desc>", svg)
        assert "style" not in svg
    assert "style=" not in page.partition("<main")[2].partition("</main>")[0]


@given(st.lists(st.tuples(st.text("abc ", min_size=1, max_size=80), st.integers(0, 10**6)), max_size=12))
def test_bars_stay_within_their_chart(counts: list[tuple[str, int]]) -> None:
    chart = charts.bars("x", "x", "x", counts)
    for bar, (_, count) in zip(chart.bars, counts, strict=True):
        assert 0 <= bar.width <= charts.LONGEST_BAR
        assert (bar.width > 0) == (count > 0)
        assert bar.y + bar.height <= chart.height


def test_a_flow_puts_no_box_over_another() -> None:
    stages = [
        charts.Stage("A long name of a stage", "8 or more", (("Not accepted by centre", "8 or more"),) * 4)
    ] * 4
    boxes = charts.flow("x", "x", "x", stages).boxes
    for one in boxes:
        assert one.x + one.width <= charts.WIDTH
        for other in boxes:
            if one is not other:
                apart = one.y + one.height <= other.y or other.y + other.height <= one.y
                assert apart or one.x + one.width <= other.x or other.x + other.width <= one.x


def test_a_monitor_sees_counts_without_the_small_ones(logged: Logged) -> None:
    """Seen to fail with the scope of a monitor taken for that of the staff."""
    page = signed_in(monitor_of(logged)).get(REPORT)
    made = page.context["report"]
    assert made.hides_small
    assert lines(made, "flow")["Referred to the centre"] == ("1-7",)
    assert {cells for label, cells in lines(made, "flow").items() if label != "Referred to the centre"} == {
        ("not shown",)
    }
    assert [section.id for section in made.sections] == ["sear", "flow", "reasons"]
    assert "STA-" not in words_of(page)


def test_a_monitor_cannot_compare_two_periods(logged: Logged) -> None:
    """Seen to fail with the period handed on to the counts from outside."""
    client = signed_in(monitor_of(logged))
    shown = [client.get(REPORT, {"first": month}).context["report"] for month in ("", "2026-11", "2026-12")]
    assert lines(shown[0], "flow") == lines(shown[1], "flow") == lines(shown[2], "flow")


def test_a_clinic_does_not_see_the_counts_of_a_centre(logged: Logged) -> None:
    made = signed_in(logged.clinician).get(REPORT).context["report"]
    assert [section.id for section in made.sections] == ["sear", "clinic", "agreement"]
    outside = report(Scope(logged.centre, TRIAL, clinic=True), criteria={}, now=AT, outside=True)
    assert [section.id for section in outside.sections] == ["sear"]


def test_reports_of_foreign_sites_are_refused(logged: Logged) -> None:
    stranger = make_user(Role.ADMINISTRATOR, make_site("hilltop"))
    for place in (f"lakeside:{TRIAL}", f"st-anne:{TRIAL}", "nowhere:x"):
        assert signed_in(stranger).get(REPORT, {"place": place}).status_code == 422


def test_a_report_asks_the_same_few_questions_however_many(logged: Logged) -> None:
    client = signed_in(logged.coordinator)
    client.get(REPORT)
    asked = []
    for more in "gh":
        with CaptureQueriesContext(connection) as queries:
            client.get(REPORT)
        asked.append(len(queries))
        logged.refer(more, logged.clinician)
    assert asked[0] == asked[1] <= 18


def test_the_first_report_shown_is_of_the_last_referral(logged: Logged) -> None:
    page = signed_in(logged.clinician).get(REPORT)
    assert page.context["title"].startswith("Zimislecel (VX-880) in type 1 diabetes with severe")
    assert f'value="st-anne:{TRIAL}" selected' in page.content.decode()
