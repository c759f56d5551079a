"""The page for the person: one sheet of large print at its fullest, accessible, and no wider than a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from screening.presentation.plain_words import PageForThePerson, page_for_the_person
from screening.views import for_the_person
from tests.browser.conftest import sign_in
from tests.factories import make_site, make_user
from tests.web.for_the_person import AS_OF, LANGUAGES, fullest
from tests.web.recorded import record

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844}
LARGE = 14 * 96 / 72
"""CSS pixels of 14 points."""


@pytest.fixture
def result_address(page: Page, client: Any, live_server: Any) -> str:
    """The address of a result at a clinic with a long name and no phone number."""
    site = make_site(name="St Anne University Hospital, Clinic for Diabetes and Metabolism")
    clinician = make_user(site=site)
    sign_in(page, clinician, client, live_server)
    return f"{live_server.url}{record(clinician, site=site).get_absolute_url()}"


@pytest.fixture
def at_its_fullest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every pre-screen says as much as the page can say."""

    def page(*_: Any, **__: Any) -> PageForThePerson:
        return page_for_the_person(fullest(), today=AS_OF)

    monkeypatch.setattr(for_the_person, "page_for_the_person", page)


def sheets(page: Page) -> int:
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(prefer_css_page_size=True)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.usefixtures("at_its_fullest")
def test_fullest_page_is_one_sheet_of_large_print(page: Page, result_address: str, language: str) -> None:
    page.goto(f"{result_address}for-the-person/?language={language}")
    assert sheets(page) == 1
    page.emulate_media(media="print")
    smallest = page.evaluate(
        "Math.min(...[...document.querySelectorAll('main p:not(.for-person__foot), main li, main h2')]"
        ".map(part => parseFloat(getComputedStyle(part).fontSize)))"
    )
    assert smallest == pytest.approx(LARGE, abs=0.1)
    expect(page.get_by_role("link")).to_have_count(0)


@pytest.mark.usefixtures("at_its_fullest")
def test_page_is_accessible_and_no_wider_than_a_phone(
    page: Page, result_address: str, axe: Callable[[Page], None]
) -> None:
    for language in LANGUAGES:
        page.goto(f"{result_address}for-the-person/?language={language}")
        axe(page)
        page.set_viewport_size(PHONE)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_language_is_chosen_on_the_page(page: Page, result_address: str) -> None:
    page.goto(result_address)
    page.get_by_role("link", name="Page for the person").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cell studies: a first check")
    page.get_by_role("link", name="Español").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Estudios de células: una primera revisión")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.get_by_role("button", name="Imprimir")).to_be_visible()
    page.get_by_role("link", name="Volver al resultado").click()
    expect(page).to_have_url(result_address)
