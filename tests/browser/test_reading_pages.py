"""The pages people read: accessible in light and dark, opened and closed, and no wider than a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OPEN_EVERYTHING, sign_in
from tests.factories import make_user
from tests.web.recorded import payload, record

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def result_address(page: Page, client: Any, live_server: Any) -> str:
    """The address of a result, read by the clinician who recorded it."""
    clinician = make_user()
    sign_in(page, clinician, client, live_server)
    return f"{live_server.url}{record(clinician).get_absolute_url()}"


def test_result_is_accessible_in_both_schemes(
    page: Page, result_address: str, axe: Callable[[Page], None]
) -> None:
    page.goto(result_address)
    axe(page)
    page.evaluate(OPEN_EVERYTHING)
    axe(page)


def test_notes_are_accessible_and_can_be_copied(
    page: Page, result_address: str, axe: Callable[[Page], None]
) -> None:
    page.goto(f"{result_address}notes/")
    axe(page)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status")).not_to_be_empty()


@pytest.mark.parametrize("path", ["/", "/blank-form/", "/protocols/", "/protocols/zimislecel-forward/"])
def test_lists_and_protocols_are_accessible_in_both_schemes(
    page: Page, result_address: str, live_server: Any, axe: Callable[[Page], None], path: str
) -> None:
    page.goto(f"{live_server.url}{path}")
    page.evaluate(OPEN_EVERYTHING)
    axe(page)


def test_nothing_is_wider_than_a_phone(page: Page, result_address: str, live_server: Any) -> None:
    page.set_viewport_size(PHONE)
    for address in (
        result_address,
        *(f"{live_server.url}{path}" for path in ("/", "/blank-form/", "/protocols/", "/protocols/cit-07/")),
    ):
        page.goto(address)
        page.evaluate(OPEN_EVERYTHING)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], address


def test_paper_says_what_to_do_first_and_details_open_trials_alone(page: Page, result_address: str) -> None:
    page.goto(result_address)
    page.emulate_media(media="print")
    top = {
        name: page.locator(f"#{name}").bounding_box()["y"]  # type: ignore[index]
        for name in ("time-critical", "indication", "do-next", "trial-zimislecel-forward", "changes")
    }
    assert list(top) == sorted(top, key=lambda name: top[name])
    expect(page.locator("#zimislecel-forward-I1")).to_be_visible()
    for closed_unconfirmed_or_unlikely in ("cit-07-I1", "sernova-I1", "opf-310-I1"):
        expect(page.locator(f"#{closed_unconfirmed_or_unlikely}")).to_be_hidden()
    expect(page.locator("#trial-cit-07 .trial__line")).to_be_visible()
    expect(page.locator("#trial-cit-07 .trial__why")).to_be_hidden()


def test_a_typical_person_fits_seven_sheets(page: Page, result_address: str) -> None:
    page.goto(result_address)
    sheets = page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n")
    assert 1 < sheets <= 7


def test_a_link_to_a_criterion_opens_what_holds_it(page: Page, result_address: str) -> None:
    page.goto(f"{result_address}#cit-07-I8")
    expect(page.locator("#cit-07-I8")).to_be_visible()
    page.get_by_role("heading", name="Do next").wait_for()
    page.locator(".todo__fact summary").first.click()
    page.locator(".todo__bearings a").first.click()
    expect(page.locator(":target .criterion__why")).to_be_in_viewport()


def test_all_trials_open_and_close_at_once(page: Page, result_address: str) -> None:
    page.goto(result_address)
    page.get_by_role("button", name="Open all").click()
    expect(page.locator(".trial:not([open])")).to_have_count(0)
    page.get_by_role("button", name="Close all").click()
    expect(page.locator(".trial[open]")).to_have_count(0)


def test_the_chosen_scheme_wins_over_the_systems(page: Page, result_address: str) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(result_address)
    page.locator(".user-menu__who").click()
    page.get_by_role("button", name="Dark", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(14, 21, 27)"


def test_result_reads_without_scripts(browser: Any, client: Any, live_server: Any) -> None:
    clinician = make_user()
    address = record(clinician, payload(clarke_score={"value": 5, "on": "2026-11-20"})).get_absolute_url()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, clinician, client, live_server)
    page.goto(f"{live_server.url}{address}")
    page.locator("#trial-zimislecel-forward > summary").click()
    expect(page.locator("#zimislecel-forward-I5 .criterion__answer")).to_have_text("Met")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    context.close()
