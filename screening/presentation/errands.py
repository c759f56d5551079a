"""What is missing, grouped by how it is found out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from screening.presentation import words
from screening.presentation.ranking import Trial, standing
from screening.presentation.texts import EVENTS

ERRANDS = (
    ("ask", gettext_noop("Ask the person"), ("ask",)),
    ("fetch", gettext_noop("Fetch from the record"), ("record",)),
    ("look-up", gettext_noop("Look up on the device"), ("device",)),
    ("order", gettext_noop("Order"), ("lab", "procedure")),
    ("waiting", gettext_noop("Waiting for"), ("waiting",)),
)
SEEN_AT_ONCE = 6


@dataclass(frozen=True)
class Bearing:
    """A criterion that waits for a missing fact."""

    anchor: str
    trial: str
    criterion: str


@dataclass(frozen=True)
class MissingFact:
    """One thing to find out."""

    label: str
    why: str
    trials: int
    bears_on: Sequence[Bearing]


@dataclass(frozen=True)
class Errand:
    """Missing facts that are found out in the same way."""

    id: str
    title: str
    facts: Sequence[MissingFact]

    @property
    def first(self) -> Sequence[MissingFact]:
        """Those that are seen at once."""
        return self.facts[:SEEN_AT_ONCE]

    @property
    def rest(self) -> Sequence[MissingFact]:
        """Those that open below."""
        return self.facts[SEEN_AT_ONCE:]


def errands_of(
    trials: Iterable[Trial], *, disagreeing: frozenset[str], leave_out: frozenset[str]
) -> list[Errand]:
    """Group the missing facts of `trials` by how they are found out: needed by most trials first."""
    bearings: dict[str, list[Bearing]] = defaultdict(list)
    touched: dict[str, set[str]] = defaultdict(set)
    reasons: dict[str, set[str]] = defaultdict(set)
    way: dict[str, str] = {}
    label: dict[str, str] = {}
    for trial in sorted(trials, key=standing):
        criteria = {criterion["id"]: criterion for criterion in trial["criteria"]}
        for missing in trial["missing"]:
            name = missing["fact"]
            if name in leave_out:
                continue
            way[name] = "waiting" if missing["waiting"] is not None else missing["obtained_by"]
            label[name] = missing["label"]
            touched[name].add(trial["id"])
            for criterion in missing["criteria"]:
                bearings[name].append(Bearing(f"{trial['id']}-{criterion}", short_title(trial), criterion))
                reasons[name].add(_reason(name, criteria[criterion], disagreeing))
            if missing["waiting"] is not None and missing["waiting"]["due"] is not None:
                reasons[name].add(_("due %(day)s") % {"day": words.day(missing["waiting"]["due"])})
    facts = {
        name: MissingFact(
            label=label[name],
            why=words.listed(sorted(reason for reason in reasons[name] if reason)),
            trials=len(touched[name]),
            bears_on=bearings[name],
        )
        for name in way
    }
    grouped = [
        Errand(
            id_,
            _(title),
            sorted(
                (facts[name] for name in facts if way[name] in ways),
                key=lambda fact: -fact.trials,
            ),
        )
        for id_, title, ways in ERRANDS
    ]
    return [errand for errand in grouped if errand.facts]


def _reason(name: str, criterion: Mapping[str, Any], disagreeing: frozenset[str]) -> str:
    """Return why `name` is missing although it was answered; a criterion has one reason for all it reads."""
    if name in disagreeing:
        return words.NOT_KNOWN_BECAUSE["conflict"]
    answered = name == EVENTS or any(
        fact["name"].startswith(name) and fact["value"] is not None for fact in criterion["facts"]
    )
    if answered and criterion["reason"] in ("stale", "undated", "unclear"):
        return words.NOT_KNOWN_BECAUSE[criterion["reason"]]
    return ""


def short_title(trial: Trial) -> str:
    """Return what a trial is called in a list; the guideline is the indication."""
    return _("Indication") if trial["kind"] == "guideline" else trial["title"]
