"""From the columns of a file to one trace: check, sort, merge, and say what became of every row.

`Low` and `High` count as readings, since leaving them out hides hypoglycaemia. Nothing is interpolated.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import compress, islice
from math import isnan
from operator import gt, lt, sub
from typing import cast

from screening.clinical.cgm.trace import MINUTE, Clock, Trace, usual_interval
from screening.clinical.fingersticks import Fingersticks
from screening.interop.cgm.found import Found
from screening.interop.cgm.report import Import, places_of
from screening.interop.cgm.settle import Answers, Settled, settle
from screening.interop.cgm.strips import fingersticks_of
from screening.interop.cgm.text import refused
from screening.interop.cgm.values import Readings, Values
from screening.interop.cgm.zones import clock_as_written, clock_of

NO_VALUE = "Readings without a value"
IMPLAUSIBLE = "Implausible values"
UNREADABLE = "Times that cannot be read"
SKIPPED = "Times that the time zone skips"
REPEATED = "Repeated readings"
MERGED = "Readings merged into the mean of different values at one time"
OTHER_WORD = "Readings with another word than Low or High"
CHECK_WORDS = (
    "Look at the readings with another word than Low or High. If it means one of them in another language,"
    " write Low or High in its place: else low glucose is missed."
)

MOST_UNREADABLE = 0.1
"""A file with a larger share of unreadable times has lost them; with fewer, these rows are left out."""
CHECK_ACTIVE = (
    "Look at the time active: many readings come sooner than one interval after another, as from two sensors,"
    " and it may be overstated."
)
SHARE_OF_STEPS = 0.05
"""From this share of steps on that are much shorter than the interval, they are no chance."""
LONGEST_INTERVAL = 30
"""Minutes; readings farther apart come from no continuous sensor."""
HANDOVER = 12
"""Up to so many readings of a device while another recorded are no overlap."""


@dataclass(frozen=True)
class CgmFile:
    """A file that was read: the trace, what became of its rows, and the fingersticks that were among them."""

    trace: Trace
    report: Import
    fingersticks: Fingersticks


def assemble(found: Found, encoding: str, answers: Answers) -> CgmFile:
    """Return the trace of what was found in a file.

    Raises:
        Unsettled: something is open that `answers` does not settle.
        Problems: the file cannot be used.
    """
    found = found.without_blank_rows()
    values = Values.read(found.cells)
    if all(map(isnan, values.numbers.values())):
        raise refused(f"Export the sensor's readings: this {found.format} file has none")
    _check_people(found)
    settled = settle(found, values, answers)
    readings = values.in_unit(settled.unit)
    rows = len(found.cells)
    found, instants, ahead = _usable(found, settled, readings)
    _check_devices(found, instants)
    glucose = list(map(readings.values.__getitem__, found.cells))
    at, merged, conflicts = _merged(instants, glucose, found)
    if len(at) < 2:
        raise refused(f"Export a longer time: this {found.format} file has fewer than two readings")
    interval = usual_interval(at)
    if interval > LONGEST_INTERVAL:
        raise refused(
            f"Export the readings of a continuous sensor: these are {interval} minutes apart,"
            f" and sensors give one every {LONGEST_INTERVAL} minutes or more often"
        )
    clock = _clock(settled, found, instants, ahead, (at[0], at[-1]))
    low_at, high_at = (_instants_of(words, found, instants) for words in (readings.low, readings.high))
    trace = Trace(
        at,
        merged,
        settled.unit,
        interval,
        clock,
        tuple(sorted(set(low_at))),
        tuple(sorted(set(high_at))),
    )
    tally = found.tally
    report = Import(
        format=found.format,
        encoding=encoding,
        unit=settled.unit.label,
        unit_from=settled.unit_from,
        date_order=settled.date_order,
        date_order_from=settled.date_order_from,
        timezone=clock.name,
        timezone_from="the file's offsets from UTC" if settled.zone is None else "given",
        rows=rows,
        low=len(low_at),
        high=len(high_at),
        invalid=tally.count(NO_VALUE) + tally.count(OTHER_WORD),
        exact_duplicates=tally.count(REPEATED),
        conflicting_timestamps=conflicts,
        unused=tally.unused(),
        notes=(*found.notes, *_notes(trace, readings)),
    )
    return CgmFile(trace, report, fingersticks_of(found, settled, clock, at[-1]))


def _notes(trace: Trace, readings: Readings) -> Iterator[str]:
    if readings.words:
        yield CHECK_WORDS
    instants = trace.window().instants
    steps = list(map(sub, instants[1:], instants))
    short = sum(3 * step < 2 * trace.interval * MINUTE for step in steps)
    if short > SHARE_OF_STEPS * len(steps):
        yield CHECK_ACTIVE


def _check_people(found: Found) -> None:
    rows_of: dict[str, list[int]] = {}
    if len(set(found.people)) > 1:
        for row, person in zip(found.rows, found.people, strict=True):
            rows_of.setdefault(person, []).append(row)
    if len(rows_of) > 1:
        first, second = (places_of(found.tally.word, rows) for rows in list(rows_of.values())[:2])
        raise refused(
            f"Export each person's readings apart: this file has those of {len(rows_of)} people,"
            f" of one in {first}, of another in {second}"
        )


def _usable(
    found: Found, settled: Settled, readings: Readings
) -> tuple[Found, Sequence[int], Sequence[int | None]]:
    """Return the readings that have value and time, with instants and offsets; put the others aside."""
    instants, ahead, tally = settled.instants, settled.ahead, found.tally
    dropped: dict[int, str] = {}
    if None in instants:
        dropped = {place: UNREADABLE for place, instant in enumerate(instants) if instant is None}
        dropped.update(dict.fromkeys(settled.skipped, SKIPPED))
    for cells, reason in (
        (readings.implausible, IMPLAUSIBLE),
        (readings.without_number - readings.words, NO_VALUE),
        (readings.words, OTHER_WORD),
    ):
        if cells:
            dropped.update({place: reason for place, cell in enumerate(found.cells) if cell in cells})
    unreadable = [found.rows[place] for place, reason in dropped.items() if reason == UNREADABLE]
    if len(unreadable) > MOST_UNREADABLE * len(found.cells):
        raise refused(
            "Export the file again and open it in no spreadsheet program: there is no time that can be read,"
            f" like 2026-03-04 14:05, in {places_of(tally.word, unreadable)}"
        )
    kept = bytearray(b"\1") * len(found.cells)
    for place, reason in dropped.items():
        kept[place] = False
        tally.put_aside(reason, found.rows[place])
    if dropped:
        found, instants, ahead = found.only(kept), list(compress(instants, kept)), list(compress(ahead, kept))
    return found, cast("Sequence[int]", instants), ahead


def _check_devices(found: Found, instants: Sequence[int]) -> None:
    """Refuse a file in which two devices recorded at the same time."""
    if len(set(found.devices)) < 2:
        return
    of_device: dict[str, list[int]] = {}
    for instant, device in sorted(zip(instants, found.devices, strict=True)):
        of_device.setdefault(device, []).append(instant)
    furthest, *others = of_device  # in the order in which they start
    for device in others:
        start, end = of_device[device][0], min(of_device[furthest][-1], of_device[device][-1])
        if all(_count(of_device[one], start, end) > HANDOVER for one in (furthest, device)):
            first, second = (_places_of_device(found, one) for one in (furthest, device))
            raise refused(
                "Export the readings of one device, or remove those of the other: two devices recorded at"
                f" the same time, one in {first}, the other in {second}"
            )
        furthest = max(furthest, device, key=lambda one: of_device[one][-1])


def _count(instants: Sequence[int], start: int, end: int) -> int:
    return bisect_right(instants, end) - bisect_left(instants, start)


def _places_of_device(found: Found, device: str) -> str:
    return places_of(
        found.tally.word, (row for row, one in zip(found.rows, found.devices, strict=True) if one == device)
    )


def _merged(
    instants: Sequence[int], glucose: Sequence[float], found: Found
) -> tuple[Sequence[int], Sequence[float], int]:
    """Return ascending instants, each once, their values, and how many of them had several."""
    if all(map(lt, instants, islice(instants, 1, None))):
        return instants, glucose, 0
    if all(map(gt, instants, islice(instants, 1, None))):
        return instants[::-1], glucose[::-1], 0
    at: dict[int, list[int]] = {}
    for place, instant in enumerate(instants):
        at.setdefault(instant, []).append(place)
    values: list[float] = []
    conflicts = 0
    for instant in sorted(at):
        first_of: dict[float, int] = {}
        for place in at[instant]:
            if glucose[place] in first_of:
                found.tally.put_aside(REPEATED, found.rows[place])
            else:
                first_of[glucose[place]] = place
        if len(first_of) > 1:
            conflicts += 1
            found.tally.put_all_aside(MERGED, (found.rows[place] for place in first_of.values()))
        values.append(sum(first_of) / len(first_of))
    return sorted(at), values, conflicts


def _clock(
    settled: Settled,
    found: Found,
    instants: Sequence[int],
    ahead: Sequence[int | None],
    span: tuple[int, int],
) -> Clock:
    """Return the person's clock; a zone that differs from the file's own offsets is noted."""
    if settled.zone is None:
        known = sorted(
            (instant, offset) for instant, offset in zip(instants, ahead, strict=True) if offset is not None
        )
        return clock_as_written([instant for instant, _ in known], [offset for _, offset in known])
    clock = clock_of(settled.zone, *span)
    if any(ahead):
        order = sorted(range(len(instants)), key=instants.__getitem__)
        ordered = [instants[place] for place in order]
        differing = [
            found.rows[place]
            for place, instant, local in zip(order, ordered, clock.local(ordered), strict=True)
            if ahead[place] not in (None, local - instant)
        ]
        if differing:
            where = places_of(found.tally.word, sorted(differing))
            found.notes.append(
                f"Check the time zone: the offset from UTC in {where} is not that of {clock.name}."
            )
    return clock


def _instants_of(words: set[str | float], found: Found, instants: Sequence[int]) -> list[int]:
    if not words:
        return []
    return [instant for cell, instant in zip(found.cells, instants, strict=True) if cell in words]
