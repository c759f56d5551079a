"""Earlier answers on a later day: for which protocols a person stands elsewhere, and why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum

from screening.rules.answers import Answers
from screening.rules.candidacy import Candidacy, Decided, candidacy_of, standing
from screening.rules.evaluate import Compiled, CompiledProtocol, Outcome, Rulebook
from screening.rules.facts import BIRTH, EVENTS
from screening.rules.implications import on_later_day
from screening.rules.inputs import ONE_DAY, AgeAtInput, AgeInput, CountInput, FactInput, Input, Known
from screening.rules.overview import Conditions


class Cause(Enum):
    """Why a person stands elsewhere than at the pre-screen."""

    RULES = "rules"
    TIME = "time"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause of a change, with what of it can be named.

    Attributes:
        criteria: ids of the deciding criteria that turned.
        facts: what went stale; the list of severe events by its name.
        since: the first day of it; None for new rules.
        tells_birth: whether that day is a birthday, or hangs on one.
    """

    cause: Cause
    criteria: tuple[str, ...]
    facts: tuple[str, ...] = ()
    since: date | None = None
    tells_birth: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """A protocol for which a person stands elsewhere than was recorded.

    Attributes:
        then: the candidacy that was recorded.
        now: the candidacy on the later day, where what has gone stale is not known.
        if_still_true: the candidacy on that day if every answer still held.
    """

    protocol: str
    then: Candidacy
    now: Candidacy
    if_still_true: Candidacy
    reasons: tuple[Reason, ...]


def moved(book: Rulebook, answers: Answers, day: date, recorded: Mapping[str, Candidacy]) -> Iterator[Moved]:
    """Yield the protocols of `book` for which the person stands elsewhere on `day` than was `recorded`.

    Args:
        answers: those of the pre-screen, on its own day.
        day: that day or a later one.
        recorded: the candidacies of the pre-screen, by protocol; a protocol that is not there is left out.

    What changed is taken apart in three steps: the rules of `book` on the day of the pre-screen, time
    alone up to `day`, and what went stale by then. A step that changes nothing is no reason.
    """
    then = Conditions(book.reader.known(answers))
    by_time = Conditions(then.known.at(day) if day > answers.as_of else then.known)
    now = Conditions(book.reader.known(on_later_day(book.catalogue, answers, day)))
    for compiled in book.protocols:
        before = recorded.get(compiled.protocol.id)
        if before is None:
            continue
        stands_now, if_still_true = _stands(compiled, now), _stands(compiled, by_time)
        if stands_now is before and if_still_true is before:
            continue
        stood = _stands(compiled, then)
        reasons = []
        if stood is not before:
            reasons.append(Reason(Cause.RULES, ()))
        if if_still_true is not stood:
            reasons.append(_by_time(compiled, then, by_time))
        if stands_now is not if_still_true:
            reasons.append(_stale(compiled, by_time, now))
        yield Moved(compiled.protocol.id, before, stands_now, if_still_true, tuple(reasons))


def _stands(compiled: CompiledProtocol, conditions: Conditions) -> Candidacy:
    return candidacy_of(compiled, conditions.outcomes(compiled), conditions.known)[0]


def _by_time(compiled: CompiledProtocol, then: Conditions, by_time: Conditions) -> Reason:
    """Return which criteria time turned, and the first day on which the candidacy was another one."""
    before, after = then.outcomes(compiled), by_time.outcomes(compiled)
    turned = [one for one, old, new in zip(compiled.deciding, before, after, strict=True) if old is not new]
    if not turned:
        # What fails has only come near enough to its end.
        failing = zip(compiled.deciding, after, strict=True)
        turned = [one for one, outcome in failing if outcome is Outcome.FAIL]
    stood = standing(compiled.deciding, list(map(Decided, before)), then.known, compiled.protocol.best)
    return Reason(
        Cause.TIME,
        tuple(one.criterion.id for one in turned),
        since=stood.lapses_on,
        tells_birth=any(map(_hangs_on_birth, turned)),
    )


def _hangs_on_birth(compiled: Compiled) -> bool:
    return any(_reads_birth(source) for read in compiled.reads for source in _inputs(read.source))


def _inputs(source: Input) -> Iterator[Input]:
    yield source
    yield from getattr(source, "leaves", ())


def _reads_birth(source: Input) -> bool:
    return isinstance(source, AgeInput | AgeAtInput) or any(
        isinstance(one, FactInput) and one.name == BIRTH for one in source.sources()
    )


def _stale(compiled: CompiledProtocol, held: Conditions, now: Conditions) -> Reason:
    """Return which criteria are not decided any more, and which answers went stale, since when."""
    before, after = held.outcomes(compiled), now.outcomes(compiled)
    turned = [one for one, old, new in zip(compiled.deciding, before, after, strict=True) if old is not new]
    base = held.known if held.known.base is None else held.known.base
    ended: dict[str, date] = {}
    for one in turned:
        for read in one.reads:
            for fact, last_day in _last_days(read.source, base):
                if last_day < now.known.day:
                    ended[fact] = max(last_day, ended.get(fact, last_day))
    since = min(ended.values(), default=None)
    return Reason(
        Cause.STALE,
        tuple(one.criterion.id for one in turned),
        tuple(ended),
        None if since is None else since + ONE_DAY,
    )


def _last_days(source: Input, known: Known) -> Iterator[tuple[str, date]]:
    """Yield the facts that `source` is worked out from, each with the last day on which it counts."""
    if isinstance(source, CountInput) and (judged := source.judged(known)) is not None:
        yield EVENTS, judged.asking.complete_until
    for one in source.sources():
        if isinstance(one, FactInput) and (last_day := one.lasts(known)) is not None:
            yield one.name, last_day
