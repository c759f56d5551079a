"""The days on which time alone changes an answer or a standing, held against looking at every single day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import given

from screening.clinical.dates import reaches
from screening.rules.answers import Answers
from screening.rules.candidacy import standing
from screening.rules.content import load_content
from screening.rules.evaluate import Compiled, CompiledProtocol, Outcome, assess, first_change, first_of
from screening.rules.explanation import explain
from screening.rules.facts import EVENTS
from screening.rules.inputs import FactInput, Known
from screening.rules.reading import read_answers
from screening.rules.screening import rulebook
from screening.rules.sentences import Account
from screening.rules.turning import FAILS, changes, horizon, turns
from tests.evaluation.persons import AS_OF, someone
from tests.strategies import People, examples, randoms, read_leniently

CONTENT = load_content()
BOOK = rulebook(CONTENT)
DATED = [EVENTS, *(fact.name for fact in CONTENT.catalogue.facts.values() if fact.asked)]
ONE_DAY = timedelta(days=1)


@cache
def moving() -> list[Compiled]:
    """Each criterion, as the first of those that ask the same, that time alone may change."""
    criteria = (first_of(one) for protocol in BOOK.protocols for one in protocol.criteria)
    return [one for one in dict.fromkeys(criteria) if one.crossings]


def days_from(first: date) -> list[date]:
    last = reaches(first, 24, "months")
    return [first + timedelta(days=ahead) for ahead in range(1, (last - first).days + 1)]


def person_drawn(random: Random) -> Known:
    """Return somebody with gaps, whose dates lie where rules look."""
    if random.random() < 0.5:
        return BOOK.reader.known(read_answers(CONTENT.catalogue, someone(random.randrange(10_000))))
    people = People(random, DATED, AS_OF, missing=random.choice((0.1, 0.5, 0.8)))
    return BOOK.reader.known(read_leniently(people.payload()))


def seen_to_change(person: Known, days: Sequence[date], answer: Any) -> list[tuple[date, Any]]:
    """Return the days on which `answer` of what is known becomes another one, and which."""
    found, before = [], answer(person)
    for day in days:
        then = answer(person.at(day))
        if then != before:
            found.append((day, then))
            before = then
    return found


@examples(10)
@given(randoms)
def test_criteria_change_on_the_days_told_and_on_no_other(random: Random) -> None:
    person = person_drawn(random)
    days = days_from(person.day)
    for compiled in random.sample(moving(), 40):
        told = changes(compiled, person)
        assert told == seen_to_change(person, days, compiled.condition), compiled.criterion.rule
        assert first_change(compiled, person, horizon(person)) == next(iter(told), None)


@examples(8)
@given(randoms)
def test_standings_turn_on_the_days_told_and_on_no_other(random: Random) -> None:
    person = person_drawn(random)
    days = days_from(person.day)
    for protocol in random.sample(BOOK.protocols, 16):
        told = turns(protocol, person)
        assert told == seen_to_change(person, days, lambda then, one=protocol: _stands(one, then))
        _agrees_with_the_standing(protocol, person, told)


def _stands(protocol: CompiledProtocol, then: Known) -> str:
    outcomes = {one.outcome(then) for one in protocol.deciding}
    if Outcome.FAIL in outcomes:
        return "fails"
    return "possible" if Outcome.UNKNOWN in outcomes or protocol.protocol.best else "likely"


def _agrees_with_the_standing(protocol: CompiledProtocol, person: Known, told: Sequence[Any]) -> None:
    """The first turn is the day on which the candidacy lapses, or, where it fails, the day it may begin."""
    assessments = [assess(one, Account(person)) for one in protocol.deciding]
    found = standing(protocol.deciding, assessments, person, protocol.protocol.best)
    first = next((turn.on for turn in told), None)
    if Outcome.FAIL in [one.outcome for one in assessments]:
        assert found.not_before == first
        assert first is None or told[0].to != FAILS
    else:
        assert found.lapses_on == first


@examples(24)
@given(randoms)
def test_answers_that_decide_are_current_to_the_day_told_and_stale_on_the_next(random: Random) -> None:
    payload = someone(random.randrange(10_000))
    protocol = random.choice(BOOK.protocols)
    (trial,) = explain(CONTENT, read_answers(CONTENT.catalogue, payload), [protocol.protocol.id])["trials"]
    told = {one["fact"]: date.fromisoformat(one["last_day"]) for one in trial["stale_after"]}
    for fact, last in told.items():
        assert fact in _current(payload, last), fact
        assert fact not in _current(payload, last + ONE_DAY), fact
    ends = [one["last_day"] for one in trial["stale_after"]]
    assert ends == sorted(ends)
    assert trial["fresh_until"] == next(iter(ends), None)


def _current(payload: dict[str, Any], day: date) -> set[str]:
    """Return the facts that have a current answer on `day`; the list, where it is taken as complete."""
    said = payload["facts"].items()
    facts = {name: _dated(answer, payload["as_of"]) for name, answer in said}
    asked = {f"{EVENTS}_asked_on": payload["as_of"]} if EVENTS in payload else {}
    then = payload | asked | {"as_of": day.isoformat(), "facts": facts}
    known = BOOK.reader.known(read_answers(CONTENT.catalogue, then))
    found = {
        source.name
        for source in BOOK.reader.inputs
        if isinstance(source, FactInput) and source.current(known) is not None
    }
    return found | ({EVENTS} if _taken_as_complete(known.answers) else set())


def _dated(answer: object, on: str) -> object:
    bare = isinstance(answer, bool) or (isinstance(answer, str) and not answer[:4].isdigit())
    return {"value": answer, "on": on} if bare else answer


def _taken_as_complete(answers: Answers) -> bool:
    if answers.history is None:
        return False
    return answers.as_of <= answers.history.judged[""].asking.complete_until


def test_a_value_going_stale_is_told_apart_and_turns_nothing() -> None:
    payload = {
        "as_of": "2026-11-20",
        "facts": {"birth_date": "1983-05-01", "hba1c": {"value": 7.8, "unit": "%", "on": "2026-10-01"}},
    }
    (trial,) = explain(CONTENT, read_answers(CONTENT.catalogue, payload), ["celz-201"])["trials"]
    assert trial["stale_after"] == [{"fact": "hba1c", "last_day": "2026-12-30"}]
    assert trial["turns"] == []
    assert all(not criterion["changes"] for criterion in trial["criteria"])


@pytest.mark.parametrize(
    ("birth", "expected"),
    [
        ("2009-01-10", [("2027-01-10", "possible")]),
        ("1961-06-01", [("2027-06-01", "fails")]),
    ],
)
def test_a_birthday_opens_a_trial_and_closes_it(birth: str, expected: list[tuple[str, str]]) -> None:
    payload = {"as_of": "2026-11-20", "facts": {"birth_date": birth}}
    (trial,) = explain(CONTENT, read_answers(CONTENT.catalogue, payload), ["zimislecel-forward"])["trials"]
    assert [(turn["on"], turn["to"]) for turn in trial["turns"]] == expected
