"""The form's inputs as typed, and the JSON shape of answers: each from the other.

Typed answers map the names of inputs to text, or to a list of texts for tick boxes. Of a fact `hba1c`
the inputs are `hba1c`, `hba1c-unit`, `hba1c-on`, `hba1c-unknown`, `hba1c-why` and `hba1c-due`; of the
severe events `events-...` and, by row, `event-0-...`. Names ending in `-asked` are never typed: they
keep the day on which an answer was last changed. A tick of `hba1c-unknown` sends what it was set over.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from screening.clinical.dates import MONTHS, DateSpan, lookback, read_date, say_day
from screening.clinical.hypoglycemia import ALTERED_STATES, CAUSES, RECORDS, SYMPTOMS, TELLERS
from screening.rules.answers import Answers, Problem, Problems
from screening.rules.facts import BIRTH, EVENTS, Catalogue, Fact, Section
from screening.rules.reading import GLUCOSE_LABELS, read_answers, unit_written

Typed = Mapping[str, str | list[str]]

MAX_TEXT = 200
"""Longer text in one input is cut there: no answer is that long, and the reader refuses it."""
FIRST_ROWS = 3
MORE_ROWS = 3
MAX_ROWS = 30
MAX_AGE = 120

LEADS = {"0": "None", "1": "Once", "2": "Twice", "3": "3 or more", "unknown": "Not known"}
COUNTED_LEADS = ("0", "1", "2")
"""The answers that say how many there were in the 12 months, and so that there were no others."""
REASONS = {
    "not done": "not done",
    "not found": "not found",
    "declined": "declined",
    "sent": "sent, result due",
}
NOT_KNOWN = "not known"
TICKED_LAST = "last"
"""What a tick of "not known" sends where a script saw that it was set after whatever is typed."""
CLEAR_HEADED = "clear_headed"
ALTERED = "altered"
HAPPENED = {
    **SYMPTOMS,
    ALTERED: "Not clear-headed, no more is known",
    CLEAR_HEADED: "Clear-headed throughout",
}
"""What can be ticked about an event: the symptoms, and two answers about the state as a whole."""

_EVENT_PARTS = (
    "on",
    "until",
    "quick",
    "assistance",
    "symptoms",
    "treated",
    "glucose",
    "glucose_unit",
    "cause",
    "documented",
    "told_by",
)
_EVENT_ROW = re.compile(r"event-([0-9]{1,2})-[a-z_]+", re.ASCII)
_EVENT_PROBLEM = re.compile(rf"{EVENTS}\[([0-9]+)\](?:\.([a-z_]+))?.*", re.ASCII | re.DOTALL)
_INPUT_OF_EVENT_KEY = {"recovered_after_treatment": "treated", "impaired": "symptoms"}
_WITH_UNIT = re.compile(
    r"(?P<number>(?:<=|>=|[<>≤≥])? ?[0-9]{1,9}(?:[.,][0-9]{1,9})?) ?(?P<unit>[A-Za-zµμ%×][^<>=\"]{0,24})"
)


# --- The names of the inputs


def inputs_of(fact: Fact) -> tuple[str, ...]:
    """Return the names of the inputs that answer `fact`."""
    name = fact.name
    names = [name, f"{name}-unknown", f"{name}-why", f"{name}-due"]
    if fact.ages:
        names.append(f"{name}-on")
    if fact.units:
        names.append(f"{name}-unit")
    if fact.name == BIRTH:
        names.append(f"{name}-age")
    names += [f"{name}-is-{part}" for part in (fact.choices if fact.kind == "choices" else ())]
    return tuple(names)


def results_date(section: Section) -> str:
    """Return the name of the date that fills the rows of `section` which have none."""
    return f"section-{section.id}-on"


def inputs_of_section(section: Section) -> tuple[str, ...]:
    """Return the names of all inputs of `section`, as they are read."""
    names = [name for fact in section.facts if fact.asked for name in inputs_of(fact)]
    return (results_date(section), *names)


def event_inputs(row: int) -> tuple[str, ...]:
    """Return the names of the inputs of one row of the severe events, counted from 0."""
    return tuple(f"event-{row}-{part}" for part in _EVENT_PARTS)


def inputs_of_events(rows: int) -> tuple[str, ...]:
    """Return the names of all inputs of the severe events when `rows` rows are shown, as they are read."""
    names = [name for row in range(rows) for name in event_inputs(row)]
    return ("events-lead", *names, "events-complete", "events-since", "events-more")


def row_count(typed: Typed) -> int:
    """Return how many rows for severe events are shown."""
    shown = _text(typed, "events-rows")
    asked_for = int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 4 else FIRST_ROWS
    used = [int(found[1]) + 1 for name in typed if (found := _EVENT_ROW.fullmatch(name))]
    return min(max([FIRST_ROWS, asked_for, *used]), MAX_ROWS)


def has_results_date(fact: Fact) -> bool:
    """Whether the date of the block fills in for this fact: a result, not something asked today."""
    return fact.ages and fact.obtained_by in ("device", "lab", "procedure")


def asked_today(fact: Fact) -> bool:
    """Whether an answer with no date is of the day it was given.

    A quantity from the record is not: its own day stands beside it there, and may lie far back.
    """
    return fact.ages and (not fact.numeric or fact.obtained_by == "ask" or fact.kind == "count")


def typed_value(fact: Fact, typed: Typed) -> str:
    """Return the value of `fact` as it is typed, in one line; empty where there is none."""
    if fact.kind == "choices":
        return " ".join(f"{part} {'yes' if is_so else 'no'}" for part, is_so in _parts(fact, typed).items())
    texts = [_text(typed, fact.name), _text(typed, f"{fact.name}-age") if fact.name == BIRTH else ""]
    return " ".join(text for text in texts if text not in ("", "?"))


def is_answered(fact: Fact, typed: Typed) -> bool:
    """Return whether something is typed as the answer of `fact`, be it that it is not known."""
    return any(_text(typed, name) for name in (fact.name, f"{fact.name}-unknown")) or (
        typed_value(fact, typed) != ""
    )


def has_events(typed: Typed) -> bool:
    """Return whether something is typed about severe events."""
    return any(
        name.startswith(("event-", "events-")) and not name.endswith(("-glucose_unit", "-rows", "-asked"))
        for name in typed
    )


def tick_over(fact: Fact, typed: Typed) -> str:
    """Return what a tick of "not known" sends that is set over the value of `fact` as it is typed.

    So a value that stood there when the tick was set is told from one that was typed after it, with no
    script: the tick covers the first, and beside the second it is asked which of the two holds.
    """
    value = typed_value(fact, typed)
    return f"over {value}"[:MAX_TEXT].strip() if value else "yes"


def settle_ticks(catalogue: Catalogue, typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return `typed` with each tick that was set last as a tick over what is typed."""
    return {
        name: tick_over(catalogue.facts[name.removesuffix("-unknown")], typed)
        if value == TICKED_LAST and name.endswith("-unknown")
        else value
        for name, value in typed.items()
    }


