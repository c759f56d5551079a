"""One person against one criterion: condition, outcome, and the sentence that says why."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum
from functools import cached_property
from typing import Any, NamedTuple

from screening.clinical.dates import Duration, day_of, read_duration
from screening.clinical.units import CONVERSIONS, LABELS
from screening.rules.conditions import Comparison, Compiler, Crossing, comparisons, crossings
from screening.rules.content import Content
from screening.rules.facts import Catalogue
from screening.rules.inputs import (
    AgeAtInput,
    AgeInput,
    CountInput,
    DateInput,
    FactInput,
    Input,
    Known,
    NumberInput,
    Test,
)
from screening.rules.language import And, AtLeast, Between, Compare, Condition, Not, Or, names_in
from screening.rules.protocol import INDICATION, Criterion, Protocol, Safety
from screening.rules.reader import Reader
from screening.rules.sentences import Account, Obstacle, Read, evidence, say_number
from screening.rules.truth import Truth
from screening.rules.words import is_about_one, say, say_days, upper_first


class Outcome(Enum):
    """What a condition means for the person."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"


_MEANS = {
    (Truth.TRUE, True): Outcome.PASS,
    (Truth.FALSE, True): Outcome.FAIL,
    (Truth.TRUE, False): Outcome.FAIL,
    (Truth.FALSE, False): Outcome.PASS,
}
Distance = Callable[[Known], float]
_REASON_ORDER = ("conflict", "undated", "stale", "missing")


class Margin(NamedTuple):
    """How far a number lies from the threshold that decides it, in the rule's unit; days for dates."""

    value: float
    unit: str


class Assessment(NamedTuple):
    """One criterion's answer for one person."""

    criterion: Criterion
    condition: Truth
    outcome: Outcome
    reason: str
    why: str
    facts: tuple[dict[str, Any], ...]
    margin: Margin | None
    missing: tuple[str, ...]
    """The facts that would have to be found out to decide it."""
    reads: tuple[Read, ...]
    """What decided it, or keeps it from being decided."""


@dataclass(frozen=True, eq=False)
class Compiled:
    """One criterion, ready to be answered."""

    criterion: Criterion
    tree: Condition
    within: Duration | None
    test: Test
    reads: tuple[Read, ...]
    distances: tuple[Distance, ...]
    """How far a known number lies from each threshold, where the rule is about one number; else empty."""
    margin_unit: str
    whole: "Limb | None"
    """The rule as limbs, where it has several, to tell which of them decided it."""
    ways: tuple[tuple["Limb", str], ...]
    """For alternatives, each with what it needs: where one holds, it alone is spoken of."""
    measures: tuple[tuple["Limb", Read], ...]
    """The alternatives, where each is one number and all measure the same, like two scores of awareness."""
    unclear: Test | None
    unclear_tree: Condition | None
    crossings: tuple[Crossing, ...]
    words: str
    needs: str
    """The second half of the sentence, up to the verdict."""
    proxy: Input | None
    undecided: str
    """Why its outcome never counts, as a reason code; empty where it counts."""
    not_counted: str
    """The sentence that says so."""
    alike: "Compiled | None"
    """An earlier criterion that asks the same of the person, so that it has the same answer."""

    @cached_property
    def about(self) -> dict[str, Any]:
        """What is the same for everyone, for JSON."""
        criterion = self.criterion
        return {
            "id": criterion.id,
            "kind": criterion.kind,
            "text": criterion.text,
            "rule": " ".join(criterion.rule.split()),
            "words": self.words,
            "source": criterion.source,
            "grade": criterion.grade,
            "decides": criterion.decides,
            "indication": criterion.indication,
            "advisory": criterion.advisory,
            "anchor": criterion.anchor,
            "notes": list(criterion.notes),
        }

    def condition(self, known: Known) -> Truth:
        """Return the condition; where the source's own wording is unclear, it is not known."""
        truth = self.test(known)
        return Truth.UNKNOWN if self.is_unclear(known, truth) else truth

    def is_unclear(self, known: Known, truth: Truth) -> bool:
        """Whether the source's own wording keeps the rule from being `truth`."""
        if self.unclear is None or truth is Truth.UNKNOWN:
            return False
        return self.unclear(known) is not Truth.FALSE

    def means(self, condition: Truth) -> Outcome:
        """Return what a condition would mean for the person if the criterion counted."""
        return _MEANS.get((condition, self.criterion.passes_when), Outcome.UNKNOWN)

    def outcome(self, known: Known) -> Outcome:
        """Return the outcome that counts: not known for what does not decide."""
        if not self.criterion.decides:
            return Outcome.UNKNOWN
        return self.means(self.condition(known))


def first_of(compiled: Compiled) -> Compiled:
    """Return the criterion that was the first to ask what this one asks."""
    return compiled if compiled.alike is None else compiled.alike


