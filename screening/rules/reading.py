"""Reading the answers about one person from JSON, with every problem told by the name of its fact.

Nothing is guessed and nothing is evaluated while anything is wrong. What is left out was not asked.
"""

import json
import math
import re
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from screening.clinical.dates import DateSpan, birth_span, read_date, say_span
from screening.clinical.hypoglycemia import (
    CAUSES,
    EVER,
    LOW,
    RECORDS,
    SYMPTOMS,
    TELLERS,
    EventHistory,
    Glucose,
    SevereEvent,
)
from screening.rules.answers import WHY_NOT_KNOWN, Answer, Answers, NotKnown, Problem, Problems
from screening.rules.facts import BIRTH, EVENTS, Catalogue, Fact
from screening.rules.implications import with_implications
from screening.rules.language import did_you_mean

MAX_BYTES = 1_000_000
MAX_EVENTS = 200
MAX_NUMBER = 1_000_000
ORIGINS = ("person", "clinician", "record", "device", "lab", "procedure", "import")
_ORIGIN_BY_COST = {"ask": "person"}
_ANSWER_KEYS = ("value", "unit", "on", "origin")
_TOP_KEYS = (
    "as_of",
    "facts",
    EVENTS,
    f"{EVENTS}_complete_since",
    f"{EVENTS}_at_least_more",
    f"{EVENTS}_asked_on",
)
_EVENT_KEYS = (
    "on",
    "assistance",
    "impaired",
    "symptoms",
    "glucose",
    "recovered_after_treatment",
    "cause",
    "documented",
    "told_by",
)
GLUCOSE_LABELS = {"mg_dl": "mg/dL", "mmol_l": "mmol/L"}
_GLUCOSE_LIMITS = {"mg_dl": (10.0, 1000.0), "mmol_l": (0.6, 55.0)}
_LOW_READING = {"mg_dl": "41", "mmol_l": "2.3"}
_WITH_COMMA = re.compile(r"(?:<=|>=|[<>≤≥])? ?(?P<whole>[0-9]{1,9}),(?P<rest>[0-9]{1,9})", re.ASCII)
_NUMBER = re.compile(r"(?P<sign><=|>=|[<>≤≥])? ?(?P<digits>[0-9]{1,9}(?:\.[0-9]{1,9})?)", re.ASCII)


class _Wrong(Exception):
    """One answer cannot be used; the message says what to do."""


def read_json(text: str | bytes) -> dict[str, Any]:
    """Return the object that `text` holds.

    Raises:
        Problems: it is too large, not JSON, says something twice, or is no object.
    """
    if len(text) > MAX_BYTES:
        raise Problems([Problem("file", f"Hand in at most {MAX_BYTES // 1000} kB for one person")])
    try:
        payload = json.loads(text, object_pairs_hook=_unrepeated, parse_constant=_no_constant)
    except _Wrong as wrong:
        raise Problems([Problem("file", str(wrong))]) from None
    except RecursionError:
        raise Problems([Problem("file", "Hand in flat JSON: this is nested too deep")]) from None
    except UnicodeDecodeError as error:
        raise Problems([Problem("file", f"Save the file as UTF-8: byte {error.start} is not")]) from None
    except ValueError as error:
        where = (
            f"line {error.lineno}, column {error.colno}"
            if isinstance(error, json.JSONDecodeError)
            else "a number"
        )
        raise Problems([Problem("file", f"Mend the JSON at {where}")]) from None
    if not isinstance(payload, dict):
        raise Problems([Problem("file", 'Hand in one object, like {"as_of": "2026-11-20", "facts": {}}')])
    return payload


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice = max(counts, key=counts.__getitem__)
        raise _Wrong(f"Say {twice[:60]!r} once: it stands there twice")
    return found


def _no_constant(name: str) -> None:
    raise _Wrong(f"Enter a number: {name} is none")


