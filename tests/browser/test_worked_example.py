"""The worked example in a browser: sign in, answer for one person, read the right answers with reasons."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from screening.content import installed_content
from screening.models import Screening, Site
from screening.rules.reading import read_answers, read_json
from screening.rules.screening import screen
from tests.evaluation.test_worked_example import EXAMPLE
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def result_page(page: Page, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Page:
    """The result of the worked example, typed into the form as a clinician would."""
    monkeypatch.setattr(Site, "today", lambda self: date(2026, 11, 20))
    user = make_user()
    page.goto(live_server.url)
    page.get_by_label("Email address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="New pre-screen").first.click()
    page.get_by_role("button", name="Start").first.click()
    _chart(page)
    _events(page)
    _person(page)
    page.get_by_role("button", name=re.compile("^Blood")).click()
    _choose(page, "blood_group", "A")
    page.get_by_role("button", name="Review", exact=True).click()
    page.get_by_role("button", name="Record pre-screen").click()
    page.wait_for_url(re.compile(r"/pre-screens/\d+/$"))
    return page


def _choose(page: Page, name: str, label: str) -> None:
    page.locator(f"#fact-{name}").get_by_label(label, exact=True).check()


def _chart(page: Page) -> None:
    page.locator("#birth_date").fill("1 May 1983")
    _choose(page, "diabetes_type", "Type 1")
    page.locator("#diagnosis_date").fill("2004")
    _choose(page, "organ_transplant", "No")
    page.locator("[name=hba1c]").fill("7.8")
    page.locator("[name=hba1c-on]").fill("1 Oct 2026")
    page.locator("[name=c_peptide_stimulated]").fill("<0.05")
    page.locator("[name=c_peptide_stimulated-on]").fill("30 Sep 2026")
    page.get_by_role("button", name="Next: Severe events").click()


def _events(page: Page) -> None:
    page.locator("[name=events-lead][value='2']").check()
    page.locator("[name=event-0-on]").fill("Dec 2025")
    page.locator("[name=event-0-until]").fill("Feb 2026")
    for row, told in ((0, "witness"), (1, "")):
        page.locator(f"[name=event-{row}-assistance][value=yes]").check()
        page.locator(f"[name=event-{row}-cause]").select_option("none_found")
        page.locator(f"[name=event-{row}-told_by]").select_option(told)
    page.locator("[name=event-0-symptoms][value=confused]").check()
    page.locator("[name=event-0-treated][value=yes]").check()
    page.locator("[name=event-0-documented]").select_option("recall")
    page.locator("[name=event-1-on]").fill("4 Mar 2026")
    page.locator("[name=event-1-symptoms][value=could_not_be_woken]").check()
    page.locator("[name=event-1-glucose]").fill("41")
    page.locator("[name=event-1-documented]").select_option("chart")
    page.get_by_label("I asked: these are all").check()
    page.get_by_role("button", name="Next: With the person").click()


def _person(page: Page) -> None:
    page.locator("[name=gold_score]").fill("5")
    page.locator("#fact-clarke_score").get_by_label("Not known", exact=True).check()


def test_result_reads_as_the_command_line_says(result_page: Page, axe: Callable[[Page], None]) -> None:
    content = installed_content()
    expected = screen(content, read_answers(content.catalogue, read_json(EXAMPLE.read_bytes())))
    stored = Screening.objects.get().result
    for mine, theirs in zip(stored["trials"], expected["trials"], strict=True):
        for key in ("id", "candidacy", "not_before", "lapses_on", "counts"):
            assert mine[key] == theirs[key], (mine["id"], key)
    text = result_page.locator("main").text_content()
    assert text is not None
    for reason in (
        "2 severe events since 20 Nov 2025 (Dec 2025 to Feb 2026; 4 Mar 2026); needs 2 or more",
        "Gold score 5 (20 Nov 2026); needs Gold score 4 or more (1 of 2 ways): passes.",
        "Stimulated C-peptide <0.05 ng/mL (30 Sep 2026); needs less than 0.3 ng/mL",
        "Possible: 3 of 8 not known",
    ):
        assert " ".join(reason.split()) in " ".join(text.split()), reason
    axe(result_page)


def test_a_trial_opens_to_its_reasons_and_sources(result_page: Page) -> None:
    trial = result_page.locator("#trial-zimislecel-forward")
    reason = trial.get_by_text("passes with none to spare")
    expect(reason.first).to_be_hidden()
    trial.locator("summary").first.click()
    expect(reason.first).to_be_visible()
    criterion = result_page.locator("#zimislecel-forward-I3")
    criterion.get_by_text("Source and how we read it").click()
    expect(criterion.get_by_text("de Koning & Rickels")).to_be_visible()
