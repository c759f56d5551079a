"""The answers a question may have, as far as rules can tell them apart.

A number or a date is cut where some comparison turns: between two cuts all answers do the same, so that
one of them stands for all. What a rule works out from the answer and from what is known is turned round
by trying answers, closer and closer.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from itertools import groupby, pairwise, product

from screening.clinical.dates import DateSpan, lookback, reaches, say_day
from screening.clinical.hypoglycemia import EVER, EventHistory, Glucose, SevereEvent
from screening.clinical.units import LABELS
from screening.rules.answers import Answer
from screening.rules.candidacy import HORIZON_MONTHS
from screening.rules.conditions import Comparison, Compiler, cut_points
from screening.rules.facts import BIRTH, Fact
from screening.rules.inputs import DateInput, Known, NumberInput, Test
from screening.rules.language import write_number
from screening.rules.supposing import with_answer, with_history

STEP = 0.01
"""How finely a number is tried whose fact names no reporting precision."""
DIGITS = 4
MOST_YEARS = 110
"""How far back a date is tried."""
PARTS = 16
"""Into how many parts the answers are cut before it is looked for where a comparison turns."""
MOST_SUBSETS = 64
NAMED = 3
"""How many sets of several choices are named one by one."""
FURTHER_EVENTS = 3
"""How many events are supposed at most beyond those that are known: no rule tells more apart."""
_TURNS_AT = {
    ">=": (False,),
    "<": (False,),
    ">": (True,),
    "<=": (True,),
    "=": (False, True),
    "<>": (False, True),
}
"""Whether a comparison turns at its threshold, or just above it."""


@dataclass(frozen=True, slots=True)
class Suppositions:
    """What would be known with each kind of answer, and the words for some of them together.

    Attributes:
        supposed: what would be known, one for each kind.
        say: the words for the kinds at these places, which are in order.
    """

    supposed: Sequence[Known]
    say: Callable[[Sequence[int]], str]


def suppositions(
    compiler: Compiler, known: Known, fact: Fact, comparisons: Iterable[Comparison], unit: str = ""
) -> Suppositions | None:
    """Return the answers to `fact` that rules can tell apart; None where there are too many to try.

    Args:
        compiler: makes the tests of comparisons.
        known: what is known without the answer.
        fact: what is asked.
        comparisons: those of the rules that its answer may turn.
        unit: the unit the number is typed in; empty for the canonical one.
    """
    today = DateSpan(known.answers.as_of, known.answers.as_of)
    match fact.kind:
        case "yes_no":
            answers = [Answer(fact.name, value, on=today) for value in (True, False)]
            return _listed(known, answers, ["yes", "no"])
        case "choice":
            answers = [Answer(fact.name, choice, on=today) for choice in fact.choices]
            return _listed(known, answers, list(fact.choices.values()))
        case "choices":
            return _subsets(known, fact, today)
        case "date":
            return _days(compiler, known, fact, comparisons)
    return _numbers(compiler, known, fact, comparisons, unit or fact.canonical_unit)


def further_events(known: Known) -> Suppositions:
    """Return what would be known if the list of severe events were complete, with up to some more events.

    A supposed event is one of the last weeks that counts by every definition.
    """
    as_of, history = known.answers.as_of, known.answers.history
    told = history.events if history is not None else ()
    supposed = []
    for count in range(FURTHER_EVENTS + 1):
        new = tuple(_event(as_of - timedelta(days=7 * (place + 1))) for place in range(count))
        supposed.append(with_history(known, EventHistory((*told, *new), as_of, EVER)))

    def say(places: Sequence[int]) -> str:
        kind = "further " if told else ""
        return " or ".join(_events_in_words(run, kind) for run in _runs(places))

    return Suppositions(supposed, say)


def _event(day: date) -> SevereEvent:
    return SevereEvent(
        on=DateSpan(day, day),
        assistance=True,
        impaired=True,
        symptoms=frozenset({"could_not_be_woken"}),
        glucose=Glucose(41, "mg_dl"),
        recovered_after_treatment=True,
        cause="none_found",
        documented="chart",
        told_by="witness",
    )


def _events_in_words(run: Sequence[int], kind: str) -> str:
    first, last = run[0], run[-1]
    if last == FURTHER_EVENTS:
        return f"{first} or more {kind}recent events"
    if first == last == 0:
        return f"no {kind}event"
    amount = str(first) if first == last else f"{first} to {last}"
    return f"{amount} {kind}recent {'event' if first == last == 1 else 'events'}"


def _runs(places: Sequence[int]) -> Iterator[list[int]]:
    """Yield the runs of places that follow each other."""
    for _, run in groupby(enumerate(places), lambda pair: pair[1] - pair[0]):
        yield [place for _, place in run]


def _listed(known: Known, answers: Sequence[Answer], labels: Sequence[str]) -> Suppositions:
    return Suppositions(
        [with_answer(known, answer) for answer in answers],
        lambda places: " or ".join(labels[place] for place in places),
    )


def _subsets(known: Known, fact: Fact, today: DateSpan) -> Suppositions | None:
    """Return each choice of some of several, fewest first."""
    if 2 ** len(fact.choices) > MOST_SUBSETS:
        return None
    chosen = sorted(product((False, True), repeat=len(fact.choices)), key=sum)
    answers = [Answer(fact.name, dict(zip(fact.choices, each, strict=True)), on=today) for each in chosen]

    def say(places: Sequence[int]) -> str:
        counts = {sum(chosen[place]) for place in places}
        of_them = " or ".join(_count_of(run, len(fact.choices)) for run in _runs(sorted(counts)))
        if all(sum(each) not in counts or place in places for place, each in enumerate(chosen)):
            return of_them
        if len(places) > NAMED:
            return f"some sets of {of_them}"
        named = [
            " and ".join(
                label for label, one in zip(fact.choices.values(), chosen[place], strict=True) if one
            )
            for place in places
        ]
        return " or ".join(name or "none" for name in named)

    return Suppositions([with_answer(known, answer) for answer in answers], say)


def _count_of(run: Sequence[int], most: int) -> str:
    if run[0] == run[-1]:
        return "none" if run[0] == 0 else f"{run[0]} of them"
    return f"{run[0]} or more of them" if run[-1] == most else f"{run[0]} to {run[-1]} of them"


def _numbers(
    compiler: Compiler, known: Known, fact: Fact, comparisons: Iterable[Comparison], unit: str
) -> Suppositions:
    low, high = fact.plausible[unit]
    step = 1.0 if fact.only_whole else fact.precision.get(unit, STEP)
    today = DateSpan(known.answers.as_of, known.answers.as_of)

    @cache
    def tried(number: float) -> Known:
        return with_answer(known, Answer(fact.name, (number, number), unit, today, "", write_number(number)))

    def on_grid(place: int) -> float:
        return round(low + place * step, 9)

    last = math.floor((high - low) / step + 1e-9)
    cuts = {low}
    for comparison in comparisons:
        source = comparison.source
        if isinstance(source, NumberInput) and source.name == fact.name:
            for strict in _TURNS_AT[comparison.operator]:
                cuts.add(cut_points(fact, comparison.unit, comparison.threshold, strict=strict)[unit])
            cuts.update(_ends_worked_out(source, known))
        else:
            turns = _turns(compiler.compared(comparison), lambda place: tried(on_grid(place)), 0, last)
            cuts.update(map(on_grid, turns))
    if fact.only_whole:
        cuts = {float(math.ceil(cut)) for cut in cuts}
    firsts = sorted(cut for cut in cuts if low <= cut <= high)
    label = LABELS.get(unit, "")

    def say(places: Sequence[int]) -> str:
        said = []
        for run in _runs(places):
            start = None if run[0] == 0 else firsts[run[0]]
            end = firsts[run[-1] + 1] if run[-1] + 1 < len(firsts) else None
            said.append(_between(start, end, f" {label}".rstrip(), whole=fact.only_whole))
        return " or ".join(said)

    return Suppositions([tried(first) for first in firsts], say)


def _ends_worked_out(source: NumberInput, known: Known) -> Iterator[float]:
    """Yield where an answer begins to contradict what is worked out of other answers, and ceases to."""
    worked_out = source.formula.value(known) if source.formula is not None else None
    if worked_out is not None:
        yield worked_out[0]
        yield math.nextafter(worked_out[1], math.inf)


def _between(start: float | None, end: float | None, unit: str, *, whole: bool) -> str:
    """Return the numbers from `start` up to, and without, `end` in words; `unit` follows the last number."""
    if start is None and end is None:
        return "any number"
    if start is not None and end is not None and whole:
        first, last = write_number(start), write_number(end - 1)
        return f"exactly {first}{unit}" if first == last else f"{first} to {last}{unit}"
    if start is None:
        assert end is not None
        above, limit = _limit(end)
        if whole:
            return f"{write_number(end - 1)}{unit} or less"
        return f"{limit}{unit} or less" if above else f"less than {limit}{unit}"
    above, least = _limit(start)
    if end is None:
        return f"more than {least}{unit}" if above else f"{least}{unit} or more"
    beyond, most = _limit(end)
    if least == most:
        return f"exactly {least}{unit}"
    start_words = f"more than {least}" if above else least
    return f"{start_words} to {most if beyond else f'less than {most}'}{unit}"


def _limit(cut: float) -> tuple[bool, str]:
    """Return whether a cut lies just above the number it is said by, and that number.

    A limit that another unit moved is said to four digits.
    """
    written = round(cut, 9)
    if len(write_number(written)) > DIGITS + 1:
        return False, f"{cut:.{DIGITS}g}"
    return written < cut, write_number(written)


def _days(compiler: Compiler, known: Known, fact: Fact, comparisons: Iterable[Comparison]) -> Suppositions:
    """Return the days that rules tell apart today, or on the last day up to which somebody is "not yet"."""
    as_of = known.answers.as_of
    birth = known.answers.known.get(BIRTH)
    first_day = lookback(as_of, MOST_YEARS, "years")
    if birth is not None and fact.name != BIRTH:
        first_day = max(first_day, birth.value.last)

    @cache
    def answered(answer: date) -> Known:
        return with_answer(known, Answer(fact.name, DateSpan(answer, answer)))

    def tried(on: date, place: int) -> Known:
        return answered(day_at(place)) if on == as_of else answered(day_at(place)).at(on)

    def day_at(place: int) -> date:
        return first_day + timedelta(days=place)

    last = (as_of - first_day).days
    horizon = reaches(as_of, HORIZON_MONTHS, "months")
    cuts = {first_day}
    for comparison, day in product(comparisons, (as_of, horizon)):
        source = comparison.source
        if isinstance(source, DateInput) and source.name == fact.name:
            start = lookback(day, int(comparison.threshold), comparison.unit)
            for above in _TURNS_AT[comparison.operator]:
                cuts.add(start if above else start + timedelta(days=1))
        elif source.moves or day == as_of:
            test = compiler.compared(comparison)
            turns = _turns(test, partial(tried, day), 0, last)
            cuts.update(map(day_at, turns))
    firsts = sorted(cut for cut in cuts if first_day <= cut <= as_of)

    def say(places: Sequence[int]) -> str:
        said = []
        for run in _runs(places):
            end = firsts[run[-1] + 1] - timedelta(days=1) if run[-1] + 1 < len(firsts) else None
            said.append(_days_between(None if run[0] == 0 else firsts[run[0]], end))
        return " or ".join(said)

    return Suppositions([answered(first) for first in firsts], say)


def _days_between(first: date | None, last: date | None) -> str:
    if first is None:
        return "any day" if last is None else f"{say_day(last)} or earlier"
    if last is None:
        return f"{say_day(first)} or later"
    return say_day(first) if first == last else f"{say_day(first)} to {say_day(last)}"


def _turns(test: Test, tried: Callable[[int], Known], first: int, last: int) -> Iterator[int]:
    """Yield the places from which `test` says something else, where it turns once at most in each part."""
    bounds = sorted({first + (last - first) * part // PARTS for part in range(PARTS + 1)})
    for start, end in pairwise(bounds):
        yield from _halved(test, tried, start, end)


def _halved(test: Test, tried: Callable[[int], Known], first: int, last: int) -> Iterator[int]:
    if test(tried(first)) is test(tried(last)):
        return
    if last == first + 1:
        yield last
        return
    middle = (first + last) // 2
    yield from _halved(test, tried, first, middle)
    yield from _halved(test, tried, middle, last)
