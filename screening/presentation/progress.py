"""How far the form has got: how much is decided, what presses, and what to find out next."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from screening.presentation import words
from screening.presentation.drawing import MAX_DRAWINGS
from screening.presentation.next_steps import VERBS
from screening.rules.answers import SENT, Answers
from screening.rules.facts import Catalogue
from screening.rules.next_best import NextBest, NotRanked, Ranking
from screening.rules.overview import Overview
from screening.rules.protocol import Protocol
from screening.rules.words import lower_first

QUESTIONS = 3
"""How many of the most useful questions stand beside the form."""
RANGES = 3
"""How many ranges of answers are told one by one."""


@dataclass(frozen=True)
class NextQuestion:
    """A question worth asking next: how it is found out, what it settles, and the stage that asks it."""

    name: str
    stage: str
    anchor: str
    verb: str
    what: str
    settles: str


@dataclass(frozen=True)
class Progress:
    """What stands above the trials while the answers come in.

    Attributes:
        decided, of: how many of the trials that take people are decided.
        deadlines: the days that press, each with its trials, as a line.
        questions: the most useful ones.
        not_ranked: what is worked out of several answers that are all missing, as a line each.
        in_form: whether the questions are buttons, which save what is typed on the way.
    """

    decided: int
    of: int
    deadlines: tuple[str, ...]
    questions: tuple[NextQuestion, ...]
    not_ranked: tuple[str, ...]
    in_form: bool


def progress(
    found: Overview,
    ranking: Ranking | None,
    lapsing: Iterable[tuple[date, Protocol]],
    *,
    catalogue: Catalogue,
    answers: Answers,
    open_questions: frozenset[str],
    place_of: Callable[[str], tuple[str, str]],
    in_form: bool,
) -> Progress:
    """Return how far the form has got.

    Args:
        found: where the person stands.
        ranking: the open questions; None before the first answer.
        lapsing: the days on which a standing ends soon.
        catalogue: the facts.
        answers: what is known.
        open_questions: what is asked: nothing behind a closed gate.
        place_of: gives the stage and the anchor of a question.
        in_form: whether it stands beside the questions.
    """
    decided = [trial.decided for trial in found.trials if trial.takes_people]
    best = ranking.ranked[:QUESTIONS] if ranking is not None else ()
    ranked = {one.fact for one in ranking.ranked} if ranking is not None else set()
    left = ranking.not_ranked if ranking is not None else ()
    return Progress(
        decided=sum(decided),
        of=len(decided),
        deadlines=tuple(_deadlines(lapsing)),
        questions=tuple(_question(one, catalogue, answers, place_of) for one in best),
        not_ranked=tuple(
            _cannot_rank(one, catalogue)
            for one in left
            if open_questions.issuperset(one.needs) and not ranked.issuperset(one.needs)
        ),
        in_form=in_form,
    )


def _deadlines(lapsing: Iterable[tuple[date, Protocol]]) -> list[str]:
    by_day: dict[str, list[str]] = defaultdict(list)
    for day, protocol in lapsing:
        line = (
            _("Holds only before {day}")
            if protocol.kind == "label"
            else _("Holds only if enrolled before {day}")
        )
        by_day[line.format(day=words.day(day))].append(protocol.title)
    return [f"{line}: {', '.join(titles)}" for line, titles in by_day.items()]


def _question(
    one: NextBest, catalogue: Catalogue, answers: Answers, place_of: Callable[[str], tuple[str, str]]
) -> NextQuestion:
    not_known = answers.not_known.get(one.fact)
    waiting = not_known is not None and not_known.why == SENT
    stage, anchor = place_of(one.fact)
    return NextQuestion(
        name=one.fact,
        stage=stage,
        anchor=anchor,
        verb=_("Wait for") if waiting else _(VERBS[one.obtained_by]),
        what=lower_first(catalogue.label_of(one.fact)),
        settles=_settles(one, get_language()),
    )


@lru_cache(maxsize=MAX_DRAWINGS)
def _settles(one: NextBest, language: str | None) -> str:
    """Return what the answers settle: `Settles 1 trial if yes, 3 trials if no`."""
    numbers: Counter[str] = Counter()
    for settled in one.settled:
        numbers[settled.when] += len(settled.trials)
    if not numbers:
        return _("Decides criteria of open trials, no trial by itself")
    if len(numbers) > RANGES:
        most = max(numbers.values())
        text = ngettext(
            "Settles up to {number} trial, depending on the answer",
            "Settles up to {number} trials, depending on the answer",
            most,
        )
        return text.format(number=most)
    said = [
        ngettext("{number} trial if {answer}", "{number} trials if {answer}", number).format(
            answer=answer, number=number
        )
        for answer, number in numbers.items()
    ]
    return _("Settles {trials}").format(trials=", ".join(said))


def _cannot_rank(one: NotRanked, catalogue: Catalogue) -> str:
    """Return what is worked out of several answers that are all missing: `BMI needs weight and height`."""
    needs = words.listed([lower_first(catalogue.label_of(name)) for name in one.needs])
    named = catalogue.names.get(one.what)
    derived = catalogue.facts.get(named.fact) if named is not None and named.kind == "number" else None
    if derived is None:
        return _("Cannot rank {needs}: one is no use without the other").format(needs=needs)
    return _("Cannot rank: {number} needs {needs}").format(number=lower_first(derived.label), needs=needs)
