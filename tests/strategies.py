"""Random rules and random people for property tests, with values that lie close to the thresholds.

Everything is drawn from one `random.Random`, so the same code serves Hypothesis, which shrinks what
it draws, and a fixed seed. `EXAMPLES=1000 python3 manage.py test tests/rules` looks further than the
few fixed examples of a usual run.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from screening.clinical.dates import Duration, lookback, read_duration
from screening.clinical.hypoglycemia import CAUSES, CLARKE_QUESTIONS, RECORDS, SYMPTOMS, TELLERS
from screening.clinical.units import CONVERSIONS
from screening.rules.answers import Answers, Problems
from screening.rules.conditions import Compiler, comparisons
from screening.rules.content import load_content
from screening.rules.facts import BIRTH, EVENTS, Catalogue, Fact, Name
from screening.rules.inputs import ExpressionInput, NumberInput
from screening.rules.language import (
    OPERATORS,
    And,
    Arithmetic,
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
    limbs_of,
    names_in,
)
from screening.rules.reader import Reader
from screening.rules.reading import read_answers

CONTENT = load_content()
CATALOGUE = CONTENT.catalogue
AS_OF_DAYS = tuple(
    map(date.fromisoformat, ("2026-11-20", "2024-02-29", "2025-02-28", "2026-03-31", "2027-01-01"))
)
WITHIN = ("30 days", "6 months", "12 months", "2 years")
UNKNOWN = ("not known", "not done", "not found", "declined", "sent")
DURATIONS = {
    "years": (0, 1, 2, 3, 5, 10, 20),
    "months": (0, 1, 3, 6, 12, 18, 36),
    "days": (0, 1, 30, 90, 180),
}
AGES = (0, 17, 18, 30, 35, 40, 45, 60, 65, 68)
ROUND_VALUES = {
    ("height", "cm"): ("100", "200"),
    ("weight", "kg"): ("50", "100", "112", "120", "200"),
    ("insulin_dose", "units"): ("0", "50", "71", "100", "200"),
}
"""Values with which a derived fact lands on its threshold."""

randoms = st.randoms(use_true_random=False)


def examples(count: int) -> settings:
    """Return settings of `count` fixed examples, or of as many new ones as EXAMPLES says."""
    wanted = os.environ.get("EXAMPLES", "")
    return settings(
        max_examples=int(wanted) if wanted else count, derandomize=not wanted, deadline=None, database=None
    )


@dataclass(frozen=True)
class Thresholds:
    """The numbers that rules compare each fact with, per unit."""

    of_fact: dict[str, dict[str, tuple[float, ...]]]

    def near(self, fact: Fact, unit: str) -> list[float]:
        """Return thresholds on `fact` in `unit`, those of its other units converted."""
        found = []
        for stored, thresholds in self.of_fact.get(fact.name, {}).items():
            for threshold in thresholds:
                found.append(threshold if stored == unit else CONVERSIONS[stored, unit](threshold))
        return found


def _thresholds(trees: Iterable[Condition], catalogue: Catalogue = CATALOGUE) -> Thresholds:
    found: dict[str, dict[str, set[float]]] = {}
    for tree in trees:
        for name, number in _compared(tree):
            known = catalogue.names[name]
            if known.kind == "number":
                found.setdefault(known.fact, {}).setdefault(known.unit, set()).add(number)
    return Thresholds(
        {fact: {unit: tuple(sorted(values)) for unit, values in by.items()} for fact, by in found.items()}
    )


def _compared(tree: Any) -> Iterator[tuple[str, float]]:
    if isinstance(tree, Compare | Between):
        numbers = [part.value for part in limbs_of(tree) if isinstance(part, Number)]
        for part in limbs_of(tree):
            if isinstance(part, Named):
                yield from ((part.name, number) for number in numbers)
        return
    for limb in limbs_of(tree):
        yield from _compared(limb)


SHIPPED = _thresholds(CONTENT.trees.values())


def decimals(number: float, places: int) -> str:
    """Return `number` in plain decimals."""
    written = f"{Decimal(repr(number)):.{places}f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


class Rules:
    """Draws well-typed rules over the catalogue."""

    def __init__(
        self, random: Random, names: Iterable[str] | None = None, catalogue: Catalogue = CATALOGUE
    ) -> None:
        self.random, self.catalogue = random, catalogue
        self.names = list(names) if names is not None else self._some_names()

    def _some_names(self) -> list[str]:
        """Return a few names, most of them close to each other."""
        known = self.catalogue.names.values()
        involved = [
            name.text
            for name in known
            for fact in [self.catalogue.facts.get(name.fact)]
            if name.kind == "number" and fact is not None and (fact.derived or fact.at_least)
        ]
        kind = self.random.choice(("number", "choice", "truth", "age", "elapsed", "age_at", "events"))
        plain = [name.text for name in known if name.kind == kind]
        first = self.random.choice(involved if self.random.random() < 0.4 else plain)
        near = needed([first], self.catalogue)
        about = [name.text for name in known if name.fact in near]
        chosen = [first]
        for _ in range(self.random.randint(0, 3)):
            pool = about if self.random.random() < 0.7 else list(self.catalogue.names)
            chosen.append(self.random.choice(pool))
        return chosen

    def rule(self, depth: int = 3) -> Condition:
        """Return a rule that joins at most 3 to the power of `depth` conditions."""
        roll = self.random.random()
        if depth == 0 or roll < 0.35:
            return self.leaf()
        limbs = tuple(self.rule(depth - 1) for _ in range(self.random.randint(2, 3)))
        if roll < 0.55:
            return And(limbs)
        if roll < 0.75:
            return Or(limbs)
        if roll < 0.88:
            return Not(limbs[0])
        return AtLeast(self.random.randint(1, len(limbs)), limbs)

    def leaf(self) -> Condition:
        """Return one comparison, choice or yes."""
        name = self.catalogue.names[self.random.choice(self.names)]
        if name.kind == "truth":
            return Holds(name.text)
        if name.kind == "choice":
            options = list(self.catalogue.facts[name.fact].choices)
            taken = self.random.sample(options, self.random.randint(1, len(options)))
            return OneOf(name.text, tuple(option for option in options if option in taken))
        if self.random.random() < 0.3:
            return self.worked_out(name)
        threshold = Number(self.threshold(name))
        roll = self.random.random()
        if roll < 0.2:
            other = self.threshold(name)
            low, high = sorted((threshold.value, other))
            return Between(Named(name.text), Number(low), Number(high))
        operator = self.random.choice(OPERATORS)
        if roll < 0.3:
            return Compare(threshold, operator, Named(name.text))
        return Compare(Named(name.text), operator, threshold)

    def threshold(self, name: Name) -> float:
        """Return a number that a rule may compare `name` with."""
        match name.kind:
            case "age" | "age_at":
                return float(self.random.choice(AGES))
            case "elapsed":
                return float(self.random.choice(DURATIONS[name.unit]))
            case "events":
                return float(self.random.randint(0, 4))
        fact = self.catalogue.facts[name.fact]
        low, high = fact.plausible[name.unit]
        near = [value for value in SHIPPED.near(fact, name.unit) if low <= value <= high]
        if near and self.random.random() < 0.7:
            value = float(decimals(self.random.choice(near), 4))
        else:
            value = self.random.choice((low, high, round(low + (high - low) * self.random.random(), 2)))
        return min(max(float(round(value)) if _whole(fact) else value, low), high)

    def worked_out(self, name: Name) -> Condition:
        """Return a comparison of a number that is worked out."""
        others = [
            known
            for known in (self.catalogue.names[text] for text in self.names)
            if known.stands_for == "number" and (known.kind != "elapsed" or known.unit == "years")
        ]
        if name not in others:
            return Compare(Named(name.text), self.random.choice(OPERATORS), Number(self.threshold(name)))
        other = self.random.choice(others)
        one, two = Named(name.text), Named(other.text)
        number = Number(float(self.random.choice((1, 2, 3, 0.5, 10))))
        at_one, at_two = self.threshold(name), self.threshold(other)
        made: tuple[Expression, float]
        match self.random.randint(0, 5 if other.kind != "events" else 4):
            case 0:
                made = Arithmetic("+", one, two), at_one + at_two
            case 1:
                made = Arithmetic("-", one, two), at_one - at_two
            case 2:
                made = Arithmetic("*", number, one), number.value * at_one
            case 3:
                made = Arithmetic("/", one, number), at_one / number.value
            case 4:
                made = Arithmetic("*", one, two), at_one * at_two
            case _:
                made = Arithmetic("/", one, two), at_one / at_two if at_two else 1.0
        operator = self.random.choice(OPERATORS)
        if self.random.random() < 0.2:
            return Compare(made[0], operator, two)
        return Compare(made[0], operator, Number(float(decimals(made[1], 6))))


def _whole(fact: Fact) -> bool:
    return fact.whole or (fact.kind != "quantity" and not fact.decimals)


def needed(names: Iterable[str], catalogue: Catalogue = CATALOGUE) -> set[str]:
    """Return the facts, or the list of events, that rules over `names` may read."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = catalogue.names[waiting.pop()]
        if name.unit == "since_aid_start":
            found.add("aid_start_date")
        if name.kind == "age_at":
            found.add(BIRTH)
        if name.fact in found or name.fact == EVENTS:
            found.add(name.fact)
            continue
        found.add(name.fact)
        fact = catalogue.facts[name.fact]
        texts = [case.when for case in fact.cases] + [case.formula for case in fact.cases]
        texts += [fact.formula] if fact.formula else []
        texts += [fact.fresher_when.rule] if fact.fresher_when else []
        for text in texts:
            waiting += names_in(catalogue.trees[text])
        for least in fact.at_least:
            waiting.append(_any_name_of(least, catalogue))
        if fact.calculation == "clarke":
            waiting += [_any_name_of(f"clarke_{question}", catalogue) for question in CLARKE_QUESTIONS]
        for other in catalogue.facts.values():
            if any(implication.fact == fact.name for implication in other.implies):
                found.add(other.name)
    return found


