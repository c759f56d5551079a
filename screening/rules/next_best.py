"""The most useful next result: what the answers to each open question would settle, by the rules."""

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from statistics import mean

from screening.rules.candidacy import Candidacy, candidacy_of
from screening.rules.conditions import Comparison, comparisons
from screening.rules.evaluate import Compiled, CompiledProtocol, Outcome, Rulebook, first_of
from screening.rules.facts import BIRTH, EVENTS
from screening.rules.inputs import FactInput, Input, Known, NumberInput, fact_of
from screening.rules.language import Between, Compare, Condition, limbs_of, names_in
from screening.rules.protocol import CLOSED_STATUSES
from screening.rules.supposable import Suppositions, further_events, suppositions
from screening.rules.truth import Truth

COSTS = ("ask", "record", "device", "lab", "procedure")
"""What finding out costs, least first."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Trials that one range of answers settles, all to the same candidacy."""

    when: str
    trials: tuple[str, ...]
    to: Candidacy


@dataclass(frozen=True, slots=True)
class NextBest:
    """A question that is open, and what its answers would settle.

    Attributes:
        fact: what is asked; the list of severe events by its own name.
        obtained_by: what finding out costs, one of COSTS.
        settled: which trials each range of answers settles.
        always: how many trials are settled whatever the answer is.
        on_average: how many are, over the kinds of answers that rules can tell apart.
        criteria: how many criteria of open trials are, over the same.
    """

    fact: str
    obtained_by: str
    settled: tuple[Settled, ...]
    always: int
    on_average: float
    criteria: float

    @property
    def rank(self) -> tuple[float, float, float, int]:
        """The most useful first: trials settled, then criteria settled, then the cost."""
        return -self.always, -self.on_average, -self.criteria, COSTS.index(self.obtained_by)


