"""The work-list of changes: what is on it, for whom, in which order, and until when."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from screening import actions
from screening.actions.rescreening import rescreen
from screening.clinical.dates import lookback
from screening.content import installed_content
from screening.models import (
    Screening,
    User,
    Verdict,
)
from tests.factories import make_site, make_user
from tests.web.pages import words_of
from tests.web.recorded import payload, record

pytestmark = pytest.mark.django_db
CONTENT = installed_content()


@pytest.fixture
def lapsing(clinician: User) -> tuple[Screening, Verdict]:
    """A pre-screen with a candidacy that ends by time."""
    screening = record(clinician)
    verdict = screening.verdicts.filter(
        candidacy__in=["likely", "possible"], lapses_on__isnull=False
    ).earliest("lapses_on")
    return screening, verdict


def changes(client: Client, query: str = "") -> str:
    response = client.get(f"/changes/{query}")
    assert response.status_code == 200
    return words_of(response)


def test_an_empty_list_says_so_and_how_to_run_it(signed_in: Client) -> None:
    page = changes(signed_in)
    assert "Nothing changes in the next 90 days" in page
    assert "Not yet run: python3 manage.py rescreen" in page


def test_days_to_come_are_listed_in_order_with_a_way_to_repeat(signed_in: Client, clinician: User) -> None:
    today = make_site().today()
    birthday = lookback(today, 18, "years") + timedelta(days=40)
    told = payload(birth_date=birthday.isoformat(), diagnosis_date=str(birthday.year + 9))
    told["as_of"] = today.isoformat()
    screening = record(clinician, told)
    near, far = changes(signed_in, "?days=30"), changes(signed_in, "?days=90")
    opens = "Nothing speaks against any more"
    assert opens not in near
    assert opens in far
    days = re.findall(r'datetime="(\d{4}-\d\d-\d\d)"', signed_in.get("/changes/?days=180").content.decode())
    assert days == sorted(days)
    assert days
    assert f'action="/people/{screening.participant.reference}/again/"' in (
        signed_in.get("/changes/").content.decode()
    )


def test_what_the_run_found_is_listed_with_its_reason_until_a_new_pre_screen(
    signed_in: Client, clinician: User, lapsing: tuple[Screening, Verdict]
) -> None:
    screening, verdict = lapsing
    assert verdict.lapses_on is not None
    rescreen(CONTENT, as_of=verdict.lapses_on, at=timezone.now())
    page = changes(signed_in)
    assert "Changed since the pre-screen" in page
    assert "by time since" in page
    assert screening.participant.reference in page
    record(clinician, payload(hba1c=None), replaces=screening)
    assert "Changed since the pre-screen" not in changes(signed_in)


def test_people_of_another_site_are_not_on_the_list(clinician: User) -> None:
    screening = record(clinician)
    rescreen(CONTENT, as_of=date(2027, 6, 1), at=timezone.now())
    elsewhere = Client()
    elsewhere.force_login(make_user(site=make_site("northgate")))
    assert screening.participant.reference not in changes(elsewhere, "?days=180")


def test_people_who_were_erased_are_not_on_the_list(signed_in: Client, clinician: User) -> None:
    screening = record(clinician)
    assert screening.participant.reference in changes(signed_in, "?days=180")
    actions.erase_identity(screening.participant, by=clinician, at=timezone.now())
    assert screening.participant.reference not in changes(signed_in, "?days=180")


@pytest.mark.parametrize("query", ["?days=", "?days=1e3", "?days=-30", "?days=٣٠", "?days=30&days=x"])
def test_a_period_that_is_none_is_the_usual_one(signed_in: Client, query: str) -> None:
    assert "in the next 90 days" in changes(signed_in, query)


def test_a_value_that_goes_out_of_date_is_named_on_its_last_day(signed_in: Client, clinician: User) -> None:
    today = make_site().today()
    told = payload(hba1c={"value": "7.8", "unit": "%", "on": (today - timedelta(days=70)).isoformat()})
    told["as_of"] = today.isoformat()
    told["severe_hypoglycemic_events"] = []
    record(clinician, told)
    assert "Out of date from the next day: HbA1c" in changes(signed_in, "?days=30")
