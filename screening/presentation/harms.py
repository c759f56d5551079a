"""The cited harms and outcomes of every therapy that is in reach, each once, what applies here first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.utils.translation import ngettext

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
    def id(self) -> str: ...
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
    seen_first: bool


@dataclass(frozen=True)
class SafetyBox:
    """What is known of the harms of the therapies in reach.

    Attributes:
        not_found: the trials in reach for whose therapy no harm was found in a source, in words.
    """

    harms: Sequence[Harm]
    not_found: str

    @property
    def first(self) -> Sequence[Harm]:
        """Those that apply to this person, or are of a trial that takes people."""
        return [harm for harm in self.harms if harm.seen_first]

    @property
    def rest(self) -> Sequence[Harm]:
        """Those of trials whose status is to be checked."""
        return [harm for harm in self.harms if not harm.seen_first]


def safety_box(
    trials: Sequence[Trial], cards: Mapping[str, Card], taking_people: frozenset[str]
) -> SafetyBox | None:
    """Return the harms of the trials with a likely or possible answer; None where there is no such trial.

    Args:
        taking_people: the trials that were seen to take people: their harms are seen first.
    """
    in_reach = [
        cards[trial["id"]]
        for trial in sorted(trials, key=standing)
        if trial["candidacy"] in IN_REACH and trial["recruitment"]["status"] not in words.CLOSED_STATUSES
    ]
    if not in_reach:
        return None
    cited: dict[str, tuple[Cited, list[Card]]] = {}
    for card in in_reach:
        for item in card.safety:
            cited.setdefault(item.text, (item, []))[1].append(card)
    harms = [_harm(item, having, taking_people) for item, having in cited.values()]
    silent = [card.title for card in in_reach if not card.safety]
    return SafetyBox(sorted(harms, key=lambda harm: not harm.raised), _named(silent))


def _harm(item: Cited, having: Sequence[Card], taking_people: frozenset[str]) -> Harm:
    first = item.raised or any(card.id in taking_people for card in having)
    return Harm(item.text, item.why, item.raised, _named([card.title for card in having]), first)


def _named(titles: Sequence[str]) -> str:
    if len(titles) < 3:
        return words.listed(titles)
    return ngettext("%(count)s trial", "%(count)s trials", len(titles)) % {"count": len(titles)}
