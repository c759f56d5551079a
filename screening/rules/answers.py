"""What is known about one person: answers with their dates, and the problems of reading them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from screening.clinical.dates import DateSpan, day_number, say_span
from screening.clinical.hypoglycemia import EventHistory

SENT = "sent"
WHY_NOT_KNOWN = ("not known", "not done", "not found", "declined", SENT)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in what was handed in: the fact it is about, and what to do."""

    fact: str
    message: str

    def __str__(self) -> str:
        return f"{self.fact}: {self.message}"


class Problems(Exception):
    """Answers cannot be used; `problems` has every reason."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{len(self.problems)} problems")


@dataclass(frozen=True, slots=True)
class Answer:
    """A known answer.

    Attributes:
        value: for a number (low, high), equal where it is known exactly; for a date its span;
            for a choice its key; for several choices those known, each yes or no; else yes or no.
        unit: identifier of the unit it was typed in; empty where there is none.
        on: when it was true; None for undated.
        origin: where it is from.
        written: the number as it was typed.
    """

    fact: str
    value: Any
    unit: str = ""
    on: DateSpan | None = None
    origin: str = ""
    written: str = ""
    on_number: int = field(init=False, repr=False)
    """The earliest day it may be of, as yyyymmdd; 0 for undated."""
    stored: Any = field(init=False, repr=False)
    """The value as rules read it: a number with its unit, a date as yyyymmdd at both ends."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "on_number", 0 if self.on is None else day_number(self.on.first))
        stored = self.value
        if isinstance(stored, tuple):
            stored = (*stored, self.unit)
        elif isinstance(stored, DateSpan):
            stored = day_number(stored.first), day_number(stored.last)
        object.__setattr__(self, "stored", stored)


@dataclass(frozen=True, slots=True)
class NotKnown:
    """A question that was asked and could not be answered."""

    why: str
    due: date | None = None

    def __str__(self) -> str:
        return f"{self.why}, due {say_span(DateSpan(self.due, self.due))}" if self.due else self.why


@dataclass(frozen=True, slots=True)
class Answers:
    """All that is known about one person on one day."""

    as_of: date
    known: Mapping[str, Answer]
    not_known: Mapping[str, NotKnown] = field(default_factory=dict)
    conflicts: Mapping[str, str] = field(default_factory=dict)
    """Facts whose answer contradicts another one, and how."""
    history: EventHistory | None = None
    stated: Mapping[str, Answer] = field(default_factory=dict)
    """The answers as given, before what follows from them and without regard to contradictions."""

    @property
    def nothing_known(self) -> bool:
        """Whether no question has an answer yet, other than that it is not known."""
        return not self.known and self.history is None
