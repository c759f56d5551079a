"""What would change a trial's answer: the ways, as they were worked out with it, and the near misses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from screening.presentation import words
from screening.presentation.ranking import Trial, standing
from screening.rules.words import say_days

SHOWN = 4
"""How many ways are shown for the same criteria; the others are counted."""


@dataclass(frozen=True)
class Deed:
    """One thing that would have to be otherwise: waited for, found out, worked on, or fixed."""

    do: str
    text: str


@dataclass(frozen=True)
class Change:
    """What would let some criteria of one trial pass.

    Attributes:
        anchors: per criterion its id and where it stands on the page.
        ways: alternatives; each needs all of its deeds.
        more: how many further ways there are, in words; empty where all are shown.
    """

    anchors: Sequence[tuple[str, str]]
    ways: Sequence[Sequence[Deed]]
    fixed: bool
    more: str


@dataclass(frozen=True)
class NearMiss:
    """A trial that fails by one criterion alone: by how much, and what would change it."""

    trial_id: str
    title: str
    anchor: str
    criterion: str
    why: str
    margin: str
    change: Change | None


def changes_to_pass(trial: Trial) -> list[Change]:
    """Return what would let the criteria of `trial` pass that do not: what fails before what is not known."""
    outcomes = {criterion["id"]: criterion["outcome"] for criterion in trial["criteria"]}
    failing_first = sorted(
        trial["would_change"], key=lambda ways: all(outcomes[id_] != "fail" for id_ in ways["criteria"])
    )
    return [_change(trial, ways) for ways in failing_first]


def near_misses(trials: Sequence[Trial]) -> list[NearMiss]:
    """Return the trials that take people and fail by one criterion alone, the nearest to open first."""
    found = [
        trial
        for trial in trials
        if trial["counts"]["fail"] == 1 and trial["recruitment"]["status"] not in words.CLOSED_STATUSES
    ]
    return sorted((_near_miss(trial) for trial in sorted(found, key=standing)), key=_fixed_last)


def _fixed_last(miss: NearMiss) -> bool:
    return miss.change is None or miss.change.fixed


def _near_miss(trial: Trial) -> NearMiss:
    failing = next(one for one in trial["criteria"] if one["decides"] and one["outcome"] == "fail")
    change = next((ways for ways in trial["would_change"] if failing["id"] in ways["criteria"]), None)
    return NearMiss(
        trial_id=trial["id"],
        title=trial["title"],
        anchor=f"{trial['id']}-{failing['id']}",
        criterion=f"{failing['id']} {failing['text']}",
        why=failing["why"],
        margin=_margin(failing["margin"]),
        change=None if change is None else _change(trial, change),
    )


def _margin(margin: Mapping[str, Any] | None) -> str:
    if margin is None:
        return ""
    if margin["unit"] == "days":
        return say_days(int(margin["value"]))
    return words.amount(words.number(margin["value"]), margin["unit"])


def _change(trial: Trial, ways: Mapping[str, Any]) -> Change:
    return Change(
        anchors=[(id_, f"{trial['id']}-{id_}") for id_ in ways["criteria"]],
        ways=[[_deed(step) for step in way] for way in ways["ways"][:SHOWN]],
        fixed=ways["fixed"],
        more=_more(ways),
    )


def _more(ways: Mapping[str, Any]) -> str:
    if ways["more"]:
        return _("and others")
    hidden = len(ways["ways"]) - SHOWN
    if hidden <= 0:
        return ""
    return ngettext("and %(count)s other way", "and %(count)s other ways", hidden) % {"count": hidden}


def _deed(step: Mapping[str, Any]) -> Deed:
    return Deed(step["do"], step["text"])
