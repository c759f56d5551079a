import pytest

from screening.clinical.graft import beta_2_score, beta_score, igls_2017

BEST = {
    "fasting_glucose_mmol_l": 5.0,
    "hba1c_percent": 5.8,
    "insulin_units_per_kg": 0,
    "other_agent": False,
    "stimulated_c_peptide_nmol_l": 0.5,
}
OPTIMAL = {
    "hba1c_percent": 6.5,
    "severe_events": 0,
    "insulin_units_per_kg": 0,
    "other_agent": False,
    "c_peptide_ng_ml": 1.2,
    "baseline_severe_events": 4,
    "baseline_insulin_units_per_kg": 0.6,
    "baseline_c_peptide_ng_ml": 0.05,
}


@pytest.mark.parametrize(
    ("change", "score"),
    [
        ({}, 8),
        ({"fasting_glucose_mmol_l": 5.54}, 8),
        ({"fasting_glucose_mmol_l": 5.55}, 7),
        ({"fasting_glucose_mmol_l": 6.95}, 6),
        ({"hba1c_percent": 6.15}, 7),
        ({"hba1c_percent": 6.95}, 6),
        ({"insulin_units_per_kg": 0.004}, 8),
        ({"insulin_units_per_kg": 0.005}, 7),
        ({"insulin_units_per_kg": 0.245}, 6),
        ({"other_agent": True}, 7),
        ({"stimulated_c_peptide_nmol_l": 0.295}, 8),
        ({"stimulated_c_peptide_nmol_l": 0.294}, 7),
        ({"stimulated_c_peptide_nmol_l": 0.094}, 0),
        ({"stimulated_c_peptide_nmol_l": None, "fasting_c_peptide_nmol_l": 0.3}, 8),
        ({"stimulated_c_peptide_nmol_l": None, "fasting_c_peptide_nmol_l": 0.295}, 8),
        ({"stimulated_c_peptide_nmol_l": None, "fasting_c_peptide_nmol_l": 0.294}, None),
    ],
)
def test_numbers_are_rounded_to_the_decimals_of_the_table(change, score):
    assert beta_score(**(BEST | change)).score == score


@pytest.mark.parametrize(
    "part", ["fasting_glucose_mmol_l", "hba1c_percent", "insulin_units_per_kg", "other_agent"]
)
def test_a_part_that_is_not_known_leaves_the_score_open(part):
    found = beta_score(**(BEST | {part: None}))
    assert found.score is None
    assert len(found.missing) == 1
    assert len(found.points) == 3


def test_no_stimulated_c_peptide_decides_whatever_else_is_not_known():
    found = beta_score(**(BEST | {"hba1c_percent": None, "stimulated_c_peptide_nmol_l": 0.05}))
    assert (found.score, found.missing) == (0, ("hba1c",))


def test_much_insulin_decides_the_treatment_whatever_else_is_taken():
    found = beta_score(**(BEST | {"insulin_units_per_kg": 0.3, "other_agent": None}))
    assert found.points["treatment"] == 0


def test_more_than_a_unit_per_kilogram_gives_no_negative_score():
    found = beta_2_score(
        fasting_c_peptide_nmol_l=0.1, insulin_units_per_kg=1.4, fasting_glucose_mmol_l=9, hba1c_percent=9
    )
    assert found == 0


@pytest.mark.parametrize(
    ("change", "category"),
    [
        ({}, "optimal"),
        ({"hba1c_percent": 6.54}, "optimal"),
        ({"hba1c_percent": 6.55}, "good"),
        ({"hba1c_percent": 6.94}, "good"),
        ({"hba1c_percent": 6.95}, "marginal"),
        ({"other_agent": True}, "good"),
        ({"other_agent": None}, None),
        ({"insulin_units_per_kg": 0.29}, "good"),
        ({"insulin_units_per_kg": 0.3}, "marginal"),
        ({"insulin_units_per_kg": 0.5, "baseline_insulin_units_per_kg": 1.2}, "marginal"),
        ({"insulin_units_per_kg": 0.6}, "failure"),
        ({"severe_events": 1}, "marginal"),
        ({"severe_events": 4}, "failure"),
        ({"severe_events": 1, "baseline_severe_events": None}, None),
        ({"c_peptide_ng_ml": 0.5}, "marginal"),
        ({"c_peptide_ng_ml": 0.05}, "failure"),
        ({"baseline_insulin_units_per_kg": None, "baseline_c_peptide_ng_ml": None}, "optimal"),
        ({"baseline_c_peptide_ng_ml": None, "hba1c_percent": 6.8}, None),
        ({"baseline_insulin_units_per_kg": None, "insulin_units_per_kg": 0.1}, None),
        ({"baseline_c_peptide_ng_ml": None, "c_peptide_ng_ml": 0.5}, None),
    ],
)
def test_the_worst_component_decides_the_igls_category(change, category):
    assert igls_2017(**(OPTIMAL | change)) == category