# --- Dates as people write them

_FULL_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTH_NUMBERS = {
    name: number
    for names in ([month.lower() for month in MONTHS], _FULL_MONTHS)
    for number, name in enumerate(names, start=1)
} | {"sept": 9}
_DAY_FIRST = re.compile(r"([0-9]{1,2})\.? ([A-Za-z]+)\.?,? ([0-9]{4})", re.ASCII)
_MONTH_FIRST = re.compile(r"([A-Za-z]+)\.? ([0-9]{1,2}),? ([0-9]{4})", re.ASCII)
_MONTH_ALONE = re.compile(r"([A-Za-z]+)\.?,? ([0-9]{4})", re.ASCII)
_MONTH_NUMBER_ALONE = re.compile(r"([0-9]{1,2})[./-]([0-9]{4})", re.ASCII)
_ALL_NUMBERS = re.compile(r"([0-9]{1,2})([./-])([0-9]{1,2})[./-]([0-9]{4})", re.ASCII)
_SHORT_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})(?:-([0-9]{1,2}))?", re.ASCII)
_SHORT_YEAR = re.compile(r"(?:(?:[0-9]{1,2}|[A-Za-z]+)[ ./,-]{1,2}){0,2}'?[0-9]{2}", re.ASCII)
_RANGE = re.compile(r"(.+?)(?: to | until | – |–| - |\.\.)(.+)", re.DOTALL)


class AmbiguousDate(ValueError):
    """A date that can be read in more than one way."""


