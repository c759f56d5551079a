"""The cited harms and outcomes of every therapy that is in reach, each once, what applies here first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from screening.presentation import words
from screening.presentation.ranking import Trial, standing

IN_REACH = ("likely", "possible")


class Cited(Protocol):
    """A harm as one trial's card has it."""

    @property
    def text(self) -> str: ...
    @property
    def why(self) -> str: ...
    @property
    def raised(self) -> bool: ...


class Card(Protocol):
    """A trial's card, as far as its harms need it."""

    @property
    def title(self) -> str: ...
    @property
    def safety(self) -> Sequence[Cited]: ...


@dataclass(frozen=True)
class Harm:
    """One harm or outcome: whether this person's answers raise it, and the trials it was cited for."""

    text: str
    why: str
    raised: bool
    trials: str


@dataclass(frozen=True)
class SafetyBox:
    """What is known of the harms of the therapies in reach.

    Attributes:
        not_found: the trials in reach for whose therapy no harm was found in a source, in words.
    """

    harms: Sequence[Harm]
    not_found: str


def safety_box(trials: Sequence[Trial], cards: Mapping[str, Card]) -> SafetyBox | None:
    """Return the harms of the trials with a likely or possible answer; None where there is no such trial."""
    in_reach = [
        cards[trial["id"]]
        for trial in sorted(trials, key=standing)
        if trial["candidacy"] in IN_REACH and trial["recruitment"]["status"] not in words.CLOSED_STATUSES
    ]
    if not in_reach:
        return None
    cited: dict[str, tuple[Cited, list[str]]] = {}
    for card in in_reach:
        for item in card.safety:
            cited.setdefault(item.text, (item, []))[1].append(card.title)
    harms = [Harm(item.text, item.why, item.raised, _named(titles)) for item, titles in cited.values()]
    silent = [card.title for card in in_reach if not card.safety]
    return SafetyBox(sorted(harms, key=lambda harm: not harm.raised), _named(silent))


def _named(titles: Sequence[str]) -> str:
    return words.listed(titles) if len(titles) < 3 else words.counted(len(titles), "trial")
