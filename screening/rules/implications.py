"""What one answer says of another fact, and answers that contradict each other."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from screening.clinical.dates import DateSpan
from screening.rules.answers import Answer, Answers
from screening.rules.facts import Catalogue


def with_implications(
    catalogue: Catalogue, stated: Mapping[str, Answer], as_of: date
) -> tuple[dict[str, Answer], dict[str, str]]:
    """Return the stated answers and what follows from them; and those left out as contradictions, with why.

    What follows from an answer that never ages is true on the day itself.

    Args:
        catalogue: which answer implies what.
        stated: the answers as given, by fact.
        as_of: the day they are known on.
    """
    known = dict(stated)
    today = DateSpan(as_of, as_of)
    conflicts: dict[str, str] = {}
    for answer in stated.values():
        fact = catalogue.facts[answer.fact]
        for implication in fact.implies:
            if answer.value is not implication.when and answer.value != implication.when:
                continue
            target = catalogue.facts[implication.fact]
            there = known.get(target.name)
            if there is None:
                on = today if fact.life_of(answer.value) is None else answer.on
                known[target.name] = Answer(
                    target.name, implication.value, "", on, f"follows from {fact.label}"
                )
            elif there.value != implication.value:
                conflicts[fact.name] = conflicts[target.name] = (
                    f"{fact.label} and {target.label} contradict each other"
                )
    for name in conflicts:
        known.pop(name, None)
    return known, conflicts


def on_later_day(catalogue: Catalogue, answers: Answers, day: date) -> Answers:
    """Return the same answers as they stand on `day`, the day of `answers` or a later one.

    Every answer keeps its own day, so that what has aged by then counts as aged; what follows from an
    answer that never ages is true on that day too.
    """
    known, conflicts = with_implications(catalogue, answers.stated, day)
    return replace(answers, as_of=day, known=known, conflicts=conflicts)
