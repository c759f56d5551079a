"""A file that was read as one JSON object: metrics, profile, and what became of its rows."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from screening.clinical.cgm.agp import agp
from screening.clinical.cgm.metrics import metrics
from screening.clinical.fingersticks import Fingersticks, four_weeks
from screening.interop.cgm.assemble import CgmFile

PROFILE = "agp_hourly_p5_25_50_75_95"


def summary(file: CgmFile) -> dict[str, Any]:
    """Return what docs/cgm.md describes; a time of day with too few readings is null."""
    window = file.trace.window()
    hours = agp(window)
    return {
        "first": _instant(window.instants[0]),
        "last": _instant(window.instants[-1]),
        **asdict(metrics(file.trace)),
        PROFILE: {
            str(hour): None if time.percentiles is None else list(time.percentiles)
            for hour, time in enumerate(hours)
        },
        "fingersticks": _fingersticks(file.fingersticks),
        "import": asdict(file.report),
    }


def _fingersticks(record: Fingersticks) -> dict[str, Any]:
    found = four_weeks(record)
    return {
        "count": len(record),
        "from": _instant(record.instants[0]) if record.instants else None,
        "to": _instant(record.instants[-1]) if record.instants else None,
        "weeks_used": found.weeks_used,
        "pairs_by_week": list(found.pairs),
        "lability_index": found.index,
        "why_not": found.lacking or None,
    }


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