def written_date(text: str, today: date) -> str | dict[str, str]:
    """Return `text` in the JSON form of a date, or unchanged where it is no date known here.

    `4 Mar 2026`, `March 2026`, `3/2026`, `today` and ranges like `Dec 2025 to Feb 2026` are understood.

    Raises:
        AmbiguousDate: day and month are both numbers and could change places, or the year has two digits.
    """
    text = " ".join(text.split())
    span = _RANGE.fullmatch(text)
    if span is not None:
        first, last = (_written_day(part, today) for part in span.groups())
        if first is not None and last is not None:
            return {"from": first, "to": last}
    return _written_day(text, today) or text


def _written_day(text: str, today: date) -> str | None:
    text = text.strip()
    if text.lower() in ("today", "now"):
        return today.isoformat()
    if text.lower() == "yesterday":
        return (today - timedelta(days=1)).isoformat()
    if found := _SHORT_ISO.fullmatch(text):
        return _iso(found[1], int(found[2]), found[3])
    if found := _DAY_FIRST.fullmatch(text):
        return _iso(found[3], _MONTH_NUMBERS.get(found[2].lower()), found[1])
    if found := _MONTH_FIRST.fullmatch(text):
        return _iso(found[3], _MONTH_NUMBERS.get(found[1].lower()), found[2])
    if found := _MONTH_ALONE.fullmatch(text):
        return _iso(found[2], _MONTH_NUMBERS.get(found[1].lower()), None)
    if found := _MONTH_NUMBER_ALONE.fullmatch(text):
        return _iso(found[2], int(found[1]), None)
    if found := _ALL_NUMBERS.fullmatch(text):
        return _all_numbers(int(found[1]), found[2], int(found[3]), found[4])
    if _SHORT_YEAR.fullmatch(text):
        raise AmbiguousDate("Write the year with four digits, like 1983")
    return text if re.fullmatch(r"[0-9]{4}", text, re.ASCII) else None


def _all_numbers(first: int, mark: str, second: int, year: str) -> str:
    if mark == "." or first == second or first > 12:
        return _iso(year, second, str(first)) or ""
    if second > 12:
        return _iso(year, first, str(second)) or ""
    one, other = (f"{day} {MONTHS[month - 1]} {year}" for day, month in ((first, second), (second, first)))
    raise AmbiguousDate(f"Enter the month in letters: this may be {one} or {other}")


def _iso(year: str, month: int | None, day: str | None) -> str | None:
    if month is None:
        return None
    return f"{year}-{month:02}" + (f"-{int(day):02}" if day is not None else "")


@dataclass(frozen=True, slots=True)
class QuickDate:
    """A stretch of time with a name, to choose instead of typing it."""

    value: str
    label: str


_SEASONS = {12: "winter", 3: "spring", 6: "summer", 9: "autumn"}


def quick_dates(as_of: date) -> tuple[QuickDate, ...]:
    """Return the months and seasons up to `as_of` that people date an event by, latest first.

    The seasons are those of the northern half of the earth; their months stand beside them.
    """
    this = as_of.replace(day=1)
    before = lookback(this, 1, "months")
    found = [
        QuickDate(f"{this:%Y-%m}", f"This month, {_month(this)}"),
        QuickDate(f"{before:%Y-%m}", f"Last month, {_month(before)}"),
    ]
    start = lookback(this, this.month % 3, "months")
    for back, which in enumerate(("This {}", "Last {}", "Last {}", "Last {}", "{} a year ago")):
        first = lookback(start, 3 * back, "months")
        last = min(lookback(first, -2, "months"), this)
        name = which.format(_SEASONS[first.month])
        label = f"{name[0].upper()}{name[1:]}, {_months(first, last)}"
        found.append(QuickDate(f"{first:%Y-%m}..{last:%Y-%m}", label))
    return tuple(found)


def _month(day: date) -> str:
    return f"{MONTHS[day.month - 1]} {day.year}"


def _months(first: date, last: date) -> str:
    if first == last:
        return _month(first)
    start = MONTHS[first.month - 1] if first.year == last.year else _month(first)
    return f"{start} to {_month(last)}"


# --- From typed to JSON


@dataclass(frozen=True, slots=True)
class InputProblem:
    """Something to mend, and the input to mend it in."""

    input: str
    message: str


@dataclass(slots=True)
class _Translation:
    """A payload in the making; what could not be translated is in `problems` and not in `payload`."""

    payload: dict[str, Any]
    problems: list[InputProblem] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    """The form's row of each event of the payload; the events that a count alone tells of have none."""

    def wrong(self, name: str, message: str) -> None:
        self.problems.append(InputProblem(name, message))


