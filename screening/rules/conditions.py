"""Rules made into plain functions of what is known, each built once.

Every comparison is brought to one form, "the number reaches a cut": below, above and equal follow
from it by negation. The cut lies in each unit the number may be stored in, so a stored number is
never converted. A comparison is decided when both ends of what is known agree.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from screening.clinical.dates import Duration, day_of, reaches
from screening.clinical.units import CONVERSIONS
from screening.rules.facts import Fact
from screening.rules.inputs import AgeInput, DateInput, FactInput, Input, Known, Test
from screening.rules.language import (
    And,
    AtLeast,
    Between,
    Compare,
    Condition,
    Expression,
    Holds,
    Named,
    Not,
    Number,
    OneOf,
    Or,
    RuleError,
    names_in,
)
from screening.rules.reader import Reader
from screening.rules.truth import Truth

FLIPPED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
Crossing = Callable[[Known, date], Iterator[date]]


def cut_points(fact: Fact, unit: str, threshold: float, *, strict: bool) -> dict[str, float]:
    """Return, per unit, the least number that is `threshold` or more, or, if `strict`, more than it.

    Across units a number counts as if it were converted to `unit` and rounded half up to that unit's
    reporting precision; as rounding is monotone, the threshold is moved instead, exactly.

    Args:
        fact: the fact that is compared.
        unit: the unit `threshold` is in; empty for a fact without units.
    """
    cuts = {unit: math.nextafter(threshold, math.inf) if strict else threshold}
    exact = Fraction(str(threshold))
    for stored in fact.units:
        if stored == unit:
            continue
        conversion = CONVERSIONS[stored, unit]
        precision = fact.precision.get(unit)
        if precision is None:
            cuts[stored] = _least_above(conversion.back(exact), strict=strict)
        else:
            step = Fraction(str(precision))
            steps = math.floor(exact / step) + 1 if strict else math.ceil(exact / step)
            cuts[stored] = _least_above(conversion.back((steps - Fraction(1, 2)) * step), strict=False)
    return cuts


def _least_above(limit: Fraction, *, strict: bool) -> float:
    """Return the least number that reaches `limit`; a number counts as the decimals it is written with."""
    nearest = float(limit)
    written = Fraction(repr(nearest))
    outside = written <= limit if strict else written < limit
    return math.nextafter(nearest, math.inf) if outside else nearest


@dataclass(frozen=True, slots=True)
class Comparison:
    """One number against one threshold, as a rule has it.

    Attributes:
        source: the input that is compared.
        unit: the unit of `threshold`; for a date the unit of the duration.
        operator: one of the rule language's, with the input on its left.
    """

    source: Input
    unit: str
    operator: str
    threshold: float


class Compiler:
    """Makes tests of rules; equal rules share one test."""

    def __init__(self, reader: Reader, trees: Mapping[str, Condition]) -> None:
        self.reader, self.trees = reader, trees
        self._tests: dict[tuple[object, ...], Test] = {}
        reader.test_of = lambda rule: self.test(reader.catalogue.trees[rule])

    def test(self, tree: Condition, within: Duration | None = None) -> Test:
        """Return the function that tells whether `tree` holds for what is known.

        Args:
            tree: the rule.
            within: the age it allows answers; None for each fact's own.
        """
        key = (tree, within)
        if key not in self._tests:
            self._tests[key] = self._test(tree, within)
        return self._tests[key]

    def _test(self, tree: Condition, within: Duration | None) -> Test:
        match tree:
            case And(limbs):
                return all_hold([self.test(limb, within) for limb in limbs])
            case Or(limbs):
                return any_holds([self.test(limb, within) for limb in limbs])
            case AtLeast(count, limbs):
                return _at_least(count, [self.test(limb, within) for limb in limbs])
            case Not(limb):
                return negated(self.test(limb, within))
            case Holds(name):
                return _is_yes(self.reader.named(name, within).place)
            case OneOf(name, options):
                return _is_among(self.reader.named(name, within).place, frozenset(options))
        tests = [self.compared(comparison) for comparison in comparisons(self.reader, tree, within)]
        return tests[0] if len(tests) == 1 else all_hold(tests)

    def compared(self, comparison: Comparison) -> Test:
        """Return the test of one comparison."""
        source, threshold = comparison.source, comparison.threshold
        if isinstance(source, DateInput):
            return _elapsed(source.place, comparison.operator, int(threshold), comparison.unit)

        def reaches_cut(*, strict: bool) -> Test:
            if isinstance(source, FactInput) and source.fact.units:
                return _reaches_in_unit(
                    source.place, cut_points(source.fact, comparison.unit, threshold, strict=strict)
                )
            return _reaches(source.place, math.nextafter(threshold, math.inf) if strict else threshold)

        match comparison.operator:
            case ">=":
                return reaches_cut(strict=False)
            case ">":
                return reaches_cut(strict=True)
            case "<":
                return negated(reaches_cut(strict=False))
            case "<=":
                return negated(reaches_cut(strict=True))
        equal = all_hold([reaches_cut(strict=False), negated(reaches_cut(strict=True))])
        return equal if comparison.operator == "=" else negated(equal)

    def typed_in(self, tree: Condition, within: Duration | None) -> Test:
        """Return the test that every number `tree` names was typed in the unit `tree` names it in."""
        names = [self.reader.catalogue.names[name] for name in dict.fromkeys(names_in(tree))]
        pairs = [(self.reader.named(name.text, within).place, name.unit) for name in names if name.unit]

        def typed(known: Known) -> Truth:
            for place, unit in pairs:
                value = known[place]
                if value is not None and value[2] != unit:
                    return Truth.FALSE
            return Truth.TRUE

        return typed


def comparisons(reader: Reader, tree: Condition, within: Duration | None) -> list[Comparison]:
    """Return the comparisons that all hold where `tree`, a Compare or Between, holds."""
    match tree:
        case Compare(left, operator, right):
            return [_comparison(reader, left, operator, right, within)]
        case Between(value, low, high):
            return [
                _comparison(reader, value, ">=", low, within),
                _comparison(reader, value, "<=", high, within),
            ]
    raise TypeError(tree)


def _comparison(
    reader: Reader, left: Expression, operator: str, right: Expression, within: Duration | None
) -> Comparison:
    if isinstance(left, Number) and not isinstance(right, Number):
        return _comparison(reader, right, FLIPPED[operator], left, within)
    if not isinstance(right, Number):
        from screening.rules.language import Arithmetic

        return _comparison(reader, Arithmetic("-", left, right), operator, Number(0.0), within)
    if isinstance(left, Named):
        name = reader.catalogue.names[left.name]
        return Comparison(reader.named(left.name, within), name.unit, operator, right.value)
    if isinstance(left, Number):
        raise RuleError("compares two numbers: one side must name a fact")
    return Comparison(reader.expression(left, within), "", operator, right.value)


def all_hold(tests: list[Test]) -> Test:
    """Return Kleene's AND of `tests`."""
    listed, true, false, unknown = tuple(tests), Truth.TRUE, Truth.FALSE, Truth.UNKNOWN

    def holds(known: Known) -> Truth:
        result = true
        for test in listed:
            truth = test(known)
            if truth is false:
                return false
            if truth is unknown:
                result = unknown
        return result

    return holds


