"""Ninety days of readings every five minutes, against the csv module: `python -m tests.benchmarks.cgm`.

What is compared takes turns: reading the rows of a file with `list(csv.reader(file))`, and reading the same
file into a trace, with the metrics of its last 14 days and the glucose profile. Of each the best of many
counts: what else the machine does is left out.
"""

from __future__ import annotations

import csv
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from screening.clinical.cgm.agp import QUARTER, agp
from screening.clinical.cgm.metrics import metrics
from screening.interop.cgm import read_cgm
from tests.benchmarks.figures import Figure, printed
from tests.benchmarks.timing import seconds

DAYS, A_DAY = 90, 288
ROUNDS = 30
LIMIT = 3
"""Times the reading of the rows alone."""
WINDOW_LIMIT_MS = 10
ZONE = ZoneInfo("Europe/London")
START = datetime(2026, 1, 5, tzinfo=UTC)
"""The clock is put forward within the 90 days."""

CLARITY = (
    "Index,Timestamp (YYYY-MM-DDThh:mm:ss),Event Type,Event Subtype,Patient Info,Device Info,"
    "Source Device ID,Glucose Value (mg/dL),Insulin Value (u),Carb Value (grams),Duration (hh:mm:ss),"
    "Glucose Rate of Change (mg/dL/min),Transmitter Time (Long Integer),Transmitter ID"
)
LIBREVIEW = (
    "Device,Serial Number,Device Timestamp,Record Type,Historic Glucose mg/dL,Scan Glucose mg/dL,"
    "Non-numeric Rapid-Acting Insulin,Rapid-Acting Insulin (units),Non-numeric Food,Carbohydrates (grams),"
    "Carbohydrates (servings),Non-numeric Long-Acting Insulin,Long-Acting Insulin Value (units),Notes,"
    "Strip Glucose mg/dL,Ketone mmol/L,Meal Insulin (units),Correction Insulin (units),"
    "User Change Insulin (units)"
)


def readings() -> Iterator[tuple[datetime, int]]:
    """Yield local times and glucose of a made-up sensor, some seconds late now and then."""
    chance = random.Random(7)
    glucose = 150.0
    for number in range(DAYS * A_DAY):
        glucose = min(max(glucose + chance.gauss(0, 7) + (150 - glucose) / 60, 40), 400)
        at = START + timedelta(minutes=5 * number, seconds=chance.randint(45, 49))
        yield at.astimezone(ZONE).replace(tzinfo=None), round(glucose)


def files() -> dict[str, str]:
    """Return the same readings as files of three portals."""
    plain, clarity, libreview = ["time,glucose"], [CLARITY], ["Glucose Data", LIBREVIEW]
    for number, (at, glucose) in enumerate(readings(), 1):
        plain.append(f"{at.isoformat()},{glucose}")
        clarity.append(
            f"{number},{at.isoformat()},EGV,,,,device,{glucose},,,,,{4240874 + 300 * number},sender"
        )
        libreview.append(f"FreeStyle Libre 3,sensor,{at:%d-%m-%Y %H:%M},0,{glucose},,,,,,,,,,,,,,")
    every = {"plain": plain, "Clarity": clarity, "LibreView": libreview}
    return {name: "\n".join(lines) + "\n" for name, lines in every.items()}


def rows(path: Path) -> None:
    with path.open(newline="", encoding="utf-8") as file:
        list(csv.reader(file))


def whole(path: Path) -> None:
    with path.open("rb") as file:
        trace = read_cgm(file, zone=ZONE.key).trace
    metrics(trace)
    agp(trace.window(), QUARTER)


def figures() -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as directory:
        paths = {name: Path(directory) / name for name in files()}
        for name, text in files().items():
            paths[name].write_text(text, encoding="utf-8")
        yield from measured(paths)


def measured(paths: Mapping[str, Path]) -> Iterator[Figure]:
    acts: dict[str, Callable[[], Any]] = {}
    for name, path in paths.items():
        acts[f"{name}, rows"], acts[f"{name}, whole"] = partial(rows, path), partial(whole, path)
    with paths["plain"].open("rb") as file:
        trace = read_cgm(file, zone=ZONE.key).trace
    acts["window"] = partial(metrics, trace)
    acts["profile"] = partial(agp, trace.window(), QUARTER)
    spent: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(ROUNDS):
        for name, act in acts.items():
            spent[name].append(1000 * seconds(act))
    cost = {name: min(times) for name, times in spent.items()}
    for name in paths:
        yield Figure(f"{name} file of 90 days, the rows alone", cost[f"{name}, rows"], "ms")
        yield Figure("beside it, trace, metrics and profile", cost[f"{name}, whole"], "ms")
        ratio = cost[f"{name}, whole"] / cost[f"{name}, rows"]
        yield Figure("the second by the first", ratio, "times", LIMIT)
    yield Figure("metrics of 14 days", cost["window"], "ms", WINDOW_LIMIT_MS)
    yield Figure("glucose profile of 14 days", cost["profile"], "ms")


if __name__ == "__main__":
    sys.exit(printed(figures()))
