"""All answers in words, before they are recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from screening.clinical.dates import DateSpan, read_date, say_day, say_span
from screening.clinical.hypoglycemia import CAUSES, RECORDS, SYMPTOMS, TELLERS
from screening.forms.events import input_label
from screening.forms.stages import FormSet, Stage
from screening.interop.typed import HAPPENED, REASONS, InputProblem, Reading
from screening.rules.facts import EVENTS, Fact


@dataclass(frozen=True)
class Line:
    """One answer."""

    anchor: str
    label: str
    said: str
    dated: str
    known: bool


@dataclass(frozen=True)
class Part:
    """The answers of one stage, and the questions that were not asked."""

    stage: Stage
    lines: list[Line]
    not_asked: list[str]

    @property
    def untouched(self) -> bool:
        return not self.lines


def parts(form: FormSet, reading: Reading, open_gates: frozenset[str]) -> list[Part]:
    """Return what `reading` holds, stage by stage; a question behind a closed gate is not missing."""
    found = []
    facts = reading.payload["facts"]
    for stage in form.stages:
        if stage.section is None:
            lines = event_lines(reading.payload)
            found.append(Part(stage, lines, [] if lines else ["Severe events"]))
            continue
        asked = [fact for fact in stage.section.facts if fact.asked]
        found.append(
            Part(
                stage,
                [line_of(fact, facts[fact.name]) for fact in asked if fact.name in facts],
                [
                    fact.label
                    for fact in asked
                    if fact.name not in facts and (fact.gate is None or fact.gate in open_gates)
                ],
            )
        )
    return found


@dataclass(frozen=True)
class Link:
    """The way to a question; the stage is None where there is no such question."""

    stage: Stage | None
    anchor: str
    label: str


@dataclass(frozen=True)
class Disagreement:
    """Answers that contradict each other, in a sentence, and the ways to them."""

    text: str
    links: list[Link]


@dataclass(frozen=True)
class Change:
    """What a correction says of one question, and what the pre-screen it replaces said."""

    label: str
    before: str
    now: str


def changes(form: FormSet, before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """Return what differs between two sets of answers in the JSON shape, in the order of the form."""
    found = [Change("Day of the pre-screen", _day(before["as_of"]), _day(now["as_of"]))]
    for stage in form.stages:
        if stage.section is None:
            found += _event_changes(before, now)
            continue
        found += [
            _answer_change(fact, before["facts"].get(fact.name), now["facts"].get(fact.name))
            for fact in stage.section.facts
        ]
    return [change for change in found if change.before != change.now]


def _event_changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """Return each event that only one of both has, and what both say of the list as a whole."""
    rows: list[list[tuple[str, str]]] = []
    whole: list[dict[str, str]] = []
    for lines in (event_lines(before), event_lines(now)):
        rows.append([(line.label, line.said) for line in lines if line.anchor.startswith("event-")])
        whole.append({line.label: line.said for line in lines if line.anchor.startswith("events-")})
    found = [
        Change(f"Event {label}", said, "taken out") for label, said in rows[0] if (label, said) not in rows[1]
    ]
    found += [
        Change(f"Event {label}", "not there", said) for label, said in rows[1] if (label, said) not in rows[0]
    ]
    for label in dict.fromkeys([*whole[0], *whole[1]]):
        said_before, said_now = (said.get(label, "not asked") for said in whole)
        found.append(Change(f"Severe events, {label[0].lower()}{label[1:]}", said_before, said_now))
    return found


def _answer_change(fact: Fact, before: Any, now: Any) -> Change:
    """Return both answers in words, with their dates where these differ."""
    lines = [None if given is None else line_of(fact, given) for given in (before, now)]
    same_date = len({line.dated for line in lines if line is not None}) < 2
    said = [
        "not asked"
        if line is None
        else line.said
        if same_date or not line.dated
        else f"{line.said} ({line.dated})"
        for line in lines
    ]
    return Change(fact.label, *said)


def problem_links(
    form: FormSet, problems: tuple[InputProblem, ...], typed: Mapping[str, Any]
) -> list[tuple[Link, str]]:
    """Return for each problem the way to it and what to do, in the order in which the form is read."""
    order: dict[str, int] = {}
    for stage in form.stages if problems else ():
        order |= {name: len(order) + place for place, name in enumerate(form.inputs(stage, typed))}
    in_order = sorted(problems, key=lambda problem: order.get(problem.input, -1))
    return [(link_to(form, problem.input), problem.message) for problem in in_order]


def disagreements(form: FormSet, conflicts: list[dict[str, Any]]) -> list[Disagreement]:
    """Return the answers that contradict each other."""
    return [
        Disagreement(
            conflict["text"],
            [link_to(form, fact) for fact in conflict["facts"] if form.catalogue.facts[fact].asked],
        )
        for conflict in conflicts
    ]


def link_to(form: FormSet, name: str) -> Link:
    """Return the way to the input `name`, or to the question of that name."""
    stage = form.stage_of(name)
    fact = form.catalogue.facts.get(name.partition("-")[0])
    if fact is not None:
        return Link(stage, fact.name, fact.label)
    if stage is None:
        return Link(None, name, "")
    return Link(stage, name, input_label(name) if stage.section is None else stage.title)


def line_of(fact: Fact, given: Any) -> Line:
    """Return the answer `given`, in the JSON shape, in words."""
    if isinstance(given, dict) and "unknown" in given:
        why = REASONS.get(given["unknown"], "")
        due = f" {_day(given['due'])}" if given.get("due") else ""
        return Line(fact.name, fact.label, f"Not known{f': {why}{due}' if why else ''}", "", known=False)
    parts = given if isinstance(given, dict) and "value" in given else {"value": given}
    return Line(
        fact.name,
        fact.label,
        _value(fact, parts["value"], parts.get("unit", "")),
        _span(parts["on"]) if parts.get("on") else "",
        known=True,
    )


def _value(fact: Fact, value: Any, unit: str) -> str:
    match fact.kind:
        case "yes_no":
            return "Yes" if value else "No"
        case "choice":
            return fact.choices[value]
        case "choices":
            return ", ".join(
                f"{fact.choices[part]} {'yes' if is_so else 'no'}" for part, is_so in value.items()
            )
        case "date" if isinstance(value, dict) and "age" in value:
            return f"{value['age']} years old on {_day(value['on'])}"
        case "date":
            return _span(value)
    return f"{value} {unit}".rstrip()


def event_lines(payload: Mapping[str, Any]) -> list[Line]:
    """Return the severe events of `payload` in words."""
    if EVENTS not in payload:
        return []
    lines = [
        Line(f"event-{number}-on", _span(event["on"]), _event(event), "", known=True)
        for number, event in enumerate(payload[EVENTS])
    ]
    if payload.get(f"{EVENTS}_at_least_more"):
        more = payload[f"{EVENTS}_at_least_more"]
        lines.append(Line("events-more", "Further events", f"At least {more} more", "", known=True))
    since = payload.get(f"{EVENTS}_complete_since", "ever")
    if since == "ever":
        lines.append(Line("events-since", "Complete", "These are all, ever", "", known=True))
    elif since is None:
        said = "Not known whether these are all" if payload[EVENTS] else "Not known"
        lines.append(Line("events-lead", "Complete", said, "", known=False))
    else:
        said = "These are all" if payload[EVENTS] else "None"
        lines.append(Line("events-since", "Complete", f"{said} since {_day(since)}", "", known=True))
    return lines


def _event(event: Mapping[str, Any]) -> str:
    helped = {True: "someone else had to treat it", False: "treated alone", None: "help not known"}
    said = [helped[event.get("assistance")]]
    if event.get("symptoms"):
        said.append(", ".join(SYMPTOMS[symptom].lower() for symptom in event["symptoms"]))
    elif event.get("impaired") is True:
        said.append(HAPPENED["altered"].lower())
    if event.get("impaired") is False:
        said.append("clear-headed")
    if event.get("recovered_after_treatment") is not None:
        said.append(
            "came round promptly" if event["recovered_after_treatment"] else "did not come round promptly"
        )
    glucose = event.get("glucose")
    if glucose is not None:
        said.append("reading LOW" if glucose == "LOW" else f"reading {glucose['value']} {glucose['unit']}")
    if event.get("cause"):
        said.append(f"cause: {CAUSES[event['cause']].lower()}")
    if event.get("documented"):
        said.append(RECORDS[event["documented"]].lower())
    if event.get("told_by"):
        said.append(f"told by {TELLERS[event['told_by']].lower()}")
    sentence = "; ".join(said)
    return sentence[0].upper() + sentence[1:]


def _span(on: Any) -> str:
    first, last = (on, on) if isinstance(on, str) else (on["from"], on["to"])
    return say_span(DateSpan(read_date(first).first, read_date(last).last))


def _day(text: str) -> str:
    return say_day(read_date(text).first)
