"""The clinic's pages of a referral: accessible, no wider than a phone, and working without scripts."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from screening import actions
from screening.models import Referral, User
from tests.browser.conftest import OPEN_EVERYTHING, sign_in
from tests.browser.test_reading_pages import PHONE
from tests.factories import make_user
from tests.web.recorded import record
from tests.web.referred import AT, TRIAL, make_centre, refer, staff

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def addresses(page: Page, client: Any, live_server: Any) -> list[str]:
    """The pages of a clinician with a letter that is begun and a referral that is asked about."""
    clinician = make_user()
    begun = record(clinician)
    letter = start(clinician, begun)
    asked = ask(refer(clinician, None, TRIAL, "cit-07"))
    free = record(clinician)
    sign_in(page, clinician, client, live_server)
    return [
        f"{live_server.url}{path}"
        for path in (
            f"{begun.get_absolute_url()}#decision",
            f"{free.get_absolute_url()}refer/",
            f"{letter.get_absolute_url()}letter/",
            asked.get_absolute_url(),
            f"{asked.get_absolute_url()}answer/",
            f"{asked.get_absolute_url()}pack/",
            "/notices/",
        )
    ]


def start(by: User, screening: Any) -> Referral:
    centre = make_centre(TRIAL, "cit-07")
    return actions.start_referral(
        screening, centre=centre, protocols=[TRIAL], by=by, at=AT, token=uuid.uuid4()
    )


def ask(referral: Referral) -> Referral:
    trial = referral.trials.get(protocol=TRIAL)
    coordinator, _ = staff(trial.site)
    actions.ask(
        trial,
        text="Is there an ambulance record?",
        facts=["hba1c", "severe_hypoglycemic_events"],
        by=coordinator,
        at=AT,
        version=trial.version,
        token=uuid.uuid4(),
    )
    return referral


def test_pages_are_accessible_and_fit_a_phone(
    page: Page, addresses: list[str], axe: Callable[[Page], None]
) -> None:
    for address in addresses:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(address)
        page.evaluate(OPEN_EVERYTHING)
        axe(page)
        page.set_viewport_size(PHONE)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], address


def test_a_referral_is_written_and_sent_without_scripts(browser: Any, client: Any, live_server: Any) -> None:
    clinician = make_user()
    screening = record(clinician)
    make_centre(TRIAL)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, clinician, client, live_server)
    page.goto(f"{live_server.url}{screening.get_absolute_url()}")
    page.get_by_role("link", name="Refer to a centre").click()
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Write the letter to Lakeside").click()
    page.get_by_label("Agreed on").fill("today")
    page.get_by_label("By phone").check()
    page.get_by_label("Why you refer this person").fill("Three collapses last winter.")
    page.get_by_role("button", name="Send to Lakeside").click()
    expect(page.get_by_role("alert")).to_contain_text("Say why it is sent while exclusions are not known")
    page.get_by_label("Why it is sent while these are not known").fill("The tests are on their way.")
    page.get_by_role("button", name="Send to Lakeside").click()
    expect(page.get_by_role("heading", name="Where it stands")).to_be_visible()
    expect(page.get_by_text("Submitted").first).to_be_visible()
    assert Referral.objects.get().trials.get().state == "submitted"
    context.close()


def test_a_letter_saves_itself_as_it_is_typed(page: Page, addresses: list[str]) -> None:
    page.goto(next(address for address in addresses if address.endswith("letter/")))
    for name, text in (
        ("Medicines and allergies", "Ramipril"),
        ("What the person was told", "A first check"),
    ):
        page.get_by_label(name).fill(text)
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            page.get_by_label(name).blur()
        expect(page.locator("#saved")).to_contain_text("Saved")
    letter = Referral.objects.get(submitted_at=None)
    assert (letter.medicines, letter.told) == ("Ramipril", "A first check")


def test_the_pack_fits_a_few_sheets(page: Page, addresses: list[str]) -> None:
    page.goto(next(address for address in addresses if address.endswith("pack/")))
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") <= 6
