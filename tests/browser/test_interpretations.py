"""The ledger in a browser: a coordinator writes an entry, on a page fit for everybody and for a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from screening.models import Role
from tests.browser.conftest import OPEN_EVERYTHING, sign_in
from tests.factories import make_user
from tests.web.referred import TRIAL, make_centre

pytestmark = pytest.mark.django_db(transaction=True)


def test_coordinator_writes_down_what_the_sponsor_answered(
    page: Page, client: Any, live_server: Any, axe: Callable[[Page], None]
) -> None:
    sign_in(page, make_user(Role.COORDINATOR, make_centre(TRIAL)), client, live_server)
    page.goto(f"{live_server.url}/protocols/{TRIAL}/")
    page.locator(f"a[href='/protocols/{TRIAL}/I5/']").click()
    page.get_by_text("Write an entry").click()
    page.get_by_label("Question").fill("Does a Clarke score of another clinic count?")
    page.get_by_label("Answer", exact=True).fill("Yes, with its date.")
    page.get_by_label("Answered by").select_option("sponsor")
    page.get_by_label("Answered on").fill("one of these days")
    page.get_by_role("button", name="Write the entry").click()
    expect(page.locator(".field__error")).to_be_visible()
    axe(page)
    page.get_by_label("Answered on").fill("today")
    page.get_by_role("button", name="Write the entry").click()
    expect(page.locator(".ledger__entry")).to_contain_text("Yes, with its date.")
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate(OPEN_EVERYTHING)
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
