"""The sentence of a criterion: what is known, what it needs, the verdict and by how much."""

from __future__ import annotations

from typing import Any

import pytest

from screening.rules.content import Content, load_content
from screening.rules.evaluate import Assessment, Rulebook, assess
from screening.rules.protocol import Criterion
from screening.rules.reading import read_answers
from screening.rules.sentences import Account

CATALOGUE = load_content().catalogue
EVENTS = "severe_hypoglycemic_events"
DAY = "2026-11-20"


def assessed(rule: str, facts: dict[str, Any], kind: Any = "inclusion", **more: Any) -> Assessment:
    """Return the answer to one criterion; `more` is of the criterion, or the list of events."""
    payload = {"as_of": DAY, "facts": facts} | {key: more.pop(key) for key in [*more] if key == EVENTS}
    asked = {"id": "I1", "text": "", "source": "S1", "grade": "A"} | more
    criterion = Criterion(kind=kind, rule=rule, **asked)
    trees = {text: CATALOGUE.parse(text) for text in (rule, criterion.unclear) if text is not None}
    book = Rulebook(Content(CATALOGUE, (), {}, trees))
    return assess(book.compiled(criterion), Account(book.reader.known(read_answers(CATALOGUE, payload))))


def value(number: Any, **more: Any) -> dict[str, Any]:
    return {"value": number, "on": "2026-11-01"} | more


# --- By how much

ADULT = "age BETWEEN 18 AND 65"
FIVE_YEARS = "years_since_diagnosis >= 5"
HBA1C = "hba1c_percent BETWEEN 7 AND 9.5"
PEAK = "c_peptide_stimulated_ng_ml < 0.3"


@pytest.mark.parametrize(
    ("rule", "kind", "facts", "verdict", "margin"),
    [
        (ADULT, "inclusion", {"birth_date": "2008-11-20"}, "passes with none to spare", (0, "years")),
        (ADULT, "inclusion", {"birth_date": "2008-11-21"}, "fails by 1 year", (1, "years")),
        (ADULT, "inclusion", {"birth_date": "1961-11-20"}, "passes with none to spare", (0, "years")),
        (ADULT, "inclusion", {"birth_date": "1960-11-20"}, "fails by 1 year", (1, "years")),
        (ADULT, "inclusion", {"birth_date": "1970"}, "passes with 9 years to spare", (9, "years")),
        ("age > 65", "exclusion", {"birth_date": "1950-11-20"}, "present, by 11 years", (11, "years")),
        ("age > 65", "exclusion", {"birth_date": "1961-11-20"}, "absent with none to spare", (0, "years")),
        ("age > 65", "limitation", {"birth_date": "1959-11-20"}, "present, by 2 years", (2, "years")),
        ("age = 65", "inclusion", {"birth_date": "1960-11-20"}, "fails", None),
        (
            "age_at_diagnosis < 40",
            "inclusion",
            {"birth_date": "1983-01-01", "diagnosis_date": "2022-01-01"},
            "passes with 1 year to spare",
            (1, "years"),
        ),
        (FIVE_YEARS, "inclusion", {"diagnosis_date": "2021-11-20"}, "passes with none to spare", (0, "days")),
        (FIVE_YEARS, "inclusion", {"diagnosis_date": "2021-11-21"}, "fails by 1 day", (1, "days")),
        (FIVE_YEARS, "inclusion", {"diagnosis_date": "2021-11-22"}, "fails by 2 days", (2, "days")),
        (
            FIVE_YEARS,
            "inclusion",
            {"diagnosis_date": "2021-09-21"},
            "passes with 60 days to spare",
            (60, "days"),
        ),
        (
            FIVE_YEARS,
            "inclusion",
            {"diagnosis_date": "2021-09-20"},
            "passes with over 2 months to spare",
            (61, "days"),
        ),
        (
            FIVE_YEARS,
            "inclusion",
            {"diagnosis_date": "2019-11-20"},
            "passes with over 2 years to spare",
            (731, "days"),
        ),
        (
            FIVE_YEARS,
            "inclusion",
            {"diagnosis_date": "2019"},
            "passes with over 22 months to spare",
            (690, "days"),
        ),
        (
            "years_since_diagnosis < 5",
            "exclusion",
            {"diagnosis_date": "2024"},
            "present, by over 2 years",
            (772, "days"),
        ),
        (HBA1C, "inclusion", {"hba1c": value(7.8)}, "passes with 0.8 % to spare", (0.8, "%")),
        (
            HBA1C,
            "inclusion",
            {"hba1c": value(62, unit="mmol/mol")},
            "passes with 0.8 % to spare",
            (0.8, "%"),
        ),
        (HBA1C, "inclusion", {"hba1c": value("<40", unit="mmol/mol")}, "fails by 1.2 %", (1.2, "%")),
        (
            "hba1c_percent > 7",
            "inclusion",
            {"hba1c": value(">70", unit="mmol/mol")},
            "passes with 1.6 % to spare",
            (1.6, "%"),
        ),
        (
            PEAK,
            "inclusion",
            {"c_peptide_stimulated": value("<0.05"), "diagnosis_date": "2004"},
            "passes with 0.25 ng/mL to spare",
            (0.25, "ng/mL"),
        ),
        (
            "c_peptide_stimulated_nmol_l > 0.1",
            "inclusion",
            {"c_peptide_fasting": value("0.9"), "diagnosis_date": "2004"},
            "passes with 0.2 nmol/L to spare",
            (0.197984, "nmol/L"),
        ),
        (
            "lymphocytes_per_ul >= 1200",
            "inclusion",
            {"lymphocytes": value(1.3, unit="×10⁹/L")},
            "passes with 100 per µL to spare",
            (100, "per µL"),
        ),
        (
            "creatinine_mg_dl > 1.5",
            "exclusion",
            {"creatinine": value("134.81", unit="µmol/L")},  # 1.525 mg/dL
            "present, by 0.03 mg/dL",
            (0.03, "mg/dL"),
        ),
        ("clarke_score >= 4", "inclusion", {"clarke_score": value(5)}, "passes with 1 to spare", (1, "")),
        (
            "age + years_since_insulin_start >= 20",
            "inclusion",
            {"birth_date": "1999-01-01", "insulin_start_date": "2025-06-01"},
            "passes with 8 to spare",
            (8, ""),
        ),
    ],
)
def test_a_verdict_says_by_how_much(
    rule: str, kind: str, facts: dict[str, Any], verdict: str, margin: tuple[float, str] | None
) -> None:
    told = assessed(rule, facts, kind)
    assert told.why.rsplit(": ", 1)[1] == f"{verdict}."
    assert told.margin == margin
    assert told.reason == ("in_range" if verdict.startswith(("passes", "absent")) else "out_of_range")


