"""The few values of a person that notes begin with, each with its date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from screening.clinical.units import LABELS
from screening.presentation import words
from screening.presentation.facts import used
from screening.presentation.texts import EVENTS, CatalogueWords

LINES = (
    ("hba1c", "c_peptide_stimulated", "c_peptide_fasting", "egfr"),
    ("gold_score", "clarke_score", "insulin_delivery"),
)
"""Facts that stand on one line together."""


def key_data(
    answers: Mapping[str, Any], result: Mapping[str, Any], catalogue: CatalogueWords
) -> Sequence[str]:
    """Return lines of values.

    Args:
        answers: the stored answers, in the shape that `manage.py screen` reads.
        result: what came of them; a value that was worked out is taken from there.
        catalogue: labels of the facts.
    """
    facts = answers.get("facts", {})
    worked_out = dict(_worked_out(answers, result, catalogue))

    def line(name: str) -> str:
        otherwise = worked_out.get(name, "not known")
        return f"{catalogue.labels[name]} {_said(name, facts.get(name), catalogue, otherwise)}"

    return [*("; ".join(map(line, names)) for names in LINES), f"Severe events: {_events(answers)}"]


def _said(name: str, answer: Any, catalogue: CatalogueWords, otherwise: str) -> str:
    if answer is None:
        return otherwise
    if not isinstance(answer, Mapping):
        answer = {"value": answer}
    if "unknown" in answer:
        return otherwise if answer["unknown"] == "not known" else f"{otherwise} ({answer['unknown']})"
    unit = answer.get("unit", "")
    shown = words.amount(catalogue.said(name, str(answer["value"])), LABELS.get(unit, unit))
    return f"{shown} ({words.when(answer['on'])})" if answer.get("on") is not None else f"{shown} (no date)"


def _worked_out(
    answers: Mapping[str, Any], result: Mapping[str, Any], catalogue: CatalogueWords
) -> Iterator[tuple[str, str]]:
    """Yield the values that were worked out from other answers, by the name of the fact."""
    wanted = [name for names in LINES for name in names]
    for trial in result["trials"]:
        for criterion in trial["criteria"]:
            for fact in criterion["facts"]:
                name = next((one for one in wanted if fact["name"].startswith(one)), None)
                if name is not None and fact["origin"] == "computed" and fact["value"] is not None:
                    yield name, f"{used(fact, catalogue).value} ({_worked_out_from(name, answers)})"


def _worked_out_from(name: str, answers: Mapping[str, Any]) -> str:
    creatinine = answers["facts"].get("creatinine")
    if name == "egfr" and isinstance(creatinine, Mapping) and creatinine.get("on") is not None:
        return f"worked out from creatinine of {words.when(creatinine['on'])}"
    return "worked out"


def _events(answers: Mapping[str, Any]) -> str:
    events = answers.get(EVENTS)
    if events is None:
        return "not asked"
    days = [words.when(event["on"]) for event in events]
    listed = f"{len(days)} listed ({'; '.join(days)})" if days else "none listed"
    since = answers.get(f"{EVENTS}_complete_since", "")
    complete = "" if since == "" else ", list not complete"
    if isinstance(since, str) and since:
        complete = f", complete since {words.day(since)}"
    more = answers.get(f"{EVENTS}_at_least_more")
    further = f", and at least {more} more" if more is not None else ""
    asked_on = words.when(answers.get(f"{EVENTS}_asked_on", answers["as_of"]))
    return f"{listed}{further}{complete}, asked {asked_on}"
