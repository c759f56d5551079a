"""A screening as text for a terminal, in the order and the words of its page."""

import textwrap
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from screening.presentation import words
from screening.presentation.next_steps import QUESTIONS, said
from screening.presentation.ranking import ask_first, in_order, recruitment_group
from screening.rules.words import lower_first

WIDTH = 100
SHOWN = 4
_MARKS = {"pass": "+", "fail": "x", "unknown": "?"}


def as_text(result: dict[str, Any]) -> str:
    """Return `result`, in the shape of docs/json.md, for reading in a terminal."""
    return "\n".join(_lines(result))


def _lines(result: dict[str, Any]) -> Iterator[str]:
    as_of = date.fromisoformat(result["as_of"])
    yield f"Pre-screen as of {words.day(as_of)} (engine {result['engine']})"
    for conflict in result["conflicts"]:
        yield from _wrapped(f"Two answers disagree: {conflict['text']}", "! ")
    indication = result["indication"]
    if indication is not None:
        said = {"true": "present", "false": "not shown", "unknown": "not known"}[indication["status"]]
        yield ""
        yield f"Indication: {said}"
        yield from _wrapped(indication["why"], "  ")
        for step in indication["open_steps"]:
            yield from _wrapped(f"open: {step['text']}", "  - ")
    for doubt in result["doubts"]:
        yield from _wrapped(f"Look at: {doubt['text']}", "! ")
    yield from _next(result)
    for trial in in_order(result["trials"], as_of, indication["protocol"] if indication is not None else ""):
        yield from _trial(trial, as_of)


def _next(result: dict[str, Any]) -> Iterator[str]:
    """Yield the most useful questions, and what their answers settle."""
    if result["next_best"]:
        yield ""
        yield "Most useful next results:"
    for place, one in enumerate(result["next_best"][:QUESTIONS], 1):
        how = words.OBTAINED[one["obtained_by"]]
        yield from _wrapped(f"{one['label']} ({how}). {said(one)}", f"  {place}. ")
    for one in result["not_ranked"]:
        needs = words.listed(one["labels"])
        yield from _wrapped(f"Not ranked, as one is no use without the other: {needs}", "  - ")


def _trial(trial: Mapping[str, Any], as_of: date) -> Iterator[str]:
    yield ""
    yield from _wrapped(f"{trial['title']} [{trial['id']}]", "")
    yield from _wrapped(f"{_headline(trial)}: {trial['why']}", "  ")
    recruitment = trial["recruitment"]
    status = f"{words.first_upper(recruitment['status'])}, seen {words.day(recruitment['seen_on'])}"
    if trial["kind"] != "guideline" and recruitment_group(trial, as_of, "") == "check":
        status += "; not confirmed since: check with the site"
    yield from _wrapped(status, "  ")
    for text in ask_first(trial):
        yield from _wrapped(f"Ask the site first: {text}", "  ! ")
    yield from _days(trial)
    for criterion in trial["criteria"]:
        mark = _MARKS[criterion["outcome"]] if criterion["decides"] else "·"
        yield from _wrapped(f"{criterion['id']:5} {criterion['text']}", f"  {mark} ")
        yield from _wrapped(criterion["why"], "          ")
    for ways in trial["would_change"]:
        yield from _wrapped(f"To pass {words.listed(ways['criteria'])}: {_ways(ways)}", "  > ")
    for title, key in (("Caution against", "cautions_against"), ("Limitation", "limitations")):
        for one in trial[key]:
            if one["condition"] == "true":
                yield from _wrapped(f"{title}: {one['text']}. {one['why']}", "  ! ")
    for safety in trial["safety"]:
        raised = " (raised by this person's answers)" if safety["raised_by"] else ""
        yield from _wrapped(f"Known harm: {safety['text']}{raised}", "  ! " if raised else "  - ")
    for one in trial["to_confirm"]:
        yield from _wrapped(f"Ask the site: {one['text']} ({one['because']})", "  - ")
    for gap in trial["gaps"]:
        yield from _wrapped(f"Not public: {gap}", "  - ")


def _ways(ways: Mapping[str, Any]) -> str:
    """Return the ways for some criteria to pass, or what stands in the way."""
    shown, hidden = ways["ways"][:SHOWN], len(ways["ways"]) - SHOWN
    told = "; or ".join(" and ".join(lower_first(step["text"]) for step in way) for way in shown)
    return told + (f"; or {words.counted(hidden, 'other way')}" if hidden > 0 else "")


def _headline(trial: Mapping[str, Any]) -> str:
    """Return the candidacy first, so that it is found by eye: `LIKELY candidate …, 3 cautions against`."""
    cautions = len(trial["cautions_against"])
    against = f", {words.counted(cautions, 'caution against', 'cautions against')}" if cautions > 0 else ""
    word = trial["candidacy"].replace("_", " ").upper()
    tail = "" if trial["kind"] == "guideline" else words.CANDIDACY_TAILS[trial["candidacy"]]
    return f"{word}{tail}{against}"


def _days(trial: Mapping[str, Any]) -> Iterator[str]:
    taken = trial["recruitment"]["status"] not in words.CLOSED_STATUSES
    if trial["candidacy"] == "not_yet" and taken:
        yield f"  Not before {words.day(trial['not_before'])}"
    if trial["candidacy"] in ("likely", "possible") and trial["lapses_on"] is not None:
        yield f"  Holds until {words.day(trial['lapses_on'])}"
    if trial["fresh_until"] is not None:
        yield f"  Values in date until {words.day(trial['fresh_until'])}"


def _wrapped(text: str, lead: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead))
