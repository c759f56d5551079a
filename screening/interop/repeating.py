"""A pre-screen repeated: which of its answers a new form starts with, and which are asked again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from screening.interop.typed import as_typed, inputs_of, read_typed
from screening.rules.ageing import Lifetime, lifetimes
from screening.rules.answers import SENT
from screening.rules.content import Content
from screening.rules.facts import EVENTS
from screening.rules.screening import rulebook

ONE_DAY = timedelta(days=1)
ASKED_ANEW = ("events-lead", "events-complete", "events-since", "events-more")
"""What was said of the severe events as a whole: it holds for the day on which it was asked, no other."""


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """An answer that is not taken over.

    Attributes:
        given: what was answered, in the JSON shape, with its own day.
        since: the first day on which it counts no more; None for what has no such day: an answer without a
            date, a result that was on its way, the list of severe events.
    """

    given: Any
    since: date | None


@dataclass(frozen=True, slots=True)
class Repetition:
    """What a new form takes over from a recorded pre-screen.

    Attributes:
        typed: the inputs that are filled in, each answer with its own day.
        asked_again: by fact, what was answered and is asked again; the list of severe events by its name.
    """

    typed: dict[str, str | list[str]]
    asked_again: Mapping[str, AskedAgain]


def repetition(content: Content, told: Mapping[str, Any], as_of: date) -> Repetition:
    """Return what a form of the day `as_of` takes over from the answers `told`.

    An answer is taken over that still counts on the day after `as_of`, so that none ends within the visit.
    What was not known stays so, but for a result that was to be there by now. Severe events are taken over
    without what was said of the list as a whole.
    """
    typed = as_typed(content.catalogue, told)
    reading = read_typed(content.catalogue, typed, date.fromisoformat(told["as_of"]))
    if reading.answers is None:
        return Repetition(typed, {})
    days = lifetimes(rulebook(content), replace(reading.answers, as_of=as_of))
    asked_again: dict[str, AskedAgain] = {}
    for name, given in reading.payload["facts"].items():
        if _is_due(given, as_of):
            asked_again[name] = AskedAgain(given, None)
        elif (lifetime := days.get(name)) is not None and not lifetime.counts_on(as_of + ONE_DAY):
            asked_again[name] = AskedAgain(given, _since(lifetime))
    left_out = {f"{name}-asked" for name in asked_again}
    left_out.update(*(inputs_of(content.catalogue.facts[name]) for name in asked_again))
    if EVENTS in reading.payload:
        about = {key: said for key, said in reading.payload.items() if key.startswith(EVENTS)}
        asked_again[EVENTS] = AskedAgain(about, None)
        left_out.update(ASKED_ANEW)
    return Repetition({name: text for name, text in typed.items() if name not in left_out}, asked_again)


def _is_due(given: Any, as_of: date) -> bool:
    """Return whether `given` says that a result is on its way, and it may have come by `as_of`."""
    if not isinstance(given, dict) or given.get("unknown") != SENT:
        return False
    return not given.get("due") or date.fromisoformat(given["due"]) <= as_of


def _since(lifetime: Lifetime) -> date | None:
    return None if lifetime.last_day is None else lifetime.last_day + ONE_DAY
