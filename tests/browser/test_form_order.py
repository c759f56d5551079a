"""What is worth knowing next, in a browser: by the keyboard, without scripts, and never under one's hands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from screening.models import Draft, User
from tests.browser.conftest import OPEN_EVERYTHING
from tests.web.forms import address, begun_by

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844}
TYPED = {
    "birth_date": "1 May 1983",
    "sex": "female",
    "diabetes_type": "type_1",
    "diagnosis_date": "2004",
    "kidney_transplant": "none",
    "organ_transplant": "no",
    "gold_score": "5",
    "insulin_delivery": "injections",
}


@pytest.fixture
def half_filled(page_signed_in: Page) -> Draft:
    return begun_by(User.objects.get(), typed=TYPED)


@pytest.fixture
def blood(page_signed_in: Page, half_filled: Draft, live_server: Any) -> Iterator[Page]:
    """A page on a later stage of a form that is half filled in; it is left before the database is emptied."""
    page_signed_in.goto(f"{live_server.url}{address(half_filled, 'blood')}")
    yield page_signed_in
    page_signed_in.goto("about:blank")
    page_signed_in.wait_for_timeout(200)


def asked(page: Page) -> list[str]:
    found: list[str] = page.locator("#answers fieldset[id^='fact-']").evaluate_all(
        "all => all.map(one => one.id)"
    )
    return found


def first_question(page: Page) -> Any:
    return page.locator(".next-questions__link").first


def test_the_panel_is_accessible_and_fits_a_phone(blood: Page, axe: Callable[[Page], None]) -> None:
    expect(blood.get_by_role("heading", name="Most useful next")).to_be_visible()
    blood.evaluate(OPEN_EVERYTHING)
    axe(blood)
    blood.set_viewport_size(PHONE)
    assert blood.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_no_question_moves_while_one_types(blood: Page) -> None:
    before = asked(blood)
    platelets = blood.locator("#platelets")
    panel = blood.locator("#panel")
    told = panel.inner_text()
    platelets.fill("250000")
    with blood.expect_response(re.compile(r"/panel/$")):
        platelets.press("Tab")
    focused = blood.evaluate("document.activeElement.name")
    expect(panel).to_contain_text("Most useful next")
    assert asked(blood) == before
    assert focused != ""
    assert blood.evaluate("document.activeElement.name") == focused
    with blood.expect_response(re.compile(r"/panel/$")):
        blood.locator("#fact-blood_group").get_by_label("O", exact=True).check()
    assert asked(blood) == before
    assert told != ""


def test_the_keyboard_alone_goes_to_the_most_useful_question(blood: Page, half_filled: Draft) -> None:
    blood.locator("#platelets").fill("250000")
    link = first_question(blood)
    name = link.get_attribute("value")
    link.focus()
    blood.keyboard.press("Enter")
    expect(blood).to_have_url(re.compile(rf"\?open={name}#"))
    expect(blood.locator(f"[id='{name}'], #events-lead").first).to_be_focused()
    half_filled.refresh_from_db()
    assert half_filled.typed["platelets"] == "250000"


def test_next_and_the_panel_work_without_scripts(
    browser: Any, blood: Page, half_filled: Draft, live_server: Any
) -> None:
    cookies = blood.context.cookies()
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(f"{live_server.url}{address(half_filled, 'blood')}")
    page.locator("#platelets").fill("250000")
    name = first_question(page).get_attribute("value")
    first_question(page).click()
    expect(page).to_have_url(re.compile(rf"\?open={name}#"), timeout=20_000)
    expect(page.locator(f"[id='{name}'], #events-lead").first).to_be_in_viewport()
    page.goto(f"{live_server.url}{address(half_filled, 'sensor_and_glucose')}?open=cgm_active#cgm_active")
    expect(page.locator("#cgm_active")).to_be_visible()
    page.goto(f"{live_server.url}{address(half_filled, 'person')}")
    useful = page.locator(".stages__link", has_text="most useful next").get_attribute("value")
    page.get_by_role("button", name=re.compile("^Next: ")).click()
    expect(page).to_have_url(re.compile(rf"/{useful}/$"))
    half_filled.refresh_from_db()
    assert half_filled.typed["platelets"] == "250000"
    context.close()
