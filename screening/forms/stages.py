"""The stages of the form, one Form class each, declared from the fact catalogue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from django import forms
from django.forms.forms import DeclarativeFieldsMetaclass
from django.template.loader import render_to_string
from django.utils.functional import cached_property
from django.utils.safestring import SafeString

from screening.forms.consequences import Consequences
from screening.forms.facts import BoundFact, FactField
from screening.forms.plan import BlockPlan, Group, Rank, groups, in_order, plan
from screening.interop.typed import (
    Reading,
    has_events,
    has_results_date,
    inputs_of_events,
    inputs_of_section,
    is_answered,
    results_date,
    row_count,
)
from screening.models import Units
from screening.rules.answers import Answers
from screening.rules.facts import Catalogue, Section

EVENTS_STAGE = "events"
ALWAYS_SHOWN = 2
"""The first sections, which are shown whole: what they ask decides which of the others matter."""
SI_UNITS = frozenset(
    {"mmol_mol", "pmol_l", "umol_l", "mmol_l", "mg_mmol", "g_l", "ten9_l", "kg", "cm"},
)


@dataclass(frozen=True)
class ResultsDate:
    """The date that fills the rows of a section which have none."""

    name: str
    value: str
    errors: list[str]


@dataclass(frozen=True)
class Stage:
    """One page of the form; `section` is None for the severe events."""

    id: str
    title: str
    about: str
    section: Section | None


class StageForm(forms.Form):
    """The questions of one section, with what was typed and what is wrong with it.

    Args:
        typed: the inputs of the whole draft.
        reading: what the reader of answers made of them.
        open_gates: the gates that hold.
        units: the unit each measurement starts with, where it is not the catalogue's first.
        effects: by fact that is not known, what that keeps open.
        asks_for: the facts that can still change anything; None for all.
        former: by fact that is asked again, what was answered and why it counts no more.
        rank: the places of the questions to ask first; None leaves all in the order of the catalogue.
        wanted: a question that somebody was led to: what it is folded into stands open.
    """

    section: Section
    plan: tuple[BlockPlan, ...]
    groups: tuple[Group, ...]
    consequences: Consequences
    dated: frozenset[str]
    """The facts that take the date of the block."""
    shown_whole: bool

    def __init__(
        self,
        typed: Mapping[str, Any],
        reading: Reading,
        *,
        open_gates: frozenset[str] = frozenset(),
        units: Mapping[str, str] | None = None,
        effects: Mapping[str, str] | None = None,
        asks_for: frozenset[str] | None = None,
        former: Mapping[str, str] | None = None,
        rank: Rank | None = None,
        wanted: str = "",
    ) -> None:
        super().__init__(data=typed, auto_id="%s")
        self.reading = reading
        self.open_gates = open_gates
        self.units = units if units is not None else {}
        self.effects = effects if effects is not None else {}
        self.asks_for = None if self.shown_whole else asks_for
        self.former = former if former is not None else {}
        self.rank = None if self.shown_whole else rank
        self.wanted = wanted

    def _clean_fields(self) -> None:
        """Leave every answer as typed: the reader of answers has judged them all."""

    def clean(self) -> dict[str, Any]:
        for problem in self.reading.problems:
            name = problem.input.partition("-")[0]
            if name in self.fields:
                self.add_error(name, problem.message)
        return self.cleaned_data

    @cached_property
    def first_error(self) -> str:
        """The name of the first question with something to mend; empty if there is none."""
        return next((name for name in self.fields if name in self.errors), "")

    @cached_property
    def summary(self) -> list[tuple[str, str, str]]:
        """What is to be mended, in the order of the page: where, the question, what to do."""
        found = [
            (date.name, "Results from", message)
            for date in [self._results_date]
            if date is not None
            for message in date.errors
        ]
        for name, field in self.fields.items():
            found += [(name, str(field.label), str(message)) for message in self.errors.get(name, ())]
        return found

    @cached_property
    def _results_date(self) -> ResultsDate | None:
        if not self.dated:
            return None
        name = results_date(self.section)
        errors = [problem.message for problem in self.reading.problems if problem.input == name]
        return ResultsDate(name, self.data.get(name, ""), errors)

    def blocks(self) -> Iterator[dict[str, Any]]:
        """Yield the blocks of questions in asking order, as templates/screening/_blocks.html reads them.

        Questions that can be ranked come first; those on which nothing depends any more stand folded at the
        end.
        """
        folded: list[str] = []
        results_date = self._results_date
        for block in self.plan if self.rank is None else _ordered(type(self), tuple(self.rank)):
            shown = [name for name in block.names if self.matters(name)]
            folded += [name for name in block.names if name not in shown]
            if shown:
                takes_date = not self.dated.isdisjoint(shown)
                words = self.consequences.words.get(block.gate, "")
                yield {
                    "kind": "plain" if block.kind == "items" and len(shown) == 1 else block.kind,
                    "key": f"{self.section.id}-{block.key}",
                    "questions": [self._question(name) for name in shown],
                    "open": words != "" and (block.gate in self.open_gates or any(map(self._in_use, shown))),
                    "summary": f"Opens if {words}" if words else "",
                    "gate": bool(words),
                    "results_date": results_date if takes_date else None,
                }
                results_date = None if takes_date else results_date
        if folded:
            labels = ", ".join(cast(FactField, self.fields[name]).fact.label for name in folded)
            yield {
                "kind": "settled",
                "key": f"{self.section.id}-settled",
                "questions": [self._question(name) for name in folded],
                "open": self.wanted in folded,
                "summary": f"Not asked for now, as nothing within reach depends on it: {labels}",
                "gate": False,
                "results_date": results_date,
            }

    def matters(self, name: str) -> bool:
        """Return whether the question is shown: it can still change something, or was touched."""
        return self.asks_for is None or name in self.asks_for or self._touched(name)

    def _question(self, name: str) -> SafeString:
        question = cast(BoundFact, self[name]).as_field_group()
        if name not in self.former:
            return question
        context = {"question": question, "former": self.former[name]}
        return render_to_string("fields/asked_again.html", context)

    def _touched(self, name: str) -> bool:
        typed = self.data
        return bool(typed.get(name) or name in self.reading.payload["facts"] or name in self.errors)

    def _in_use(self, name: str) -> bool:
        return name == self.wanted or self._touched(name)

    def items_of(self, key: str) -> tuple[str, ...]:
        """Return the facts of the block of yes-or-no items `key`; none if there is no such block."""
        section, _, number = key.rpartition("-")
        plan = self.plan
        if section != self.section.id or not (number.isascii() and number.isdigit() and len(number) < 4):
            return ()
        place = int(number)
        if place >= len(plan) or plan[place].kind != "items":
            return ()
        return tuple(name for name in plan[place].names if self.matters(name))


@lru_cache(maxsize=2000)
def _ordered(form: type[StageForm], ranked: tuple[str, ...]) -> tuple[BlockPlan, ...]:
    """Return the blocks of a stage in the order in which its `ranked` questions come first."""
    return tuple(in_order(form.groups, {name: place for place, name in enumerate(ranked)}))


@dataclass(frozen=True)
class FormSet:
    """The whole form of one catalogue."""

    catalogue: Catalogue
    stages: tuple[Stage, ...]
    forms: Mapping[str, type[StageForm]]
    consequences: Consequences
    si_units: Mapping[str, str]

    @cached_property
    def by_id(self) -> Mapping[str, Stage]:
        """The stages by their id."""
        return {stage.id: stage for stage in self.stages}

    @cached_property
    def by_fact(self) -> Mapping[str, Stage]:
        """The stages by the facts they ask for."""
        asked = ((stage, self.forms[stage.id].base_fields) for stage in self.stages if stage.section)
        return {name: stage for stage, fields in asked for name in fields}

    @cached_property
    def asked(self) -> Mapping[str, frozenset[str]]:
        """The facts that each stage asks for, by its id; the severe events ask for none."""
        return {
            stage.id: frozenset(self.forms[stage.id].base_fields if stage.section is not None else ())
            for stage in self.stages
        }

    @cached_property
    def _all_asked(self) -> frozenset[str]:
        return frozenset(self.by_fact)

    @cached_property
    def _always_shown(self) -> frozenset[str]:
        shown_whole = (form for form in self.forms.values() if form.shown_whole)
        return frozenset(name for form in shown_whole for name in form.base_fields)

    @cached_property
    def _behind(self) -> Mapping[str, frozenset[str]]:
        """The questions behind each gate."""
        behind: dict[str, set[str]] = {}
        for name in self._all_asked:
            gate = self.catalogue.facts[name].gate
            if gate is not None:
                behind.setdefault(gate, set()).add(name)
        return {gate: frozenset(names) for gate, names in behind.items()}

    @cached_property
    def quick(self) -> tuple[Stage, ...]:
        """The first stages, which keep their order."""
        return tuple(
            stage for stage in self.stages if stage.section is None or self.forms[stage.id].shown_whole
        )

    def by_use(self, unanswered: frozenset[str], rank: Rank) -> list[Stage]:
        """Return the stages after the quick ones that ask for anything `unanswered`, the most useful first.

        Those with a question that can be ranked come before the others.
        """
        later = [
            stage for stage in self.stages if stage not in self.quick and self.asked[stage.id] & unanswered
        ]
        return sorted(later, key=lambda stage: self._best(stage, unanswered, rank))

    def _best(self, stage: Stage, unanswered: frozenset[str], rank: Rank) -> int:
        return min(rank.get(name, len(rank)) for name in self.asked[stage.id] & unanswered)

    def before(self, stage: Stage) -> Stage | None:
        """Return the stage before, None for the first."""
        place = self.stages.index(stage)
        return self.stages[place - 1] if place else None

    def inputs(self, stage: Stage, typed: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the names of all inputs of `stage`."""
        if stage.section is None:
            return inputs_of_events(row_count(typed))
        return inputs_of_section(stage.section)

    def stage_of(self, name: str) -> Stage | None:
        """Return the stage on which the input `name` stands."""
        stem = name.partition("-")[0]
        if stem in ("event", "events"):
            return self.by_id[EVENTS_STAGE]
        if stem == "section":
            return next((stage for stage in self.stages if name == f"section-{stage.id}-on"), None)
        return self.by_fact.get(stem)

    def progress(self, typed: Mapping[str, Any]) -> tuple[int, str]:
        """Return how many questions have an answer, right or wrong, and the last stage that has one."""
        answered, last = 0, ""
        for stage in self.stages:
            facts = stage.section.facts if stage.section is not None else ()
            here = sum(fact.asked and is_answered(fact, typed) for fact in facts)
            if stage.section is None:
                here = int(has_events(typed))
            if here:
                answered, last = answered + here, stage.title
        return answered, last

    def default_units(self, units: str, chosen: Mapping[str, str]) -> Mapping[str, str]:
        """Return the units to start with at a site that reports in `units`, by someone who last `chosen`."""
        start = self.si_units if units == Units.SI else {}
        return {**start, **chosen}

    def asks_for(self, needed: frozenset[str]) -> frozenset[str]:
        """Return `needed` and the questions whose answers open one of these."""
        gates = self.consequences.opened_by
        return needed.union(*(gates[name] for name in needed if name in gates))

    def open_questions(self, open_gates: frozenset[str], asks_for: frozenset[str] | None) -> frozenset[str]:
        """Return the questions that are not behind a closed gate and can still change something."""
        wanted = self._all_asked if asks_for is None else self._all_asked & (asks_for | self._always_shown)
        return wanted.difference(*(names for gate, names in self._behind.items() if gate not in open_gates))

    def open_gates(self, answers: Answers | None) -> frozenset[str]:
        """Return the gates that hold."""
        return self.consequences.open_gates(answers)

    def worked_out(self, answers: Answers | None) -> list[tuple[str, str]]:
        """Return label and value of each number that a formula gives and nobody typed."""
        return self.consequences.worked_out(answers)