def _any_name_of(fact: str, catalogue: Catalogue) -> str:
    return next(name.text for name in catalogue.names.values() if name.fact == fact)


class People:
    """Draws people in the shape that JSON has them in.

    Args:
        random: where everything is drawn from.
        facts: the facts they may have answers to.
        thresholds: numbers to draw values near to, besides those of the shipped protocols.
        ages: ages of an answer to draw days near to, besides each fact's own.
        missing: the share of questions that are left out.
        recent: the share of answers of the day itself; the others lie close to where they go stale.
        catalogue: where the facts are described.
    """

    def __init__(
        self,
        random: Random,
        facts: Iterable[str],
        as_of: date,
        thresholds: Thresholds = SHIPPED,
        ages: Iterable[Duration] = (),
        missing: float = 0.15,
        recent: float = 0.25,
        catalogue: Catalogue = CATALOGUE,
    ) -> None:
        self.random, self.as_of, self.thresholds = random, as_of, thresholds
        self.missing, self.recent = missing, recent
        self.catalogue, known = catalogue, set(facts)
        self.facts = [fact for fact in catalogue.facts.values() if fact.name in known and fact.asked]
        self.with_events = EVENTS in known
        self.ages = list(ages)

    def answers(self) -> Answers:
        """Return the answers of one person; what cannot stand together is left out."""
        return read_leniently(self.payload(), self.catalogue)

    def payload(self) -> dict[str, Any]:
        """Return one person."""
        facts: dict[str, Any] = {}
        for fact in self.facts:
            roll = self.random.random()
            if roll < 0.05:
                facts[fact.name] = {"unknown": self.random.choice(UNKNOWN)}
            elif roll >= 0.05 + self.missing:
                facts[fact.name] = self.answer(fact)
        payload = {"as_of": self.as_of.isoformat(), "facts": facts}
        return payload | self.events() if self.with_events else payload

    def answer(self, fact: Fact) -> Any:
        """Return an answer to `fact`."""
        if fact.kind == "date" and not fact.ages:
            return self.date_answer(fact)
        value, unit = (self.date_answer(fact), "") if fact.kind == "date" else self.value(fact)
        answer = {"value": value} | ({"unit": unit} if unit else {})
        on = self.on(fact)
        return answer | ({"on": on} if on is not None else {})

    def value(self, fact: Fact) -> tuple[Any, str]:
        """Return a value of `fact`, and its unit."""
        match fact.kind:
            case "yes_no":
                return self.random.random() < 0.5, ""
            case "choice":
                return self.random.choice(list(fact.choices)), ""
            case "choices":
                known = [part for part in fact.choices if self.random.random() < 0.6]
                if self.random.random() < 0.3:
                    return known, ""
                return {part: self.random.random() < 0.5 for part in known}, ""
        unit = self.random.choice(list(fact.units) or [""])
        return self.number(fact, unit), unit

    def number(self, fact: Fact, unit: str) -> str:
        """Return a number as it is typed, often on a threshold or a step beside it."""
        low, high = fact.plausible[unit]
        near = self.thresholds.near(fact, unit) + SHIPPED.near(fact, unit)
        roll = self.random.random()
        if near and roll < 0.75:
            step = 1.0 if _whole(fact) else self.random.choice((fact.precision.get(unit, 0.01), 0.1, 0.001))
            value = self.random.choice(near) + self.random.choice((-step, 0.0, 0.0, step))
        elif roll < 0.85 and (fact.name, unit) in ROUND_VALUES:
            value = float(self.random.choice(ROUND_VALUES[fact.name, unit]))
        else:
            value = low + (high - low) * self.random.random()
        places = 0 if _whole(fact) else self.random.choice((0, 1, 2, 3, 6))
        value = min(max(float(decimals(value, places)), low), high)
        sign = self.random.choice(("<", "<=", "≤", ">", ">=", "≥")) if self.random.random() < 0.15 else ""
        return sign + decimals(value, places if low <= float(decimals(value, places)) <= high else 9)

    def on(self, fact: Fact) -> Any:
        """Return the day an answer is of, close to where it goes stale; None for none."""
        roll = self.random.random()
        if roll < 0.08:
            return None
        if roll < 0.08 + self.recent:
            return self.as_of.isoformat()
        lives = fact.fresh_for.values() if isinstance(fact.fresh_for, dict) else [fact.fresh_for]
        ages = [read_duration(life) for life in lives if life != "always"] + self.ages
        if fact.fresher_when is not None:
            ages.append(read_duration(fact.fresher_when.fresh_for))
        if not ages:
            return self.day(self.as_of - timedelta(days=self.random.randint(0, 2000)))
        age = self.random.choice(ages)
        start = lookback(self.as_of, age.number, age.unit)
        return self.day(start + timedelta(days=self.random.choice((-1, 0, 0, 1, 20))))

    def day(self, day: date) -> Any:
        """Return `day` to the day, the month, the year or a range."""
        day = min(day, self.as_of)
        roll = self.random.random()
        if roll < 0.7:
            return day.isoformat()
        if roll < 0.82:
            return f"{day:%Y-%m}"
        if roll < 0.9:
            return f"{day:%Y}"
        earlier = day - timedelta(days=self.random.choice((0, 1, 31, 200)))
        return {"from": earlier.isoformat(), "to": day.isoformat()}

    def date_answer(self, fact: Fact) -> Any:
        """Return a date, close to where a duration is reached."""
        if fact.name == BIRTH:
            if self.random.random() < 0.2:
                return {"age": self.random.choice(AGES[1:]), "on": self.as_of.isoformat()}
            length = Duration(self.random.choice((*AGES[1:], 28, 50)), "years")
        else:
            unit = self.random.choice(tuple(DURATIONS))
            length = Duration(self.random.choice(DURATIONS[unit]), unit)
        start = lookback(self.as_of, length.number, length.unit)
        return self.day(start + timedelta(days=self.random.choice((-1, 0, 0, 1, 40))))

    def events(self) -> dict[str, Any]:
        """Return the list of severe events, and what is said of its completeness."""
        roll = self.random.random()
        if roll < 0.1:
            return {}
        listed = [self.event() for _ in range(self.random.choice((0, 1, 1, 2, 3, 8)))]
        found: dict[str, Any] = {EVENTS: listed}
        if roll < 0.2:
            found[f"{EVENTS}_complete_since"] = self.random.choice((None, {"unknown": "not known"}))
        elif roll < 0.5:
            months = self.random.choice((6, 12, 24, 36))
            since = lookback(self.as_of, months, "months")
            found[f"{EVENTS}_complete_since"] = self.day(
                since + timedelta(days=self.random.choice((-1, 0, 1)))
            )
        if self.random.random() < 0.15:
            found[f"{EVENTS}_at_least_more"] = self.random.randint(0, 2)
        if self.random.random() < 0.3:
            asked = self.as_of - timedelta(days=self.random.choice((0, 1, 29, 30, 31)))
            found[f"{EVENTS}_asked_on"] = asked.isoformat()
        return found

    def event(self) -> dict[str, Any]:
        """Return one event, close to the start of a window."""
        start = lookback(self.as_of, self.random.choice((0, 1, 6, 6, 12, 24, 36)), "months")
        event: dict[str, Any] = {
            "on": self.day(start + timedelta(days=self.random.choice((-1, 0, 0, 1, 40))))
        }
        drawn: dict[str, Callable[[], Any]] = {
            "assistance": lambda: self.random.random() < 0.9,
            "impaired": lambda: self.random.random() < 0.9,
            "symptoms": lambda: self.random.sample(list(SYMPTOMS), self.random.randint(0, 2)),
            "glucose": lambda: self.random.choice(
                ("LOW", {"value": "49", "unit": "mg/dL"}, {"value": "3.0", "unit": "mmol/L"})
            ),
            "recovered_after_treatment": lambda: self.random.random() < 0.5,
            "cause": lambda: self.random.choice(("none_found", "none_found", *CAUSES)),
            "documented": lambda: self.random.choice(list(RECORDS)),
            "told_by": lambda: self.random.choice(list(TELLERS)),
        }
        return event | {key: draw() for key, draw in drawn.items() if self.random.random() < 0.75}


