"""One trial of a referral as its centre decides on it: answers, criteria, checklist, thread, history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from screening.births import open_birth
from screening.clinical.dates import say_day
from screening.flow import BY_ACT, REASONS, STATES, Move, Need
from screening.models import Confirmation, Role, Screening, Step, ThreadEntry, TrialReferral
from screening.presentation import words
from screening.presentation.letter import said
from screening.presentation.queue import short_day, short_trial
from screening.presentation.referral import moment
from screening.presentation.texts import CatalogueWords
from screening.rules.facts import Section
from screening.rules.screening import JUDGEMENT

ORIGINS = {
    "person": "told by the person",
    "clinician": "the clinician",
    "record": "record",
    "device": "device",
    "lab": "laboratory",
    "procedure": "procedure",
    "import": "imported",
}
AGAINST_THE_ENGINE = ("unlikely", "not_yet")
VIEW_FIRST = "Record your own view first."


@dataclass(frozen=True)
class Answer:
    """One answer of the person."""

    label: str
    value: str
    dated: str
    origin: str
    known: bool


@dataclass(frozen=True)
class Answered:
    """The answers of one section of the form."""

    title: str
    answers: Sequence[Answer]


@dataclass(frozen=True)
class Item:
    """Something to confirm, and what was found."""

    id: str
    text: str
    because: str
    answer: str
    word: str
    document: str
    by: str


@dataclass(frozen=True)
class Entry:
    """A question, an answer or a note."""

    kind: str
    word: str
    by: str
    at: str
    text: str
    facts: str
    anew: str


@dataclass(frozen=True)
class Happened:
    """One step of the history."""

    what: str
    by: str
    at: str
    reason: str
    words: str
    overrides: bool
    engine: str
    meaning: str
    bound_to: str


@dataclass(frozen=True)
class Tab:
    """One of the person's trials at the centre."""

    trial: TrialReferral
    title: str
    state: str
    is_current: bool


def sections_of(
    screening: Screening, sections: Iterable[Section], catalogue: CatalogueWords
) -> list[Answered]:
    """Return the person's answers in the sections of the form; of a birth date, the age.

    Args:
        sections: of the installed catalogue; an answer it no longer asks for stands at the end.
        catalogue: the words stored with the pre-screen.
    """
    facts = open_birth(screening.answers, None, screening.answers_place).get("facts", {})
    found: list[Answered] = []
    told: set[str] = set()
    for section in sections:
        names = [fact.name for fact in section.facts if fact.name in facts]
        told.update(names)
        if names:
            found.append(Answered(section.title, [_answer(name, facts[name], catalogue) for name in names]))
    rest = [name for name in facts if name not in told]
    if rest:
        found.append(Answered("Other answers", [_answer(name, facts[name], catalogue) for name in rest]))
    return found


def _answer(name: str, answer: Any, catalogue: CatalogueWords) -> Answer:
    value, dated, known = said(name, answer, catalogue)
    origin = answer.get("origin", "") if isinstance(answer, Mapping) else ""
    return Answer(catalogue.labels[name], words.first_upper(value), dated, ORIGINS.get(origin, origin), known)


def checklist(
    result: Mapping[str, Any], answered: Mapping[str, Confirmation], trial: TrialReferral
) -> list[Item]:
    """Return what is to be confirmed, with the latest answer of each item."""
    items = []
    for one in result["to_confirm"]:
        latest = answered.get(one["id"])
        items.append(
            Item(
                id=one["id"],
                text=one["text"],
                because="" if one["because"] == JUDGEMENT else one["because"],
                answer=latest.answer if latest else "",
                word=latest.get_answer_display() if latest else "Open",
                document=latest.document if latest else "",
                by=f"{latest.by}, {moment(latest.at, trial.site)}" if latest else "",
            )
        )
    return items


def entries(thread: Iterable[ThreadEntry], trial: TrialReferral, catalogue: CatalogueWords) -> list[Entry]:
    """Return the thread, earliest first."""
    return [
        Entry(
            kind=one.kind,
            word=one.get_kind_display(),
            by=str(one.by),
            at=moment(one.at, trial.site),
            text=one.text,
            facts=words.listed([catalogue.labels[name] for name in one.facts]),
            anew="The pre-screen was run anew with it." if one.screening_id is not None else "",
        )
        for one in thread
    ]


def history(steps: Iterable[Step], trial: TrialReferral, *, with_engine: bool) -> list[Happened]:
    """Return what happened, latest first; the engine's answer of then only `with_engine`."""
    return [_happened(step, trial, with_engine) for step in reversed(list(steps))]


