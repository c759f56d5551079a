"""What would change an answer: the fewest things that would have to be otherwise for criteria to pass.

Each of these is something to wait for, to find out, or to work on in the healthy direction. What is none of
these is fixed: it is told, and never proposed. Every way is tried on the rules before it is given.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import Enum
from functools import cache, cached_property
from itertools import combinations, product
from math import ceil, floor, inf, isinf, nextafter
from typing import Any, NamedTuple

from screening.clinical.dates import DateSpan, Duration, day_number, lookback, reaches, say_day
from screening.clinical.units import CONVERSIONS
from screening.rules.answers import Answer
from screening.rules.candidacy import HORIZON_MONTHS
from screening.rules.conditions import comparisons, crossings
from screening.rules.evaluate import Compiled, Outcome, Rulebook, change_days, first_of
from screening.rules.facts import Fact
from screening.rules.inputs import (
    ChoiceInput,
    CountInput,
    DateInput,
    FactInput,
    Input,
    Known,
    NumberInput,
    TruthInput,
    fact_of,
)
from screening.rules.language import (
    OPPOSITE,
    And,
    AtLeast,
    Between,
    Compare,
    Condition,
    Holds,
    Not,
    OneOf,
    Or,
)
from screening.rules.sentences import evidence, say_number
from screening.rules.supposable import further_events
from screening.rules.supposing import Supposed, with_answer
from screening.rules.truth import Truth
from screening.rules.words import lower_first, say, upper_first

MOST_WAYS = 64
"""How many ways are looked at where criteria share a fact; it is said when there are more."""
LIFETIME = 110
"""How many years ahead a day is looked for on which time brings what is fixed up to the horizon."""
MANY = 1000
"""A count of events that is more than any rule asks for."""


class Do(Enum):
    """What a person can do about something that is not as a criterion needs it."""

    WAIT = "wait"
    FIND_OUT = "find_out"
    WORK_ON = "work_on"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that would have to be otherwise.

    Attributes:
        facts: the facts, or the list, it is about.
        target: what is needed, in words with units.
        on: for something to wait for, the day.
        text: the finished sentence.
    """

    do: Do
    facts: tuple[str, ...]
    target: str
    on: date | None
    text: str


@dataclass(frozen=True, slots=True)
class Ways:
    """What would let some criteria of a trial pass together.

    Attributes:
        criteria: their ids; more than one where they hang on the same fact.
        ways: alternatives, each a set of steps that is enough and of which none can be spared.
        fixed: nothing that may be proposed lets them pass: the steps say what stands in the way.
        more: there are more ways than were looked at.
    """

    criteria: tuple[str, ...]
    ways: tuple[tuple[Step, ...], ...]
    fixed: bool
    more: bool


class _Demand(NamedTuple):
    """One comparison, choice or yes that has to come out as `want`."""

    tree: Condition
    within: Duration | None
    want: Truth
    do: Do


_Alternatives = list[frozenset[_Demand]]


_Answer = tuple[str, str] | int
"""An answer by its fact and the choice of several, or an input that is none by its place."""


class _Found(NamedTuple):
    """The alternatives for something, and whether some were left out."""

    alternatives: _Alternatives
    more: bool


class _Made(NamedTuple):
    """What is enough, and the day on which it is: today where there is nothing to wait for."""

    way: frozenset[_Demand]
    day: date | None


