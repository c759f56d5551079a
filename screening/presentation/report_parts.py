"""What a report is made of: sections of tables, and the figures in them as they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from screening.presentation.charts import Bars, Flow, bars

PERCENT_FROM = 20
"""Of fewer, no percentage is given: one person would be more than five per cent."""

EMPTY = {
    "sear": "Nobody has been pre-screened or referred in this period. Here will stand how many people were "
    "screened, for how many the trial is open, who was approached, and who was enrolled.",
    "flow": "No referral has come in for this trial in this period. Here will stand how many were "
    "received, consented and enrolled, and where the others ended.",
    "reasons": "No referral has ended without an enrolment in this period. Here will stand why they do.",
    "clinic": "No decision without a referral in this period. Here will stand how many wait for results, "
    "and why others were not referred.",
    "time": "No referral has come in in this period. Here will stand how long they wait, and for what.",
    "agreement": "No decision that names a criterion, and no own view, in this period. Here will stand how "
    "often people decide otherwise than the engine.",
}
"""What a section says where there is nothing to count."""


@dataclass(frozen=True)
class Line:
    """One row of a table: its label, and a cell for each further column."""

    label: str
    cells: tuple[str, ...]
    detail: str = ""
    is_part: bool = False
    """It is counted in a row above."""


@dataclass(frozen=True)
class Table:
    """Figures in rows; the first column has the labels."""

    id: str
    title: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """One heading of the report.

    Attributes:
        tables: with their charts; a chart may be None.
        empty: what is said where there is nothing to count yet.
    """

    id: str
    title: str
    about: str
    tables: tuple[tuple[Table, Bars | Flow | None], ...] = ()
    empty: str = ""


def share(count: int, of: int) -> str:
    """Return `3 of 12`, and the percentage where it is of `PERCENT_FROM` or more."""
    said = f"{count} of {of}"
    return f"{said}, {100 * count / of:.0f}\u00a0%" if of >= PERCENT_FROM else said


def said(counts: Sequence[tuple[str, Any]]) -> str:
    return ", ".join(f"{label} {count}" for label, count in counts) + "."


def pareto(counts: Mapping[str, int], id: str, title: str, unit: str) -> tuple[Table, Bars]:
    """Return the counts, the highest first, with their running total."""
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    total = sum(counts.values())
    lines, running = [], 0
    for label, count in ordered:
        running += count
        lines.append(Line(label, (str(count), share(running, total))))
    table = Table(id, title, ("Reason", unit, "Running total"), tuple(lines))
    return table, bars(id, title, f"Bars from nought, the highest first: {said(ordered)}", ordered)
