"""Protocols as pages: what each is, whom it takes, how that is known and what is not public."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from screening.presentation import places, words
from screening.presentation.lists import FAMILY_LABELS
from screening.presentation.ranking import RECRUITMENT_AGES_AFTER
from screening.presentation.texts import SourceLine, source_line
from screening.rules.protocol import Cautions, Criterion, Protocol, Source

RuleWords = Callable[[str], str]


@dataclass(frozen=True)
class Entry:
    """One protocol in the list."""

    id: str
    title: str
    registry_id: str
    kind: str
    phase: str
    therapy: str
    countries: str
    recruitment: str
    standing: str
    criteria: str
    best: str


@dataclass(frozen=True)
class Shelf:
    """Protocols of one family."""

    id: str
    title: str
    about: str
    entries: Sequence[Entry]


@dataclass(frozen=True)
class Rule:
    """One criterion as its page shows it."""

    anchor: str
    id: str
    address: str
    text: str
    words: str
    rule: str
    grade: str
    standing: str
    advisory: str
    window: str
    unclear: str
    notes: Sequence[str]
    sources: Sequence[SourceLine]


@dataclass(frozen=True)
class RuleGroup:
    """Criteria of one kind."""

    id: str
    title: str
    about: str
    rules: Sequence[Rule]
    shared: bool


@dataclass(frozen=True)
class Harm:
    """A known harm, with where it was read."""

    text: str
    sources: Sequence[SourceLine]


@dataclass(frozen=True)
class ProtocolPage:
    """Everything a protocol's page says."""

    entry: Entry
    family: str
    recruitment_note: str
    aged: bool
    completeness: str
    best_because: str
    groups: Sequence[RuleGroup]
    confirm: Sequence[tuple[str, str]]
    gaps: Sequence[str]
    safety: Sequence[Harm]
    grades: Sequence[tuple[str, str]]
    sources: Sequence[SourceLine]
    version: str
    sha256: str


ABOUT_FAMILIES = {
    "islet replacement": "Cells that make insulin, for long type 1 diabetes with severe hypoglycaemia.",
    "islet after kidney": "For people who live with a kidney transplant and take immunosuppression already.",
    "immune therapy": "To keep the cells that are left: for the first months or years after diagnosis.",
    "care pathway": "Whether cell replacement is the question, and what to try first.",
}
IN_AND_OUT = {
    "trial": (("Inclusion", "Needed to take part."), ("Exclusion", "Each one rules taking part out.")),
    "label": (
        ("Indicated for", "What the label asks for."),
        ("Not indicated for", "What the label rules out."),
    ),
    "guideline": (("For whom", "Whom the guidance describes."), ("Not for whom", "What it rules out.")),
}
STANDINGS = ("open", "check", "closed")


def standing(protocol: Protocol, today: date) -> str:
    """Return `open`, `check` or `closed` for whether `protocol` takes people, as far as was seen."""
    recruitment = protocol.recruitment
    if recruitment.status in words.CLOSED_STATUSES:
        return "closed"
    if protocol.kind == "guideline":
        return "open"
    aged = today - recruitment.seen_on > RECRUITMENT_AGES_AFTER
    return "check" if aged or recruitment.status not in words.OPEN_STATUSES else "open"


def shelves(protocols: Iterable[Protocol], today: date) -> list[Shelf]:
    """Return all protocols by family; inside a family those that take people come first."""
    by_standing = sorted(protocols, key=lambda protocol: STANDINGS.index(standing(protocol, today)))
    grouped = [
        Shelf(
            family.replace(" ", "-"),
            FAMILY_LABELS[family],
            ABOUT_FAMILIES[family],
            [_entry(protocol, today) for protocol in by_standing if protocol.family == family],
        )
        for family in FAMILY_LABELS
    ]
    return [shelf for shelf in grouped if shelf.entries]


def protocol_page(
    protocol: Protocol, cautions: Mapping[str, Cautions], rule_words: RuleWords, today: date
) -> ProtocolPage:
    """Return the page of `protocol`, with the `cautions` it shares with others."""
    shared = [cautions[name] for name in protocol.cautions]
    sources = all_sources(protocol, cautions)
    grades = {criterion.grade for criterion in (*protocol.criteria, *protocol.limitations)} - {""}
    return ProtocolPage(
        entry=_entry(protocol, today),
        family=FAMILY_LABELS[protocol.family],
        recruitment_note=protocol.recruitment.note,
        aged=standing(protocol, today) == "check",
        completeness=words.COMPLETENESS[protocol.completeness],
        best_because=words.first_upper(protocol.best_because),
        groups=_groups(protocol, shared, sources, rule_words),
        confirm=[(item.id, item.text) for item in protocol.confirm],
        gaps=[gap.text for gap in protocol.gaps],
        safety=[Harm(item.text, _cited(item.source, sources)) for item in protocol.safety],
        grades=[(grade, words.GRADES[grade]) for grade in words.GRADES if grade in grades],
        sources=[_source(key, source) for key, source in protocol.sources.items()],
        version=protocol.version,
        sha256=protocol.sha256,
    )