def aimed(
    random: Random, tree: Condition, people: list[Answers], within: Duration | None, catalogue: Catalogue
) -> Condition:
    """Return `tree` with thresholds of what is worked out moved to where some of `people` stand."""
    match tree:
        case And(limbs) | Or(limbs):
            return type(tree)(tuple(aimed(random, limb, people, within, catalogue) for limb in limbs))
        case AtLeast(count, limbs):
            return AtLeast(count, tuple(aimed(random, limb, people, within, catalogue) for limb in limbs))
        case Not(limb):
            return Not(aimed(random, limb, people, within, catalogue))
        case Compare(left, operator, Number()) if not isinstance(left, Number):
            reader = Reader(catalogue)
            Compiler(reader, {})
            source = comparisons(reader, tree, within)[0].source
            if isinstance(source, ExpressionInput) or (isinstance(source, NumberInput) and source.formula):
                known = [reader.known(answers)[source.place] for answers in people]
                ends = [(low, high) for low, high, _ in filter(None, known) if math.isfinite(high - low)]
                if ends:
                    low, high = random.choice(ends)
                    place = low + (high - low) * random.choice((0.0, 0.5, 1.0))
                    near = round(place, random.choice((0, 1, 3)))
                    return Compare(left, operator, Number(near))
    return tree


def read_leniently(payload: dict[str, Any], catalogue: Catalogue = CATALOGUE) -> Answers:
    """Return the answers of `payload`, without those that contradict the date of birth or each other."""
    while True:
        try:
            return read_answers(catalogue, payload)
        except Problems as error:
            wrong = {problem.fact for problem in error.problems}
            facts = {name: given for name, given in payload["facts"].items() if name not in wrong}
            if len(facts) == len(payload["facts"]):
                raise
            payload = payload | {"facts": facts}


def thresholds_of(tree: Condition, catalogue: Catalogue = CATALOGUE) -> Thresholds:
    """Return the numbers that one rule compares facts with."""
    return _thresholds([tree], catalogue)
