"""One criterion as a page: its text, its rule, why it decides, its edges, and the interpretation ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from screening.models import Interpretation, Site
from screening.presentation import words
from screening.presentation.library import Rule, all_sources, criterion_rule
from screening.presentation.texts import EVENTS_LABEL
from screening.rules.content import Content
from screening.rules.edges import Edge, edges
from screening.rules.facts import EVENTS, Fact
from screening.rules.language import Condition, names_in
from screening.rules.protocol import Criterion, Protocol
from screening.rules.truth import Truth
from screening.rules.words import say

KINDS = {
    "inclusion": gettext_lazy("Inclusion"),
    "exclusion": gettext_lazy("Exclusion"),
    "caution": gettext_lazy("Caution"),
    "limitation": gettext_lazy("Limitation"),
    "step": gettext_lazy("Step of care"),
}
NEVER = {
    "caution": gettext_lazy("A caution never decides: a person weighs it."),
    "limitation": gettext_lazy("A limitation never decides: it says for whom there is no evidence."),
    "step": gettext_lazy("A step of care never decides: it is open while its rule is not true."),
}
OUTCOMES = {
    kind: words.OUTCOMES["exclusion" if kind in ("caution", "limitation") else "inclusion"]
    for kind in ("caution", "limitation", "step")
} | words.OUTCOMES
HOLDS = {
    Truth.TRUE: gettext_lazy("Holds"),
    Truth.FALSE: gettext_lazy("Does not hold"),
    Truth.UNKNOWN: gettext_lazy("Not known"),
}


@dataclass(frozen=True)
class FactLine:
    """One fact that the rule reads: in which units, and how long an answer counts."""

    label: str
    units: str
    counts_for: str


@dataclass(frozen=True)
class EdgeLine:
    """What the rule answers where one thing alone is known."""

    given: str
    holds: str
    outcome: str
    word: str


@dataclass(frozen=True)
class PartLines:
    """One part of the rule and its edges."""

    words: str
    unclear: bool
    edges: Sequence[EdgeLine]


@dataclass(frozen=True)
class Twin:
    """Another criterion that has the same rule."""

    id: str
    title: str
    text: str
    window: str
    address: str


@dataclass(frozen=True)
class EntryLine:
    """One entry of the ledger; `corrects` is the address that opens the form to replace it."""

    number: int
    question: str
    answer: str
    answered_by: str
    answered_on: str
    reference: str
    written: str
    is_earlier: bool
    replaces: int | None
    replaced_by: int | None
    corrects: str


@dataclass(frozen=True)
class CriterionPage:
    """Everything the page of a criterion says, without its ledger."""

    protocol_id: str
    protocol_title: str
    protocol_address: str
    address: str
    kind: str
    id: str
    rule: Rule
    decides: bool
    standing: str
    grade: str
    within: str
    anchor: str
    unclear: str
    in_typed_unit: bool
    proxy: str
    sponsor_ref: str
    facts: Sequence[FactLine]
    parts: Sequence[PartLines]
    has_parts: bool
    twins: Sequence[Twin]
    version: str
    sha256: str


def find_criterion(content: Content, protocol: Protocol, criterion_id: str) -> Criterion | None:
    """Return the criterion, limitation, step or caution of `protocol` with this id; None if it has none."""
    shared = [one for name in protocol.cautions for one in content.cautions[name].criteria]
    everything = (*protocol.criteria, *protocol.limitations, *protocol.steps, *shared)
    return next((one for one in everything if one.id == criterion_id), None)


def criterion_page(content: Content, protocol: Protocol, criterion: Criterion, today: date) -> CriterionPage:
    """Return the page of one criterion; its edges are those of `today`."""
    catalogue = content.catalogue
    sources = all_sources(protocol, content.cautions)
    rule = criterion_rule(criterion, protocol.id, sources, lambda text: say(catalogue, content.trees[text]))
    trees = [content.trees[criterion.rule]]
    if criterion.unclear is not None:
        trees.append(content.trees[criterion.unclear])
    parts = [
        PartLines(part.words, part.unclear, [_edge(edge, criterion) for edge in part.edges])
        for part in edges(content, criterion, today)
    ]
    return CriterionPage(
        protocol_id=protocol.id,
        protocol_title=protocol.title,
        protocol_address=f"{reverse('protocol', args=[protocol.id])}#{rule.anchor}",
        address=rule.address,
        kind=str(KINDS[criterion.kind]),
        id=criterion.id,
        rule=rule,
        decides=criterion.decides,
        standing=_standing(criterion),
        grade=words.GRADES.get(criterion.grade, ""),
        within=criterion.within or "",
        anchor=criterion.anchor,
        unclear=words.first_upper(say(catalogue, trees[1])) if len(trees) > 1 else "",
        in_typed_unit=criterion.in_typed_unit,
        proxy=catalogue.facts[criterion.proxy].label if criterion.proxy is not None else "",
        sponsor_ref=criterion.sponsor_ref,
        facts=_facts(content, trees, criterion),
        parts=parts,
        has_parts=len(parts) > 1,
        twins=_twins(content, protocol, criterion),
        version=protocol.version,
        sha256=protocol.sha256,
    )


def _standing(criterion: Criterion) -> str:
    if criterion.kind in NEVER:
        return str(NEVER[criterion.kind])
    if criterion.advisory:
        return _("Does not decide, it is advisory: %(why)s.") % {"why": criterion.advisory}
    if criterion.decides:
        return _("Decides.")
    return _("Does not decide.")


def _edge(edge: Edge, criterion: Criterion) -> EdgeLine:
    outcome = edge.outcome.value
    return EdgeLine(edge.given, str(HOLDS[edge.holds]), outcome, OUTCOMES[criterion.kind][outcome])


def _facts(content: Content, trees: Iterable[Condition], criterion: Criterion) -> list[FactLine]:
    catalogue = content.catalogue
    names = dict.fromkeys(catalogue.names[name].fact for tree in trees for name in names_in(tree))
    return [
        FactLine(EVENTS_LABEL, "", _("as the list of events is complete"))
        if name == EVENTS
        else _fact(content, catalogue.facts[name], criterion)
        for name in names
    ]


def _fact(content: Content, fact: Fact, criterion: Criterion) -> FactLine:
    units = words.listed(list(fact.units.values()))
    return FactLine(fact.label, units, _counts_for(content, fact, criterion))


def _counts_for(content: Content, fact: Fact, criterion: Criterion) -> str:
    """Return how long an answer counts: as the criterion says, or the fact itself."""
    if criterion.within is not None and fact.kind != "date":
        return _("%(length)s, as this criterion asks") % {"length": criterion.within}
    if isinstance(fact.fresh_for, dict):
        lives = [f"{fact.choices.get(key, key)}: {life}" for key, life in fact.fresh_for.items()]
        return "; ".join(lives)
    if fact.fresher_when is None:
        return fact.fresh_for
    where = say(content.catalogue, content.catalogue.trees[fact.fresher_when.rule])
    shorter = {"life": fact.fresh_for, "shorter": fact.fresher_when.fresh_for, "where": where}
    return _("%(life)s; %(shorter)s unless this is known not to hold: %(where)s") % shorter


def _twins(content: Content, protocol: Protocol, criterion: Criterion) -> list[Twin]:
    """Return the criteria of all protocols that have the same rule as `criterion`, this one left out."""
    tree = content.trees[criterion.rule]
    return [
        Twin(
            other.id,
            one.title,
            other.text,
            other.within or "",
            reverse("criterion", args=[one.id, other.id]),
        )
        for one in content.protocols
        for other in (*one.criteria, *one.limitations, *one.steps)
        if content.trees[other.rule] == tree and (one.id, other.id) != (protocol.id, criterion.id)
    ]


def entry_lines(
    entries: Iterable[Interpretation], page: CriterionPage, author_at: Sequence[Site]
) -> list[EntryLine]:
    """Return the entries as they are shown.

    Args:
        author_at: the centres for which the reader may write.
    """
    may_write = {site.pk for site in author_at}
    listed = list(entries)
    by: Mapping[int, int] = {one.replaces_id: one.pk for one in listed if one.replaces_id is not None}
    return [_entry(one, page, by.get(one.pk), one.site_id in may_write) for one in listed]


def _entry(one: Interpretation, page: CriterionPage, replaced_by: int | None, may_write: bool) -> EntryLine:
    at = one.written_at.astimezone(ZoneInfo(one.site.time_zone))
    return EntryLine(
        number=one.pk,
        question=one.question,
        answer=one.answer,
        answered_by=one.get_answered_by_display(),
        answered_on=words.day(one.answered_on),
        reference=one.reference,
        written=_("Written by %(name)s, %(site)s, %(day)s")
        % {"name": one.written_by, "site": one.site, "day": words.day(at.date())},
        is_earlier=one.protocol_sha256 != page.sha256,
        replaces=one.replaces_id,
        replaced_by=replaced_by,
        corrects=f"{page.address}?replaces={one.pk}#write" if may_write and replaced_by is None else "",
    )
