"""The place in a list that an address names, for lists that are read a page at a time, latest first."""

from __future__ import annotations

from datetime import datetime

FIRST_YEAR, LAST_YEAR = 1, 9999
"""Beyond them a moment has no day in another time zone."""


def place_of(at: datetime, key: int) -> str:
    """Return the place after the row of that moment and key, as it stands in an address."""
    return f"{at.isoformat()}~{key}"


def read_place(text: str) -> tuple[datetime, int] | None:
    """Return the place that `text` names; anything else is the start."""
    moment, _, key = text.partition("~")
    if not (key.isascii() and key.isdecimal() and len(key) < 19):
        return None
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (at, int(key)) if at.tzinfo is not None and FIRST_YEAR < at.year < LAST_YEAR else None
