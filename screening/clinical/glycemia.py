"""HbA1c as reported, and what is worked out from it."""

from __future__ import annotations

import operator
from collections.abc import Callable

from screening.clinical.rounding import half_up
from screening.clinical.units import convert

HBA1C_PLACES = {"percent": 1, "mmol_mol": 0}
"""The decimals that laboratories report, by unit."""

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "<>": operator.ne,
}


def reported_hba1c(value: float, unit: str, into: str) -> float:
    """Return an HbA1c in the unit `into`, as a laboratory would report it there.

    Args:
        value: in `unit`, which is `percent` (NGSP) or `mmol_mol` (IFCC), like `into`.

    Source: ngsp.org/ifcc.asp (to %), IFCC network's master equation (to mmol/mol).
    """
    return half_up(convert(value, unit, into), HBA1C_PLACES[into])


def hba1c_compares(value: float, unit: str, comparison: str, threshold: float, threshold_unit: str) -> bool:
    """Return whether an HbA1c as reported stands so to a threshold: 53 mmol/mol is not below 7.0 %.

    Args:
        comparison: a key of COMPARISONS.

    Scores take the reported number; a trial's rule takes a number in its own unit as it was typed.
    """
    return COMPARISONS[comparison](reported_hba1c(value, unit, threshold_unit), threshold)


def average_glucose_mg_dl(hba1c_percent: float) -> float:
    """Return the average glucose that an HbA1c in % stands for, in mg/dL, unrounded.

    It is not the mean of a sensor. Source: the ADAG equation, whose inverse is ea1c of the R package iglu.
    """
    return 28.7 * hba1c_percent - 46.7


def average_glucose_mmol_l(hba1c_percent: float) -> float:
    """Return the average glucose that an HbA1c in % stands for, in mmol/L, unrounded.

    Recalled coefficients, near the mg/dL form; no rule reads it.
    """
    return 1.59 * hba1c_percent - 2.59
