"""How well a graft works: beta-score, BETA-2, and the categories of the Igls criteria."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from screening.clinical.glycemia import hba1c_compares
from screening.clinical.rounding import half_up


@dataclass(frozen=True, slots=True)
class BetaScore:
    """A beta-score from 0 to 8: 7 and 8 are excellent function.

    Attributes:
        score: None while a part is not known that could change it.
        points: of each part that is known: fasting glucose, HbA1c, treatment, C-peptide.
        missing: the parts that are not known.
    """

    score: int | None
    points: dict[str, int]
    missing: tuple[str, ...]


def beta_score(
    *,
    fasting_glucose_mmol_l: float | None,
    hba1c_percent: float | None,
    insulin_units_per_kg: float | None,
    other_agent: bool | None,
    stimulated_c_peptide_nmol_l: float | None,
    fasting_c_peptide_nmol_l: float | None = None,
) -> BetaScore:
    """Return the beta-score, as far as its parts are known; None for a part that is not.

    Numbers are rounded to the table's decimals first. A fasting C-peptide of 0.3 nmol/L or more proves the
    stimulated one; a stimulated one below 0.1 nmol/L makes the whole score 0.

    Args:
        insulin_units_per_kg: units per kilogram and day; 0 for none.
        other_agent: whether a glucose-lowering medicine other than insulin is taken.

    Source: Ryan et al. 2005, table of components (care.diabetesjournals.org).
    """
    parts = {
        "fasting_glucose": _steps(fasting_glucose_mmol_l, 1, (5.5, 6.9)),
        "hba1c": _steps(hba1c_percent, 1, (6.1, 6.9)),
        "treatment": _treatment(insulin_units_per_kg, other_agent),
        "stimulated_c_peptide": _c_peptide(stimulated_c_peptide_nmol_l, fasting_c_peptide_nmol_l),
    }
    points = {name: point for name, point in parts.items() if point is not None}
    missing = tuple(name for name, point in parts.items() if point is None)
    if parts["stimulated_c_peptide"] == 0:
        return BetaScore(0, points, missing)
    return BetaScore(None if missing else sum(points.values()), points, missing)


def _steps(value: float | None, places: int, limits: Sequence[float]) -> int | None:
    """Return 2 up to the first of `limits`, 1 up to the second, 0 beyond."""
    if value is None:
        return None
    rounded = half_up(value, places)
    return sum(rounded <= limit for limit in limits)


def _treatment(insulin_units_per_kg: float | None, other_agent: bool | None) -> int | None:
    if insulin_units_per_kg is None:
        return None
    insulin = half_up(insulin_units_per_kg, 2)
    if insulin >= 0.25:
        return 0
    if insulin > 0 or other_agent is True:
        return 1
    return None if other_agent is None else 2


def _c_peptide(stimulated_nmol_l: float | None, fasting_nmol_l: float | None) -> int | None:
    if stimulated_nmol_l is None:
        proved = fasting_nmol_l is not None and half_up(fasting_nmol_l, 2) >= 0.3
        return 2 if proved else None
    rounded = half_up(stimulated_nmol_l, 2)
    return 2 if rounded >= 0.3 else int(rounded >= 0.1)


def beta_2_score(
    *,
    fasting_c_peptide_nmol_l: float,
    insulin_units_per_kg: float,
    fasting_glucose_mmol_l: float,
    hba1c_percent: float,
) -> float:
    """Return BETA-2, 0 upwards; more than 1 unit of insulin per kilogram and day gives 0.

    Not shown anywhere: inputs and units are those of Forbes et al. 2016, the algebra is recalled.
    """
    raw = (
        1000
        * math.sqrt(fasting_c_peptide_nmol_l)
        * (1 - insulin_units_per_kg)
        / (fasting_glucose_mmol_l * hba1c_percent)
    )
    return max(raw, 0.0)


OPTIMAL, GOOD, MARGINAL, FAILURE = range(4)
IGLS_CATEGORIES = ("optimal", "good", "marginal", "failure")
IGLS_SUCCESS = frozenset({"optimal", "good"})

_Levels = tuple[int, int]
"""The best and the worst category that one component leaves open."""


def igls_2017(
    *,
    hba1c_percent: float,
    severe_events: int,
    insulin_units_per_kg: float,
    other_agent: bool | None,
    c_peptide_ng_ml: float,
    baseline_severe_events: int | None,
    baseline_insulin_units_per_kg: float | None,
    baseline_c_peptide_ng_ml: float | None,
) -> str | None:
    """Return the category of graft function, a text of IGLS_CATEGORIES: the worst of four components decides.

    HbA1c counts as reported. Marginal and failing grafts leave it at its baseline alike, so by itself it is
    marginal at worst.

    Args:
        severe_events: in a year with the graft; `baseline_severe_events` in the year before it.
        insulin_units_per_kg: units per kilogram and day; 0 for none.
        other_agent: whether a glucose-lowering medicine other than insulin is taken.
        c_peptide_ng_ml: fasting or stimulated, as at the baseline.

    Returns:
        None while what is not known could change the category. Without the insulin and the C-peptide of the
        baseline only "optimal" can be decided.

    Source: Igls consensus 2017, PMC5867272 table 3 and PMC8571711 table 1.
    """
    components = (
        _of_hba1c(hba1c_percent),
        _of_events(severe_events, baseline_severe_events),
        _of_insulin(insulin_units_per_kg, other_agent, baseline_insulin_units_per_kg),
        _of_c_peptide(c_peptide_ng_ml, baseline_c_peptide_ng_ml),
    )
    best, worst = (max(ends) for ends in zip(*components, strict=True))
    without_baseline = baseline_insulin_units_per_kg is None or baseline_c_peptide_ng_ml is None
    if best != worst or (without_baseline and worst != OPTIMAL):
        return None
    return IGLS_CATEGORIES[worst]


def _of_hba1c(percent: float) -> _Levels:
    if hba1c_compares(percent, "percent", "<=", 6.5, "percent"):
        return OPTIMAL, OPTIMAL
    level = GOOD if hba1c_compares(percent, "percent", "<", 7.0, "percent") else MARGINAL
    return level, level


def _of_events(number: int, baseline: int | None) -> _Levels:
    if number == 0:
        return OPTIMAL, OPTIMAL
    if baseline is None:
        return MARGINAL, FAILURE
    level = MARGINAL if number < baseline else FAILURE
    return level, level


def _of_insulin(units_per_kg: float, other_agent: bool | None, baseline: float | None) -> _Levels:
    if units_per_kg == 0:
        return (GOOD if other_agent is True else OPTIMAL, OPTIMAL if other_agent is False else GOOD)
    if baseline is None:
        return GOOD, FAILURE
    if units_per_kg < 0.5 and units_per_kg < baseline / 2:
        return GOOD, GOOD
    level = MARGINAL if units_per_kg < baseline else FAILURE
    return level, level


def _of_c_peptide(ng_ml: float, baseline: float | None) -> _Levels:
    if baseline is None:
        return (OPTIMAL, OPTIMAL) if ng_ml > 0.5 else (MARGINAL, FAILURE)
    if ng_ml <= baseline:
        return FAILURE, FAILURE
    level = OPTIMAL if ng_ml > 0.5 else MARGINAL
    return level, level