@pytest.mark.parametrize(
    ("rule", "kind", "verdict"),
    [
        ("12m >= 3", "inclusion", "fails by 1"),
        ("12m >= 2", "inclusion", "passes with none to spare"),
        ("12m > 0", "inclusion", "passes with 2 to spare"),
        ("12m >= 1", "exclusion", "present, by 1"),
    ],
)
def test_a_count_is_told_by_how_many_events(rule: str, kind: str, verdict: str) -> None:
    events = [{"on": day, "assistance": True, "impaired": True} for day in ("2026-03-04", "2026-05-04")]
    told = assessed(f"{EVENTS}_{rule}", {}, kind, **{EVENTS: events})
    assert told.why.endswith(f": {verdict}.")
    assert told.margin is not None
    assert told.margin.unit == "events"


# --- What decided it


HIV, HEPATITIS = "HIV: {} (20 Nov 2026)", "Hepatitis B: {} (20 Nov 2026)"
BOTH, NOT_BOTH = "hiv AND hepatitis_b", "NOT (hiv AND hepatitis_b)"
TWO_OF_THREE = "AT_LEAST(2, hiv, hepatitis_b, hepatitis_c)"
EITHER = "clarke_score >= 4 OR gold_score >= 4"


@pytest.mark.parametrize(
    ("rule", "facts", "said", "reason"),
    [
        (BOTH, {"hiv": True, "hepatitis_b": False}, HEPATITIS.format("no"), "absent"),
        (
            BOTH,
            {"hiv": True, "hepatitis_b": True},
            f"{HIV.format('yes')}; {HEPATITIS.format('yes')}",
            "present",
        ),
        (BOTH, {"hiv": True}, "Hepatitis B not asked", "missing"),
        ("hiv AND NOT hepatitis_b", {"hiv": True, "hepatitis_b": True}, HEPATITIS.format("yes"), "absent"),
        (NOT_BOTH, {"hiv": False, "hepatitis_b": True}, HIV.format("no"), "present"),
        (
            NOT_BOTH,
            {"hiv": True, "hepatitis_b": True},
            f"{HIV.format('yes')}; {HEPATITIS.format('yes')}",
            "absent",
        ),
        (
            TWO_OF_THREE,
            {"hiv": True, "hepatitis_b": True, "hepatitis_c": False},
            f"{HIV.format('yes')}; {HEPATITIS.format('yes')}",
            "present",
        ),
        (
            TWO_OF_THREE,
            {"hiv": False, "hepatitis_b": False, "hepatitis_c": True},
            f"{HIV.format('no')}; {HEPATITIS.format('no')}",
            "absent",
        ),
        (
            EITHER,
            {"clarke_score": value(2), "gold_score": value(3)},
            "Clarke score 2 (1 Nov 2026); Gold score 3 (1 Nov 2026)",
            "out_of_range",
        ),
        (EITHER, {"clarke_score": value(2)}, "Gold score not asked", "missing"),
        (
            "hiv AND age > 30",
            {"hiv": True, "birth_date": "1980-01-01"},
            f"{HIV.format('yes')}; Age 46",
            "in_range",
        ),
    ],
)
def test_only_what_decides_a_rule_is_told(rule: str, facts: dict[str, Any], said: str, reason: str) -> None:
    told = assessed(rule, facts)
    assert told.why.split("; needs ")[0] == said
    assert told.why.endswith((": passes.", ": fails.", ": not known."))
    assert told.reason == reason
    assert told.missing == (
        ("hepatitis_b",) if "Hepatitis B not" in said else ("gold_score",) if "not" in said else ()
    )


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (
            {"clarke_score": value(5), "gold_score": value(2)},
            "Clarke score 5 (1 Nov 2026); needs Clarke score 4 or more (1 of 2 ways): passes."
            " Gold score 2 (1 Nov 2026) says otherwise.",
        ),
        (
            {"clarke_score": value(5), "gold_score": value(5)},
            "Clarke score 5 (1 Nov 2026); needs Clarke score 4 or more (1 of 2 ways): passes.",
        ),
        (
            {"gold_score": value(5)},
            "Gold score 5 (1 Nov 2026); needs Gold score 4 or more (1 of 2 ways): passes.",
        ),
    ],
)
def test_one_of_several_ways_is_told_with_what_says_otherwise(facts: dict[str, Any], why: str) -> None:
    assert assessed(EITHER, facts).why == why


