"""Three-valued truth, as SQL has it with NULL: not known is an answer."""

from collections.abc import Iterable
from enum import Enum
from typing import NoReturn


class Truth(Enum):
    """What a condition is: true, false, or not known. It has no Python truth value."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    def __bool__(self) -> NoReturn:
        raise TypeError("a Truth is not a bool: compare it with Truth.TRUE, Truth.FALSE or Truth.UNKNOWN")

    def __invert__(self) -> "Truth":
        return _NOT[self]

    @classmethod
    def of(cls, known: bool | None) -> "Truth":
        """Return the truth of a yes, a no, or None for not known."""
        return cls.UNKNOWN if known is None else cls.TRUE if known else cls.FALSE


_NOT = {Truth.TRUE: Truth.FALSE, Truth.FALSE: Truth.TRUE, Truth.UNKNOWN: Truth.UNKNOWN}


def at_least(count: int, truths: Iterable[Truth]) -> Truth:
    """Return whether at least `count` of `truths` hold: false once too many are false."""
    listed = list(truths)
    if listed.count(Truth.TRUE) >= count:
        return Truth.TRUE
    if listed.count(Truth.FALSE) > len(listed) - count:
        return Truth.FALSE
    return Truth.UNKNOWN
