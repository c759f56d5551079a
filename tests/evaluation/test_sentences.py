"""What is said of answers: how much is known, since when, and what is in the way."""

from __future__ import annotations

from typing import Any

import pytest

from screening.rules.conditions import Compiler, comparisons
from screening.rules.content import load_content
from screening.rules.reader import Reader
from screening.rules.reading import read_answers
from screening.rules.sentences import Account, Read, Told, say_number

CATALOGUE = load_content().catalogue
DAY = "2026-11-20"
EVENTS = "severe_hypoglycemic_events"
COUNT = f"{EVENTS}_12m >= 2"
COUNT_ON_AID = f"{EVENTS}_since_aid_start >= 2"


def told(rule: str, facts: dict[str, Any], **more: Any) -> Told:
    """Return what is said of the number that a rule compares."""
    reader = Reader(CATALOGUE)
    Compiler(reader, {})
    (comparison,) = comparisons(reader, CATALOGUE.parse(rule), None)
    known = reader.known(read_answers(CATALOGUE, {"as_of": DAY, "facts": facts} | more))
    return Account(known)[Read(rule.split()[0], comparison.source, comparison.unit, measured=True)]


def event(on: Any, **more: Any) -> dict[str, Any]:
    return {"on": on, "assistance": True, "impaired": True} | more


# --- Durations and ages

SUM = "years_since_insulin_start + 1 >= 2"


@pytest.mark.parametrize(
    ("diagnosis", "ago"),
    [
        (DAY, "0 days"),
        ("2026-11-19", "1 day"),
        ("2026-11-18", "2 days"),
        ("2026-11", "up to 19 days"),
        ("2026-09-21", "60 days"),
        ("2026-09-20", "2 months"),
        ("2024-11-21", "23 months"),
        ("2024-11-20", "2 years"),
        ("2021-11-20", "5 years"),
        ("2024", "22 to 34 months"),
        ({"from": "2001", "to": "2004-02"}, "22 to 25 years"),
    ],
)
def test_how_long_ago_is_said_in_the_unit_it_fills_twice(diagnosis: Any, ago: str) -> None:
    words = told("years_since_diagnosis >= 5", {"diagnosis_date": diagnosis}).words
    assert words.endswith(f" ({ago} ago)")


@pytest.mark.parametrize(
    ("rule", "facts", "words", "value"),
    [
        (SUM, {"insulin_start_date": "2025-06-01"}, "1 year since start of insulin make 2", 2),
        (SUM, {"insulin_start_date": "2024-06-01"}, "2 years since start of insulin make 3", 3),
        (SUM, {"insulin_start_date": "2024"}, "1 to 2 years since start of insulin make 2 to 3", [2, 3]),
        (SUM, {}, "Start of insulin not asked", None),
        (
            "age + years_since_insulin_start >= 28",
            {"birth_date": "1999-01-01", "insulin_start_date": "2025"},
            "Age 27 and 0 to 1 years since start of insulin make 27 to 28",
            [27, 28],
        ),
        (
            "age + years_since_insulin_start >= 28",
            {"birth_date": "1999"},
            "Age 26 to 27 and start of insulin not asked",
            None,
        ),
        (
            "c_peptide_stimulated_ng_ml + 1 >= 2",
            {"c_peptide_fasting": {"value": 0.9, "on": "2026-11-01"}},
            "Stimulated C-peptide at least 0.9 ng/mL, as fasting C-peptide 0.9 ng/mL (1 Nov 2026)"
            " make at least 1.9",
            [1.9, None],
        ),
        ("age >= 18", {"birth_date": "2008-11-20"}, "Age 18", 18),
        ("age >= 18", {"birth_date": "2007-11-21"}, "Age 18", 18),
        (
            "age_at_diagnosis < 40",
            {"birth_date": "1986-11-20", "diagnosis_date": "2004-11-20"},
            "Age at diagnosis 18",
            18,
        ),
        (
            "age_at_diagnosis < 40",
            {"birth_date": "1983", "diagnosis_date": "2004"},
            "Age at diagnosis 20 to 21",
            [20, 21],
        ),
    ],
)
def test_what_is_worked_out_says_both_ends_of_what_it_may_be(
    rule: str, facts: dict[str, Any], words: str, value: Any
) -> None:
    said = told(rule, facts)
    assert said.words == words
    assert said.record == {
        "name": rule.split()[0],
        "value": value,
        "unit": "",
        "on": DAY,
        "origin": "computed",
    }


