"""What time alone changes: standings that end soon, and the days on which an answer turns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from screening.clinical.hypoglycemia import ASKING_LASTS
from screening.presentation import words
from screening.presentation.errands import Bearing, short_title
from screening.presentation.ranking import Trial, standing
from screening.presentation.texts import EVENTS, CatalogueWords

LAPSES_SOON = timedelta(days=120)


@dataclass(frozen=True)
class Deadline:
    """A day that presses: what it does to a trial's standing, and which criteria turn."""

    trial_id: str
    title: str
    iso: str
    phrase: str
    why: str


@dataclass(frozen=True)
class Change:
    """An answer that time alone changes, and the trials it belongs to."""

    what: str
    where: Sequence[Bearing]


@dataclass(frozen=True)
class ChangeDay:
    """A day on which time alone changes something."""

    on: str
    iso: str
    changes: Sequence[Change]


def deadlines_of(trials: Sequence[Trial], as_of: date) -> list[Deadline]:
    """Return the days that press in the trials that take people, soonest first."""
    soon = (as_of + LAPSES_SOON).isoformat()
    found = [
        (day, standing(trial), Deadline(trial["id"], trial["title"], day, phrase, why))
        for trial in trials
        if trial["recruitment"]["status"] not in words.CLOSED_STATUSES
        for day, phrase, why in _pressing(trial, soon)
    ]
    return [deadline for _, _, deadline in sorted(found, key=lambda one: one[:2])]


def _pressing(trial: Trial, soon: str) -> list[tuple[str, str, str]]:
    """Return the day up to `soon` that presses, with what to say of it and why; one at most."""
    if trial["candidacy"] == "not_yet" and trial["not_before"] <= soon:
        return [(trial["not_before"], f"From {words.day(trial['not_before'])}{only_before(trial)}", "")]
    if trial["candidacy"] not in ("likely", "possible"):
        return []
    lapses_on = trial["lapses_on"] if trial["lapses_on"] is not None and trial["lapses_on"] <= soon else None
    turning = [
        criterion
        for criterion in trial["criteria"]
        if criterion["decides"]
        and criterion["changes_on"] is not None
        and (
            (lapses_on is not None and criterion["changes_on"] <= lapses_on)
            or (
                criterion["indication"] and criterion["outcome"] == "pass" and criterion["changes_on"] <= soon
            )
        )
    ]
    day = min(
        [*(one["changes_on"] for one in turning), *([lapses_on] if lapses_on is not None else [])],
        default=None,
    )
    if day is None:
        return []
    enrolled = "" if trial["kind"] == "label" else "if enrolled "
    why = "; ".join(f"{one['id']} {one['text']}" for one in turning)
    if day == lapses_on:
        return [(day, f"Holds only {enrolled}before {words.day(day)}", why)]
    if lapses_on is not None:
        why += (
            f". “{words.CANDIDACY_LABELS[trial['candidacy']]}” only {enrolled}before {words.day(lapses_on)}"
        )
    return [(day, f"Certain only before {words.day(day)}", why)]


def only_before(trial: Trial) -> str:
    """Return until when a standing that is not yet there would last, as far as the criteria say."""
    ends = [
        criterion["changes_on"]
        for criterion in trial["criteria"]
        if criterion["decides"]
        and criterion["outcome"] == "pass"
        and criterion["changes_to"] == "fail"
        and criterion["changes_on"] > trial["not_before"]
    ]
    return f", and only before {words.day(min(ends))}" if ends else ""


def changes_of(trials: Sequence[Trial], catalogue: CatalogueWords, as_of: date) -> list[ChangeDay]:
    """Return the days on which time alone changes something, soonest first."""
    found: dict[tuple[str, str], list[Bearing]] = defaultdict(list)
    for trial in sorted(trials, key=standing):
        name = short_title(trial)
        card = Bearing(f"trial-{trial['id']}", name, "")
        if trial["not_before"] is not None:
            found[trial["not_before"], "Nothing speaks against any more: pre-screen again"].append(card)
        elif trial["lapses_on"] is not None:
            label = words.CANDIDACY_LABELS[trial["candidacy"]]
            found[trial["lapses_on"], f"“{label}” no longer holds"].append(card)
        if trial["fresh_until"] is not None and trial["candidacy"] in ("likely", "possible"):
            found[trial["fresh_until"], _last_day_of(trial, catalogue, as_of)].append(card)
        for criterion in trial["criteria"]:
            if criterion["changes_on"] is not None and criterion["decides"]:
                found[criterion["changes_on"], _turn(criterion)].append(
                    Bearing(f"{trial['id']}-{criterion['id']}", name, "")
                )
    by_day: dict[str, list[Change]] = defaultdict(list)
    for (day, what), where in sorted(found.items()):
        by_day[day].append(Change(what, where))
    return [ChangeDay(words.day(day), day, changes) for day, changes in by_day.items()]


def _turn(criterion: Mapping[str, Any]) -> str:
    """Return what an answer turns into: `Met → Not known`."""
    outcomes = words.OUTCOMES[criterion["kind"]]
    if criterion["changes_to"] is None:
        return f"{criterion['text']}: the answer changes"
    return f"{criterion['text']}: {outcomes[criterion['outcome']]} → {outcomes[criterion['changes_to']]}"


def _last_day_of(trial: Trial, catalogue: CatalogueWords, as_of: date) -> str:
    """Name the values whose own time ends with the trial's; a trial's shorter limit leaves them unnamed."""
    until = date.fromisoformat(trial["fresh_until"])
    ending = dict.fromkeys(
        named
        for criterion in trial["criteria"]
        if criterion["decides"] and criterion["outcome"] != "unknown"
        for fact in criterion["facts"]
        for named in _named_if_ending(fact, until, catalogue, as_of)
    )
    return f"Out of date from the next day: {words.listed(list(ending)) or 'a value'}"


def _named_if_ending(
    fact: Mapping[str, Any], until: date, catalogue: CatalogueWords, as_of: date
) -> Iterator[str]:
    if fact["name"].startswith(EVENTS):
        if as_of + ASKING_LASTS == until:
            yield "the list of severe events"
        return
    on = fact["on"]["from"] if isinstance(fact["on"], Mapping) else fact["on"]
    if on is not None and until in catalogue.last_days(fact["name"], date.fromisoformat(on)):
        yield f"{catalogue.labels[fact['name']]} of {words.when(fact['on'])}"
