"""Medtronic CareLink: sections one below the other, each with its own header, date and time apart."""

from __future__ import annotations

import re

from screening.interop.cgm.found import OTHER, Found, Strip
from screening.interop.cgm.table import Table, clean
from screening.interop.cgm.text import refused
from screening.interop.cgm.values import unit_written

FORMAT = "Medtronic CareLink"

_GLUCOSE = re.compile(r"sensor.*gl[uiy].*\((mg/dl|mmol/l)\)$", re.IGNORECASE)
_CALIBRATION = re.compile(r"[ck]alib", re.IGNORECASE)
_METER = re.compile(r"bg reading.*\((mg/dl|mmol/l)\)$", re.IGNORECASE)
_INDEX = re.compile(r"ind", re.IGNORECASE)
_SECTION = "-------"


def read(table: Table) -> Found | None:
    """Return the sensor's readings, or None for another kind of file."""
    if not any(_glucose_of(names) is not None for names in table.head):
        return None
    found = Found(FORMAT, [], [])
    rows, times, cells, devices = [], [], [], []
    strips: list[Strip] = []
    glucose, meter, section = None, None, ""
    for number, row in enumerate(table.rows(), 1):
        if row and row[0].startswith(_SECTION):
            section = row[3] if len(row) > 3 else section
            continue
        header = _glucose_of(row)
        if header is not None:
            unit = unit_written(row[header])
            if found.unit not in (None, unit):
                raise refused(f"Export readings of one unit: the section from row {number} is in another")
            glucose, found.unit = header, unit
            meter = next((at for at, name in enumerate(row) if _METER.search(clean(name)) is not None), None)
        elif glucose is None or len(row) <= glucose or not (row[1] and row[2]):
            continue
        elif row[glucose].strip():
            rows.append(number)
            times.append(_time(row))
            cells.append(row[glucose])
            devices.append(section)
        else:
            found.tally.put_aside(OTHER, number)
            if meter is not None and len(row) > meter and row[meter].strip():
                strips.append(Strip(row[meter], found.unit, _time(row)))
    found.strips = strips
    found.rows, found.times, found.cells, found.devices = rows, times, cells, devices
    return found


def _time(row: list[str]) -> str:
    return f"{row[1].strip()} {row[2].strip()}"


def _glucose_of(row: list[str]) -> int | None:
    """Return the place of the sensor's glucose in a header, None for any other row."""
    if len(row) < 4 or _INDEX.match(clean(row[0])) is None:
        return None
    for place, name in enumerate(row):
        if _GLUCOSE.search(clean(name)) is not None and _CALIBRATION.search(name) is None:
            return place
    return None
