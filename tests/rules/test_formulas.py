"""Formulas of derived facts: what is accepted, and the lowest and highest value they come to."""

from __future__ import annotations

import math

import pytest

from screening.rules.formulas import one_end
from screening.rules.language import Expression, Named, NameKind, RuleError, parse_formula

NAMES: dict[str, NameKind] = {"x": "number", "y": "number", "told": "truth"}
LOWS, HIGHS = (2.0, 0.0), (4.0, 1.0)
"""What is known: x lies from 2 to 4, y from 0 to 1."""


def formula(text: str) -> Expression:
    return parse_formula(text, NAMES)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("x + y", 2, 5),
        ("x - y", 1, 4),
        ("x * y", 0, 4),
        ("x / y", 2, math.inf),
        ("y / x", 0, 0.5),
        ("2 * x", 4, 8),
        ("x * 2", 4, 8),
        ("x / 2", 1, 2),
        ("x / 2 - y / 2", 0.5, 2),
        ("LEAST(x, 3)", 2, 3),
        ("GREATEST(x, 3)", 3, 4),
        ("FLOOR(x / 3)", 0, 1),
        ("FLOOR(x / y)", 2, math.inf),
        ("POWER(x, 2)", 4, 16),
        ("POWER(x, -1)", 0.25, 0.5),
        ("POWER(x, 0)", 1, 1),
        ("POWER(2, x)", 4, 16),
        ("POWER(1, x)", 1, 1),
        ("POWER(0.5, x)", 0.0625, 0.25),
    ],
)
def test_a_formula_comes_to_both_ends_of_what_it_may_be(text: str, low: float, high: float) -> None:
    end = one_end(formula(text), {"x": 0, "y": 1})
    assert (end(LOWS, HIGHS), end(HIGHS, LOWS)) == (low, high)


def test_a_divisor_that_can_only_be_nothing_gives_no_number() -> None:
    end = one_end(formula("x / y"), {"x": 0, "y": 1})
    with pytest.raises(ZeroDivisionError):
        end((2.0, 0.0), (4.0, 0.0))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("LEAST(x)", "LEAST takes two values"),
        ("LEAST(x, 2, 3)", "LEAST takes two values"),
        ("FLOOR()", "FLOOR takes one value"),
        ("POWER(x, y)", "POWER takes a number as its base or exponent"),
        ("-(x)", "calculate with numbers, names and + - * / only"),
        ("told + 1", "told is not a number: it cannot be compared or calculated with as one"),
        ("z + 1", "no fact is named 'z'"),
        ("x + ?abcdefghijklmnop", "found '?abcdefghijk': write numbers like 7.5"),
        ("(" * 16 + "x" + ")" * 16, "nested more than 15 deep"),
    ],
)
def test_what_is_no_formula_is_refused(text: str, message: str) -> None:
    with pytest.raises(RuleError) as refused:
        formula(text)
    assert message in str(refused.value)


@pytest.mark.parametrize("text", ["x * (y - 1)", "(x - 1) / y", "x * -1", "x / FLOOR(y - 1)", "POWER(-2, x)"])
def test_what_may_be_negative_is_not_multiplied(text: str) -> None:
    with pytest.raises(RuleError, match="may be negative"):
        one_end(formula(text), {"x": 0, "y": 1})


def test_a_formula_may_be_nested_fifteen_deep() -> None:
    assert formula("(" * 15 + "x" + ")" * 15) == Named("x")