def read_answers(catalogue: Catalogue, payload: Mapping[str, Any]) -> Answers:
    """Return the answers that `payload` holds, in the shape of docs/json.md.

    Raises:
        Problems: every problem there is; nothing of the payload is used then.
    """
    reader = _Reader(catalogue)
    answers = reader.answers(payload)
    if reader.problems:
        raise Problems(reader.problems)
    return answers


class _Reader:
    """Reads one payload and keeps the problems it meets."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.problems: list[Problem] = []
        self.as_of = date.min

    def wrong(self, fact: str, message: str) -> None:
        self.problems.append(Problem(fact, message))

    def answers(self, payload: Mapping[str, Any]) -> Answers:
        for key in payload:
            if key not in _TOP_KEYS:
                self.wrong(
                    str(key)[:60] or "file",
                    f"Take it out: there is no such entry{did_you_mean(str(key), _TOP_KEYS)}",
                )
        try:
            self.as_of = _exact_day(payload.get("as_of"))
        except _Wrong as wrong:
            self.wrong("as_of", str(wrong))
            return Answers(self.as_of, {})
        facts = payload.get("facts", {})
        if not isinstance(facts, dict):
            self.wrong(
                "facts", 'Write an object, like {"hba1c": {"value": 7.8, "unit": "%", "on": "2026-10-01"}}'
            )
            facts = {}
        known: dict[str, Answer] = {}
        not_known: dict[str, NotKnown] = {}
        for name, given in facts.items():
            try:
                self.one_fact(name, given, known, not_known)
            except _Wrong as wrong:
                self.wrong(str(name)[:60] or "facts", str(wrong))
        history = self.history(payload)
        self.check_order(known)
        settled, conflicts = with_implications(self.catalogue, known, self.as_of)
        return Answers(self.as_of, settled, not_known, conflicts, history, stated=known)

    def one_fact(
        self, name: str, given: Any, known: dict[str, Answer], not_known: dict[str, NotKnown]
    ) -> None:
        fact = self.catalogue.facts.get(name)
        if fact is None:
            raise _Wrong(
                f"Take it out: no fact has this name{did_you_mean(name, list(self.catalogue.facts))}"
            )
        if not fact.asked:
            raise _Wrong("Take it out: it is worked out from other facts")
        if given is None or given == "":
            return
        if isinstance(given, dict) and "unknown" in given:
            not_known[fact.name] = self.not_known(given)
        else:
            known[fact.name] = self.answer(fact, given)

    def not_known(self, given: dict[str, Any]) -> NotKnown:
        for key in given:
            if key not in ("unknown", "due"):
                raise _Wrong(f"Take out {key!r}: what is not known has no more than a reason and a due date")
        why = given["unknown"] or "not known"
        if why not in WHY_NOT_KNOWN:
            raise _Wrong(f"Say why it is not known with one of {', '.join(WHY_NOT_KNOWN)}")
        due = given.get("due")
        return NotKnown(str(why), None if due in (None, "") else _exact_day(due))

    def answer(self, fact: Fact, given: Any) -> Answer:
        parts: dict[str, Any] = {"value": given}
        if isinstance(given, dict) and not self.is_value(fact, given):
            parts = given
            for key in parts:
                if key not in _ANSWER_KEYS:
                    raise _Wrong(f"Take out {key!r}: an answer has value, unit, on and origin")
            if parts.get("value") in (None, ""):
                raise _Wrong('Enter the value, or {"unknown": "not done"}')
        value, unit, written = self.value(fact, parts["value"], parts.get("unit"))
        return Answer(fact.name, value, unit, self.dated(fact, parts), self.origin(fact, parts), written)

    @staticmethod
    def is_value(fact: Fact, given: dict[str, Any]) -> bool:
        """Whether an object is itself the value: a date's range or age, or several choices."""
        return (fact.kind == "date" and not {"value"} & set(given)) or (
            fact.kind == "choices" and "value" not in given
        )

    def value(self, fact: Fact, given: Any, unit: Any) -> tuple[Any, str, str]:
        if fact.numeric:
            return self.number(fact, given, unit)
        if unit not in (None, ""):
            raise _Wrong(f"Take out the unit: {fact.label} has none")
        match fact.kind:
            case "date":
                return self.date_value(fact, given), "", ""
            case "yes_no":
                if not isinstance(given, bool):
                    raise _Wrong('Enter true or false, or {"unknown": "not known"}')
                return given, "", ""
            case "choice":
                if not isinstance(given, str) or given not in fact.choices:
                    raise _Wrong(f"Choose one of {', '.join(fact.choices)}")
                return sys.intern(given), "", ""
        return self.several(fact, given), "", ""

    def several(self, fact: Fact, given: Any) -> dict[str, bool]:
        chosen = dict.fromkeys(given, True) if _is_list_of(given, str) else given
        if not isinstance(chosen, dict) or not all(isinstance(known, bool) for known in chosen.values()):
            first = next(iter(fact.choices))
            raise _Wrong(f'List those present, like ["{first}"], or say each, like {{"{first}": true}}')
        for part in chosen:
            if part not in fact.choices:
                raise _Wrong(f"Choose among {', '.join(fact.choices)}")
        return dict.fromkeys(fact.choices, False) | chosen if isinstance(given, list) else chosen

    def number(self, fact: Fact, given: Any, unit: Any) -> tuple[tuple[float, float], str, str]:
        if isinstance(given, bool) or not isinstance(given, str | int | float):
            raise _Wrong(f"Enter a number, like {_example(fact, fact.canonical_unit)}")
        unit_id = self.unit(fact, unit)
        low, high = fact.plausible[unit_id]
        if isinstance(given, str):
            written = _NUMBER.fullmatch(given.strip())
            if written is None:
                raise _Wrong(_no_number(fact, given.strip(), unit_id))
            sign, number = written["sign"], float(written["digits"])
        else:
            sign, number = None, float(given) if abs(given) < MAX_NUMBER * 1000 else math.inf
            if not math.isfinite(number):
                raise _Wrong(f"Enter a number from {_plain(low)} to {_plain(high)}")
        if fact.only_whole and not number.is_integer():
            raise _Wrong(f"Enter a whole number, like {_example(fact, unit_id)}")
        if not low <= number <= high:
            raise _Wrong(_implausible(fact, number, unit_id))
        shown = given.strip().replace(" ", "") if isinstance(given, str) else _plain(number)
        return _censored(sign, number, low, high, whole=fact.only_whole), unit_id, shown

    def unit(self, fact: Fact, given: Any) -> str:
        if given in (None, ""):
            return fact.canonical_unit
        unit = unit_written(fact, given) if isinstance(given, str) else None
        if unit is not None:
            return unit
        if not fact.units:
            raise _Wrong(f"Take out the unit: {fact.label} has none")
        raise _Wrong(f"Enter the unit as {' or '.join(fact.units.values())}")

    def date_value(self, fact: Fact, given: Any) -> DateSpan:
        if isinstance(given, dict) and "age" in given:
            if fact.name != BIRTH:
                raise _Wrong("Enter a date: only the date of birth may be given as an age")
            return self.birth_from_age(given)
        span = _span(given)
        if span.first > self.as_of:
            raise _Wrong(
                f"Enter a date up to {say_span(DateSpan(self.as_of, self.as_of))}: this one is in the future"
            )
        return span.cut_off(self.as_of)

    def birth_from_age(self, given: dict[str, Any]) -> DateSpan:
        age = given["age"]
        if isinstance(age, str) and re.fullmatch(r"[0-9]{1,3}", age, re.ASCII):
            age = int(age)
        if (
            isinstance(age, bool)
            or not isinstance(age, int)
            or not 0 <= age <= 120
            or set(given) - {"age", "on"}
        ):
            raise _Wrong('Enter the age in whole years, like {"age": 43, "on": "2026-11-20"}')
        on = _exact_day(given["on"]) if "on" in given else self.as_of
        if on > self.as_of:
            raise _Wrong("Enter an age that was known by the day of the pre-screen")
        return birth_span(age, on)

    def dated(self, fact: Fact, parts: Mapping[str, Any]) -> DateSpan | None:
        on = parts.get("on")
        if on in (None, ""):
            undated = fact.measured or fact.kind == "date"
            return None if undated else DateSpan(self.as_of, self.as_of)
        span = _span(on)
        if span.first > self.as_of:
            day = say_span(DateSpan(self.as_of, self.as_of))
            raise _Wrong(f"Enter the day it was true, up to {day}: {say_span(span)} is in the future")
        return span.cut_off(self.as_of)

    def origin(self, fact: Fact, parts: Mapping[str, Any]) -> str:
        origin = parts.get("origin")
        if origin in (None, ""):
            return _ORIGIN_BY_COST.get(fact.obtained_by, fact.obtained_by)
        if origin not in ORIGINS:
            raise _Wrong(f"Enter the origin as one of {', '.join(ORIGINS)}")
        return str(origin)

    def check_order(self, known: Mapping[str, Answer]) -> None:
        """Refuse what happened before birth."""
        birth = known.get(BIRTH)
        if birth is None:
            return
        for name, answer in known.items():
            if isinstance(answer.value, DateSpan) and answer.value.last < birth.value.first:
                self.wrong(
                    name, f"Enter a date after the birth ({say_span(birth.value)}), or mend the date of birth"
                )

    def history(self, payload: Mapping[str, Any]) -> EventHistory | None:
        given = payload.get(EVENTS)
        more_key, since_key, asked_key = (
            f"{EVENTS}_{part}" for part in ("at_least_more", "complete_since", "asked_on")
        )
        more = payload.get(more_key)
        if given is None and more is None:
            return None
        if given is not None and not isinstance(given, list):
            self.wrong(EVENTS, 'List the events, like [{"on": "2026-03-04", "assistance": true}]')
            return None
        listed = given if given is not None else []
        if len(listed) > MAX_EVENTS:
            self.wrong(EVENTS, f"List at most {MAX_EVENTS} events: those of the last three years decide")
            return None
        events = [event for place, one in enumerate(listed, 1) if (event := self.event(place, one))]
        count, complete, asked = 0, EVER if given is not None else None, self.as_of
        try:
            count = _whole(more, 0, 1000)
        except _Wrong as wrong:
            self.wrong(more_key, str(wrong))
        try:
            if since_key in payload:
                since = payload[since_key]
                open_ended = since is None or (isinstance(since, dict) and "unknown" in since)
                complete = None if open_ended else _span(since)
        except _Wrong as wrong:
            self.wrong(since_key, str(wrong))
        try:
            if payload.get(asked_key) not in (None, ""):
                asked = _exact_day(payload[asked_key])
            if asked > self.as_of:
                raise _Wrong(
                    "Enter the day on which the events were asked for, up to the day of the pre-screen"
                )
        except _Wrong as wrong:
            self.wrong(asked_key, str(wrong))
            asked = self.as_of
        if complete is not None and complete.first > self.as_of:
            self.wrong(since_key, "Enter a day up to the day of the pre-screen")
        return EventHistory(tuple(events), asked, complete, count)

    def event(self, place: int, given: Any) -> SevereEvent | None:
        where = f"{EVENTS}[{place}]"
        if not isinstance(given, dict):
            self.wrong(where, 'Write an object, like {"on": "2026-03-04", "assistance": true}')
            return None
        found: dict[str, Any] = {}
        for key in given:
            if key not in _EVENT_KEYS:
                self.wrong(f"{where}.{key[:40]}", f"Take it out{did_you_mean(key, _EVENT_KEYS)}")
        for key, read in _EVENT_READERS.items():
            if given.get(key) is None or given[key] == "":
                continue
            try:
                found[key] = read(given[key])
            except _Wrong as wrong:
                self.wrong(f"{where}.{key}", str(wrong))
        if "on" not in given or given["on"] in (None, ""):
            self.wrong(f"{where}.on", "Enter when it was, like 2026-03-04, 2026-03 or a range of months")
        on = found.get("on")
        if on is not None and on.first > self.as_of:
            self.wrong(f"{where}.on", "Enter a day up to the day of the pre-screen")
        return replace(SevereEvent(**found), on=on.cut_off(self.as_of)) if on is not None else None