@dataclass(frozen=True, slots=True)
class Reading:
    """What typed answers say.

    Attributes:
        payload: the answers in JSON, those with problems left out.
        problems: what is to be mended, in no order.
        answers: what can be used; None where nothing can.
    """

    payload: dict[str, Any]
    problems: tuple[InputProblem, ...]
    answers: Answers | None


def read_typed(catalogue: Catalogue, typed: Typed, as_of: date) -> Reading:
    """Return what `typed` says on the day `as_of`: every problem, and whatever is free of them."""
    translation = translate(catalogue, typed, as_of)
    payload = translation.payload
    problems = list(translation.problems)
    rows = list(translation.rows)
    answers = None
    while answers is None:
        try:
            answers = read_answers(catalogue, payload)
        except Problems as found:
            problems += [_input_problem(problem, rows) for problem in found.problems]
            before = payload
            payload = _without(payload, found.problems, rows)
            if payload == before:
                break
    return Reading(payload, tuple(dict.fromkeys(problems)), answers)


def _input_problem(problem: Problem, rows: list[int]) -> InputProblem:
    event = _EVENT_PROBLEM.fullmatch(problem.fact)
    if event is not None and int(event[1]) <= len(rows):
        part = event[2] or "on"
        name = f"event-{rows[int(event[1]) - 1]}-{_INPUT_OF_EVENT_KEY.get(part, part)}"
        return InputProblem(name, problem.message)
    named = {
        EVENTS: "events-lead",
        f"{EVENTS}_at_least_more": "events-more",
        f"{EVENTS}_complete_since": "events-since",
        f"{EVENTS}_asked_on": "events-lead",
    }
    return InputProblem(named.get(problem.fact, problem.fact), problem.message)


def _without(payload: dict[str, Any], problems: Iterable[Problem], rows: list[int]) -> dict[str, Any]:
    """Return `payload` without what has problems; of `rows` those of the events left out are removed.

    A list of events that lost one is no longer complete.
    """
    facts = dict(payload["facts"])
    rest = {key: value for key, value in payload.items() if key != "facts"}
    events_out = set()
    for problem in problems:
        event = _EVENT_PROBLEM.fullmatch(problem.fact)
        if event is not None:
            events_out.add(int(event[1]) - 1)
        facts.pop(problem.fact, None)
        rest.pop(problem.fact if problem.fact != "as_of" else "", None)
        if problem.fact.startswith(f"{EVENTS}_") and EVENTS in rest:
            rest[f"{EVENTS}_complete_since"] = None
    if events_out and EVENTS in rest:
        rest[EVENTS] = [event for place, event in enumerate(rest[EVENTS]) if place not in events_out]
        rest[f"{EVENTS}_complete_since"] = None
        rows[:] = [row for place, row in enumerate(rows) if place not in events_out]
    return {"as_of": payload["as_of"], "facts": facts, **{k: v for k, v in rest.items() if k != "as_of"}}


def translate(catalogue: Catalogue, typed: Typed, as_of: date) -> _Translation:
    """Return `typed` in the JSON shape of answers."""
    translation = _Translation({"as_of": as_of.isoformat(), "facts": {}})
    facts = translation.payload["facts"]
    touched = {name.partition("-")[0] for name in typed}
    for section in catalogue.sections:
        results_on = _date_in(translation, typed, results_date(section), as_of)
        for fact in section.facts:
            if fact.name in touched and fact.asked:
                answer = _answer(translation, fact, typed, as_of, results_on)
                if answer is not None:
                    facts[fact.name] = answer
    _events(translation, typed, as_of)
    return translation


def _text(typed: Typed, name: str) -> str:
    value = typed.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _date_in(translation: _Translation, typed: Typed, name: str, as_of: date) -> str | dict[str, str] | None:
    text = _text(typed, name)
    if not text:
        return None
    try:
        written = written_date(text, as_of)
        for part in [written] if isinstance(written, str) else written.values():
            read_date(part)
    except ValueError as error:
        translation.wrong(name, str(error))
        return None
    return written