def test_a_partly_known_date_is_recorded_with_both_ends() -> None:
    said = told("years_since_diagnosis >= 5", {"diagnosis_date": "2021"})
    assert said.words == "Date of diagnosis 2021 (4 to 5 years ago)"
    assert said.record == {
        "name": "diagnosis_date",
        "value": {"from": "2021-01-01", "to": "2021-12-31"},
        "unit": "",
        "on": None,
        "origin": "record",
    }


# --- Numbers

EGFR = "egfr_ml_min_1_73m2 >= 40"
CREATININE = {
    "birth_date": "1983-10-15",
    "sex": "male",
    "creatinine": {"value": 0.5, "on": "2026-10"},
}
OWN_EGFR = {"value": 60, "on": "2026-10-03"}
HBA1C = "hba1c_percent > 7"
PEAK = "c_peptide_stimulated_nmol_l < 2"
FASTING = {"c_peptide_fasting": {"value": 0.9, "on": "2026-11-01"}}


@pytest.mark.parametrize(
    ("rule", "facts", "words", "record"),
    [
        (
            HBA1C,
            {"hba1c": {"value": 62, "unit": "mmol/mol", "on": "2026-10-05"}},
            "HbA1c 62 mmol/mol = 7.8 % (5 Oct 2026)",
            ("62", "mmol/mol", "2026-10-05", "lab"),
        ),
        (
            HBA1C,
            {"hba1c": {"value": "<62", "unit": "mmol/mol", "on": "2026-10-05"}},
            "HbA1c <62 mmol/mol (5 Oct 2026)",
            ("<62", "mmol/mol", "2026-10-05", "lab"),
        ),
        (
            PEAK,
            FASTING,
            "Stimulated C-peptide at least 0.9 ng/mL = 0.3 nmol/L, as fasting C-peptide 0.9 ng/mL"
            " (1 Nov 2026)",
            ([0.9, None], "ng/mL", None, "computed"),
        ),
        (
            EGFR,
            CREATININE,
            "eGFR 130 to 131 mL/min/1.73 m², from creatinine 0.5 mg/dL (Oct 2026)",
            ([130, 131], "mL/min/1.73 m²", None, "computed"),
        ),
        (
            EGFR,
            {"birth_date": "1983-05-01", "creatinine": {"value": 1.4, "on": "2026-10-01"}},
            "eGFR 48 to 64 mL/min/1.73 m², from creatinine 1.4 mg/dL (1 Oct 2026)",
            ([48, 64], "mL/min/1.73 m²", None, "computed"),
        ),
        (
            EGFR,
            CREATININE | {"creatinine": {"value": 0.5, "on": "2026-10-14"}},
            "eGFR 131 mL/min/1.73 m², from creatinine 0.5 mg/dL (14 Oct 2026)",
            (131, "mL/min/1.73 m²", None, "computed"),
        ),
        (
            EGFR,
            CREATININE | {"creatinine": {"value": 0.5, "on": "2026-10-15"}},
            "eGFR 130 mL/min/1.73 m², from creatinine 0.5 mg/dL (15 Oct 2026)",
            (130, "mL/min/1.73 m²", None, "computed"),
        ),
        (
            EGFR,
            CREATININE | {"egfr": OWN_EGFR},
            "eGFR reported as 60 mL/min/1.73 m² (3 Oct 2026), but worked out as 130 to 131"
            " from creatinine 0.5 mg/dL (Oct 2026)",
            ([60, 131], "mL/min/1.73 m²", "2026-10-03", "computed"),
        ),
        (
            EGFR,
            CREATININE | {"egfr": {"value": 160, "on": "2026-10-03"}},
            "eGFR reported as 160 mL/min/1.73 m² (3 Oct 2026), but worked out as 130 to 131"
            " from creatinine 0.5 mg/dL (Oct 2026)",
            ([130, 160], "mL/min/1.73 m²", "2026-10-03", "computed"),
        ),
        (
            EGFR,
            {"egfr": OWN_EGFR},
            "eGFR 60 mL/min/1.73 m² (3 Oct 2026)",
            (60, "mL/min/1.73 m²", "2026-10-03", "lab"),
        ),
        (
            "clarke_score >= 4",
            {"clarke_score": {"value": 5, "on": DAY}},
            "Clarke score 5 (20 Nov 2026)",
            None,
        ),
        (
            "clarke_score >= 4",
            {"clarke_q1": {"value": "no_longer", "on": DAY}},
            "Clarke score 1 to 7, from the answers to its questions",
            None,
        ),
    ],
)
def test_a_number_says_where_it_is_from(
    rule: str, facts: dict[str, Any], words: str, record: tuple[Any, ...] | None
) -> None:
    said = told(rule, facts)
    assert said.words == words
    if record is not None:
        assert tuple(said.record.values())[1:] == record


