"""The fingersticks of a file: their times settled as the sensor's were, in mmol/L, apart from its trace."""

from __future__ import annotations

from collections.abc import Sequence

from screening.clinical.cgm.trace import DAY, Clock
from screening.clinical.cgm.units import MMOL_L
from screening.clinical.fingersticks import Fingersticks
from screening.clinical.units import convert
from screening.interop.cgm.found import Found, Strip
from screening.interop.cgm.settle import Settled
from screening.interop.cgm.text import refused
from screening.interop.cgm.times import read_times, shape_of
from screening.interop.cgm.values import number_of
from screening.interop.cgm.zones import instants_in


def fingersticks_of(found: Found, settled: Settled, clock: Clock, last: int) -> Fingersticks:
    """Return the fingersticks of a file up to the day of the sensor's last reading, the instant `last`.

    What repeats another, and a time that cannot be read, is left out.

    Raises:
        Problems: they are of somebody other than the sensor's readings.
    """
    if {strip.person for strip in found.strips} - set(found.people or [""]):
        raise refused("Export each person's readings apart: the fingersticks are of another person")
    (local,) = clock.local([last])
    end = last + DAY - local % DAY
    dated = {
        (instant, _mmol_l(strip))
        for strip, instant in zip(found.strips, _instants(found, settled), strict=True)
        if instant is not None and instant < end
    }
    ordered = sorted(dated, key=lambda one: (one[0], one[1] is None, one[1]))
    return Fingersticks([instant for instant, _ in ordered], [glucose for _, glucose in ordered], clock)


def _instants(found: Found, settled: Settled) -> Sequence[int | None]:
    if not found.times:
        return [strip.instant for strip in found.strips]
    if not found.strips:
        return ()
    shape = shape_of(found.times)
    written = read_times([strip.time for strip in found.strips], shape, settled.date_order).seconds
    if shape.aware or settled.zone is None:
        return written
    return instants_in(settled.zone, written).seconds


def _mmol_l(strip: Strip) -> float | None:
    """Return a fingerstick in mmol/L; None for Low, High, no unit, and what can be no reading."""
    number = number_of(strip.cell)
    if strip.unit is None or not strip.unit.least <= number <= strip.unit.most:
        return None
    return convert(number, strip.unit.key, MMOL_L.key)
