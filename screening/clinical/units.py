"""Units of measurement: how each is written, and exact conversions between them.

Factors are fractions, so that a threshold can be moved into another unit without rounding.
"""

from dataclasses import dataclass, field
from fractions import Fraction

LABELS = {
    "percent": "%",
    "mmol_mol": "mmol/mol",
    "ng_ml": "ng/mL",
    "nmol_l": "nmol/L",
    "pmol_l": "pmol/L",
    "mg_dl": "mg/dL",
    "umol_l": "µmol/L",
    "mmol_l": "mmol/L",
    "kg": "kg",
    "lb": "lb",
    "cm": "cm",
    "inch": "in",
    "units": "units/day",
    "units_kg": "units/kg/day",
    "kg_m2": "kg/m²",
    "mmhg": "mmHg",
    "ml_min_1_73m2": "mL/min/1.73 m²",
    "ml_min": "mL/min",
    "mg_g": "mg/g",
    "mg_mmol": "mg/mmol",
    "mg": "mg/day",
    "g_dl": "g/dL",
    "g_l": "g/L",
    "per_ul": "per µL",
    "ten9_l": "×10⁹/L",
}
"""Unit identifiers, as they end a rule's names, and what a reader sees."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """The straight line `factor * value + offset` from one unit to another; `factor` is positive."""

    factor: Fraction
    offset: Fraction = Fraction(0)
    _nearest: tuple[float, float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_nearest", (float(self.factor), float(self.offset)))

    def __call__(self, value: float) -> float:
        """Return `value` in the other unit, unrounded."""
        factor, offset = self._nearest
        return factor * value + offset

    def back(self, value: Fraction) -> Fraction:
        """Return the exact number that this conversion takes to `value`."""
        return (value - self.offset) / self.factor


def _scale(factor: str) -> tuple[Conversion, Conversion]:
    exact = Fraction(factor)
    return Conversion(exact), Conversion(1 / exact)


def _both_ways(pairs: dict[tuple[str, str], str]) -> dict[tuple[str, str], Conversion]:
    table = {}
    for (source, target), factor in pairs.items():
        table[source, target], table[target, source] = _scale(factor)
    return table


CONVERSIONS: dict[tuple[str, str], Conversion] = {
    # HbA1c: the two published directions do not invert exactly; each is used as published.
    # Sources: ngsp.org/ifcc.asp (to %), IFCC master equations (to mmol/mol).
    ("mmol_mol", "percent"): Conversion(Fraction("0.09148"), Fraction("2.152")),
    ("percent", "mmol_mol"): Conversion(Fraction("10.93"), Fraction("-23.50")),
    **_both_ways(
        {
            ("mmol_l", "mg_dl"): "18.0182",  # glucose
            ("nmol_l", "ng_ml"): "3.0203",  # C-peptide, molar mass 3020.3
            ("nmol_l", "pmol_l"): "1000",
            ("pmol_l", "ng_ml"): "0.0030203",
            ("mg_dl", "umol_l"): "88.4",  # creatinine
            ("mg_mmol", "mg_g"): "8.84",  # albumin per creatinine
            ("lb", "kg"): "0.45359237",
            ("inch", "cm"): "2.54",
            ("g_dl", "g_l"): "10",
            ("ten9_l", "per_ul"): "1000",
        }
    ),
}
"""From (unit, unit). Each pair of units here belongs to one kind of measurement."""


def convert(value: float, source: str, target: str) -> float:
    """Return `value` in the unit `target`, unrounded.

    Raises:
        KeyError: nothing is known of this pair of units.
    """
    return value if source == target else CONVERSIONS[source, target](value)
