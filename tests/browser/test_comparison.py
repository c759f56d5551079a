"""Trials side by side: accessible, no wider than a phone, and chosen without a script."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OPEN_EVERYTHING, sign_in
from tests.factories import make_user
from tests.web.recorded import record

pytestmark = pytest.mark.django_db(transaction=True)
FOUR = "?trial=zimislecel-forward&trial=sernova&trial=donislecel-label&trial=cit-07"


@pytest.fixture
def comparison_address(page: Page, client: Any, live_server: Any) -> str:
    clinician = make_user()
    sign_in(page, clinician, client, live_server)
    return f"{live_server.url}{record(clinician).get_absolute_url()}compare/"


def test_comparison_is_accessible_in_both_schemes(
    page: Page, comparison_address: str, axe: Callable[[Page], None]
) -> None:
    page.goto(comparison_address)
    axe(page)
    page.goto(f"{comparison_address}?trial=nothing")
    axe(page)
    page.set_viewport_size({"width": 800, "height": 900})
    page.goto(comparison_address + FOUR)
    page.evaluate(OPEN_EVERYTHING)
    axe(page)


@pytest.mark.parametrize("width", [390, 800, 1280])
def test_the_page_itself_never_scrolls_sideways(page: Page, comparison_address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(comparison_address + FOUR)
    page.evaluate(OPEN_EVERYTHING)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_table_scrolls_by_keyboard_and_keeps_its_subjects_in_sight(
    page: Page, comparison_address: str
) -> None:
    page.set_viewport_size({"width": 800, "height": 900})
    page.goto(comparison_address + FOUR)
    region = page.get_by_role("region", name="Trials side by side")
    region.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    for _ in range(50):
        if region.evaluate("sheet => sheet.scrollLeft") > 0:
            break
        page.wait_for_timeout(100)
    assert region.evaluate("sheet => sheet.scrollLeft") > 0
    subject = page.locator("#standing .comparison__subject").bounding_box()
    sheet = region.bounding_box()
    assert subject is not None
    assert sheet is not None
    assert abs(subject["x"] - sheet["x"]) < 2


def test_a_phone_names_the_trial_in_every_cell(page: Page, comparison_address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(comparison_address + FOUR)
    expect(page.locator("#standing .comparison__label")).to_have_count(4)
    expect(page.locator("#standing .comparison__label").first).to_be_visible()


def test_other_trials_are_ticked_and_compared(page: Page, comparison_address: str) -> None:
    page.goto(comparison_address)
    page.get_by_text("Choose other trials").click()
    ticked = page.locator("input[name=trial]:checked")
    for _ in range(2):
        ticked.first.uncheck()
    page.locator("input[value=sernova]").check()
    page.locator("input[value=cit-07]").check()
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".comparison__trial")).to_have_count(2)
    reason = page.locator("#subject-7 details").first
    expect(reason.locator(".compared__why").first).to_be_hidden()
    reason.locator("summary").click()
    expect(reason.locator(".compared__why").first).to_be_visible()
