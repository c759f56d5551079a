"""Figures as a reader sees them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.clinical.cgm.display import percent, shares
from screening.clinical.rounding import written


@pytest.mark.parametrize(
    ("number", "decimals", "shown"),
    [(0.5, 0, "1"), (1.5, 0, "2"), (2.5, 0, "3"), (0.25, 1, "0.3"), (7.05, 1, "7.1"), (157.33, 0, "157")],
)
def test_halves_are_rounded_up(number: float, decimals: int, shown: str) -> None:
    assert written(number, decimals) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(0, "0.0"), (4.98, "5.0"), (9.94, "9.9"), (10, "10"), (88.99, "89")]
)
def test_percentages_below_ten_have_a_decimal(number: float, shown: str) -> None:
    assert percent(number) == shown


def test_tenths_that_are_left_go_where_most_was_cut_off() -> None:
    assert shares([100 / 3] * 3) == ("33.4", "33.3", "33.3")
    assert shares([0.04, 0.06, 99.9]) == ("0.0", "0.1", "99.9")
    assert shares([0, 0, 100, 0, 0]) == ("0.0", "0.0", "100.0", "0.0", "0.0")


@given(st.lists(st.integers(0, 5000), min_size=5, max_size=5).filter(any))
def test_shown_shares_add_up_to_one_hundred(counts: list[int]) -> None:
    parts = [100 * count / sum(counts) for count in counts]
    shown = [float(share) for share in shares(parts)]
    assert sum(shown) == pytest.approx(100)
    assert all(abs(share - part) < 0.1 + 1e-9 for share, part in zip(shown, parts, strict=True))
