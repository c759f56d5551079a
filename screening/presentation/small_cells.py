"""Counts for readers outside the site: small ones hidden, and others where they would give those away.

The counts come as a tree in which every count is the sum of those under it. Each is shown exactly, or as
one of three ranges. What a reader can work out from the whole tree is worked out here too, and more is
hidden until every small count could still be at least `AMBIGUITY` different numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

SMALL = 7
"""Counts from 1 to this are hidden."""
AMBIGUITY = 4
"""How many numbers a hidden small count could be, at least."""
MANY = 10**9
FEW_SHOWN = f"1-{SMALL}"
MANY_SHOWN = f"{SMALL + 1} or more"
NOT_SHOWN = "not shown"


@dataclass(eq=False)
class Cell:
    """One count of a tree.

    Attributes:
        key: its name, once in a tree.
        count: the true number; with `parts`, their sum.
        shown: what a reader sees: the number itself or a range.
    """

    key: str
    count: int
    parts: list[Cell] = field(default_factory=list)
    shown: str = ""

    def __post_init__(self) -> None:
        if self.parts and self.count != sum(part.count for part in self.parts):
            raise ValueError(f"{self.key}: a count is the sum of its parts")

    def walk(self) -> Iterator[Cell]:
        """Yield this cell and all under it, from the top down."""
        yield self
        for part in self.parts:
            yield from part.walk()

    @property
    def limits(self) -> tuple[int, int]:
        """The numbers that what is shown leaves open, first and last."""
        ranges = {FEW_SHOWN: (1, SMALL), MANY_SHOWN: (SMALL + 1, MANY), NOT_SHOWN: (0, MANY)}
        return ranges.get(self.shown) or (self.count, self.count)


def hide_small(root: Cell) -> dict[str, str]:
    """Return what is shown of every count of the tree, by its key."""
    for cell in root.walk():
        cell.shown = FEW_SHOWN if 1 <= cell.count <= SMALL else str(cell.count)
    for cell in root.walk():
        if cell.shown in (FEW_SHOWN, NOT_SHOWN):
            # The parts of a small count say too much about it, and it about them.
            for part in cell.parts:
                part.shown = NOT_SHOWN
    while (given_away := _given_away(root)) is not None:
        _next_to_hide(root, given_away).shown = MANY_SHOWN
    return {cell.key: cell.shown for cell in root.walk()}


def could_be(root: Cell) -> dict[str, tuple[int, int]]:
    """Return the fewest and the most that a reader of the whole tree can tell of each count.

    Exact: the sums form a tree, so narrowing each by its own sum until nothing changes finds every limit.
    """
    limits = {cell.key: cell.limits for cell in root.walk()}
    cells = list(root.walk())
    changed = True
    while changed:
        before = dict(limits)
        for cell in [*reversed(cells), *cells]:
            _narrow(cell, limits)
        changed = limits != before
    return limits


def _narrow(cell: Cell, limits: dict[str, tuple[int, int]]) -> None:
    """Narrow a sum by its parts, and each part by the sum and the others."""
    if not cell.parts:
        return
    low, high = limits[cell.key]
    fewest = sum(limits[part.key][0] for part in cell.parts)
    most = sum(limits[part.key][1] for part in cell.parts)
    low, high = limits[cell.key] = max(low, fewest), min(high, most)
    for part in cell.parts:
        part_low, part_high = limits[part.key]
        limits[part.key] = (
            max(part_low, low - (most - part_high)),
            min(part_high, high - (fewest - part_low)),
        )


def _given_away(root: Cell) -> Cell | None:
    """Return a small count of which what is shown says too much."""
    limits = could_be(root)
    for cell in root.walk():
        low, high = limits[cell.key]
        if 1 <= cell.count <= SMALL and high - low + 1 < AMBIGUITY:
            return cell
    return None


def _next_to_hide(root: Cell, given_away: Cell) -> Cell:
    """Return the count to hide next: the smallest beside or above the one that is given away."""
    parents = {part.key: cell for cell in root.walk() for part in cell.parts}
    around: Cell | None = parents.get(given_away.key)
    while around is not None:
        exact = [cell for cell in [around, *around.parts] if _is_exact(cell)]
        if exact:
            return min(exact, key=lambda cell: cell.count)
        around = parents.get(around.key)
    return min((cell for cell in root.walk() if _is_exact(cell)), key=lambda cell: cell.count)


def _is_exact(cell: Cell) -> bool:
    return cell.count > SMALL and cell.shown == str(cell.count)
