"""Kidney function and albuminuria in the categories of KDIGO."""

from __future__ import annotations

import math

from screening.clinical.rounding import half_up

ADULT_YEARS = 18
GFR_CATEGORIES = ((90, "G1"), (60, "G2"), (45, "G3a"), (30, "G3b"), (15, "G4"), (-math.inf, "G5"))
"""From each lower limit on, in mL/min/1.73 m²."""

ALBUMINURIA_LIMITS = {"mg_g": (30, 300), "mg_mmol": (3, 30)}
"""Albumin per creatinine: below the first it is A1, above the second A3. Both limits themselves are A2."""

RISKS = {
    "G1": ("low", "moderate", "high"),
    "G2": ("low", "moderate", "high"),
    "G3a": ("moderate", "high", "very high"),
    "G3b": ("high", "very high", "very high"),
    "G4": ("very high", "very high", "very high"),
    "G5": ("very high", "very high", "very high"),
}
"""By GFR category, for A1, A2 and A3. Source: KDIGO's map of risks (World J Nephrol v8 i5 222, table 1)."""


def egfr_ckd_epi_2021(creatinine_mg_dl: float, age_years: int, sex: str) -> float:
    """Return eGFR in mL/min/1.73 m², unrounded, from creatinine alone and without race.

    Args:
        creatinine_mg_dl: in serum, by a method traceable to IDMS; above 0.
        age_years: completed years on the day of the sample, from 18 on.
        sex: `female` or `male`, as the equation was built on.

    Raises:
        ValueError: the age is below 18, for whom the equation was not made.

    Source: CKD-EPI 2021, Inker et al., N Engl J Med 2021;385:1737-1749.
    """
    if age_years < ADULT_YEARS:
        raise ValueError("the equation is for adults, from 18 years on")
    level, power, factor = {"female": (0.7, -0.241, 1.012), "male": (0.9, -0.302, 1)}[sex]
    share = creatinine_mg_dl / level
    return float(142 * min(share, 1) ** power * max(share, 1) ** -1.2 * 0.9938**age_years * factor)


def reported_egfr(egfr: float) -> int:
    """Return eGFR as reported, rounded half up to a whole number: what categories and rules compare."""
    return int(half_up(egfr))


def gfr_category(reported: int) -> str:
    """Return the KDIGO category of a reported eGFR in mL/min/1.73 m².

    One value is a category; a diagnosis takes three months. Source: KDIGO (bestpractice.bmj.com, 84).
    """
    return next(category for limit, category in GFR_CATEGORIES if reported >= limit)


def albuminuria_category(albumin_per_creatinine: float, unit: str) -> str:
    """Return the KDIGO category of albumin per creatinine in urine, read in its own unit.

    KDIGO pairs 30 mg/g with 3 mg/mmol, which no conversion gives exactly: nothing is converted.

    Args:
        unit: `mg_g` or `mg_mmol`.
    """
    low, high = ALBUMINURIA_LIMITS[unit]
    if albumin_per_creatinine < low:
        return "A1"
    return "A2" if albumin_per_creatinine <= high else "A3"


def kidney_risk(gfr: str, albuminuria: str) -> str:
    """Return the KDIGO risk of two categories, like G3a and A2: low, moderate, high or very high."""
    return RISKS[gfr][("A1", "A2", "A3").index(albuminuria)]
