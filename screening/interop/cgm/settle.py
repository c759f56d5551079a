"""What a file says about its unit, dates and zone; what it leaves open is asked, all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from screening.clinical.cgm.units import UNITS, Unit
from screening.interop.cgm.found import Found
from screening.interop.cgm.questions import (
    DATE_ORDERS,
    Question,
    Unsettled,
    ask_date_order,
    ask_unit,
    ask_zone,
)
from screening.interop.cgm.report import places_of
from screening.interop.cgm.text import refused
from screening.interop.cgm.times import YEAR_FIRST, Shape, read_times, shape_of
from screening.interop.cgm.values import Values, implausible_places
from screening.interop.cgm.zones import instants_in, zone_named
from screening.rules.answers import Problem, Problems


@dataclass(frozen=True)
class Answers:
    """The answers to a file's questions; None is not answered."""

    zone: ZoneInfo | None = None
    unit: Unit | None = None
    date_order: str | None = None

    @classmethod
    def read(cls, zone: str | None, unit: str | None, date_order: str | None) -> Answers:
        """Return the answers as they are typed.

        Raises:
            Problems: one is no possible answer.
        """
        units = {one.label: one for one in UNITS}
        problems = []
        if unit is not None and unit not in units:
            problems.append(Problem("unit", f"Name {' or '.join(units)}"))
        if date_order is not None and date_order not in DATE_ORDERS:
            problems.append(Problem("date_order", f"Name {' or '.join(DATE_ORDERS)}"))
        if problems:
            raise Problems(problems)
        return cls(
            None if zone is None else zone_named(zone), None if unit is None else units[unit], date_order
        )


@dataclass(frozen=True)
class Settled:
    """Unit and times of a file's readings.

    Attributes:
        instants: UTC seconds of each reading, None where the time cannot be read or does not exist.
        ahead: seconds that the clock was ahead of UTC as the file says, None or empty if it does not.
        skipped: places of the readings whose time the zone skips.
        zone: the zone that was given, None if the file's own offsets are enough.
    """

    unit: Unit
    unit_from: str
    date_order: str
    date_order_from: str
    instants: Sequence[int | None]
    ahead: Sequence[int | None]
    skipped: Sequence[int]
    zone: ZoneInfo | None


def settle(found: Found, values: Values, answers: Answers) -> Settled:
    """Return unit and times of what was found.

    Raises:
        Unsettled: the file leaves something open, and `answers` does too.
        Problems: the file contradicts itself or the answers.
    """
    questions: list[Question] = []
    unit, unit_from = _unit(found, values, answers)
    if unit is None:
        questions.append(ask_unit())
    instants, ahead = found.instants, found.ahead
    order, order_from = YEAR_FIRST, "as written"
    skipped: Sequence[int] = ()
    if found.times:
        shape = shape_of(found.times)
        order, order_from = _date_order(found, shape, answers)
        if not order:
            questions.append(ask_date_order(shape.example))
        if not shape.aware and answers.zone is None:
            questions.append(ask_zone("The file gives local times and no zone."))
        elif order:
            written = read_times(found.times, shape, order)
            instants, ahead = written.seconds, written.ahead
            if not shape.aware and answers.zone is not None:
                local = instants_in(answers.zone, instants)
                instants, skipped = local.seconds, local.skipped
    if answers.zone is None and not questions and not any(ahead):
        questions.append(ask_zone("The file gives times in UTC, which do not say what the clock showed."))
    if questions or unit is None:
        raise Unsettled(questions)
    return Settled(unit, unit_from, order, order_from, instants, ahead, skipped, answers.zone)


def _unit(found: Found, values: Values, answers: Answers) -> tuple[Unit | None, str]:
    """Return the unit and how it is known; None where the values fit both."""
    possible = values.possible_units()
    word = found.tally.word
    if found.unit is not None:
        if answers.unit not in (None, found.unit):
            raise Problems([Problem("unit", f"Leave the unit out: the file says {found.unit}")])
        if found.unit not in possible:
            wrong = places_of(word, (found.rows[at] for at in implausible_places(found.unit, found.cells)))
            raise refused(
                f"Export readings of one unit: the file says {found.unit}, which does not fit {wrong}"
            )
        return found.unit, "stated in the file"
    if not possible:
        few = min(UNITS, key=values.share_outside)
        wrong = places_of(word, (found.rows[at] for at in implausible_places(few, found.cells)))
        raise refused(f"Export readings of one unit: most fit {few}, and {wrong} do not")
    if answers.unit is not None:
        if answers.unit not in possible:
            raise Problems([Problem("unit", f"Name {possible[0]}: the readings do not fit {answers.unit}")])
        return answers.unit, "given"
    return (possible[0], "the only one that the readings fit") if len(possible) == 1 else (None, "")


def _date_order(found: Found, shape: Shape, answers: Answers) -> tuple[str, str]:
    """Return the order of year, month and day, and how it is known; empty where it is open."""
    at = places_of(found.tally.word, [found.rows[shape.proof]])
    if not shape.orders:
        raise refused(
            f"Export the file again and open it in no spreadsheet program: the date in {at} is written"
            " in another order than those before"
        )
    if len(shape.orders) > 2:
        raise refused(
            "Export the file again and open it in no spreadsheet program:"
            " no row has a time that can be read, like 2026-03-04 14:05"
        )
    if len(shape.orders) == 1:
        (order,) = shape.orders
        if order != YEAR_FIRST and answers.date_order not in (None, order):
            raise Problems([Problem("date_order", f"Name {order}: {at} proves it")])
        return order, "as written" if order == YEAR_FIRST else f"proven by {at}"
    return (answers.date_order, "given") if answers.date_order is not None else ("", "")
