"""One stored result in the words of the page for the person, in the language that is active."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from screening.presentation.plain_facts import OTHER, PLAIN_NAMES
from screening.presentation.ranking import Trial, all_need_type_1, ask_first, recruitment_group
from screening.presentation.snapshots import completed
from screening.presentation.texts import EVENTS
from screening.presentation.timing import deadlines_of

NAMED = 5
"""How many missing facts the one side has room for."""


@dataclass(frozen=True)
class PageForThePerson:
    """What the page says that is about this one person."""

    day: str
    found: Sequence[str]
    about_rules: str
    missing: Sequence[str]
    time: str


def page_for_the_person(result: Mapping[str, Any], *, today: date) -> PageForThePerson:
    """Return `result`, as a pre-screen stores it, in words that need no training to read.

    Counted are the trials that are not closed: an approved product is no study, and a guideline takes nobody.

    Args:
        result: the stored result; nothing else decides what the page says.
        today: the day on which it is read, which may be long after.
    """
    result = completed(result)
    as_of = date.fromisoformat(result["as_of"])
    studies = [
        trial
        for trial in result["trials"]
        if trial["kind"] == "trial" and recruitment_group(trial, as_of, "") != "closed"
    ]
    in_reach = [trial for trial in studies if trial["candidacy"] != "unlikely"]
    wrong_type = all_need_type_1(studies)
    found = [_wrong_type()] if wrong_type else [*_lows(result), *_standing(studies), *_against(in_reach)]
    return PageForThePerson(
        day=_day(as_of),
        found=found,
        about_rules=_("This is about the rules of the studies, not about you.")
        if len(in_reach) < len(studies)
        else "",
        missing=_missing(in_reach, disagree=len(result["conflicts"]) > 0),
        time=_time(in_reach, as_of, today),
    )


def _day(day: date) -> str:
    return date_format(day, pgettext("format of a day on the page for the person", "j F Y"))


def _wrong_type() -> str:
    return _("The studies on our list are for people with type 1 diabetes. Their rules do not match now.")


def _lows(result: Mapping[str, Any]) -> list[str]:
    """Return what was found about lows, by what makes the guideline's indication; nothing without one."""
    guideline = result["indication"]["protocol"] if result["indication"] is not None else ""
    criteria = [
        criterion
        for trial in result["trials"]
        if trial["id"] == guideline
        for criterion in trial["criteria"]
        if criterion["indication"]
    ]
    if not criteria:
        return []
    outcomes = {criterion["outcome"] for criterion in criteria}
    if "fail" in outcomes:
        return [_("Many cell studies are about a kind of lows and swings that your answers do not show now.")]
    if "unknown" in outcomes:
        return [_("We do not know enough about your lows yet.")]
    if any(_surely_severe(fact) for criterion in criteria for fact in criterion["facts"]):
        return [_("You have had lows that you could not treat alone. Many cell studies are about such lows.")]
    return [_("Your blood sugar goes up and down a lot. Many cell studies are about this.")]


def _surely_severe(fact: Mapping[str, Any]) -> bool:
    """Return whether a record of a result counts one severe event or more, whatever is open about others."""
    if not fact["name"].startswith(EVENTS):
        return False
    surely = fact["value"][0] if isinstance(fact["value"], list) else fact["value"]
    return surely is not None and surely >= 1


def _standing(studies: Sequence[Trial]) -> list[str]:
    """Return how many studies may fit, cannot be told yet and why, may fit later, do not match."""
    by_candidacy: dict[str, list[Trial]] = defaultdict(list)
    for trial in studies:
        by_candidacy[trial["candidacy"]].append(trial)
    open_facts = [trial for trial in by_candidacy["possible"] if trial["counts"]["unknown"] > 0]
    fit, later, never = (len(by_candidacy[one]) for one in ("likely", "not_yet", "unlikely"))
    untold = len(by_candidacy["possible"]) - len(open_facts)
    lines = [
        (
            fit,
            ngettext(
                "From what we know now, %(number)s study may fit you.",
                "From what we know now, %(number)s studies may fit you.",
                fit,
            ),
        ),
        (
            len(open_facts),
            ngettext(
                "For %(number)s study, we need more facts before we can say.",
                "For %(number)s studies, we need more facts before we can say.",
                len(open_facts),
            ),
        ),
        (
            untold,
            ngettext(
                "For %(number)s study, too few rules are public to say.",
                "For %(number)s studies, too few rules are public to say.",
                untold,
            ),
        ),
        (
            later,
            ngettext("%(number)s study may fit you later.", "%(number)s studies may fit you later.", later),
        ),
        (never, _not_matching(never, others=never < len(studies))),
    ]
    said = [line % {"number": number} for number, line in lines if number > 0]
    return said or [_("We have no study on our list now.")]


def _not_matching(number: int, *, others: bool) -> str:
    if others:
        return ngettext(
            "The rules of one other study do not match now.",
            "The rules of the other studies do not match now.",
            number,
        )
    return ngettext(
        "The rules of the one study on our list do not match now.",
        "The rules of the studies on our list do not match now.",
        number,
    )


def _against(studies: Sequence[Trial]) -> list[str]:
    """Return that something speaks against the person, where it does, in a study that is in reach."""
    if not any(
        trial["cautions_against"]
        or ask_first(trial)
        or any(item["raised_by"] for item in trial["safety"])
        or any(item["condition"] == "true" for item in trial["limitations"])
        for trial in studies
    ):
        return []
    return [_("Something in your health may speak against a study. Ask us what.")]


def _missing(studies: Sequence[Trial], *, disagree: bool) -> list[str]:
    """Return what is still to be found out, what most studies ask for first, and how much more there is."""
    asked: dict[str, set[str]] = defaultdict(set)
    askable: dict[str, bool] = defaultdict(bool)
    for trial in studies:
        for missing in trial["missing"]:
            name = str(PLAIN_NAMES.get(missing["fact"], OTHER))
            asked[name].add(trial["id"])
            askable[name] |= missing["waiting"] is None
    ordered = sorted(asked, key=lambda name: (name == str(OTHER), -len(asked[name])))
    lines = [
        name if askable[name] else _("%(fact)s (the result is on its way)") % {"fact": name}
        for name in ordered
    ]
    if disagree:
        lines.insert(0, _("which of your answers is right, as some do not agree"))
    more = len(lines) - NAMED
    if more < 2:
        return lines
    return [*lines[:NAMED], _("%(number)s more things") % {"number": more}]


def _time(studies: Sequence[Trial], as_of: date, today: date) -> str:
    """Return the next day on which a standing ends or begins; nothing where no day is known."""
    now = [trial for trial in studies if trial["candidacy"] in ("likely", "possible")]
    later = [trial for trial in studies if trial["candidacy"] == "not_yet"]
    ends = _("What we found may change on %(day)s. To learn more, talk with us before then.")
    begins = _("A study that does not fit you now may fit you from %(day)s.")
    coming = [
        *((date.fromisoformat(deadline.iso), ends) for deadline in deadlines_of(now, as_of)),
        *((date.fromisoformat(trial["not_before"]), begins) for trial in later),
    ]
    if not coming:
        return ""
    day, line = min(coming, key=lambda one: one[0])
    if day <= today:
        return _("Time has passed since this check, and things may have changed. Ask us to look again.")
    return line % {"day": _day(day)}
