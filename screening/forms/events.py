"""The stage of severe events: a lead question, a row for each, and how complete the rows are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import cached_property

from screening.clinical.dates import lookback, say_day
from screening.clinical.hypoglycemia import ALTERED_STATES, CAUSES, RECORDS, SYMPTOMS, TELLERS
from screening.interop.typed import (
    ALTERED,
    CLEAR_HEADED,
    HAPPENED,
    LEADS,
    MAX_ROWS,
    QuickDate,
    Reading,
    event_inputs,
    quick_dates,
    row_count,
)

FIRST_SYMPTOMS = ("confused", "could_not_be_woken", "seizure", "passed_out")
MORE_SYMPTOMS = tuple(symptom for symptom in SYMPTOMS if symptom not in FIRST_SYMPTOMS)
_ORDER = (*FIRST_SYMPTOMS, CLEAR_HEADED, *MORE_SYMPTOMS, ALTERED)


@dataclass(frozen=True)
class EventRow:
    """One event as typed, or a blank row."""

    number: int
    said: Mapping[str, str]
    symptoms: list[tuple[str, str, bool]]
    more_symptoms: list[tuple[str, str, bool]]
    more_open: bool
    errors: list[tuple[str, str]]
    wrong: frozenset[str]
    blank: bool
    note: str
    focus: str

    @property
    def shown_number(self) -> int:
        return self.number + 1


class EventsForm:
    """What was typed about severe events, with what is wrong with it.

    Args:
        typed: the inputs of the whole draft.
        reading: what the reader of answers made of them.
        as_of: the day of the pre-screen.
        glucose_unit: the unit a reading starts with.
    """

    leads = tuple(LEADS.items())
    causes = tuple(CAUSES.items())
    records = tuple(RECORDS.items())
    tellers = tuple(TELLERS.items())

    def __init__(self, typed: Mapping[str, Any], reading: Reading, as_of: date, glucose_unit: str) -> None:
        self.typed = typed
        self.as_of = as_of
        self.glucose_unit = glucose_unit
        self.problems = [
            problem for problem in reading.problems if problem.input.partition("-")[0] in ("event", "events")
        ]

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

    @cached_property
    def quick_dates(self) -> tuple[QuickDate, ...]:
        """The months and seasons to choose from."""
        return quick_dates(self.as_of)

    @cached_property
    def rows(self) -> list[EventRow]:
        """The rows, blank ones included."""
        return [self._row(number) for number in range(row_count(self.typed))]

    @property
    def can_grow(self) -> bool:
        return len(self.rows) < MAX_ROWS

    @cached_property
    def errors(self) -> Mapping[str, str]:
        """What is to be mended outside the rows, by input."""
        return {problem.input: problem.message for problem in self.problems}

    @cached_property
    def first_error(self) -> str:
        """The input with the first thing to mend; empty if there is none."""
        order = ["events-lead"]
        for number in range(row_count(self.typed)):
            order += event_inputs(number)
        order += ["events-since", "events-more"]
        wrong = {problem.input for problem in self.problems}
        return next((name for name in order if name in wrong), "")

    @cached_property
    def summary(self) -> list[tuple[str, str, str]]:
        """What is to be mended: where, the question, what to do."""
        names = {"events-lead": "How often", "events-since": "All since", "events-more": "Further events"}
        return [
            (
                problem.input,
                names.get(problem.input, f"Event {_number(problem.input) + 1}"),
                problem.message,
            )
            for problem in self.problems
        ]

    def _row(self, number: int) -> EventRow:
        prefix = f"event-{number}-"
        said = {
            name.removeprefix(prefix): value
            for name in event_inputs(number)
            if isinstance(value := self.typed.get(name, ""), str)
        }
        ticked = self.typed.get(f"{prefix}symptoms", [])
        symptoms = [(word, HAPPENED[word], word in ticked) for word in _ORDER]
        errors = [
            (problem.input, problem.message) for problem in self.problems if problem.input.startswith(prefix)
        ]
        first = len(FIRST_SYMPTOMS) + 1
        blank = not ticked and not any(value for part, value in said.items() if part != "glucose_unit")
        said["glucose_unit"] = said["glucose_unit"] or self.glucose_unit
        return EventRow(
            number=number,
            said=said,
            symptoms=symptoms[:first],
            more_symptoms=symptoms[first:],
            more_open=any(is_ticked for _, _, is_ticked in symptoms[first:]),
            errors=errors,
            wrong=frozenset(name.removeprefix(prefix) for name, _ in errors),
            blank=blank,
            note=_note(said, ticked),
            focus=self.first_error.removeprefix(prefix) if self.first_error.startswith(prefix) else "",
        )


def _number(name: str) -> int:
    return int(name.split("-")[1])


def _note(said: Mapping[str, str], ticked: list[str]) -> str:
    """Return why an event as described may not count everywhere."""
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
