"""What a page of one trial of a referral shows, as data, and its hash: decisions are bound to it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from screening.models import Confirmation, Screening, TrialReferral


def trial_result(screening: Screening, protocol: str) -> dict[str, Any]:
    """Return what the pre-screen says about one trial, in the shape of docs/json.md.

    Raises:
        LookupError: the pre-screen has no answer for that protocol.
    """
    found = next((trial for trial in screening.result["trials"] if trial["id"] == protocol), None)
    if found is None:
        raise LookupError(f"no answer for {protocol}")
    return dict(found)


def open_exclusions(result: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the deciding exclusions that are not known."""
    return [
        criterion
        for criterion in result["criteria"]
        if criterion["kind"] == "exclusion" and criterion["decides"] and criterion["outcome"] == "unknown"
    ]


def latest_confirmations(trial: TrialReferral) -> dict[str, Confirmation]:
    """Return the last answer of each item to confirm, by the item's id."""
    return {one.item: one for one in trial.confirmations.select_related("by")}


def items_to_confirm(result: dict[str, Any], answered: dict[str, Confirmation]) -> list[str]:
    """Return the ids of the items that no one has answered yet."""
    return [item["id"] for item in result["to_confirm"] if item["id"] not in answered]


def shown_sha256(trial: TrialReferral, confirmed: dict[str, Confirmation]) -> str:
    """Return the hash of what is shown to whoever decides: answers, verdict, items confirmed, thread."""
    screening = trial.referral.screening
    shown = {
        "referral": trial.referral_id,
        "protocol": trial.protocol,
        "screening": screening.pk,
        "answers": screening.answers,
        "result": trial_result(screening, trial.protocol),
        "confirmed": {item: [one.answer, one.document] for item, one in sorted(confirmed.items())},
        "thread": list(trial.referral.thread.order_by("pk").values_list("pk", flat=True)),
    }
    text = json.dumps(shown, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()
