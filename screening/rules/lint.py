"""Checks of protocol files at load: what a closed schema cannot see.

Each defect names the file, the criterion, what was found and what to do.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from screening.clinical.dates import Duration, read_duration
from screening.rules.conditions import Compiler, comparisons
from screening.rules.facts import Catalogue, Fact, Name
from screening.rules.inputs import AgeInput, DateInput, FactInput, Known, Starts
from screening.rules.language import (
    And,
    AtLeast,
    Between,
    Compare,
    Condition,
    Not,
    Number,
    Or,
    RuleError,
    did_you_mean,
    limbs_of,
    names_in,
)
from screening.rules.loading import Defect
from screening.rules.protocol import Cautions, Criterion, Protocol
from screening.rules.reader import Reader
from screening.rules.truth import Truth

MAX_DECIDING = 62
MAX_REPRESENTED = 3
"""How many facts a rule may name for all their combinations to be tried."""


def check(
    catalogue: Catalogue, protocols: tuple[Protocol, ...], cautions: Mapping[str, Cautions]
) -> tuple[dict[str, Condition], list[Defect]]:
    """Return the parsed rules by their text, and every defect of these files."""
    linter = _Linter(catalogue)
    linter.formulas()
    for shared in cautions.values():
        linter.file = f"cautions/{shared.id}.toml"
        linter.criteria(shared.criteria)
        linter.sources(shared.sources, [(one.id, one.cites) for one in shared.criteria])
    for protocol in protocols:
        linter.file = f"{protocol.id}.toml"
        linter.protocol(protocol, cautions)
    return linter.trees, linter.defects


@dataclass
class _Linter:
    catalogue: Catalogue

    def __post_init__(self) -> None:
        self.file = ""
        self.trees: dict[str, Condition] = {}
        self.defects: list[Defect] = []
        self.reader = Reader(self.catalogue)
        self.compiler = Compiler(self.reader, self.trees)
        self._constant: dict[str, str] = {}

    def defect(self, place: str, message: str) -> None:
        self.defects.append(Defect(self.file, place, message))

    def formulas(self) -> None:
        """Refuse a formula that cannot be worked out."""
        self.file = "facts"
        for fact in self.catalogue.facts.values():
            if fact.derived:
                try:
                    self.reader.number(fact.name, None)
                except RuleError as error:
                    self.defect(fact.name, str(error))

    def protocol(self, protocol: Protocol, cautions: Mapping[str, Cautions]) -> None:
        everything = (*protocol.criteria, *protocol.limitations, *protocol.steps)
        self.criteria(everything)
        self.contradictions(protocol)
        cited = [(one.id, one.cites) for one in everything]
        for safety in protocol.safety:
            cited.append(("safety", tuple(key.strip() for key in safety.source.split(","))))
            if safety.when is not None:
                self.rule("safety", safety.when)
        self.sources(protocol.sources, cited)
        for shared in protocol.cautions:
            if shared not in cautions:
                self.defect(
                    "cautions", f"there is no cautions/{shared}.toml{did_you_mean(shared, list(cautions))}"
                )
        if protocol.steps and protocol.kind != "guideline":
            self.defect("step", "only a guideline has steps: take them out")
        for part in (protocol.confirm, everything):
            ids = [one.id for one in part]
            for repeated in sorted({one for one in ids if ids.count(one) > 1}):
                self.defect(repeated, "repeated criterion id: give each its own")
        self.conclusion(protocol)

    def conclusion(self, protocol: Protocol) -> None:
        """Refuse a protocol that could conclude `likely` from too little."""
        deciding = protocol.deciding
        thin = len(deciding) < 4 or not protocol.indicated
        if thin and protocol.best is None:
            self.defect(
                "best", 'fewer than 4 criteria decide, or none is an indication: write best = "possible"'
            )
        if (protocol.best is None) != (protocol.best_because == ""):
            self.defect("best_because", "write best and best_because together")
        if len(deciding) > MAX_DECIDING:
            self.defect("", f"{len(deciding)} criteria decide: at most {MAX_DECIDING} fit a protocol")

    def criteria(self, criteria: tuple[Criterion, ...]) -> None:
        for criterion in criteria:
            self.criterion(criterion)

    def criterion(self, criterion: Criterion) -> None:
        place = criterion.id
        within = self.duration(criterion)
        tree = self.rule(place, criterion.rule, within)
        if criterion.unclear is not None:
            self.rule(place, criterion.unclear, within)
        if (criterion.unclear is None) != (criterion.unclear_because == ""):
            self.defect(place, "write unclear and unclear_because together")
        if criterion.in_typed_unit and criterion.unclear is None:
            self.defect(place, "in_typed_unit limits unclear: write unclear, or take it out")
        if criterion.kind != "step" and criterion.grade == "":
            self.defect(place, "grade is missing: A seen in the source, B secondary, M not seen")
        if criterion.kind != "step" and not criterion.cites:
            self.defect(place, "source is missing: name where it was read")
        if criterion.proxy is not None and criterion.proxy not in self.catalogue.facts:
            near = did_you_mean(criterion.proxy, list(self.catalogue.facts))
            self.defect(place, f"proxy {criterion.proxy!r} is no fact{near}")
        if tree is not None:
            constant = self.constant(criterion.rule, tree, within)
            if constant:
                self.defect(place, f"the rule is {constant}: {criterion.rule!r}")

    def duration(self, criterion: Criterion) -> Duration | None:
        if criterion.within is None:
            return None
        try:
            return read_duration(criterion.within)
        except ValueError as error:
            self.defect(criterion.id, f"within: {error}")
            return None

    def rule(self, place: str, text: str, within: Duration | None = None) -> Condition | None:
        try:
            if text not in self.trees:
                self.trees[text] = self.catalogue.parse(text)
            tree = self.trees[text]
            for name in names_in(tree):
                self.gated(tree, name)
            for part in _comparisons_in(tree):
                self.thresholds(part, within)
            self.compiler.test(tree, within)
        except RuleError as error:
            self.defect(place, str(error))
            return None
        return tree

    def gated(self, tree: Condition, text: str) -> None:
        """Refuse a date that may never have happened where its gate is not asked beside it."""
        name = self.catalogue.names[text]
        fact = self.catalogue.facts.get(name.fact)
        if name.unit == "since_aid_start":
            fact = self.catalogue.facts["aid_start_date"]
        if fact is None or fact.kind != "date" or fact.gate is None:
            return
        gates = set(names_in(self.catalogue.trees[fact.gate]))
        if not _stands_beside(tree, text, gates):
            raise RuleError(f"{text} may never have happened: write {fact.gate} AND {text} …")

    def thresholds(self, tree: Compare | Between, within: Duration | None) -> None:
        for comparison in comparisons(self.reader, tree, within):
            source, threshold = comparison.source, comparison.threshold
            if isinstance(source, DateInput):
                if not threshold.is_integer() or not 0 <= threshold <= 36500:
                    raise RuleError(f"a duration is compared with whole {comparison.unit}, not {threshold:g}")
            elif isinstance(source, AgeInput):
                if not threshold.is_integer() or not 0 <= threshold <= 120:
                    raise RuleError(f"an age is compared with whole years from 0 to 120, not {threshold:g}")
            elif isinstance(source, FactInput):
                self.plausible(source.fact, comparison.unit, threshold)

    def plausible(self, fact: Fact, unit: str, threshold: float) -> None:
        low, high = fact.plausible[unit]
        if not low <= threshold <= high:
            slips = [
                label
                for other, label in fact.units.items()
                if other != unit and fact.plausible[other][0] <= threshold <= fact.plausible[other][1]
            ]
            hint = f": is it in {' or '.join(slips)}?" if slips else ""
            found = f"{threshold:g} {fact.units.get(unit, '')}".rstrip()
            raise RuleError(f"{found} is outside {fact.label} {low:g} to {high:g}{hint}")

    def constant(self, text: str, tree: Condition, within: Duration | None) -> str:
        """Return whether a rule is always or never true over values on all sides of its thresholds."""
        names = list(dict.fromkeys(names_in(tree)))
        if len(names) > MAX_REPRESENTED:
            return ""
        if text not in self._constant:
            seen = set(self.truths(tree, names, within))
            known = seen - {Truth.UNKNOWN}
            always = f"always {next(iter(known)).value}" if known else "never decided"
            self._constant[text] = always if len(known) < 2 else ""
        return self._constant[text]

    def truths(self, tree: Condition, names: list[str], within: Duration | None) -> Iterator[Truth]:
        """Yield what `tree` is for every combination of representative values."""
        test = self.compiler.test(tree, within)
        represented = [list(_representatives(self.catalogue, tree, name)) for name in names]
        for values in itertools.product(*represented):
            stated = _Stated(self.reader)
            for name, value in zip(names, values, strict=True):
                stated[self.reader.named(name, within).place] = value
                if self.catalogue.names[name].kind == "elapsed":
                    start, _ = value
                    years = float(-start // 365)
                    stated[self.reader.completed(name).place] = (years, years, "")
            yield test(stated)

    def contradictions(self, protocol: Protocol) -> None:
        """Refuse two criteria about the same one fact that no value can pass together."""
        single: dict[str, list[tuple[Criterion, Condition]]] = {}
        for criterion in protocol.deciding:
            tree = self.trees.get(criterion.rule)
            names = set(names_in(tree)) if tree is not None else set()
            if len(names) == 1 and tree is not None:
                single.setdefault(names.pop(), []).append((criterion, tree))
        for name, about in single.items():
            for (one, first), (other, second) in itertools.combinations(about, 2):
                both = And((_passing(one, first), _passing(other, second)))
                if Truth.TRUE not in set(self.truths(both, [name], None)):
                    self.defect(other.id, f"no one can pass it and {one.id}: both are about {name}")

    def sources(self, listed: Mapping[str, Any], cited: list[tuple[str, tuple[str, ...]]]) -> None:
        for place, keys in cited:
            for key in keys:
                if key not in listed:
                    self.defect(
                        place,
                        f"source {key!r} is not listed: add [sources.{key}]{did_you_mean(key, list(listed))}",
                    )
        unused = set(listed) - {key for _, keys in cited for key in keys}
        for key in sorted(unused):
            self.defect(f"sources.{key}", "nothing cites it: cite it or take it out")


class _Stated(Known):
    """Values stated for the inputs of a rule, without a person."""

    def __init__(self, reader: Reader) -> None:
        dict.__init__(self)
        self.reader, self.base = reader, None
        self.starts = _StandIns(date.max)


class _StandIns(Starts):
    """Stand-ins for the starts of windows: a shorter one starts later."""

    def __missing__(self, length: Duration) -> int:
        return -_days(length.number, length.unit)


def _days(count: int, unit: str) -> int:
    return count * {"days": 1, "weeks": 7, "months": 30, "years": 365}[unit]


def _passing(criterion: Criterion, tree: Condition) -> Condition:
    return tree if criterion.passes_when else Not(tree)


def _comparisons_in(tree: Any) -> Iterator[Compare | Between]:
    if isinstance(tree, Compare | Between):
        yield tree
        return
    for limb in limbs_of(tree):
        yield from _comparisons_in(limb)


def _stands_beside(tree: Any, text: str, gates: set[str]) -> bool:
    """Whether every mention of the name `text` has a limb on one of `gates` beside it in an AND."""
    if text not in set(names_in(tree)):
        return True
    if isinstance(tree, And) and any(
        gates & set(names_in(limb)) and text not in set(names_in(limb)) for limb in tree.limbs
    ):
        return True
    if not isinstance(tree, And | Or | Not | AtLeast):
        return False
    return all(_stands_beside(limb, text, gates) for limb in limbs_of(tree))


def _representatives(catalogue: Catalogue, tree: Condition, text: str) -> Iterator[Any]:
    """Yield values of the input `text`: its choices, or points on, between and beyond its thresholds."""
    name = catalogue.names[text]
    if name.kind == "truth":
        yield from (True, False)
    elif name.kind == "choice":
        yield from catalogue.facts[name.fact].choices
    else:
        points = sorted(_thresholds_of(tree, text, name))
        points = points or [1.0]
        between = [(low + high) / 2 for low, high in itertools.pairwise(points)]
        low, high = _range(catalogue, name)
        for point in (*points, *between, low, high):
            if low <= point <= high:
                yield (-point, -point) if name.kind == "elapsed" else (point, point, name.unit)


def _range(catalogue: Catalogue, name: Name) -> tuple[float, float]:
    if name.kind == "number":
        return catalogue.facts[name.fact].plausible.get(name.unit, (0.0, 1e6))
    if name.kind == "elapsed":
        return 0.0, 36500.0
    return 0.0, 120.0 if name.kind in ("age", "age_at") else 1000.0


def _thresholds_of(tree: Any, text: str, name: Name) -> set[float]:
    found: set[float] = set()
    for part in _comparisons_in(tree):
        if text in set(names_in(part)):
            values = {number.value for number in _numbers_in(part)}
            found |= (
                {float(_days(int(value), name.unit)) for value in values}
                if name.kind == "elapsed"
                else values
            )
    return found


def _numbers_in(tree: Any) -> Iterator[Number]:
    if isinstance(tree, Number):
        yield tree
    for limb in limbs_of(tree):
        yield from _numbers_in(limb)