class Changes:
    """What would change the answers about one person; what protocols have in common is worked out once."""

    def __init__(self, book: Rulebook, known: Known) -> None:
        self.book, self.known = book, known
        self.horizon = reaches(known.day, HORIZON_MONTHS, "months")
        self._of: dict[Compiled, _Found] = {}
        self._ways: dict[tuple[Compiled, ...], Ways] = {}

    def of(self, deciding: Sequence[Compiled]) -> list[Ways]:
        """Return what would let those of `deciding` pass that do not; those that share a fact stand together.

        Time is looked at up to 24 months ahead; values stay as they are, and no new event is assumed.
        """
        wanting = [one for one in deciding if one.outcome(self.known) is not Outcome.PASS]
        found = []
        for group in self._groups(wanting):
            key = tuple(map(first_of, group))
            if key not in self._ways:
                self._ways[key] = self._together(group)
            found.append(replace(self._ways[key], criteria=tuple(one.criterion.id for one in group)))
        return found

    def _groups(self, wanting: Sequence[Compiled]) -> list[list[Compiled]]:
        """Return the criteria in groups that share a fact, directly or through a third one."""
        groups: list[tuple[set[str], list[Compiled]]] = []
        for compiled in wanting:
            facts = {
                fact
                for way in self._alternatives(compiled).alternatives
                for demand in way
                for fact in self._facts(demand)
            }
            joined = [group for group in groups if not facts.isdisjoint(group[0])]
            groups = [group for group in groups if facts.isdisjoint(group[0])]
            members = [one for _, ones in joined for one in ones] + [compiled]
            groups.append((facts.union(*(shared for shared, _ in joined)), members))
        return [sorted(members, key=wanting.index) for _, members in groups]

    def _together(self, group: Sequence[Compiled]) -> Ways:
        """Return what lets all of `group` pass."""
        found = _all_of([self._alternatives(one) for one in group])
        open_ways = [way for way in found.alternatives if not _is_fixed(way)]
        enough = {made.way: made.day for way in open_ways if (made := self._made(way, group)) is not None}
        ids = tuple(one.criterion.id for one in group)
        if enough:
            shortest = [way for way in enough if not any(other < way for other in enough)]
            steps = tuple(tuple(self._steps(way, enough[way])) for way in shortest)
            return Ways(ids, steps, fixed=False, more=found.more)
        fixed = [way for way in found.alternatives if _is_fixed(way)] or [
            frozenset(demand._replace(do=Do.FIXED) for demand in way) for way in open_ways
        ]
        told = [tuple(self._steps(way, None)) for way in fixed]
        return Ways(ids, tuple(told), fixed=True, more=found.more)

    def _alternatives(self, compiled: Compiled) -> _Found:
        """Return what has to come out otherwise for one criterion to pass."""
        first = first_of(compiled)
        found = self._of.get(first)
        if found is None:
            want = Truth.TRUE if first.criterion.passes_when else Truth.FALSE
            parts = [self._tree(first.tree, first.within, want)]
            if first.unclear_tree is not None and first.is_unclear(self.known, want):
                parts.append(self._tree(first.unclear_tree, first.within, Truth.FALSE))
            found = self._of[first] = _all_of(parts)
        return found

    def _tree(self, tree: Condition, within: Duration | None, want: Truth) -> _Found:
        holds = want is Truth.TRUE
        match tree:
            case Not(limb):
                return self._tree(limb, within, Truth.FALSE if holds else Truth.TRUE)
            case And(limbs):
                found = [self._tree(limb, within, want) for limb in limbs]
                return _all_of(found) if holds else _any_of(found)
            case Or(limbs):
                found = [self._tree(limb, within, want) for limb in limbs]
                return _any_of(found) if holds else _all_of(found)
            case AtLeast(count, limbs):
                found = [self._tree(limb, within, want) for limb in limbs]
                needed = count if holds else len(limbs) - count + 1
                return _any_of([_all_of(some) for some in combinations(found, needed)])
        return _Found(self._leaf(tree, within, want), more=False)

    def _leaf(self, tree: Condition, within: Duration | None, want: Truth) -> _Alternatives:
        truth = self.book.compiler.test(tree, within)(self.known)
        if truth is want:
            return [frozenset()]
        if isinstance(tree, Compare) and want is Truth.FALSE:
            tree, want = Compare(tree.left, OPPOSITE[tree.operator], tree.right), Truth.TRUE
        doable = []
        if self._first_on(tree, within, want, self.horizon) is not None:
            doable.append(Do.WAIT)
        if truth is Truth.UNKNOWN:
            if self._may_be(_Demand(tree, within, want, Do.FIND_OUT)):
                doable.append(Do.FIND_OUT)
        elif self._healthy(_Demand(tree, within, want, Do.WORK_ON)):
            doable.append(Do.WORK_ON)
        return [frozenset([_Demand(tree, within, want, do)]) for do in doable or [Do.FIXED]]

    def _first_on(self, tree: Condition, within: Duration | None, want: Truth, until: date) -> date | None:
        """Return the first day up to `until` on which time alone brings a comparison to `want`."""
        test = self.book.compiler.test(tree, within)
        found = crossings(self.book.reader, tree, within)
        days = {day for crossing in found for day in crossing(self.known, until)}
        ahead = sorted(day for day in days if self.known.day < day <= until)
        return next((day for day in ahead if test(self.known.at(day)) is want), None)

    def _may_be(self, demand: _Demand) -> bool:
        """Whether some answer meets it that contradicts no other one."""
        source, answers = self._source(demand), self.known.answers
        if not isinstance(source, ChoiceInput | TruthInput) or source.fact.kind == "choices":
            return True
        if source.name in answers.conflicts:
            return True
        today = DateSpan(answers.as_of, answers.as_of)
        said = (Answer(source.name, value, on=today) for value in self._values([demand]))
        return any(source.name not in with_answer(self.known, one).answers.conflicts for one in said)

    def _healthy(self, demand: _Demand) -> bool:
        """Whether the person can work on it, and would be the better for it."""
        source = self._source(demand)
        if not isinstance(source, NumberInput | TruthInput):
            return False
        fact = source.fact
        if fact.changes != "modifiable" or fact.better == "none":
            return False
        return next(self._values([demand]), None) is not None

    def _source(self, demand: _Demand) -> Input:
        tree, reader = demand.tree, self.book.reader
        if isinstance(tree, Holds | OneOf):
            return reader.named(tree.name, demand.within)
        return comparisons(reader, tree, demand.within)[0].source

    def _facts(self, demand: _Demand) -> list[str]:
        """Return the facts to find out or to change; a number that nobody asks for stands for itself."""
        source = self._source(demand)
        if isinstance(source, FactInput):
            return [source.name]
        return list(dict.fromkeys(fact_of(one) for one in source.sources()))

    def _made(self, way: frozenset[_Demand], group: Sequence[Compiled]) -> _Made | None:
        """Return as much of `way` as lets all of `group` pass, and the day; None where it does not."""
        waits = frozenset(demand for demand in way if demand.do is Do.WAIT)
        events = frozenset(one for one in way - waits if isinstance(self._source(one), CountInput))
        by_answer: dict[_Answer, list[_Demand]] = defaultdict(list)
        for demand in way - waits - events:
            by_answer[_answer(self._source(demand))].append(demand)
        offered = [list(self._values(demands)) for demands in by_answer.values()]
        for base in self._longer_lists if events else [self.known]:
            for values in product(*offered):
                chosen = dict(zip(by_answer, values, strict=True))
                day = self._day(base, chosen, group, waits=bool(waits))
                if day is None:
                    continue
                for answer in by_answer:
                    rest = {other: value for other, value in chosen.items() if other != answer}
                    if self._day(base, rest, group, waits=bool(waits)) is not None:
                        chosen, way = rest, way.difference(by_answer[answer])
                if events and self._day(self.known, chosen, group, waits=bool(waits)) is not None:
                    base, way = self.known, way - events
                if waits and self._day(base, chosen, group, waits=False) is not None:
                    way -= waits
                return _Made(way, self._day(base, chosen, group, waits=not waits.isdisjoint(way)))
        return None

    @cached_property
    def _longer_lists(self) -> Sequence[Known]:
        return further_events(self.known).supposed

    def _day(
        self, base: Known, chosen: Mapping[_Answer, Any], group: Sequence[Compiled], *, waits: bool
    ) -> date | None:
        """Return the first day on which all of `group` pass: today, or one to wait for."""
        today = DateSpan(base.answers.as_of, base.answers.as_of)
        for answer, value in chosen.items():
            if isinstance(answer, tuple) and self.book.catalogue.facts[answer[0]].implies:
                base = with_answer(base, Answer(answer[0], value, on=today))
        supposed = Supposed(base, _placed(self.book, chosen))
        days = [self.known.day]
        if waits:
            days = sorted({day for one in group for day in change_days(one, supposed, self.horizon)})
        return next((day for day in days if all(_passes(one, supposed, day) for one in group)), None)

    def _values(self, demands: Sequence[_Demand]) -> Iterator[Any]:
        """Yield the values with which one input meets all of `demands`, nearest to the present one first."""
        source = self._source(demands[0])
        now = self.known[source.place]
        works = any(demand.do is Do.WORK_ON for demand in demands)
        places = [self._source(one).place for one in demands]
        for value in sorted(self._candidates(source, demands), key=lambda value: _distance(value, now)):
            if works and not _better(source, now, value):
                continue
            supposed = Supposed(self.known, dict.fromkeys(places, value))
            if all(self.book.compiler.test(one.tree, one.within)(supposed) is one.want for one in demands):
                yield value

    def _candidates(self, source: Input, demands: Sequence[_Demand]) -> list[Any]:
        """Return values at, just above and just below the thresholds; or each choice there is."""
        if isinstance(source, ChoiceInput):
            return list(source.fact.choices)
        if isinstance(source, TruthInput):
            return [True, False]
        found: list[Any] = []
        for demand in demands:
            for one in comparisons(self.book.reader, demand.tree, demand.within):
                if isinstance(source, DateInput):
                    start = lookback(self.known.day, int(one.threshold), one.unit)
                    days = (min(start + timedelta(days=shift), self.known.day) for shift in (0, 1, -1))
                    found += [(number, number) for number in map(day_number, days)]
                else:
                    unit = one.unit if isinstance(source, FactInput) else ""
                    found += [(number, number, unit) for number in _near(source, unit, one.threshold)]
        return list(dict.fromkeys(found))

    def _steps(self, way: frozenset[_Demand], day: date | None) -> Iterator[Step]:
        """Yield the steps of a way, what can be done first."""
        order = list(Do)
        by_step: dict[tuple[Any, Do], list[_Demand]] = defaultdict(list)
        for demand in sorted(way, key=lambda one: (order.index(one.do), repr(one.tree))):
            by_step[_answer(self._source(demand)), demand.do].append(demand)
        for (_, do), demands in by_step.items():
            yield self._step(do, demands, day)

    def _step(self, do: Do, demands: Sequence[_Demand], day: date | None) -> Step:
        catalogue = self.book.catalogue
        trees = [one.tree if one.want is Truth.TRUE else Not(one.tree) for one in demands]
        source = self._source(demands[0])
        about = _about(source)
        if isinstance(source, ChoiceInput):
            target = _choices(source, demands)
            whole = f"{lower_first(about)}: {target}"
        else:
            target = " and ".join(dict.fromkeys(say(catalogue, tree, subject=not about) for tree in trees))
            whole = " and ".join(dict.fromkeys(say(catalogue, tree) for tree in trees))
        facts = tuple(self._facts(demands[0]))
        if do is Do.WAIT:
            if day is None:
                day = max(filter(None, (self._first_on(*one[:3], self.horizon) for one in demands)))
            return Step(do, facts, target, day, f"Wait until {say_day(day)}: {whole}")
        if do is Do.FIND_OUT:
            wanted = f"Find out {lower_first(about)}: {target}" if about else f"Find out: {whole}"
            return Step(do, facts, target, None, f"{wanted} is needed")
        now = evidence(self.known, source, _unit(self.book, demands[0]))
        if do is Do.WORK_ON:
            words = f"Work on {lower_first(about)}: {target} (now: {lower_first(now)})"
            return Step(do, facts, target, None, words)
        why = self._why_fixed(demands)
        return Step(do, facts, target, None, f"{upper_first(now)}: {whole} is asked for; {why}")

    def _why_fixed(self, demands: Sequence[_Demand]) -> str:
        """Return why nothing is proposed."""
        source = self._source(demands[0])
        until = reaches(self.known.day, LIFETIME, "years")
        days = [self._first_on(*one[:3], until) for one in demands]
        if None not in days:
            last = max(filter(None, days))
            if last <= self.horizon:
                return "time alone does not bring all that is asked for"
            return f"time alone brings that on {say_day(last)} at the earliest"
        if self.known[source.place] is None and isinstance(source, ChoiceInput | TruthInput):
            return "another answer speaks against that"
        if isinstance(source, CountInput):
            many = Supposed(self.known, {source.place: (float(MANY), float(MANY), "")})
            if all(self.book.compiler.test(one.tree, one.within)(many) is one.want for one in demands):
                return "no event is ever a goal of care"
            return "time alone does not settle it, as not every event is known"
        if isinstance(source, FactInput) and source.fact.changes == "modifiable":
            return "that is not a goal of care"
        return "nothing changes that"


