"""What the answers to each open question would settle, held against giving many real answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import product
from random import Random
from statistics import mean
from typing import Any

from hypothesis import given

from screening.clinical.units import LABELS
from screening.rules.answers import Problems
from screening.rules.evaluate import Outcome
from screening.rules.facts import EVENTS, Fact
from screening.rules.inputs import Known
from screening.rules.next_best import COSTS, NextBest, next_best
from screening.rules.overview import Overview, overview
from screening.rules.protocol import CLOSED_STATUSES
from screening.rules.reading import read_answers
from tests.evaluation.explained import BOOK, CATALOGUE, CONTENT, event, known_by, payload_drawn, somebody
from tests.evaluation.persons import AS_OF
from tests.strategies import SHIPPED, randoms

Settled = frozenset[tuple[str, str]]
Effect = tuple[Settled, int]
MOST_ANSWERS = 90
_N = r"(-?[\d.]+(?:e-?\d+)?)"
RANGES = (
    (rf"more than {_N} to less than {_N}", lambda value, low, high: low < value < high),
    (rf"more than {_N} to {_N}", lambda value, low, high: low < value <= high),
    (rf"{_N} to less than {_N}", lambda value, low, high: low <= value < high),
    (rf"{_N} to {_N}", lambda value, low, high: low <= value <= high),
    (rf"{_N} or more", lambda value, low: value >= low),
    (rf"{_N} or less", lambda value, high: value <= high),
    (rf"more than {_N}", lambda value, low: value > low),
    (rf"less than {_N}", lambda value, high: value < high),
    (rf"exactly {_N}", lambda value, one: value == one),
    (r"any number", lambda value: True),
)
_DAY = r"(\d+ [A-Z][a-z]{2} \d{4})"


def open_trials(short: Overview) -> dict[str, tuple[Outcome, ...]]:
    """Return the outcomes of each trial that takes people and is possible only as something is not known."""
    return {
        trial.protocol.id: trial.outcomes
        for trial in short.trials
        if trial.protocol.kind != "guideline"
        and trial.protocol.recruitment.status not in CLOSED_STATUSES
        and Outcome.FAIL not in trial.outcomes
        and Outcome.UNKNOWN in trial.outcomes
    }


def with_answer(payload: dict[str, Any], name: str, answer: Any) -> dict[str, Any]:
    if name != EVENTS:
        return payload | {"facts": payload["facts"] | {name: answer}}
    then = {key: value for key, value in payload.items() if not key.startswith(f"{EVENTS}_")}
    return then | {EVENTS: [*payload.get(EVENTS, ()), *map(event, range(answer))]}


def effect_of(payload: dict[str, Any], before: dict[str, tuple[Outcome, ...]]) -> Effect:
    """Return the open trials that are settled with the answers of `payload`, and how many criteria are."""
    short = overview(CONTENT, read_answers(CATALOGUE, payload))
    settled, criteria = set(), 0
    for trial in short.trials:
        if trial.protocol.id in before:
            unknown = trial.outcomes.count(Outcome.UNKNOWN)
            criteria += before[trial.protocol.id].count(Outcome.UNKNOWN) - unknown
            if Outcome.FAIL in trial.outcomes or unknown == 0:
                settled.add((trial.protocol.id, trial.candidacy.value))
    return frozenset(settled), criteria


def foretold(one: NextBest) -> dict[str, Settled]:
    """Return what each range of answers is said to settle."""
    found: dict[str, set[tuple[str, str]]] = {}
    for settled in one.settled:
        found.setdefault(settled.when, set()).update((trial, settled.to.value) for trial in settled.trials)
    return {when: frozenset(trials) for when, trials in found.items()}


def real_answers(name: str, whens: Sequence[str]) -> Iterator[Any]:
    """Yield answers of every kind to a question, those at and beside each limit among them."""
    if name == EVENTS:
        yield from range(5)
        return
    fact, today = CATALOGUE.facts[name], AS_OF.isoformat()
    match fact.kind:
        case "yes_no":
            yield from ({"value": value, "on": today} for value in (True, False))
        case "choice":
            yield from ({"value": value, "on": today} for value in fact.choices)
        case "choices":
            for each in product((True, False), repeat=len(fact.choices)):
                yield {"value": dict(zip(fact.choices, each, strict=True)), "on": today}
        case "date":
            yield from (day.isoformat() for day in _days(whens) if day <= AS_OF)
        case _:
            unit = fact.canonical_unit
            for value in _numbers(fact, whens):
                yield {"value": f"{value:.9g}", "on": today} | ({"unit": unit} if unit else {})


def _numbers(fact: Fact, whens: Sequence[str]) -> list[float]:
    unit = fact.canonical_unit
    low, high = fact.plausible[unit]
    step = 1.0 if fact.only_whole else fact.precision.get(unit, 0.01)
    said = [float(number) for when in whens for number in re.findall(r"-?\d+(?:\.\d+)?", when.split(" /")[0])]
    spread = [low + (high - low) * share / 24 for share in range(25)]
    near = [*said, *SHIPPED.near(fact, unit)]
    on_grid = {round(low + round((one - low) / step) * step, 9) for one in (*near, *spread)}
    beside = {round(one + shift * step, 9) for one in on_grid for shift in (-1, 0, 1)}
    return sorted(one for one in beside if low <= one <= high)


def _days(whens: Sequence[str]) -> set[date]:
    said = [_day(day) for when in whens for day in re.findall(_DAY, when)]
    spread = [AS_OF - timedelta(days=round(365.25 * years)) for years in (0, 0.2, 1, 3, 8, 20, 40, 60, 80)]
    return {day + timedelta(days=shift) for day in (*said, *spread) for shift in (-1, 0, 1)}


def _day(said: str) -> date:
    return datetime.strptime(said, "%d %b %Y").date()


def in_words(name: str, answer: Any, when: str) -> bool | None:
    """Whether an answer lies in a range as it is said; None where that cannot be read, or it is a limit."""
    if name == EVENTS:
        return None
    fact = CATALOGUE.facts[name]
    match fact.kind:
        case "yes_no":
            return ("yes" if answer["value"] else "no") in when.split(" or ")
        case "choice":
            return fact.choices[answer["value"]] in when.split(" or ")
        case "choices":
            return None
        case "date":
            return _in_days(date.fromisoformat(answer), when)
    label = LABELS.get(fact.canonical_unit, "")
    assert when == "any number" or label in when
    return _in_numbers(float(answer["value"]), when.replace(f" {label}", "") if label else when)


def _in_days(day: date, when: str) -> bool:
    for part in when.split(" or "):
        ends = [_day(end) for end in re.findall(_DAY, part)]
        if part == "any day" or (len(ends) == 2 and ends[0] <= day <= ends[1]):
            return True
    earlier = [_day(end) for end in re.findall(rf"{_DAY} or earlier", when)]
    later = [_day(end) for end in re.findall(rf"{_DAY} or later", when)]
    alone = [_day(end) for end in re.findall(rf"(?:^| or ){_DAY}(?=$| or \d)", when)]
    return any(day <= end for end in earlier) or any(day >= end for end in later) or day in alone


def _in_numbers(value: float, when: str) -> bool | None:
    rest, holds = when, False
    while rest:
        pattern, test = next(one for one in RANGES if re.match(rf"{one[0]}(?: or |$)", rest))
        found = re.match(rf"{pattern}(?: or |$)", rest)
        assert found is not None
        limits = [float(limit) for limit in found.groups()]
        if any(0 < abs(value - limit) <= 0.001 * abs(limit) for limit in limits):
            return None
        holds |= test(value, *limits)
        rest = rest[found.end() :]
    return holds


@somebody(10)
@given(randoms)
def test_real_answers_settle_just_what_was_foretold(random: Random) -> None:
    payload = payload_drawn(random)
    before = open_trials(overview(CONTENT, read_answers(CATALOGUE, payload)))
    ranked = next_best(BOOK, known_by(payload)).ranked
    for one in random.sample(ranked, min(4, len(ranked))):
        holds_against_real_answers(one, payload, before)


def holds_against_real_answers(
    one: NextBest, payload: dict[str, Any], before: dict[str, tuple[Outcome, ...]]
) -> None:
    told = {when: _as_told(one.fact, settled) for when, settled in foretold(one).items()}
    seen: set[Settled] = set()
    for answer in real_answers(one.fact, list(told)):
        try:
            settled = _as_told(one.fact, effect_of(with_answer(payload, one.fact, answer), before)[0])
        except Problems:
            continue
        seen.add(settled)
        assert settled in told.values() or not settled, (one.fact, answer)
        lies = [settled for when, settled in told.items() if in_words(one.fact, answer, when)]
        if all(in_words(one.fact, answer, when) is not None for when in told):
            assert lies == ([settled] if settled else []), (one.fact, answer)
    if _every_kind_was_given(one.fact):
        assert seen - {frozenset()} == set(told.values()), one.fact
        assert one.always == _always(seen), one.fact


def _as_told(name: str, settled: Settled) -> Settled:
    """Return what is settled; for a date, "not yet" and "unlikely" as one: they hang on other dates, too."""
    if name != EVENTS and CATALOGUE.facts[name].kind == "date":
        return frozenset((trial, "fails" if to in ("not_yet", "unlikely") else to) for trial, to in settled)
    return settled


def _every_kind_was_given(name: str) -> bool:
    """Whether the answers tried are surely all kinds there are: not those that other dates forbid."""
    return name == EVENTS or CATALOGUE.facts[name].kind in ("yes_no", "choice", "choices")


def _always(seen: set[Settled]) -> int:
    trials = [frozenset(trial for trial, _ in settled) for settled in seen]
    return len(frozenset.intersection(*trials))


@somebody(12)
@given(randoms)
def test_averages_are_over_the_kinds_of_answers(random: Random) -> None:
    payload = payload_drawn(random)
    before = open_trials(overview(CONTENT, read_answers(CATALOGUE, payload)))
    ranked = [one for one in next_best(BOOK, known_by(payload)).ranked if _every_kind_was_given(one.fact)]
    for one in random.sample(ranked, min(6, len(ranked))):
        answers = list(real_answers(one.fact, []))
        effects = {effect_of(with_answer(payload, one.fact, answer), before) for answer in answers}
        assert one.on_average == mean(len(settled) for settled, _ in effects), one.fact
        assert one.criteria == mean(criteria for _, criteria in effects), one.fact


@somebody(8)
@given(randoms)
def test_what_is_not_ranked_settles_no_criterion_by_itself(random: Random) -> None:
    payload = payload_drawn(random)
    before = open_trials(overview(CONTENT, read_answers(CATALOGUE, payload)))
    known = known_by(payload)
    ranked = {one.fact for one in next_best(BOOK, known).ranked}
    asked = [fact for fact in CATALOGUE.facts.values() if _may_be_asked(fact, known)]
    others = [fact for fact in asked if fact.name not in ranked]
    for fact in random.sample(others, min(4, len(others))):
        for answer in list(real_answers(fact.name, []))[::3]:
            try:
                _, criteria = effect_of(with_answer(payload, fact.name, answer), before)
            except Problems:
                continue
            assert criteria <= 0, (fact.name, answer)  # a contradiction opens criteria again


def _may_be_asked(fact: Fact, known: Known) -> bool:
    answers = known.answers
    return fact.asked and fact.gate is None and fact.name not in {*answers.known, *answers.conflicts}


@somebody(30)
@given(randoms)
def test_the_most_useful_question_stands_first(random: Random) -> None:
    ranking = next_best(BOOK, known_by(payload_drawn(random)))
    ranks = [
        (-one.always, -one.on_average, -one.criteria, COSTS.index(one.obtained_by)) for one in ranking.ranked
    ]
    assert ranks == sorted(ranks)
    assert all(len(one.needs) > 1 for one in ranking.not_ranked)


def needs(payload: dict[str, Any]) -> tuple[set[str], dict[str, tuple[str, ...]]]:
    ranking = next_best(BOOK, known_by(payload))
    return {one.fact for one in ranking.ranked}, {one.what: one.needs for one in ranking.not_ranked}


def test_a_number_with_two_answers_missing_is_not_ranked_and_with_one_it_is() -> None:
    both = {"as_of": AS_OF.isoformat(), "facts": {"diabetes_type": "type_1"}}
    ranked, not_ranked = needs(both)
    assert "weight" in not_ranked["bmi_kg_m2"]
    assert "height" not in ranked
    height = {"value": 170, "unit": "cm", "on": AS_OF.isoformat()}
    ranked, not_ranked = needs(both | {"facts": {"diabetes_type": "type_1", "height": height}})
    assert "weight" in ranked
    assert "bmi_kg_m2" not in not_ranked
