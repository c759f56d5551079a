"""The trials beside the form: where each stands while the answers come in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.utils.safestring import SafeString

from screening.presentation import words
from screening.presentation.drawing import MAX_DRAWINGS, drawn
from screening.rules.candidacy import Candidacy
from screening.rules.overview import Overview, TrialOverview

INDICATION_WORDS = {"true": "yes", "false": "no", "unknown": "not known yet"}
_OPEN = (Candidacy.LIKELY, Candidacy.POSSIBLE)


@dataclass(frozen=True)
class TrialLine:
    """One trial in the panel: its name, where it stands in words, and its criteria counted."""

    title: str
    candidacy: str
    line: str
    counts: str


@dataclass(frozen=True)
class Panel:
    """What the answers so far amount to, the trials as HTML.

    `nothing_known` is whether there is no answer yet: then no line says more than its title.
    """

    indication: str
    open: SafeString
    closed: SafeString
    closed_count: int
    cautions: Sequence[str]
    nothing_known: bool


def panel(found: Overview) -> Panel:
    """Return `found` for the panel, in an order that no answer changes, so that no trial jumps about.

    Trials that say whom they are for come first, then those of which that is not public.
    """
    lines: dict[bool, list[TrialLine]] = {True: [], False: []}
    cautions: dict[str, None] = {}
    for trial in sorted(found.trials, key=lambda trial: not trial.protocol.indicated):
        if trial.protocol.kind == "guideline":
            continue
        is_closed = trial.protocol.recruitment.status in words.CLOSED_STATUSES
        lines[is_closed].append(_bare_line(trial) if found.nothing_known else _line(trial))
        cautions |= {caution.text: None for caution in trial.cautions}
    indication = INDICATION_WORDS[found.indication.value] if found.indication is not None else ""
    opened, closed = (drawn("screening/_panel_trial.html", lines[is_closed]) for is_closed in (False, True))
    return Panel(indication, opened, closed, len(lines[True]), list(cautions), found.nothing_known)


def _bare_line(trial: TrialOverview) -> TrialLine:
    return TrialLine(trial.protocol.title, trial.candidacy.value, line="", counts="")


def _line(trial: TrialOverview) -> TrialLine:
    return _line_of(trial.protocol.title, trial.candidacy, trial.not_before, **trial.counts)


@lru_cache(maxsize=MAX_DRAWINGS)
def _line_of(title: str, candidacy: Candidacy, not_before: date | None, **counts: int) -> TrialLine:
    said = [(counts["pass"], "for"), (counts["fail"], "against")]
    if candidacy is not Candidacy.POSSIBLE:
        said.append((counts["unknown"], "not known"))
    line: dict[str, Any] = {
        "counts": counts,
        "candidacy": candidacy.value,
        "not_before": not_before,
    }
    return TrialLine(
        title=title,
        candidacy=candidacy.value,
        line=words.candidacy_line(line),
        counts=", ".join(f"{number} {word}" for number, word in said if number > 0),
    )


def kept_open(found: Overview) -> dict[str, str]:
    """Return for every fact how many trials wait for it: `keeps 3 trials open`."""
    waiting = Counter(
        fact
        for trial in found.trials
        if trial.protocol.kind != "guideline" and trial.candidacy in _OPEN
        for fact in trial.open_on
    )
    return {fact: f"keeps {words.counted(number, 'trial')} open" for fact, number in waiting.items()}
