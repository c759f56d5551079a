"""The form on paper: every question of the catalogue in the order of the pages, with nobody's answers.

For the hours in which the service is down. What is written on it is typed in afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

from screening.clinical.hypoglycemia import CAUSES, RECORDS, TELLERS
from screening.forms.events import FIRST_SYMPTOMS, GLUCOSE_UNITS, MORE_SYMPTOMS
from screening.forms.stages import FormSet, Stage, form_set
from screening.interop.typed import ALTERED, CLEAR_HEADED, HAPPENED, LEADS, asked_today, has_results_date
from screening.rules.facts import BIRTH, Catalogue, Fact

YES_OR_NO = ("Yes", "No", "Not known")
EVENTS_ON_PAPER = 6
"""Rows for severe events; whoever has more takes a second sheet."""


@dataclass(frozen=True)
class PaperQuestion:
    """One question with the room for its answer.

    Attributes:
        question, help: as on the page.
        only_if: the gate in words; empty for a question that is always asked.
        writes: whether there is a line to write on.
        after_line: what stands behind that line: the one unit, or the range of a score.
        boxes: what can be ticked: the units, or the answers.
        parts: things of which each is ticked as there, not there or not known.
        dated: what stands at the line for the day; empty where an answer needs none.
        or_age: whether an age may be written in place of the day.
    """

    question: str
    help: str
    only_if: str
    writes: bool
    after_line: str
    boxes: tuple[str, ...]
    parts: tuple[str, ...]
    dated: str
    or_age: bool


@dataclass(frozen=True)
class PaperStage:
    """One part of the form; `takes_date` where a day above stands for every result that has none."""

    id: str
    title: str
    about: str
    questions: tuple[PaperQuestion, ...]
    takes_date: bool

    @property
    def has_events(self) -> bool:
        """Whether this is the part of the severe events, which has rows in place of questions."""
        return not self.questions


@dataclass(frozen=True)
class PaperEvents:
    """What is asked of severe events."""

    rows: range
    leads: tuple[str, ...]
    yes_or_no: tuple[str, ...]
    happened: tuple[str, ...]
    glucose_units: tuple[str, ...]
    causes: tuple[str, ...]
    records: tuple[str, ...]
    tellers: tuple[str, ...]


EVENTS = PaperEvents(
    rows=range(1, EVENTS_ON_PAPER + 1),
    leads=tuple(LEADS.values()),
    yes_or_no=YES_OR_NO,
    happened=tuple(HAPPENED[key] for key in (*FIRST_SYMPTOMS, CLEAR_HEADED, *MORE_SYMPTOMS, ALTERED)),
    glucose_units=tuple(label for _, label in GLUCOSE_UNITS),
    causes=tuple(CAUSES.values()),
    records=tuple(RECORDS.values()),
    tellers=tuple(TELLERS.values()),
)


def paper_form(catalogue: Catalogue) -> tuple[PaperStage, ...]:
    """Return the parts of the form of `catalogue`, in the order of its pages."""
    form = form_set(catalogue)
    return tuple(_stage(form, stage) for stage in form.stages)


def _stage(form: FormSet, stage: Stage) -> PaperStage:
    facts = [fact for fact in stage.section.facts if fact.asked] if stage.section is not None else []
    return PaperStage(
        id=stage.id,
        title=stage.title,
        about=stage.about,
        questions=tuple(_question(fact, form) for fact in facts),
        takes_date=any(map(has_results_date, facts)),
    )


def _question(fact: Fact, form: FormSet) -> PaperQuestion:
    return PaperQuestion(
        question=fact.question,
        help=fact.help,
        only_if=form.consequences.words.get(fact.gate or "", ""),
        writes=fact.numeric or fact.kind == "date",
        after_line=_after_line(fact),
        boxes=_boxes(fact),
        parts=tuple(fact.choices.values()) if fact.kind == "choices" else (),
        dated=_dated(fact),
        or_age=fact.name == BIRTH,
    )


def _after_line(fact: Fact) -> str:
    if len(fact.units) == 1:
        return fact.units[fact.canonical_unit]
    if fact.kind == "score":
        low, high = fact.plausible[""]
        return f"{low:g} to {high:g}"
    return ""


def _boxes(fact: Fact) -> tuple[str, ...]:
    if fact.kind == "yes_no":
        return YES_OR_NO
    if fact.kind == "choice":
        return (*fact.choices.values(), "Not known")
    if fact.kind == "choices":
        return ()
    return (*(fact.units.values() if len(fact.units) > 1 else ()), "Not known")


def _dated(fact: Fact) -> str:
    """Return what the line for the day is called: where it may stay blank, what a blank one stands for."""
    if has_results_date(fact):
        return "dated, if not as above"
    if asked_today(fact):
        return "dated, if not today"
    return "dated" if fact.ages else ""
