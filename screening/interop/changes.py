"""A change of candidacy as it leaves the app: a reference, ids and days; no name, birth date or answer.

A day that hangs on the birth date is withheld, for it may tell it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Protocol

from screening.clinical.dates import say_day

CAUSES = {"rules": "new protocol version", "time": "by time", "stale": "a value went stale"}
WORDS = {"likely": "likely", "possible": "possible", "not_yet": "not yet", "unlikely": "unlikely"}


class Change(Protocol):
    """What is told of a change."""

    screening: Any
    protocol: str
    as_of: date
    then: str
    now: str
    if_still_true: str
    reasons: list[dict[str, Any]]


def as_json(change: Change) -> dict[str, Any]:
    """Return a change for programs."""
    return {
        "reference": change.screening.participant.reference,
        "screening": change.screening.pk,
        "trial": change.protocol,
        "then": change.then,
        "as_of": change.as_of.isoformat(),
        "now": change.now,
        "if_answers_still_hold": change.if_still_true,
        "reasons": [
            {
                "cause": reason["cause"],
                "criteria": reason["criteria"],
                "facts": reason["facts"],
                "since": None if reason["tells_birth"] else reason["since"],
            }
            for reason in change.reasons
        ],
    }


def as_line(change: Change) -> str:
    """Return a change as one line of text."""
    now = WORDS[change.now]
    if change.if_still_true != change.now:
        now += f" ({WORDS[change.if_still_true]} if the answers still hold)"
    reasons = "; ".join(map(_reason, change.reasons))
    return (
        f"{change.screening.participant.reference}  {change.protocol}  "
        f"{WORDS[change.then]} -> {now} on {say_day(change.as_of)}: {reasons}"
    )


def _reason(reason: Mapping[str, Any]) -> str:
    details = [" ".join(reason["criteria"]), " ".join(reason["facts"])]
    if reason["tells_birth"]:
        details.append("day withheld: it hangs on the birth date")
    elif reason["since"]:
        details.append(f"since {say_day(date.fromisoformat(reason['since']))}")
    said = ", ".join(filter(None, details))
    return CAUSES[reason["cause"]] + (f" ({said})" if said else "")
