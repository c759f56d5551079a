"""Results as they were stored, with the keys that came later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def completed(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return a stored `result` with every key of today; what its engine did not tell is left empty."""
    return {"conflicts": [], **result, "trials": [_trial(trial) for trial in result["trials"]]}


def _trial(trial: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **trial,
        "criteria": [{"changes_to": None, **criterion} for criterion in trial["criteria"]],
        "missing": [{"waiting": None, **missing} for missing in trial["missing"]],
    }
