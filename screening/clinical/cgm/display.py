"""Percentages as a reader sees them: rounded half up, and shares that add up to 100."""

from collections.abc import Sequence
from decimal import Decimal

from screening.clinical.rounding import written

WHOLE_FROM = 9.95
"""With one decimal it would read 10.0."""
_TENTHS = 1000


def percent(number: float) -> str:
    """Return a percentage with one decimal below 10, whole from 10 on."""
    return written(number, 1 if number < WHOLE_FROM else 0)


def shares(parts: Sequence[float]) -> tuple[str, ...]:
    """Return percentages that add up to 100 with one decimal each, so that they still do.

    Each is cut to its tenth, and the tenths that are left go where most was cut off.
    """
    tenths = [Decimal(repr(part)) * 10 for part in parts]
    whole = [int(tenth) for tenth in tenths]
    cut_off = sorted(range(len(parts)), key=lambda place: whole[place] - tenths[place])
    for place in cut_off[: _TENTHS - sum(whole)]:
        whole[place] += 1
    return tuple(f"{tenth // 10}.{tenth % 10}" for tenth in whole)