def _answer(
    translation: _Translation, fact: Fact, typed: Typed, as_of: date, results_on: str | dict[str, str] | None
) -> Any:
    """Return one answer as JSON; None where nothing was answered, or not so that it can be used."""
    name = fact.name
    before = len(translation.problems)
    value = _value(translation, fact, typed, as_of)
    own_date = _date_in(translation, typed, f"{name}-on", as_of) if fact.ages else None
    why = _text(typed, f"{name}-why")
    tick = _text(typed, f"{name}-unknown")
    if tick and typed_value(fact, typed) and tick not in (TICKED_LAST, tick_over(fact, typed)):
        del translation.problems[before:]
        translation.wrong(name, "Clear the value or Not known: both stand here")
        return None
    if tick or value == "?" or (why and value is None):
        return _not_known(translation, name, typed, why, as_of, before)
    if value is None:
        if own_date is not None:
            translation.wrong(name, "Enter the answer, or clear its date")
        return None
    if len(translation.problems) > before:
        return None
    on = own_date
    if on is None and has_results_date(fact):
        on = results_on
    if on is None and asked_today(fact):
        on = _asked(typed, name, as_of)
    value, unit = _with_unit(translation, fact, typed, value)
    if unit is None:
        return None
    if not unit and on is None:
        return value
    answer = {"value": value}
    if unit:
        answer["unit"] = unit
    if on is not None:
        answer["on"] = on
    return answer


def _value(translation: _Translation, fact: Fact, typed: Typed, as_of: date) -> Any:
    """Return the value alone: None where there is none, "?" where it is not known."""
    text = _text(typed, fact.name)
    match fact.kind:
        case "choices":
            return _parts(fact, typed) or ("?" if text == "?" else None)
        case _ if not text:
            return _age(translation, fact, typed, as_of) if fact.name == BIRTH else None
        case "yes_no" | "choice" if text == "unknown":
            return "?"
        case "yes_no" if text in ("yes", "no"):
            return text == "yes"
        case "yes_no":
            translation.wrong(fact.name, "Choose Yes, No or Not known")
        case "choice" if text not in fact.choices:
            translation.wrong(fact.name, f"Choose one of {', '.join(fact.choices.values())}")
        case "date" if text != "?":
            try:
                return written_date(text, as_of)
            except AmbiguousDate as error:
                translation.wrong(fact.name, str(error))
        case _:
            return text
    return None


def _parts(fact: Fact, typed: Typed) -> dict[str, bool]:
    said = {part: _text(typed, f"{fact.name}-is-{part}") for part in fact.choices}
    return {part: word == "yes" for part, word in said.items() if word in ("yes", "no")}


def _age(translation: _Translation, fact: Fact, typed: Typed, as_of: date) -> Any:
    age = _text(typed, f"{fact.name}-age")
    if not age or age == "?":
        return age or None
    if not (age.isascii() and age.isdigit() and len(age) < 4 and int(age) <= MAX_AGE):
        translation.wrong(fact.name, f"Enter the age in whole years up to {MAX_AGE}, like 43")
        return None
    return {"age": age, "on": _asked(typed, fact.name, as_of)}


def _asked(typed: Typed, name: str, as_of: date) -> str:
    """Return the day on which the answer was given, the day of the pre-screen at the latest."""
    return min(_text(typed, f"{name}-asked") or as_of.isoformat(), as_of.isoformat())


def _with_unit(translation: _Translation, fact: Fact, typed: Typed, value: Any) -> tuple[Any, str | None]:
    """Return the value and the label of its unit: empty where the fact has none, None where it is missing.

    A unit typed behind the number holds, whatever is chosen beside it.
    """
    if not fact.units:
        return value, ""
    both = _WITH_UNIT.fullmatch(value)
    if both is not None:
        own = unit_written(fact, both["unit"])
        if own is None:
            units = " or ".join(fact.units.values())
            translation.wrong(fact.name, f"Enter it in {units}: {both['unit'].strip()} is no unit of it")
            return value, None
        return both["number"], fact.units[own]
    chosen = _text(typed, f"{fact.name}-unit")
    if not chosen and len(fact.units) == 1:
        chosen = fact.canonical_unit
    if chosen not in fact.units:
        translation.wrong(fact.name, f"Choose the unit: {' or '.join(fact.units.values())}")
        return value, None
    return value, fact.units[chosen]


def _not_known(
    translation: _Translation, name: str, typed: Typed, why: str, as_of: date, before: int
) -> dict[str, str] | None:
    """Return the answer "not known"; a value typed beside it stays in the form and does not count."""
    del translation.problems[before:]
    answer = {"unknown": why if why in REASONS else NOT_KNOWN}
    if why == "sent" and (due := _date_in(translation, typed, f"{name}-due", as_of)) is not None:
        if not isinstance(due, str) or len(due) != len("2026-12-01"):
            translation.wrong(f"{name}-due", "Enter the day the result is due, like 1 Dec 2026")
            return None
        answer["due"] = due
    return answer if len(translation.problems) == before else None


