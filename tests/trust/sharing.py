"""How much one run tries: a share of what there is, dealt out in turn; all of it where TRUST_THOROUGH is set.

`trust_report` sets it. Between them the askers of a share still meet everything: only not each of them all.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import count
from typing import TypeVar

Thing = TypeVar("Thing")

THOROUGH = bool(os.environ.get("TRUST_THOROUGH"))


def turns(every: int, *, few: int) -> range:
    """Return in how many turns something is done, each time with other texts."""
    return range(every if THOROUGH else few)


def share(things: Sequence[Thing], turn: int, number: int) -> Sequence[Thing]:
    """Return every `number`th of `things`, from the place of `turn` on."""
    return things if THOROUGH else things[turn % number :: number]


class Shares:
    """Deals lists out: who asks gets every `number`th thing of theirs, who asks next from the next on."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._turns = count()

    def of(self, things: Sequence[Thing]) -> Sequence[Thing]:
        """Return the share of who asks now."""
        return share(things, next(self._turns), self._number)
