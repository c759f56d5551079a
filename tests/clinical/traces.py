"""Traces for tests: those of tests/data/cgm, read by a slow reader of their own, and small ones."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from screening.clinical.cgm.trace import UTC, Clock, Trace, usual_interval
from screening.clinical.cgm.units import MG_DL, MMOL_L, Unit

DATA = Path(__file__).parents[1] / "data" / "cgm"
EXPECTED: dict[str, Any] = json.loads((DATA / "expected_metrics.json").read_text())
NAMES = tuple(EXPECTED["traces"])


def published(name: str) -> Trace:
    """Return a trace of tests/data/cgm, read row by row with the standard library's dates."""
    about = EXPECTED["traces"][name]
    zone = ZoneInfo(about["timezone"])
    unit = MG_DL if about["unit"] == MG_DL.label else MMOL_L
    words = {
        "Low": unit.low_reading,
        "LO": unit.low_reading,
        "High": unit.high_reading,
        "HI": unit.high_reading,
    }
    at: dict[int, set[float]] = {}
    with (DATA / name).open(newline="") as file:
        for row in csv.DictReader(file):
            try:
                value = words[row["glucose"]] if row["glucose"] in words else float(row["glucose"])
            except ValueError:
                continue
            time = datetime.fromisoformat(row["time"])
            aware = time if time.tzinfo is not None else time.replace(tzinfo=zone)
            at.setdefault(int(aware.timestamp()), set()).add(value)
    values = {instant: sum(at[instant]) / len(at[instant]) for instant in sorted(at)}
    return trace(values, unit, clock(zone, list(values)))


def clock(zone: ZoneInfo, instants: Sequence[int]) -> Clock:
    """Return the clock of a zone over some ascending instants, asked for each of them."""
    since, ahead = [0], []
    for instant in instants:
        offset = datetime.fromtimestamp(instant, zone).utcoffset()
        assert offset is not None
        seconds = int(offset.total_seconds())
        if not ahead:
            ahead.append(seconds)
        elif ahead[-1] != seconds:
            since.append(instant)
            ahead.append(seconds)
    return Clock(zone.key, tuple(since), tuple(ahead))


def trace(values: dict[int, float], unit: Unit = MG_DL, of: Clock = UTC) -> Trace:
    """Return the trace with these values at these seconds."""
    instants = sorted(values)
    return Trace(
        instants,
        [values[instant] for instant in instants],
        unit,
        usual_interval(instants),
        of,
    )


def every(minutes: int, glucose: Sequence[float | None], unit: Unit = MG_DL, start: int = 0) -> Trace:
    """Return evenly spaced readings, without those that are None."""
    seconds = (start + number * minutes * 60 for number in range(len(glucose)))
    return trace({at: value for at, value in zip(seconds, glucose, strict=True) if value is not None}, unit)
