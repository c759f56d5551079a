"""Rules in plain words: each form the rule language has, as a clinician would say it."""

from __future__ import annotations

import pytest

from screening.rules.words import is_about_one, lower_first, say, upper_first
from tests.strategies import CATALOGUE

EVENTS = "severe_hypoglycemic_events"


@pytest.mark.parametrize(
    ("rule", "words", "after_its_subject"),
    [
        ("18 <= age", "age 18 or more", "18 or more"),
        ("18 < age", "age more than 18", "more than 18"),
        ("65 > age", "age less than 65", "less than 65"),
        ("65 >= age", "age 65 or less", "65 or less"),
        ("30 = age", "age exactly 30", "exactly 30"),
        ("30 <> age", "age other than 30", "other than 30"),
        ("NOT age > 30", "age 30 or less", "30 or less"),
        ("NOT age = 30", "age other than 30", "other than 30"),
        ("age_at_diagnosis < 40", "age at diagnosis less than 40", "less than 40"),
        ("years_since_diagnosis >= 1", "1 year or more since diagnosis", "1 year or more"),
        ("months_since_diagnosis > 2", "more than 2 months since diagnosis", "more than 2 months"),
        ("egfr_ml_min_1_73m2 < 60", "eGFR less than 60 mL/min/1.73 m²", "less than 60 mL/min/1.73 m²"),
        ("hba1c_percent BETWEEN 7 AND 9.5", "HbA1c 7 to 9.5 %", "7 to 9.5 %"),
        (
            "NOT (hba1c_percent BETWEEN 7 AND 9)",
            "HbA1c less than 7 or more than 9 %",
            "less than 7 or more than 9 %",
        ),
        (f"{EVENTS}_12m >= 1", "1 or more severe events in 12 months", "1 or more"),
        (f"{EVENTS}_12m > 1", "more than 1 severe event in 12 months", "more than 1"),
        (
            f"{EVENTS}_cit_12m = 11",
            "exactly 11 severe events by the CIT definition in 12 months",
            "exactly 11",
        ),
        (f"{EVENTS}_since_aid_start >= 1", "1 or more severe events since AID start", "1 or more"),
        ("hiv", "HIV", "yes"),
        ("NOT hepatitis_b", "no hepatitis B", "no"),
        ("NOT NOT hiv", "HIV", "yes"),
        ("autoantibodies_positive_ia2", "Islet autoantibodies: IA-2", "yes"),
        ("NOT autoantibodies_positive_ia2", "Islet autoantibodies: not IA-2", "no"),
        ("kidney_transplant = 'failed'", "kidney transplant: Failed", "Failed"),
        ("kidney_transplant <> 'failed'", "kidney transplant: not Failed", "not Failed"),
        ("blood_group IN ('A', 'AB')", "blood group: A or AB", "A or AB"),
        ("blood_group NOT IN ('A', 'AB')", "blood group: not A or AB", "not A or AB"),
    ],
)
def test_a_rule_about_one_thing_is_said_with_and_without_it(
    rule: str, words: str, after_its_subject: str
) -> None:
    tree = CATALOGUE.parse(rule)
    assert is_about_one(tree)
    assert say(CATALOGUE, tree) == words
    assert say(CATALOGUE, tree, subject=False) == after_its_subject


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("hiv AND (hepatitis_b OR hepatitis_c)", "HIV, and (hepatitis B, or hepatitis C)"),
        ("NOT (hiv OR hepatitis_b)", "not (HIV, or hepatitis B)"),
        (
            "AT_LEAST(2, hiv, hepatitis_b, hepatitis_c)",
            "at least 2 of these: HIV; hepatitis B; hepatitis C",
        ),
        (
            "AT_LEAST(1, autoantibodies_positive_gad65, autoantibodies_positive_znt8)",
            "islet autoantibodies: at least 1 of GAD65, ZnT8",
        ),
        (
            "AT_LEAST(1, autoantibodies_positive_gad65, hiv)",
            "at least 1 of these: Islet autoantibodies: GAD65; HIV",
        ),
        (
            "AT_LEAST(1, autoantibodies_positive_gad65, age > 30)",
            "at least 1 of these: Islet autoantibodies: GAD65; age more than 30",
        ),
        (
            "hiv OR AT_LEAST(1, hepatitis_b, hepatitis_c)",
            "HIV, or (at least 1 of these: hepatitis B; hepatitis C)",
        ),
        ("age > age_at_diagnosis", "age more than age at diagnosis"),
        (
            "age + years_since_diagnosis >= 28",
            "age plus years since diagnosis 28 or more",
        ),
        ("age <> 2 * hba1c_percent", "age other than 2 times HbA1c"),
        (
            f"age - {EVENTS}_12m / 2 < hba1c_percent",
            "age minus severe events divided by 2 less than HbA1c",
        ),
        ("hba1c_percent BETWEEN age AND 9.5", "HbA1c age to 9.5 %"),
        ("hba1c_percent BETWEEN 7 AND age", "HbA1c 7 to age"),
    ],
)
def test_a_rule_about_several_things_names_each(rule: str, words: str) -> None:
    tree = CATALOGUE.parse(rule)
    assert not is_about_one(tree)
    assert say(CATALOGUE, tree) == words


@pytest.mark.parametrize(
    ("first", "inside"),
    [
        ("Clarke score", "Clarke score"),
        ("Gold score", "Gold score"),
        ("HbA1c", "HbA1c"),
        ("eGFR", "eGFR"),
        ("C-peptide", "C-peptide"),
        ("BMI: high", "BMI: high"),
        ("Stimulated C-peptide", "stimulated C-peptide"),
        ("A sensor", "a sensor"),
        ("IV glucose", "IV glucose"),
        ("Not: told", "not: told"),
    ],
)
def test_a_name_keeps_its_first_letter_inside_a_sentence(first: str, inside: str) -> None:
    assert lower_first(first) == inside
    assert upper_first(inside) == first
