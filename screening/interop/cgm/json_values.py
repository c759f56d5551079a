"""What may stand in a field of a JSON file, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from screening.clinical.cgm.units import Unit
from screening.interop.cgm.report import places_of
from screening.interop.cgm.text import refused
from screening.interop.cgm.times import END_SECOND, FIRST_SECOND
from screening.interop.cgm.values import Cell

_LARGEST = 1e15


def cell_of(value: Any) -> Cell:
    """Return a number that can be one of glucose, a text as it is, and nothing for all else."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LARGEST:
        return ""
    return value


def whole_number(value: Any) -> int | None:
    """Return a number without its fraction, also one written as text; None for all else."""
    if isinstance(value, str):
        return int(value) if value.lstrip("-").isdecimal() and value.isascii() and len(value) < 16 else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LARGEST:
        return None
    return int(value)


def instant_of(milliseconds: int) -> int | None:
    """Return milliseconds since 1 January 1970 as seconds; None outside the years a date may have."""
    seconds = milliseconds // 1000
    return seconds if FIRST_SECOND <= seconds < END_SECOND else None


def one_unit(units: Sequence[Unit | None], rows: Sequence[int], word: str) -> Unit | None:
    """Return the unit that all readings have.

    Raises:
        Problems: they have different ones.
    """
    named = {unit for unit in units if unit is not None}
    if len(named) > 1:
        first, second = (
            places_of(word, (row for row, one in zip(rows, units, strict=True) if one is unit))
            for unit in sorted(named, key=str)
        )
        raise refused(f"Export readings of one unit: {first} in mg/dL, {second} in mmol/L")
    return named.pop() if None not in units and named else None
