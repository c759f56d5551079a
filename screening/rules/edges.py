"""What a criterion answers at the edges of its rule, found by asking the rule itself.

For each part of a rule a person is made up about whom one thing is known: the number at the threshold and
next to it, in every unit; a value that is only a limit, too old or without a date; each choice; nothing at
all. The answers are read, and the criterion is assessed, as for anybody.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

from screening.clinical.dates import Duration, lookback, say_day
from screening.clinical.units import LABELS
from screening.rules.answers import Problems
from screening.rules.conditions import Comparison, comparisons, cut_points
from screening.rules.content import Content
from screening.rules.evaluate import Compiled, Outcome, assess, parts_of
from screening.rules.facts import BIRTH, EVENTS, Fact
from screening.rules.inputs import (
    AgeInput,
    ChoiceInput,
    CountInput,
    DateInput,
    FactInput,
    Input,
    NumberInput,
    TruthInput,
)
from screening.rules.language import Between, Compare, Condition, Holds, OneOf, write_number
from screening.rules.protocol import Criterion
from screening.rules.reading import read_answers
from screening.rules.screening import rulebook
from screening.rules.sentences import Account
from screening.rules.truth import Truth
from screening.rules.words import say, upper_first

ONE_DAY = timedelta(days=1)
EVENT = {
    "assistance": True,
    "impaired": True,
    "symptoms": ["could not be woken"],
    "glucose": {"value": "40", "unit": "mg/dL"},
    "recovered_after_treatment": True,
    "cause": "none_found",
    "documented": "chart",
}
"""An event that counts by every definition."""


class Told(NamedTuple):
    """One made-up person: what is known, in words and as JSON."""

    words: str
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Edge:
    """What the rule answers where one thing is known and nothing else.

    Attributes:
        given: what is known, in words.
        holds: whether the part of the rule that is looked at holds.
        condition: that of the whole rule.
        outcome: what the condition means; as if the criterion decided, also where it does not.
    """

    given: str
    holds: Truth
    condition: Truth
    outcome: Outcome


@dataclass(frozen=True)
class Part:
    """One comparison, choice or yes of a rule, and what happens at its edges.

    Attributes:
        words: the part in words.
        unclear: it is of where the rule is unclear, and not of the rule.
        edges: empty where the part is worked out from several answers, so that no single one is its edge.
    """

    words: str
    unclear: bool
    edges: tuple[Edge, ...]


def edges(content: Content, criterion: Criterion, today: date) -> tuple[Part, ...]:
    """Return what `criterion` answers at its edges, part by part as the rule has them.

    Args:
        content: the facts and protocols that the criterion is of.
        today: the day of the made-up answers.
    """
    compiled = rulebook(content).compiled(criterion)
    own = dict.fromkeys(parts_of(compiled.tree))
    unclear = () if compiled.unclear_tree is None else parts_of(compiled.unclear_tree)
    parts = [*own, *(part for part in dict.fromkeys(unclear) if part not in own)]
    return tuple(_part(content, compiled, part, today, unclear=part not in own) for part in parts)


def _part(content: Content, compiled: Compiled, part: Condition, today: date, *, unclear: bool) -> Part:
    compiler = rulebook(content).compiler
    test = compiler.test(part, compiled.within)
    found: dict[str, Edge] = {}
    for told in _told(content, compiled, part, today):
        try:
            answers = read_answers(content.catalogue, {"as_of": today.isoformat(), **told.payload})
        except Problems:
            # Next to the end of the plausible range there is no answer that anybody could give.
            continue
        known = compiler.reader.known(answers)
        condition = assess(compiled, Account(known)).condition
        outcome = Outcome.UNKNOWN
        if condition is not Truth.UNKNOWN:
            passes = (condition is Truth.TRUE) is compiled.criterion.passes_when
            outcome = Outcome.PASS if passes else Outcome.FAIL
        found.setdefault(told.words, Edge(told.words, test(known), condition, outcome))
    return Part(upper_first(say(content.catalogue, part)), unclear, tuple(found.values()))


def _told(content: Content, compiled: Compiled, part: Condition, today: date) -> Iterator[Told]:
    reader = rulebook(content).reader
    match part:
        case Holds(name) | OneOf(name, _):
            yield from _of_choice(reader.named(name, compiled.within), today)
        case Compare() | Between():
            compared = comparisons(reader, part, compiled.within)
            source = compared[0].source
            if isinstance(source, NumberInput) and not source.fact.asked:
                return
            for comparison in compared:
                yield from _of_comparison(comparison, today)
            if isinstance(source, NumberInput):
                yield from _of_value(source, compared[0], today)
            if isinstance(source, NumberInput | AgeInput | DateInput | CountInput):
                yield from _not_known(source)


def _of_comparison(comparison: Comparison, today: date) -> Iterator[Told]:
    match comparison.source:
        case NumberInput(fact=fact):
            yield from _at_threshold(fact, comparison, today)
        case AgeInput(source=DateInput(fact=fact)):
            start = partial(lookback, today, unit="years")
            yield from _around_day(fact, start(_first_whole(comparison)), today)
        case DateInput(fact=fact):
            length = int(comparison.threshold), comparison.unit
            yield from _around_day(fact, lookback(today, *length), today)
        case CountInput():
            yield from _around_count(comparison, today)


def _at_threshold(fact: Fact, comparison: Comparison, today: date) -> Iterator[Told]:
    """Yield the last numbers on either side of the threshold, in each unit the fact may be typed in."""
    strict = comparison.operator in (">", "<=")
    threshold = Fraction(str(comparison.threshold))
    step = _step(fact, comparison.unit, threshold)
    for number in (threshold - step, threshold, threshold + step):
        yield _number(fact, comparison.unit, number, today)
    if not fact.units:
        return
    for unit, cut in cut_points(fact, comparison.unit, comparison.threshold, strict=strict).items():
        if unit != comparison.unit:
            finer = _step(fact, unit, Fraction(f"{cut:.2g}"))
            first = math.ceil(Fraction(cut) / finer) * finer
            for number in (first - finer, first):
                yield _number(fact, unit, number, today)
    for sign in ("<", ">"):
        yield _number(fact, comparison.unit, threshold, today, sign=sign)


def _step(fact: Fact, unit: str, near: Fraction) -> Fraction:
    """Return how finely a number is reported: as the fact says, whole, or one digit more than `near` has."""
    if unit in fact.precision:
        return Fraction(str(fact.precision[unit]))
    if fact.only_whole:
        return Fraction(1)
    digits = len(write_number(float(near)).partition(".")[2])
    return Fraction(1, 10 ** (digits + 1))


def _number(fact: Fact, unit: str, number: Fraction, today: date, *, sign: str = "") -> Told:
    written = write_number(float(number))
    label = LABELS.get(unit, "")
    answer = {"value": f"{sign}{written}", "on": today.isoformat(), **({"unit": label} if label else {})}
    return Told(f"{sign}{written} {label}".rstrip(), {"facts": {fact.name: answer}})


def _of_value(source: NumberInput, comparison: Comparison, today: date) -> Iterator[Told]:
    """Yield the number of the threshold on the last day it counts, a day older, and on no day."""
    if not source.ages:
        return
    told = _number(source.fact, comparison.unit, Fraction(str(comparison.threshold)), today)
    answer = told.payload["facts"][source.fact.name]
    for life in (source.short, source.life):
        yield from _as_it_ages(source.fact.name, answer, told.words, life, today)
    undated = {key: value for key, value in answer.items() if key != "on"}
    yield Told(f"{told.words}, no date", {"facts": {source.fact.name: undated}})


def _as_it_ages(
    name: str, answer: Mapping[str, Any], words: str, life: Duration | None, today: date
) -> Iterator[Told]:
    if life is None:
        return
    last = lookback(today, life.number, life.unit)
    for day, age in ((last, f"{life} old"), (last - ONE_DAY, f"{life} and a day old")):
        yield Told(f"{words}, {age}", {"facts": {name: {**answer, "on": day.isoformat()}}})


def _of_choice(source: Input, today: date) -> Iterator[Told]:
    """Yield each answer to a yes or no or a choice, of today and too old, and that it is not known."""
    if not isinstance(source, ChoiceInput | TruthInput):
        return
    fact = source.fact
    options: list[tuple[str, Any, Any]] = [("yes", True, True), ("no", False, False)]
    if fact.kind == "choice":
        options = [(words, key, key) for key, words in fact.choices.items()]
    elif isinstance(source, TruthInput) and source.part:
        options = [(words, {source.part: value}, value) for words, value, _ in options]
    for words, value, answered in options:
        answer = {"value": value, "on": today.isoformat()}
        yield Told(words, {"facts": {fact.name: answer}})
        if source.ages and fact.kind != "choices":
            life = source.lives[answered] if source.by_answer else source.life
            yield from _as_it_ages(fact.name, answer, words, life, today)
    yield from _not_known(source)


def _not_known(source: Input) -> Iterator[Told]:
    """Yield that it was looked for and is not known; a blank answers alike."""
    match source:
        case AgeInput(source=DateInput(fact=fact)) | FactInput(fact=fact) if fact.asked:
            yield Told("Not known", {"facts": {fact.name: {"unknown": "not known"}}})
        case CountInput() | FactInput():
            yield Told("Not known", {})


def _first_whole(comparison: Comparison) -> int:
    """Return the first whole number on the upper side of the threshold."""
    if comparison.operator in (">", "<="):
        return math.floor(comparison.threshold) + 1
    return math.ceil(comparison.threshold)


def _around_day(fact: Fact, day: date, today: date) -> Iterator[Told]:
    """Yield the day on which the answer turns, the days beside it, and its month and year alone."""
    for one in (day - ONE_DAY, day, day + ONE_DAY):
        yield Told(_when(fact, say_day(one)), {"facts": {fact.name: one.isoformat()}})
    for partly, words in ((f"{day:%Y-%m}", f"{day:%b %Y}, day"), (f"{day:%Y}", f"{day:%Y}, month")):
        yield Told(f"{_when(fact, words)} not known", {"facts": {fact.name: partly}})


def _when(fact: Fact, words: str) -> str:
    return f"Born {words}" if fact.name == BIRTH else words


def _around_count(comparison: Comparison, today: date) -> Iterator[Told]:
    """Yield as many events as the threshold has, and fewer, at the start of the window and in part known."""
    source = comparison.source
    assert isinstance(source, CountInput)
    exact = comparison.operator in ("=", "<>")
    enough = int(comparison.threshold) + 1 if exact else _first_whole(comparison)
    more: dict[str, Any] = {}
    start = today - timedelta(days=100)
    if source.aid_start is None:
        start = lookback(today, source.months, "months")
    else:
        more = {"facts": {source.aid_start.fact.name: start.isoformat()}}
    inside = [today - timedelta(days=7 * number) for number in range(1, enough + 1)]
    window = f"since {say_day(start)}"
    for count in dict.fromkeys((0, enough - 1, enough)):
        if count >= 0:
            yield _events(f"{_counted(count)} {window}", inside[:count], more)
    if enough < 1:
        return
    rest = inside[: enough - 1]
    others = f", {_counted(enough - 1)} later" if rest else ""
    for day in (start, start - ONE_DAY):
        yield _events(f"1 on {say_day(day)}{others}", [*rest, day], more)
    span = {"from": (start - ONE_DAY).isoformat(), "to": start.isoformat()}
    yield _events(f"1 on {say_day(start - ONE_DAY)} or {say_day(start)}{others}", [*rest, span], more)
    since = {f"{EVENTS}_complete_since": (start + ONE_DAY).isoformat()}
    later = say_day(start + ONE_DAY)
    yield _events(f"{_counted(enough - 1)}, the list complete only since {later}", rest, more | since)


def _counted(count: int) -> str:
    return f"{count} {'event' if count == 1 else 'events'}" if count > 0 else "No event"


def _events(words: str, days: list[Any], more: Mapping[str, Any]) -> Told:
    listed = [{**EVENT, "on": day.isoformat() if isinstance(day, date) else day} for day in days]
    return Told(words, {**more, EVENTS: listed})
