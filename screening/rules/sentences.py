"""What is said of a person's answers: the value, its unit, its date, and why something is not known."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from screening.clinical.dates import DateSpan, say_day, say_span
from screening.clinical.units import CONVERSIONS, LABELS
from screening.rules.answers import Answer
from screening.rules.facts import BIRTH, EVENTS, Fact
from screening.rules.inputs import (
    AgeAtInput,
    AgeInput,
    ChoiceInput,
    CountInput,
    DateInput,
    ExpressionInput,
    FactInput,
    Input,
    Known,
    NumberInput,
    SampleAge,
    Survey,
    TruthInput,
)
from screening.rules.language import write_number
from screening.rules.words import lower_first, say_event_of, say_events, upper_first


class Obstacle(NamedTuple):
    """Why an input cannot be used: a reason code, the fact to find out, and the words for it."""

    reason: str
    fact: str
    words: str


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """One thing a rule reads: its name, its input, and the unit the rule has it in."""

    name: str
    source: Input
    unit: str
    measured: bool
    """Whether it is a number, a duration or a count rather than a choice or a yes."""


class Told(NamedTuple):
    """What is said of one read: its words, what stands in its way, and its record."""

    words: str
    obstacles: tuple[Obstacle, ...]
    record: dict[str, Any]


class Account(dict[Read, Told]):
    """What is said of one person's answers: each thing once, when it is first needed.

    Attributes:
        known: what is known of the person.
        lasting: per read the answers behind it that go stale, each with the last day on which it is current.
    """

    def __init__(self, known: Known) -> None:
        super().__init__()
        self.known = known
        self.lasting: dict[Read, tuple[tuple[str, date], ...]] = _Lasting(known)

    def __missing__(self, read: Read) -> Told:
        known, source = self.known, read.source
        found = obstacles(known, source)
        if known[source.place] is None and not isinstance(source, ExpressionInput):
            words = _in_the_way(source, found)
        else:
            words = evidence(known, source, read.unit)
        told = self[read] = Told(words, tuple(found), used(known, source, read.name))
        return told


class _Lasting(dict[Read, tuple[tuple[str, date], ...]]):
    def __init__(self, known: Known) -> None:
        super().__init__()
        self.known = known

    def __missing__(self, read: Read) -> tuple[tuple[str, date], ...]:
        facts = (source for source in read.source.sources() if isinstance(source, FactInput))
        ends = tuple([(one.name, end) for one in facts if (end := one.lasts(self.known)) is not None])
        self[read] = ends
        return ends


def evidence(known: Known, source: Input, unit: str = "") -> str:
    """Return what is known of `source`, as the start of a sentence, or why it is not.

    Args:
        known: what is known of the person.
        source: an input of a rule.
        unit: the unit of the rule; a number kept in another one is also said in this one.
    """
    value = known[source.place]
    if value is None and not isinstance(source, ExpressionInput):
        return _in_the_way(source, obstacles(known, source))
    match source:
        case CountInput():
            return _count(known, source)
        case ExpressionInput():
            parts = " and ".join(lower_first(evidence(known, leaf)) for leaf in source.leaves)
            said = upper_first(parts)
            return said if value is None else f"{said} make {_range(value[0], value[1])}"
        case DateInput():
            return _date(known, source)
        case AgeInput():
            age = _range(value[0], value[1])
            if source.source.name == BIRTH:
                return f"Age {age}"
            return f"{age} {'year' if age == '1' else 'years'} since {say_event_of(source.source.fact)}"
        case AgeAtInput():
            return f"Age at {say_event_of(source.then.fact)} {_range(value[0], value[1])}"
    assert isinstance(source, FactInput)
    if isinstance(source, NumberInput):
        return _number(known, source, value, unit)
    answer = source.current(known)
    assert answer is not None
    return _chosen(source, answer)


def obstacles(known: Known, source: Input) -> list[Obstacle]:
    """Return what stands in the way of knowing `source` exactly, own answer first."""
    match source:
        case CountInput():
            return list(_count_obstacles(known, source))
        case ExpressionInput():
            return [one for leaf in source.leaves for one in obstacles(known, leaf)]
        case AgeInput() | AgeAtInput() | SampleAge():
            return [one for leaf in source.sources() for one in obstacles(known, leaf)]
        case NumberInput():
            return list(_number_obstacles(known, source))
        case ChoiceInput() | TruthInput() if known[source.place] is not None:
            return []
        case FactInput():
            return list(_fact_obstacles(known, source))
    raise TypeError(source)


def used(known: Known, source: Input, name: str) -> dict[str, Any]:
    """Return the record of one input: its name, value, unit, date and origin."""
    value = known[source.place]
    as_of = known.as_of.isoformat()
    match source:
        case CountInput():
            bounds = None if value is None else _bounds(value)
            return {"name": name, "value": bounds, "unit": "events", "on": as_of, "origin": "history"}
        case DateInput():
            answer = known.answers.known.get(source.name)
            span = None if answer is None else say_iso(answer.value)
            return {
                "name": source.name,
                "value": span,
                "unit": "",
                "on": None,
                "origin": answer.origin if answer else "",
            }
        case NumberInput() if (answer := source.current(known)) is None or source.formula is not None:
            unit = LABELS.get(value[2], "") if value is not None else ""
            on = None if answer is None or answer.on is None else say_iso(answer.on)
            bounds, origin = None, ""
            if value is not None:
                bounds = _bounds(value)
                as_answered = answer is not None and value[:2] == tuple(answer.value)
                origin = answer.origin if answer is not None and as_answered else "computed"
            return {"name": name, "value": bounds, "unit": unit, "on": on, "origin": origin}
        case FactInput():
            answer = known.answers.known.get(source.name)
            if answer is None:
                return {"name": source.name, "value": None, "unit": "", "on": None, "origin": ""}
            shown = answer.written or answer.value
            on = None if answer.on is None else say_iso(answer.on)
            unit = LABELS.get(answer.unit, "")
            return {"name": source.name, "value": shown, "unit": unit, "on": on, "origin": answer.origin}
    bounds = None if value is None else _bounds(value)
    return {"name": name, "value": bounds, "unit": "", "on": as_of, "origin": "computed"}


def say_iso(span: DateSpan) -> Any:
    """Return a span for JSON: the day, or both ends."""
    if span.exact:
        return span.first.isoformat()
    return {"from": span.first.isoformat(), "to": span.last.isoformat()}


def say_number(value: float, precision: float = 0.01) -> str:
    """Return `value` rounded half up to `precision`, without needless zeros."""
    steps = math.floor(value / precision + 0.5 + 1e-9)
    return write_number(round(steps * precision, 6))


def _bounds(value: tuple[float, float, str]) -> Any:
    low, high = (None if math.isinf(end) else int(end) if end.is_integer() else end for end in value[:2])
    return low if value[0] == value[1] else [low, high]


def _range(low: float, high: float) -> str:
    if low == high:
        return say_number(low)
    return f"at least {say_number(low)}" if math.isinf(high) else f"{say_number(low)} to {say_number(high)}"


def _in_the_way(source: Input, found: list[Obstacle]) -> str:
    """Return why `source` is not known: for what is asked its own reason, else that of each part."""
    if isinstance(source, FactInput) and source.fact.asked:
        return found[0].words
    return "; ".join(dict.fromkeys(one.words for one in found))


def _on(answer: Answer) -> str:
    return "" if answer.on is None else f" ({say_span(answer.on)})"


def _number(known: Known, source: NumberInput, value: tuple[float, float, str], unit: str) -> str:
    fact, answer = source.fact, source.current(known)
    stored = LABELS.get(value[2], "")
    if source.formula is not None and (
        answer is None or value[0] != answer.value[0] or value[1] != answer.value[1]
    ):
        return _computed(known, source, value, answer)
    if answer is None:
        least = f"{say_number(value[0])} {stored}{_in_unit(fact, value, unit)}"
        return f"{fact.label} at least {least}, as {_floor_words(known, source)}"
    said = f"{fact.label} {answer.written} {LABELS.get(answer.unit, '')}".rstrip()
    exact = answer.value[0] == answer.value[1]
    return f"{said}{_in_unit(fact, value, unit) if exact else ''}{_on(answer)}"


def _in_unit(fact: Fact, value: tuple[float, float, str], unit: str) -> str:
    """Return the low end of `value` in the unit of the rule, where it is kept in another one."""
    if not unit or not value[2] or unit == value[2]:
        return ""
    converted = CONVERSIONS[value[2], unit](value[0])
    return f" = {say_number(converted, fact.precision.get(unit, 0.01))} {LABELS[unit]}"


def _computed(
    known: Known, source: NumberInput, value: tuple[float, float, str], answer: Answer | None
) -> str:
    assert source.formula is not None
    amount = f"{_range(value[0], value[1])} {LABELS.get(value[2], '')}".rstrip()
    if isinstance(source.formula, Survey):
        told = "from the answers to its questions"
    else:
        leaves = [
            leaf for leaf in source.formula.sources() if isinstance(leaf, NumberInput) and known[leaf.place]
        ]
        told = "from " + " and ".join(lower_first(evidence(known, leaf)) for leaf in leaves)
    if answer is None:
        return f"{source.fact.label} {amount}, {told}"
    reported = f"{answer.written} {LABELS.get(answer.unit, '')}".rstrip()
    worked_out = source.formula.value(known)
    assert worked_out is not None
    label = f"{source.fact.label} reported as {reported}{_on(answer)}"
    return f"{label}, but worked out as {_range(*worked_out)} {told}"


def _floor_words(known: Known, source: NumberInput) -> str:
    return lower_first(evidence(known, source.floor(known) or source))


def _chosen(source: FactInput, answer: Answer) -> str:
    fact = source.fact
    if isinstance(source, ChoiceInput):
        return f"{fact.label}: {fact.choices[answer.value]}" + (_on(answer) if fact.ages else "")
    if isinstance(source, TruthInput) and source.part:
        return f"{fact.label}: {fact.choices[source.part]} {_yes(answer.value[source.part])}{_on(answer)}"
    return f"{fact.label}: {_yes(answer.value)}{_on(answer)}"


def _yes(answer: bool) -> str:
    return "yes" if answer else "no"


def _date(known: Known, source: DateInput) -> str:
    answer = known.answers.known[source.name]
    return f"{source.fact.label} {say_span(answer.value)} ({_ago(answer.value, known.as_of)})"


def _ago(span: DateSpan, day: date) -> str:
    longest, shortest = (day - span.first).days, (day - span.last).days
    for unit, length in (("year", 365.2425), ("month", 30.436875)):
        low, high = int(shortest / length + 0.002), int(longest / length + 0.002)
        if low >= 2:
            return f"{low} {unit}s ago" if low == high else f"{low} to {high} {unit}s ago"
    if shortest == longest:
        return f"{shortest} {'day' if shortest == 1 else 'days'} ago"
    return f"up to {longest} days ago"


def _count(known: Known, source: CountInput) -> str:
    low, high, _ = known[source.place]
    start = source.window(known)
    assert start is not None
    since = f"since {say_span(start)}" if source.aid_start is None else f"since AID start ({say_span(start)})"
    if high == 0:
        return f"No {say_events(source.definition, 1)} {since}"
    spans = _spans(known, source, start)
    listed = f" ({'; '.join(spans)})" if spans else ""
    if low == 0 and math.isinf(high):
        return f"No {say_events(source.definition, 1)} for certain {since}{listed}"
    count = upper_first(_range(low, high))
    one = low if low == high or math.isinf(high) else None
    return f"{count} {say_events(source.definition, one)} {since}{listed}"


def _spans(known: Known, source: CountInput, start: DateSpan) -> list[str]:
    """Return when the events that count, or may count, were; those that may be of any day together."""
    judged = source.judged(known)
    assert judged is not None
    spans = sorted((first, last) for last, first in judged.possible if last >= start.first)
    any_day = sum(first <= start.first and last >= known.as_of for first, last in spans)
    said = [
        say_span(DateSpan(first, last)) for first, last in spans if first > start.first or last < known.as_of
    ]
    return [*said, f"{any_day} with no date"] if any_day else said


def _count_obstacles(known: Known, source: CountInput) -> Iterator[Obstacle]:
    history = known.answers.history
    if source.aid_start is not None and known[source.aid_start.place] is None:
        yield from _fact_obstacles(known, source.aid_start)
    if history is None:
        yield Obstacle("missing", EVENTS, "Severe events not asked")
        return
    if source.aid_start is not None and known[source.aid_start.place] is None:
        return
    low, high, _ = known[source.place]
    if low == high:
        return
    if math.isinf(high):
        judged = source.judged(known)
        assert judged is not None
        old = judged.asking.complete_until < known.as_of
        reason = "stale" if old else "missing"
        asked = f"asked on {say_day(judged.asking.asked_on)}" if old else "not known to be complete"
        yield Obstacle(reason, EVENTS, f"{_count(known, source)}; the list of events is {asked}")
    else:
        yield Obstacle("missing", EVENTS, _count(known, source))


def _fact_obstacles(known: Known, source: FactInput) -> Iterator[Obstacle]:
    fact, answers = source.fact, known.answers
    if fact.name in answers.conflicts:
        yield Obstacle("conflict", fact.name, answers.conflicts[fact.name])
    elif (answer := answers.known.get(fact.name)) is None:
        not_known = answers.not_known.get(fact.name)
        why = "not asked" if not_known is None else str(not_known)
        said = why if why.startswith("not ") else f"not known: {why}"
        yield Obstacle("missing", fact.name, f"{fact.label} {said}")
    elif source.current(known) is None:
        said = _said_of(fact, answer)
        if answer.on is None:
            yield Obstacle("undated", fact.name, f"{said} has no date")
        else:
            allowed = source.allowed_age(known)
            yield Obstacle("stale", fact.name, f"{said} of {say_span(answer.on)} is older than {allowed}")
    elif isinstance(source, TruthInput) and known[source.place] is None:
        yield Obstacle("missing", fact.name, f"{fact.label}: {fact.choices[source.part]} not known")
    elif isinstance(source, DateInput) and not answer.value.exact:
        yield Obstacle("missing", fact.name, f"{fact.label} known only as {say_span(answer.value)}")


def _said_of(fact: Fact, answer: Answer) -> str:
    if fact.numeric:
        return f"{fact.label} {answer.written} {LABELS.get(answer.unit, '')}".rstrip()
    if fact.kind == "choice":
        return f"{fact.label}: {fact.choices[answer.value]}"
    return f"{fact.label}: {_yes(answer.value)}" if fact.kind == "yes_no" else fact.label


def _number_obstacles(known: Known, source: NumberInput) -> Iterator[Obstacle]:
    value = known[source.place]
    if value is not None:
        if value[0] != value[1]:
            answer = source.current(known) if source.formula is not None else None
            exact = answer is not None and answer.value[0] == answer.value[1]
            yield Obstacle("conflict" if exact else "missing", source.fact.name, evidence(known, source))
        return
    if source.fact.asked:
        yield from _fact_obstacles(known, source)
    if source.formula is not None and not isinstance(source.formula, Survey):
        for leaf in source.formula.leaves:
            if known[leaf.place] is None:
                yield from obstacles(known, leaf)
