"""What a number counts as: as typed, as worked out, as both, or as no less than another one."""

from typing import Any

import pytest

from screening.rules.conditions import Compiler
from screening.rules.content import load_content
from screening.rules.inputs import Known, NumberInput
from screening.rules.reader import Reader
from screening.rules.reading import read_answers
from screening.rules.sentences import evidence, obstacles
from screening.rules.truth import Truth
from tests.clinical.vectors import vectors

CATALOGUE = load_content().catalogue
TRUE, FALSE, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def condition(rule: str, facts: dict[str, Any], as_of: str = "2026-11-20") -> Truth:
    """Return what a rule is for these answers."""
    reader = Reader(CATALOGUE)
    test = Compiler(reader, {}).test(CATALOGUE.parse(rule))
    return test(reader.known(read_answers(CATALOGUE, {"as_of": as_of, "facts": facts})))


def number(name: str, facts: dict[str, Any]) -> tuple[NumberInput, Known]:
    """Return a number and what is known of it."""
    reader = Reader(CATALOGUE)
    Compiler(reader, {})
    source = reader.number(name, None)
    return source, reader.known(read_answers(CATALOGUE, {"as_of": "2026-11-20", "facts": facts}))


# --- Reported and worked out

CREATININE = {
    "birth_date": "1983-05-01",
    "sex": "female",
    "creatinine": {"value": 1.4, "unit": "mg/dL", "on": "2026-10-01"},
}
"""Worked out from it: an eGFR of 48."""


def reported(egfr: float | str) -> dict[str, Any]:
    return {**CREATININE, "egfr": {"value": egfr, "on": "2026-10-01"}}


@pytest.mark.parametrize(
    ("egfr", "rule", "expected"),
    [
        (60, "egfr_ml_min_1_73m2 >= 40", TRUE),
        (60, "egfr_ml_min_1_73m2 >= 55", UNKNOWN),
        (60, "egfr_ml_min_1_73m2 > 60", FALSE),
        (48, "egfr_ml_min_1_73m2 >= 49", FALSE),
        ("≥90", "egfr_ml_min_1_73m2 >= 90", UNKNOWN),
        ("≥90", "egfr_ml_min_1_73m2 < 48", FALSE),
    ],
)
def test_a_rule_is_decided_where_both_values_decide_it_alike(
    egfr: float | str, rule: str, expected: Truth
) -> None:
    assert condition(rule, reported(egfr)) is expected


def test_two_values_that_differ_are_told_as_a_conflict() -> None:
    source, known = number("egfr", reported(60))
    assert known[source.place] == (48, 60, "ml_min_1_73m2")
    (obstacle,) = obstacles(known, source)
    assert obstacle.reason == "conflict"
    assert "reported as 60" in evidence(known, source)


def test_a_reported_value_inside_what_was_worked_out_stands_alone() -> None:
    facts = {name: answer for name, answer in reported(52).items() if name != "sex"}
    source, known = number("egfr", facts)
    assert known[source.place] == (52, 52, "ml_min_1_73m2")
    assert obstacles(known, source) == []


def test_a_value_too_old_leaves_the_other_one_alone() -> None:
    facts = reported(60) | {"egfr": {"value": 60, "on": "2025-10-01"}}
    assert condition("egfr_ml_min_1_73m2 < 49", facts) is TRUE


# --- At least


def c_peptide(**values: float | str) -> dict[str, Any]:
    return {f"c_peptide_{name}": {"value": value, "on": "2026-10-01"} for name, value in values.items()}


@pytest.mark.parametrize("lower", ["fasting", "60min", "90min"])
def test_a_peak_is_at_least_every_other_c_peptide(lower: str) -> None:
    assert condition("c_peptide_stimulated_ng_ml >= 0.3", c_peptide(**{lower: 0.4})) is TRUE
    assert condition("c_peptide_stimulated_ng_ml < 0.3", c_peptide(**{lower: 0.4})) is FALSE
    assert condition("c_peptide_stimulated_ng_ml < 0.3", c_peptide(**{lower: 0.1})) is UNKNOWN


def test_the_highest_of_several_lower_ones_speaks() -> None:
    facts = c_peptide(fasting=0.2) | {
        "c_peptide_60min": {"value": 0.2, "unit": "nmol/L", "on": "2026-10-01"}  # 0.6 ng/mL
    }
    assert condition("c_peptide_stimulated_ng_ml >= 0.5", facts) is TRUE


