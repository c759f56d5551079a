"""What would be known of a person if something that is not so, or not known, were so."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from screening.clinical.hypoglycemia import EventHistory
from screening.rules.answers import Answer
from screening.rules.implications import with_implications
from screening.rules.inputs import Known


def with_answer(known: Known, answer: Answer) -> Known:
    """Return what would be known with one more answer, or another one, and all that follows from it."""
    answers, catalogue = known.answers, known.reader.catalogue
    stated = {**answers.stated, answer.fact: answer}
    settled, conflicts = with_implications(catalogue, stated, answers.as_of)
    not_known = {fact: why for fact, why in answers.not_known.items() if fact != answer.fact}
    supposed = replace(answers, known=settled, not_known=not_known, conflicts=conflicts, stated=stated)
    return Known(known.reader, supposed, known.day)


def with_history(known: Known, history: EventHistory) -> Known:
    """Return what would be known with this list of severe events."""
    return Known(known.reader, replace(known.answers, history=history), known.day)


class Supposed(Known):
    """What is known of a person, but for some inputs that are taken to have other values.

    The values stand on every day: a supposed age or count does not move.
    """

    __slots__ = ("values_supposed",)

    def __init__(
        self, known: Known, values: Mapping[int, Any], day: date | None = None, base: "Supposed | None" = None
    ) -> None:
        super().__init__(known.reader, known.answers, known.day if day is None else day, base)
        self.values_supposed = dict(values)
        self.update(self.values_supposed)

    def at(self, day: date) -> Known:
        """Return the same on a later day."""
        base = self if self.base is None else self.base
        assert isinstance(base, Supposed)
        if day not in base.later:
            base.later[day] = Supposed(self, self.values_supposed, day, base)
        return base.later[day]
