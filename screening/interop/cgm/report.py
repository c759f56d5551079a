"""What became of the rows of a file: counts, reasons and places, never a name or a value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

PLACES = 5
"""So many places of a reason are named; of further ones there is only the count."""


def places(word: str, spans: Sequence[tuple[int, int]], more: bool) -> str:
    """Return `row 4`, `rows 4 to 10`, `rows 4 to 10, 12 and 15`, `rows 4 to 10, 12 and more`."""
    said = [str(first) if first == last else f"{first} to {last}" for first, last in spans]
    one = len(spans) == 1 and spans[0][0] == spans[0][1] and not more
    if more:
        said.append("more")
    listed = said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
    plural = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"{word if one else plural} {listed}"


def spans_of(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return ascending row numbers as spans of neighbours."""
    spans: list[tuple[int, int]] = []
    for number in numbers:
        if spans and spans[-1][1] + 1 == number:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    return spans


def places_of(word: str, numbers: Iterable[int]) -> str:
    """Return where ascending row numbers are, as `places` says it."""
    spans = spans_of(numbers)
    return places(word, spans[:PLACES], len(spans) > PLACES)


@dataclass(frozen=True)
class Unused:
    """Rows that no reading came from, for one reason."""

    reason: str
    count: int
    where: str

    def __str__(self) -> str:
        return f"{self.reason} ({self.count}): {self.where}"


@dataclass
class Tally:
    """Rows put aside while a file is read, by reason."""

    word: str = "row"
    _by_reason: dict[str, list[int]] = field(default_factory=dict)

    def put_aside(self, reason: str, number: int) -> None:
        self._by_reason.setdefault(reason, []).append(number)

    def put_all_aside(self, reason: str, numbers: Iterable[int]) -> None:
        for number in numbers:
            self.put_aside(reason, number)

    def count(self, reason: str) -> int:
        return len(self._by_reason.get(reason, ()))

    def unused(self) -> tuple[Unused, ...]:
        return tuple(
            Unused(reason, len(numbers), places_of(self.word, sorted(numbers)))
            for reason, numbers in self._by_reason.items()
        )


@dataclass(frozen=True)
class Import:
    """How a file was read.

    Attributes:
        format: the kind of file.
        encoding: of its text.
        unit, date_order, timezone: what was taken, and in `..._from` why.
        rows: rows with a reading, also those that could not be used.
        low, high: readings given as `Low` and `High`.
        invalid: readings without a value, or with an error in place of one.
        exact_duplicates: readings that repeat another at the same time.
        conflicting_timestamps: times with different values, of which the mean was taken.
        unused: every row that no reading came from, by reason.
        notes: what a reader should check.
    """

    format: str
    encoding: str
    unit: str
    unit_from: str
    date_order: str
    date_order_from: str
    timezone: str
    timezone_from: str
    rows: int
    low: int
    high: int
    invalid: int
    exact_duplicates: int
    conflicting_timestamps: int
    unused: tuple[Unused, ...] = ()
    notes: tuple[str, ...] = ()