@pytest.mark.parametrize(
    ("rule", "facts", "found"),
    [
        (HBA1C, {}, [("missing", "HbA1c not asked")]),
        (HBA1C, {"hba1c": {"unknown": "not done"}}, [("missing", "HbA1c not done")]),
        (HBA1C, {"hba1c": {"unknown": "sent"}}, [("missing", "HbA1c not known: sent")]),
        (HBA1C, {"hba1c": 7.8}, [("undated", "HbA1c 7.8 % has no date")]),
        (
            HBA1C,
            {"hba1c": {"value": 7.8, "on": "2026-08-21"}},
            [("stale", "HbA1c 7.8 % of 21 Aug 2026 is older than 90 days")],
        ),
        (
            PEAK,
            {"c_peptide_stimulated": {"value": 0.9, "on": "2026-06-01"}, "diagnosis_date": "2025"},
            [("stale", "Stimulated C-peptide 0.9 ng/mL of 1 Jun 2026 is older than 60 days")],
        ),
        (
            PEAK,
            {"c_peptide_stimulated": {"value": 0.9, "on": "2024-06-01"}, "diagnosis_date": "2004"},
            [("stale", "Stimulated C-peptide 0.9 ng/mL of 1 Jun 2024 is older than 365 days")],
        ),
        (
            "years_since_diagnosis >= 5",
            {"diagnosis_date": "2021"},
            [("missing", "Date of diagnosis known only as 2021")],
        ),
        ("years_since_diagnosis >= 5", {"diagnosis_date": "2021-10-01"}, []),
        (EGFR, {"egfr": OWN_EGFR}, []),
        (
            EGFR,
            {"sex": "male", "egfr": {"value": ">30", "on": "2026-10-03"}},
            [("missing", "eGFR >30 mL/min/1.73 m² (3 Oct 2026)")],
        ),
        (
            EGFR,
            {"sex": "male"},
            [
                ("missing", "eGFR not asked"),
                ("missing", "Creatinine not asked"),
                ("missing", "Date of birth not asked"),
            ],
        ),
    ],
)
def test_what_is_in_the_way_of_a_number_is_told(
    rule: str, facts: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    said = told(rule, facts)
    assert list(dict.fromkeys((one.reason, one.words) for one in said.obstacles)) == found


@pytest.mark.parametrize(
    ("value", "said"), [(0.995, "1"), (0.994, "0.99"), (0.005, "0.01"), (1.005, "1.01"), (10.0, "10")]
)
def test_a_number_is_said_rounded_half_up_to_a_hundredth(value: float, said: str) -> None:
    assert say_number(value) == said


# --- Choices, yes and no

PARTS = "autoantibodies_positive"
IA2 = f"{PARTS}_ia2"


def told_of(name: str, facts: dict[str, Any]) -> Told:
    """Return what is said of a choice, or of a yes or no."""
    reader = Reader(CATALOGUE)
    Compiler(reader, {})
    known = reader.known(read_answers(CATALOGUE, {"as_of": DAY, "facts": facts}))
    return Account(known)[Read(name, reader.named(name), "", measured=False)]


@pytest.mark.parametrize(
    ("name", "facts", "words"),
    [
        ("hiv", {"hiv": False}, "HIV: no (20 Nov 2026)"),
        ("hiv", {"hiv": {"value": True, "on": "2020-01"}}, "HIV: yes (Jan 2020)"),
        ("sex", {"sex": "male"}, "Sex: Male"),
        ("insulin_delivery", {"insulin_delivery": "pump"}, "Insulin delivery: Pump (20 Nov 2026)"),
        (IA2, {PARTS: ["ia2"]}, "Islet autoantibodies: IA-2 yes (20 Nov 2026)"),
        (IA2, {PARTS: {"ia2": False}}, "Islet autoantibodies: IA-2 no (20 Nov 2026)"),
    ],
)
def test_a_choice_or_yes_or_no_is_said_with_its_day(name: str, facts: dict[str, Any], words: str) -> None:
    said = told_of(name, facts)
    assert (said.words, said.obstacles) == (words, ())


def test_what_follows_from_another_answer_says_so_in_its_record() -> None:
    assert told_of("organ_transplant", {"kidney_transplant": "functioning"}).record == {
        "name": "organ_transplant",
        "value": True,
        "unit": "",
        "on": DAY,
        "origin": "follows from Kidney transplant",
    }


@pytest.mark.parametrize(
    ("name", "facts", "reason", "words"),
    [
        ("hiv", {}, "missing", "HIV not asked"),
        (
            "hiv",
            {"hiv": {"value": False, "on": "2020-01-01"}},
            "stale",
            "HIV: no of 1 Jan 2020 is older than 365 days",
        ),
        (
            "kidney_transplant",
            {"kidney_transplant": {"value": "none", "on": "2021-03"}},
            "stale",
            "Kidney transplant: None of Mar 2021 is older than 365 days",
        ),
        (
            IA2,
            {PARTS: {"value": ["ia2"], "on": "2001-01-01"}},
            "stale",
            "Islet autoantibodies of 1 Jan 2001 is older than 730 days",
        ),
        (IA2, {PARTS: {"gad65": True}}, "missing", "Islet autoantibodies: IA-2 not known"),
        (
            "organ_transplant",
            {"kidney_transplant": "functioning", "organ_transplant": False},
            "conflict",
            "Kidney transplant and Organ transplant contradict each other",
        ),
    ],
)
def test_what_is_in_the_way_of_a_choice_is_told(
    name: str, facts: dict[str, Any], reason: str, words: str
) -> None:
    said = told_of(name, facts)
    (obstacle,) = said.obstacles
    assert (said.words, obstacle.reason, obstacle.words) == (words, reason, words)


# --- Severe events


@pytest.mark.parametrize(
    ("events", "more", "words", "value"),
    [
        ([], {}, "No severe event since 20 Nov 2025", 0),
        ([event("2026-03-04")], {}, "1 severe event since 20 Nov 2025 (4 Mar 2026)", 1),
        ([event("2025")], {}, "0 to 1 severe events since 20 Nov 2025 (2025)", [0, 1]),
        (
            [event("2026-03-04"), {"on": "2026-05-04"}],
            {},
            "1 to 2 severe events since 20 Nov 2025 (4 Mar 2026; 4 May 2026)",
            [1, 2],
        ),
        (
            [event("2026-03-04"), event({"from": "2020", "to": "2026"})],
            {},
            "1 to 2 severe events since 20 Nov 2025 (4 Mar 2026; 1 with no date)",
            [1, 2],
        ),
        (
            [event({"from": "2025-11-20", "to": "2026-11-19"}), event({"from": "2025-11-21", "to": "2026"})],
            {},
            "2 severe events since 20 Nov 2025 (20 Nov 2025 to 19 Nov 2026; 21 Nov 2025 to 20 Nov 2026)",
            2,
        ),
        (
            [event({"from": "2025-11-20", "to": "2026"})] * 2,
            {},
            "2 severe events since 20 Nov 2025 (2 with no date)",
            2,
        ),
        ([event("2025-11-20")], {}, "1 severe event since 20 Nov 2025 (20 Nov 2025)", 1),
        ([event("2025-11-19")], {}, "No severe event since 20 Nov 2025", 0),
    ],
)
def test_severe_events_are_counted_with_their_days(
    events: list[Any], more: dict[str, Any], words: str, value: Any
) -> None:
    said = told(COUNT, {}, **{EVENTS: events} | more)
    assert said.words == words
    assert said.record == {
        "name": f"{EVENTS}_12m",
        "value": value,
        "unit": "events",
        "on": DAY,
        "origin": "history",
    }
    wanted = [("missing", words)] if isinstance(value, list) else []
    assert [(one.reason, one.words) for one in said.obstacles] == wanted


@pytest.mark.parametrize(
    ("events", "key", "given", "reason", "words"),
    [
        ([], "complete_since", None, "missing", "No severe event for certain since 20 Nov 2025"),
        (
            [{"on": "2026-03-04"}],
            "complete_since",
            None,
            "missing",
            "No severe event for certain since 20 Nov 2025 (4 Mar 2026)",
        ),
        (
            [event("2026-03-04")],
            "complete_since",
            None,
            "missing",
            "At least 1 severe event since 20 Nov 2025 (4 Mar 2026)",
        ),
        ([], "at_least_more", 2, "missing", "At least 2 severe events since 20 Nov 2025"),
        (
            [event("2026-03-04")],
            "asked_on",
            "2026-03-05",
            "stale",
            "At least 1 severe event since 20 Nov 2025 (4 Mar 2026)",
        ),
    ],
)
def test_a_list_without_end_says_why_more_may_be_missing(
    events: list[Any], key: str, given: Any, reason: str, words: str
) -> None:
    said = told(COUNT, {}, **{EVENTS: events, f"{EVENTS}_{key}": given})
    because = "asked on 5 Mar 2026" if reason == "stale" else "not known to be complete"
    assert said.words == words
    assert [(one.reason, one.words) for one in said.obstacles] == [
        (reason, f"{words}; the list of events is {because}")
    ]


@pytest.mark.parametrize(
    ("asked_on", "because"),
    [("2026-10-21", "not known to be complete"), ("2026-10-20", "asked on 20 Oct 2026")],
)
def test_a_list_is_too_old_thirty_one_days_after_the_asking(asked_on: str, because: str) -> None:
    said = told(COUNT, {}, **{EVENTS: [], f"{EVENTS}_complete_since": None, f"{EVENTS}_asked_on": asked_on})
    assert said.obstacles[0].words.endswith(f"; the list of events is {because}")


@pytest.mark.parametrize(
    ("facts", "more", "words"),
    [
        ({}, {}, "Start of the AID system not asked; Severe events not asked"),
        ({}, {EVENTS: [event("2026-03-04")]}, "Start of the AID system not asked"),
        ({"aid_start_date": "2026-01"}, {}, "Severe events not asked"),
        (
            {"aid_start_date": "2026-01"},
            {EVENTS: [event("2026-03-04")]},
            "1 severe event since AID start (Jan 2026) (4 Mar 2026)",
        ),
        (
            {"aid_start_date": "2026-01"},
            {EVENTS: [event("2026-01-04")]},
            "0 to 1 severe events since AID start (Jan 2026) (4 Jan 2026)",
        ),
    ],
)
def test_a_count_since_aid_start_needs_its_day_and_the_list(
    facts: dict[str, Any], more: dict[str, Any], words: str
) -> None:
    assert told(COUNT_ON_AID, facts, **more).words == words