def all_sources(protocol: Protocol, cautions: Mapping[str, Cautions]) -> Mapping[str, Source]:
    """Return the sources of `protocol` and of the `cautions` it shares, by key."""
    sources = dict(protocol.sources)
    for name in protocol.cautions:
        sources = dict(cautions[name].sources) | sources
    return sources


def _groups(
    protocol: Protocol, shared: Sequence[Cautions], sources: Mapping[str, Source], rule_words: RuleWords
) -> list[RuleGroup]:
    advisory = "They never decide: a person weighs them."
    shape: list[tuple[str, str, str, Sequence[Criterion]]] = [
        ("inclusion", *IN_AND_OUT[protocol.kind][0], _of_kind(protocol, "inclusion")),
        ("exclusion", *IN_AND_OUT[protocol.kind][1], _of_kind(protocol, "exclusion")),
        ("steps", "Steps of optimised insulin therapy", "Open while not true.", protocol.steps),
        ("limitations", "Limitations", "No evidence for these people. " + advisory, protocol.limitations),
        *((caution.id, caution.title, advisory, caution.criteria) for caution in shared),
    ]
    return [
        RuleGroup(
            id_,
            title,
            about,
            [criterion_rule(item, protocol.id, sources, rule_words) for item in criteria],
            shared=criteria[0].kind == "caution",
        )
        for id_, title, about, criteria in shape
        if criteria
    ]


def _of_kind(protocol: Protocol, kind: str) -> list[Criterion]:
    return [criterion for criterion in protocol.criteria if criterion.kind == kind]


def criterion_rule(
    criterion: Criterion, protocol_id: str, sources: Mapping[str, Source], rule_words: RuleWords
) -> Rule:
    """Return one criterion of a protocol as it is shown.

    Args:
        sources: those of the protocol and of its shared cautions, by key.
    """
    return Rule(
        anchor=f"{protocol_id}-{criterion.id}",
        id="" if criterion.kind == "caution" else criterion.id,
        address=reverse("criterion", args=[protocol_id, criterion.id]),
        text=criterion.text,
        words=words.first_upper(rule_words(criterion.rule)),
        rule=" ".join(criterion.rule.split()),
        grade=criterion.grade,
        standing=_standing(criterion),
        advisory=criterion.advisory,
        window=_window(criterion),
        unclear=criterion.unclear_because,
        notes=criterion.notes,
        sources=_cited(criterion.source, sources),
    )


def _standing(criterion: Criterion) -> str:
    if criterion.kind not in ("inclusion", "exclusion") or criterion.decides:
        return ""
    return "Does not decide"


def _window(criterion: Criterion) -> str:
    parts = []
    if criterion.within is not None:
        parts.append(f"values of the past {criterion.within}")
    if criterion.anchor:
        parts.append(f"counted at {criterion.anchor}")
    return words.first_upper(", ".join(parts))


def _entry(protocol: Protocol, today: date) -> Entry:
    recruitment = protocol.recruitment
    deciding = len(protocol.deciding)
    return Entry(
        id=protocol.id,
        title=protocol.title,
        registry_id=protocol.registry_id,
        kind=words.KIND_NAMES[protocol.kind],
        phase=words.phase(protocol.phase),
        therapy=protocol.therapy,
        countries=places.spelled(protocol.countries),
        recruitment=f"{words.first_upper(recruitment.status)}, seen {words.day(recruitment.seen_on)}",
        standing=standing(protocol, today),
        criteria=f"{words.counted(deciding, 'criterion', 'criteria')} that decide",
        best="At best “possible”" if protocol.best == "possible" else "",
    )


def _cited(keys: str, sources: Mapping[str, Source]) -> list[SourceLine]:
    return [_source(key.strip(), sources[key.strip()]) for key in keys.split(",") if key.strip()]


def _source(key: str, source: Source) -> SourceLine:
    return source_line(key, {"title": source.title, "url": source.url, "read_on": source.read_on})
