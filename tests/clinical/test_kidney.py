import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.clinical.kidney import (
    albuminuria_category,
    egfr_ckd_epi_2021,
    gfr_category,
    kidney_risk,
    reported_egfr,
)
from screening.content import installed_content
from screening.rules.conditions import Compiler
from screening.rules.reader import Reader
from screening.rules.reading import read_answers

AS_OF = "2026-11-20"


@given(
    creatinine=st.integers(20, 2000).map(lambda hundredths: hundredths / 100),
    age=st.integers(18, 90),
    sex=st.sampled_from(["female", "male"]),
)
def test_the_catalogue_works_out_the_same_egfr(creatinine, age, sex):
    catalogue = installed_content().catalogue
    reader = Reader(catalogue)
    Compiler(reader, catalogue.trees)
    facts = {
        "sex": sex,
        "birth_date": f"{2026 - age}-01-01",
        "creatinine": {"value": creatinine, "unit": "mg/dL", "on": AS_OF},
    }
    known = reader.known(read_answers(catalogue, {"as_of": AS_OF, "facts": facts}))
    low, high = known[reader.number("egfr", None).place][:2]
    assert low == high == reported_egfr(egfr_ckd_epi_2021(creatinine, age, sex))


def test_the_equation_is_for_adults():
    with pytest.raises(ValueError, match="adults"):
        egfr_ckd_epi_2021(0.9, 17, "male")
    assert egfr_ckd_epi_2021(0.9, 18, "male") > 100


@pytest.mark.parametrize(
    ("egfr", "reported", "category"),
    [
        (89.5, 90, "G1"),
        (89.49, 89, "G2"),
        (60, 60, "G2"),
        (59.4, 59, "G3a"),
        (45, 45, "G3a"),
        (44.4, 44, "G3b"),
        (30, 30, "G3b"),
        (29.4, 29, "G4"),
        (15, 15, "G4"),
        (14.4, 14, "G5"),
        (0.4, 0, "G5"),
    ],
)
def test_egfr_is_rounded_before_it_is_put_in_a_category(egfr, reported, category):
    assert (reported_egfr(egfr), gfr_category(reported_egfr(egfr))) == (reported, category)


@pytest.mark.parametrize(
    ("value", "unit", "category"),
    [
        (3.39, "mg_mmol", "A2"),
        (2.99, "mg_mmol", "A1"),
        (30, "mg_mmol", "A2"),
        (30, "mg_g", "A2"),
        (300, "mg_g", "A2"),
        (300.1, "mg_g", "A3"),
    ],
)
def test_albuminuria_is_read_in_its_own_unit(value, unit, category):
    assert albuminuria_category(value, unit) == category


def test_risk_rises_with_either_category():
    order = ("low", "moderate", "high", "very high")
    table = [
        [order.index(kidney_risk(gfr, albuminuria)) for albuminuria in ("A1", "A2", "A3")]
        for gfr in ("G1", "G2", "G3a", "G3b", "G4", "G5")
    ]
    assert table == [[0, 1, 2], [0, 1, 2], [1, 2, 3], [2, 3, 3], [3, 3, 3], [3, 3, 3]]
