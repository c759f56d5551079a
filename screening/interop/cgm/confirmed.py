"""What a sensor record says to the rules: dated answers, once a clinician has confirmed them."""

from __future__ import annotations

from datetime import date
from typing import Any

from screening.clinical.cgm.metrics import Metrics, metrics
from screening.clinical.fingersticks import Fingersticks, four_weeks
from screening.clinical.rounding import written
from screening.interop.cgm.assemble import CgmFile
from screening.rules.facts import Catalogue

PLACES = 2
INDEX_PLACES = 1


def record_answers(read: CgmFile, last_day: date, catalogue: Catalogue) -> dict[str, Any]:
    """Return the answers of a whole record: of the sensor, and of the fingersticks that lay beside it."""
    return summary_answers(metrics(read.trace), last_day, catalogue) | lability_answers(
        read.fingersticks, catalogue
    )


def lability_answers(record: Fingersticks, catalogue: Catalogue) -> dict[str, Any]:
    """Return the lability index of four weeks of fingersticks, dated by the last of them.

    Empty where the record lacks something, or the index is outside what the catalogue finds plausible.
    """
    index = four_weeks(record).index
    least, most = catalogue.facts["lability_index"].plausible[""]
    if index is None or not least <= index <= most:
        return {}
    on = record.last_day.isoformat()
    return {"lability_index": {"value": written(index, INDEX_PLACES), "on": on, "origin": "device"}}


def summary_answers(metrics: Metrics, last_day: date, catalogue: Catalogue) -> dict[str, Any]:
    """Return the answers of a record, in the shape of docs/json.md, dated by its last day.

    Empty where less than 70 % of 14 days are there: then the numbers do not stand for the person. A number
    outside what the catalogue finds plausible is left out.
    """
    if not metrics.sufficient_70pct_14d:
        return {}
    numbers = {
        "cgm_active": metrics.percent_active,
        "cgm_time_in_range": metrics.tir_70_180,
        "cgm_time_below_70": metrics.tbr_lt54 + metrics.tbr_54_69,
        "cgm_time_below_54": metrics.tbr_lt54,
        "cgm_cv": metrics.cv,
    }
    answers: dict[str, Any] = {"cgm_use": {"value": True, "on": last_day.isoformat()}}
    for name, number in numbers.items():
        least, most = catalogue.facts[name].plausible["percent"]
        if number is not None and least <= number <= most:
            value = written(number, PLACES)
            answers[name] = {"value": value, "unit": "%", "on": last_day.isoformat(), "origin": "device"}
    return answers
