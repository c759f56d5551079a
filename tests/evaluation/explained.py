"""People for tests of what an explanation proposes, and its words read back.

The targets of steps are read with a small grammar of their own, so that what is tried is what the words ask
for and not what the program had in mind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from random import Random
from typing import Any

from hypothesis import Phase, settings

from screening.clinical.dates import lookback
from screening.clinical.units import CONVERSIONS, LABELS
from screening.rules.content import load_content
from screening.rules.facts import EVENTS, Fact
from screening.rules.inputs import FactInput, Known
from screening.rules.reading import read_answers
from screening.rules.screening import rulebook
from screening.rules.sentences import say_number
from screening.rules.supposing import Supposed
from tests.evaluation.persons import AS_OF, someone
from tests.strategies import People, examples, read_leniently

CONTENT = load_content()
CATALOGUE = CONTENT.catalogue
BOOK = rulebook(CONTENT)
EVERYTHING = [EVENTS, *(fact.name for fact in CATALOGUE.facts.values() if fact.asked)]

_NUMBER = r"(-?\d+(?:\.\d+)?)"
_WORDS: tuple[tuple[str, Callable[..., bool]], ...] = (
    (rf"less than {_NUMBER} or more than {_NUMBER}", lambda value, said: not said[0] <= value <= said[1]),
    (rf"more than {_NUMBER}", lambda value, said: value > said[0]),
    (rf"less than {_NUMBER}", lambda value, said: value < said[0]),
    (rf"exactly {_NUMBER}", lambda value, said: value == said[0]),
    (rf"other than {_NUMBER}", lambda value, said: value != said[0]),
    (rf"{_NUMBER} to {_NUMBER}", lambda value, said: said[0] <= value <= said[1]),
)


def somebody(count: int) -> settings:
    """Return settings of `count` people; none is made smaller, as that takes minutes and tells little."""
    return settings(examples(count), phases=(Phase.generate,))


def payload_drawn(random: Random) -> dict[str, Any]:
    """Return the answers of somebody with gaps: dates where rules look, or values near thresholds."""
    if random.random() < 0.4:
        return someone(random.randrange(10_000))
    people = People(random, EVERYTHING, AS_OF, missing=random.choice((0.1, 0.3, 0.6, 0.85)), recent=0.8)
    return read_leniently_payload(people.payload())


def read_leniently_payload(payload: dict[str, Any]) -> dict[str, Any]:
    """Return `payload` without the answers that cannot stand with the others."""
    answers = read_leniently(payload)
    told = answers.stated.keys() | answers.not_known.keys()
    return payload | {"facts": {name: given for name, given in payload["facts"].items() if name in told}}


def known_by(payload: dict[str, Any]) -> Known:
    """Return what is known of the person of `payload`."""
    return BOOK.reader.known(read_answers(CATALOGUE, payload))


def number_in_words(said: str) -> tuple[Callable[[float], bool], str]:
    """Return whether a number is as one target asks for, and the unit of the target as it is written."""
    if found := re.fullmatch(rf"{_NUMBER}(.*?) or (more|less)", said):
        limit, unit, way = float(found[1]), found[2].strip(), found[3]
        return (lambda value: value >= limit if way == "more" else value <= limit), unit
    for pattern, holds in _WORDS:
        if found := re.fullmatch(rf"{pattern}(.*)", said):
            *numbers, unit = found.groups()
            return partial(holds, said=tuple(map(float, numbers))), unit.strip()
    raise AssertionError(f"these words ask for no number: {said}")


def unit_of(fact: Fact, label: str) -> str:
    """Return the unit of `fact` that is written so."""
    return next((unit for unit in fact.units if LABELS[unit] == label), "")


def answers_to(step_facts: tuple[str, ...], target: str, known: Known) -> Iterator[dict[str, Any]]:
    """Yield real answers, by fact, that do what the words of a target ask for.

    Only a date is offered on both sides of its limit, and the list of events longer and longer.
    """
    if step_facts == (EVENTS,):
        yield from ({EVENTS: count} for count in range(4))
        return
    (name,) = step_facts[-1:]
    fact = CATALOGUE.facts[name]
    match fact.kind:
        case "yes_no":
            assert target in ("yes", "no"), target
            yield {name: target == "yes"}
        case "choice":
            labels = target.split(" or ")
            assert set(labels) <= set(fact.choices.values()), target
            yield from ({name: key} for key, label in fact.choices.items() if label in labels)
        case "choices":
            part = next(key for key, label in fact.choices.items() if target.endswith(label))
            yield {name: {"value": {part: f"not {fact.choices[part]}" not in target}}}
        case "date":
            yield from ({name: day.isoformat()} for day in _days(target, known))
        case _:
            yield from ({name: answer} for answer in _numbers(fact, target))


def _days(target: str, known: Known) -> Iterator[date]:
    birth = known.answers.known.get("birth_date")
    units = [word for word in ("days", "months", "years") if word[:-1] in target] or ["years"]
    for count in map(int, re.findall(r"\d+", target)):
        for unit in units:
            day = lookback(AS_OF, count, unit)
            yield from (day + timedelta(days=shift) for shift in (-7300, -366, -1, 0, 1, 366))
        if birth is not None and "age at" in target:
            for years in (-1, 0, 1):
                yield lookback(birth.value.first, -(count + years), "years") + timedelta(days=40)


def _numbers(fact: Fact, target: str) -> Iterator[dict[str, Any]]:
    wanted = [(holds, unit_of(fact, label)) for holds, label in map(number_in_words, target.split(" and "))]
    unit = wanted[0][1]
    step = 1.0 if fact.only_whole else fact.precision.get(unit, 0.01)
    low, high = fact.plausible[unit]
    said = re.sub(r"/1\.73 m²", "", target)
    for number in map(float, re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", said)):
        for value in (round(number + shift * step, 9) for shift in (0, -1, 1)):
            if low <= value <= high and all(
                holds(in_unit(fact, value, unit, other)) for holds, other in wanted
            ):
                answer = {"value": f"{value:.9g}", "on": AS_OF.isoformat()}
                yield answer | ({"unit": unit} if unit else {})


def in_unit(fact: Fact, value: float, unit: str, other: str) -> float:
    """Return `value` as rules take it in another unit."""
    if unit == other:
        return value
    converted, precision = CONVERSIONS[unit, other](value), fact.precision.get(other)
    return converted if precision is None else float(say_number(converted, precision))


def with_answers(payload: dict[str, Any], given: dict[str, Any]) -> Known:
    """Return what is known of the person of `payload` with these further answers, or others.

    Answers that contradict each other are taken back, as who asks again would. A number that is worked out is
    supposed to have come out so.
    """
    facts = dict(payload["facts"])
    contradicted = known_by(payload).answers.conflicts if given else {}
    then = dict(payload)
    asked, worked_out = {}, {}
    for name, answer in given.items():
        if name == EVENTS:
            then[EVENTS] = [*payload.get(EVENTS, ()), *(event(place) for place in range(answer))]
            for key in ("complete_since", "at_least_more", "asked_on"):
                then.pop(f"{EVENTS}_{key}", None)
        elif CATALOGUE.facts[name].asked and not CATALOGUE.facts[name].derived:
            facts = {other: told for other, told in facts.items() if other not in contradicted}
            before = facts.get(name)
            if CATALOGUE.facts[name].kind == "choices" and isinstance(before, dict):
                answer = {**answer, "value": {**_parts(name, before), **answer["value"]}}
            asked[name] = answer
        else:
            worked_out[name] = answer
    known = known_by(then | {"facts": facts | asked})
    if not worked_out:
        return known
    values: dict[int, Any] = {}
    for source in BOOK.reader.inputs:
        if isinstance(source, FactInput) and source.name in worked_out:
            answer = worked_out[source.name]
            number = float(answer["value"])
            values[source.place] = (number, number, answer.get("unit", ""))
    return Supposed(known, values)


def _parts(name: str, before: dict[str, Any]) -> dict[str, bool]:
    value = before.get("value", {})
    if isinstance(value, list):
        return {part: part in value for part in CATALOGUE.facts[name].choices}
    return dict(value)


def event(place: int) -> dict[str, Any]:
    day = AS_OF - timedelta(days=7 * (place + 1))
    return {
        "on": day.isoformat(),
        "assistance": True,
        "impaired": True,
        "symptoms": ["could not be woken"],
        "glucose": {"value": 41, "unit": "mg/dL"},
        "recovered_after_treatment": True,
        "cause": "none_found",
        "documented": "chart",
        "told_by": "witness",
    }
