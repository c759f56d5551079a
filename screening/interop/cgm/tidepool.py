"""Tidepool: a JSON array of data, or the same as CSV. Continuous readings are those of type `cbg`.

Tidepool stores every glucose in mmol/L, unrounded, by 18.01559 from the whole mg/dL of the device. Such a
file is read in mg/dL again: 70 mg/dL is stored as 3.8855 mmol/L, which would count as low.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from screening.clinical.cgm.units import MG_DL, MMOL_L, Unit
from screening.interop.cgm.found import NO_ENTRY, OTHER, Found, Strip
from screening.interop.cgm.json_values import cell_of, instant_of, one_unit, whole_number
from screening.interop.cgm.report import Tally
from screening.interop.cgm.table import Table
from screening.interop.cgm.times import NotATime, seconds_of
from screening.interop.cgm.values import Cell, number_of, unit_written

FORMAT = "Tidepool"

STORED_PER_MMOL_L = 18.01559
"""mg/dL in a mmol/L, as Tidepool converts. Source: tidepool-org's own data tools, MGDL_PER_MMOLL."""
_NEARLY = 0.002
"""So near a whole mg/dL are values that were converted from one; of all others, one in 250."""
_TIMES = ("zulutime", "utctime", "time")
_HEADER = {"value", "units"}


def read_json(document: Any) -> Found | None:
    """Return the continuous readings of an exported array, or None for another kind of file."""
    if not isinstance(document, list):
        return None
    entries = [entry if isinstance(entry, dict) else {} for entry in document]
    if not any(entry.get("type") == "cbg" for entry in entries):
        return None
    return _found(enumerate(map(_plain_keys, entries), 1), Tally("entry"), NO_ENTRY)


def read_csv(table: Table) -> Found | None:
    """Return the continuous readings of an exported table, or None for another kind of file."""
    for number, names in enumerate(table.head, 1):
        keys = [_plain(name) for name in names]
        if set(keys) >= _HEADER and any(time in keys for time in _TIMES):
            rows = (
                (place, dict(zip(keys, row, strict=False)))
                for place, row in enumerate(table.rows(), 1)
                if place > number and any(row)
            )
            return _found(rows, Tally("row"), OTHER)
    return None


def _found(entries: Iterable[tuple[int, Mapping[str, Any]]], tally: Tally, other: str) -> Found:
    rows, devices, people = [], [], []
    strips: list[Strip] = []
    cells: list[Cell] = []
    instants: list[int | None] = []
    ahead: list[int | None] = []
    units: list[Unit | None] = []
    for number, entry in entries:
        if entry.get("type", "cbg") != "cbg":
            tally.put_aside(other, number)
            if entry.get("type") == "smbg":
                strips.append(_strip(entry))
            continue
        instant, offset = _time(entry)
        rows.append(number)
        cells.append(cell_of(entry.get("value")))
        units.append(unit_written(str(entry.get("units", ""))))
        instants.append(instant)
        ahead.append(offset)
        devices.append(str(entry.get("deviceid", "")))
        people.append(str(entry.get("userid", "")))
    unit = one_unit(units, rows, tally.word)
    notes = []
    if unit is MMOL_L and _all_whole(cells, STORED_PER_MMOL_L):
        cells, unit = _whole(cells, STORED_PER_MMOL_L), MG_DL
        notes.append("The readings are stored in mmol/L and were whole mg/dL: they were read as mg/dL.")
    elif unit is MG_DL and _all_whole(cells, 1):
        cells = _whole(cells, 1)
    return Found(
        FORMAT,
        rows,
        cells,
        instants=instants,
        ahead=ahead,
        unit=unit,
        devices=devices,
        people=people,
        strips=strips,
        tally=tally,
        notes=notes,
    )


def _strip(entry: Mapping[str, Any]) -> Strip:
    return Strip(
        cell_of(entry.get("value")),
        unit_written(str(entry.get("units", ""))),
        instant=_time(entry)[0],
        person=str(entry.get("userid", "")),
    )


def _time(entry: Mapping[str, Any]) -> tuple[int | None, int | None]:
    minutes = whole_number(entry.get("timezoneoffset"))
    offset = None if minutes is None else 60 * minutes
    written = next((entry[key] for key in _TIMES if key in entry), "")
    milliseconds = whole_number(written)
    if milliseconds is not None:
        return instant_of(milliseconds), offset
    try:
        return seconds_of(str(written))[0], offset
    except NotATime:
        return None, offset


def _all_whole(cells: list[Cell], factor: float) -> bool:
    """Return whether every number is, by the factor, very nearly a whole one."""
    numbers = {number for number in map(number_of, set(cells)) if isfinite(number)}
    found = [factor * number for number in numbers]
    return bool(found) and all(abs(number - round(number)) < _NEARLY for number in found)


def _whole(cells: list[Cell], factor: float) -> list[Cell]:
    """Return the numbers by the factor, without what conversions left of a fraction."""
    whole: dict[Cell, Cell] = {}
    for cell in set(cells):
        number = number_of(cell)
        whole[cell] = float(round(factor * number)) if isfinite(number) else cell
    return [whole[cell] for cell in cells]


def _plain_keys(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {_plain(key): value for key, value in entry.items()}


def _plain(name: str) -> str:
    return name.replace(" ", "").replace("_", "").lower()
