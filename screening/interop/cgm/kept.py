"""A sensor file as it is kept: readings and report as JSON, without a word of the file's own."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import asdict
from itertools import accumulate, pairwise
from typing import Any

from screening.clinical.cgm.trace import DAY, Clock, Trace
from screening.clinical.cgm.units import UNITS
from screening.clinical.fingersticks import Fingersticks
from screening.interop.cgm.assemble import CgmFile
from screening.interop.cgm.report import Import, Unused

KEPT_DAYS = 90
"""Older readings of a file are not kept: nothing is worked out from them."""


def as_kept(read: CgmFile) -> dict[str, Any]:
    """Return the last 90 days of a file, and how it was read, as JSON."""
    start = read.trace.end - KEPT_DAYS * DAY
    trace = read.trace.between(start, read.trace.end)
    instants = trace.instants
    strips = read.fingersticks
    first = bisect_left(strips.instants, start)
    return {
        "instants": [instants[0], *(after - before for before, after in pairwise(instants))],
        "values": [int(value) if value.is_integer() else value for value in trace.values],
        "unit": trace.unit.key,
        "interval": trace.interval,
        "clock": asdict(trace.clock),
        "low_at": list(trace.low_at),
        "high_at": list(trace.high_at),
        "report": asdict(read.report),
        "fingersticks": {
            "instants": list(strips.instants[first:]),
            "glucose_mmol_l": list(strips.glucose_mmol_l[first:]),
        },
    }


def from_kept(kept: Mapping[str, Any]) -> CgmFile:
    """Return what `as_kept` made JSON of."""
    report = dict(kept["report"])
    clock = Clock(kept["clock"]["name"], tuple(kept["clock"]["since"]), tuple(kept["clock"]["ahead"]))
    strips = kept.get("fingersticks", {"instants": (), "glucose_mmol_l": ()})  # older records have none
    report["unused"] = tuple(Unused(**one) for one in report["unused"])
    report["notes"] = tuple(report["notes"])
    return CgmFile(
        Trace(
            instants=array("q", accumulate(kept["instants"])),
            values=array("d", kept["values"]),
            unit=next(unit for unit in UNITS if unit.key == kept["unit"]),
            interval=kept["interval"],
            clock=clock,
            low_at=tuple(kept["low_at"]),
            high_at=tuple(kept["high_at"]),
        ),
        Import(**report),
        Fingersticks(**strips, clock=clock),
    )
