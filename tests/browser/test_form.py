"""The form in a browser: saved as one goes, gates that open, and accessible on every page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from screening.content import installed_content
from screening.forms.stages import form_set
from screening.models import Draft, Screening
from tests.browser.conftest import OPEN_EVERYTHING

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def form(page_signed_in: Page, live_server: Any) -> Iterator[Page]:
    """A page on the first stage of a form about someone new; it is left before the database is emptied."""
    page_signed_in.goto(f"{live_server.url}/new/")
    page_signed_in.get_by_role("button", name="Start").first.click()
    expect(page_signed_in.get_by_role("heading", name="From the chart")).to_be_visible()
    yield page_signed_in
    page_signed_in.goto("about:blank")
    page_signed_in.wait_for_timeout(200)


def open_stage(page: Page, title: str) -> None:
    stages = page.get_by_role("navigation", name="Stages of the form")
    stages.get_by_role("button", name=re.compile(f"^{re.escape(title)}")).click()
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()


def question(page: Page, name: str) -> Any:
    return page.locator(f"#fact-{name}")


def saved(page: Page) -> Any:
    """Wait until htmx has saved what was changed."""
    return page.expect_response(re.compile(r"/panel/$"))


def test_every_stage_is_accessible_in_both_schemes(form: Page, axe: Callable[[Page], None]) -> None:
    for stage in form_set(installed_content().catalogue).stages:
        open_stage(form, stage.title)
        form.evaluate(OPEN_EVERYTHING)
        axe(form)


def test_start_review_and_discard_are_accessible(
    form: Page, live_server: Any, axe: Callable[[Page], None]
) -> None:
    question(form, "sex").get_by_label("Female").check()
    form.get_by_role("button", name="Review", exact=True).click()
    expect(form.get_by_role("heading", name="Review the answers")).to_be_visible()
    axe(form)
    form.get_by_role("link", name="Discard").click()
    axe(form)
    form.goto(f"{live_server.url}/new/")
    form.locator("#reference").fill("nobody")
    form.locator("#reference").press("Enter")
    expect(form).to_have_title("Error: New pre-screen · Isletscreen")
    axe(form)


def test_what_is_to_be_mended_is_accessible_and_has_the_cursor(
    form: Page, axe: Callable[[Page], None]
) -> None:
    form.locator("#hba1c").fill("1_0")
    form.locator("#creatinine").fill("97")
    form.get_by_role("button", name="Next: Severe events").click()
    expect(form).to_have_title(re.compile("^Error: From the chart"))
    expect(form.locator("#hba1c")).to_be_focused()
    axe(form)
    form.get_by_role("alert").get_by_role("link", name="Most recent creatinine").click()
    expect(form.locator("#creatinine")).to_be_focused()
    expect(form.locator("#creatinine")).to_have_value("97")


def test_answers_are_saved_and_trials_move_as_they_come(form: Page) -> None:
    panel = form.locator("#panel")
    expect(panel).not_to_contain_text("Unlikely on this trial's rules")
    with saved(form):
        question(form, "diabetes_type").get_by_label("Type 2").check()
    expect(panel).to_contain_text("Unlikely on this trial's rules")
    assert Draft.objects.get().typed["diabetes_type"] == "type_2"
    with saved(form):
        form.locator("#hba1c").fill("8 mg")
        form.locator("#hba1c").blur()
    expect(panel).to_contain_text("Left out until mended")
    form.reload()
    expect(form.locator("#hba1c")).to_have_value("8 mg")


def test_questions_behind_a_gate_open_with_the_answer(form: Page) -> None:
    date = form.locator("#kidney_transplant_date")
    expect(date).to_be_hidden()
    with saved(form):
        question(form, "kidney_transplant").get_by_label("Functioning").check()
    expect(date).to_be_visible()
    date.fill("2021")
    with saved(form):
        question(form, "kidney_transplant").get_by_label("None").check()
    expect(date).to_be_visible()
    expect(date).to_have_value("2021")


def test_a_reason_ticks_not_known_and_the_value_stays(form: Page) -> None:
    hba1c = question(form, "hba1c")
    form.locator("#hba1c").fill("7.8")
    hba1c.locator("summary").click()
    with saved(form):
        form.locator("#hba1c-why").select_option("sent")
    expect(hba1c.get_by_label("Not known", exact=True)).to_be_checked()
    with saved(form):
        form.locator("#hba1c-due").fill("1 Dec 2026")
        form.locator("#hba1c-due").blur()
    form.locator("#hba1c-due").focus()
    form.keyboard.press("Escape")
    expect(form.locator("#hba1c-why")).to_be_hidden()
    expect(hba1c.locator("summary")).to_be_focused()
    expect(form.locator("#hba1c")).to_have_value("7.8")


def test_of_a_value_and_not_known_the_last_counts(form: Page) -> None:
    hba1c = question(form, "hba1c")
    unknown = hba1c.get_by_label("Not known", exact=True)
    form.locator("#hba1c").press_sequentially("7.8")
    with saved(form):
        unknown.check()
    expect(form.locator("#panel")).not_to_contain_text("Left out until mended")
    form.reload()
    expect(unknown).to_be_checked()
    with saved(form):
        form.locator("#hba1c").fill("8.1")
        expect(unknown).not_to_be_checked()
        form.locator("#hba1c").blur()
    expect(form.locator("#panel")).not_to_contain_text("Left out until mended")
    draft = Draft.objects.get()
    assert (draft.typed["hba1c"], "hba1c-unknown" in draft.typed) == ("8.1", False)


def test_what_was_typed_last_is_kept_when_a_link_is_followed(form: Page) -> None:
    form.locator("#hba1c").fill("7.8")
    form.get_by_role("link", name="Protocols").click()
    expect(form.get_by_role("heading", level=1, name="Protocols")).to_be_visible()
    form.go_back()
    # The page that is left sends its answers on the way out: they may arrive a moment after it is gone.
    for _ in range(20):
        form.reload()
        if form.locator("#hba1c").input_value():
            break
        form.wait_for_timeout(100)
    expect(form.locator("#hba1c")).to_have_value("7.8")


def test_a_save_that_fails_is_told(browser: Any, form: Page) -> None:
    context = browser.new_context()
    context.add_cookies(form.context.cookies())
    page = context.new_page()
    page.goto(form.url)
    page.route(re.compile(r"/panel/$"), lambda route: route.abort())
    question(page, "sex").get_by_label("Female").check()
    expect(page.locator("#saved")).to_contain_text("not saved")
    page.unroute_all()
    with saved(page):
        question(page, "sex").get_by_label("Male", exact=True).check()
    expect(page.locator("#saved")).to_contain_text(re.compile(r"^saved \d\d:\d\d"))
    context.close()


def test_enter_in_a_field_saves_and_stays(form: Page) -> None:
    form.locator("#birth_date").fill("1983")
    form.locator("#birth_date").press("Enter")
    expect(form.get_by_role("heading", name="From the chart")).to_be_visible()
    expect(form.locator("#birth_date")).to_have_value("1983")
    expect(form.locator("#birth_date")).to_be_focused()
    form.locator("#hba1c-on").fill("today")
    form.locator("#hba1c-on").press("Enter")
    expect(form).to_have_url(re.compile("#hba1c-on$"))
    expect(form.locator("#hba1c-on")).to_be_focused()
    question(form, "sex").get_by_label("Male", exact=True).check()
    question(form, "sex").get_by_label("Male", exact=True).press("Enter")
    expect(form).to_have_url(re.compile("#fact-sex$"))
    expect(question(form, "sex").get_by_label("Male", exact=True)).to_be_focused()


def test_form_can_be_filled_in_and_recorded_by_keyboard(form: Page) -> None:
    form.locator("#birth_date").focus()
    form.keyboard.type("1 May 1983")
    for _ in range(20):
        form.keyboard.press("Tab")
        if form.evaluate("document.activeElement.name") == "sex":
            break
    form.keyboard.press("Space")
    form.get_by_role("button", name="Review", exact=True).focus()
    form.keyboard.press("Enter")
    expect(form.get_by_text("1 May 1983")).to_be_visible()
    form.get_by_role("button", name="Record pre-screen").focus()
    form.keyboard.press("Enter")
    form.wait_for_url(re.compile(r"/pre-screens/\d+/$"))
    assert Screening.objects.get().told["facts"] == {"birth_date": "1983-05-01", "sex": "female"}


def test_no_page_of_the_form_is_wider_than_a_phone(form: Page) -> None:
    form.set_viewport_size(PHONE)
    address = form.url.removesuffix("chart/")
    pages = [stage.id for stage in form_set(installed_content().catalogue).stages]
    for page in (*pages, "all", "review", "discard"):
        form.goto(f"{address}{page}/")
        form.evaluate(OPEN_EVERYTHING)
        assert form.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], page


def test_form_works_without_scripts(browser: Any, form: Page, live_server: Any) -> None:
    cookies = form.context.cookies()
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(form.url)
    page.locator("#fact-kidney_transplant").get_by_label("Functioning").check()
    page.get_by_role("button", name="Next: Severe events").click()
    page.get_by_role("button", name="Add rows").click()
    expect(page.get_by_text("Event 6")).to_be_visible()
    page.get_by_role("button", name="Back: From the chart").click()
    expect(page.locator("#kidney_transplant_date")).to_be_visible()
    context.close()
