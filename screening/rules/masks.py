"""Failing and unknown criteria of one person as bits, for lists, queues and funnels.

Each comparison of the rules is an atom. Looking one input up in its table gives, as one integer,
all atoms that its value makes surely true or surely false, and what that means for criteria that
only join such atoms. The rest is a handful of bit tests. The answer is that of the records.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import reduce
from itertools import combinations, product
from math import nextafter
from operator import getitem, itemgetter, or_
from struct import Struct
from typing import Any

from screening.clinical.dates import day_number, lookback
from screening.rules.conditions import Comparison, comparisons, cut_points
from screening.rules.evaluate import Compiled, Rulebook
from screening.rules.inputs import DateInput, FactInput, Known
from screening.rules.language import (
    And,
    AtLeast,
    Between,
    Compare,
    Condition,
    Holds,
    Not,
    OneOf,
    Or,
    names_in,
)

MAX_DAYS = 16
"""For how many days tables are kept."""
MAX_VALUES = 5000
"""How many values of one input a table keeps."""
GROUP = 6
"""How many choices are looked up at a time."""
WIDTHS = (("B", 8), ("H", 16), ("I", 32), ("Q", 64))
"""How many bits a protocol may be given, each with its letter in a `Struct`."""

Rail = tuple["Atom", bool]
"""An atom that is surely true, or surely false."""
Ways = frozenset[frozenset[Rail]]
"""The ways in which something is sure: in each, all of its rails are there."""


@dataclass(frozen=True, slots=True)
class Atom:
    """One thing that is true or false of one input.

    `kind` is one of: reaches (the number is at least the cut of its unit), after (the date is later
    than, or with `options` ("on",) on or after, the start of a window), among (the choice is one of
    `options`), typed (the number is in the unit `options` has).
    """

    place: int
    kind: str
    cuts: tuple[tuple[str, float], ...] = ()
    options: tuple[Any, ...] = ()


Masks = tuple[int, int]
"""Failing and unknown deciding criteria of one protocol: a bit each, the first criterion lowest."""


@dataclass(frozen=True, slots=True)
class _Joined:
    """Criteria that several inputs decide together, in more than one way.

    They come out as `then` in each of `ways`, and the other way round where each of `spoils` is
    there; neither counts unless the wording is clear in one of `clear`.
    """

    ways: tuple[int, ...]
    spoils: tuple[int, ...]
    clear: tuple[int, ...]
    if_way: tuple[int, int]
    if_spoilt: tuple[int, int]
    if_open: tuple[int, int]

    def outcome(self, found: int) -> tuple[int, int]:
        """Return the bits that fail and those that are not known."""
        if self.clear:
            for clear in self.clear:
                if found & clear == clear:
                    break
            else:
                return self.if_open
        for way in self.ways:
            if found & way == way:
                return self.if_way
        for spoil in self.spoils:
            if not found & spoil:
                return self.if_open
        return self.if_spoilt


class _Together(dict[int, Masks]):
    """What all joined criteria come to, by the bits that they read.

    Attributes:
        reads: all bits that they read.
    """

    def __init__(self, joined: list[_Joined]) -> None:
        super().__init__()
        self.joined = joined
        self.reads = reduce(or_, (bits for one in joined for bits in (*one.ways, *one.spoils, *one.clear)), 0)

    def __missing__(self, found: int) -> Masks:
        if len(self) >= MAX_VALUES:
            self.clear()
        failing = unknown = 0
        for joined in self.joined:
            failed, undecided = joined.outcome(found)
            failing |= failed
            unknown |= undecided
        self[found] = failing, unknown
        return failing, unknown


class MaskPlan:
    """How the bits of all protocols are worked out."""

    def __init__(self, book: Rulebook) -> None:
        self.book = book
        self.size = 0
        layout = "<"
        placed: list[tuple[int, Compiled]] = []
        for protocol in book.protocols:
            letter, width = next(one for one in WIDTHS if len(protocol.deciding) <= one[1])
            placed += enumerate(protocol.deciding, self.size)
            layout += letter
            self.size += width
        self._apart = Struct(layout)
        decided = [(place, self._decided(compiled)) for place, compiled in placed]
        atoms = dict.fromkeys(
            atom for _, three in decided for ways in three for way in ways for atom, _ in way
        )
        self.by_place: dict[int, list[Atom]] = {}
        for atom in atoms:
            self.by_place.setdefault(atom.place, []).append(atom)
        self.spoilt_at: dict[Rail, int] = {}
        self.needs: list[tuple[int, Rail]] = []
        self.by_passing = self.by_failing = 0
        joined: dict[tuple[Ways, Ways, Ways], int] = {}
        for place, (passes, fails, clear) in decided:
            if not clear and len(passes) == 1:
                self.by_passing |= 1 << place
                self._decide_in_tables(1 << place, passes, fails)
            elif not clear and len(fails) == 1:
                self.by_failing |= 1 << place
                self._decide_in_tables(1 << place, fails, passes)
            else:
                joined[passes, fails, clear] = joined.get((passes, fails, clear), 0) | 1 << place
        self.in_tables = self.by_passing | self.by_failing
        self.bit: dict[Rail, int] = {}
        self.together = _Together([self._joined(*ways, bits) for ways, bits in joined.items()])
        chosen = [place for place, atoms in self.by_place.items() if atoms[0].kind == "among"]
        together = len(chosen) - len(chosen) % GROUP
        self.groups = [chosen[start : start + GROUP] for start in range(0, together, GROUP)]
        self.alone = [place for place in self.by_place if place not in chosen[:together]]
        inputs = book.reader.inputs
        self._derived = [(source.place, source.read) for source in inputs if not source.plain]
        self._alone = itemgetter(*self.alone)
        self._groups = [itemgetter(*group) for group in self.groups]
        self._bound: dict[date, list[dict[Any, int]]] = {}

    def _decide_in_tables(self, bit: int, way: Ways, spoils: Ways) -> None:
        """Let the tables decide a criterion that comes out one way only where all of `way` is there."""
        for spoil in spoils:
            for rail in spoil:
                self.spoilt_at[rail] = self.spoilt_at.get(rail, 0) | bit
        for needed in way:
            self.needs += [(bit << self.size, rail) for rail in needed]

    def _joined(self, passes: Ways, fails: Ways, clear: Ways, bits: int) -> _Joined:
        """Return the test of one criterion by its fewer ways; it comes out otherwise where each is spoilt."""
        by_passing = len(passes) <= len(fails)
        ways = passes if by_passing else fails
        ordered = sorted(ways, key=len)
        return _Joined(
            ways=tuple(self._mask(way) for way in ordered),
            spoils=tuple(self._mask((atom, not sure) for atom, sure in way) for way in ordered),
            clear=tuple(self._mask(way) for way in clear),
            if_way=(0 if by_passing else bits, 0),
            if_spoilt=(bits if by_passing else 0, 0),
            if_open=(0, bits),
        )

    def _mask(self, rails: Iterable[Rail]) -> int:
        mask = 0
        for rail in rails:
            mask |= self.bit.setdefault(rail, 1 << (2 * self.size + len(self.bit)))
        return mask

    def masks(self, known: Known) -> list[Masks]:
        """Return the bits of every protocol, in order, for what is known of a person."""
        return self.masks_of(self.facts(known), known.day)

    def facts(self, known: Known) -> tuple[Any, ...]:
        """Return all that the rules read of a person: each number and date, then choices a few together."""
        for place, read in self._derived:
            known[place] = read(known)
        return (*self._alone(known), *[group(known) for group in self._groups])

    def masks_of(self, facts: tuple[Any, ...], day: date) -> list[Masks]:
        """Return the bits of every protocol for `facts` on the day they are known on."""
        tables = self._bound.get(day)
        if tables is None:
            tables = self._bind(day)
        found = reduce(or_, map(getitem, tables, facts))
        incomplete = found >> self.size
        failing = found & self.by_passing | ~incomplete & self.by_failing
        unknown = incomplete & ~found & self.in_tables
        failed, undecided = self.together[found & self.together.reads]
        failing |= failed
        unknown |= undecided
        return list(zip(self._each(failing), self._each(unknown), strict=True))

    def _each(self, bits: int) -> tuple[int, ...]:
        """Return the bits of every protocol apart."""
        return self._apart.unpack(bits.to_bytes(self._apart.size, "little"))

    def _bind(self, day: date) -> list[dict[Any, int]]:
        """Return the tables of all inputs for one day, and keep them for the next person."""
        if len(self._bound) >= MAX_DAYS:
            self._bound.clear()
        alone = {place: _Table(self, place, atoms, day) for place, atoms in self.by_place.items()}
        groups = [_Group([alone[place] for place in group]) for group in self.groups]
        tables = self._bound[day] = [*(alone[place] for place in self.alone), *groups]
        return tables

    def _decided(self, compiled: Compiled) -> tuple[Ways, Ways, Ways]:
        """Return the ways in which a criterion surely passes, surely fails, and is surely clear."""
        true, false = self._ways(compiled.tree, compiled.within)
        clear: Ways = frozenset()
        if compiled.unclear_tree is not None:
            _, clear = self._ways(compiled.unclear_tree, compiled.within)
            if compiled.criterion.in_typed_unit:
                clear = _either([clear, *self._typed_otherwise(compiled.unclear_tree, compiled.within)])
        return (true, false, clear) if compiled.criterion.passes_when else (false, true, clear)

    def _typed_otherwise(self, tree: Condition, within: Any) -> list[Ways]:
        names = [self.book.catalogue.names[name] for name in dict.fromkeys(names_in(tree))]
        places = [(self.book.reader.named(name.text, within).place, name.unit) for name in names if name.unit]
        return [
            frozenset([frozenset([(Atom(place, "typed", options=(unit,)), False)])]) for place, unit in places
        ]

    def _ways(self, tree: Condition, within: Any) -> tuple[Ways, Ways]:
        """Return the ways in which `tree` is surely true and surely false."""
        match tree:
            case And(limbs):
                pairs = [self._ways(limb, within) for limb in limbs]
                return _both([true for true, _ in pairs]), _either([false for _, false in pairs])
            case Or(limbs):
                pairs = [self._ways(limb, within) for limb in limbs]
                return _either([true for true, _ in pairs]), _both([false for _, false in pairs])
            case AtLeast(count, limbs):
                pairs = [self._ways(limb, within) for limb in limbs]
                enough = [_both([true for true, _ in some]) for some in combinations(pairs, count)]
                lacking = len(limbs) - count + 1
                too_few = [_both([false for _, false in some]) for some in combinations(pairs, lacking)]
                return _either(enough), _either(too_few)
            case Not(limb):
                true, false = self._ways(limb, within)
                return false, true
            case Holds(name):
                return _sure(Atom(self.book.reader.named(name, within).place, "among", options=(True,)))
            case OneOf(name, options):
                return _sure(Atom(self.book.reader.named(name, within).place, "among", options=options))
            case Compare() | Between():
                pairs = [_compared(one) for one in comparisons(self.book.reader, tree, within)]
                return _both([true for true, _ in pairs]), _either([false for _, false in pairs])
        raise TypeError(tree)


class _Table(dict[Any, int]):
    """The bits that follow from each value of one input on one day; worked out once per value."""

    def __init__(self, plan: MaskPlan, place: int, atoms: list[Atom], day: date) -> None:
        super().__init__()
        self.plan, self.place, self.atoms = plan, place, atoms
        self.starts = {atom: _start(atom, day) for atom in atoms if atom.kind == "after"}
        self.needs = [(bit, rail) for bit, rail in plan.needs if rail[0].place == place]

    def __missing__(self, value: Any) -> int:
        if len(self) >= MAX_VALUES:
            self.clear()
        row = 0
        rails = (
            set()
            if value is None
            else {(a, sure) for a in self.atoms if (sure := self._sure(a, value)) is not None}
        )
        for rail in rails:
            row |= self.plan.bit.get(rail, 0) | self.plan.spoilt_at.get(rail, 0)
        for open_bit, rail in self.needs:
            if rail not in rails:
                row |= open_bit
        self[value] = row
        return row

    def _sure(self, atom: Atom, value: Any) -> bool | None:
        """Return whether the atom is true or false of a known value; None where that is not sure."""
        if atom.kind == "among":
            return value in atom.options
        if atom.kind == "typed":
            return value[2] in atom.options
        cut = self.starts[atom] if atom.kind == "after" else _cut(atom, value[2])
        return True if value[0] >= cut else False if value[1] < cut else None


class _Group(dict[tuple[Any, ...], int]):
    """The bits that follow from the values of several inputs together."""

    def __init__(self, tables: list[_Table]) -> None:
        super().__init__()
        self.tables = tables

    def __missing__(self, values: tuple[Any, ...]) -> int:
        if len(self) >= MAX_VALUES:
            self.clear()
        row = self[values] = reduce(or_, map(getitem, self.tables, values))
        return row


def _cut(atom: Atom, unit: str) -> float:
    return next((cut for stored, cut in atom.cuts if stored == unit), atom.cuts[0][1])


def _compared(comparison: Comparison) -> tuple[Ways, Ways]:
    operator, threshold, source = comparison.operator, comparison.threshold, comparison.source
    if operator in ("=", "<>"):
        at_least, at_most = (
            _compared(Comparison(source, comparison.unit, bound, threshold)) for bound in (">=", "<=")
        )
        equal = _both([at_least[0], at_most[0]]), _either([at_least[1], at_most[1]])
        return equal if operator == "=" else (equal[1], equal[0])
    if isinstance(source, DateInput):
        bound = (comparison.unit, int(threshold), 1 if operator in (">=", "<") else 0)
        late, early = _sure(Atom(source.place, "after", options=bound))
        return (early, late) if operator in (">=", ">") else (late, early)
    strict = operator in (">", "<=")
    cuts = {"": nextafter(threshold, float("inf")) if strict else threshold}
    if isinstance(source, FactInput) and source.fact.units:
        cuts = cut_points(source.fact, comparison.unit, threshold, strict=strict)
    reaches, below = _sure(Atom(source.place, "reaches", tuple(sorted(cuts.items()))))
    return (reaches, below) if operator in (">=", ">") else (below, reaches)


def _start(atom: Atom, day: date) -> int:
    """Return the first day that counts as later, as yyyymmdd."""
    unit, count, beyond = atom.options
    start: int = day_number(lookback(day, count, unit)) + beyond
    return start


def _sure(atom: Atom) -> tuple[Ways, Ways]:
    return frozenset([frozenset([(atom, True)])]), frozenset([frozenset([(atom, False)])])


def _either(ways: Iterable[Ways]) -> Ways:
    found = frozenset(way for some in ways for way in some)
    return frozenset(way for way in found if not any(other < way for other in found))


def _both(ways: list[Ways]) -> Ways:
    found = frozenset(frozenset().union(*chosen) for chosen in product(*ways))
    return frozenset(way for way in found if not any(other < way for other in found))
