"""The rule language by example: each is tested on every engine, and together they are a page of docs/.

`WRITE_DOCS=1 python3 manage.py test tests/rules` writes docs/rule-language.md anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations_with_replacement, product
from pathlib import Path
from textwrap import fill
from typing import Any

from screening.rules.language import MAX_LENGTH, MAX_NESTING, RuleError
from screening.rules.sql import condition_sql
from screening.rules.truth import Truth
from tests.protocols.people import AS_OF, payload
from tests.strategies import CATALOGUE

PAGE = Path(__file__).parents[2] / "docs" / "rule-language.md"
T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
SAID = {T: "true", F: "false", U: "not known"}
ANSWERS: Mapping[Truth, Any] = {T: True, F: False, U: {"unknown": "not done"}}
A, B, C = "hiv", "hepatitis_b", "hepatitis_c"


@dataclass(frozen=True)
class Example:
    """A rule, a person, and the answer.

    Attributes:
        facts: what is known, in the short form of tests/protocols/people.
        on: the day of assessment.
    """

    rule: str
    facts: Mapping[str, Any]
    truth: Truth
    within: str | None = None
    on: str = AS_OF

    def payload(self) -> dict[str, Any]:
        """Return the person as JSON has it."""
        return payload(dict(self.facts)) | {"as_of": self.on}


@dataclass(frozen=True)
class Refusal:
    """A text that is no rule, and what is said of it."""

    rule: str
    because: str
    shown: bool = True

    def message(self) -> str:
        """Return the whole message."""
        try:
            CATALOGUE.parse(self.rule)
        except RuleError as error:
            return str(error)
        return ""


@dataclass(frozen=True)
class Section:
    """A part of the page."""

    title: str
    text: str
    examples: tuple[Example, ...] = ()
    after: str = ""
    refusals: tuple[Refusal, ...] = field(default=())


def kleene(join: str) -> Iterator[Example]:
    """Yield two conditions joined, for every combination of answers."""
    for one, other in product(Truth, repeat=2):
        truth = ALL[one, other] if join == "AND" else ANY[one, other]
        yield Example(f"{A} {join} {B}", {A: ANSWERS[one], B: ANSWERS[other]}, truth)


ALL = {
    (T, T): T, (T, F): F, (T, U): U,
    (F, T): F, (F, F): F, (F, U): F,
    (U, T): U, (U, F): F, (U, U): U,
}  # fmt: skip
ANY = {
    (T, T): T, (T, F): T, (T, U): T,
    (F, T): T, (F, F): F, (F, U): U,
    (U, T): T, (U, F): U, (U, U): U,
}  # fmt: skip
NEITHER = {T: F, F: T, U: U}
TWO_OF_THREE = {
    (T, T, T): T, (T, T, F): T, (T, T, U): T,
    (T, F, F): F, (T, F, U): U, (T, U, U): U,
    (F, F, F): F, (F, F, U): F, (F, U, U): U,
    (U, U, U): U,
}  # fmt: skip

NEGATED = tuple(Example(f"NOT {A}", {A: ANSWERS[one]}, truth) for one, truth in NEITHER.items())
COUNTED = tuple(
    Example(
        f"AT_LEAST(2, {A}, {B}, {C})",
        dict(zip((A, B, C), (ANSWERS[one] for one in three), strict=True)),
        TWO_OF_THREE[three],
    )
    for three in combinations_with_replacement((T, F, U), 3)
)

SECTIONS = (
    Section(
        "Three answers",
        "A condition is true, false or not known, and what is missing never counts as no. This is the logic "
        "SQL has with NULL.",
        (*kleene("AND"), *kleene("OR"), *NEGATED, *COUNTED),
    ),
    Section(
        "What binds first",
        "`NOT` before `AND`, `AND` before `OR`, as in SQL. Parentheses say otherwise.",
        (
            Example(f"{A} OR {B} AND {C}", {A: True, B: False, C: False}, T),
            Example(f"({A} OR {B}) AND {C}", {A: True, B: False, C: False}, F),
            Example(f"NOT {A} AND {B}", {A: False, B: False}, F),
            Example(f"NOT ({A} AND {B})", {A: False, B: False}, T),
            Example(f"NOT NOT {A}", {A: True}, T),
        ),
    ),
    Section(
        "Numbers",
        "A number carries its unit in its name and is compared with `=`, `<>`, `<`, `<=`, `>`, `>=` or "
        "`BETWEEN`, which includes both ends. A number of which only a limit is known, such as a result "
        "below what the assay can measure, decides a comparison where all that it may be agrees.",
        (
            Example("hba1c_percent BETWEEN 7.0 AND 9.5", {"hba1c": "7.0 %"}, T),
            Example("hba1c_percent BETWEEN 7.0 AND 9.5", {"hba1c": "9.5 %"}, T),
            Example("hba1c_percent BETWEEN 7.0 AND 9.5", {"hba1c": "9.6 %"}, F),
            Example("hba1c_percent BETWEEN 7.0 AND 9.5", {}, U),
            Example("7 <= hba1c_percent", {"hba1c": "7.0 %"}, T),
            Example("gold_score = 4", {"gold_score": 4}, T),
            Example("gold_score <> 4", {"gold_score": 5}, T),
            Example("gold_score <> 4", {}, U),
            Example("insulin_dose_units >= 0", {"insulin_dose": "0 units/day"}, T),
            Example("c_peptide_stimulated_ng_ml < 0.3", {"c_peptide_stimulated": "<0.05 ng/mL"}, T),
            Example("c_peptide_stimulated_ng_ml < 0.3", {"c_peptide_stimulated": "<0.3 ng/mL"}, T),
            Example("c_peptide_stimulated_ng_ml < 0.3", {"c_peptide_stimulated": "<=0.3 ng/mL"}, U),
            Example("c_peptide_stimulated_ng_ml < 0.3", {"c_peptide_stimulated": "<0.5 ng/mL"}, U),
            Example("c_peptide_stimulated_ng_ml < 0.3", {"c_peptide_stimulated": ">0.3 ng/mL"}, F),
            Example("dka_events_12m <= 2", {"dka_events_12m": {"value": "<3", "on": AS_OF}}, T),
        ),
    ),
    Section(
        "Units",
        "In the unit it was typed in, the typed number is compared. In another unit it counts as if it were "
        "converted and rounded as laboratories report it: HbA1c to 0.1 % or 1 mmol/mol, creatinine to "
        "0.01 mg/dL or 1 µmol/L. C-peptide and what is worked out are not rounded.",
        (
            Example("hba1c_percent >= 7.0", {"hba1c": "53 mmol/mol"}, T),
            Example("hba1c_percent >= 7.0", {"hba1c": "52 mmol/mol"}, F),
            Example("hba1c_percent <= 9.5", {"hba1c": "80 mmol/mol"}, T),
            Example("hba1c_percent <= 9.5", {"hba1c": "81 mmol/mol"}, F),
            Example("hba1c_mmol_mol >= 53", {"hba1c": "7.0 %"}, T),
            Example("hba1c_mmol_mol >= 53", {"hba1c": "6.9 %"}, F),
            Example("hba1c_percent = 7.0", {"hba1c": "53 mmol/mol"}, T),
            Example("creatinine_mg_dl > 1.5", {"creatinine": "133 µmol/L"}, F),
            Example("creatinine_mg_dl > 1.5", {"creatinine": "134 µmol/L"}, T),
            Example("c_peptide_stimulated_ng_ml < 0.30", {"c_peptide_stimulated": "0.1 nmol/L"}, F),
            Example("c_peptide_stimulated_ng_ml < 0.30", {"c_peptide_stimulated": "0.099 nmol/L"}, T),
            Example("c_peptide_stimulated_ng_ml < 0.30", {"c_peptide_stimulated": "99 pmol/L"}, T),
            Example("c_peptide_stimulated_nmol_l <= 0.1", {"c_peptide_stimulated": "0.30203 ng/mL"}, T),
            Example("lymphocytes_per_ul >= 1200", {"lymphocytes": "1.2 ×10⁹/L"}, T),
            Example("lymphocytes_per_ul > 1200", {"lymphocytes": "1.2 ×10⁹/L"}, F),
            Example("weight_kg <= 50", {"weight": "110.2 lb"}, T),
            Example("weight_kg <= 50", {"weight": "110.3 lb"}, F),
        ),
    ),
    Section(
        "Choices, yes and no, and several of a list",
        "A choice is compared with its keys in single quotes. A yes or no stands alone. Of a list, each part "
        "is a yes or no of its own; a list tells of all its parts, a single statement only of its own part.",
        (
            Example("kidney_transplant = 'functioning'", {"kidney_transplant": "functioning"}, T),
            Example("kidney_transplant <> 'functioning'", {"kidney_transplant": "failed"}, T),
            Example("kidney_transplant <> 'functioning'", {}, U),
            Example("blood_group IN ('A', 'AB')", {"blood_group": "AB"}, T),
            Example("blood_group NOT IN ('A', 'AB')", {"blood_group": "O"}, T),
            Example("NOT contraception_agreed", {"contraception_agreed": False}, T),
            Example("NOT contraception_agreed", {"contraception_agreed": {"unknown": "declined"}}, U),
            Example("autoantibodies_positive_znt8", {"autoantibodies_positive": ["gad65"]}, F),
            Example("autoantibodies_positive_znt8", {"autoantibodies_positive": {"gad65": True}}, U),
        ),
    ),
    Section(
        "Time since a date",
        "`years_since_…`, `months_since_…` and `days_since_…` compare as calendar durations: `>= 5` years "
        "means on or before the same day five years ago. Where a month is too short, that day is its last. "
        "A date known to the month or the year decides where all of its days agree.",
        (
            Example("years_since_diagnosis >= 5", {"diagnosis_date": "2021-11-20"}, T),
            Example("years_since_diagnosis >= 5", {"diagnosis_date": "2021-11-21"}, F),
            Example("years_since_diagnosis > 5", {"diagnosis_date": "2021-11-20"}, F),
            Example("years_since_diagnosis > 5", {"diagnosis_date": "2021-11-19"}, T),
            Example("years_since_diagnosis <= 5", {"diagnosis_date": "2021-11-20"}, T),
            Example("years_since_diagnosis < 5", {"diagnosis_date": "2021-11-20"}, F),
            Example("years_since_diagnosis < 5", {"diagnosis_date": "2021-11-21"}, T),
            Example("years_since_diagnosis >= 5", {"diagnosis_date": "2021"}, U),
            Example("years_since_diagnosis >= 5", {"diagnosis_date": "2021-10"}, T),
            Example("years_since_diagnosis >= 5", {"diagnosis_date": {"from": "2019", "to": "2021-10"}}, T),
            Example("days_since_diagnosis <= 180", {"diagnosis_date": "2026-05-24"}, T),
            Example("days_since_diagnosis <= 180", {"diagnosis_date": "2026-05-23"}, F),
            Example("months_since_diagnosis >= 6", {"diagnosis_date": "2026-02-28"}, T, on="2026-08-31"),
            Example("months_since_diagnosis >= 6", {"diagnosis_date": "2026-03-01"}, F, on="2026-08-31"),
            Example("months_since_diagnosis >= 12", {"diagnosis_date": "2023-02-28"}, T, on="2024-02-29"),
            Example("years_since_diagnosis >= 5", {"diagnosis_date": "2020-02-29"}, F, on="2025-02-28"),
            Example("years_since_diagnosis >= 5", {"diagnosis_date": "2020-02-29"}, T, on="2025-03-01"),
        ),
    ),
    Section(
        "Age",
        "`age` and `age_at_…` are completed years. Whoever was born on 29 February turns a year older on "
        "1 March. A year of birth, or an age, leaves a range.",
        (
            Example("age BETWEEN 18 AND 65", {"birth_date": "2008-11-20"}, T),
            Example("age BETWEEN 18 AND 65", {"birth_date": "2008-11-21"}, F),
            Example("age BETWEEN 18 AND 65", {"birth_date": "1960-11-21"}, T),
            Example("age BETWEEN 18 AND 65", {"birth_date": "1960-11-20"}, F),
            Example("age >= 18", {"birth_date": "2008-02-29"}, F, on="2026-02-28"),
            Example("age >= 18", {"birth_date": "2008-02-29"}, T, on="2026-03-01"),
            Example("age >= 18", {"birth_date": "2008"}, U),
            Example("age >= 18", {"birth_date": {"age": 18, "on": AS_OF}}, T),
            Example("age_at_diagnosis < 40", {"birth_date": "1983", "diagnosis_date": "2004"}, T),
            Example("age_at_diagnosis < 40", {"birth_date": "1964-06-01", "diagnosis_date": "2004-06-01"}, F),
            Example("age_at_diagnosis < 40", {"birth_date": "1964", "diagnosis_date": "2004"}, U),
        ),
    ),
    Section(
        "How old an answer may be",
        "Each fact says for how long an answer to it is current: HbA1c for 90 days. After that, and where "
        "there is no date, it is not known to any rule. A yes may stay true while a no ages: a transplant "
        "stays, its absence has to be asked again. Of a day known to the month, the earliest counts.",
        (
            Example("hba1c_percent < 8", {"hba1c": {"value": 7.8, "on": "2026-08-23"}}, T),
            Example("hba1c_percent < 8", {"hba1c": {"value": 7.8, "on": "2026-08-22"}}, T),
            Example("hba1c_percent < 8", {"hba1c": {"value": 7.8, "on": "2026-08-21"}}, U),
            Example("hba1c_percent < 8", {"hba1c": {"value": 7.8, "on": "2026-08"}}, U),
            Example("hba1c_percent < 8", {"hba1c": {"value": 7.8}}, U),
            Example("organ_transplant", {"organ_transplant": {"value": True, "on": "2001"}}, T),
            Example("organ_transplant", {"organ_transplant": {"value": False, "on": "2025-11-20"}}, F),
            Example("organ_transplant", {"organ_transplant": {"value": False, "on": "2025-11-19"}}, U),
        ),
        after="A fact may have a shorter life where another one holds or is not known: C-peptide is current "
        "for a year, and for 60 days in the first three years after the diagnosis.",
    ),
    Section(
        "A shorter life",
        "",
        tuple(
            Example(
                "c_peptide_stimulated_ng_ml < 0.3",
                {"c_peptide_stimulated": {"value": "0.1", "on": on}} | diagnosis,
                truth,
            )
            for on, diagnosis, truth in (
                ("2026-06-01", {"diagnosis_date": "2004"}, T),
                ("2026-06-01", {"diagnosis_date": "2025-01"}, U),
                ("2026-06-01", {}, U),
                ("2026-09-21", {"diagnosis_date": "2025-01"}, T),
                ("2026-09-20", {"diagnosis_date": "2025-01"}, U),
                ("2025-11-19", {"diagnosis_date": "2004"}, U),
            )
        ),
        after='A criterion with `within = "6 months"` sets the age of every dated input itself, shorter or '
        "longer; dates and events are not concerned.",
    ),
    Section(
        "A life of the criterion's own",
        "",
        (
            Example("clarke_score >= 4", {"clarke_score": {"value": 5, "on": "2026-05-20"}}, T, "6 months"),
            Example("clarke_score >= 4", {"clarke_score": {"value": 5, "on": "2026-05-19"}}, U, "6 months"),
            Example("hba1c_percent < 8", {"hba1c": {"value": 7.8, "on": "2025-12-01"}}, T, "12 months"),
            Example("organ_transplant", {"organ_transplant": {"value": True, "on": "2001"}}, U, "12 months"),
            Example("years_since_diagnosis >= 5", {"diagnosis_date": "2004"}, T, "30 days"),
        ),
    ),
    Section(
        "Dates that may never have happened",
        "Such a date has a gate, and a rule names both: without an infarction there is no date of one, and "
        "`FALSE AND` not known is false.",
        tuple(
            Example("myocardial_infarction AND months_since_myocardial_infarction <= 6", facts, truth)
            for facts, truth in (
                ({"myocardial_infarction": False}, F),
                ({"myocardial_infarction": True, "myocardial_infarction_date": "2026-08"}, T),
                ({"myocardial_infarction": True, "myocardial_infarction_date": "2020"}, F),
                ({"myocardial_infarction": True}, U),
                ({}, U),
            )
        ),
    ),
    Section(
        "Severe hypoglycaemic events",
        "Counts come from the list of events, by definition and window. An event known to the month may lie "
        "on either side of a window's start. A list that is complete only since a day, or not known to be, "
        "gives no upper end: it can show two events, never that there were no more.",
        (
            Example("severe_hypoglycemic_events_12m >= 1", {"events": ["2025-11-20"]}, T),
            Example("severe_hypoglycemic_events_12m >= 1", {"events": ["2025-11-19"]}, F),
            Example("severe_hypoglycemic_events_12m >= 1", {"events": ["2025-11"]}, U),
            Example("severe_hypoglycemic_events_12m >= 2", {"events": ["2026-03-04", "2026-08-01"]}, T),
            Example("severe_hypoglycemic_events_12m >= 2", {"events": ["2026-03-04", "2026-03-04"]}, U),
            Example("severe_hypoglycemic_events_12m > 1", {"events": []}, F),
            Example("severe_hypoglycemic_events_12m > 1", {}, U),
            Example("severe_hypoglycemic_events_12m > 1", {"events": [], "complete_since": "2026-01-01"}, U),
            Example("severe_hypoglycemic_events_6m > 1", {"events": [], "complete_since": "2026-01-01"}, F),
            Example(
                "severe_hypoglycemic_events_12m >= 2",
                {"events": ["2026-03-04", "2026-08-01"], "complete_since": {"unknown": ""}},
                T,
            ),
            Example(
                "severe_hypoglycemic_events_documented_12m >= 1",
                {"events": [{"on": "2026-03-04", "documented": "recall"}]},
                F,
            ),
        ),
    ),
    Section(
        "Sums, and facts that are worked out",
        "A rule may calculate with `+ - * /`; years in it are completed years, and what is multiplied or "
        "divided may not be negative. Some facts are worked out from others. Where one is both reported and "
        "worked out and the two give different answers, it is not known.",
        (
            Example(
                "age + years_since_insulin_start >= 28",
                {"birth_date": "1999-01-01", "insulin_start_date": "2025-06-01"},
                T,
            ),
            Example(
                "age + years_since_insulin_start >= 28",
                {"birth_date": "2000-01-01", "insulin_start_date": "2025-06-01"},
                F,
            ),
            Example("bmi_kg_m2 > 28", {"weight": "112.1 kg", "height": "200 cm"}, T),
            Example("bmi_kg_m2 > 28", {"weight": "112 kg", "height": "200 cm"}, F),
            Example("bmi_kg_m2 > 28", {"weight": "112.1 kg"}, U),
            Example("bmi_kg_m2 > 28", {"weight": ">113 kg", "height": "200 cm"}, T),
            Example("insulin_dose_per_kg_units_kg > 1.0", {"insulin_dose": 60, "weight": "60 kg"}, F),
            Example(
                "egfr_ml_min_1_73m2 >= 60",
                {"egfr": 62, "sex": "male", "birth_date": "1983", "creatinine": "1.2 mg/dL"},
                T,
            ),
            Example(
                "egfr_ml_min_1_73m2 >= 60",
                {"egfr": 58, "sex": "male", "birth_date": "1983", "creatinine": "1.2 mg/dL"},
                U,
            ),
            Example("clarke_score < 4", {"clarke_q4": 0, "clarke_q7": "60-69"}, U),
            Example("clarke_score <= 7", {}, U),
            Example("clarke_score <= 6", {"clarke_q5": "1_per_week", "clarke_q6": "1_per_week"}, T),
            Example(
                "clarke_score < 4",
                {"clarke_q2": False, "clarke_q4": 0, "clarke_q7": "60-69", "clarke_q8": "always"},
                T,
            ),
        ),
    ),
    Section(
        "At least another number",
        "A peak is at least each of its parts: while the stimulated C-peptide is missing, the fasting one is "
        "a lower limit of it.",
        (
            Example("c_peptide_stimulated_ng_ml < 0.3", {"c_peptide_fasting": "0.3 ng/mL"}, F),
            Example("c_peptide_stimulated_ng_ml < 0.3", {"c_peptide_fasting": "0.2 ng/mL"}, U),
            Example("c_peptide_stimulated_ng_ml < 0.3", {"c_peptide_fasting": "0.1 nmol/L"}, F),
            Example("hba1c_highest_5y_mmol_mol >= 70", {"hba1c": "8.6 %"}, T),
        ),
    ),
    Section(
        "What is refused",
        f"A rule has at most {MAX_LENGTH} characters and {MAX_NESTING} levels of parentheses, in ASCII. "
        "Nothing is guessed: what is not understood whole is refused, with what was found and what to do.",
        refusals=(
            Refusal("hba1c > 7", "did you mean 'hba1c_percent'"),
            Refusal("agee > 3", "did you mean 'age'?"),
            Refusal("birth_date > 3", "no fact is named 'birth_date'", shown=False),
            Refusal("sex = 'mal'", "did you mean 'male'?"),
            Refusal("sex = male", "write the choices of sex in quotes"),
            Refusal("sex > 'male'", "compare it with = or <>"),
            Refusal("sex = blood_group", "write the choices of sex in quotes", shown=False),
            Refusal("sex", "sex is not a yes or no"),
            Refusal("NOT age", "age is not a yes or no", shown=False),
            Refusal("hiv = TRUE", "hiv is not a number"),
            Refusal("hiv > 3", "hiv is not a number", shown=False),
            Refusal("age = 'x'", "found \"'x'\"", shown=False),
            Refusal("age IN (40, 41)", "age is not a choice"),
            Refusal("age IS NULL", "found 'age IS NULL'"),
            Refusal("hiv IS NOT NULL", "found 'hiv IS NULL'", shown=False),
            Refusal("age > NULL", "found 'NULL'", shown=False),
            Refusal("COALESCE(age, 0) > 3", "found 'COALESCE(age, 0)'"),
            Refusal("POWER(age, 2) > 3", "a rule calls no function but AT_LEAST", shown=False),
            Refusal("LEAST(age, 3) > 2", "a rule calls no function but AT_LEAST", shown=False),
            Refusal("COUNT(age) > 1", "found 'COUNT(age)'", shown=False),
            Refusal("CAST(age AS INT) > 3", "found 'CAST(age AS INT)'", shown=False),
            Refusal("age::int > 3", "found '::int", shown=False),
            Refusal("(SELECT 1)", "found '(SELECT 1)'", shown=False),
            Refusal("sex IN (SELECT 1)", "found 'sex IN (SELECT 1)'", shown=False),
            Refusal("EXISTS (SELECT 1)", "found 'EXISTS(SELECT 1)'", shown=False),
            Refusal("CASE WHEN hiv THEN hepatitis_c END", "found 'CASE WHEN", shown=False),
            Refusal("18 <= age <= 65", "found '18 <= age'"),
            Refusal("age NOT BETWEEN 18 AND 65", "write the rule in that form"),
            Refusal("age BETWEEN SYMMETRIC 65 AND 18", "write the rule in that form", shown=False),
            Refusal("age >= 2 b", "found 'age >= 2 AS b'"),
            Refusal("hiv hepatitis_c", "found 'hiv AS hepatitis_c'", shown=False),
            Refusal("hiv AS x", "found 'hiv AS x'", shown=False),
            Refusal("age > 2 ESCAPE 3", "not a SQL condition", shown=False),
            Refusal("age >= 18 COLLATE x", "found '18 COLLATE x'", shown=False),
            Refusal("age LIKE 'a'", "found \"age LIKE 'a'\"", shown=False),
            Refusal("age > ANY (1)", "found 'ANY(1)'", shown=False),
            Refusal("age >= ALL(1)", "found 'ALL(1)'", shown=False),
            Refusal("INTERVAL 3 > age", "found \"INTERVAL '3'\"", shown=False),
            Refusal("CURRENT_DATE > 3", "found 'CURRENT_DATE'", shown=False),
            Refusal("a.age > 3", "found '.age > 3'", shown=False),
            Refusal("TRUE", "found 'TRUE'", shown=False),
            Refusal("1 < 2 AND TRUE", "found 'TRUE'", shown=False),
            Refusal("(hiv AND hepatitis_c) > 3", "found 'hiv AND hepatitis_c'", shown=False),
            Refusal("age == 40", "write = for equal"),
            Refusal("age != 40", "write <> for not equal"),
            Refusal("age ≥ 18", "write the rule in ASCII"),
            Refusal("age >= ١٨", "write the rule in ASCII", shown=False),
            Refusal("age >= 1e3", "write numbers like 7.5"),
            Refusal("age >= 1_0", "write numbers like 7.5", shown=False),
            Refusal("age >= 0x1F", "write numbers like 7.5", shown=False),
            Refusal("age > .5", "write numbers like 7.5", shown=False),
            Refusal("age > 5.", "write numbers like 7.5", shown=False),
            Refusal("age >= +3", "write the rule in that form", shown=False),
            Refusal("-age > 3", "found '-age'", shown=False),
            Refusal("age % 2 > 1", "found '% 2 > 1'", shown=False),
            Refusal("age || age > 3", "found '|| age", shown=False),
            Refusal("age >= ?", "found '?'", shown=False),
            Refusal("age >= $1", "found '$1'", shown=False),
            Refusal("hba1c_percent > 7,5", "not a SQL condition", shown=False),
            Refusal("hiv -- to be asked", "put them in notes"),
            Refusal("hiv /* asked */ AND hepatitis_c", "put them in notes", shown=False),
            Refusal("hiv;", "one rule is one condition", shown=False),
            Refusal('"hiv"', "take out the double quotes", shown=False),
            Refusal("`hiv`", "take out the backquotes", shown=False),
            Refusal("AT_LEAST(3, hiv, hepatitis_c)", "AT_LEAST counts from 1 to 2"),
            Refusal("AT_LEAST(0, hiv, hepatitis_c)", "AT_LEAST counts from 1 to 2", shown=False),
            Refusal("AT_LEAST(hiv, hepatitis_c, hepatitis_b)", "write AT_LEAST(2, first", shown=False),
            Refusal("AT_LEAST(1, hiv)", "write AT_LEAST(2, first", shown=False),
            Refusal("hiv AND", "not a SQL condition", shown=False),
            Refusal("(hiv", "not a SQL condition", shown=False),
            Refusal("hiv)", "not a SQL condition", shown=False),
            Refusal("age >= 18, hiv", "not a SQL condition", shown=False),
            Refusal("", "the rule is empty", shown=False),
            Refusal("   ", "the rule is empty", shown=False),
            Refusal("hiv AND " * 300 + "hiv", "2000 are allowed", shown=False),
            Refusal("(" * 16 + "hiv" + ")" * 16, "nested more than 15 deep", shown=False),
            Refusal("NOT " * 16 + "hiv", "nested more than 15 deep", shown=False),
        ),
    ),
)

EXAMPLES = tuple(example for section in SECTIONS for example in section.examples)
REFUSALS = tuple(refusal for section in SECTIONS for refusal in section.refusals)


def said(facts: Mapping[str, Any]) -> str:
    """Return what is known in one line."""
    return "; ".join(f"{name} {_said(value)}" for name, value in facts.items()) or "nothing"


def _said(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case {"unknown": _}:
            return "not known"
        case {"from": first, "to": last}:
            return f"{first} to {last}"
        case {"age": age}:
            return f"aged {age}"
        case {"value": given, "on": on}:
            return f"{_said(given)}, {on}"
        case {"value": given}:
            return f"{_said(given)}, no date"
        case dict():
            return ", ".join(f"{key} {_said(part)}" for key, part in value.items())
        case list():
            return ", ".join(map(_said, value)) or "none"
    return str(value)


def page() -> str:
    """Return docs/rule-language.md."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "<!-- Written by the tests: WRITE_DOCS=1 python3 manage.py test tests/rules -->"
    yield "# The rule language"
    yield ""
    yield _wrapped(
        "A criterion's rule is one SQL condition over the names of facts. Every line on this page is a test: "
        "one-person evaluation, SQLite and DuckDB give the answer that stands here. Unless it says "
        f"otherwise, the day of assessment is {AS_OF}, and every answer was given on it."
    )
    for section in SECTIONS:
        yield from ("", f"## {section.title}", "")
        if section.text:
            yield from (_wrapped(section.text), "")
        yield from _logic() if section.title == "Three answers" else _table(section)
        if section.after:
            yield from ("", _wrapped(section.after))
    yield from _sql()


