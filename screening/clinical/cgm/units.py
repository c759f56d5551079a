"""The two units of sensor glucose, each with its own published limits, and the targets for time in ranges."""

from dataclasses import dataclass

CONSENSUS = "Battelino et al., Diabetes Care 2019;42:1593-1603"
"""Source of the ranges, of the targets and of the 70 % of 14 days."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of glucose with the limits published in it; nothing here is converted from the other.

    Attributes:
        key, label: as rules write it and as a reader sees it.
        very_low, low: readings below are level 2 and level 1 hypoglycaemia; `low` itself is in range.
        high, very_high: readings above are level 1 and level 2 hyperglycaemia; `high` itself is in range.
        low_reading, high_reading: what `Low` and `High` count as in mean and standard deviation.
        least, most: the plausible readings; others are refused.
        decimals: as it is displayed.

    Source: ranges, ADA/EASD consensus on type 1 diabetes 2021, table 1; the rest is a choice of this product.
    """

    key: str
    label: str
    very_low: float
    low: float
    high: float
    very_high: float
    low_reading: float
    high_reading: float
    least: float
    most: float
    decimals: int

    def __str__(self) -> str:
        return self.label


MG_DL = Unit("mg_dl", "mg/dL", 54, 70, 180, 250, 39, 401, 10, 1000, 0)
MMOL_L = Unit("mmol_l", "mmol/L", 3.0, 3.9, 10.0, 13.9, 2.1, 27.9, 0.6, 55, 1)
UNITS = (MG_DL, MMOL_L)


@dataclass(frozen=True, slots=True)
class Target:
    """One target: a metric that shall be above or below a limit, or at most at it.

    `metrics` are added up: "below 70 mg/dL" covers the time below 54 mg/dL too.
    """

    name: str
    metrics: tuple[str, ...]
    sign: str
    limit: float
    source: str = CONSENSUS
    grade: str = "A"

    def met(self, percent: float) -> bool:
        """Return whether `percent`, the sum of `metrics`, keeps the limit."""
        if self.sign == ">":
            return percent > self.limit
        return percent < self.limit if self.sign == "<" else percent <= self.limit


_IN_RANGE = ("tir_70_180",)
_BELOW_70 = ("tbr_lt54", "tbr_54_69")
_BELOW_54 = ("tbr_lt54",)
_ABOVE_180 = ("tar_181_250", "tar_gt250")
_ABOVE_250 = ("tar_gt250",)

TARGETS: dict[str, tuple[Target, ...]] = {
    "standard": (
        Target("Time in range", _IN_RANGE, ">", 70),
        Target("Time below 70 mg/dL (3.9 mmol/L)", _BELOW_70, "<", 4),
        Target("Time below 54 mg/dL (3.0 mmol/L)", _BELOW_54, "<", 1),
        Target("Time above 180 mg/dL (10.0 mmol/L)", _ABOVE_180, "<", 25),
        Target("Time above 250 mg/dL (13.9 mmol/L)", _ABOVE_250, "<", 5),
        Target("Coefficient of variation", ("cv",), "<=", 36),
    ),
    "older or at high risk": (
        Target("Time in range", _IN_RANGE, ">", 50),
        Target("Time below 70 mg/dL (3.9 mmol/L)", _BELOW_70, "<", 1),
        Target("Time above 250 mg/dL (13.9 mmol/L)", _ABOVE_250, "<", 10, grade="M"),
    ),
}
"""Targets in per cent, by who they are for; one of grade M is shown and decides nothing.

Those for pregnancy are about other ranges (63 to 140 mg/dL) and are not here.
"""
