"""What each fact is called on the page for the person.

Several facts share one name: the person need not tell them apart, and what a clinic asks about mind,
habits, pregnancy, cancer or infections is nobody's business who finds the page on a table.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from screening.presentation.texts import EVENTS

_NAMES: tuple[tuple[Promise, tuple[str, ...]], ...] = (
    (_("how often someone had to help you with a low"), (EVENTS,)),
    (
        _("how well you feel a low coming"),
        (
            "gold_score",
            "clarke_score",
            *(f"clarke_q{number}" for number in range(1, 9)),
            "autonomic_symptoms_below_54",
        ),
    ),
    (_("how much you fear lows"), ("major_fear_of_hypoglycemia",)),
    (_("how much your blood sugar goes up and down"), ("hypo_score", "lability_index")),
    (_("hospital stays for your diabetes"), ("dka_events_12m",)),
    (_("your age"), ("birth_date",)),
    (_("your sex"), ("sex",)),
    (_("your type of diabetes"), ("diabetes_type",)),
    (_("when your diabetes was found"), ("diagnosis_date",)),
    (_("when you started insulin"), ("insulin_start_date",)),
    (
        _("whether you had a transplant or cells before"),
        (
            "kidney_transplant",
            "kidney_transplant_date",
            "organ_transplant",
            "pancreas_transplant",
            "islet_transplant",
            "cell_therapy",
        ),
    ),
    (_("what your transplant team plans"), ("same_donor_islets_planned",)),
    (
        _("which medicines you take"),
        (
            "immunosuppression",
            "prednisone_dose",
            "steroid_need",
            "calcineurin_inhibitor",
            "anticoagulation",
            "other_antidiabetic_drug",
        ),
    ),
    (_("a blood test of your average sugar (A1c)"), ("hba1c", "hba1c_highest_5y")),
    (
        _("a blood test to see if your body still makes insulin"),
        (
            "c_peptide_stimulated",
            "c_peptide_fasting",
            "c_peptide_60min",
            "c_peptide_90min",
            "c_peptide_random",
            "c_peptide_fasting_undetectable",
        ),
    ),
    (
        _("tests of how your kidneys work"),
        (
            "creatinine",
            "creatinine_clearance",
            "creatinine_mean_3m",
            "egfr",
            "gfr_measured",
            "uacr",
            "macroalbuminuria_ever",
            "urine_albumin_24h",
            "diabetic_nephropathy",
        ),
    ),
    (
        _("how you take your insulin"),
        ("insulin_delivery", "injections_per_day", "aid_start_date", "aid_system", "aid_unsuitable"),
    ),
    (_("how much insulin you take"), ("insulin_dose",)),
    (_("your weight and height"), ("weight", "height")),
    (_("how often you saw the diabetes team"), ("specialist_visits_12m",)),
    (
        _("whether you took a course on diabetes"),
        ("education_completed", "education_completed_date"),
    ),
    (
        _("whether you wear a blood sugar sensor"),
        ("cgm_use", "cgm_start_date", "cgm_sensor", "cgm_willing"),
    ),
    (
        _("what your blood sugar sensor shows"),
        ("cgm_active", "cgm_time_in_range", "cgm_time_below_70", "cgm_time_below_54", "cgm_cv"),
    ),
    (_("how often you check your blood sugar"), ("glucose_checks_per_day",)),
    (_("your blood pressure"), ("systolic_bp", "diastolic_bp")),
    (_("an eye check"), ("untreated_proliferative_retinopathy",)),
    (_("a check of your feet and skin"), ("skin_ulcer_or_amputation",)),
    (
        _("how your heart is"),
        (
            "any_cardiac_disease",
            "myocardial_infarction",
            "myocardial_infarction_date",
            "heart_failure",
            "ischemia",
            "lvef",
        ),
    ),
    (_("how your liver is"), ("portal_thrombosis", "liver_disease")),
    (_("operations you had or plan"), ("planned_surgery", "abdominal_wall_problem")),
    (_("your allergies"), ("polymer_allergy",)),
    (
        _("some questions about your health"),
        (
            "pregnancy",
            "breast_feeding",
            "contraception_agreed",
            "malignancy",
            "substance_use",
            "smoking",
            "psychiatric_instability",
            "neurocognitive_impairment",
            "brain_injury",
            "active_infection",
            "live_vaccine",
        ),
    ),
    (
        _("a blood test of your body's own defences"),
        ("autoantibodies_positive", "pra", "hla_antibodies"),
    ),
    (_("your blood group"), ("blood_group",)),
    (
        _("a blood count"),
        ("hemoglobin", "hemoglobin_below_lab_limit", "neutrophils", "lymphocytes", "platelets"),
    ),
    (
        _("tests for infections"),
        (
            "hepatitis_b",
            "hepatitis_b_active",
            "hepatitis_c",
            "hepatitis_c_active",
            "hiv",
            "tuberculosis",
            "ebv_igg",
            "invasive_fungal_infection",
            "invasive_fungal_infection_date",
        ),
    ),
)

PLAIN_NAMES: Mapping[str, Promise] = {fact: name for name, facts in _NAMES for fact in facts}
OTHER = _("other facts that your clinic can look up")
"""What a fact of a site's own catalogue is called, and one that an old result names."""