@dataclass(frozen=True, slots=True)
class NotRanked:
    """A number that is worked out from several answers, of which more than one is not known: `needs`."""

    what: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The open questions, the most useful first, and those that cannot be ranked."""

    ranked: tuple[NextBest, ...]
    not_ranked: tuple[NotRanked, ...]


def next_best(
    book: Rulebook,
    known: Known,
    units: Mapping[str, str] | None = None,
    among: Container[str] | None = None,
) -> Ranking:
    """Return what to find out next for the trials that are open to the person.

    A trial is open while it takes people and its candidacy is possible only because something is not
    known; it is settled when nothing is left to know, or when something fails.

    Args:
        book: the rules.
        known: what is known of the person.
        units: the unit each fact is said in; the canonical one where it names none.
        among: the facts whose questions are ranked; None for all.
    """
    return _Search(_plan(book), known, units if units is not None else {}).ranking(among)


class _Plan:
    """Which criteria, and which of their comparisons, the answer to each question bears on."""

    def __init__(self, book: Rulebook) -> None:
        self.book = book
        self.trials = [
            protocol
            for protocol in book.protocols
            if protocol.protocol.kind != "guideline"
            and protocol.protocol.recruitment.status not in CLOSED_STATUSES
        ]
        self.facts_behind: dict[Compiled, frozenset[str]] = {}
        self.turning: dict[str, dict[Comparison, None]] = defaultdict(dict)
        for protocol in self.trials:
            for compiled in map(first_of, protocol.deciding):
                if compiled not in self.facts_behind:
                    self._add(compiled)

    def _add(self, compiled: Compiled) -> None:
        rules = [
            (tree, compiled.within) for tree in (compiled.tree, compiled.unclear_tree) if tree is not None
        ]
        catalogue = self.book.catalogue
        facts: set[str] = set()
        for tree, _ in rules:
            for named in map(catalogue.names.__getitem__, names_in(tree)):
                facts |= catalogue.behind.get(named.fact, frozenset({EVENTS}))
                if named.unit == "since_aid_start":
                    facts |= catalogue.behind["aid_start_date"]
                if named.kind == "age_at":
                    facts |= catalogue.behind[BIRTH]
        self.facts_behind[compiled] = frozenset(facts)
        for fact in (catalogue.facts[name] for name in facts - {EVENTS}):
            texts = [case.when for case in fact.cases]
            texts += [fact.fresher_when.rule] if fact.fresher_when is not None else []
            rules += [(catalogue.trees[text], None) for text in texts]
        for tree, within in rules:
            for part in _compared(tree):
                for comparison in comparisons(self.book.reader, part, within):
                    for fact_name in self._behind(comparison.source):
                        self.turning[fact_name][comparison] = None

    def _behind(self, source: Input) -> frozenset[str]:
        behind = self.book.catalogue.behind
        return frozenset().union(
            *(
                behind[one.name] if isinstance(one, FactInput) else frozenset({EVENTS})
                for one in source.sources()
            )
        )

    @cached_property
    def inputs_of(self) -> Mapping[str, Sequence[FactInput]]:
        """The inputs that are answers to each fact."""
        found: dict[str, list[FactInput]] = defaultdict(list)
        for source in self.book.reader.inputs:
            if isinstance(source, FactInput):
                found[source.name].append(source)
        return found


@cache
def _plan(book: Rulebook) -> _Plan:
    return _Plan(book)


def _compared(tree: Condition) -> Iterator[Compare | Between]:
    if isinstance(tree, Compare | Between):
        yield tree
        return
    for limb in limbs_of(tree):
        yield from _compared(limb)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class _Effect:
    """What one answer does: the trials it settles, and how many criteria."""

    settled: tuple[tuple[str, Candidacy], ...]
    criteria: int


class _Search:
    """The open trials of one person, and what answers would do to them."""

    def __init__(self, plan: _Plan, known: Known, units: Mapping[str, str]) -> None:
        self.plan, self.known, self.units = plan, known, units
        truths = {compiled: compiled.condition(known) for compiled in plan.facts_behind}
        self.open: list[tuple[CompiledProtocol, list[Outcome]]] = []
        for protocol in plan.trials:
            outcomes = [one.means(truths[first_of(one)]) for one in protocol.deciding]
            if Outcome.FAIL not in outcomes and Outcome.UNKNOWN in outcomes:
                self.open.append((protocol, outcomes))
        asked = dict.fromkeys(first_of(one) for protocol, _ in self.open for one in protocol.deciding)
        self.asked = list(asked)
        self.undecided = [one for one in asked if truths[one] is Truth.UNKNOWN]

    def ranking(self, among: Container[str] | None) -> Ranking:
        bearing = frozenset[str]().union(*(self.plan.facts_behind[one] for one in self.undecided))
        facts = self.plan.book.catalogue.facts
        names = [
            name
            for name in (EVENTS, *facts)
            if name in bearing and (among is None or name in among) and self._is_open(name)
        ]
        found = [one for name in names if (one := self._next(name)) is not None]
        return Ranking(tuple(sorted(found, key=lambda one: one.rank)), tuple(self._not_ranked()))

    def _is_open(self, name: str) -> bool:
        """Whether the question is asked of the person and has no answer that counts everywhere."""
        if name == EVENTS:
            return True
        book, known = self.plan.book, self.known
        fact = book.catalogue.facts[name]
        if not fact.asked or name in known.answers.conflicts:
            return False
        if (
            fact.gate is not None
            and book.compiler.test(book.catalogue.trees[fact.gate])(known) is Truth.FALSE
        ):
            return False
        return any(
            source.current(known) is None if isinstance(source, NumberInput) else known[source.place] is None
            for source in self.plan.inputs_of.get(name, ())
        )

    def _next(self, name: str) -> NextBest | None:
        kinds = self._kinds(name)
        if kinds is None:
            return None
        affected = {one for one in self.asked if name in self.plan.facts_behind[one]}
        trials = [
            (protocol, outcomes)
            for protocol, outcomes in self.open
            if any(first_of(one) in affected for one in protocol.deciding)
        ]
        effects = [self._effect(supposed, affected, trials) for supposed in kinds.supposed]
        if not any(effect.criteria > 0 for effect in effects):
            return None
        trials_settled = [frozenset(trial for trial, _ in effect.settled) for effect in effects]
        distinct = list(dict.fromkeys(effects))
        return NextBest(
            fact=name,
            obtained_by=self.plan.book.catalogue.cost_of(name),
            settled=tuple(_in_words(kinds, effects)),
            always=len(frozenset.intersection(*trials_settled)),
            on_average=mean(len(effect.settled) for effect in distinct),
            criteria=mean(effect.criteria for effect in distinct),
        )

    def _kinds(self, name: str) -> Suppositions | None:
        if name == EVENTS:
            return further_events(self.known)
        fact = self.plan.book.catalogue.facts[name]
        turning = self.plan.turning.get(name, {})
        return suppositions(self.plan.book.compiler, self.known, fact, turning, self.units.get(name, ""))

    def _effect(
        self,
        supposed: Known,
        affected: set[Compiled],
        trials: Sequence[tuple[CompiledProtocol, list[Outcome]]],
    ) -> _Effect:
        truths = {compiled: compiled.condition(supposed) for compiled in affected}
        settled: list[tuple[str, Candidacy]] = []
        criteria = 0
        for protocol, before in trials:
            after = [
                one.means(truths[first]) if (first := first_of(one)) in affected else outcome
                for one, outcome in zip(protocol.deciding, before, strict=True)
            ]
            criteria += before.count(Outcome.UNKNOWN) - after.count(Outcome.UNKNOWN)
            if Outcome.FAIL in after or Outcome.UNKNOWN not in after:
                to, _ = candidacy_of(protocol, after, supposed)
                settled.append((protocol.protocol.id, to))
        return _Effect(tuple(settled), criteria)

    def _not_ranked(self) -> Iterator[NotRanked]:
        """Yield the numbers that more than one missing answer keeps open."""
        told: dict[tuple[str, ...], None] = {}
        for compiled in self.undecided:
            for read in compiled.reads:
                if self.known[read.source.place] is not None or (
                    isinstance(read.source, FactInput) and read.source.fact.asked
                ):
                    continue
                needs = tuple(
                    dict.fromkeys(
                        fact_of(one)
                        for one in read.source.sources()
                        if one is not read.source and self.known[one.place] is None
                    )
                )
                if len(needs) > 1 and needs not in told:
                    told[needs] = None
                    yield NotRanked(read.name, needs)


def _in_words(kinds: Suppositions, effects: Sequence[_Effect]) -> Iterator[Settled]:
    """Yield what each range of answers settles; answers that do the same are one range."""
    places: dict[_Effect, list[int]] = defaultdict(list)
    for place, effect in enumerate(effects):
        places[effect].append(place)
    for effect, alike in places.items():
        by_candidacy: dict[Candidacy, list[str]] = defaultdict(list)
        for trial, to in effect.settled:
            by_candidacy[to].append(trial)
        for to, trials in by_candidacy.items():
            yield Settled(kinds.say(alike), tuple(trials), to)
