"""The trials beside the form: where each stands while the answers come in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from screening.presentation import words
from screening.presentation.result import recruitment_group

INDICATION_WORDS = {"true": "Yes", "false": "No", "unknown": "Not known yet"}


@dataclass(frozen=True)
class PanelLine:
    """One trial in two lines."""

    id: str
    title: str
    candidacy: str
    line: str
    strip: Sequence[str]
    counts: str


@dataclass(frozen=True)
class Panel:
    """What the answers so far amount to."""

    indication: str
    indication_status: str
    lines: Sequence[PanelLine]
    closed: Sequence[PanelLine]
    cautions: Sequence[str]


def panel(result: Mapping[str, Any]) -> Panel:
    """Return `result` for the panel: trials in the order of their files, so that none jumps about."""
    as_of = date.fromisoformat(result["as_of"])
    lines: list[PanelLine] = []
    closed: list[PanelLine] = []
    cautions: dict[str, None] = {}
    for trial in result["trials"]:
        if trial["kind"] == "guideline":
            continue
        group = recruitment_group(trial, as_of, "")
        (closed if group == "closed" else lines).append(_line(trial))
        cautions |= {caution["text"]: None for caution in trial["cautions_against"]}
    status = result["indication"]["status"]
    return Panel(INDICATION_WORDS[status], status, lines, closed, list(cautions))


def _line(trial: Mapping[str, Any]) -> PanelLine:
    counts = trial["counts"]
    said = [(counts["pass"], "met"), (counts["fail"], "not met"), (counts["unknown"], "not known")]
    return PanelLine(
        id=trial["id"],
        title=trial["title"],
        candidacy=trial["candidacy"],
        line=words.candidacy_line(trial),
        strip=[criterion["outcome"] for criterion in trial["criteria"] if criterion["decides"]],
        counts=", ".join(f"{number} {word}" for number, word in said if number > 0),
    )


def kept_open(result: Mapping[str, Any]) -> dict[str, str]:
    """Return for every missing fact how many trials its absence keeps open: `keeps 3 trials open`."""
    numbers: dict[str, int] = {}
    for trial in result["trials"]:
        if trial["kind"] != "guideline" and trial["candidacy"] in ("likely", "possible"):
            for missing in trial["missing"]:
                numbers[missing["fact"]] = numbers.get(missing["fact"], 0) + 1
    return {fact: f"keeps {words.counted(number, 'trial')} open" for fact, number in numbers.items()}
