"""What was read of a person, as a page says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from screening.presentation import words
from screening.presentation.texts import EVENTS, CatalogueWords
from screening.rules.words import lower_first


@dataclass(frozen=True)
class UsedFact:
    """A value that a criterion was decided with."""

    label: str
    value: str
    dated: str
    origin: str


def used(fact: Mapping[str, Any], catalogue: CatalogueWords) -> UsedFact:
    """Return one record of a result's `facts`."""
    return UsedFact(
        label=catalogue.labels[fact["name"]],
        value=words.amount(_shown(fact, catalogue), fact["unit"] or ""),
        dated=words.when(fact["on"]),
        origin=fact["origin"] or "",
    )


def in_short(fact: Mapping[str, Any], catalogue: CatalogueWords) -> str:
    """Return one record inside a sentence: `2 severe events in 12 months`, `Gold score 5`, `no CGM use`."""
    value, label = fact["value"], lower_first(catalogue.labels[fact["name"]])
    window = re.fullmatch(rf"{EVENTS}.*_(\d+)m", fact["name"])
    if window is not None:
        shown = _shown(fact, catalogue)
        count = "no" if shown == "0" else shown
        return f"{count} {'severe event' if shown == '1' else 'severe events'} in {window[1]} months"
    if value is True or value is False:
        return label if value else f"no {label}"
    colon = ":" if fact["name"] in catalogue.choices else ""
    return f"{label}{colon} {used(fact, catalogue).value}"


def _shown(fact: Mapping[str, Any], catalogue: CatalogueWords) -> str:
    value = fact["value"]
    if value is None:
        return "not known"
    if value is True or value is False:
        return "yes" if value else "no"
    if isinstance(value, Mapping) or fact["name"].endswith("_date"):
        return words.when(value)
    if isinstance(value, list):
        low, high = (*value, None)[:2]
        return _range(low, high)
    return words.number(catalogue.said(fact["name"], value) if isinstance(value, str) else value)


def _range(low: Any, high: Any) -> str:
    if low is None:
        return "any number" if high is None else f"up to {words.number(high)}"
    if high is None:
        return f"{words.number(low)} or more"
    return words.number(low) if low == high else f"{words.number(low)} to {words.number(high)}"
