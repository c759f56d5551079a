"""Rounding half up, as laboratories and tables do; Python's own `round` goes half to even."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal


def half_up(value: float, places: int = 0) -> float:
    """Return `value` rounded half up, away from zero, to `places` decimals.

    The number counts as it is written, so that 6.95 to one place is 7.0 although its binary form lies below.
    """
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))


def written(value: float, places: int) -> str:
    """Return `value` rounded half up, with `places` decimals shown."""
    return f"{half_up(value, places):.{places}f}"
