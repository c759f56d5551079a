"""What rules read of a person on a day: numbers, dates, choices, yes and no, counts of events.

A number or date is an interval of what it may be, `(low, high)`; not known is None. An input works
its value out when a rule first asks for it.
"""

import math
from collections.abc import Callable, Hashable, Iterator
from datetime import date, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from screening.clinical.dates import DateSpan, Duration, day_number, day_of, lookback, reaches, read_duration
from screening.clinical.hypoglycemia import CLARKE_QUESTIONS, Judged, clarke
from screening.clinical.units import CONVERSIONS
from screening.rules.answers import Answer, Answers
from screening.rules.facts import EVENT_WINDOWS, EVENTS, Fact, Name
from screening.rules.language import Expression
from screening.rules.truth import Truth

if TYPE_CHECKING:
    from screening.rules.reader import Reader

Interval = tuple[float, float, str]
"""The lowest and highest value a number may have, and the unit it is in."""

ONE_DAY = timedelta(days=1)


Own = tuple[int, int, dict[Any, int]]
"""An input that is the answer to a fact and nothing else: its place, the earliest day, as yyyymmdd, of which
an answer is current, and that day for each answer where it hangs on the answer."""

Formula = Callable[["Known"], tuple[float, float] | None]
Test = Callable[["Known"], Truth]


class Known(dict[int, Any]):
    """What is known of one person on one day: the value of each input, by its place in the reader."""

    __slots__ = (
        "answers",
        "as_of",
        "as_of_number",
        "base",
        "day",
        "day_number",
        "later",
        "reader",
        "starts",
        "turns",
    )

    def __init__(self, reader: "Reader", answers: Answers, day: date, base: "Known | None" = None) -> None:
        self.reader, self.answers, self.day, self.base = reader, answers, day, base
        self.as_of = answers.as_of
        self.starts = starts = reader.starts(day)
        self.day_number = starts.number
        self.as_of_number: int = starts.number if base is None else base.as_of_number
        self.later: dict[date, Known] = {}
        self.turns: dict[Hashable, list[date]] = {}
        """Days on which a criterion may turn, by the criterion and the last day looked at."""
        if base is not None:
            return
        super().__init__(reader.blank)
        own = reader.own(day)
        for name, answer in answers.known.items():
            for place, since, by_answer in own[name]:
                if answer.on_number >= (by_answer[answer.value] if by_answer else since):
                    self[place] = answer.stored

    def __missing__(self, place: int) -> Any:
        source = self.reader.inputs[place]
        value = source.read(self) if self.base is None or source.moves else self.base[place]
        self[place] = value
        return value

    def at(self, day: date) -> "Known":
        """Return what is known on a later day if nothing happens: only time moves."""
        base = self if self.base is None else self.base
        if day not in base.later:
            base.later[day] = Known(self.reader, self.answers, day, base)
        return base.later[day]


class Starts(dict[Duration, int]):
    """The first days, as yyyymmdd, of windows that end on one day; shared by all people.

    Attributes:
        number: the day itself.
    """

    def __init__(self, day: date) -> None:
        super().__init__()
        self.day, self.number = day, day_number(day)

    def __missing__(self, length: Duration) -> int:
        start = self[length] = day_number(lookback(self.day, length.number, length.unit))
        return start

    def since(self, life: Duration | None) -> int:
        """Return the earliest day of which an answer that lives so long is current; 0 for any day."""
        return 0 if life is None else self[life]


class Input:
    """Something a rule reads.

    Attributes:
        place: its place in the reader.
        moves: whether it changes as days pass, with no new answer.
    """

    moves = False

    def __init__(self) -> None:
        self.place = -1

    @property
    def plain(self) -> bool:
        """Whether its value is an answer as it stands, while that is current by its own age alone."""
        return False

    def read(self, known: Known) -> Any:
        """Return its value, or None where it is not known."""
        raise NotImplementedError

    def sources(self) -> tuple["Input", ...]:
        """Return the inputs this one is worked out from; itself where it is an answer."""
        return (self,)

    def crossings(self, known: Known, until: date) -> Iterator[date]:
        """Yield the days up to `until` on which its value may change by time alone."""
        return iter(())


