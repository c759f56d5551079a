"""What a file leaves open and nobody may guess: the zone, the unit, the order of day and month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

DATE_ORDERS = {
    "day-first": "the day comes first: 4/3 is 4 March",
    "month-first": "the month comes first: 4/3 is 3 April",
}


@dataclass(frozen=True)
class Question:
    """One thing to answer before a file can be read.

    Attributes:
        about: `zone`, `unit` or `date_order`: the argument of `read_cgm` that answers it.
        text: the question, with what in the file raises it.
        options: the possible answers and what each means; empty for a zone, which is any IANA name.
        example: one answer.
    """

    about: str
    text: str
    options: tuple[tuple[str, str], ...]
    example: str


class Unsettled(Exception):
    """The file can be read once its questions are answered; `questions` has them all."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self.questions = tuple(questions)
        super().__init__(f"{len(self.questions)} questions")


def ask_zone(why: str) -> Question:
    return Question("zone", f"In which time zone did the person live? {why}", (), "Europe/London")


def ask_unit() -> Question:
    return Question(
        "unit",
        "In which unit are the readings? The file does not say, and they fit both.",
        (("mg/dL", "milligrams per decilitre"), ("mmol/L", "millimoles per litre")),
        "mg/dL",
    )


def ask_date_order(example: str) -> Question:
    return Question(
        "date_order",
        f"Does the day or the month come first in dates like {example}? No day in the file is above 12.",
        tuple(DATE_ORDERS.items()),
        "day-first",
    )
