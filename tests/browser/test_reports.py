"""Logs and reports in a browser: accessible in light and dark, no wider than a phone, and on paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from screening.models import Role
from tests.browser.conftest import sign_in
from tests.web.logged import Logged, make_logged

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844}
OF_CENTRE = ("/logs/screening/", "/reports/", "/reports/export/")


@pytest.fixture
def logged() -> Logged:
    return make_logged()


def test_logs_and_reports_are_accessible_and_fit_a_phone(
    page: Page, logged: Logged, client: Any, live_server: Any, axe: Callable[[Page], None]
) -> None:
    everything = logged.coordinator
    everything.memberships.create(site=logged.clinic, role=Role.ADMINISTRATOR)
    sign_in(page, everything, client, live_server)
    for path in (*OF_CENTRE, "/logs/pre-screening/", "/reports/?first=May"):
        page.goto(f"{live_server.url}{path}")
        axe(page)
        page.set_viewport_size(PHONE)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        axe(page)
        page.set_viewport_size({"width": 1280, "height": 800})


def test_charts_keep_their_shapes_in_forced_colours(
    page: Page, logged: Logged, client: Any, live_server: Any
) -> None:
    """Seen to fail with the rules for forced colours left out: frames then keep a colour of their own."""
    sign_in(page, logged.coordinator, client, live_server)
    page.emulate_media(forced_colors="active", color_scheme="dark")
    page.goto(f"{live_server.url}/reports/")
    colour = "(node, name) => getComputedStyle(node)[name]"
    box, words = page.locator(".chart__box--main").first, page.locator(".chart__text").first
    assert box.evaluate(colour, "fill") != words.evaluate(colour, "fill")
    assert box.evaluate(colour, "stroke") == words.evaluate(colour, "fill")


def test_a_log_prints_across_and_an_export_downloads(
    page: Page, logged: Logged, client: Any, live_server: Any
) -> None:
    """Seen to fail with the page of the log left to the shared sheet for paper."""
    sign_in(page, logged.coordinator, client, live_server)
    page.goto(f"{live_server.url}/logs/screening/")
    assert b"/MediaBox [0 0 841.9" in page.pdf(prefer_css_page_size=True)
    page.get_by_role("link", name="Export").last.click()
    page.get_by_label("Form").select_option("safe_harbor")
    with page.expect_download() as begun:
        page.get_by_role("button", name="Export").click()
    assert begun.value.suggested_filename.startswith("screening-log-safe-harbor-")
    expect(page.get_by_role("heading", name="Export")).to_be_visible()