# --- Severe events


def _events(translation: _Translation, typed: Typed, as_of: date) -> None:
    events = []
    broken = False
    for row in range(row_count(typed)):
        before = len(translation.problems)
        event = _event(translation, typed, row, as_of)
        if len(translation.problems) > before:
            broken = True
        elif event is not None:
            events.append(event)
            translation.rows.append(row)
    lead, more = _text(typed, "events-lead"), _text(typed, "events-more")
    told_complete = _text(typed, "events-complete") != "" or _text(typed, "events-since") != ""
    if not (events or broken or lead or more or told_complete):
        return
    asked = date.fromisoformat(_asked(typed, "events", as_of))
    window = lookback(asked, 12, "months")
    if lead and lead not in LEADS:
        translation.wrong("events-lead", f"Choose one of {', '.join(LEADS.values())}")
        broken = True
    told, assisted = _in_window(events, window)
    since = _complete_since(translation, typed, asked, lead) if told_complete else None
    if lead in COUNTED_LEADS:
        said = int(lead)
        further = int(more) if more.isascii() and more.isdigit() and len(more) < 5 else 0
        if assisted > said:
            translation.wrong(
                "events-lead",
                f"Make this answer and the rows agree: rows since {say_day(window)} "
                f"in which someone else had to treat it: {assisted}",
            )
            broken = True
        elif assisted + further > said:
            translation.wrong(
                "events-more", f"Make this and the answer at the top agree: it says {LEADS[lead].lower()}"
            )
            broken = True
        else:
            span = {"from": window.isoformat(), "to": asked.isoformat()}
            events += [{"on": span, "assistance": True} for _ in range(said - told)]
            more = "" if further else more
            if since != "ever":
                since = min(filter(None, (since, window.isoformat())))
    open_ended = lead == "3" and told < 3
    payload = translation.payload
    payload[EVENTS] = events
    payload[f"{EVENTS}_asked_on"] = asked.isoformat()
    if more:
        payload[f"{EVENTS}_at_least_more"] = more
    if since == "ever" and not broken and not open_ended:
        return
    payload[f"{EVENTS}_complete_since"] = None if broken or open_ended else since


def _in_window(events: list[dict[str, Any]], window: date) -> tuple[int, int]:
    """Return how many events since `window` may have needed someone else, and how many surely did."""
    may, surely = 0, 0
    for event in events:
        try:
            on = event["on"]
            first, last = (on, on) if isinstance(on, str) else (on["from"], on["to"])
            span = DateSpan(read_date(first).first, read_date(last).last)
        except ValueError:
            continue
        may += span.last >= window and event.get("assistance") is not False
        surely += span.first >= window and event.get("assistance") is True
    return may, surely


def _complete_since(translation: _Translation, typed: Typed, asked: date, lead: str) -> str | None:
    """Return the first day from which the list has every event; "ever" for a whole life."""
    text = _text(typed, "events-since")
    if text.lower() in ("ever", "always", "birth"):
        return "ever"
    if not text:
        if lead and lead != "unknown":
            return lookback(asked, 12, "months").isoformat()
        translation.wrong("events-since", "Enter the month since which these are all, like Nov 2025")
        return None
    try:
        written = written_date(text, asked)
        first = read_date(written if isinstance(written, str) else written["from"]).first
    except ValueError as error:
        translation.wrong("events-since", str(error))
        return None
    if first > asked:
        translation.wrong("events-since", f"Enter a day up to {say_day(asked)}")
        return None
    return first.isoformat()


