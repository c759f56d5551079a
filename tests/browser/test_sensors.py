"""A sensor file in the browser: read, reported on one page, printed on one sheet, taken into a form."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.factories import make_user
from tests.web.forms import begun_by
from tests.web.sensor_files import csv_file

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844}


def test_a_sensor_file_becomes_a_report_and_values_of_a_form(
    page: Page, client: Any, live_server: Any, axe: Callable[[Page], None], tmp_path: Path
) -> None:
    clinician = make_user()
    sign_in(page, clinician, client, live_server)
    person = begun_by(clinician).participant
    page.goto(f"{live_server.url}/people/{person.reference}/")
    page.get_by_role("link", name="Read a sensor file").click()
    axe(page)
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_text("Choose the file with the readings")).to_be_visible()
    axe(page)
    export = tmp_path / "export.csv"
    export.write_bytes(csv_file().read())
    page.get_by_label("File", exact=True).set_input_files(export)
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_role("heading", name="Glucose by time of day")).to_be_visible()
    page.get_by_text("As a table").click()
    axe(page)
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    sheet = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", sheet)) == 1
    page.get_by_label("I checked: this is the person's own record").check()
    page.get_by_role("button", name="Take the values").click()
    expect(page.get_by_label(re.compile("^Time in range"))).to_have_value(re.compile(r"^\d"))


def test_a_report_of_too_few_days_is_greyed_and_still_readable(
    page: Page, client: Any, live_server: Any, axe: Callable[[Page], None], tmp_path: Path
) -> None:
    clinician = make_user()
    sign_in(page, clinician, client, live_server)
    person = begun_by(clinician).participant
    export = tmp_path / "export.csv"
    export.write_bytes(csv_file(days=5).read())
    page.goto(f"{live_server.url}/people/{person.reference}/sensor/")
    page.get_by_label("File", exact=True).set_input_files(export)
    page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_text("Only 36 % of 14 days are recorded").first).to_be_visible()
    expect(page.get_by_role("button", name="Take the values")).to_have_count(0)
    axe(page)
