"""The changes and a repeated pre-screen: accessible, no wider than a phone, and done by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from screening.actions.rescreening import rescreen
from screening.content import installed_content
from tests.browser.conftest import sign_in
from tests.factories import make_user
from tests.web.recorded import payload, record

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844}


def is_no_wider_than_a_phone(page: Page) -> bool:
    page.set_viewport_size(PHONE)
    return bool(page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"])


def test_a_change_leads_by_keyboard_to_what_is_asked_again(
    page: Page, client: Any, live_server: Any, axe: Callable[[Page], None]
) -> None:
    clinician = make_user()
    today = timezone.localdate()
    told = payload(hba1c={"value": "7.8", "unit": "%", "on": (today - timedelta(days=110)).isoformat()})
    told["as_of"] = today.isoformat()
    screening = record(clinician, told)
    rescreen(installed_content(), as_of=date(today.year + 1, 6, 1), at=timezone.now())
    sign_in(page, clinician, client, live_server)
    page.goto(f"{live_server.url}/changes/?days=180")
    expect(page.get_by_role("heading", name="Changes in the next 180 days")).to_be_visible()
    page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")
    axe(page)
    assert is_no_wider_than_a_phone(page)
    line = page.get_by_role("listitem").filter(has_text=screening.participant.reference)
    again = line.get_by_role("button", name="Pre-screen again").first
    again.focus()
    again.press("Enter")
    expect(page.get_by_text("Was 7.8 % on ")).to_be_visible()
    expect(page.get_by_role("heading", name="To ask again")).to_be_visible()
    axe(page)
    assert is_no_wider_than_a_phone(page)
    events = page.get_by_role("region", name="To ask again").get_by_role("button", name="Severe events")
    events.focus()
    events.press("Enter")
    expect(page.get_by_text("Ask what has happened since, and whether these are all.")).to_be_visible()
    axe(page)
    assert is_no_wider_than_a_phone(page)