class FactInput(Input):
    """The answer to one fact, while it is current.

    Attributes:
        within: the age a rule allows the answer, in place of the fact's own.
    """

    def __init__(self, fact: Fact, within: Duration | None, fresher: Test | None) -> None:
        super().__init__()
        self.fact, self.within, self.fresher = fact, within, fresher
        self.name = fact.name
        self.ages = within is not None or fact.ages
        self.by_answer = within is None and isinstance(fact.fresh_for, dict)
        self.life = within if within is not None else None if self.by_answer else fact.life_of(None)
        answers = (fact.choices if fact.kind == "choice" else (True, False)) if self.by_answer else ()
        self.lives = {answer: fact.life_of(answer) for answer in answers}
        self.short: Duration | None = None
        if fact.fresher_when is not None and within is None:
            self.short = read_duration(fact.fresher_when.fresh_for)

    @property
    def plain(self) -> bool:
        return self.short is None

    def current(self, known: Known) -> Answer | None:
        """Return the answer, unless it is missing, undated, too old or contradicted."""
        answer = known.answers.known.get(self.name)
        if answer is None or not self.ages:
            return answer
        life = self.lives[answer.value] if self.by_answer else self.life
        if life is None:
            return answer
        today = known if known.base is None else known.base
        if answer.on_number < today.starts[life]:
            return None
        if self.short is not None and answer.on_number < today.starts[self.short]:
            assert self.fresher is not None
            return answer if self.fresher(today) is Truth.FALSE else None
        return answer

    def allowed_age(self, known: Known) -> Duration | None:
        """Return how old the answer may be; None for any age."""
        answer = known.answers.known.get(self.name)
        if answer is None or not self.ages:
            return None
        life = self.lives[answer.value] if self.by_answer else self.life
        if life is not None and self.short is not None and self.fresher is not None:
            today = known if known.base is None else known.base
            return life if self.fresher(today) is Truth.FALSE else self.short
        return life

    def lasts(self, known: Known) -> date | None:
        """Return the last day on which the answer is current; None where it is not or does not age."""
        answer = self.current(known) if self.ages else None
        if answer is None or answer.on is None or (allowed := self.allowed_age(known)) is None:
            return None
        return reaches(answer.on.first + ONE_DAY, allowed.number, allowed.unit) - ONE_DAY


class NumberInput(FactInput):
    """A number: as answered, as worked out, or both."""

    def __init__(
        self,
        fact: Fact,
        within: Duration | None,
        fresher: Test | None,
        formula: "Derivation | None",
        floors: tuple["NumberInput", ...],
    ) -> None:
        super().__init__(fact, within, fresher)
        self.formula, self.floors = formula, floors
        self.only_worked_out = formula is not None and not fact.asked

    @property
    def plain(self) -> bool:
        return super().plain and self.formula is None and not self.floors

    def read(self, known: Known) -> Interval | None:
        answer = None if self.only_worked_out else self.current(known)
        if answer is not None:
            low, high = answer.value
            if self.formula is None:
                return low, high, answer.unit
            computed = self.formula.value(known)
            if computed is None or computed[0] <= low <= high <= computed[1]:
                return low, high, answer.unit
            return min(low, computed[0]), max(high, computed[1]), self.fact.canonical_unit
        if self.formula is not None:
            computed = self.formula.value(known)
            return None if computed is None else (*computed, self.fact.canonical_unit)
        floor = self.floor(known) if self.floors else None
        if floor is None:
            return None
        least, _, unit = known[floor.place]
        return least, math.inf, unit

    def floor(self, known: Known) -> "NumberInput | None":
        """Return the highest known of the numbers this one is at least, while it is missing itself."""
        highest, most = None, -math.inf
        for floor in self.floors:
            value = known[floor.place]
            if value is not None and (least := _canonical_low(floor, value)) > most:
                highest, most = floor, least
        return highest

    def lasts(self, known: Known) -> date | None:
        """Return the last day of the answer, or of the number that it is known by."""
        if self.floors and self.current(known) is None:
            floor = self.floor(known)
            return None if floor is None else floor.lasts(known)
        return super().lasts(known)

    def sources(self) -> tuple[Input, ...]:
        return (self, *(self.formula.sources() if self.formula is not None else ()))


