"""Labels and sources, read from the texts that were stored with a pre-screen."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from screening.clinical.dates import Duration, reaches, read_duration
from screening.presentation import words

EVENTS = "severe_hypoglycemic_events"
UNSEEN = "unseen"
EVENTS_LABEL = "Severe hypoglycaemic events"
_COUNTED = {
    "cit": "by the CIT definition",
    "uih": "by the UIH definition",
    "unexplained": "unexplained",
    "documented": "documented",
}


@dataclass(frozen=True)
class SourceLine:
    """Where something was read."""

    key: str
    title: str
    url: str
    read_on: str


class Labels(dict[str, str]):
    """Labels of facts by name; a name that time or events make is put together from its parts."""

    def __missing__(self, name: str) -> str:
        if ", " in name:
            return " with ".join(self[part] for part in name.split(", "))
        return self._made(name) or words.first_upper(name.replace("_", " "))

    def _made(self, name: str) -> str:
        if name == "age":
            return "Age"
        if name.startswith("age_at_"):
            return f"Age at {name.removeprefix('age_at_').replace('_', ' ')}"
        for unit in ("years", "months", "days"):
            if name.startswith(f"{unit}_since_"):
                date_fact = name.removeprefix(f"{unit}_since_") + "_date"
                if date_fact in self:
                    return f"{words.first_upper(unit)} since {_lower_first(self[date_fact])}"
        if name.startswith(EVENTS):
            return _events_label(name.removeprefix(EVENTS))
        return next((self[fact] for fact in _shortened(name) if fact in self), "")


def _shortened(name: str) -> list[str]:
    """Return `hba1c_percent` without its last words, longest first."""
    parts = name.split("_")
    return ["_".join(parts[:length]) for length in range(len(parts) - 1, 0, -1)]


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _events_label(suffix: str) -> str:
    label = EVENTS_LABEL
    for part in [part for part in suffix.split("_") if part]:
        if part in _COUNTED:
            label += f", {_COUNTED[part]}"
        elif part.endswith("m") and part[:-1].isdecimal():
            label += f", {Duration(int(part[:-1]), 'months')}"
    return f"{label} since automated insulin delivery" if suffix.endswith("since_aid_start") else label


@dataclass(frozen=True)
class CatalogueWords:
    """The words of one fact catalogue: labels of facts, of the choices of each, and how long each counts."""

    labels: Labels
    choices: Mapping[str, Mapping[str, str]]
    lives: Mapping[str, Sequence[Duration]]

    def said(self, fact: str, value: str) -> str:
        """Return the label of a choice of `fact`, or the value itself."""
        return self.choices.get(fact, {}).get(value, value)

    def last_days(self, name: str, on: date) -> set[date]:
        """Return the days that may be the last on which an answer of `on` counts, by a name of the rules."""
        fact = next((fact for fact in (name, *_shortened(name)) if fact in self.lives), name)
        day = timedelta(days=1)
        return {reaches(on + day, life.number, life.unit) - day for life in self.lives.get(fact, ())}


def catalogue_words(catalogue_text: str) -> CatalogueWords:
    """Return the words in the canonical text of a fact catalogue."""
    facts = json.loads(catalogue_text)
    return CatalogueWords(
        Labels({fact["name"]: fact["label"] for fact in facts}),
        {fact["name"]: fact["choices"] for fact in facts if fact["choices"]},
        {fact["name"]: _lives(fact) for fact in facts},
    )


def _lives(fact: Mapping[str, Any]) -> list[Duration]:
    """Return how long an answer to `fact` may count: each duration that its file names."""
    written = fact["fresh_for"]
    lives = set(written.values()) if isinstance(written, dict) else {written}
    if fact["fresher_when"] is not None:
        lives.add(fact["fresher_when"]["fresh_for"])
    return [read_duration(life) for life in sorted(lives - {"always"})]


def source_line(key: str, source: Mapping[str, Any]) -> SourceLine:
    """Return one source of a protocol as it is shown; what was seen in none was read on no day."""
    return SourceLine(
        key, source["title"], source["url"], "" if key == UNSEEN else words.day(source["read_on"])
    )
