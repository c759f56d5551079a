"""What is hidden from readers outside the site cannot be worked out from what is shown."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.presentation.small_cells import (
    AMBIGUITY,
    FEW_SHOWN,
    MANY_SHOWN,
    NOT_SHOWN,
    SMALL,
    Cell,
    could_be,
    hide_small,
)

COUNTS = st.one_of(st.integers(0, 12), st.integers(0, 200))


def tree_of(shape: object, name: str = "all") -> Cell:
    """Return nested lists of counts as a tree."""
    if isinstance(shape, int):
        return Cell(name, shape)
    assert isinstance(shape, list)
    parts = [tree_of(part, f"{name}.{place}") for place, part in enumerate(shape)]
    return Cell(name, sum(part.count for part in parts), parts)


trees = st.recursive(COUNTS, lambda inner: st.lists(inner, min_size=1, max_size=5), max_leaves=20).map(
    tree_of
)


@given(trees)
def test_every_small_count_could_be_several_numbers(tree: Cell) -> None:
    """Seen to fail with the second half of `hide_small`, which hides what gives away, left out."""
    hide_small(tree)
    limits = could_be(tree)
    for cell in tree.walk():
        low, high = limits[cell.key]
        assert low <= cell.count <= high
        if 1 <= cell.count <= SMALL:
            assert high - low + 1 >= AMBIGUITY, f"{cell.key} is {cell.count} and could be {low} to {high}"


@given(trees)
def test_what_is_shown_is_true_and_hides_small_counts(tree: Cell) -> None:
    for key, shown in hide_small(tree).items():
        count = next(cell.count for cell in tree.walk() if cell.key == key)
        assert shown in (str(count), FEW_SHOWN, MANY_SHOWN, NOT_SHOWN)
        assert not (1 <= count <= SMALL and shown == str(count))
        assert shown != FEW_SHOWN or 1 <= count <= SMALL
        assert shown != MANY_SHOWN or count > SMALL


def numbers_that_fit(tree: Cell, top: int) -> dict[str, set[int]]:
    """Return, trying every number up to `top` in every leaf, what each cell could be."""
    leaves = [cell for cell in tree.walk() if not cell.parts]
    fits: dict[str, set[int]] = {cell.key: set() for cell in tree.walk()}
    ranges = [range(cell.limits[0], min(cell.limits[1], top) + 1) for cell in leaves]
    for tried in itertools.product(*ranges):
        counts = {leaf.key: count for leaf, count in zip(leaves, tried, strict=True)}

        def total(cell: Cell, counts: dict[str, int] = counts) -> int:
            return sum(map(total, cell.parts)) if cell.parts else counts[cell.key]

        if all(cell.limits[0] <= total(cell) <= cell.limits[1] for cell in tree.walk()):
            for cell in tree.walk():
                fits[cell.key].add(total(cell))
    return fits


@pytest.mark.parametrize(
    "shape",
    [[7, 7], [1, 9], [3, 0, 9], [[1, 1], 8], [[6, 7], 0], [[9, 2], [8, 1]], [2], [[7], 7], [8, 1, 1]],
    ids=str,
)
def test_limits_are_those_that_trying_every_number_finds(shape: list[object]) -> None:
    """Seen to fail with the narrowing of parts by their sum left out of `_narrow`."""
    tree = tree_of(shape)
    hide_small(tree)
    limits = could_be(tree)
    top = 2 * tree.count + 10
    for key, fits in numbers_that_fit(tree, top).items():
        low, high = limits[key]
        assert min(fits) == low, key
        assert max(fits) >= min(high, top - 1) or max(fits) == high, key


def test_two_sevens_do_not_leave_their_sum() -> None:
    """With 14 shown, both could only be 7."""
    shown = hide_small(tree_of([7, 7]))
    assert shown == {"all": MANY_SHOWN, "all.0": FEW_SHOWN, "all.1": FEW_SHOWN}


def test_a_lone_small_count_takes_a_neighbour_along() -> None:
    shown = hide_small(tree_of([3, 10, 40]))
    assert shown == {"all": "53", "all.0": FEW_SHOWN, "all.1": MANY_SHOWN, "all.2": "40"}


def test_parts_of_a_small_count_are_not_shown() -> None:
    assert hide_small(tree_of([[1, 2, 0], 30, 9]))["all.0.2"] == NOT_SHOWN


def test_counts_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ValueError, match="sum of its parts"):
        Cell("all", 3, [Cell("one", 1)])