def any_holds(tests: list[Test]) -> Test:
    """Return Kleene's OR of `tests`."""
    listed, true, false, unknown = tuple(tests), Truth.TRUE, Truth.FALSE, Truth.UNKNOWN

    def holds(known: Known) -> Truth:
        result = false
        for test in listed:
            truth = test(known)
            if truth is true:
                return true
            if truth is unknown:
                result = unknown
        return result

    return holds


def negated(test: Test) -> Test:
    """Return Kleene's NOT of `test`."""
    true, false = Truth.TRUE, Truth.FALSE

    def holds(known: Known) -> Truth:
        truth = test(known)
        return false if truth is true else true if truth is false else truth

    return holds


def _at_least(count: int, tests: list[Test]) -> Test:
    def holds(known: Known) -> Truth:
        truths = [test(known) for test in tests]
        if truths.count(Truth.TRUE) >= count:
            return Truth.TRUE
        return Truth.FALSE if truths.count(Truth.FALSE) > len(truths) - count else Truth.UNKNOWN

    return holds


def _is_yes(place: int) -> Test:
    truths = {True: Truth.TRUE, False: Truth.FALSE, None: Truth.UNKNOWN}
    return lambda known: truths[known[place]]


def _is_among(place: int, options: frozenset[str]) -> Test:
    true, false, unknown = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN

    def holds(known: Known) -> Truth:
        chosen = known[place]
        return unknown if chosen is None else true if chosen in options else false

    return holds


