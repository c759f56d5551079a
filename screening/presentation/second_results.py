"""Two results of the same thing, a day apart at most, that differ: shown side by side, never resolved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, Protocol

from screening.clinical.dates import read_date
from screening.presentation import words
from screening.presentation.texts import CatalogueWords

APART = timedelta(days=1)
MEASURED = ("lab", "procedure", "device")
"""How a fact is obtained of which two results can differ by chance, by method or by a slip."""


class Kept(Protocol):
    """One earlier answer about a fact."""

    @property
    def fact(self) -> str: ...
    @property
    def value(self) -> Any: ...
    @property
    def first_day(self) -> date | None: ...
    @property
    def last_day(self) -> date | None: ...
    @property
    def origin(self) -> str: ...


def second_results(
    answers: Mapping[str, Any], kept: Iterable[Kept], catalogue: CatalogueWords
) -> Iterator[str]:
    """Yield a sentence for each measured answer that another one contradicts.

    Args:
        answers: the stored answers, in the shape of docs/json.md.
        kept: the answers that stand for the person, from any pre-screen.
        catalogue: labels of the facts.
    """
    used = {
        name: answer
        for name, answer in answers["facts"].items()
        if isinstance(answer, Mapping) and answer.get("unit") and isinstance(answer.get("on"), str)
    }
    for row in kept:
        answer = used.get(row.fact)
        if answer is None or row.origin not in MEASURED or not _contradicts(row, answer):
            continue
        assert row.first_day is not None
        earlier = words.amount(str(row.value["value"]), answer["unit"])
        now = words.amount(str(answer["value"]), answer["unit"])
        yield (
            f"{catalogue.labels[row.fact]} is {now} on {words.day(answer['on'])} here, and {earlier} on "
            f"{words.day(row.first_day)} in an earlier pre-screen."
        )


def _contradicts(row: Kept, answer: Mapping[str, Any]) -> bool:
    """Whether a kept answer is another number in the same unit, of the same or the next day."""
    day = read_date(answer["on"])
    if not day.exact or row.first_day is None or row.first_day != row.last_day:
        return False
    said = row.value if isinstance(row.value, Mapping) else {}
    if said.get("unit") != answer["unit"] or "value" not in said:
        return False
    return abs(row.first_day - day.first) <= APART and not _same(said["value"], answer["value"])


def _same(one: object, other: object) -> bool:
    try:
        return float(str(one)) == float(str(other))
    except ValueError:
        return str(one) == str(other)
