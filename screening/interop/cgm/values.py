"""Written glucose values as numbers, and which unit they can be in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import inf, isfinite, nan

from screening.clinical.cgm.units import UNITS, Unit

Cell = str | float

LOW, HIGH = -inf, inf
"""What the words for out of range are read as, until the unit is known."""
_LOW_WORDS, _HIGH_WORDS = frozenset({"low", "lo"}), frozenset({"high", "hi"})
_NUMBER = re.compile(r"[+-]?\d{1,9}(?:[.,]\d{1,25})?", re.ASCII)
_NO_WORD = re.compile(r"[\W\d_]*")
MIXED_SHARE = 0.01
"""From this share on, readings that cannot be in the unit show that the file has both; fewer are errors."""


def number_of(cell: Cell) -> float:
    """Return a cell as a number; LOW or HIGH for the words and for `<40`, `>400`; NaN for anything else."""
    if not isinstance(cell, str):
        return float(cell) if isfinite(cell) else nan
    text = cell.strip()
    if _NUMBER.fullmatch(text) is not None:
        return float(text.replace(",", "."))
    if text.lower() in _LOW_WORDS or _NUMBER.fullmatch(text.removeprefix("<").strip()) is not None:
        return LOW
    if text.lower() in _HIGH_WORDS or _NUMBER.fullmatch(text.removeprefix(">").strip()) is not None:
        return HIGH
    return nan


def unit_written(text: str) -> Unit | None:
    """Return the unit that a header or a field names, in any spelling."""
    written = text.lower().replace(" ", "")
    return next((unit for unit in UNITS if unit.label.lower() in written), None)


@dataclass
class Values:
    """The different cells of a file, each read once.

    Attributes:
        numbers: what each is as a number, LOW or HIGH; NaN for none.
        counts: how often each occurs.
    """

    numbers: dict[Cell, float]
    counts: Counter[Cell]

    @classmethod
    def read(cls, cells: Sequence[Cell]) -> Values:
        counts = Counter(cells)
        return cls({cell: number_of(cell) for cell in counts}, counts)

    def share_outside(self, unit: Unit) -> float:
        """Return which share of the numbers is no plausible reading in `unit`."""
        numbers = {cell: number for cell, number in self.numbers.items() if LOW < number < HIGH}
        count = sum(self.counts[cell] for cell in numbers)
        outside = (cell for cell, number in numbers.items() if not unit.least <= number <= unit.most)
        return sum(self.counts[cell] for cell in outside) / count if count > 0 else 0

    def possible_units(self) -> tuple[Unit, ...]:
        """Return the units in which nearly all readings are plausible."""
        return tuple(unit for unit in UNITS if self.share_outside(unit) < MIXED_SHARE)

    def in_unit(self, unit: Unit) -> Readings:
        """Return what each cell is as a reading in `unit`."""
        read = Readings()
        for cell, number in self.numbers.items():
            if number == LOW:
                read.values[cell] = unit.low_reading
                read.low.add(cell)
            elif number == HIGH:
                read.values[cell] = unit.high_reading
                read.high.add(cell)
            elif unit.least <= number <= unit.most:
                read.values[cell] = number
            elif number == number:
                read.implausible.add(cell)
            else:
                read.without_number.add(cell)
                if isinstance(cell, str) and _NO_WORD.fullmatch(cell) is None:
                    read.words.add(cell)
        return read


@dataclass
class Readings:
    """Different cells by what they are; `words` are those that hold letters and are neither Low nor High."""

    values: dict[Cell, float] = field(default_factory=dict)
    low: set[Cell] = field(default_factory=set)
    high: set[Cell] = field(default_factory=set)
    implausible: set[Cell] = field(default_factory=set)
    without_number: set[Cell] = field(default_factory=set)
    words: set[Cell] = field(default_factory=set)


def implausible_places(unit: Unit, cells: Iterable[Cell]) -> list[int]:
    """Return the places of the numbers that are no plausible reading in `unit`."""
    return [
        place
        for place, number in enumerate(map(number_of, cells))
        if LOW < number < HIGH and not unit.least <= number <= unit.most
    ]
