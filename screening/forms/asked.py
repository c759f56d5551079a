"""The facts a centre asks for, as questions of the form, prefilled from the last pre-screen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from django.http import QueryDict
from django.utils.safestring import SafeString, mark_safe

from screening.forms.events import EventsForm, input_label
from screening.forms.stages import FormSet, StageForm, form_set
from screening.interop.typed import (
    MAX_ROWS,
    MAX_TEXT,
    MORE_ROWS,
    Reading,
    as_typed,
    event_inputs,
    inputs_of,
    inputs_of_events,
    read_typed,
    row_count,
)
from screening.models import Screening, Site, Units
from screening.rules.content import Content
from screening.rules.facts import EVENTS

Typed = dict[str, str | list[str]]


@dataclass
class AskedFacts:
    """Some questions of the form, with what was answered last and what is typed now.

    Attributes:
        before: the answers of the last pre-screen, as inputs.
        typed: those, with what is typed now in their place.
        names: the inputs of the questions that are asked.
    """

    content: Content
    site: Site
    today: date
    facts: tuple[str, ...]
    before: Typed
    typed: Typed = field(default_factory=dict)

    @classmethod
    def of(cls, screening: Screening, facts: Iterable[str], *, content: Content, today: date) -> AskedFacts:
        """Return the questions about `facts`, filled with the answers of `screening`."""
        catalogue = content.catalogue
        known = tuple(
            name
            for name in dict.fromkeys(facts)
            if name == EVENTS or (name in catalogue.facts and catalogue.facts[name].asked)
        )
        before = as_typed(catalogue, screening.told)
        return cls(content, screening.participant.site, today, known, before, dict(before))

    @property
    def form(self) -> FormSet:
        return form_set(self.content.catalogue)

    @property
    def names(self) -> tuple[str, ...]:
        """The inputs of all questions that are asked."""
        facts = self.content.catalogue.facts
        found = [name for fact in self.facts if fact != EVENTS for name in inputs_of(facts[fact])]
        if EVENTS in self.facts:
            found += [*inputs_of_events(row_count(self.typed)), "events-rows"]
        return tuple(found)

    def take(self, post: QueryDict) -> None:
        """Put what was posted in the place of what was answered last."""
        self._rows_of(post)
        names = self.names
        posted: Typed = {}
        for name in names:
            if name.endswith("-symptoms") and name in post:
                posted[name] = [_plain(text) for text in post.getlist(name)[:20]]
            elif name in post and _plain(str(post[name])):
                posted[name] = _plain(str(post[name]))
        if EVENTS in self.facts:
            posted["events-rows"] = str(row_count(self.typed))
        self.typed = {name: value for name, value in self.typed.items() if name not in names} | posted
        cleared = post.get("clear", "")
        for name in self._inputs_to_clear(cleared):
            self.typed.pop(name, None)

    def _rows_of(self, post: QueryDict) -> None:
        """Count the rows for severe events that the page showed, and those that are to come."""
        shown = post.get("events-rows", "")
        rows = int(shown) if shown.isascii() and shown.isdecimal() and len(shown) < 4 else 0
        more = MORE_ROWS if post.get("do") == "rows" else 0
        self.typed["events-rows"] = str(min(max(rows, row_count(self.typed)) + more, MAX_ROWS))

    def _inputs_to_clear(self, what: str) -> tuple[str, ...]:
        facts = self.content.catalogue.facts
        if what in self.facts and what in facts:
            return (*inputs_of(facts[what]), f"{what}-asked")
        rows = {f"event-{row}": row for row in range(row_count(self.typed))}
        return event_inputs(rows[what]) if what in rows else ()

    @staticmethod
    def redraws(post: QueryDict) -> bool:
        """Return whether the button that was pressed changes the page alone: clear, or more rows."""
        return "clear" in post or "do" in post

    @property
    def posted(self) -> Typed:
        """What is typed into the inputs of the questions."""
        names = frozenset(self.names)
        return {name: value for name, value in self.typed.items() if name in names}

    @property
    def changed(self) -> bool:
        """Whether something else is typed than was answered last."""
        return any(map(self._is_new, self.names))

    def _is_new(self, name: str) -> bool:
        """Return whether the input says something else now; a unit alone says nothing."""
        if name.endswith(("_unit", "-rows")):
            return False
        if name.endswith("-unit") and not self.typed.get(name.removesuffix("-unit")):
            return False
        return self.before.get(name) != self.typed.get(name)

    @cached_property
    def reading(self) -> Reading:
        """What the answers say if they are sent today: what is new counts as asked today."""
        stems = {name.partition("-")[0] for name in self.names if self._is_new(name)}
        days = {f"{'events' if stem == 'event' else stem}-asked": self.today.isoformat() for stem in stems}
        return read_typed(self.content.catalogue, self.typed | days, self.today)

    @property
    def problems(self) -> dict[str, str]:
        """What is to be mended among the questions, by input; a problem elsewhere is named too."""
        return {problem.input: problem.message for problem in self.reading.problems}

    @property
    def summary(self) -> list[tuple[str, str, str]]:
        facts = self.content.catalogue.facts
        found = []
        for name, message in self.problems.items():
            fact = facts.get(name.partition("-")[0])
            found.append((name, fact.label if fact is not None else input_label(name), message))
        return found

    @cached_property
    def questions(self) -> list[SafeString]:
        """The questions about single facts, in the order of the form."""
        open_gates = self.form.open_gates(self.reading.answers)
        units = self.form.default_units(self.site.units, {})
        found = []
        for stage in self.form.stages:
            asked = [fact for fact in self.facts if self.form.by_fact.get(fact) == stage]
            if stage.section is None or not asked:
                continue
            form: StageForm = self.form.forms[stage.id](
                self.typed, self.reading, open_gates=open_gates, units=units
            )
            found += [_without_block(form[name].as_field_group()) for name in form.fields if name in asked]
        return found

    @cached_property
    def events(self) -> EventsForm | None:
        """The rows of severe events, where they are asked for."""
        if EVENTS not in self.facts:
            return None
        unit = "mmol_l" if self.site.units == Units.SI else "mg_dl"
        return EventsForm(self.typed, self.reading, self.today, unit)

    @property
    def rows(self) -> int:
        return row_count(self.typed)


def _without_block(question: SafeString) -> SafeString:
    """Return the question for a page on which no date stands above it."""
    return mark_safe(question.replace('placeholder="as above"', 'placeholder="1 Oct 2026"'))


def _plain(text: str) -> str:
    return text.replace("\0", "")[:MAX_TEXT]
