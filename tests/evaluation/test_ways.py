"""Ways to pass are carried out with real answers; what is never proposed is looked for."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from itertools import islice, product
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given

from screening.clinical.dates import reaches, say_day
from screening.rules import ways
from screening.rules.answers import Problems
from screening.rules.evaluate import Compiled, CompiledProtocol, Outcome
from screening.rules.facts import EVENTS, Fact
from screening.rules.inputs import Known
from screening.rules.language import (
    And,
    AtLeast,
    Between,
    Compare,
    Condition,
    Holds,
    Named,
    Not,
    Number,
    Or,
)
from screening.rules.ways import Changes, Do, Step, Ways
from screening.rules.words import say
from tests.evaluation.explained import (
    BOOK,
    CATALOGUE,
    answers_to,
    in_unit,
    known_by,
    number_in_words,
    payload_drawn,
    somebody,
    unit_of,
    with_answers,
)
from tests.strategies import randoms

Way = tuple[Step, ...]
MOST_TRIED = 600


def groups(person: Known) -> Iterator[tuple[CompiledProtocol, Ways]]:
    """Yield what would change each protocol's answer for the person."""
    changes = Changes(BOOK, person)
    for protocol in BOOK.protocols:
        for found in changes.of(protocol.deciding):
            yield protocol, found


def members(protocol: CompiledProtocol, found: Ways) -> list[Compiled]:
    return [one for one in protocol.deciding if one.criterion.id in found.criteria]


def all_pass(group: Sequence[Compiled], known: Known, way: Sequence[Step]) -> bool:
    days = {step.on for step in way if step.on is not None}
    assert len(days) < 2
    then = known.at(days.pop()) if days else known
    return all(one.outcome(then) is Outcome.PASS for one in group)


def done(payload: dict[str, Any], person: Known, way: Way, group: Sequence[Compiled]) -> dict | None:
    """Return real answers that carry out `way`, by fact; None where none was found that lets `group` pass.

    Dates that no other date allows are refused by the reader; a way may hang on just these.
    """
    offered: dict[str, list[dict[str, Any]]] = {}
    for step in way:
        if step.do is not Do.WAIT:
            for fact in step.facts:
                offered[fact] = _both(fact, offered.get(fact), list(answers_to((fact,), step.target, person)))
    refused = False
    for picked in islice(product(*offered.values()), MOST_TRIED):
        answers = {name: answer for one in picked for name, answer in one.items()}
        try:
            known = with_answers(payload, answers)
        except Problems:
            refused = True
            continue
        if all_pass(group, known, way):
            return answers
    return {} if refused else None


