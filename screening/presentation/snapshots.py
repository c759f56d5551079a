"""Results as they were stored, with the keys that came later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def completed(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored `result` with every key of today; what its engine did not tell is left empty."""
    later: dict[str, Any] = {"conflicts": [], "doubts": [], "next_best": [], "not_ranked": []}
    there = later | dict(result)
    return there | {
        "trials": [_trial(trial) for trial in result["trials"]],
        "next_best": [{"waiting": None, **one} for one in there["next_best"]],
    }


def _trial(trial: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "turns": [],
        "stale_after": [],
        "would_change": [],
        **trial,
        "criteria": [{"changes_to": None, "changes": [], **criterion} for criterion in trial["criteria"]],
        "missing": [{"waiting": None, **missing} for missing in trial["missing"]],
    }