_FORM_SETS: dict[str, FormSet] = {}


def form_set(catalogue: Catalogue) -> FormSet:
    """Return the form of `catalogue`, declared once per process."""
    found = _FORM_SETS.get(catalogue.sha256)
    if found is None:
        found = _FORM_SETS[catalogue.sha256] = _declare(catalogue)
    return found


def _declare(catalogue: Catalogue) -> FormSet:
    consequences = Consequences(catalogue)
    counted_on = _counted_on(catalogue)
    stages: list[Stage] = []
    classes: dict[str, type[StageForm]] = {}
    for section in catalogue.sections:
        asked = [fact for fact in section.facts if fact.asked]
        if not asked:
            continue
        attributes: dict[str, Any] = {
            fact.name: FactField(fact, counted_on=counted_on.get(fact.name, "")) for fact in asked
        }
        planned = plan(asked)
        attributes |= {"section": section, "plan": planned, "consequences": consequences}
        attributes["groups"] = groups(planned, catalogue)
        attributes["dated"] = frozenset(fact.name for fact in asked if has_results_date(fact))
        attributes["shown_whole"] = len(classes) < ALWAYS_SHOWN
        name = f"{section.id.title().replace('_', '')}Form"
        declared = DeclarativeFieldsMetaclass(name, (StageForm,), attributes)
        classes[section.id] = cast(type[StageForm], declared)
        stages.append(Stage(section.id, section.title, section.about, section))
        if len(stages) == 1:
            stages.append(
                Stage(
                    EVENTS_STAGE,
                    "Severe events",
                    "Lows that someone else had to treat, one row each. A minute is usually enough.",
                    None,
                )
            )
    si_units = {
        fact.name: unit
        for fact in catalogue.facts.values()
        if (unit := next((unit for unit in fact.units if unit in SI_UNITS), "")) and len(fact.units) > 1
    }
    return FormSet(catalogue, tuple(stages), classes, consequences, si_units)


def _counted_on(catalogue: Catalogue) -> dict[str, str]:
    """Return the stage that asks what a survey's score is added up from, by the fact of the score."""
    stage_of = {fact.name: section.id for section in catalogue.sections for fact in section.facts}
    first_questions = {
        fact.name: f"{fact.calculation}_q1" for fact in catalogue.facts.values() if fact.calculation
    }
    return {name: stage_of[question] for name, question in first_questions.items() if question in stage_of}
