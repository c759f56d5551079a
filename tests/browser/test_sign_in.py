"""Signing in with a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def test_sign_in_page_is_accessible_in_both_schemes(
    page: Page, live_server: Any, axe: Callable[[Page], None]
) -> None:
    page.goto(f"{live_server.url}/account/sign-in/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    axe(page)


def test_wrong_password_is_told_and_stays_accessible(
    page: Page, live_server: Any, axe: Callable[[Page], None]
) -> None:
    user = make_user()
    page.goto(f"{live_server.url}/account/sign-in/")
    page.get_by_label("Email address").fill(user.email)
    page.get_by_label("Password").fill("not the right password")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_title("Error: Sign in · Isletscreen")
    expect(page.get_by_text("Check the email address and the password")).to_be_visible()
    expect(page.get_by_label("Email address")).to_have_value(user.email)
    axe(page)


def test_right_password_opens_the_page_asked_for(page: Page, live_server: Any) -> None:
    user = make_user()
    page.goto(f"{live_server.url}/account/password/")
    page.get_by_label("Email address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Change your password")).to_be_visible()


def test_password_page_is_accessible_when_signed_in(
    page_signed_in: Page, live_server: Any, axe: Callable[[Page], None]
) -> None:
    page_signed_in.goto(f"{live_server.url}/account/password/")
    expect(page_signed_in.get_by_label("Present password")).to_be_visible()
    axe(page_signed_in)


def test_missing_page_is_helpful_and_accessible(
    page_signed_in: Page, live_server: Any, axe: Callable[[Page], None]
) -> None:
    response = page_signed_in.goto(f"{live_server.url}/no-such-page")
    assert response is not None
    assert response.status == 404
    expect(page_signed_in.get_by_role("heading", name="There is no such page")).to_be_visible()
    axe(page_signed_in)
