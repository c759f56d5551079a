"""Nightscout: a JSON array of entries. `sgv` is the sensor's glucose, `mbg` a meter's; always in mg/dL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from screening.clinical.cgm.units import MG_DL
from screening.interop.cgm.found import NO_ENTRY, Found, Strip
from screening.interop.cgm.json_values import cell_of, instant_of, whole_number
from screening.interop.cgm.report import Tally
from screening.interop.cgm.times import NotATime, seconds_of

FORMAT = "Nightscout entries"


def read(document: Any) -> Found | None:
    """Return the sensor's readings, or None for another kind of file."""
    if not isinstance(document, list) or not any(
        isinstance(entry, dict) and "sgv" in entry for entry in document
    ):
        return None
    tally = Tally("entry")
    rows, cells, devices = [], [], []
    strips: list[Strip] = []
    instants: list[int | None] = []
    ahead: list[int | None] = []
    for number, entry in enumerate(document, 1):
        if not isinstance(entry, dict) or entry.get("type", "sgv") != "sgv":
            tally.put_aside(NO_ENTRY, number)
            if isinstance(entry, dict) and entry.get("type") == "mbg":
                strips.append(Strip(cell_of(entry.get("mbg")), MG_DL, instant=_time(entry)[0]))
            continue
        instant, offset = _time(entry)
        rows.append(number)
        cells.append(cell_of(entry.get("sgv")))
        instants.append(instant)
        ahead.append(offset)
        devices.append(str(entry.get("device", "")))
    return Found(
        FORMAT,
        rows,
        cells,
        instants=instants,
        ahead=ahead,
        unit=MG_DL,
        devices=devices,
        strips=strips,
        tally=tally,
    )


def _time(entry: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Return the instant in seconds, and how far the clock was ahead of UTC if the entry says so."""
    minutes = whole_number(entry.get("utcOffset"))
    offset = None if minutes is None else 60 * minutes
    milliseconds = whole_number(entry.get("date"))
    if milliseconds is not None:
        return instant_of(milliseconds), offset
    try:
        instant, written = seconds_of(str(entry.get("dateString", "")))
    except NotATime:
        return None, offset
    return instant, written if offset is None else offset