def _happened(step: Step, trial: TrialReferral, with_engine: bool) -> Happened:
    move = BY_ACT[step.act]
    reason = REASONS.get(step.reason, "")
    if step.criterion:
        reason = f"{reason}: {step.criterion}"
    engine = words.CANDIDACY_LABELS[step.candidacy] if move.decides and with_engine else ""
    return Happened(
        what=move.done,
        by=f"{step.by}, {Role(step.role).label.lower()}",
        at=moment(step.at, trial.site),
        reason=reason,
        words=step.words,
        overrides=step.overrides and with_engine,
        engine=engine,
        meaning=step.meaning if move.decides else "",
        bound_to=step.shown_sha256[:12],
    )


def changed_since(
    trial: TrialReferral,
    seen: str,
    steps: Sequence[Step],
    thread: Sequence[ThreadEntry],
    answered: Mapping[str, Confirmation],
) -> list[str]:
    """Return what happened after the page that says it had `seen` so much; in sentences."""
    marks = [int(part) if part.isascii() and part.isdecimal() else None for part in seen.split(".")]
    if len(marks) != 3 or None in marks:
        return [f"It is now {STATES[trial.state].lower()}."]  # type: ignore[index]
    step, entry, confirmation = (mark or 0 for mark in marks)
    found = [
        f"{BY_ACT[one.act].done} by {one.by}, {moment(one.at, trial.site)}." for one in steps if one.pk > step
    ]
    found += [
        f"{one.get_kind_display()} by {one.by}, {moment(one.at, trial.site)}."
        for one in thread
        if one.pk > entry
    ]
    found += [
        f"{one.item} answered by {one.by}, {moment(one.at, trial.site)}."
        for one in answered.values()
        if one.pk > confirmation
    ]
    return found or ["Its owner, due day, next step, pre-screen or protocol changed: compare them below."]


def seen_now(
    steps: Sequence[Step], thread: Sequence[ThreadEntry], answered: Mapping[str, Confirmation]
) -> str:
    """Return how much there is to see now, for `changed_since`."""
    marks = (
        max((one.pk for one in steps), default=0),
        max((one.pk for one in thread), default=0),
        max((one.pk for one in answered.values()), default=0),
    )
    return ".".join(map(str, marks))


def tabs(trials: Iterable[TrialReferral], current: TrialReferral) -> list[Tab]:
    """Return the person's trials at the centre; none where there is only the one."""
    found = [
        Tab(one, short_trial(one.title), one.get_state_display(), one.pk == current.pk) for one in trials
    ]
    return found if len(found) > 1 else []


def against_the_engine(move: Move, result: Mapping[str, Any]) -> str:
    """Return what to know before a decision that may go against the engine; nothing where it cannot."""
    if move.act == "accept" and result["candidacy"] in AGAINST_THE_ENGINE:
        label = words.CANDIDACY_LABELS[result["candidacy"]]
        return f"The engine says otherwise: {label}. {result['why']} To accept, write your reason."
    if move.act == "not_accept":
        met = [one["id"] for one in result["criteria"] if one["outcome"] == "pass"]
        if met:
            return (
                f"The engine finds {words.listed(met)} in order. Naming one of these as the reason goes "
                "against it and needs your reason in words."
            )
    return ""


def asks_for_view(move: Move) -> bool:
    """Return whether whoever makes the move has to have a view of their own: they sign what is shown."""
    return Need.OWN_VIEW in move.needs or Need.PASSWORD in move.needs


def missing_before(move: Move, trial: TrialReferral, *, needs_view: bool, is_signed: bool) -> str:
    """Return what has to be done before a move can be made; nothing where it can."""
    if needs_view and asks_for_view(move):
        return VIEW_FIRST
    if move.act == "accept" and trial.confirm_count:
        items = words.counted(trial.confirm_count, "item")
        return f"Answer what is to be confirmed first: {items} open."
    if move.act == "enrol" and not is_signed:
        return "An investigator signs what is shown now first."
    return ""


def since(trial: TrialReferral, now: datetime) -> str:
    """Return `since 14 Nov 2026, 6 days`."""
    days = max(trial.days_in_state(now), 0)
    return f"since {say_day(trial.site.day_of(trial.state_since))}, {words.counted(days, 'day')}"


def holds(trial: TrialReferral, today: date) -> tuple[str, str]:
    """Return until when the answer holds, and how much that presses: `near`, `lapsed` or not."""
    left = trial.holds_for(today)
    if left is None or trial.lapses_on is None:
        return "", ""
    if left <= 0:
        return f"Lapsed {words.day(trial.lapses_on)}: ask for a new pre-screen", "lapsed"
    said_left = words.counted(left, "day")
    return f"{words.day(trial.lapses_on)}, {said_left}", "near" if left <= 30 else ""


def due(trial: TrialReferral, today: date) -> str:
    """Return the due day of the next step; an overdue one says so."""
    if trial.due_on is None:
        return ""
    day = short_day(trial.due_on, today)
    return f"{day}: overdue" if trial.due_on < today else day