def unit_written(fact: Fact, text: str) -> str | None:
    """Return the unit of `fact` that `text` names, by its label or its identifier; None for no such unit."""
    wanted = _fold(text)
    return next((unit for unit, label in fact.units.items() if wanted in (_fold(unit), _fold(label))), None)


def _example(fact: Fact, unit: str) -> str:
    if unit in fact.example:
        return _plain(fact.example[unit])
    low, high = fact.plausible[unit]
    middle = low + (high - low) / 4
    return _plain(float(round(middle)) if high - low > 4 else round(middle, 2))


def _no_number(fact: Fact, text: str, unit: str) -> str:
    """Return what to enter in place of `text`, which is no number."""
    with_comma = _WITH_COMMA.fullmatch(text)
    if with_comma is None:
        return f"Enter a plain number, like {_example(fact, unit)}"
    pointed = text.replace(",", ".")
    low, high = fact.plausible[unit]
    whole = with_comma["whole"] + with_comma["rest"]
    if len(with_comma["rest"]) == 3 and low <= float(whole) <= high:
        return f"Write {text.replace(',', '')} or {pointed}: a comma may mean either"
    return f"Write {pointed}: decimals take a point"


def _plain(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _implausible(fact: Fact, number: float, unit: str) -> str:
    if fact.slip is not None and number < fact.slip.below:
        return fact.slip.say
    other = _meant(number, unit, fact.plausible)
    if other is not None:
        return _check_unit(number, fact.plausible[unit], fact.units[unit], fact.units[other])
    low, high = fact.plausible[unit]
    kind = "whole number" if fact.only_whole else "number"
    limits = f"{_plain(low)} to {_plain(high)} {fact.units.get(unit, '')}".rstrip()
    return f"Enter a {kind} from {limits}, like {_example(fact, unit)}"


def _meant(number: float, unit: str, plausible: Mapping[str, tuple[float, float]]) -> str | None:
    """Return the unit in which `number` would be plausible, as it is not in `unit`."""
    others = ((other, limits) for other, limits in plausible.items() if other != unit)
    return next((other for other, (low, high) in others if low <= number <= high), None)


def _check_unit(number: float, limits: tuple[float, float], label: str, other: str) -> str:
    low, high = map(_plain, limits)
    outside = f"{_plain(number)} {label} is outside {low} to {high} {label}"
    return f"Check the unit: {outside}; did you mean {_plain(number)} {other}?"


def _censored(
    sign: str | None, number: float, low: float, high: float, *, whole: bool
) -> tuple[float, float]:
    """Return the interval a number with a sign before it stands for, within what is plausible."""
    match sign:
        case "<":
            return low, max(low, number - 1 if whole else math.nextafter(number, -math.inf))
        case "<=" | "≤":
            return low, number
        case ">":
            return min(high, number + 1 if whole else math.nextafter(number, math.inf)), high
        case ">=" | "≥":
            return number, high
    return number, number


def _fold(unit: str) -> str:
    return unit.strip().lower().replace("µ", "u").replace("μ", "u").replace("²", "2").replace(" ", "")


def _is_list_of(given: Any, kind: type) -> bool:
    return isinstance(given, list) and all(isinstance(item, kind) for item in given)


def _exact_day(given: Any) -> date:
    span = _span(given)
    if not span.exact:
        raise _Wrong("Enter the day, like 2026-11-20")
    return span.first


def _span(given: Any) -> DateSpan:
    if isinstance(given, dict):
        if set(given) != {"from", "to"}:
            raise _Wrong('Enter a range like {"from": "2025-12", "to": "2026-02"}')
        first, last = _span(given["from"]), _span(given["to"])
        if first.first > last.last:
            raise _Wrong("Enter the earlier date first")
        return DateSpan(first.first, last.last)
    if not isinstance(given, str):
        raise _Wrong("Enter a date like 2026-03-04, 2026-03 or 2026")
    try:
        return read_date(given.strip())
    except ValueError as error:
        raise _Wrong(str(error)) from None


def _whole(given: Any, low: int, high: int) -> int:
    if given in (None, ""):
        return low
    if isinstance(given, str) and re.fullmatch(r"[0-9]{1,4}", given.strip(), re.ASCII):
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, int) or not low <= given <= high:
        raise _Wrong(f"Enter a whole number from {low} to {high}, like 2")
    return given


