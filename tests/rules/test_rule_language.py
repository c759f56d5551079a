"""The rule language as its page in docs/ states it, on every engine."""

from __future__ import annotations

import os
from datetime import date

import pytest

from screening.clinical.dates import read_duration
from screening.rules.language import (
    RuleError,
    did_you_mean,
    from_data,
    parse_condition,
    to_data,
    write,
    write_number,
)
from screening.rules.reading import read_answers
from screening.rules.sql import condition_sql
from screening.rules.truth import Truth, at_least
from tests.rules.engines import Table, duckdb, evaluated
from tests.rules.specification import (
    ALL,
    ANY,
    EXAMPLES,
    NEITHER,
    PAGE,
    REFUSALS,
    TWO_OF_THREE,
    Example,
    Refusal,
    page,
    said,
)
from tests.strategies import CATALOGUE


def title(example: Example) -> str:
    return f"{example.rule} [{said(example.facts)}]"[:90]


@pytest.mark.parametrize("engine", ["one person", "sqlite", "duckdb"])
def test_every_example_has_the_answer_of_the_page(engine: str) -> None:
    if engine == "duckdb":
        duckdb()
    found = {}
    for place, example in enumerate(EXAMPLES):
        answers = read_answers(CATALOGUE, example.payload())
        tree = CATALOGUE.parse(example.rule)
        within = read_duration(example.within) if example.within is not None else None
        if engine == "one person":
            answer = evaluated(CATALOGUE, [(tree, within)], [answers])[0][0]
        else:
            day = date.fromisoformat(example.on)
            table = Table(CATALOGUE, [answers])
            ask = table.in_sqlite if engine == "sqlite" else table.in_duckdb
            answer = ask([condition_sql(CATALOGUE, tree, day, within)])[0][0]
        found[place, title(example)] = answer
    wanted = {(place, title(example)): example.truth for place, example in enumerate(EXAMPLES)}
    assert found == wanted


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: repr(refusal.rule[:40]))
def test_what_is_not_of_the_language_is_refused(refusal: Refusal) -> None:
    assert refusal.because in refusal.message()


@pytest.mark.parametrize("text", ["hiv AND", "((hiv)", "hiv hiv hiv", "age > 2 ESCAPE 3"])
def test_what_is_no_sql_is_told_with_its_place_in_one_line(text: str) -> None:
    """Seen to fail with the second line of the parser's message, which marks the place with signs."""
    with pytest.raises(RuleError, match=r"not a SQL condition: .+ Line 1, Col: [0-9]+\.$") as refused:
        CATALOGUE.parse(text)
    assert "\x1b" not in str(refused.value)


def test_the_page_of_the_docs_is_up_to_date() -> None:
    if os.environ.get("WRITE_DOCS"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(), "run WRITE_DOCS=1 python3 manage.py test tests/rules"


def test_truths_combine_by_the_same_tables() -> None:
    assert {one: ~one for one in Truth} == NEITHER
    assert {pair: at_least(2, pair) for pair in ALL} == ALL
    assert {pair: at_least(1, pair) for pair in ANY} == ANY
    assert {three: at_least(2, three) for three in TWO_OF_THREE} == TWO_OF_THREE


@pytest.mark.parametrize("rule", sorted({example.rule for example in EXAMPLES}))
def test_a_rule_written_back_is_the_same_rule(rule: str) -> None:
    tree = CATALOGUE.parse(rule)
    assert CATALOGUE.parse(write(tree)) == tree
    assert from_data(to_data(tree)) == tree


DEEP = "nested more than 15 deep: split the criterion"


@pytest.mark.parametrize(
    ("rule", "refused"),
    [
        ("NOT " * 8 + "hiv", ""),
        ("NOT " * 15 + "hiv", ""),
        ("NOT " * 16 + "hiv", DEEP),
        ("NOT (" * 7 + "hiv" + ")" * 7, ""),
        ("NOT (" * 16 + "hiv" + ")" * 16, DEEP),
        ("(" * 15 + "hiv" + ")" * 15, ""),
        ("(" * 16 + "hiv" + ")" * 16, DEEP),
        ("(" * 15 + "age" + ")" * 15 + " > 18", DEEP),
        ("(" * 14 + "age" + ")" * 14 + " > 18", ""),
        ("(hiv) AND " * 20 + "hepatitis_b", ""),
        ("NOT hiv AND " * 20 + "hepatitis_b", ""),
        ("age > 18 AND " * 100 + "age > 180 AND age >180", ""),
        ("hiv OR" + " " * 1991 + "hiv", ""),
        ("hiv OR" + " " * 1992 + "hiv", "the rule has 2001 characters: 2000 are allowed"),
        ("", "the rule is empty"),
        ("AT_LEAST(1, hiv)", "write AT_LEAST(2, first, second, third)"),
        ("AT_LEAST(2, hiv, hepatitis_b)", ""),
        ("AT_LEAST(3, hiv, hepatitis_b)", "AT_LEAST counts from 1 to 2 here, not 3"),
        ("AT_LEAST(0, hiv, hepatitis_b)", "AT_LEAST counts from 1 to 2 here, not 0"),
        ("AT_LEAST(1.5, hiv, hepatitis_b)", "AT_LEAST counts from 1 to 2 here, not 1.5"),
        ("AT_LEAST('1', hiv, hepatitis_b)", "write AT_LEAST(2, first, second, third)"),
    ],
    ids=lambda value: value[:30],
)
def test_how_much_a_rule_may_hold(rule: str, refused: str) -> None:
    said = Refusal(rule, refused).message()
    assert refused in said
    assert (said == "") is (refused == "")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (18.0, "18"),
        (-3.0, "-3"),
        (9.5, "9.5"),
        (-1.2, "-1.2"),
        (0.5, "0.5"),
        (0.00001, "0.00001"),
        (-0.00025, "-0.00025"),
        (1.000001, "1.000001"),
        (12345678.0, "12345678"),
    ],
)
def test_a_number_is_written_in_plain_decimals(value: float, written: str) -> None:
    assert write_number(value) == written


@pytest.mark.parametrize(
    ("found", "known", "guess"),
    [
        (
            "hba1c",
            ("hba1c_percent", "hba1c_mmol_mol", "age"),
            ": did you mean 'hba1c_percent' or 'hba1c_mmol_mol'?",
        ),
        ("a", ("a_1", "a_2", "a_3", "a_4"), ": did you mean 'a_1' or 'a_2' or 'a_3'?"),
        ("hiw", ("hiv", "age"), ": did you mean 'hiv'?"),
        ("zzz", ("hiv", "age"), ": use one of age, hiv"),
        ("zzz", (), ""),
        ("zzz", tuple("abcdefghijkl"), ": use one of a, b, c, d, e, f, g, h, i, j, k, l"),
        ("zzz", tuple("abcdefghijklm"), ""),
    ],
)
def test_a_name_nobody_knows_is_answered_with_the_nearest(
    found: str, known: tuple[str, ...], guess: str
) -> None:
    assert did_you_mean(found, known) == guess


def test_a_formula_s_functions_are_no_part_of_a_rule() -> None:
    with pytest.raises(RuleError, match="a rule calls no function but AT_LEAST"):
        parse_condition("FLOOR(x) > 3", {"x": "number"}, {})
