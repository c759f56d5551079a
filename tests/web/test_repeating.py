"""Pre-screen again: what is taken over, what is asked again, and what the form says of it."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from screening.content import installed_content
from screening.interop.repeating import repetition
from screening.interop.typed import read_typed
from screening.models import (
    Draft,
    Screening,
    User,
)
from screening.rules.implications import on_later_day
from screening.rules.reading import read_answers
from screening.rules.screening import rulebook
from screening.rules.truth import Truth
from tests.evaluation.persons import AS_OF, someone
from tests.factories import make_site
from tests.web.forms import address, fill
from tests.web.pages import words_of
from tests.web.recorded import payload, record
from tests.web.test_form import record_of

pytestmark = pytest.mark.django_db
CONTENT = installed_content()
EVENTS = "severe_hypoglycemic_events"
LATER = date(2027, 1, 15)


def repeated(told: dict[str, Any], as_of: date) -> tuple[dict[str, Any], set[str]]:
    """Return the answers that a form of `as_of` starts with, and what it asks again."""
    found = repetition(CONTENT, told, as_of)
    return read_typed(CONTENT.catalogue, found.typed, as_of).payload, set(found.asked_again)


# --- What is taken over


def test_what_still_counts_comes_over_with_its_own_day() -> None:
    again, asked = repeated(payload(), date(2026, 12, 20))
    assert again["facts"]["hba1c"] == {"value": "7.8", "unit": "%", "on": "2026-10-01"}
    assert again["facts"]["gold_score"] == {"value": "5", "on": "2026-11-20"}
    assert again["facts"]["birth_date"] == "1983-05-01"
    assert asked == {EVENTS}


@pytest.mark.parametrize(
    ("as_of", "is_asked"),
    [(date(2026, 12, 28), False), (date(2026, 12, 29), True), (date(2026, 12, 30), True)],
)
def test_an_answer_that_ends_with_the_visit_is_asked_again(as_of: date, is_asked: bool) -> None:
    """HbA1c of 1 Oct counts for 90 days: up to 30 Dec."""
    hba1c = {"value": "7.8", "unit": "%", "on": "2026-09-30"}
    again, asked = repeated(payload(hba1c=hba1c), as_of)
    assert ("hba1c" in asked) is is_asked
    assert ("hba1c" in again["facts"]) is not is_asked


def test_an_answer_without_a_date_is_asked_again() -> None:
    """The date above a block of results would else become its own."""
    told = payload(hba1c={"value": "7.8", "unit": "%"})
    again, asked = repeated(told, LATER)
    assert "hba1c" in asked
    assert "hba1c" not in again["facts"]


def test_what_was_not_known_stays_so_until_its_result_is_due() -> None:
    sent = {"unknown": "sent", "due": "2026-12-01"}
    told = payload(c_peptide_stimulated=sent)
    for as_of, is_asked in ((date(2026, 11, 30), False), (date(2026, 12, 1), True)):
        again, asked = repeated(told, as_of)
        assert again["facts"]["clarke_score"] == {"unknown": "not done"}
        assert ("c_peptide_stimulated" in asked) is is_asked
        assert ("c_peptide_stimulated" in again["facts"]) is not is_asked


def test_events_come_over_and_nothing_is_said_of_the_whole_list() -> None:
    told = payload() | {
        f"{EVENTS}_complete_since": "2024-01-01",
        f"{EVENTS}_asked_on": "2026-11-20",
    }
    again, asked = repeated(told, LATER)
    assert EVENTS in asked
    assert len(again[EVENTS]) == len(told[EVENTS])
    assert again[f"{EVENTS}_complete_since"] is None


@pytest.mark.parametrize(
    "whole", [{f"{EVENTS}_at_least_more": "2"}, {f"{EVENTS}_complete_since": "2025-11-20", EVENTS: []}]
)
def test_what_was_said_of_the_list_holds_for_no_later_day(whole: dict[str, Any]) -> None:
    again, asked = repeated(payload() | whole, LATER)
    assert EVENTS in asked
    assert f"{EVENTS}_at_least_more" not in again
    assert again.get(f"{EVENTS}_complete_since") is None


@pytest.mark.parametrize("seed", range(16))
def test_repeating_alone_decides_no_condition(seed: int) -> None:
    """What is decided by the answers taken over was decided so by the answers as they were told."""
    told = someone(seed)
    book = rulebook(CONTENT)
    answers = read_answers(CONTENT.catalogue, told)
    for ahead in (0, 20, 100, 400):
        day = AS_OF + timedelta(days=ahead)
        taken_over = read_typed(CONTENT.catalogue, repetition(CONTENT, told, day).typed, day).answers
        assert taken_over is not None
        before = book.reader.known(on_later_day(CONTENT.catalogue, answers, day))
        after = book.reader.known(taken_over)
        for protocol in book.protocols:
            for compiled in protocol.criteria:
                condition = compiled.condition(after)
                if condition is not Truth.UNKNOWN:
                    assert compiled.condition(before) is condition, (compiled.criterion.id, day)


def test_nothing_is_answered_that_was_not() -> None:
    told = payload(hba1c={"value": "7.8", "unit": "%"}) | {f"{EVENTS}_at_least_more": "1"}
    again, _ = repeated(told, LATER)
    known = {name for name, given in told["facts"].items() if not _is_unknown(given)}
    assert {name for name, given in again["facts"].items() if not _is_unknown(given)} <= known


def _is_unknown(given: Any) -> bool:
    return isinstance(given, dict) and "unknown" in given


# --- The form


@pytest.fixture
def old(clinician: User) -> Screening:
    """A pre-screen whose HbA1c of August is too old, and whose other answers are a week old."""
    today = timezone.localdate()
    told = payload(
        hba1c={"value": "7.8", "unit": "%", "on": (today - timedelta(days=110)).isoformat()},
        gold_score={"value": 5, "on": (today - timedelta(days=7)).isoformat()},
        c_peptide_stimulated=None,
        organ_transplant=None,
        planned_surgery=None,
        clarke_score=None,
    )
    told["as_of"] = (today - timedelta(days=7)).isoformat()
    told[EVENTS] = []
    return record(clinician, told)


def again(client: Client, screening: Screening) -> Draft:
    response = client.post(f"/people/{screening.participant.reference}/again/")
    assert response.status_code == 302
    return Draft.objects.get(pk=response["Location"].rstrip("/").rsplit("/", 1)[-1])


def test_both_pages_offer_to_pre_screen_again(signed_in: Client, old: Screening) -> None:
    for page in (old.get_absolute_url(), f"/people/{old.participant.reference}/"):
        shown = signed_in.get(page).content.decode()
        assert f'action="/people/{old.participant.reference}/again/"' in shown
        assert "Pre-screen again" in shown


def test_the_form_goes_first_to_what_is_asked_again(signed_in: Client, old: Screening) -> None:
    draft = again(signed_in, old)
    first = signed_in.get(address(draft))
    assert first["Location"].endswith("/chart/#fact-hba1c")
    page = words_of(signed_in.get(first["Location"]))
    assert "To ask again" in page
    assert re.search(r"Was 7\.8 % on \d+ \w+ \d{4}: too old since \d+ \w+ \d{4}\.", page)
    assert 'name="hba1c" value=""' in signed_in.get(address(draft, "chart")).content.decode()
    events = words_of(signed_in.get(address(draft, "events")))
    assert "Ask what has happened since, and whether these are all." in events


def test_a_new_answer_ends_the_asking_and_keeps_the_old_one_in_sight(
    signed_in: Client, old: Screening
) -> None:
    draft = again(signed_in, old)
    fill(signed_in, draft, "chart", hba1c="7.1", hba1c__on="today")
    assert signed_in.get(address(draft))["Location"].endswith("/events/#fact-events-lead")
    assert "Was 7.8 %" in words_of(signed_in.get(address(draft, "chart")))
    fill(signed_in, draft, "events", events__lead="0")
    assert signed_in.get(address(draft))["Location"].endswith("/chart/")
    assert "To ask again" not in words_of(signed_in.get(address(draft, "chart")))


def test_the_repeated_pre_screen_stays_and_the_new_one_is_of_today(signed_in: Client, old: Screening) -> None:
    draft = again(signed_in, old)
    signed_in.post(address(draft, "record"), record_of(signed_in, draft))
    new = Screening.objects.exclude(pk=old.pk).get()
    assert new.as_of == make_site().today()
    assert new.participant == old.participant
    assert "hba1c" not in new.told["facts"]
    assert new.told["facts"]["gold_score"]["on"] == old.as_of.isoformat()
    assert Screening.objects.get(pk=old.pk).replacement is None


def test_two_clicks_begin_one_form(signed_in: Client, old: Screening) -> None:
    token = "6f1f2f6e-9f0e-4c7e-9b8a-2f1f0d9c5a11"
    for _ in range(2):
        signed_in.post(f"/people/{old.participant.reference}/again/", {"token": token})
    assert Draft.objects.count() == 1
