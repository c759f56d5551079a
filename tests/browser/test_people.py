"""The pages about one person: accessible, and no wider than a phone, with a history and corrections."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from screening import actions
from screening.models import Details
from tests.browser.conftest import sign_in
from tests.factories import make_user
from tests.web.recorded import payload, record

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def addresses(page: Page, client: Any, live_server: Any) -> list[str]:
    """The addresses of the pages about somebody with details, and a correction."""
    clinician = make_user()
    sign_in(page, clinician, client, live_server)
    first = record(clinician)
    hba1c = {"value": "8.7", "unit": "%", "on": "2026-10-01"}
    person = record(clinician, payload(hba1c=hba1c, gold_score=None), replaces=first).participant
    details = Details(name="Alma Brandt", record_number="SA-40217", email="alma.brandt@people.example")
    actions.save_identity(person, details=details, by=clinician, at=timezone.now())
    of_person = f"{live_server.url}/people/{person.reference}/"
    return [f"{live_server.url}/people/", of_person, f"{of_person}identity/", f"{of_person}identity/erase/"]


def test_pages_of_a_person_are_accessible_in_both_schemes(
    page: Page, addresses: list[str], axe: Callable[[Page], None]
) -> None:
    for address in addresses:
        page.goto(address)
        axe(page)
    page.get_by_role("button", name="Erase identity").click()
    expect(page).to_have_title("Error: Erase identity, " + addresses[1].split("/")[-2] + " · Isletscreen")
    axe(page)


def test_pages_of_a_person_are_no_wider_than_a_phone(page: Page, addresses: list[str]) -> None:
    page.set_viewport_size(PHONE)
    for address in addresses:
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], address
