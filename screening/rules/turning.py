"""The days on which time alone changes an answer or a standing, both ways.

Values stay as they are and no event is added; only time facts and look-back windows move.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from screening.clinical.dates import reaches
from screening.rules.candidacy import HORIZON_MONTHS
from screening.rules.evaluate import Change, Compiled, CompiledProtocol, Outcome, change_days
from screening.rules.inputs import Known

FAILS = "fails"
"""What a trial's standing turns to on a day on which some deciding criterion fails."""


class Turn(NamedTuple):
    """A day, and what a trial's standing is from then on: likely, possible, or FAILS."""

    on: date
    to: str


def horizon(known: Known) -> date:
    """Return the last day that is looked at."""
    return reaches(known.day, HORIZON_MONTHS, "months")


def changes(compiled: Compiled, known: Known) -> list[Change]:
    """Return every day up to the horizon on which the condition becomes another one, and which."""
    found: list[Change] = []
    before = compiled.condition(known)
    for day in change_days(compiled, known, horizon(known)):
        then = compiled.condition(known.at(day))
        if then is not before:
            found.append(Change(day, then))
            before = then
    return found


def turns(protocol: CompiledProtocol, known: Known) -> list[Turn]:
    """Return every day up to the horizon on which the standing for a protocol becomes another one."""
    deciding = protocol.deciding
    days = sorted({day for one in deciding for day in change_days(one, known, horizon(known))})
    best = protocol.protocol.best
    found: list[Turn] = []
    before = _standing([one.outcome(known) for one in deciding], best)
    for day in days:
        then = _standing([one.outcome(known.at(day)) for one in deciding], best)
        if then != before:
            found.append(Turn(day, then))
            before = then
    return found


def _standing(outcomes: Sequence[Outcome], best: str | None) -> str:
    if Outcome.FAIL in outcomes:
        return FAILS
    return "possible" if best is not None or Outcome.UNKNOWN in outcomes else "likely"