def _reaches(place: int, cut: float) -> Test:
    true, false, unknown = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN

    def holds(known: Known) -> Truth:
        value = known[place]
        if value is None:
            return unknown
        return true if value[0] >= cut else false if value[1] < cut else unknown

    return holds


def _reaches_in_unit(place: int, cuts: dict[str, float]) -> Test:
    if len(cuts) == 1:
        return _reaches(place, next(iter(cuts.values())))
    true, false, unknown = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN

    def holds(known: Known) -> Truth:
        value = known[place]
        if value is None:
            return unknown
        cut = cuts[value[2]]
        return true if value[0] >= cut else false if value[1] < cut else unknown

    return holds


def _elapsed(place: int, operator: str, count: int, unit: str) -> Test:
    """Return the test of a duration since a date: `>= 5` years means on or before this day 5 years ago."""
    if operator in ("=", "<>"):
        equal = all_hold([_elapsed(place, ">=", count, unit), _elapsed(place, "<=", count, unit)])
        return equal if operator == "=" else negated(equal)
    true, false, unknown = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
    length = Duration(count, unit)
    beyond = 1 if operator in (">=", "<") else 0
    if_late, if_early = (false, true) if operator in (">=", ">") else (true, false)

    def holds(known: Known) -> Truth:
        span = known[place]
        if span is None:
            return unknown
        cut = known.starts[length] + beyond
        return if_late if span[0] >= cut else if_early if span[1] < cut else unknown

    return holds


def crossings(reader: Reader, tree: Condition, within: Duration | None) -> list[Crossing]:
    """Return functions that give the days on which `tree` may change by time alone."""
    found: list[Crossing] = []
    match tree:
        case And(limbs) | Or(limbs) | AtLeast(_, limbs):
            for limb in limbs:
                found += crossings(reader, limb, within)
        case Not(limb):
            found += crossings(reader, limb, within)
        case Compare() | Between():
            for comparison in comparisons(reader, tree, within):
                if isinstance(comparison.source, DateInput):
                    found.append(_elapsed_crossing(comparison))
                elif isinstance(comparison.source, AgeInput):
                    found.append(_age_crossing(comparison))
                elif comparison.source.moves:
                    found.append(comparison.source.crossings)
    return found


def _elapsed_crossing(comparison: Comparison) -> Crossing:
    """Return the days of a duration: `>= 5` years turns on the anniversary, `> 5` the day after."""
    place, count, unit = comparison.source.place, int(comparison.threshold), comparison.unit
    shifts = {">=": (0,), "<": (0,), ">": (1,), "<=": (1,)}.get(comparison.operator, (0, 1))

    def days(known: Known, until: date) -> Iterator[date]:
        for end in dict.fromkeys(known[place] or ()):
            for shift in shifts:
                yield reaches(day_of(end) + timedelta(days=shift), count, unit)

    return days


def _age_crossing(comparison: Comparison) -> Crossing:
    """Return the birthdays of an age: `>= 18` turns on the 18th, `> 18` on the 19th."""
    assert isinstance(comparison.source, AgeInput)
    place, threshold = comparison.source.source.place, comparison.threshold
    reached, passed = math.ceil(threshold), math.floor(threshold) + 1
    ages = {">=": (reached,), "<": (reached,), ">": (passed,), "<=": (passed,)}.get(
        comparison.operator, (reached, passed)
    )

    def days(known: Known, until: date) -> Iterator[date]:
        for end in dict.fromkeys(known[place] or ()):
            for age in ages:
                yield reaches(day_of(end), age, "years")

    return days
