import pytest

from screening.clinical.glycemia import hba1c_compares, reported_hba1c
from screening.clinical.rounding import half_up, written


@pytest.mark.parametrize(
    ("value", "places", "rounded"),
    [
        (6.95, 1, 7.0),
        (0.125, 2, 0.13),
        (2.5, 0, 3),
        (3.5, 0, 4),
        (-2.5, 0, -3),
        (1e-7, 2, 0),
        (1e21, 1, 1e21),
    ],
)
def test_halves_go_up_as_the_number_is_written(value, places, rounded):
    assert half_up(value, places) == rounded


def test_decimals_are_kept_where_they_are_zero():
    assert (written(0.5, 2), written(7, 1), written(52.5, 0)) == ("0.50", "7.0", "53")


@pytest.mark.parametrize(
    ("value", "unit", "into", "reported"),
    [(53, "mmol_mol", "percent", 7.0), (7.0, "percent", "mmol_mol", 53), (6.95, "percent", "percent", 7.0)],
)
def test_an_hba1c_is_reported_to_the_decimals_of_its_unit(value, unit, into, reported):
    assert reported_hba1c(value, unit, into) == reported


@pytest.mark.parametrize(
    ("comparison", "met"),
    [("<", False), ("<=", True), (">", False), (">=", True), ("=", True), ("<>", False)],
)
def test_what_is_reported_as_the_threshold_equals_it(comparison, met):
    assert hba1c_compares(53, "mmol_mol", comparison, 7.0, "percent") is met