def _sql() -> Iterator[str]:
    """Yield what a few rules are in SQL."""
    yield from ("", "## The same rule in SQL", "")
    yield _wrapped(
        "A registry is asked with the same text. Each rule becomes a condition over a table with one row per "
        "person, in which a number or date has the two ends of what is known of it: 1 where it is surely "
        "true, 0 where it is surely false, else NULL."
    )
    for rule in ("hba1c_percent <= 9.5", "years_since_diagnosis >= 5", "NOT organ_transplant"):
        written = condition_sql(CATALOGUE, CATALOGUE.parse(rule), date.fromisoformat(AS_OF))
        shown = written.replace(" WHEN ", "\n    WHEN ").replace(" END", "\nEND")
        yield from ("", f"`{rule}`", "", "```sql", shown, "```")


def _wrapped(text: str) -> str:
    return fill(text, 118, break_long_words=False, break_on_hyphens=False)


def _logic() -> Iterator[str]:
    for join, table in (("AND", ALL), ("OR", ANY)):
        yield f"| {join} | " + " | ".join(SAID[other] for other in Truth) + " |"
        yield "|---|---|---|---|"
        for one in Truth:
            yield f"| **{SAID[one]}** | " + " | ".join(SAID[table[one, other]] for other in Truth) + " |"
        yield ""
    yield "| | " + " | ".join(SAID[one] for one in Truth) + " |"
    yield "|---|---|---|---|"
    yield "| **NOT** | " + " | ".join(SAID[NEITHER[one]] for one in Truth) + " |"
    yield ""
    yield "| of three, in any order | AT_LEAST(2, …) |"
    yield "|---|---|"
    for three, truth in TWO_OF_THREE.items():
        yield f"| {', '.join(SAID[one] for one in three)} | {SAID[truth]} |"


def _table(section: Section) -> Iterator[str]:
    if section.refusals:
        yield "| Written | Refused |"
        yield "|---|---|"
        for refusal in section.refusals:
            if refusal.shown:
                yield f"| `{_cell(refusal.rule)}` | {_cell(refusal.message())} |"
        return
    yield "| Rule | Known | Answer |"
    yield "|---|---|---|"
    for example in section.examples:
        when = "" if example.on == AS_OF else f"; assessed on {example.on}"
        within = "" if example.within is None else f", within {example.within}"
        known = _cell(said(example.facts))
        yield f"| `{_cell(example.rule)}`{within} | {known}{when} | {SAID[example.truth]} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
