"""What time alone changes: standings that end soon, and the days on which an answer turns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from screening.presentation import words
from screening.presentation.errands import Bearing, short_title
from screening.presentation.ranking import Trial, standing

LAPSES_SOON = timedelta(days=120)


@dataclass(frozen=True)
class Deadline:
    """A standing that time will end soon."""

    trial_id: str
    title: str
    until: str
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
    """Return the trials in reach whose standing ends soon, soonest first."""
    soon = [
        trial
        for trial in trials
        if trial["candidacy"] in ("likely", "possible")
        and trial["lapses_on"] is not None
        and date.fromisoformat(trial["lapses_on"]) - as_of <= LAPSES_SOON
        and trial["recruitment"]["status"] not in words.CLOSED_STATUSES
    ]
    return [
        Deadline(trial["id"], trial["title"], words.day(trial["lapses_on"]), _what_lapses(trial))
        for trial in sorted(soon, key=lambda trial: (trial["lapses_on"], standing(trial)))
    ]


def _what_lapses(trial: Trial) -> str:
    """Name the criteria that time alone turns up to the day the trial's answer lapses."""
    lapses_on = trial["lapses_on"]
    turning = []
    for criterion in trial["criteria"]:
        changes_on = criterion["changes_on"]
        if criterion["decides"] and changes_on is not None and changes_on <= lapses_on:
            earlier = "" if changes_on == lapses_on else f" (not certain from {words.day(changes_on)})"
            turning.append(f"{criterion['id']} {criterion['text']}{earlier}")
    return "; ".join(turning)


def changes_of(trials: Sequence[Trial]) -> list[ChangeDay]:
    """Return the days on which time alone changes something, soonest first."""
    found: dict[tuple[str, str], list[Bearing]] = defaultdict(list)
    for trial in sorted(trials, key=standing):
        name = short_title(trial)
        card = Bearing(f"trial-{trial['id']}", name, "")
        if trial["not_before"] is not None:
            found[trial["not_before"], "No criterion against any more"].append(card)
        if trial["lapses_on"] is not None:
            label = words.CANDIDACY_LABELS[trial["candidacy"]]
            found[trial["lapses_on"], f"“{label}” no longer holds"].append(card)
        if trial["fresh_until"] is not None and trial["candidacy"] in ("likely", "possible"):
            found[trial["fresh_until"], "A value goes out of date"].append(card)
        for criterion in trial["criteria"]:
            if criterion["changes_on"] is not None and criterion["decides"]:
                what = f"{criterion['text']}: the answer changes"
                found[criterion["changes_on"], what].append(
                    Bearing(f"{trial['id']}-{criterion['id']}", name, "")
                )
    by_day: dict[str, list[Change]] = defaultdict(list)
    for (day, what), where in sorted(found.items()):
        by_day[day].append(Change(what, where))
    return [ChangeDay(words.day(day), day, changes) for day, changes in by_day.items()]