def _event(translation: _Translation, typed: Typed, row: int, as_of: date) -> dict[str, Any] | None:
    said = {part: typed.get(f"event-{row}-{part}", "") for part in _EVENT_PARTS}
    texts = {part: value.strip() for part, value in said.items() if isinstance(value, str)}
    ticked = said["symptoms"] if isinstance(said["symptoms"], list) else [said["symptoms"]]
    symptoms = [symptom for symptom in ticked if symptom]
    if not symptoms and not any(text for part, text in texts.items() if part != "glucose_unit"):
        return None
    event: dict[str, Any] = {}
    on = _event_date(translation, row, texts, as_of)
    if on is not None:
        event["on"] = on
    event |= _yes_or_no(translation, row, texts, "assistance", "assistance")
    event |= _state(translation, row, symptoms)
    event |= _yes_or_no(translation, row, texts, "treated", "recovered_after_treatment")
    glucose = texts.get("glucose", "")
    if glucose and glucose != "?":
        found = read_reading(glucose, texts.get("glucose_unit", ""))
        if found is not None:
            event["glucose"] = found
        else:
            translation.wrong(f"event-{row}-glucose", "Choose the unit of the reading: mg/dL or mmol/L")
    for part, choices in (("cause", CAUSES), ("documented", RECORDS), ("told_by", TELLERS)):
        chosen = texts.get(part, "")
        if chosen in choices:
            event[part] = chosen
        elif chosen:
            translation.wrong(f"event-{row}-{part}", f"Choose one of {', '.join(choices.values())}")
    return event


def read_reading(text: str, chosen: str) -> str | dict[str, str] | None:
    """Return a reading as JSON; None where its unit is missing. A unit typed behind the number holds."""
    if text.upper() == "LOW":
        return "LOW"
    both = _WITH_UNIT.fullmatch(text)
    labels = {label.lower(): label for label in GLUCOSE_LABELS.values()}
    if both is not None and both["unit"].strip().lower() in labels:
        return {"value": both["number"], "unit": labels[both["unit"].strip().lower()]}
    unit = GLUCOSE_LABELS.get(chosen)
    return {"value": text, "unit": unit} if unit is not None else None


def _event_date(translation: _Translation, row: int, texts: Mapping[str, str], as_of: date) -> Any:
    name = f"event-{row}-on"
    on, until, quick = texts.get("on", ""), texts.get("until", ""), texts.get("quick", "")
    if not on and quick:
        first, _, last = quick.partition("..")
        return {"from": first, "to": last} if last else first
    if not on:
        translation.wrong(name, "Enter when it was, like Feb 2026 or 4 Mar 2026, or choose a season")
        return None
    try:
        written = written_date(on, as_of)
        if not until:
            return written
        last_day = written_date(until, as_of)
    except AmbiguousDate as error:
        translation.wrong(name, str(error))
        return None
    if isinstance(written, dict) or isinstance(last_day, dict):
        translation.wrong(name, "Enter the earliest day or month here and the latest beside it")
        return None
    return {"from": written, "to": last_day}


def _yes_or_no(
    translation: _Translation, row: int, texts: Mapping[str, str], part: str, key: str
) -> dict[str, bool]:
    said = texts.get(part, "")
    if said in ("yes", "no"):
        return {key: said == "yes"}
    if said not in ("", "unknown"):
        translation.wrong(f"event-{row}-{part}", "Choose Yes, No or Not known")
    return {}


def _state(translation: _Translation, row: int, ticked: list[str]) -> dict[str, Any]:
    name = f"event-{row}-symptoms"
    if any(word not in HAPPENED for word in ticked):
        translation.wrong(name, f"Choose among {', '.join(HAPPENED.values())}")
        return {}
    symptoms = [word for word in ticked if word in SYMPTOMS]
    altered = ALTERED in ticked or not ALTERED_STATES.isdisjoint(symptoms)
    if CLEAR_HEADED in ticked:
        if altered:
            translation.wrong(name, "Choose what happened, or that the head stayed clear: not both")
            return {}
        return {"impaired": False, "symptoms": symptoms}
    state: dict[str, Any] = {"impaired": True} if altered else {}
    return {**state, "symptoms": symptoms} if symptoms else state


# --- From JSON to typed


