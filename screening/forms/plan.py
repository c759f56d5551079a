"""Which questions of a stage stand together, and in which order they are asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from screening.interop.typed import has_results_date
from screening.rules.facts import Catalogue, Fact
from screening.rules.language import names_in

Rank = Mapping[str, int]
"""The place of each question that can be ranked, 0 for the most useful; the others are missing."""
_UNRANKED = float("inf")


@dataclass(frozen=True)
class BlockPlan:
    """Questions that stand together.

    `kind` is plain, results (a date above fills the rows that have none), items (yes or no, answered
    together by one button) or gated (open when `gate` holds). `key` is its own on the page, wherever it is
    drawn. The questions of a `fixed` block keep their order.
    """

    kind: str
    names: tuple[str, ...]
    gate: str = ""
    key: str = ""
    fixed: bool = False


def plan(facts: Iterable[Fact]) -> tuple[BlockPlan, ...]:
    """Return the blocks that questions in this order fall into."""
    blocks: list[BlockPlan] = []
    for (kind, gate), run in groupby(facts, key=lambda fact: (_kind(fact), fact.gate or "")):
        names = tuple(fact.name for fact in run)
        kind = "plain" if kind == "items" and len(names) == 1 else kind
        if blocks and kind == blocks[-1].kind == "plain":
            blocks[-1] = replace(blocks[-1], names=blocks[-1].names + names)
        else:
            blocks.append(BlockPlan(kind, names, gate, key=str(len(blocks))))
    return tuple(blocks)


def _kind(fact: Fact) -> str:
    if fact.gate is not None:
        return "gated"
    if has_results_date(fact):
        return "results"
    return "items" if fact.kind == "yes_no" else "plain"


@dataclass(frozen=True)
class Group:
    """Blocks that are moved together: a block, and those that its answers open."""

    blocks: tuple[BlockPlan, ...]

    def best(self, rank: Rank) -> float:
        """Return the place of the most useful question of the group."""
        return min(rank.get(name, _UNRANKED) for block in self.blocks for name in block.names)


def groups(blocks: Sequence[BlockPlan], catalogue: Catalogue) -> tuple[Group, ...]:
    """Return what can be moved by itself.

    A question by itself can, and so can questions of which a number is worked out together; a block of
    results or of items is one, and what an answer opens stays behind its question.
    """
    pieces = [piece for block in blocks for piece in _pieces(block, catalogue)]
    found: dict[BlockPlan, list[BlockPlan]] = {}
    for piece in pieces:
        opener = next((one for one in found if _opens(found[one], piece, catalogue)), piece)
        found.setdefault(opener, []).append(piece)
    return tuple(Group(tuple(one)) for one in found.values())


def _pieces(block: BlockPlan, catalogue: Catalogue) -> Iterator[BlockPlan]:
    """Yield the parts of a plain block that can stand apart; any other block is one."""
    if block.kind != "plain":
        yield replace(block, fixed=block.kind == "gated")
        return
    left = block.names
    while left:
        together = _together(left[0], catalogue)
        names = tuple(name for name in left if name in together)
        yield replace(block, names=names, key=names[0], fixed=True)
        left = tuple(name for name in left if name not in together)


def _together(name: str, catalogue: Catalogue) -> frozenset[str]:
    """Return the questions of which numbers are worked out together with `name`, itself included."""
    found, sources = frozenset({name}), _sources(catalogue)
    while joined := [one for one in sources if not one.isdisjoint(found) and not one <= found]:
        found = found.union(*joined)
    return found


def _sources(catalogue: Catalogue) -> tuple[frozenset[str], ...]:
    """Return the questions behind each number that is worked out, and behind each score of a survey."""
    derived = (fact for fact in catalogue.facts.values() if fact.calculation is not None or not fact.asked)
    return tuple(catalogue.behind[fact.name] - {fact.name} for fact in derived)


def _opens(blocks: Iterable[BlockPlan], gated: BlockPlan, catalogue: Catalogue) -> bool:
    if not gated.gate:
        return False
    openers = {catalogue.names[name].fact for name in names_in(catalogue.trees[gated.gate])}
    return any(not openers.isdisjoint(block.names) for block in blocks)


def in_order(found: Sequence[Group], rank: Rank) -> Iterator[BlockPlan]:
    """Yield the blocks, the most useful group first; those without a rank follow as the catalogue has them.

    Plain questions that come to stand next to each other are one block, and so are results.
    """
    last: BlockPlan | None = None
    for group in sorted(found, key=lambda group: group.best(rank)):
        for block in group.blocks:
            names = block.names if block.fixed else _ranked(block.names, rank)
            if last is not None and last.kind == block.kind and block.kind in ("plain", "results"):
                last = replace(last, names=last.names + names)
                continue
            if last is not None:
                yield last
            last = replace(block, names=names)
    if last is not None:
        yield last


def _ranked(names: Iterable[str], rank: Rank) -> tuple[str, ...]:
    return tuple(sorted(names, key=lambda name: rank.get(name, _UNRANKED)))
