"""The reader: every input the rules use, each once, found by the names of the rule language."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from screening.clinical.dates import Duration
from screening.clinical.hypoglycemia import CLARKE_QUESTIONS
from screening.clinical.units import CONVERSIONS, Conversion
from screening.rules.answers import Answers
from screening.rules.facts import BIRTH, Catalogue, Fact
from screening.rules.formulas import one_end
from screening.rules.inputs import (
    AgeAtInput,
    AgeInput,
    ChoiceInput,
    CountInput,
    DateInput,
    Derivation,
    ExpressionInput,
    FactInput,
    Formula,
    Input,
    Known,
    NumberInput,
    Own,
    SampleAge,
    Starts,
    Survey,
    Test,
    TruthInput,
)
from screening.rules.language import Expression, RuleError, names_in, write

MAX_DAYS = 1000
"""For how many days the starts of windows are kept."""


@dataclass(frozen=True)
class _Scope:
    """Where names are looked up: the window of the rule, and the measurement a formula starts from."""

    within: Duration | None
    measured: FactInput | None = None


class Reader:
    """Every input the rules use, each once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.inputs: list[Input] = []
        self._places: dict[Hashable, Input] = {}
        self._starts: dict[date, Starts] = {}
        self._own: dict[date, dict[str, list[Own]]] = {}
        self.test_of: Callable[[str], Test] | None = None
        """How the rules inside facts become tests; set by the compiler of conditions."""

    def known(self, answers: Answers) -> Known:
        """Return what is known of a person on the day of the answers."""
        return Known(self, answers, answers.as_of)

    @cached_property
    def also_computed(self) -> tuple[NumberInput, ...]:
        """The numbers that are both asked for and worked out; taken once all rules have named theirs."""
        return tuple(
            source
            for source in self.inputs
            if isinstance(source, NumberInput) and source.formula is not None and source.fact.asked
            if source.within is None
        )

    @cached_property
    def blank(self) -> dict[int, None]:
        """The inputs that are not known where nothing is; taken once all rules have named theirs."""
        return {source.place: None for source in self._plain()}

    def own(self, day: date) -> dict[str, list[Own]]:
        """Return the plain inputs of each fact on `day`, kept for the next person."""
        found = self._own.get(day)
        if found is None:
            if len(self._own) >= MAX_DAYS:
                self._own.clear()
            found = self._own[day] = {name: [] for name in self.catalogue.facts}
            starts = self.starts(day)
            for source in self._plain():
                by_answer = {answer: starts.since(life) for answer, life in source.lives.items()}
                found[source.name].append((source.place, starts.since(source.life), by_answer))
        return found

    def _plain(self) -> list[FactInput]:
        return [source for source in self.inputs if isinstance(source, FactInput) and source.plain]

    def starts(self, day: date) -> Starts:
        """Return the starts of windows that end on `day`, kept for the next person."""
        found = self._starts.get(day)
        if found is None:
            if len(self._starts) >= MAX_DAYS:
                self._starts.clear()
            found = self._starts[day] = Starts(day)
        return found

    def _once(self, key: Hashable, make: Callable[[], Input]) -> Any:
        found = self._places.get(key)
        if found is None:
            found = make()
            found.place = len(self.inputs)
            self.inputs.append(found)
            self._places[key] = found
        return found

    def named(self, text: str, within: Duration | None = None) -> Input:
        """Return the input a name in a rule stands for.

        Args:
            text: the name.
            within: the age the rule allows answers; None for each fact's own.
        """
        name = self.catalogue.names[text]
        match name.kind:
            case "number":
                return self.number(name.fact, within)
            case "choice":
                return self._fact(ChoiceInput, name.fact, within)
            case "truth":
                return self._truth(name.fact, name.part, within)
            case "age":
                return self._age(self.date(BIRTH))
            case "elapsed":
                return self.date(name.fact)
            case "age_at":
                birth, then = self.date(BIRTH), self.date(name.fact)
                made: Input = self._once(("age_at", name.fact), lambda: AgeAtInput(birth, then))
                return made
        aid_start = self.date("aid_start_date") if name.unit == "since_aid_start" else None
        count: Input = self._once(("events", text), lambda: CountInput(name, aid_start))
        return count

    def number(self, fact_name: str, within: Duration | None) -> NumberInput:
        """Return the input of a numeric fact."""

        def make() -> NumberInput:
            fact = self.catalogue.facts[fact_name]
            floors = tuple(self.number(least, within) for least in fact.at_least)
            formula = self._derivation(fact, within) if fact.derived else None
            return NumberInput(fact, within, self._fresher(fact, within), formula, floors)

        made: NumberInput = self._once(("number", fact_name, within), make)
        return made

    def named_fact(self, fact_name: str) -> Input:
        """Return the input of a fact, whatever its kind."""
        fact = self.catalogue.facts[fact_name]
        return self.number(fact_name, None) if fact.numeric else self.named(fact_name)

    def date(self, fact_name: str) -> DateInput:
        """Return the input of a date."""
        fact = self.catalogue.facts[fact_name]
        made: DateInput = self._once(("date", fact_name), lambda: DateInput(fact, None, None))
        return made

    def _fact(self, kind: type[FactInput], fact_name: str, within: Duration | None) -> FactInput:
        fact = self.catalogue.facts[fact_name]
        made: FactInput = self._once(
            (kind, fact_name, within), lambda: kind(fact, within, self._fresher(fact, within))
        )
        return made

    def _truth(self, fact_name: str, part: str, within: Duration | None) -> TruthInput:
        fact = self.catalogue.facts[fact_name]
        made: TruthInput = self._once(
            ("truth", fact_name, part, within),
            lambda: TruthInput(fact, within, self._fresher(fact, within), part),
        )
        return made

    def _age(self, source: DateInput) -> AgeInput:
        made: AgeInput = self._once(("age", source.name), lambda: AgeInput(source))
        return made

    def _fresher(self, fact: Fact, within: Duration | None) -> Test | None:
        if fact.fresher_when is None or within is not None:
            return None
        assert self.test_of is not None
        return self.test_of(fact.fresher_when.rule)

    def _derivation(self, fact: Fact, within: Duration | None) -> Derivation:
        if fact.calculation == "clarke":
            names = [f"clarke_{question}" for question in CLARKE_QUESTIONS]
            return Survey(tuple(self.named(name, within) for name in names))
        written: list[tuple[str | None, str]] = [(case.when, case.formula) for case in fact.cases]
        if fact.formula is not None:
            written.append((None, fact.formula))
        leaves: dict[Input, None] = {}
        needed: list[int] = []
        cases: list[tuple[Test | None, Formula]] = []
        for when, text in written:
            tree = self.catalogue.trees[text]
            measured = next(
                (
                    self.number(name.fact, within)
                    for name in map(self.catalogue.names.get, names_in(tree))
                    if name is not None and name.kind == "number"
                ),
                None,
            )
            scope = _Scope(within, measured)
            assert self.test_of is not None
            cases.append((self.test_of(when) if when is not None else None, self._formula(tree, scope)))
            read = dict.fromkeys(self._leaf(name, scope) for name in names_in(tree))
            needed = [place for place in needed if self.inputs[place] in read] if leaves else _places(read)
            leaves |= read
            if when is not None:
                condition = self.catalogue.trees[when]
                leaves |= dict.fromkeys(self.named(name) for name in names_in(condition))
        return Derivation(cases, tuple(leaves), tuple(needed))

    def _leaf(self, text: str, scope: _Scope) -> Input:
        name = self.catalogue.names[text]
        if name.kind == "age" and scope.measured is not None:
            birth, measured = self.date(BIRTH), scope.measured
            made: Input = self._once(("age of sample", measured.place), lambda: SampleAge(birth, measured))
            return made
        if name.kind == "elapsed":
            if name.unit != "years":
                raise RuleError(f"{text} cannot be calculated with: only completed years can, so compare it")
            return self.completed(text)
        return self.named(text, scope.within)

    def completed(self, text: str) -> AgeInput:
        """Return the completed years that a duration counts for in a sum."""
        return self._age(self.date(self.catalogue.names[text].fact))

    def expression(self, tree: Expression, within: Duration | None) -> ExpressionInput:
        """Return the input of an expression a rule works out; durations in it are completed years."""
        scope = _Scope(within)
        leaves = tuple(dict.fromkeys(self._leaf(name, scope) for name in names_in(tree)))
        formula = self._formula(tree, scope)
        made: ExpressionInput = self._once(
            ("expression", write(tree), within), lambda: ExpressionInput(tree, formula, leaves)
        )
        return made

    def _formula(self, tree: Expression, scope: _Scope) -> Formula:
        """Return a function that works `tree` out; not known where it divides by 0 or lacks something."""
        names = list(dict.fromkeys(names_in(tree)))
        end = one_end(tree, {name: place for place, name in enumerate(names)})
        parts = [(self._leaf(name, scope).place, self._conversions(name)) for name in names]

        def formula(known: Known) -> tuple[float, float] | None:
            lows, highs = [], []
            for place, conversions in parts:
                found = known[place]
                if found is None:
                    return None
                low, high, unit = found
                if unit in conversions:
                    conversion = conversions[unit]
                    low, high = conversion(low), conversion(high)
                lows.append(low)
                highs.append(high)
            try:
                lowest = end(lows, highs)
                return lowest, lowest if lows == highs else end(highs, lows)
            except ZeroDivisionError:
                return None

        return formula

    def _conversions(self, text: str) -> dict[str, Conversion]:
        """Return how a number becomes one in the unit of its name, by the other units it may be in."""
        name = self.catalogue.names[text]
        if name.kind != "number":
            return {}
        units = self.catalogue.facts[name.fact].units
        return {unit: CONVERSIONS[unit, name.unit] for unit in units if unit != name.unit}


def _places(inputs: Iterable[Input]) -> list[int]:
    return [source.place for source in inputs]
