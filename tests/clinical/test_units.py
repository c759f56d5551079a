from fractions import Fraction

import pytest

from screening.clinical.units import CONVERSIONS, LABELS, convert


def test_glucose_and_creatinine_share_a_unit_but_no_conversion():
    assert ("umol_l", "mmol_l") not in CONVERSIONS
    with pytest.raises(KeyError):
        convert(100, "umol_l", "mmol_l")


def test_the_same_unit_leaves_a_number_alone():
    assert convert(7.8, "percent", "percent") == 7.8


def test_an_hba1c_turned_around_need_not_come_back_exactly():
    there = convert(53, "mmol_mol", "percent")
    assert convert(there, "percent", "mmol_mol") == pytest.approx(53, abs=0.1)
    assert convert(there, "percent", "mmol_mol") != 53


@pytest.mark.parametrize(("source", "target"), sorted(CONVERSIONS))
def test_a_threshold_moves_back_exactly(source, target):
    conversion = CONVERSIONS[source, target]
    threshold = Fraction("7.3")
    assert conversion.factor > 0
    assert conversion.factor * conversion.back(threshold) + conversion.offset == threshold


def test_every_converted_unit_has_a_label():
    assert {unit for pair in CONVERSIONS for unit in pair} <= LABELS.keys()
