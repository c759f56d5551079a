"""Keep what a pre-screen brought in: each answer once, a correction beside what it corrects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from screening.births import close_answer, is_sealed, open_answer
from screening.clinical.dates import read_date
from screening.models import Observation, Screening
from screening.models.observations import birth_place
from screening.rules.facts import BIRTH, EVENTS, Catalogue

EVENT_LIST = f"{EVENTS}_complete_since"
"""The name under which it is kept what was said of the list of severe events as a whole."""
TAKEN_OUT = {"taken_out": True}
"""In place of a value: a correction took the answer out and put none in its place."""
TOLD_ANEW = "Told anew at a later pre-screen"
_LIST_KEYS = (EVENT_LIST, f"{EVENTS}_at_least_more", f"{EVENTS}_asked_on")


@dataclass(frozen=True, slots=True)
class _Said:
    """One answer, or one severe event; `text` tells whether two say the same."""

    fact: str
    value: Any
    text: str


@dataclass(frozen=True, slots=True)
class _Standing:
    """One kept row that nothing has corrected, opened."""

    pk: int
    said: _Said


def keep_observations(
    screening: Screening,
    told: Mapping[str, Any],
    *,
    catalogue: Catalogue,
    corrected: Mapping[str, Any] | None,
    reason: str,
) -> None:
    """Write a row for each answer of `screening` that is new: one statement reads, one writes.

    Args:
        told: the answers as they were told, nothing sealed.
        corrected: the answers of the pre-screen that this one replaces, as they were told.
        reason: why it is corrected.
    """
    standing = list(_standing(screening))
    now = list(_all_said(told))
    rows = []
    if corrected is None:
        rows = [
            _row(screening, said, told, catalogue, _told_anew(said, standing, now))
            for said in _new(now, standing)
        ]
    else:
        before = list(_all_said(corrected))
        there, here = {said.text for said in before}, {said.text for said in now}
        gone = [one for one in standing if one.said.text in there - here]
        for said in now:
            if said.text not in there:
                replaced = _partner(said, gone)
                if replaced is not None:
                    gone.remove(replaced)
                rows.append(_row(screening, said, told, catalogue, replaced, reason))
        for one in gone:
            said = _Said(one.said.fact, TAKEN_OUT, "")
            rows.append(_row(screening, said, told, catalogue, one, reason))
    if rows:
        Observation.objects.bulk_create(rows)


def _standing(screening: Screening) -> Iterator[_Standing]:
    rows = Observation.objects.filter(participant=screening.participant_id).standing().order_by("pk")
    for pk, fact, value, token in rows.values_list("pk", "fact", "value", "screening__token"):
        if value == TAKEN_OUT:
            continue
        if is_sealed(value):
            value = open_answer(value, screening.participant.identity.key, birth_place(token))
        yield _Standing(pk, _said(fact, value))


def _all_said(told: Mapping[str, Any]) -> Iterator[_Said]:
    """Yield each answer and each event of `told`."""
    for fact, value in told["facts"].items():
        yield _said(fact, value)
    for event in told.get(EVENTS) or []:
        yield _said(EVENTS, event)
    if EVENTS in told or f"{EVENTS}_at_least_more" in told:
        kept = {key: told[key] for key in _LIST_KEYS if key in told}
        yield _said(EVENT_LIST, {**kept, "listed": len(told.get(EVENTS) or [])})


def _said(fact: str, value: Any) -> _Said:
    return _Said(fact, value, json.dumps([fact, value], sort_keys=True))


def _new(now: list[_Said], standing: list[_Standing]) -> Iterator[_Said]:
    """Yield what no row says: of answers without a day the latest row alone counts."""
    rows = {one.said.text for one in standing}
    latest = {one.said.fact: one.said.text for one in standing}
    for said in now:
        kept = said.text in rows if _days(said.value) else said.text == latest.get(said.fact)
        if not kept:
            yield said


def _told_anew(said: _Said, standing: list[_Standing], now: list[_Said]) -> _Standing | None:
    """Return the row about the same severe event, where it was told differently before."""
    if said.fact != EVENTS:
        return None
    repeated = {one.text for one in now}
    same_day = [
        one
        for one in standing
        if one.said.fact == EVENTS
        and one.said.value.get("on") == said.value.get("on")
        and one.said.text not in repeated
    ]
    told_now = [one for one in now if one.fact == EVENTS and one.value.get("on") == said.value.get("on")]
    return same_day[0] if len(same_day) == len(told_now) == 1 else None


def _partner(said: _Said, gone: list[_Standing]) -> _Standing | None:
    """Return the row that `said` corrects: about the same fact; of events the one of the same day first."""
    about = [one for one in gone if one.said.fact == said.fact]
    if said.fact == EVENTS:
        about.sort(key=lambda one: one.said.value.get("on") != said.value.get("on"))
    return about[0] if about else None


def _row(
    screening: Screening,
    said: _Said,
    told: Mapping[str, Any],
    catalogue: Catalogue,
    corrects: _Standing | None,
    reason: str = TOLD_ANEW,
) -> Observation:
    value = said.value
    days = _days(value)
    if said.fact == BIRTH and value is not TAKEN_OUT:
        key = screening.participant.identity.key
        value = close_answer(value, told, key, birth_place(screening.token)) or value
    return Observation(
        participant_id=screening.participant_id,
        screening=screening,
        fact=said.fact,
        value=value,
        unit=str(value.get("unit", ""))[:16] if isinstance(value, dict) else "",
        first_day=days[0] if days else None,
        last_day=days[1] if days else None,
        origin=_origin(said, catalogue),
        recorded_at=screening.recorded_at,
        recorded_by_id=screening.recorded_by_id,
        corrects_id=corrects.pk if corrects is not None else None,
        correction_reason=reason if corrects is not None else "",
    )


def _origin(said: _Said, catalogue: Catalogue) -> str:
    """Return where the answer came from: as it says itself, or as such answers are found out."""
    if isinstance(said.value, dict) and said.value.get("origin"):
        return str(said.value["origin"])[:16]
    if said.fact == EVENTS:
        return "record" if said.value.get("documented") in ("chart", "log") else "ask"
    fact = catalogue.facts.get(said.fact)
    return fact.obtained_by if fact is not None else "ask"


def _days(value: Any) -> tuple[Any, Any] | None:
    """Return the first and the last day that an answer may be of; None where it has no day."""
    on = value.get("on") if isinstance(value, dict) else None
    on = value.get(f"{EVENTS}_asked_on") if on is None and isinstance(value, dict) else on
    if on is None:
        return None
    first, last = (on["from"], on["to"]) if isinstance(on, dict) else (on, on)
    return read_date(str(first)).first, read_date(str(last)).last