def _yes_no(given: Any) -> bool:
    if not isinstance(given, bool):
        raise _Wrong("Enter true, false, or nothing where it is not known")
    return given


def _one_of(choices: Mapping[str, str], given: Any) -> str:
    if not isinstance(given, str) or given not in choices:
        raise _Wrong(f"Choose one of {', '.join(choices)}")
    return given


def _symptoms(given: Any) -> frozenset[str]:
    if not _is_list_of(given, str):
        raise _Wrong('List what happened, like ["confused"], or [] for nothing')
    named = [symptom.strip().lower().replace(" ", "_") for symptom in given]
    for symptom in named:
        if symptom not in SYMPTOMS:
            raise _Wrong(f"Choose among {', '.join(SYMPTOMS)}")
    return frozenset(named)


def _glucose(given: Any) -> Glucose:
    if isinstance(given, str) and given.strip().upper() == "LOW":
        return LOW
    if not isinstance(given, dict) or set(given) - {"value", "unit"} or "value" not in given:
        raise _Wrong('Enter the reading like {"value": 41, "unit": "mg/dL"}, or "LOW"')
    value, unit = given["value"], _fold(str(given.get("unit") or "mg/dL"))
    unit_id = next((key for key, label in GLUCOSE_LABELS.items() if unit in (key, _fold(label))), None)
    if unit_id is None:
        raise _Wrong("Enter the unit as mg/dL or mmol/L")
    low, high = _GLUCOSE_LIMITS[unit_id]
    label = GLUCOSE_LABELS[unit_id]
    wanted = f"Enter the reading from {_plain(low)} to {_plain(high)} {label}, like {_LOW_READING[unit_id]}"
    if isinstance(value, str):
        written = _NUMBER.fullmatch(value.strip())
        if written is None or written["sign"]:
            pointed = value.strip().replace(",", ".")
            raise _Wrong(
                f"Write {pointed}: decimals take a point" if _WITH_COMMA.fullmatch(value.strip()) else wanted
            )
        value = float(written["digits"])
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong(wanted)
    if not low <= value <= high:
        other = _meant(value, unit_id, _GLUCOSE_LIMITS)
        raise _Wrong(
            wanted if other is None else _check_unit(value, (low, high), label, GLUCOSE_LABELS[other])
        )
    return Glucose(float(value), unit_id)


_EVENT_READERS: dict[str, Any] = {
    "on": _span,
    "assistance": _yes_no,
    "impaired": _yes_no,
    "symptoms": _symptoms,
    "glucose": _glucose,
    "recovered_after_treatment": _yes_no,
    "cause": lambda given: _one_of(CAUSES, given),
    "documented": lambda given: _one_of(RECORDS, given),
    "told_by": lambda given: _one_of(TELLERS, given),
}