def _choices(source: ChoiceInput, demands: Sequence[_Demand]) -> str:
    """Return the choices with which all of `demands` are met."""
    sets = [(one.tree.options, one.want is Truth.TRUE) for one in demands if isinstance(one.tree, OneOf)]
    labels = source.fact.choices.items()
    return " or ".join(
        label for key, label in labels if all((key in options) is want for options, want in sets)
    )


def _about(source: Input) -> str:
    """Return the label of the answer, where the words of a comparison leave it out."""
    named = isinstance(source, DateInput) or (isinstance(source, TruthInput) and source.part)
    return source.fact.label if isinstance(source, FactInput) and not named else ""


def _answer(source: Input) -> _Answer:
    if isinstance(source, FactInput):
        return source.name, source.part if isinstance(source, TruthInput) else ""
    return source.place


@cache
def _places_of(book: Rulebook) -> Mapping[_Answer, list[int]]:
    """Return the places of the inputs that are each answer, once all rules have named theirs."""
    found: dict[_Answer, list[int]] = defaultdict(list)
    for source in book.reader.inputs:
        found[_answer(source)].append(source.place)
    return found


def _placed(book: Rulebook, chosen: Mapping[_Answer, Any]) -> dict[int, Any]:
    places = _places_of(book)
    return {place: value for answer, value in chosen.items() for place in places[answer]}


