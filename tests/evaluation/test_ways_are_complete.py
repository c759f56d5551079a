"""Ways to pass on small random rules, held against trying every answer there is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from random import Random
from typing import Any

from hypothesis import given

from screening.rules.evaluate import Compiled, Outcome, Rulebook
from screening.rules.language import Arithmetic, Condition, limbs_of, write
from screening.rules.protocol import Criterion
from screening.rules.reading import read_answers
from screening.rules.ways import Changes
from tests.evaluation.explained import CATALOGUE, CONTENT, somebody
from tests.evaluation.persons import AS_OF
from tests.strategies import Rules, randoms, thresholds_of

NAMES = ("hiv", "smoking", "cgm_willing", "gold_score", "hba1c_percent", "blood_group")
FACTS = ("hiv", "smoking", "cgm_willing", "gold_score", "hba1c", "blood_group")


def plain_rule(random: Random) -> Condition:
    """Return a rule that works nothing out."""
    while True:
        tree = Rules(random, random.sample(NAMES, 3)).rule(2)
        if not any(isinstance(part, Arithmetic) for part in _parts(tree)):
            return tree


def _parts(tree: Any) -> Iterator[Any]:
    yield tree
    for limb in limbs_of(tree):
        yield from _parts(limb)


def made_ready(tree: Condition, kind: Any) -> tuple[Rulebook, Compiled]:
    rule = write(tree)
    book = Rulebook(replace(CONTENT, protocols=(), cautions={}, trees={rule: tree}))
    return book, book.compiled(Criterion(kind=kind, id="I1", text="", rule=rule, source="S1", grade="A"))


def values(name: str, tree: Condition) -> list[Any]:
    """Return every answer to a fact that `tree` can tell apart."""
    fact = CATALOGUE.facts[name]
    if fact.kind == "yes_no":
        return [True, False]
    if fact.kind == "choice":
        return list(fact.choices)
    unit = fact.canonical_unit
    if fact.only_whole:
        return list(range(1, 8))
    near = thresholds_of(tree).near(fact, unit)
    low, high = fact.plausible[unit]
    tried = {round(one + shift, 4) for one in near for shift in (-0.01, 0.0, 0.01)} | {low, high}
    return sorted(one for one in tried if low <= one <= high)


def reachable(name: str, now: Any, tree: Condition) -> list[Any]:
    """Return the answers a fact may come to have: any while it is not known, else only better ones."""
    if now is None:
        return values(name, tree)
    fact = CATALOGUE.facts[name]
    if fact.changes != "modifiable" or fact.better == "none":
        return [now]
    sign = -1 if fact.better == "lower" else 1
    goal = fact.goal.get(fact.canonical_unit)
    better = [one for one in values(name, tree) if (one - now) * sign > 0]
    return [now, *(one for one in better if goal is None or (goal - one) * sign >= 0)]


def told(answers: dict[str, Any]) -> dict[str, Any]:
    facts = {}
    for name, value in answers.items():
        if value is not None:
            unit = CATALOGUE.facts[name].canonical_unit
            facts[name] = {"value": value, "on": AS_OF.isoformat()} | ({"unit": unit} if unit else {})
    return {"as_of": AS_OF.isoformat(), "facts": facts}


@somebody(60)
@given(randoms)
def test_a_way_is_found_just_where_some_answers_pass(random: Random) -> None:
    tree = plain_rule(random)
    book, compiled = made_ready(tree, random.choice(("inclusion", "exclusion")))
    person = {name: random.choice([None, *values(name, tree)]) for name in FACTS}
    known = book.reader.known(read_answers(CATALOGUE, told(person)))
    if compiled.outcome(known) is Outcome.PASS:
        assert Changes(book, known).of([compiled]) == []
        return
    (found,) = Changes(book, known).of([compiled])
    named = [name for name in FACTS if name in write(tree)]
    passing = any(
        compiled.outcome(
            book.reader.known(read_answers(CATALOGUE, told(person | dict(zip(named, picked, strict=True)))))
        )
        is Outcome.PASS
        for picked in product(*(reachable(name, person[name], tree) for name in named))
    )
    assert found.fixed is not passing, (write(tree), person)
