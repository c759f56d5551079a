"""How long the answers about a person count: the last day of each, also of those that are too old by now."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from screening.clinical.dates import DateSpan, reaches
from screening.rules.answers import Answers
from screening.rules.evaluate import Rulebook
from screening.rules.inputs import ONE_DAY, FactInput


@dataclass(frozen=True, slots=True)
class Lifetime:
    """The days of an answer that ages.

    Attributes:
        on: when it was true; None for undated, which counts on no day.
        last_day: the last day on which it counts by the fact's own limit; None for undated.
    """

    on: DateSpan | None
    last_day: date | None

    def counts_on(self, day: date) -> bool:
        """Return whether the answer is still current on `day`."""
        return self.last_day is not None and day <= self.last_day


def lifetimes(book: Rulebook, answers: Answers) -> dict[str, Lifetime]:
    """Return the days of each known answer that ages, by its fact; what never ages is left out.

    The limit is the one that holds on the day of the answers: it may hang on the answer itself, or on
    another one. A shorter or longer limit of a single criterion is not looked at.
    """
    known = book.reader.known(answers)
    found: dict[str, Lifetime] = {}
    for source in _ageing(book):
        answer = answers.known.get(source.name)
        allowed = source.allowed_age(known)
        if answer is None or allowed is None:
            continue
        last_day = None
        if answer.on is not None:
            last_day = reaches(answer.on.first + ONE_DAY, allowed.number, allowed.unit) - ONE_DAY
        found[source.name] = Lifetime(answer.on, last_day)
    return found


@cache
def _ageing(book: Rulebook) -> tuple[FactInput, ...]:
    """Return every question whose answers age."""
    found = []
    for fact in book.catalogue.facts.values():
        if fact.asked and fact.ages:
            test = None
            if fact.fresher_when is not None:
                assert book.reader.test_of is not None
                test = book.reader.test_of(fact.fresher_when.rule)
            found.append(FactInput(fact, None, test))
    return tuple(found)
