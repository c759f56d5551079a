"""In which group a trial stands, and where in it: for the page and the terminal alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from screening.presentation import places, words

RECRUITMENT_AGES_AFTER = timedelta(days=90)
EFFORT = {"ask": 0, "record": 1, "device": 2, "lab": 3, "procedure": 4}

Trial = Mapping[str, Any]


Standing = tuple[int, bool, int, int, int, str]


def standing(trial: Trial) -> Standing:
    """Return the key that puts the most promising, least doubted, least open, cheapest trial first.

    A trial of which it is not public whom it is for comes after those of which it is.
    """
    effort = sum(EFFORT[missing["obtained_by"]] for missing in trial["missing"])
    return (
        words.CANDIDACIES.index(trial["candidacy"]),
        not indicated(trial),
        (len(trial["cautions_against"]) > 0) + (len(ask_first(trial)) > 0),
        trial["counts"]["unknown"],
        effort,
        trial["title"],
    )


def indicated(trial: Trial) -> bool:
    """Whether a criterion that counts says whom the trial is for."""
    return any(criterion["decides"] and criterion["indication"] for criterion in trial["criteria"])


def all_need_type_1(trials: Sequence[Trial]) -> bool:
    """Whether the type of diabetes alone rules out every one of `trials`."""
    return len(trials) > 0 and all(
        any(
            criterion["decides"]
            and criterion["outcome"] == "fail"
            and "'type_1'" in criterion["rule"]
            and {fact["name"] for fact in criterion["facts"]} == {"diabetes_type"}
            for criterion in trial["criteria"]
        )
        for trial in trials
    )


def ask_first(trial: Trial) -> list[str]:
    """Return the criteria that do not decide and yet are not met: each with what it is here."""
    if trial["candidacy"] == "unlikely":
        return []
    against = {"inclusion": "false", "exclusion": "true"}
    return [
        f"{criterion['text']} (here {words.OUTCOMES[criterion['kind']]['fail'].lower()})"
        for criterion in trial["criteria"]
        if not criterion["decides"] and criterion["condition"] == against[criterion["kind"]]
    ]


def in_order(trials: Sequence[Trial], as_of: date, indication: str) -> list[Trial]:
    """Return the guideline of the `indication`, the trials by group and standing, the other guidelines.

    Trials that take people come first, then those to check, then closed ones.
    """
    groups = ("here", "check", "closed")

    def place(trial: Trial) -> tuple[bool, bool, int, Standing]:
        group = groups.index(recruitment_group(trial, as_of, ""))
        return trial["id"] != indication, trial["kind"] == "guideline", group, standing(trial)

    return sorted(trials, key=place)


def recruitment_group(trial: Trial, as_of: date, country: str) -> str:
    """Return `here`, `elsewhere`, `check` or `closed` for where the trial can be entered on `as_of`."""
    recruitment = trial["recruitment"]
    if recruitment["status"] in words.CLOSED_STATUSES:
        return "closed"
    if recruitment["status"] not in words.OPEN_STATUSES:
        return "check"
    if as_of - date.fromisoformat(recruitment["seen_on"]) > RECRUITMENT_AGES_AFTER:
        return "check"
    return "here" if not country or places.takes_in(trial["countries"], country) else "elsewhere"
