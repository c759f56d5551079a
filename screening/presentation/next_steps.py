"""What to do next, as a short list in order: refer, ask, order, wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from screening.presentation import words
from screening.presentation.ranking import Trial, standing
from screening.rules.words import lower_first

QUESTIONS = 4
"""How many of the most useful questions are on the list."""
_SETTLED = {"likely": "likely", "possible": "possible", "not_yet": "not yet", "unlikely": "unlikely"}
VERBS = {
    "ask": gettext_noop("Ask"),
    "record": gettext_noop("Fetch from the record"),
    "device": gettext_noop("Look up on the device"),
    "lab": gettext_noop("Order"),
    "procedure": gettext_noop("Order"),
}


@dataclass(frozen=True)
class NextStep:
    """One thing to do, what it is for, and the trials it is about."""

    kind: str
    verb: str
    what: str
    why: str
    trials: Sequence[tuple[str, str]]


def next_steps(result: Mapping[str, Any], open_trials: Sequence[Trial]) -> list[NextStep]:
    """Return what to do next.

    Args:
        result: the stored result.
        open_trials: the trials of it that take people, or may.
    """
    titles = {trial["id"]: trial["title"] for trial in open_trials}
    ordered = sorted(open_trials, key=standing)
    return [*_refer(ordered), *_find_out(result["next_best"], titles), *_wait(ordered)]


def _refer(trials: Sequence[Trial]) -> list[NextStep]:
    likely = [trial for trial in trials if trial["candidacy"] == "likely"]
    if not likely:
        return []
    ends = [trial["lapses_on"] for trial in likely if trial["lapses_on"] is not None]
    why = _("Likely on the published key criteria: offer to refer")
    if ends:
        why = _("Likely on the published key criteria: offer to refer before %(day)s") % {
            "day": words.day(min(ends))
        }
    return [NextStep("refer", _("Refer"), _trials(len(likely)), why, _links(likely))]


def _find_out(next_best: Sequence[Mapping[str, Any]], titles: Mapping[str, str]) -> list[NextStep]:
    """Return the most useful questions; one that waits for a result on its way says so."""
    found = []
    for one in next_best[:QUESTIONS]:
        bearing = dict.fromkeys(id_ for settled in one["settles"] for id_ in settled["trials"])
        links = [(f"trial-{id_}", titles[id_]) for id_ in bearing if id_ in titles]
        waiting = one["waiting"] is not None
        kind, verb = (
            ("wait", _("Wait for")) if waiting else (one["obtained_by"], _(VERBS[one["obtained_by"]]))
        )
        found.append(NextStep(kind, verb, lower_first(one["label"]), said(one), links))
    return found


def said(question: Mapping[str, Any]) -> str:
    """Return what the answers to a question settle: `Yes: 5 trials likely; no: 4 trials unlikely`."""
    parts = []
    for when, group in groupby(question["settles"], key=itemgetter("when")):
        settled = [f"{words.counted(len(one['trials']), 'trial')} {_SETTLED[one['to']]}" for one in group]
        parts.append(f"{when}: {words.listed(settled)}")
    return (
        words.first_upper("; ".join(parts)) if parts else _("Decides criteria of open trials, none by itself")
    )


def _wait(trials: Sequence[Trial]) -> list[NextStep]:
    """Return the first day on which nothing fails any more in a trial that fails today."""
    later = [trial for trial in trials if trial["candidacy"] == "not_yet"]
    if not later:
        return []
    day = min(trial["not_before"] for trial in later)
    there = [trial for trial in later if trial["not_before"] == day]
    why = _("By time alone, nothing fails from then on: pre-screen again")
    return [NextStep("wait", _("Wait until"), words.day(day), why, _links(there))]


def _trials(count: int) -> str:
    return ngettext("%(count)s trial", "%(count)s trials", count) % {"count": count}


def _links(trials: Sequence[Trial]) -> list[tuple[str, str]]:
    return [(f"trial-{trial['id']}", trial["title"]) for trial in trials]