def as_typed(catalogue: Catalogue, payload: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """Return the inputs that say what `payload` says; the payload is one that was read without problems."""
    typed: dict[str, str | list[str]] = {}
    for name, given in payload.get("facts", {}).items():
        fact = catalogue.facts.get(name)
        if fact is not None and fact.asked and given is not None:
            typed |= dict(_typed_answer(fact, given, payload["as_of"]))
    if EVENTS in payload or f"{EVENTS}_at_least_more" in payload:
        typed |= dict(_typed_events(payload))
    return typed


def _typed_answer(fact: Fact, given: Any, as_of: str) -> Iterator[tuple[str, str | list[str]]]:
    name = fact.name
    if isinstance(given, dict) and "unknown" in given:
        yield (name, "unknown") if fact.kind in ("yes_no", "choice") else (f"{name}-unknown", "yes")
        if given["unknown"] in REASONS:
            yield f"{name}-why", given["unknown"]
        if given.get("due"):
            yield f"{name}-due", _typed_date(given["due"])
        return
    parts = given if isinstance(given, dict) and "value" in given else {"value": given}
    yield from _typed_value(fact, parts["value"])
    if fact.units:
        unit = parts.get("unit", fact.canonical_unit)
        yield f"{name}-unit", next(key for key, label in fact.units.items() if unit in (key, label))
    on = parts.get("on")
    if asked_today(fact) and (on == as_of or (not on and not fact.numeric)):
        yield f"{name}-asked", as_of
    elif on and fact.ages:
        yield f"{name}-on", _typed_date(on)


def _typed_value(fact: Fact, value: Any) -> Iterator[tuple[str, str | list[str]]]:
    match fact.kind:
        case "yes_no":
            yield fact.name, "yes" if value else "no"
        case "choices":
            said = dict.fromkeys(fact.choices, False) | dict.fromkeys(value, True)
            known = value if isinstance(value, dict) else said
            yield from ((f"{fact.name}-is-{part}", "yes" if is_so else "no") for part, is_so in known.items())
        case "date" if isinstance(value, dict) and "age" in value:
            yield f"{fact.name}-age", str(value["age"])
            if "on" in value:
                yield f"{fact.name}-asked", value["on"]
        case "date":
            yield fact.name, _typed_date(value)
        case _:
            yield fact.name, str(value)


def _typed_date(on: Any) -> str:
    """Return a date as people write it, in the precision it has."""
    ends = [on] if isinstance(on, str) else [on["from"], on["to"]]
    return " to ".join(map(_written, ends))


def _written(text: str) -> str:
    """Return `2026-03-04` as `4 Mar 2026` and `2026-03` as `Mar 2026`."""
    year, _, rest = text.partition("-")
    month, _, day = rest.partition("-")
    if not month:
        return year
    return f"{int(day)} {MONTHS[int(month) - 1]} {year}" if day else f"{MONTHS[int(month) - 1]} {year}"


def _typed_events(payload: Mapping[str, Any]) -> Iterator[tuple[str, str | list[str]]]:
    events = payload.get(EVENTS) or []
    yield "events-rows", str(max(FIRST_ROWS, len(events)))
    yield "events-asked", payload.get(f"{EVENTS}_asked_on") or payload["as_of"]
    if payload.get(f"{EVENTS}_at_least_more"):
        yield "events-more", str(payload[f"{EVENTS}_at_least_more"])
    if EVENTS in payload:
        since = payload.get(f"{EVENTS}_complete_since", "ever")
        asked = date.fromisoformat(payload.get(f"{EVENTS}_asked_on") or payload["as_of"])
        window = lookback(asked, 12, "months")
        if since == window.isoformat() and _in_window(events, window) == (len(events), len(events)) < (3, 3):
            yield "events-lead", str(len(events))
        elif isinstance(since, str):
            yield "events-complete", "yes"
            yield "events-since", _typed_date(since)
        elif not events:
            yield "events-lead", "unknown"
    for row, event in enumerate(events):
        yield f"event-{row}-on", _typed_date(event["on"])
        for part, key in (("assistance", "assistance"), ("treated", "recovered_after_treatment")):
            if event.get(key) is not None:
                yield f"event-{row}-{part}", "yes" if event[key] else "no"
        symptoms = [symptom.strip().lower().replace(" ", "_") for symptom in event.get("symptoms") or []]
        if event.get("impaired") is False and ALTERED_STATES.isdisjoint(symptoms):
            symptoms.append(CLEAR_HEADED)
        if event.get("impaired") is True and ALTERED_STATES.isdisjoint(symptoms):
            symptoms.append(ALTERED)
        if symptoms:
            yield f"event-{row}-symptoms", symptoms
        glucose = event.get("glucose")
        if isinstance(glucose, dict):
            yield f"event-{row}-glucose", str(glucose["value"])
            units = {label: unit for unit, label in GLUCOSE_LABELS.items()}
            yield f"event-{row}-glucose_unit", units.get(glucose.get("unit", "mg/dL"), "mg_dl")
        elif glucose:
            yield f"event-{row}-glucose", "LOW"
        for key in ("cause", "documented", "told_by"):
            if event.get(key):
                yield f"event-{row}-{key}", event[key]
