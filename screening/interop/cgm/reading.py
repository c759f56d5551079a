"""Any file with sensor readings: find out its kind, read it, put it together."""

from __future__ import annotations

import json
from typing import IO, Any

from screening.interop.cgm import carelink, dexcom, fhir, libre, nightscout, plain, tidepool
from screening.interop.cgm.assemble import CgmFile, assemble
from screening.interop.cgm.found import Found
from screening.interop.cgm.settle import Answers
from screening.interop.cgm.table import Table
from screening.interop.cgm.text import read_text, refused

_TABLES = (dexcom.read, libre.read, carelink.read, tidepool.read_csv, plain.read)
_DOCUMENTS = (fhir.read, nightscout.read, tidepool.read_json)
MAX_VALUES = 3_000_000
"""Values in a JSON file, each of which takes memory: two years of readings with ten values each."""
KNOWN = "Dexcom Clarity, LibreView, CareLink, Nightscout, Tidepool, FHIR nor CSV with time and glucose"


def read_cgm(
    file: IO[bytes] | IO[str],
    *,
    zone: str | None = None,
    unit: str | None = None,
    date_order: str | None = None,
) -> CgmFile:
    """Return the readings of a file and what became of its rows.

    Names, serial numbers and birth dates are dropped while reading: they are in nothing that is returned or
    raised.

    Args:
        file: bytes or text, at its start.
        zone: the IANA name of the person's time zone, like Europe/London.
        unit: `mg/dL` or `mmol/L`, for a file that does not say.
        date_order: `day-first` or `month-first`, for a file that does not prove it.

    Raises:
        Unsettled: the file leaves open what only a person can answer; `questions` has the options.
        Problems: the file or an answer cannot be used; `problems` has what to do.
    """
    answers = Answers.read(zone, unit, date_order)
    text, encoding = read_text(file)
    found = _document(text) if text.lstrip().startswith(("{", "[")) else _table(text)
    if found is None:
        raise refused(f"Export the file again: it is neither {KNOWN}")
    return assemble(found, encoding, answers)


def _table(text: str) -> Found | None:
    table = Table(text)
    return next((found for read in _TABLES if (found := read(table)) is not None), None)


def _document(text: str) -> Found | None:
    if sum(map(text.count, "{[,")) > MAX_VALUES:
        raise refused("Export a shorter time, like the last 90 days: the file has too many values")
    try:
        document: Any = json.loads(text, parse_constant=lambda _: None)
    except json.JSONDecodeError as error:
        raise refused(
            f"Export the file again: it is cut off or damaged in line {error.lineno}, column {error.colno}"
        ) from None
    except (RecursionError, ValueError):
        raise refused("Export the file again: it is no list of readings") from None
    return next((found for read in _DOCUMENTS if (found := read(document)) is not None), None)