def test_what_measures_something_else_does_not_say_otherwise() -> None:
    facts = {"clarke_score": value(5), "hiv": False}
    told = assessed("clarke_score >= 4 OR hiv", facts)
    assert told.why.endswith("needs Clarke score 4 or more (1 of 2 ways): passes.")


# --- What does not count, and what is not clear


@pytest.mark.parametrize(
    ("more", "facts", "why", "reason"),
    [
        (
            {"grade": "M"},
            {"hiv": True},
            "HIV: yes (20 Nov 2026); needs no: fails. Not counted: not seen in any source.",
            "unverified",
        ),
        (
            {"grade": "M"},
            {},
            "HIV not asked; needs no: not known. Not counted: not seen in any source.",
            "unverified",
        ),
        (
            {"advisory": "ask the site"},
            {"hiv": False},
            "HIV: no (20 Nov 2026); needs no: passes. Not counted: ask the site.",
            "advisory",
        ),
    ],
)
def test_what_does_not_count_says_so(
    more: dict[str, Any], facts: dict[str, Any], why: str, reason: str
) -> None:
    told = assessed("NOT hiv", facts, **more)
    assert (told.why, told.reason, told.outcome.value) == (why, reason, "unknown")


@pytest.mark.parametrize(
    ("hba1c", "in_typed_unit", "verdict"),
    [
        (value(7.8), False, "passes with 0.2 % to spare"),
        (value(7.9), False, "not decided, because the page rounds"),
        (value(63, unit="mmol/mol"), False, "not decided, because the page rounds"),
        (value(7.9), True, "not decided, because the page rounds"),
        (value(63, unit="mmol/mol"), True, "passes with 0.1 % to spare"),
    ],
)
def test_an_unclear_threshold_is_not_decided(hba1c: Any, in_typed_unit: bool, verdict: str) -> None:
    unclear = {"unclear": "hba1c_percent >= 7.9", "unclear_because": "the page rounds"}
    told = assessed("hba1c_percent < 8", {"hba1c": hba1c}, in_typed_unit=in_typed_unit, **unclear)
    assert told.why.endswith(f"; needs less than 8 %: {verdict}.")
    assert told.reason == ("unclear" if "because" in verdict else "in_range")
    assert told.missing == ()


@pytest.mark.parametrize(
    ("facts", "ending"),
    [
        (
            {"c_peptide_stimulated": value(0.9)},
            "not known. Stimulated C-peptide 0.9 ng/mL (1 Nov 2026) is only a proxy.",
        ),
        ({}, "not known."),
    ],
)
def test_a_value_near_the_one_asked_for_is_told_as_a_proxy(facts: dict[str, Any], ending: str) -> None:
    known = facts | {"diagnosis_date": "2004"}
    told = assessed("c_peptide_fasting_ng_ml < 2", known, proxy="c_peptide_stimulated")
    assert told.why == f"Fasting C-peptide not asked; needs less than 2 ng/mL: {ending}"
