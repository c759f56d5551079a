"""Dexcom Clarity, G4 to G7, in any language: recognised by the order of its columns.

The layout: an index, the time with its pattern in brackets, the kind of event, and the glucose with its unit
in brackets. Rows without a time tell about the person, the device and its alerts.
"""

from __future__ import annotations

import re
from collections import Counter

from screening.interop.cgm.found import ABOUT, BLANK, OTHER, Found
from screening.interop.cgm.table import Table, refuse_second
from screening.interop.cgm.values import unit_written

FORMAT = "Dexcom Clarity"

_TIME = re.compile(r"\(.*h+:m+:s+\)$", re.IGNORECASE)
_GLUCOSE = re.compile(r"\((mg/dl|mmol/l)\)$", re.IGNORECASE)
_READING = "EGV"
_KINDS = {
    "alert": "Alert rows",
    "insulin": "Insulin rows",
    "carbs": "Carbohydrate rows",
    "exercise": "Exercise rows",
    "health": "Health rows",
    "notes": "Note rows",
    "calibration": "Calibrations",
    "firstname": ABOUT,
    "lastname": ABOUT,
    "dateofbirth": ABOUT,
    "patientid": ABOUT,
    "device": ABOUT,
}
_TRANSLATED = "The kinds of event are in a language not known here: the commonest was read as the sensor's."


def read(table: Table) -> Found | None:
    """Return the sensor's readings, or None for another kind of file."""
    for number, names in enumerate(table.head, 1):
        glucose = [place for place, name in enumerate(names) if _GLUCOSE.search(name) is not None]
        if len(names) > 3 and _TIME.search(names[1]) is not None and glucose and glucose[0] > 2:
            return _below(table, number, names, glucose[0])
    return None


def _below(table: Table, header: int, names: list[str], glucose: int) -> Found:
    times, kinds, devices, cells = table.columns(header, (1, 2, glucose - 1, glucose))
    refuse_second(cells, names[glucose], header)
    found = Found(
        FORMAT,
        range(header + 1, header + 1 + len(cells)),
        cells,
        times=times,
        unit=unit_written(names[glucose]),
        devices=devices,
    )
    reading = _READING
    if reading not in kinds:
        timed = (kind for kind, time, cell in zip(kinds, times, cells, strict=True) if time and cell)
        reading = next((kind for kind, _ in Counter(timed).most_common(1)), "")
        found.notes.append(_TRANSLATED)
    if kinds.count(reading) == len(kinds) and "" not in times:
        return found
    kept = [kind == reading and time != "" for kind, time in zip(kinds, times, strict=True)]
    for place, is_kept in enumerate(kept):
        if not is_kept:
            blank = not (times[place] or kinds[place] or cells[place])
            reason = BLANK if blank else _KINDS.get(kinds[place].strip().lower(), OTHER)
            found.tally.put_aside(reason, found.rows[place])
    return found.only(kept)