@dataclass(frozen=True, eq=False)
class Limb:
    """A part of a rule, to tell which parts decided it."""

    tree: Condition
    test: Test
    reads: tuple[Read, ...]
    limbs: tuple["Limb", ...] = field(default=())

    def decisive(self, known: Known) -> Iterator[Read]:
        """Yield what decided this part, or what keeps it from being decided."""
        if not self.limbs:
            yield from self.reads
            return
        truth = self.test(known)
        for limb in self.limbs:
            if isinstance(self.tree, Not) or limb.test(known) is truth:
                yield from limb.decisive(known)


class Rulebook:
    """All protocols of one content, ready to be answered for a person."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.catalogue: Catalogue = content.catalogue
        self.reader = Reader(content.catalogue)
        self.compiler = Compiler(self.reader, content.trees)
        self._read: dict[tuple[str, int, str], Read] = {}
        self._compiled: dict[Criterion, Compiled] = {}
        self.cautions = {
            key: tuple(map(self.compiled, shared.criteria)) for key, shared in content.cautions.items()
        }
        self.protocols = tuple(CompiledProtocol(self, protocol) for protocol in content.protocols)
        self.indication = next((one for one in self.protocols if one.protocol.id == INDICATION), None)

    def compiled(self, criterion: Criterion) -> Compiled:
        """Return `criterion` ready to be answered."""
        asks = replace(
            criterion, id="", text="", source="", sponsor_ref="", anchor="", indication=False, notes=()
        )
        alike = self._compiled.get(asks)
        if alike is not None:
            return replace(alike, criterion=criterion, alike=alike)
        compiled = self._compiled[asks] = self._made(criterion)
        return compiled

    def _made(self, criterion: Criterion) -> Compiled:
        within = read_duration(criterion.within) if criterion.within is not None else None
        tree = self.content.trees[criterion.rule]
        reads = self._reads(tree, within)
        one = is_about_one(tree)
        wants = "needs" if criterion.passes_when else "counts against if"
        if criterion.kind == "exclusion":
            wants = "excludes if"
        simple = isinstance(tree, Compare | Between)
        whole = None if len(reads) == 1 else self._limb(tree, within)
        unclear_tree = None if criterion.unclear is None else self.content.trees[criterion.unclear]
        compared = tuple(comparisons(self.reader, tree, within)) if simple else ()
        return Compiled(
            criterion=criterion,
            tree=tree,
            within=within,
            test=self.compiler.test(tree, within),
            reads=reads,
            distances=tuple(found for one in compared if (found := _distance(one)) is not None),
            margin_unit=_margin_unit(compared[0]) if compared else "",
            whole=whole,
            ways=self._ways(tree, whole, wants),
            measures=_measures(whole),
            unclear=self._unclear(criterion, within),
            unclear_tree=unclear_tree,
            crossings=tuple(
                crossing
                for rule in (tree, unclear_tree)
                if rule is not None
                for crossing in crossings(self.reader, rule, within)
            ),
            words=upper_first(say(self.catalogue, tree)),
            needs=f"; {wants} {say(self.catalogue, tree, subject=not one)}: ",
            proxy=self.reader.named_fact(criterion.proxy) if criterion.proxy is not None else None,
            undecided="advisory" if criterion.advisory else "unverified" if criterion.grade == "M" else "",
            not_counted=_not_counted(criterion),
            alike=None,
        )

    def _ways(self, tree: Condition, whole: "Limb | None", wants: str) -> tuple[tuple["Limb", str], ...]:
        if whole is None or not isinstance(tree, Or):
            return ()
        count = len(whole.limbs)
        said = [say(self.catalogue, limb.tree) for limb in whole.limbs]
        return tuple(
            (limb, f"; {wants} {words} (1 of {count} ways): ")
            for limb, words in zip(whole.limbs, said, strict=True)
        )

    def _unclear(self, criterion: Criterion, within: Duration | None) -> Test | None:
        if criterion.unclear is None:
            return None
        tree = self.content.trees[criterion.unclear]
        test = self.compiler.test(tree, within)
        if not criterion.in_typed_unit:
            return test
        typed = self.compiler.typed_in(tree, within)
        return lambda known: test(known) if typed(known) is Truth.TRUE else Truth.FALSE

    def _reads(self, tree: Condition, within: Duration | None) -> tuple[Read, ...]:
        found: dict[Input, Read] = {}
        for part in parts_of(tree):
            if isinstance(part, Compare | Between):
                for comparison in comparisons(self.reader, part, within):
                    name = ", ".join(dict.fromkeys(names_in(part)))
                    found.setdefault(comparison.source, self._once(name, comparison.source, comparison.unit))
            else:
                for name in names_in(part):
                    source = self.reader.named(name, within)
                    found.setdefault(source, self._once(name, source, ""))
        return tuple(found.values())

    def _once(self, name: str, source: Input, unit: str) -> Read:
        key = (name, source.place, unit)
        if key not in self._read:
            measured = not isinstance(source, FactInput) or isinstance(source, NumberInput | DateInput)
            self._read[key] = Read(name, source, unit, measured)
        return self._read[key]

    def _limb(self, tree: Condition, within: Duration | None) -> Limb:
        limbs: tuple[Condition, ...] = ()
        if isinstance(tree, And | Or | AtLeast):
            limbs = tree.limbs
        elif isinstance(tree, Not):
            limbs = (tree.limb,)
        inner = tuple(self._limb(limb, within) for limb in limbs)
        return Limb(tree, self.compiler.test(tree, within), self._reads(tree, within), inner)


class CompiledProtocol:
    """One protocol, ready to be answered for a person."""

    def __init__(self, book: Rulebook, protocol: Protocol) -> None:
        self.protocol = protocol
        self.criteria = tuple(map(book.compiled, protocol.criteria))
        self.deciding = tuple(one for one in self.criteria if one.criterion.decides)
        self.limitations = tuple(map(book.compiled, protocol.limitations))
        self.steps = tuple(map(book.compiled, protocol.steps))
        self.cautions = tuple(one for key in protocol.cautions for one in book.cautions[key])
        self.safety: tuple[tuple[Safety, Limb | None], ...] = tuple(
            (safety, None if safety.when is None else book._limb(book.content.trees[safety.when], None))
            for safety in protocol.safety
        )


def _measures(whole: Limb | None) -> tuple[tuple[Limb, Read], ...]:
    if whole is None or not isinstance(whole.tree, Or):
        return ()
    alone = [(limb, limb.reads[0]) for limb in whole.limbs if len(limb.reads) == 1]
    measured = {
        read.source.fact.measures if isinstance(read.source, NumberInput) else "" for _, read in alone
    }
    alike = len(alone) == len(whole.limbs) and len(measured) == 1 and "" not in measured
    return tuple(alone) if alike else ()


def _margin_unit(comparison: Comparison) -> str:
    match comparison.source:
        case DateInput():
            return "days"
        case CountInput():
            return "events"
        case AgeInput() | AgeAtInput():
            return "years"
    return LABELS.get(comparison.unit, "")


def _not_counted(criterion: Criterion) -> str:
    if criterion.advisory:
        return f" Not counted: {criterion.advisory}."
    return " Not counted: not seen in any source." if criterion.grade == "M" else ""


def assess(compiled: Compiled, account: Account) -> Assessment:
    """Return the answer to one criterion for what is known."""
    criterion, known = compiled.criterion, account.known
    truth = compiled.test(known)
    unclear = compiled.is_unclear(known, truth)
    condition = Truth.UNKNOWN if unclear else truth
    reads, needs, whole = compiled.reads, compiled.needs, compiled.whole
    if condition is Truth.TRUE and compiled.ways:
        whole, needs = next(way for way in compiled.ways if way[0].test(known) is Truth.TRUE)
    if whole is not None:
        reads = tuple(dict.fromkeys(whole.decisive(known)))
    records: tuple[dict[str, Any], ...]
    if len(reads) == 1:
        one = account[reads[0]]
        words, records, in_the_way, measured = one.words, (one.record,), one.obstacles, reads[0].measured
    else:
        told = [account[read] for read in reads]
        words = "; ".join(dict.fromkeys([one.words for one in told]))
        records = tuple([one.record for one in told])
        in_the_way = tuple([obstacle for one in told for obstacle in one.obstacles])
        measured = any(read.measured for read in reads)
    if condition is Truth.UNKNOWN:
        missing = () if unclear else tuple(dict.fromkeys([one.fact for one in in_the_way]))
        verdict = f"not decided, because {criterion.unclear_because}" if unclear else "not known"
        reason = compiled.undecided or ("unclear" if unclear else _why_unknown(in_the_way))
        why = f"{words}{needs}{verdict}.{compiled.not_counted}{_proxy(compiled, known)}"
        return Assessment(criterion, condition, Outcome.UNKNOWN, reason, why, records, None, missing, reads)
    passes = (condition is Truth.TRUE) is criterion.passes_when
    margin = _margin(compiled, known) if compiled.distances else None
    if criterion.passes_when:
        verdict = "passes" if passes else "fails"
    else:
        verdict = "absent" if passes else "present"
    if margin is not None:
        verdict += _say_margin(margin, passes=passes, exclusion=not criterion.passes_when)
    if compiled.undecided:
        reason = compiled.undecided
    elif measured:
        reason = "in_range" if passes else "out_of_range"
    else:
        reason = "present" if condition is Truth.TRUE else "absent"
    outcome = Outcome.UNKNOWN if not criterion.decides else Outcome.PASS if passes else Outcome.FAIL
    why = f"{words}{needs}{verdict}.{_otherwise(compiled, account, condition)}{compiled.not_counted}"
    return Assessment(criterion, condition, outcome, reason, why, records, margin, (), reads)


def _otherwise(compiled: Compiled, account: Account, condition: Truth) -> str:
    """Return the sentence that another of several measures of the same says the opposite."""
    if condition is not Truth.TRUE or not compiled.measures:
        return ""
    known = account.known
    against = [account[read].words for limb, read in compiled.measures if limb.test(known) is Truth.FALSE]
    return f" {' and '.join(against)} {'says' if len(against) == 1 else 'say'} otherwise." if against else ""


def _why_unknown(in_the_way: tuple[Obstacle, ...]) -> str:
    """Return the one reason of several that is said: what was answered comes before what was not."""
    found = {one.reason for one in in_the_way}
    return next((reason for reason in _REASON_ORDER if reason in found), "missing")


def _proxy(compiled: Compiled, known: Known) -> str:
    """Return the sentence that a value near the one asked for is known, and is not that one."""
    if compiled.proxy is None or known[compiled.proxy.place] is None:
        return ""
    return f" {evidence(known, compiled.proxy)} is only a proxy."


def _margin(compiled: Compiled, known: Known) -> Margin | None:
    """Return the least distance of the number from the thresholds that decide the rule."""
    found = [distance(known) for distance in compiled.distances]
    return Margin(round(abs(min(found)), 6), compiled.margin_unit) if found else None


def _distance(comparison: Comparison) -> Distance | None:
    """Return by how much a comparison of a known number holds; negative where it does not."""
    if comparison.operator in ("=", "<>"):
        return None
    sign = 1.0 if comparison.operator in (">=", ">") else -1.0
    source, unit, threshold = comparison.source, comparison.unit, comparison.threshold
    place = source.place
    if isinstance(source, DateInput):
        length = Duration(int(threshold), unit)

        def days(known: Known) -> float:
            start, (first, last) = day_of(known.starts[length]), known[place]
            return sign * _nearer((start - day_of(last)).days, (start - day_of(first)).days)

        return days
    steps = source.fact.precision.get(unit) if isinstance(source, FactInput) else None

    def distance(known: Known) -> float:
        low, high, stored = known[place]
        if stored and unit and stored != unit:
            conversion = CONVERSIONS[stored, unit]
            low, high = conversion(low), conversion(high)
            if steps is not None:
                low = math.floor(low / steps + 0.5 + 1e-9) * steps
                high = high if math.isinf(high) else math.floor(high / steps + 0.5 + 1e-9) * steps
        return sign * _nearer(low - threshold, high - threshold)

    return distance


def _nearer(low: float, high: float) -> float:
    """Return the end that is nearer to 0; `high` may have no bound."""
    return low if abs(low) <= abs(high) else high


def _say_margin(margin: Margin, *, passes: bool, exclusion: bool) -> str:
    value, unit = margin
    if value == 0:
        return " with none to spare" if passes else ""
    if unit == "days":
        amount = say_days(int(value))
    elif unit == "years" and value == 1:
        amount = "1 year"
    else:
        amount = f"{say_number(value)} {'' if unit == 'events' else unit}".rstrip()
    if passes:
        return f" with {amount} to spare"
    return f", by {amount}" if exclusion else f" by {amount}"


def parts_of(tree: Any) -> Iterator[Any]:
    """Yield the comparisons and names a rule joins."""
    match tree:
        case And(limbs) | Or(limbs) | AtLeast(_, limbs):
            for limb in limbs:
                yield from parts_of(limb)
        case Not(limb):
            yield from parts_of(limb)
        case _:
            yield tree


def change_days(compiled: Compiled, known: Known, until: date) -> list[date]:
    """Return the days after today, up to `until`, on which the condition may change by time alone."""
    if not compiled.crossings:
        return []
    key = compiled.alike or compiled, until
    found = known.turns.get(key)
    if found is None:
        today = known.day
        days = {day for crossing in compiled.crossings for day in crossing(known, until)}
        found = known.turns[key] = sorted([day for day in days if today < day <= until])
    return found


class Change(NamedTuple):
    """The first day on which a condition is another one, and which."""

    on: date
    to: Truth


def first_change(compiled: Compiled, known: Known, until: date) -> Change | None:
    """Return how the condition first changes up to `until`, if nothing happens."""
    days = change_days(compiled, known, until)
    if not days:
        return None
    today = compiled.condition(known)
    for day in days:
        then = compiled.condition(known.at(day))
        if then is not today:
            return Change(day, then)
    return None
