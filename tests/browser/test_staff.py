"""The staff of a site and the referrals of a clinic: accessible, and no wider than a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from screening.models import Role
from tests.browser.conftest import sign_in
from tests.factories import make_user
from tests.web.referred import refer

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844}


def is_no_wider_than_a_phone(page: Page) -> bool:
    page.set_viewport_size(PHONE)
    return bool(page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"])


def test_a_role_is_given_and_ended_by_keyboard_and_eye(
    page: Page, client: Any, live_server: Any, axe: Callable[[Page], None]
) -> None:
    sign_in(page, make_user(Role.ADMINISTRATOR), client, live_server)
    page.goto(f"{live_server.url}/")
    expect(page.get_by_role("heading", name="Staff", exact=True)).to_be_visible()
    page.get_by_text("How St Anne works", exact=True).click()
    axe(page)
    page.get_by_label("Email address").fill("new@hospital.org")
    page.get_by_label("Email address").press("Enter")
    expect(page).to_have_title("Error: Staff · Isletscreen")
    expect(page.get_by_label("Role", exact=True)).to_be_focused()
    axe(page)
    page.get_by_label("Role", exact=True).select_option("Clinician")
    page.get_by_label("Name, as on a letter").fill("Dr New Person")
    page.get_by_label("First password").fill("four unrelated words here")
    page.get_by_role("button", name="Give the role").click()
    expect(page.get_by_text("Dr New Person is now clinician at St Anne.")).to_be_visible()
    assert is_no_wider_than_a_phone(page)
    page.get_by_role("link", name="End the role of Dr New Person, clinician").click()
    axe(page)
    assert is_no_wider_than_a_phone(page)
    page.get_by_role("button", name="End the role").click()
    expect(page.get_by_text("Dr New Person is no longer clinician at St Anne.")).to_be_visible()


def test_the_referrals_of_a_clinic_are_accessible(
    page: Page, client: Any, live_server: Any, axe: Callable[[Page], None]
) -> None:
    clinician = make_user()
    reference = refer(clinician).participant.reference
    sign_in(page, clinician, client, live_server)
    page.goto(f"{live_server.url}/")
    page.get_by_role("link", name="Our referrals").click()
    axe(page)
    assert is_no_wider_than_a_phone(page)
    page.get_by_role("link", name=reference).click()
    expect(page.get_by_role("heading", name=f"{reference} at Lakeside")).to_be_visible()
