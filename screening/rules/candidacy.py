"""A person's standing for one protocol, today and as days pass with nothing else happening."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Protocol

from screening.clinical.dates import lookback, reaches
from screening.rules.evaluate import Assessment, Compiled, CompiledProtocol, Outcome, change_days
from screening.rules.facts import EVENTS
from screening.rules.inputs import CountInput, Known
from screening.rules.sentences import Account
from screening.rules.truth import Truth

HORIZON_MONTHS = 24
"""How far ahead a person counts as not yet a candidate rather than an unlikely one."""


class Candidacy(Enum):
    """A person's standing on the deciding criteria of one protocol."""

    LIKELY = "likely"
    POSSIBLE = "possible"
    NOT_YET = "not_yet"
    UNLIKELY = "unlikely"


@dataclass(frozen=True, slots=True)
class Standing:
    """A candidacy and its days.

    Attributes:
        not_before: for `not_yet`, the first day on which no deciding criterion fails.
        lapses_on: the first day on which the candidacy is another one.
    """

    candidacy: Candidacy
    not_before: date | None
    lapses_on: date | None


class Answered(Protocol):
    """A criterion's answer, as far as a standing needs it."""

    @property
    def outcome(self) -> Outcome: ...


def standing(
    deciding: Sequence[Compiled], assessments: Sequence[Answered], known: Known, best: str | None
) -> Standing:
    """Return the standing of a person on `deciding`, whose answers today are `assessments`.

    Values stay as they are and no event is added; only time facts and look-back windows move.
    """
    fixed = [
        one.outcome for one, compiled in zip(assessments, deciding, strict=True) if not compiled.crossings
    ]
    moving = [compiled for compiled in deciding if compiled.crossings]

    def outcomes_on(day: date) -> list[Outcome]:
        then = known.at(day)
        return [*fixed, *(compiled.outcome(then) for compiled in moving)]

    today = [one.outcome for one in assessments]
    horizon = reaches(known.day, HORIZON_MONTHS, "months")
    if Outcome.FAIL not in today:
        candidacy = _without_failure(today, best)
        days = _days(moving, known, horizon)
        lapses = _first(days, lambda day: _not_failing(outcomes_on(day), best) is not candidacy)
        return Standing(candidacy, None, lapses)
    if Outcome.FAIL in fixed:
        return Standing(Candidacy.UNLIKELY, None, None)
    days = _days(moving, known, reaches(known.day, 2 * HORIZON_MONTHS, "months"))
    clear = _first(days, lambda day: Outcome.FAIL not in outcomes_on(day))
    if clear is None:
        return Standing(Candidacy.UNLIKELY, None, None)
    if clear <= horizon:
        return Standing(Candidacy.NOT_YET, clear, clear)
    in_reach = lookback(clear, HORIZON_MONTHS, "months")
    if reaches(in_reach, HORIZON_MONTHS, "months") < clear:
        in_reach += timedelta(days=1)
    return Standing(Candidacy.UNLIKELY, None, in_reach)


@dataclass(frozen=True, slots=True)
class Decided:
    """A criterion's outcome, as far as a standing needs it."""

    outcome: Outcome


def candidacy_of(
    compiled: CompiledProtocol, outcomes: Sequence[Outcome], known: Known
) -> tuple[Candidacy, date | None]:
    """Return the candidacy that the deciding `outcomes` come to, and for `not_yet` its first day."""
    deciding, best = compiled.deciding, compiled.protocol.best
    if Outcome.FAIL not in outcomes:
        return _without_failure(outcomes, best), None
    for one, outcome in zip(deciding, outcomes, strict=True):
        if outcome is Outcome.FAIL and not one.crossings:
            return Candidacy.UNLIKELY, None
    stands = standing(deciding, list(map(Decided, outcomes)), known, best)
    return stands.candidacy, stands.not_before


def _without_failure(outcomes: Iterable[Outcome], best: str | None) -> Candidacy:
    return Candidacy.POSSIBLE if best is not None or Outcome.UNKNOWN in outcomes else Candidacy.LIKELY


def _not_failing(outcomes: list[Outcome], best: str | None) -> Candidacy | None:
    return None if Outcome.FAIL in outcomes else _without_failure(outcomes, best)


def _days(moving: list[Compiled], known: Known, until: date) -> list[date]:
    return sorted({day for compiled in moving for day in change_days(compiled, known, until)})


def _first(days: list[date], holds: Callable[[date], bool]) -> date | None:
    return next((day for day in days if holds(day)), None)


def last_days(
    deciding: Sequence[Compiled], assessments: Sequence[Assessment], account: Account
) -> dict[str, date]:
    """Return the last day on which each answer is current, of those that decided something and go stale."""
    found: dict[str, date] = {}
    for compiled, assessment in zip(deciding, assessments, strict=True):
        if assessment.outcome is Outcome.UNKNOWN:
            continue
        for read in assessment.reads:
            ends = account.lasting[read]
            if isinstance(read.source, CountInput):
                ends += _list_lasts(compiled, read.source, account.known)
            for fact, end in ends:
                found[fact] = min(found.get(fact, end), end)
    return found


def _list_lasts(compiled: Compiled, source: CountInput, known: Known) -> tuple[tuple[str, date], ...]:
    """Return the end of the list of events being taken as complete, where the answer hangs on that."""
    judged = source.judged(known)
    assert judged is not None
    open_ended = Known(known.reader, known.answers, known.day)
    open_ended.update(known)
    open_ended[source.place] = (known[source.place][0], math.inf, "")
    hangs = compiled.condition(open_ended) is Truth.UNKNOWN
    return ((EVENTS, judged.asking.complete_until),) if hangs else ()
