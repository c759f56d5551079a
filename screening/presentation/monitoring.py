"""What a monitor reads of one consented subject: each criterion with its value, and where it comes from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from screening.flow import BY_ACT, STATES, State
from screening.presentation import words
from screening.presentation.facts import used
from screening.presentation.texts import CatalogueWords


@dataclass(frozen=True)
class SubjectValue:
    """One value that a criterion was decided with."""

    label: str
    value: str
    dated: str
    origin: str


@dataclass(frozen=True)
class SubjectCriterion:
    """One criterion of the trial, as it was answered for the subject.

    Attributes:
        document: the source document the centre names, and what was found there.
        checked: who looked it up, and when.
    """

    id: str
    kind: str
    text: str
    outcome: str
    word: str
    values: list[SubjectValue]
    document: str
    checked: str


@dataclass(frozen=True)
class SubjectStep:
    """One move of the referral, with the signature it bears.

    Attributes:
        override: where it goes against the engine's answer, why.
        shown: the start of the hash of what the signer was shown.
    """

    at: str
    who: str
    role: str
    what: str
    reason: str
    override: str
    version: str
    meaning: str
    shown: str


@dataclass(frozen=True)
class TrialCounts:
    """How many people of one trial at one site have not consented, by state."""

    site: str
    title: str
    counts: list[tuple[str, int]]
    total: int


def subject_criteria(
    result: Mapping[str, Any],
    catalogue: CatalogueWords,
    confirmations: Mapping[str, Any],
    zone: str,
) -> list[SubjectCriterion]:
    """Return the criteria of one trial's stored `result`, then what was looked up beside them."""
    answered = dict(confirmations)
    lines = []
    for criterion in result["criteria"]:
        values = [used(fact, catalogue) for fact in criterion["facts"]]
        lines.append(
            SubjectCriterion(
                id=criterion["id"],
                kind=words.KINDS[criterion["kind"]],
                text=criterion["text"],
                outcome=criterion["outcome"],
                word=words.OUTCOMES[criterion["kind"]][criterion["outcome"]],
                values=[SubjectValue(one.label, one.value, one.dated, one.origin) for one in values],
                **_looked_up(answered.pop(criterion["id"], None), zone),
            )
        )
    for item in result["to_confirm"]:
        if item["id"] in answered:
            lines.append(
                SubjectCriterion(
                    id=item["id"],
                    kind="To confirm",
                    text=item["text"],
                    outcome="",
                    word="",
                    values=[],
                    **_looked_up(answered[item["id"]], zone),
                )
            )
    return lines


def _looked_up(confirmation: Any, zone: str) -> dict[str, str]:
    if confirmation is None:
        return {"document": "", "checked": ""}
    document = f": {confirmation.document}" if confirmation.document else ""
    return {
        "document": f"{confirmation.get_answer_display()}{document}",
        "checked": f"{confirmation.by}, {moment(confirmation.at, zone)}",
    }


def subject_steps(steps: Iterable[Any], versions: Mapping[str, str], zone: str) -> list[SubjectStep]:
    """Return the moves of a referral; `versions` has the version of each protocol text by its hash."""
    return [_step(step, versions, zone) for step in steps]


def _step(step: Any, versions: Mapping[str, str], zone: str) -> SubjectStep:
    move = BY_ACT.get(step.act)
    return SubjectStep(
        at=moment(step.at, zone),
        who=str(step.by),
        role=step.role,
        what=move.done if move is not None else words.first_upper(step.act),
        reason=", ".join(part for part in (_reason(step, move), step.criterion) if part),
        override=step.words if step.overrides else "",
        version=versions.get(step.protocol_sha256, step.protocol_sha256[:12]),
        meaning=step.meaning if step.is_signature else "",
        shown=step.shown_sha256[:12] if step.is_signature else "",
    )


def _reason(step: Any, move: Any) -> str:
    return str(move.reasons.get(step.reason, step.reason)) if move is not None else str(step.reason)


def trial_counts(rows: Iterable[Mapping[str, Any]]) -> list[TrialCounts]:
    """Return the counts of `rows`, each a site, a trial, a state and a number."""
    by_trial: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for row in rows:
        by_trial[row["site__name"], row["title"]][row["state"]] = row["number"]
    return [
        TrialCounts(
            site=site,
            title=title,
            counts=[(STATES[state], counts[state]) for state in State if state in counts],
            total=sum(counts.values()),
        )
        for (site, title), counts in sorted(by_trial.items())
    ]


def moment(at: Any, zone: str) -> str:
    """Return a moment as `20 Nov 2026, 09:30` at the site."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{words.day(local.date())}, {local:%H:%M}"
