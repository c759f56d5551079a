"""Tables of worked examples for scores: each example run through the product's own functions.

    {"vectors": [{"id": "gold-03", "score": "gold", "inputs": {"score": 4},
                  "expected": {"category": "impaired"}, "tolerance": "exact"}]}

`tolerance` is "exact", or {"abs": 0.05} or {"rel": 0.01} for the numbers; everything else is exact always.
`provisional` marks examples with a step of the formula that could not be confirmed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from screening.clinical import glycemia, graft, kidney, lability
from screening.clinical.cgm import metrics
from screening.clinical.cgm.units import TARGETS
from screening.clinical.cgm.units import UNITS as SENSOR_UNITS
from screening.clinical.dates import DateSpan, completed_years, lookback, read_date
from screening.clinical.hypoglycemia import (
    DEFINITIONS,
    EVER,
    EventHistory,
    Glucose,
    SevereEvent,
    clarke,
    count_events,
    gold_category,
    hypoglycemia_level,
    pedersen_bjergaard,
)
from screening.clinical.rounding import written
from screening.clinical.units import LABELS, convert
from screening.rules.answers import Answers, Problems
from screening.rules.conditions import Compiler
from screening.rules.facts import Catalogue
from screening.rules.reader import Reader
from screening.rules.reading import read_answers

MAX_BYTES = 10_000_000
DAY = "2026-11-20"
"""The day of examples that have none: nothing in them depends on it."""

Inputs = Mapping[str, Any]
Outcome = dict[str, Any]
Run = Callable[[Inputs], Outcome]

UNITS = {label: unit for unit, label in LABELS.items()} | {"umol/L": "umol_l"}


class NotVectors(Exception):
    """The file is no table of worked examples; the text says in one line what to do."""


@dataclass(frozen=True)
class Example:
    """One worked example."""

    id: str
    score: str
    inputs: Inputs
    expected: Mapping[str, Any]
    tolerance: Mapping[str, float]
    provisional: bool


@dataclass(frozen=True)
class Checked:
    """An example and what came out otherwise; nothing where it is reproduced."""

    example: Example
    differences: tuple[str, ...]


def read_vectors(raw: bytes) -> list[Example]:
    """Return the examples of a file.

    Raises:
        NotVectors: it is too large, no JSON, or not of this shape.
    """
    if len(raw) > MAX_BYTES:
        raise NotVectors(f"more than {MAX_BYTES // 1_000_000} MB: split the file")
    try:
        table = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise NotVectors(f"not JSON ({type(error).__name__}): start from the table of the project") from None
    vectors = table.get("vectors") if isinstance(table, dict) else None
    if not isinstance(vectors, list) or not vectors:
        raise NotVectors('no examples: the file needs {"vectors": [...]} with at least one')
    return [_example(one, number) for number, one in enumerate(vectors, 1)]


def _example(one: Any, number: int) -> Example:
    shapes = {"id": str, "score": str, "inputs": dict, "expected": dict}
    for key, shape in shapes.items():
        if not isinstance(one, dict) or not isinstance(one.get(key), shape):
            raise NotVectors(f'example {number}: needs "{key}", like the first of the table of the project')
    tolerance = one.get("tolerance", "exact")
    if tolerance != "exact" and not (
        isinstance(tolerance, dict)
        and tolerance.keys() <= {"abs", "rel"}
        and all(isinstance(limit, int | float) for limit in tolerance.values())
    ):
        raise NotVectors(f'example {number}: "tolerance" is "exact", {{"abs": 0.05}} or {{"rel": 0.01}}')
    return Example(
        id=one["id"],
        score=one["score"],
        inputs=one["inputs"],
        expected=one["expected"],
        tolerance=tolerance if isinstance(tolerance, dict) else {},
        provisional=one.get("provisional") is True,
    )


def check(examples: Iterable[Example], catalogue: Catalogue) -> list[Checked]:
    """Run every example through the function that the product uses for its score."""
    runs = runs_of(catalogue)
    return [Checked(example, tuple(_differences(example, runs.get(example.score)))) for example in examples]


def runs_of(catalogue: Catalogue) -> dict[str, Run]:
    """Return every score there is, by the name it has in a table."""
    return RUNS | _Catalogued(catalogue).runs


def _differences(example: Example, run: Run | None) -> list[str]:
    if run is None:
        return [f"no score is called {example.score!r} here"]
    try:
        found = run(example.inputs)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return [f"its inputs are not those of {example.score} ({type(error).__name__})"]
    return [
        f"{name}: {found.get(name)!r}, expected {wanted!r}"
        for name, wanted in example.expected.items()
        if name not in found or not _alike(found[name], wanted, example.tolerance)
    ]


def _alike(found: Any, wanted: Any, tolerance: Mapping[str, float]) -> bool:
    """Return whether a result is the expected one; true is not 1, and a list is compared part by part."""
    if isinstance(wanted, list):
        return (
            isinstance(found, list | tuple)
            and len(found) == len(wanted)
            and all(_alike(one, other, tolerance) for one, other in zip(found, wanted, strict=True))
        )
    if _is_number(found) and _is_number(wanted):
        return math.isclose(
            found, wanted, abs_tol=tolerance.get("abs", 1e-9), rel_tol=tolerance.get("rel", 0)
        )
    return type(found) is type(wanted) and bool(found == wanted)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# --- Units


def _converted(target: str, places: int) -> Run:
    def run(inputs: Inputs) -> Outcome:
        value = convert(inputs["value"], UNITS[inputs["unit"]], target)
        return {"value": value, "display": written(value, places)}

    return run


def _c_peptide(inputs: Inputs) -> Outcome:
    unit = UNITS[inputs["unit"]]
    return {target: convert(inputs["value"], unit, target) for target in ("nmol_l", "pmol_l", "ng_ml")}


def _hba1c_compare(inputs: Inputs) -> Outcome:
    unit, into = UNITS[inputs["unit"]], UNITS[inputs["threshold_unit"]]
    value, threshold = inputs["value"], inputs["threshold"]
    return {
        "compared_value": glycemia.reported_hba1c(value, unit, into),
        "met": glycemia.hba1c_compares(value, unit, inputs["op"], threshold, into),
    }


def _eag(inputs: Inputs) -> Outcome:
    percent = inputs["hba1c_percent"]
    return {
        "eag_mgdl": glycemia.average_glucose_mg_dl(percent),
        "eag_mmoll": glycemia.average_glucose_mmol_l(percent),
    }


# --- Hypoglycemia


def _glucose(value: float | None, unit: str | None) -> Glucose | None:
    return None if value is None else Glucose(value, UNITS[str(unit)])


def _level(inputs: Inputs) -> Outcome:
    reading = _glucose(inputs["glucose"], inputs["unit"])
    level = hypoglycemia_level(reading, inputs["altered_state_needing_assistance"])
    return {"level": level, "status": _status(level)}


def _status(value: Any) -> str:
    return "unknown" if value is None else "ok"


def _severe_event(inputs: Inputs) -> Outcome:
    told = SevereEvent(
        read_date(DAY),
        assistance=inputs["assistance_of_another_person"],
        impaired=inputs["cognitive_or_physical_impairment"],
        glucose=_glucose(inputs["lowest_glucose_mgdl"], "mg/dL"),
        recovered_after_treatment=inputs["prompt_recovery_after_treatment"],
    )
    names = {"ada_level3": "", "uih002": "uih", "cit": "cit"}
    return {name: DEFINITIONS[definition](told) for name, definition in names.items()}


def _event_in_window(inputs: Inputs) -> Outcome:
    on = date.fromisoformat(inputs["on"])
    told = SevereEvent(read_date(inputs["event_date"]), assistance=True, impaired=True)
    start = lookback(on, 12, "months")
    try:
        found = count_events(EventHistory((told,), on, EVER, 0), "", DateSpan(start, start), on, on)
    except ValueError:
        return {"in_window": "invalid_future"}
    answers: dict[tuple[int, int | None], str] = {(1, 1): "yes", (0, 0): "no", (0, 1): "unknown"}
    return {"in_window": answers[found]}


def _clarke(inputs: Inputs) -> Outcome:
    found = clarke(inputs)
    return {
        "score": found.score,
        "score_min": found.low,
        "score_max": found.high,
        "missing": found.missing,
        "meets_ge4": found.impaired,
        "category": found.category,
        "flag_12_or_more_severe": found.twelve_or_more,
    }


def _gold(inputs: Inputs) -> Outcome:
    try:
        category = gold_category(inputs["score"])
    except ValueError:
        return {"category": None, "status": "invalid"}
    return {"category": category, "status": _status(category)}


def _pedersen_bjergaard(inputs: Inputs) -> Outcome:
    found = pedersen_bjergaard(inputs["answer"])
    return {
        "two_class_2001": None if found is None else found.two_classes_2001,
        "three_class_2003": None if found is None else found.three_classes_2003,
        "status": _status(found),
    }


def _hypo_score(inputs: Inputs) -> Outcome:
    return _standing(inputs["hypo_score"], lability.HYPO_SCORE, inputs["glucose_record_days"])


def _lability_standing(inputs: Inputs) -> Outcome:
    if inputs.get("unit_used", "mmol/L") != "mmol/L":
        return {"ge_90th_percentile": None, "ge_75th_percentile": None, "status": "wrong_unit"}
    return _standing(inputs["li"], lability.LABILITY_INDEX, lability.RECORD_DAYS)


def _standing(score: float | None, limits: lability.Percentiles, record_days: int | None) -> Outcome:
    upper_tenth = lability.reaches(score, limits.p90, record_days=record_days)
    return {
        "ge_90th_percentile": upper_tenth,
        "ge_75th_percentile": lability.reaches(score, limits.p75, record_days=record_days),
        "status": _status(upper_tenth),
    }


def _lability_index(inputs: Inputs) -> Outcome:
    weeks = [
        [
            lability.Reading(one["hour"], convert(one["glucose"], UNITS[inputs["unit"]], "mmol_l"))
            for one in week
        ]
        for week in inputs["weeks"]
    ]
    found = lability.lability_index(weeks)
    return {"weekly": found.weekly, "li": found.index}


# --- Sensor glucose

POPULATIONS = {"standard": "standard", "older_high_risk": "older or at high risk"}
RANGES = ("tbr_lt54", "tbr_54_69", "tir", "tar_181_250", "tar_gt250")
TARGETED = {
    ("tir_70_180",): ("tir", "tir"),
    ("tbr_lt54", "tbr_54_69"): ("lt70", "tbr_lt70"),
    ("tbr_lt54",): ("lt54", "tbr_lt54"),
    ("tar_181_250", "tar_gt250"): ("gt180", "tar_gt180"),
    ("tar_gt250",): ("gt250", "tar_gt250"),
}
"""By what a target adds up: the input with the sum, and how the name of its answer begins."""


def _gmi(inputs: Inputs) -> Outcome:
    unit = UNITS[inputs["unit"]]
    percent = metrics.gmi_percent(convert(inputs["mean_glucose"], unit, "mg_dl"))
    return {
        "gmi_percent": percent,
        "display": written(percent, 1),
        "gmi_mmolmol": metrics.gmi_mmol_mol(convert(inputs["mean_glucose"], unit, "mmol_l")),
    }


def _gri(inputs: Inputs) -> Outcome:
    ranges = ("pct_lt54", "pct_54_69", "pct_181_250", "pct_gt250")
    hypo, hyper = metrics.gri_components(*(inputs[name] for name in ranges))
    gri = metrics.glycemia_risk_index(hypo, hyper)
    return {"hypo_component": hypo, "hyper_component": hyper, "gri": gri, "zone": metrics.gri_zone(gri)}


def _range(inputs: Inputs) -> Outcome:
    unit = next(one for one in SENSOR_UNITS if one.key == UNITS[inputs["unit"]])
    shares = metrics.time_in_ranges([inputs["glucose"]], unit)
    return {"range": RANGES[shares.index(100)]}


def _targets(inputs: Inputs) -> Outcome:
    found = {}
    for target in TARGETS[POPULATIONS[inputs["population"]]]:
        if target.metrics in TARGETED:
            percentage, name = TARGETED[target.metrics]
            beyond = "gt" if target.sign == ">" else "lt"
            found[f"{name}_{beyond}{target.limit:g}"] = target.met(inputs[percentage])
    return found


# --- Grafts


def _beta_score(inputs: Inputs) -> Outcome:
    found = graft.beta_score(
        fasting_glucose_mmol_l=inputs["fasting_glucose_mmoll"],
        hba1c_percent=inputs["hba1c_percent"],
        insulin_units_per_kg=inputs["insulin_u_kg_day"],
        other_agent=inputs["oral_or_noninsulin_agent"],
        stimulated_c_peptide_nmol_l=inputs["stimulated_c_peptide_nmoll"],
        fasting_c_peptide_nmol_l=inputs["fasting_c_peptide_nmoll"],
    )
    names = {"fasting_glucose": "fpg", "stimulated_c_peptide": "c_peptide"}
    return {
        "score": found.score,
        "points": {names.get(part, part): points for part, points in found.points.items()},
        "missing": found.missing,
        "status": _status(found.score),
    }


def _beta_2(inputs: Inputs) -> Outcome:
    return {
        "beta2": graft.beta_2_score(
            fasting_c_peptide_nmol_l=inputs["fasting_c_peptide_nmoll"],
            insulin_units_per_kg=inputs["insulin_u_kg_day"],
            fasting_glucose_mmol_l=inputs["fasting_glucose_mmoll"],
            hba1c_percent=inputs["hba1c_percent"],
        )
    }


def _igls(inputs: Inputs) -> Outcome:
    """An example tells no other medicine and no events before the graft: without any, as its table has it."""
    category = graft.igls_2017(
        hba1c_percent=inputs["hba1c"],
        severe_events=inputs["she"],
        insulin_units_per_kg=inputs["insulin"],
        other_agent=inputs.get("agent", False),
        c_peptide_ng_ml=inputs["cpep_ng"],
        baseline_severe_events=inputs.get("baseline_she"),
        baseline_insulin_units_per_kg=inputs["baseline_insulin"],
        baseline_c_peptide_ng_ml=inputs["baseline_cpep_ng"],
    )
    return {
        "category": category,
        "treatment_success": None if category is None else category in graft.IGLS_SUCCESS,
        "status": _status(category),
    }


# --- Kidney


def _albuminuria(inputs: Inputs) -> Outcome:
    return {"category": kidney.albuminuria_category(inputs["value"], UNITS[inputs["unit"]])}


def _kidney_risk(inputs: Inputs) -> Outcome:
    return {"risk": kidney.kidney_risk(inputs["gfr_category"], inputs["albuminuria_category"])}


# --- Dates


def _age(inputs: Inputs) -> Outcome:
    return {"years": completed_years(date.fromisoformat(inputs["born"]), date.fromisoformat(inputs["on"]))}


def _lookback(inputs: Inputs) -> Outcome:
    return {"start": lookback(date.fromisoformat(inputs["on"]), inputs["months"], "months").isoformat()}


def _duration(inputs: Inputs) -> Outcome:
    on = date.fromisoformat(inputs["on"])
    diagnosed = read_date(inputs["diagnosed"]).cut_off(on)
    limit = lookback(on, inputs["years"], "years")
    reached = {diagnosed.first <= limit, diagnosed.last <= limit}
    return {
        "verdict": "unknown" if len(reached) == 2 else "met" if True in reached else "not_met",
        "years_max": completed_years(diagnosed.first, on),
        "years_min": completed_years(diagnosed.last, on),
    }


RUNS: dict[str, Run] = {
    "glucose_mgdl_to_mmoll": _converted("mmol_l", 1),
    "glucose_mmoll_to_mgdl": _converted("mg_dl", 0),
    "hba1c_percent_to_mmolmol": _converted("mmol_mol", 0),
    "hba1c_mmolmol_to_percent": _converted("percent", 1),
    "creatinine_umoll_to_mgdl": _converted("mg_dl", 2),
    "c_peptide_convert": _c_peptide,
    "hba1c_compare": _hba1c_compare,
    "eag_from_hba1c": _eag,
    "hypoglycemia_level": _level,
    "severe_hypoglycemia_event": _severe_event,
    "event_in_last_12_months": _event_in_window,
    "clarke": _clarke,
    "gold": _gold,
    "pedersen_bjergaard": _pedersen_bjergaard,
    "hypo_score_interpret": _hypo_score,
    "lability_index": _lability_index,
    "lability_index_interpret": _lability_standing,
    "gmi": _gmi,
    "gri": _gri,
    "cgm_range_of_reading": _range,
    "cgm_targets": _targets,
    "beta_score": _beta_score,
    "beta2_score": _beta_2,
    "igls_2017": _igls,
    "uacr_category": _albuminuria,
    "kdigo_risk": _kidney_risk,
    "age_completed_years": _age,
    "lookback_start": _lookback,
    "diabetes_duration_at_least": _duration,
}


# --- What the catalogue of facts works out


class _Catalogued:
    """Runs through the fact catalogue: its plausible ranges, and its formulas."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue, self._reader = catalogue, Reader(catalogue)
        Compiler(self._reader, catalogue.trees)

    @property
    def runs(self) -> dict[str, Run]:
        return {
            "bmi": self._bmi,
            "insulin_dose_per_kg": self._insulin,
            "egfr_ckd_epi_2021": self._egfr,
        }

    def _read(self, **measured: tuple[float, str]) -> Answers | None:
        """Return the measurements as answers, None where the catalogue refuses one."""
        facts = {name: {"value": value, "unit": unit, "on": DAY} for name, (value, unit) in measured.items()}
        try:
            return read_answers(self._catalogue, {"as_of": DAY, "facts": facts})
        except Problems:
            return None

    def _worked_out(self, fact: str, answers: Answers) -> float:
        value = self._reader.known(answers)[self._reader.number(fact, None).place]
        return float(value[0])

    def _bmi(self, inputs: Inputs) -> Outcome:
        answers = self._read(weight=(inputs["weight_kg"], "kg"), height=(inputs["height_cm"], "cm"))
        if answers is None:
            return {"bmi": None, "status": "implausible"}
        value = self._worked_out("bmi", answers)
        return {"bmi": value, "display": written(value, 1)}

    def _insulin(self, inputs: Inputs) -> Outcome:
        dose, weight = (inputs["daily_insulin_units"], "units/day"), (inputs["weight_kg"], "kg")
        answers = self._read(insulin_dose=dose, weight=weight)
        if answers is None:
            return {"u_per_kg_day": None, "status": "implausible"}
        value = self._worked_out("insulin_dose_per_kg", answers)
        return {"u_per_kg_day": value, "display": written(value, 2)}

    def _egfr(self, inputs: Inputs) -> Outcome:
        missing = [name for name in ("creatinine", "age_years", "sex") if inputs[name] is None]
        if missing:
            return {"egfr": None, "status": "unknown", "missing": missing}
        creatinine, unit = inputs["creatinine"], inputs["unit"]
        if self._read(creatinine=(creatinine, LABELS[UNITS[unit]])) is None:
            return {"egfr": None, "status": "implausible_unit"}
        if inputs["age_years"] < kidney.ADULT_YEARS:
            return {"egfr": None, "status": "not_applicable"}
        mg_dl = convert(creatinine, UNITS[unit], "mg_dl")
        value = kidney.egfr_ckd_epi_2021(mg_dl, inputs["age_years"], inputs["sex"])
        reported = kidney.reported_egfr(value)
        category = kidney.gfr_category(reported)
        return {"egfr": value, "reported": reported, "kdigo_gfr_category": category, "status": "ok"}
