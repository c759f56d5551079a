"""LibreView and older reports of FreeStyle Libre, in any language: recognised by the order of their columns.

The layout: a time, the kind of record, the historic glucose, the scanned glucose, both with the unit. Before
the time may stand the device and its serial number. A row with a historic glucose is a reading of the sensor,
whatever its kind: older reports number the kinds otherwise.
"""

from __future__ import annotations

import re

from screening.interop.cgm.found import OTHER, SCANS, Found, Strip
from screening.interop.cgm.table import Table, refuse_second
from screening.interop.cgm.values import unit_written

FORMAT = "FreeStyle Libre"

_HISTORIC = "0"
_GLUCOSE = re.compile(r"gl[uiy].*[ (](mg/dl|mmol/l)\)?$", re.IGNORECASE)
_STRIP = re.compile(r"strip.*[ (](mg/dl|mmol/l)\)?$", re.IGNORECASE)


def read(table: Table) -> Found | None:
    """Return the sensor's readings, or None for another kind of file."""
    for number, names in enumerate(table.head, 1):
        for historic in range(2, len(names) - 1):
            if all(_GLUCOSE.search(name) is not None for name in names[historic : historic + 2]):
                return _below(table, number, names, historic)
    return None


def _below(table: Table, header: int, names: list[str], historic: int) -> Found:
    time, kind, scanned = historic - 2, historic - 1, historic + 1
    strip = next((place for place, name in enumerate(names) if _STRIP.search(name) is not None), None)
    wanted = [time, kind, historic, scanned, time if strip is None else strip, max(time - 1, 0)]
    times, kinds, cells, scans, strips, devices = table.columns(header, wanted)
    rows = range(header + 1, header + 1 + len(cells))
    found = Found(
        FORMAT,
        rows,
        cells,
        times=times,
        unit=unit_written(names[historic]),
        devices=devices if time > 1 else (),
        strips=[]
        if strip is None
        else [
            Strip(cell, unit_written(names[strip]), at)
            for cell, at in zip(strips, times, strict=True)
            if cell.strip()
        ],
    )
    refuse_second(cells, names[historic], header)
    if "" not in cells:
        return found
    kept = []
    for place, cell in enumerate(cells):
        kept.append(cell != "" or (scans[place] == "" and kinds[place].strip() in ("", _HISTORIC)))
        if not kept[-1]:
            found.tally.put_aside(SCANS if scans[place] else OTHER, rows[place])
    return found.only(kept)