def _both(fact: str, before: list[dict[str, Any]] | None, now: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the answers with which two steps about the same fact are done."""
    if before is None:
        return now
    match CATALOGUE.facts[fact].kind if fact != EVENTS else EVENTS:
        case "choices":
            parts = before[0][fact]["value"] | now[0][fact]["value"]
            return [{fact: {"value": parts}}]
        case "date":
            return [*before, *now]
    return [answer for answer in now if answer in before]


@somebody(20)
@given(randoms)
def test_a_way_carried_out_passes_and_no_step_can_be_spared(random: Random) -> None:
    payload = payload_drawn(random)
    person = known_by(payload)
    open_ways = [(one, found, way) for one, found in groups(person) if not found.fixed for way in found.ways]
    for protocol, found, way in random.sample(open_ways, min(12, len(open_ways))):
        place, group = (protocol.protocol.id, found.criteria), members(protocol, found)
        answers = done(payload, person, way, group)
        assert answers is not None, (place, [step.text for step in way])
        for spared in way if answers or all(step.do is Do.WAIT for step in way) else ():
            others = [step for step in way if step is not spared]
            if {fact for step in others for fact in step.facts}.isdisjoint(spared.facts):
                rest = {fact: answer for fact, answer in answers.items() if fact not in spared.facts}
                known = with_answers(payload, rest)
                assert not all_pass(group, known, others), (place, spared.text)


@somebody(20)
@given(randoms)
def test_nothing_is_proposed_that_is_no_goal_of_care(random: Random) -> None:
    person = known_by(payload_drawn(random))
    for _, found in groups(person):
        for step in (step for way in found.ways for step in way if step.do is Do.WORK_ON):
            _is_healthy(step, person)


def _is_healthy(step: Step, person: Known) -> None:
    """The fact can be worked on, and what is asked for lies on its healthy side, none of it on the other."""
    (name,) = step.facts
    fact = CATALOGUE.facts[name]
    assert fact.changes == "modifiable"
    assert fact.better != "none"
    if fact.kind == "yes_no":
        assert step.target == ("no" if fact.better == "lower" else "yes")
        return
    assert fact.numeric, step.text
    lower = fact.better == "lower"
    for part in step.target.split(" and "):
        holds, label = number_in_words(part)
        unit = unit_of(fact, label)
        rule_name = fact.rule_name(unit)
        low, high, stored = person[BOOK.reader.named(rule_name, None).place]
        now = [in_unit(fact, end, stored, unit) for end in ((low, high) if low != high else (low,))]
        worst = max(now) if lower else min(now)
        far = fact.plausible[unit][1 if lower else 0]
        goal = fact.goal.get(unit, fact.plausible[unit][0 if lower else 1])
        assert not holds(worst), step.text
        assert not any(holds(worst + (far - worst) * share / 50) for share in range(1, 51)), step.text
        assert any(holds(goal + (worst - goal) * share / 50) for share in range(50)), step.text


@somebody(20)
@given(randoms)
def test_what_stands_in_the_way_is_said_only_where_nothing_may_be_proposed(random: Random) -> None:
    person = known_by(payload_drawn(random))
    for protocol, found in groups(person):
        assert found.ways, (protocol.protocol.id, found.criteria)
        steps = [step for way in found.ways for step in way]
        assert found.fixed is any(step.do is Do.FIXED for step in steps), [step.text for step in steps]
        failing = [one for one in members(protocol, found) if one.outcome(person) is Outcome.PASS]
        assert not failing
    for protocol in BOOK.protocols:
        told = [name for found in Changes(BOOK, person).of(protocol.deciding) for name in found.criteria]
        open_criteria = [
            one.criterion.id for one in protocol.deciding if one.outcome(person) is not Outcome.PASS
        ]
        assert sorted(told) == sorted(open_criteria)


PROPOSED = Path(__file__).parent / "proposed.toml"


def test_every_change_ever_proposed_was_looked_at() -> None:
    """A new one is added to the list by hand, once somebody has seen that it is good for the person."""
    looked_at = {
        (name, line)
        for name, lines in tomllib.loads(PROPOSED.read_text())["work_on"].items()
        for line in lines
    }
    assert set(proposable()) == looked_at


def proposable() -> Iterator[tuple[str, str]]:
    """Yield each fact and target that a step could tell somebody to work on, by the shipped rules."""
    for protocol in BOOK.protocols:
        for one in protocol.deciding:
            wants = [(one.tree, one.criterion.passes_when)]
            wants += [(one.unclear_tree, False)] if one.unclear_tree is not None else []
            for tree, holds in wants:
                yield from _targets(tree, holds)


def _targets(tree: Condition, holds: bool) -> Iterator[tuple[str, str]]:
    match tree:
        case Not(limb):
            yield from _targets(limb, not holds)
        case And(limbs) | Or(limbs) | AtLeast(_, limbs):
            for limb in limbs:
                yield from _targets(limb, holds)
        case Holds(name) | Compare(Named(name), _, Number()) | Between(Named(name), Number(), Number()):
            fact = CATALOGUE.facts.get(CATALOGUE.names[name].fact)
            if fact is not None and fact.changes == "modifiable" and fact.better != "none":
                said = say(CATALOGUE, tree if holds else Not(tree), subject=False)
                if _towards_health(fact, said):
                    yield fact.name, said


def _towards_health(fact: Fact, said: str) -> bool:
    """Whether somebody who stands worse than `said` reaches it on the way to the goal."""
    lower = fact.better == "lower"
    if fact.kind == "yes_no":
        return said == ("no" if lower else "yes")
    holds, label = number_in_words(said)
    unit = unit_of(fact, label)
    low, high = fact.plausible[unit]
    worst = high if lower else low
    goal = fact.goal.get(unit, low if lower else high)
    return not holds(worst) and any(holds(goal + (worst - goal) * share / 1000) for share in range(1000))


@somebody(20)
@given(randoms)
def test_what_is_proposed_to_anybody_is_on_the_list(random: Random) -> None:
    listed = set(proposable())
    for _, found in groups(known_by(payload_drawn(random))):
        for step in (step for way in found.ways for step in way if step.do is Do.WORK_ON):
            assert {(step.facts[0], part) for part in step.target.split(" and ")} <= listed


@somebody(20)
@given(randoms)
def test_every_step_says_its_threshold_with_unit_and_its_day(random: Random) -> None:
    person = known_by(payload_drawn(random))
    for _, found in groups(person):
        for step in (step for way in found.ways for step in way):
            assert step.target in step.text or step.do is Do.FIXED, step.text
            assert (step.on is not None) is (step.do is Do.WAIT)
            if step.on is not None:
                assert step.text.startswith(f"Wait until {say_day(step.on)}: ")
                assert person.day < step.on <= reaches(person.day, 24, "months")
            assert _says_units(step), step.text


def _says_units(step: Step) -> bool:
    """Whether each part of a target about a quantity has one of its units."""
    fact = CATALOGUE.facts.get(step.facts[0])
    if fact is None or fact.kind != "quantity":
        return True
    return all(any(unit in part for unit in fact.units.values()) for part in step.target.split(" and "))


def test_more_is_said_just_where_ways_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    person = known_by({"as_of": "2026-11-20", "facts": {}})
    whole = [(protocol.protocol.id, found) for protocol, found in groups(person)]
    assert not any(found.more for _, found in whole)
    most = 2
    monkeypatch.setattr(ways, "MOST_WAYS", most)
    for (place, before), (_, after) in zip(whole, groups(person), strict=True):
        assert len(after.ways) <= most
        assert after.more or after.ways == before.ways, (place, before.criteria)
        assert len(before.ways) <= most or after.more, (place, before.criteria)
    assert any(after.more for _, after in groups(person))