def _unit(book: Rulebook, demand: _Demand) -> str:
    if not isinstance(demand.tree, Compare | Between):
        return ""
    return comparisons(book.reader, demand.tree, demand.within)[0].unit


def _passes(compiled: Compiled, known: Known, day: date) -> bool:
    return compiled.outcome(known if day == known.day else known.at(day)) is Outcome.PASS


def _is_fixed(way: Iterable[_Demand]) -> bool:
    return any(demand.do is Do.FIXED for demand in way)


def _near(source: Input, unit: str, threshold: float) -> tuple[float, ...]:
    """Return the number at a threshold, and those next to it, as far as they are answers there may be."""
    above, below = nextafter(threshold, inf), nextafter(threshold, -inf)
    low, high = -inf, inf
    if isinstance(source, FactInput):
        low, high = source.fact.plausible.get(unit, (low, high))
        if source.fact.only_whole:
            above, below = floor(threshold) + 1.0, ceil(threshold) - 1.0
    return tuple(number for number in (threshold, above, below) if low <= number <= high)


def _distance(value: Any, now: Any) -> float:
    """Return how far a number lies from what is known; 0 where that cannot be said."""
    if not isinstance(value, tuple) or len(value) < 3 or now is None:
        return 0.0
    low = now[0] if now[2] == value[2] else CONVERSIONS[now[2], value[2]](now[0])
    return abs(float(value[0]) - float(low))


