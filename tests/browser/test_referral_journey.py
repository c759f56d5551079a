"""From the first question to the log and the monitor, through the pages, in light and dark."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from screening.models import Membership, Role, Screening, Site, TrialReferral, User
from tests.browser.conftest import OPEN_EVERYTHING, sign_in
from tests.factories import PASSWORD, make_user
from tests.web.referred import TRIAL, confirm_all, make_centre, refer

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def centre() -> Site:
    return make_centre(TRIAL, "cit-07")


@pytest.fixture
def open_as(page: Page, client: Any, live_server: Any) -> Callable[[User, str], None]:
    """Open an address as somebody: `open_as(coordinator, "/referrals/")`."""

    def go(user: User, path: str) -> None:
        page.context.clear_cookies()
        sign_in(page, user, client, live_server)
        page.goto(f"{live_server.url}{path}")

    return go


def pre_screen(page: Page) -> Screening:
    """Answer a few questions about someone new, and record them."""
    page.get_by_role("button", name="Start").first.click()
    page.locator("#birth_date").fill("1983")
    page.locator("#fact-diabetes_type").get_by_label("Type 1", exact=True).check()
    page.locator("#hba1c").fill("7.8")
    page.get_by_role("button", name="Review", exact=True).click()
    page.get_by_role("button", name="Record pre-screen").click()
    expect(page.get_by_role("link", name="Refer to a centre").first).to_be_visible()
    return Screening.objects.get()


def write_letter(page: Page) -> None:
    """Choose the trial and write what a letter needs."""
    page.get_by_label("Zimislecel").check()
    page.get_by_role("button", name="Write the letter to").click()
    page.get_by_label("Agreed on").fill("today")
    page.get_by_text("By phone").click()
    page.locator("textarea[name=reason]").fill("Three collapses last winter.")
    page.locator("textarea[name=despite]").fill("Being looked up.")
    page.get_by_role("button", name="Send to").click()


def open_step(page: Page, name: str) -> Any:
    """Open the form of a move and return it."""
    page.locator("summary.step-card__summary", has_text=name).first.click()
    return page.locator(".step-card[open] form").first


def test_a_person_goes_the_whole_way_from_question_to_monitor(
    page: Page,
    centre: Site,
    open_as: Callable[[User, str], None],
    axe: Callable[[Page], None],
) -> None:
    clinician = make_user(Role.CLINICIAN)
    coordinator = make_user(Role.COORDINATOR, centre)
    investigator = make_user(Role.INVESTIGATOR, centre)
    monitor = make_user(None)
    soon = timezone.localdate() + timedelta(days=30)
    Membership.objects.create(user=monitor, site=centre, role=Role.MONITOR, protocol=TRIAL, until=soon)
    open_as(clinician, "/new/")
    reference = pre_screen(page).participant.reference
    page.get_by_role("link", name="Refer to a centre").first.click()
    write_letter(page)
    trial = TrialReferral.objects.get()
    assert trial.state == "submitted"

    open_as(coordinator, "/referrals/")
    axe(page)
    page.keyboard.press("/")
    expect(page.get_by_label("Reference")).to_be_focused()
    page.keyboard.type(reference)
    page.keyboard.press("Enter")
    page.get_by_role("link", name=reference).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(reference)
    axe(page)
    page.get_by_role("button", name="Start the review").click()
    asking = open_step(page, "Ask the clinician")
    asking.get_by_label("Question").fill("Is there an ambulance record?")
    asking.get_by_role("checkbox").first.check()
    asking.get_by_role("button", name="Ask the clinician").click()
    expect(page.locator(".case-head__facts")).to_contain_text("Information requested")

    open_as(clinician, f"{trial.referral.get_absolute_url()}answer/")
    page.locator("textarea[name=text]").fill("Yes, of 4 March.")
    page.get_by_role("button", name="Send the answer").click()

    open_as(coordinator, "/referrals/?answered=1")
    expect(page.locator(".flag--answer")).to_have_text("New answer")
    page.get_by_role("link", name=reference).click()
    expect(page.locator("#thread")).to_contain_text("Yes, of 4 March.")
    page.get_by_role("button", name="Start the review").click()
    page.get_by_label("A candidate").check()
    page.get_by_role("button", name="Record my view").click()
    expect(page.locator(".verdict__line")).to_be_visible()
    page.locator(".checklist__change summary").first.click()
    page.get_by_label("Source document").first.fill("Letter of 3 Feb")
    page.locator(".checklist__change[open] button[value=yes]").click()
    expect(page.locator("#to-confirm")).to_contain_text("Letter of 3 Feb")
    trial.refresh_from_db()
    confirm_all(trial, coordinator)
    page.reload()
    page.evaluate(OPEN_EVERYTHING)
    axe(page)
    page.reload()
    open_step(page, "Accept").get_by_role("button", name="Accept").click()
    expect(page.locator(".case-head__facts")).to_contain_text("Accepted")

    open_as(investigator, trial.get_absolute_url())
    page.get_by_label("A candidate").check()
    page.get_by_role("button", name="Record my view").click()
    signing = open_step(page, "Sign")
    expect(signing).to_contain_text("“I confirm eligibility.”")
    expect(signing).to_contain_text(str(investigator))
    signing.get_by_label("Your password").fill("not the password")
    signing.get_by_role("button", name="Sign").click()
    expect(page.get_by_role("alert")).to_contain_text("Not saved yet")
    axe(page)
    signing = page.locator("#sign form")
    signing.get_by_label("Your password").fill(PASSWORD)
    signing.get_by_role("button", name="Sign").click()
    expect(page.locator("#history")).to_contain_text("Signed")
    assert trial.steps.filter(is_signature=True, by=investigator).count() == 1

    open_as(coordinator, trial.get_absolute_url())
    consenting = open_step(page, "Record the consent")
    consenting.get_by_label("Signed on").fill("today")
    consenting.get_by_label("Version of the consent form").fill("4.0")
    consenting.get_by_label("Subject number").fill("LAK-001")
    consenting.get_by_role("button").click()
    expect(page.locator(".case-head__facts")).to_contain_text("Consented")

    open_as(coordinator, "/logs/screening/")
    expect(page.locator("main table")).to_contain_text("LAK-001")
    expect(page.locator("main table")).to_contain_text(str(investigator))
    axe(page)
    open_as(coordinator, "/reports/")
    expect(page.get_by_role("row", name="Referred to the centre 1", exact=True)).to_be_visible()
    expect(page.get_by_role("row", name="Consented 1", exact=True)).to_be_visible()
    axe(page)

    open_as(monitor, "/monitoring/")
    page.get_by_role("link", name="LAK-001").click()
    expect(page.locator("main")).to_contain_text("I confirm eligibility.")
    axe(page)
    page.get_by_role("link", name="Trail").click()
    expect(page.locator("main table")).to_contain_text(str(investigator))
    axe(page)


def test_the_queue_and_a_referral_are_no_wider_than_a_phone(
    page: Page, centre: Site, open_as: Callable[[User, str], None], axe: Callable[[Page], None]
) -> None:
    trial = refer(make_user(Role.CLINICIAN), None, TRIAL, "cit-07", centre=centre).trials.first()
    assert trial is not None
    coordinator = make_user(Role.COORDINATOR, centre)
    page.set_viewport_size(PHONE)
    for path in ("/referrals/", trial.get_absolute_url()):
        open_as(coordinator, path)
        page.evaluate(OPEN_EVERYTHING)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        axe(page)


def test_rows_are_ticked_all_at_once_and_planned(
    page: Page, centre: Site, open_as: Callable[[User, str], None]
) -> None:
    refer(make_user(Role.CLINICIAN), None, TRIAL, "cit-07", centre=centre)
    coordinator = make_user(Role.COORDINATOR, centre)
    open_as(coordinator, "/referrals/")
    page.get_by_label("Tick all rows").check()
    page.locator(".plan").get_by_label("Owner").select_option("me")
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Planned: 2 referrals.")
    assert TrialReferral.objects.filter(owner=coordinator).count() == 2


def test_the_queue_works_without_scripts(browser: Any, client: Any, live_server: Any, centre: Site) -> None:
    trial = refer(make_user(Role.CLINICIAN), centre=centre).trials.get()
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, make_user(Role.COORDINATOR, centre), client, live_server)
    page.goto(f"{live_server.url}/referrals/")
    expect(page.get_by_label("Tick all rows")).to_be_hidden()
    page.get_by_label("Waiting on").select_option("us")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name=trial.referral.participant.reference).click()
    page.get_by_role("button", name="Start the review").click()
    expect(page.locator(".case-head__facts")).to_contain_text("In review")
    context.close()
