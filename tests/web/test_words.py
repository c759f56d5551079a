"""Names of the rule language and stored answers, in the words of the page."""

from __future__ import annotations

from typing import Any

import pytest

from screening.content import installed_content
from screening.presentation import places, words
from screening.presentation.facts import used
from screening.presentation.person import person
from screening.presentation.texts import Labels, catalogue_words


@pytest.fixture
def labels() -> Labels:
    return catalogue_words(installed_content().catalogue.canonical).labels


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("hba1c", "HbA1c"),
        ("egfr_ml_min_1_73m2", "eGFR"),
        ("age", "Age"),
        ("age_at_diagnosis", "Age at diagnosis"),
        ("months_since_aid_start", "Months since start of the AID system"),
        ("severe_hypoglycemic_events_unexplained_12m", "Severe hypoglycaemic events, unexplained, 12 months"),
        (
            "severe_hypoglycemic_events_since_aid_start",
            "Severe hypoglycaemic events since automated insulin delivery",
        ),
        ("age, years_since_insulin_start", "Age with Years since start of insulin"),
    ],
)
def test_every_name_of_a_rule_has_a_label(labels: Labels, name: str, label: str) -> None:
    assert labels[name] == label


@pytest.mark.parametrize(
    ("facts", "phrase"),
    [
        ({}, "age not known, sex not known, type of diabetes not known"),
        ({"birth_date": "1983-05-01", "sex": "male"}, "43 years, male, type of diabetes not known"),
        ({"birth_date": "1983"}, "42 to 43 years, sex not known, type of diabetes not known"),
        (
            {"birth_date": {"age": 43, "on": "2026-11-20"}},
            "43 years, sex not known, type of diabetes not known",
        ),
        (
            {"diabetes_type": {"value": "type_1", "on": "2026-01-01"}, "diagnosis_date": "2026-05"},
            "age not known, sex not known, type 1 diabetes for less than a year",
        ),
        (
            {"birth_date": {"unknown": "not found"}, "diagnosis_date": {"from": "2020-01", "to": "2020-12"}},
            "age not known, sex not known, type of diabetes not known for 5 to 6 years",
        ),
    ],
)
def test_a_person_is_told_as_far_as_known(facts: dict[str, Any], phrase: str) -> None:
    assert person({"as_of": "2026-11-20", "facts": facts}).phrase == phrase


@pytest.mark.parametrize(
    ("countries", "code", "within"),
    [
        (["US"], "US", True),
        (["UK"], "GB", True),
        (["Sweden"], "SE", True),
        (["North America", "Europe"], "CA", True),
        (["North America"], "DE", False),
        ([], "US", False),
    ],
)
def test_a_country_is_found_by_name_code_and_region(countries: list[str], code: str, within: bool) -> None:
    assert places.takes_in(countries, code) is within


@pytest.mark.parametrize(
    ("shown", "unit", "written"),
    [("1", "events", "1 event"), ("2", "events", "2 events"), ("1", "mg/g", "1 mg/g"), ("5", "", "5")],
)
def test_one_of_a_unit_is_singular(shown: str, unit: str, written: str) -> None:
    assert words.amount(shown, unit) == written


def test_a_first_letter_that_is_small_by_name_stays_small() -> None:
    assert words.first_upper("eGFR less than 15") == "eGFR less than 15"
    assert words.first_upper("age 18 to 65") == "Age 18 to 65"


def test_counts_say_for_and_against_and_never_none() -> None:
    assert words.counts_line({"pass": 7, "fail": 1, "unknown": 2}) == "7 for, 1 against, 2 not known"
    assert words.counts_line({"pass": 0, "fail": 0, "unknown": 8}) == "8 not known"


@pytest.mark.parametrize(
    ("value", "written"),
    [("2026-03-04", "4 Mar 2026"), ("2026-03", "Mar 2026"), ("2026", "2026"), (None, "")],
)
def test_partial_days_stay_partial(value: str | None, written: str) -> None:
    assert words.day(value) == written


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("2003-05-04", "4 May 2003"),
        ({"from": "2022-12-01", "to": "2022-12-31"}, "Dec 2022"),
        ({"from": "2003-01-01", "to": "2003-12-31"}, "2003"),
        ({"from": "2026-01-01", "to": "2026-11-20"}, "1 Jan 2026 to 20 Nov 2026"),
        (None, "not known"),
    ],
)
def test_a_date_is_shown_in_the_precision_it_has(value: Any, shown: str) -> None:
    fact = {"name": "insulin_start_date", "value": value, "unit": None, "on": None, "origin": "record"}
    assert used(fact, catalogue_words(installed_content().catalogue.canonical)).value == shown