def test_an_answer_of_its_own_comes_before_a_lower_one() -> None:
    assert condition("c_peptide_stimulated_ng_ml < 0.3", c_peptide(fasting=0.4, stimulated=0.2)) is TRUE


def test_what_is_at_least_another_has_no_upper_end() -> None:
    assert condition("c_peptide_stimulated_ng_ml <= 20", c_peptide(fasting=0.4)) is UNKNOWN


# --- The age in a formula


def test_a_formula_takes_the_age_on_the_day_of_the_sample() -> None:
    born = {"birth_date": "1983-11-01", "sex": "female"}
    for on, age in (("2026-10-31", 42), ("2026-11-01", 43)):
        facts = born | {"creatinine": {"value": 1.4, "unit": "mg/dL", "on": on}}
        source, known = number("egfr", facts)
        worked_out = 142 * (1.4 / 0.7) ** -1.2 * 0.9938**age * 1.012
        assert known[source.place][:2] == (int(worked_out + 0.5), int(worked_out + 0.5))


def test_a_partly_known_sample_day_widens_the_age() -> None:
    born = {"birth_date": "1983-10-15", "sex": "male"}
    facts = born | {"creatinine": {"value": 0.5, "unit": "mg/dL", "on": "2026-10"}}
    source, known = number("egfr", facts)
    low, high, _ = known[source.place]
    assert low < high


# --- Implied answers


def implied(facts: dict[str, Any], name: str) -> Any:
    return read_answers(CATALOGUE, {"as_of": "2026-11-20", "facts": facts}).known[name]


def test_what_follows_from_a_lasting_answer_is_true_today() -> None:
    answer = implied({"kidney_transplant": {"value": "failed", "on": "2019-03"}}, "organ_transplant")
    assert (answer.value, answer.on.first.isoformat()) == (True, "2026-11-20")
    assert answer.origin == "follows from Kidney transplant"


def test_what_follows_from_an_ageing_answer_is_as_old_as_that() -> None:
    answer = implied({"immunosuppression": {"value": False, "on": "2026-10-01"}}, "calcineurin_inhibitor")
    assert (answer.value, answer.on.first.isoformat()) == (False, "2026-10-01")


def test_answers_that_contradict_each_other_are_both_unknown() -> None:
    facts = {"kidney_transplant": "functioning", "organ_transplant": False}
    assert condition("organ_transplant", facts) is UNKNOWN
    assert condition("kidney_transplant = 'functioning'", facts) is UNKNOWN


# --- Typed units

NAMES = {"%": "percent", "mmol/mol": "mmol_mol"}
TYPED_FINER_THAN_REPORTED = "hba1c_compare-04"
"""Compared as typed here: 6.95 % is below 7.0 %, where the table rounds it first."""


@pytest.mark.parametrize(("inputs", "expected", "tolerance"), vectors("hba1c_compare"))
def test_worked_comparisons_across_units_are_reproduced(
    inputs: dict[str, Any], expected: dict[str, Any], tolerance: str, request: pytest.FixtureRequest
) -> None:
    rule = f"hba1c_{NAMES[inputs['threshold_unit']]} {inputs['op']} {inputs['threshold']}"
    answer = {"value": inputs["value"], "unit": inputs["unit"], "on": "2026-11-01"}
    finer = request.node.callspec.id == TYPED_FINER_THAN_REPORTED
    assert (condition(rule, {"hba1c": answer}) is TRUE) is (expected["met"] is not finer)


@pytest.mark.parametrize(
    ("value", "unit", "rule", "expected"),
    [
        ("6.95", "%", "hba1c_percent < 7.0", TRUE),
        ("7.0", "%", "hba1c_percent < 7.0", FALSE),
        ("53", "mmol/mol", "hba1c_percent < 7.0", FALSE),
        ("52", "mmol/mol", "hba1c_percent < 7.0", TRUE),
        ("53", "mmol/mol", "hba1c_percent = 7.0", TRUE),
        ("53.5", "mmol/mol", "hba1c_mmol_mol <= 53", FALSE),
    ],
)
def test_a_number_is_compared_as_typed_in_its_own_unit(
    value: str, unit: str, rule: str, expected: Truth
) -> None:
    assert condition(rule, {"hba1c": {"value": value, "unit": unit, "on": "2026-11-01"}}) is expected