def _canonical_low(source: NumberInput, value: Interval) -> float:
    low, _, unit = value
    return low if unit == source.fact.canonical_unit else CONVERSIONS[unit, source.fact.canonical_unit](low)


class ChoiceInput(FactInput):
    """The key of a choice."""

    def read(self, known: Known) -> str | None:
        answer = self.current(known)
        return None if answer is None else answer.value


class TruthInput(FactInput):
    """A yes or no, or one choice of several."""

    def __init__(self, fact: Fact, within: Duration | None, fresher: Test | None, part: str) -> None:
        super().__init__(fact, within, fresher)
        self.part = part

    @property
    def plain(self) -> bool:
        return super().plain and not self.part

    def read(self, known: Known) -> bool | None:
        answer = self.current(known)
        if answer is None:
            return None
        found: bool | None = answer.value.get(self.part) if self.part else answer.value
        return found


class DateInput(FactInput):
    """A date, as yyyymmdd at both ends."""

    def read(self, known: Known) -> tuple[int, int] | None:
        answer = self.current(known)
        return None if answer is None else (day_number(answer.value.first), day_number(answer.value.last))


class AgeInput(Input):
    """Completed years since the birth, or since another date when `date_place` is not that of the birth."""

    moves = True

    def __init__(self, source: DateInput) -> None:
        super().__init__()
        self.source = source

    def read(self, known: Known) -> Interval | None:
        span = known[self.source.place]
        if span is None:
            return None
        return float((known.day_number - span[1]) // 10000), float((known.day_number - span[0]) // 10000), ""

    def sources(self) -> tuple[Input, ...]:
        return (self.source,)

    def crossings(self, known: Known, until: date) -> Iterator[date]:
        for end in known[self.source.place] or ():
            years = (known.day_number - end) // 10000
            while (birthday := reaches(day_of(end), years := years + 1, "years")) <= until:
                yield birthday


class AgeAtInput(Input):
    """Completed years from the birth to another date."""

    def __init__(self, birth: DateInput, then: DateInput) -> None:
        super().__init__()
        self.birth, self.then = birth, then

    def read(self, known: Known) -> Interval | None:
        birth, then = known[self.birth.place], known[self.then.place]
        if birth is None or then is None:
            return None
        return float((then[0] - birth[1]) // 10000), float((then[1] - birth[0]) // 10000), ""

    def sources(self) -> tuple[Input, ...]:
        return (self.birth, self.then)


class CountInput(Input):
    """The number of severe events by one definition since the start of a window."""

    moves = True

    def __init__(self, name: Name, aid_start: DateInput | None) -> None:
        super().__init__()
        self.name, self.definition, self.aid_start = name.text, name.part, aid_start
        self.months = EVENT_WINDOWS.get(name.unit, 0)
        self.length = Duration(self.months, "months")

    def window(self, known: Known) -> DateSpan | None:
        """Return the first day of the window."""
        if self.aid_start is None:
            first = lookback(known.day, self.months, "months")
            return DateSpan(first, first)
        span = known[self.aid_start.place]
        return None if span is None else DateSpan(day_of(span[0]), day_of(span[1]))

    def judged(self, known: Known) -> Judged | None:
        """Return the events that count, or may count."""
        history = known.answers.history
        return None if history is None else history.judged[self.definition]

    def read(self, known: Known) -> Interval | None:
        history = known.answers.history
        if history is None:
            return None
        if self.aid_start is None:
            first = last = known.starts[self.length]
        else:
            span = known[self.aid_start.place]
            if span is None:
                return None
            first, last = span
        low, high = history.judged[self.definition].since(first, last, known.as_of_number)
        return float(low), math.inf if high is None else float(high), ""

    def sources(self) -> tuple[Input, ...]:
        return (self,) if self.aid_start is None else (self, self.aid_start)

    def crossings(self, known: Known, until: date) -> Iterator[date]:
        judged = self.judged(known)
        if judged is None or self.aid_start is not None:
            return
        asking, months, day = judged.asking, self.months, timedelta(days=1)
        for last, first in judged.possible:
            yield reaches(first + day, months, "months")
            yield reaches(last + day, months, "months")
        if asking.complete_from is not None and asking.complete_from > known.day - timedelta(days=1500):
            yield reaches(asking.complete_from, months, "months")
        if judged.more:
            yield reaches(asking.year_before + day, months, "months")


class ExpressionInput(Input):
    """A number that a rule works out from others."""

    def __init__(self, tree: Expression, formula: Formula, leaves: tuple[Input, ...]) -> None:
        super().__init__()
        self.tree, self.formula, self.leaves = tree, formula, leaves
        self.moves = any(leaf.moves for leaf in leaves)

    def read(self, known: Known) -> Interval | None:
        found = self.formula(known)
        return None if found is None else (*found, "")

    def sources(self) -> tuple[Input, ...]:
        return tuple(source for leaf in self.leaves for source in leaf.sources())

    def crossings(self, known: Known, until: date) -> Iterator[date]:
        for leaf in self.leaves:
            yield from leaf.crossings(known, until)


class Derivation:
    """How a derived fact is worked out: the first formula that applies, or all that may be it.

    Attributes:
        cases: formulas, each with the test of when it is the one.
        leaves: all that is read.
        needed: the places of what every formula reads.
    """

    def __init__(
        self,
        cases: list[tuple[Test | None, Formula]],
        leaves: tuple[Input, ...],
        needed: tuple[int, ...],
    ) -> None:
        self.cases, self.leaves, self.needed = cases, leaves, needed
        self.only = cases[0][1] if len(cases) == 1 and cases[0][0] is None else None

    def value(self, known: Known) -> tuple[float, float] | None:
        """Return the interval; where it is not known which case applies, the hull of those that may."""
        today = known if known.base is None else known.base
        if self.only is not None:
            return self.only(today)
        for place in self.needed:
            if today[place] is None:
                return None
        possible: list[tuple[float, float] | None] = []
        true, false = Truth.TRUE, Truth.FALSE
        for applies, formula in self.cases:
            truth = true if applies is None else applies(today)
            if truth is true and not possible:
                return formula(today)
            if truth is not false:
                possible.append(formula(today))
            if truth is true:
                break
        known_values = [value for value in possible if value is not None]
        if not possible or len(known_values) < len(possible):
            return None
        return min(low for low, _ in known_values), max(high for _, high in known_values)

    def sources(self) -> tuple[Input, ...]:
        """Return the answers it is worked out from."""
        return tuple(dict.fromkeys(source for leaf in self.leaves for source in leaf.sources()))


class Survey(Derivation):
    """The Clarke score from the answers to its eight questions."""

    def __init__(self, questions: tuple[Input, ...]) -> None:
        super().__init__([], questions, ())
        self.given = itemgetter(*[question.place for question in questions])

    def value(self, known: Known) -> tuple[float, float] | None:
        return _clarke_score(self.given(known if known.base is None else known.base))


@lru_cache(maxsize=4096)
def _clarke_score(given: tuple[Any, ...]) -> tuple[float, float] | None:
    """Return the lowest and highest score the answers leave open; None where no question is answered."""
    answers = dict(zip(CLARKE_QUESTIONS, map(_plain, given), strict=True))
    if all(answer is None for answer in answers.values()):
        return None
    result = clarke(answers)
    return float(result.low), float(result.high)


def _plain(answer: Any) -> Any:
    """Return an answer as the survey takes it; a count only where it is known whether it is above 0."""
    if not isinstance(answer, tuple):
        return answer
    low, high, _ = answer
    return int(low) if low >= 1 or high < 1 else None


class SampleAge(Input):
    """The age on the day of the measurement a formula starts from."""

    def __init__(self, birth: DateInput, measured: FactInput) -> None:
        super().__init__()
        self.birth, self.measured = birth, measured

    def read(self, known: Known) -> Interval | None:
        birth, answer = known[self.birth.place], self.measured.current(known)
        if birth is None or answer is None or answer.on is None:
            return None
        last = day_number(answer.on.last)
        return float((answer.on_number - birth[1]) // 10000), float((last - birth[0]) // 10000), ""

    def sources(self) -> tuple[Input, ...]:
        return (self.birth,)


def fact_of(source: Input) -> str:
    """Return the name of the fact, or of the list, that an answer belongs to."""
    return source.fact.name if isinstance(source, FactInput) else EVENTS
