"""The stage of severe events: a lead question, a row for each, and how complete the rows are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from django.template.loader import get_template
from django.utils.functional import cached_property
from django.utils.safestring import SafeString

from screening.clinical.dates import lookback, say_day
from screening.clinical.hypoglycemia import ALTERED_STATES, CAUSES, RECORDS, SYMPTOMS, TELLERS
from screening.forms.facts import Choices, options
from screening.interop.typed import (
    ALTERED,
    CLEAR_HEADED,
    HAPPENED,
    LEADS,
    MAX_ROWS,
    Reading,
    event_inputs,
    inputs_of_events,
    quick_dates,
    read_reading,
    row_count,
)
from screening.rules.reading import GLUCOSE_LABELS

FIRST_SYMPTOMS = ("confused", "could_not_be_woken", "seizure", "passed_out")
MORE_SYMPTOMS = tuple(symptom for symptom in SYMPTOMS if symptom not in FIRST_SYMPTOMS)
GLUCOSE_UNITS: Choices = tuple(GLUCOSE_LABELS.items())
CAUSE_CHOICES: Choices = (("", "Not asked"), *CAUSES.items())
RECORD_CHOICES: Choices = (("", "Not asked"), *RECORDS.items())
TELLER_CHOICES: Choices = (("", "Not asked"), *TELLERS.items())
LOW_BELOW = {"mg/dL": 70.0, "mmol/L": 3.9}
"""Where a low begins, ADA level 1."""
_ORDER = (*FIRST_SYMPTOMS, CLEAR_HEADED, *MORE_SYMPTOMS, ALTERED)


class EventsForm:
    """What was typed about severe events, with what is wrong with it.

    Args:
        typed: the inputs of the whole draft.
        reading: what the reader of answers made of them.
        as_of: the day of the pre-screen.
        glucose_unit: the unit a reading starts with.
        former: what was said of the events the last time, where they are asked again.
    """

    leads = tuple(LEADS.items())

    def __init__(
        self, typed: Mapping[str, Any], reading: Reading, as_of: date, glucose_unit: str, former: str = ""
    ) -> None:
        self.typed = typed
        self.former = former
        self.as_of = as_of
        self.glucose_unit = glucose_unit
        order = inputs_of_events(row_count(typed))
        self.problems = sorted(
            (problem for problem in reading.problems if problem.input in order),
            key=lambda problem: order.index(problem.input),
        )

    @cached_property
    def window(self) -> str:
        """The first day of the 12 months that the lead question is about."""
        return say_day(lookback(self.as_of, 12, "months"))

    @property
    def lead(self) -> str:
        return str(self.typed.get("events-lead", ""))

    @property
    def complete(self) -> bool:
        return bool(self.typed.get("events-complete"))

    @property
    def since(self) -> str:
        return str(self.typed.get("events-since", ""))

    @property
    def more(self) -> str:
        return str(self.typed.get("events-more", ""))

    def rows(self) -> Iterator[SafeString]:
        """Yield the rows as HTML, blank ones included; a blank row always looks the same."""
        for number in range(row_count(self.typed)):
            names = event_inputs(number)
            if any(name in self.typed for name in names if not name.endswith("-glucose_unit")):
                yield draw(self._row(number))
            else:
                yield _blank_row(number, self.as_of, self._unit(number))

    @property
    def can_grow(self) -> bool:
        return row_count(self.typed) < MAX_ROWS

    def _unit(self, number: int) -> str:
        chosen = self.typed.get(f"event-{number}-glucose_unit", "")
        return chosen if chosen in dict(GLUCOSE_UNITS) else self.glucose_unit

    @cached_property
    def errors(self) -> Mapping[str, str]:
        """What is to be mended outside the rows, by input."""
        return {problem.input: problem.message for problem in self.problems}

    @cached_property
    def first_error(self) -> str:
        """The input with the first thing to mend; empty if there is none."""
        return next((problem.input for problem in self.problems), "")

    @cached_property
    def summary(self) -> list[tuple[str, str, str]]:
        """What is to be mended: where, the question, what to do."""
        return [(problem.input, input_label(problem.input), problem.message) for problem in self.problems]

    def _row(self, number: int) -> dict[str, Any]:
        """Return what templates/fields/event.html reads."""
        prefix = f"event-{number}-"
        said = {
            part: value
            for name in event_inputs(number)
            if isinstance(value := self.typed.get(name, ""), str)
            for part in [name.removeprefix(prefix)]
        }
        ticked = self.typed.get(f"{prefix}symptoms", [])
        errors = [
            (problem.input, problem.message) for problem in self.problems if problem.input.startswith(prefix)
        ]
        return {
            **_row_context(number, self.as_of, self._unit(number), said, ticked),
            "errors": errors,
            "wrong": frozenset(name.removeprefix(prefix) for name, _ in errors),
            "note": _note(said, ticked),
            "focus": self.first_error.removeprefix(prefix) if self.first_error.startswith(prefix) else "",
        }


def _row_context(
    number: int, as_of: date, unit: str, said: Mapping[str, str], ticked: Collection[str]
) -> dict[str, Any]:
    quick = (("", "or a season"), *((one.value, one.label) for one in quick_dates(as_of)))
    boxes = [(word, HAPPENED[word], word in ticked) for word in _ORDER]
    first = len(FIRST_SYMPTOMS) + 1
    return {
        "number": str(number),
        "shown_number": str(number + 1),
        "on": said.get("on", ""),
        "until": said.get("until", ""),
        "assistance": said.get("assistance", ""),
        "treated": said.get("treated", ""),
        "glucose": said.get("glucose", ""),
        "quick_options": _options(quick, said.get("quick", "")),
        "unit_options": options(GLUCOSE_UNITS, unit),
        "cause_options": _options(CAUSE_CHOICES, said.get("cause", "")),
        "record_options": _options(RECORD_CHOICES, said.get("documented", "")),
        "teller_options": _options(TELLER_CHOICES, said.get("told_by", "")),
        "symptoms": boxes[:first],
        "more_symptoms": boxes[first:],
        "more_open": any(is_ticked for _, _, is_ticked in boxes[first:]),
        "blank": not ticked and not any(value for part, value in said.items() if part != "glucose_unit"),
    }


def _options(choices: Choices, chosen: str) -> SafeString:
    return options(choices, chosen if chosen in dict(choices) else "")


@lru_cache(maxsize=256)
def _blank_row(number: int, as_of: date, unit: str) -> SafeString:
    return draw(_row_context(number, as_of, unit, {}, ()))


def draw(context: Mapping[str, Any]) -> SafeString:
    """Return one row as HTML."""
    return SafeString(get_template("fields/event.html").render({**context}))


def input_label(name: str) -> str:
    """Return what the input `name` of the severe events is about: its row, or the question."""
    named = {"events-lead": "How often", "events-since": "All since", "events-more": "Further events"}
    return named[name] if name in named else f"Event {int(name.split('-')[1]) + 1}"


def _note(said: Mapping[str, str], ticked: Collection[str]) -> str:
    """Return what to ask about an event as it is described, or why it may not count everywhere."""
    return " ".join(filter(None, (_not_low(said), _not_counted(said, ticked))))


def _not_low(said: Mapping[str, str]) -> str:
    reading = read_reading(said.get("glucose", "").strip(), said.get("glucose_unit", ""))
    if not isinstance(reading, dict):
        return ""
    value, unit = reading["value"], reading["unit"]
    if not value.replace(".", "", 1).isdecimal() or not value.isascii():
        return ""
    if float(value) < LOW_BELOW[unit]:
        return ""
    return (
        f"{value} {unit} is not a low. ADA level 3 counts an altered state with help whatever the reading: "
        "was this one?"
    )


def _not_counted(said: Mapping[str, str], ticked: Collection[str]) -> str:
    if not ticked and said.get("assistance") != "yes":
        return ""
    altered = not ALTERED_STATES.isdisjoint(ticked) or ALTERED in ticked
    if said.get("assistance") == "yes" and not altered and CLEAR_HEADED not in ticked:
        return "Counts once it is known what happened: help alone does not make an event severe."
    if altered and said.get("assistance", "") in ("", "unknown"):
        return "Counts once it is known whether someone else had to treat it."
    confirmed = said.get("glucose") or said.get("treated", "") in ("yes", "no")
    if altered and said.get("assistance") == "yes" and not confirmed:
        return (
            "With neither a reading nor a prompt recovery, trials that ask for a confirmed event "
            "count this one as not known."
        )
    return ""