def _better(source: Input, now: Any, value: Any) -> bool:
    """Whether a value lies in the healthy direction from the present one, and no further than the goal."""
    assert isinstance(source, FactInput)
    lower = source.fact.better == "lower"
    if isinstance(value, bool):
        return value is not lower
    low, high = (_in_unit(source.fact, end, now[2], value[2]) for end in now[:2])
    goal = source.fact.goal.get(value[2], value[0])
    return bool(goal <= value[0] < low) if lower else bool(high < value[0] <= goal)


def _in_unit(fact: Fact, number: float, stored: str, unit: str) -> float:
    """Return a number in another unit as rules take it: rounded to that unit's reporting precision."""
    if stored == unit or isinf(number):
        return number
    converted = CONVERSIONS[stored, unit](number)
    precision = fact.precision.get(unit)
    return converted if precision is None else float(say_number(converted, precision))


def _any_of(found: Sequence[_Found]) -> _Found:
    return _fewest((way for one in found for way in one.alternatives), any(one.more for one in found))


def _all_of(found: Sequence[_Found]) -> _Found:
    together = _Found([frozenset()], more=False)
    for one in found:
        joined = (first | second for first in together.alternatives for second in one.alternatives)
        together = _fewest(joined, together.more or one.more)
    return together


def _fewest(ways: Iterable[frozenset[_Demand]], more: bool) -> _Found:
    """Return the ways of which no other is a part: those without anything fixed first, then the shortest."""
    ordered = sorted(dict.fromkeys(ways), key=lambda way: (_is_fixed(way), len(way)))
    kept: _Alternatives = []
    for way in ordered:
        if not any(other <= way for other in kept):
            kept.append(way)
    return _Found(kept[:MOST_WAYS], more or len(kept) > MOST_WAYS)
