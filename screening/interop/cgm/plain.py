"""Plain CSV: one column with times, one with glucose, whatever else."""

from __future__ import annotations

import re

from screening.interop.cgm.found import Found
from screening.interop.cgm.table import Table, refuse_second
from screening.interop.cgm.text import refused
from screening.interop.cgm.values import unit_written

FORMAT = "CSV with time and glucose"

_TIME = re.compile(r"time|date|zeit|horodatage|fecha|hora|data|tid|tijd|datum|gl_?time", re.IGNORECASE)
_GLUCOSE = re.compile(r"gl[uiy][ck]|gluk|^gl$|^sgv$|^bg$|^cgm$|^sg$|^cbg$|^value$", re.IGNORECASE)
_NO_READING = re.compile(r"/min|rate|target|calib|strip|scan|meter|insulin|carb", re.IGNORECASE)
_SENSOR = re.compile(r"cgm|sensor", re.IGNORECASE)
_PERSON = re.compile(
    r"^(id|subject|patient|participant|person|pt|usubjid)([ _]?(id|no|number))?$", re.IGNORECASE
)


def read(table: Table) -> Found | None:
    """Return the readings of a table with a header, or None where no row names a time and a glucose."""
    for number, names in enumerate(table.head, 1):
        glucose = [
            place
            for place, name in enumerate(names)
            if _GLUCOSE.search(name) is not None and _NO_READING.search(name) is None
        ]
        times = [
            place
            for place, name in enumerate(names)
            if _TIME.search(name) is not None and place not in glucose
        ]
        if glucose and times:
            return _below(table, number, names, times[0], glucose)
    return None


def _below(table: Table, header: int, names: list[str], time: int, glucose: list[int]) -> Found:
    if len(glucose) > 1:
        sensor = [place for place in glucose if _SENSOR.search(names[place]) is not None]
        if len(sensor) != 1:
            raise refused(
                f"Keep one column of glucose, the sensor's: row {header} names {len(glucose)} of them"
            )
        glucose = sensor
    people = [place for place, name in enumerate(names) if _PERSON.match(name) is not None]
    times, cells, *who = table.columns(header, [time, glucose[0], *people[:1]])
    refuse_second(cells, names[glucose[0]], header)
    return Found(
        FORMAT,
        range(header + 1, header + 1 + len(cells)),
        cells,
        times=times,
        unit=unit_written(names[glucose[0]]),
        people=who[0] if who else (),
    )
