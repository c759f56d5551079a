"""One stored result, grouped and ordered as the result page shows it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from screening.presentation import places, words
from screening.presentation.errands import Errand, errands_of
from screening.presentation.facts import UsedFact, in_short, used
from screening.presentation.harms import SafetyBox, safety_box
from screening.presentation.next_steps import NextStep, next_steps
from screening.presentation.ranking import (
    RECRUITMENT_AGES_AFTER,
    Trial,
    all_need_type_1,
    ask_first,
    indicated,
    recruitment_group,
    standing,
)
from screening.presentation.snapshots import completed
from screening.presentation.texts import CatalogueWords, SourceLine, source_line
from screening.presentation.timing import ChangeDay, Deadline, changes_of, deadlines_of
from screening.presentation.turn_chart import TurnChart, turn_chart
from screening.presentation.would_change import Change, NearMiss, changes_to_pass, near_misses
from screening.rules.screening import JUDGEMENT
from screening.rules.words import lower_first


@dataclass(frozen=True)
class CriterionLine:
    """One criterion and its answer."""

    anchor: str
    id: str
    kind: str
    text: str
    decides: bool
    outcome: str
    word: str
    symbol: str
    why: str
    margin: str
    changes_on: str
    grade: str
    grade_words: str
    words: str
    rule: str
    notes: Sequence[str]
    sources: Sequence[SourceLine]
    facts: Sequence[UsedFact]


@dataclass(frozen=True)
class CriteriaGroup:
    """Criteria of one trial with the same standing."""

    title: str
    about: str
    lines: Sequence[CriterionLine]


@dataclass(frozen=True)
class ToConfirm:
    """Something only the trial's site can answer."""

    id: str
    text: str
    because: str


@dataclass(frozen=True)
class Warning:
    """A caution, a limitation or a known harm, with where it was read; a harm has no id."""

    text: str
    why: str
    sources: Sequence[SourceLine]
    raised: bool = False
    id: str = ""


@dataclass(frozen=True)
class TrialCard:
    """One trial: the line that is always seen, and what it opens to."""

    id: str
    title: str
    registry_id: str
    kind: str
    phase: str
    therapy: str
    countries: str
    candidacy: str
    indicated: bool
    line: str
    ask_first: str
    why: str
    decided_by: str
    best_because: str
    counts: str
    strip: Sequence[str]
    holds_until: str
    fresh_until: str
    recruitment: str
    recruitment_note: str
    completeness: str
    version: str
    sha256: str
    groups: Sequence[CriteriaGroup]
    to_confirm: Sequence[ToConfirm]
    limitations_raised: Sequence[Warning]
    limitations_not_raised: Sequence[Warning]
    cautions_against: Sequence[Warning]
    cautions_unknown: Sequence[Warning]
    safety: Sequence[Warning]
    gaps: Sequence[str]
    would_change: Sequence[Change]

    @property
    def cautions_words(self) -> str:
        """`1 caution against`, or nothing."""
        number = len(self.cautions_against)
        return words.counted(number, "caution against", "cautions against") if number > 0 else ""


@dataclass(frozen=True)
class Fold:
    """Cards of a group that stand behind one line."""

    title: str
    cards: Sequence[TrialCard]


@dataclass(frozen=True)
class TrialGroup:
    """Trials that stand together: open here, open elsewhere, to check, closed; and guidelines."""

    id: str
    title: str
    about: str
    cards: Sequence[TrialCard]
    folded: bool = False

    @property
    def shown(self) -> Sequence[TrialCard]:
        """The cards that are seen at once: in a long group those that something public can decide for."""
        if self.folded or len(self.cards) <= SEEN_AT_ONCE:
            return self.cards
        return [card for card in self.cards if card.indicated and card.candidacy != "unlikely"]

    @property
    def folds(self) -> Sequence[Fold]:
        """The other cards."""
        seen = {card.id for card in self.shown}
        rest = [card for card in self.cards if card.id not in seen]
        thin = [card for card in rest if card.candidacy != "unlikely"]
        unlikely = [card for card in rest if card.candidacy == "unlikely"]
        folds = (
            (_("%(count)s not ruled out, of which it is not public whom they are for"), thin),
            (_("%(count)s unlikely on their rules"), unlikely),
        )
        return [Fold(title % {"count": len(cards)}, cards) for title, cards in folds if cards]


@dataclass(frozen=True)
class Against:
    """One thing that speaks against, and the trials it touches."""

    kind: str
    text: str
    why: str
    trials: str


@dataclass(frozen=True)
class OpenCaution:
    """A caution that is not known, a protocol that has it, and how many trials it touches."""

    item: Warning
    protocol: str
    trials: str


@dataclass(frozen=True)
class OpenStep:
    """A step of optimised insulin therapy that is not done, or not known to be."""

    id: str
    text: str
    word: str
    why: str


@dataclass(frozen=True)
class Indication:
    """Whether this is the person cell replacement is for, and which steps are open."""

    status: str
    word: str
    short: str
    why: str
    open_steps: Sequence[OpenStep]
    card: TrialCard | None


@dataclass(frozen=True)
class ResultPage:
    """Everything the result page says."""

    as_of: str
    engine: str
    catalogue_sha256: str
    deadlines: Sequence[Deadline]
    against: Sequence[Against]
    indication: Indication | None
    safety: SafetyBox | None
    cautions_unknown: Sequence[OpenCaution]
    groups: Sequence[TrialGroup]
    next_steps: Sequence[NextStep]
    cannot_rank: Sequence[str]
    near_misses: Sequence[NearMiss]
    errands: Sequence[Errand]
    nothing_to_do: str
    later_errands: Sequence[Errand]
    changes: Sequence[ChangeDay]
    turn_chart: TurnChart | None
    notices: Sequence[str] = field(default_factory=tuple)


SEEN_AT_ONCE = 4
"""A group of so many trials is shown whole."""
ALL_NEED_TYPE_1 = "All loaded trials are for type 1 diabetes, or are read for it alone."
NAMED_AT_ONCE = 4
STEP_WORDS = {"false": "Not done", "unknown": "Not known"}


def result_page(
    result: Mapping[str, Any],
    *,
    catalogue: CatalogueWords,
    country: str = "",
    notices: Sequence[str] = (),
    second_results: Sequence[str] = (),
) -> ResultPage:
    """Return `result`, in the shape that `screen` gives and a screening stores, ready for the page.

    Args:
        result: the stored result; nothing else decides what the page says.
        catalogue: the words of the fact catalogue that was stored with it.
        country: ISO 3166-1 code of the site; empty puts all open trials in one group.
        notices: sentences about this person that no single trial says.
        second_results: sentences about results that differ from those used here.
    """
    result = completed(result)
    as_of = date.fromisoformat(result["as_of"])
    trials = [trial for trial in result["trials"] if trial["kind"] != "guideline"]
    guidelines = [trial for trial in result["trials"] if trial["kind"] == "guideline"]
    ranked = [one["fact"] for one in result["next_best"]]
    cards = {trial["id"]: trial_card(trial, catalogue, ranked) for trial in trials + guidelines}
    speaks = result["indication"]["protocol"] if result["indication"] is not None else ""
    indication = [trial for trial in guidelines if trial["id"] == speaks]
    beside = [trial for trial in guidelines if trial["id"] != speaks]
    groups = _groups(trials, cards, as_of, country)
    taking_people = frozenset(
        card.id for group in groups if group.id in ("here", "elsewhere") for card in group.cards
    )
    reachable = {card.id for group in groups if not group.folded for card in group.cards}
    reachable |= {trial["id"] for trial in indication}
    useful = [t for t in trials + indication if t["id"] in reachable and t["candidacy"] != "unlikely"]
    useful_ids = {trial["id"] for trial in useful}
    others = [trial for trial in trials + indication if trial["id"] not in useful_ids]
    disagreeing = frozenset(fact for item in result["conflicts"] for fact in item["facts"])
    errands = errands_of(useful, disagreeing=disagreeing, leave_out=frozenset())
    wrong_type = all_need_type_1(trials)
    if wrong_type:
        others, notices = [], (ALL_NEED_TYPE_1, *notices)
    needed = frozenset(missing["fact"] for trial in useful for missing in trial["missing"])
    return ResultPage(
        as_of=words.day(as_of),
        engine=result["engine"],
        catalogue_sha256=result["catalogue_sha256"],
        deadlines=deadlines_of(trials, as_of),
        against=[
            *_conflicts(result["conflicts"]),
            *_doubts([one["text"] for one in result["doubts"]], second_results),
            *_against(trials, cards),
        ],
        indication=_indication(result["indication"], indication, cards, catalogue, steps=not wrong_type),
        safety=safety_box(trials, cards, taking_people),
        cautions_unknown=_open_cautions([card for group in groups for card in group.cards]),
        groups=groups + _guidance(beside, cards),
        next_steps=next_steps(result, [trial for trial in trials if trial["id"] in reachable]),
        cannot_rank=[words.listed(list(map(lower_first, one["labels"]))) for one in result["not_ranked"]],
        near_misses=near_misses([trial for trial in trials if trial["id"] in reachable]),
        errands=errands,
        nothing_to_do=_nothing_to_do(useful),
        later_errands=errands_of(others, disagreeing=disagreeing, leave_out=needed),
        changes=changes_of(useful, catalogue, as_of),
        turn_chart=turn_chart([trial for trial in trials if trial["id"] in reachable], as_of),
        notices=tuple(notices),
    )


def _groups(
    trials: Sequence[Trial], cards: Mapping[str, TrialCard], as_of: date, country: str
) -> list[TrialGroup]:
    by_group: dict[str, list[Trial]] = defaultdict(list)
    for trial in sorted(trials, key=standing):
        by_group[recruitment_group(trial, as_of, country)].append(trial)
    here = f"Open in {places.country_name(country)} or its region" if country else "Open"
    shape = (
        ("here", here, "", False),
        (
            "elsewhere",
            "Open elsewhere, or country not public",
            "No site in this country or region was seen.",
            False,
        ),
        (
            "check",
            "Status unconfirmed: check with the site",
            f"Seen more than {RECRUITMENT_AGES_AFTER.days} days before this pre-screen, or never.",
            False,
        ),
        ("closed", "Closed to new people", "Shown because later trials copy their rules.", True),
    )
    return [
        TrialGroup(id_, title, about, [cards[trial["id"]] for trial in by_group[id_]], folded)
        for id_, title, about, folded in shape
        if by_group[id_]
    ]


def _guidance(guidelines: Sequence[Trial], cards: Mapping[str, TrialCard]) -> list[TrialGroup]:
    """Return the guidelines beside the indication as a group of their own, if there are any."""
    ordered = [cards[trial["id"]] for trial in sorted(guidelines, key=standing)]
    about = "What other guidelines and single centres ask for: no trials, and nothing to find out for them."
    group = TrialGroup("guidance", "Guidelines and centres' lists", about, ordered, folded=True)
    return [group] if ordered else []


def trial_card(trial: Trial, catalogue: CatalogueWords, ranked: Sequence[str] = ()) -> TrialCard:
    """Return one trial of a result, in the shape of `completed`.

    Args:
        ranked: the open questions, the most useful first.
    """
    sources = {key: source_line(key, source) for key, source in trial["sources"].items()}
    lines = [_line(criterion, trial, catalogue, sources) for criterion in trial["criteria"]]
    limitations = [_warning(item, sources, item["condition"] == "true") for item in trial["limitations"]]
    recruitment = trial["recruitment"]
    status = words.first_upper(recruitment["status"])
    never_now = trial["candidacy"] == "not_yet" and recruitment["status"] in words.CLOSED_STATUSES
    return TrialCard(
        id=trial["id"],
        title=trial["title"],
        registry_id=trial["registry_id"] or "",
        kind=words.KIND_NAMES[trial["kind"]],
        phase=words.phase(trial["phase"]),
        therapy=trial["therapy"] or "",
        countries=places.spelled(trial["countries"]) or "None listed in the sources",
        candidacy=trial["candidacy"],
        indicated=indicated(trial),
        line="Not yet" if never_now else words.candidacy_line(trial),
        ask_first="; ".join(ask_first(trial)),
        why=trial["why"],
        decided_by=_decided_by(trial, ranked),
        best_because=words.first_upper(trial["best_because"] or ""),
        counts=words.counts_line(trial["counts"]),
        strip=[line.outcome for line in lines if line.decides],
        holds_until="" if trial["candidacy"] == "not_yet" else words.day(trial["lapses_on"]),
        fresh_until=words.day(trial["fresh_until"]),
        recruitment=f"{status}, seen {words.day(recruitment['seen_on'])}",
        recruitment_note=recruitment["note"] or "",
        completeness=words.COMPLETENESS[trial["completeness"]],
        version=trial["version"],
        sha256=trial["sha256"],
        groups=_criteria_groups(lines),
        to_confirm=[_to_confirm(item) for item in trial["to_confirm"]],
        limitations_raised=[item for item in limitations if item.raised],
        limitations_not_raised=[item for item in limitations if not item.raised],
        cautions_against=[_warning(item, sources, True) for item in trial["cautions_against"]],
        cautions_unknown=[_warning(item, sources, False) for item in trial["cautions_unknown"]],
        safety=[
            Warning(
                item["text"],
                _raised_by(item["raised_by"], catalogue),
                _cited(item["source"], sources),
                len(item["raised_by"]) > 0,
            )
            for item in trial["safety"]
        ],
        gaps=trial["gaps"],
        would_change=changes_to_pass(trial),
    )


def _decided_by(trial: Trial, ranked: Sequence[str]) -> str:
    """Return which missing answer decides a possible trial, or which to find out first."""
    if trial["candidacy"] != "possible":
        return ""
    labels = {missing["fact"]: missing["label"] for missing in trial["missing"]}
    if len(labels) == 1:
        return _("%(answer)s decides.") % {"answer": next(iter(labels.values()))}
    first = next((labels[fact] for fact in ranked if fact in labels), "")
    return _("Most useful first: %(answer)s.") % {"answer": lower_first(first)} if first else ""


def _to_confirm(item: Mapping[str, str]) -> ToConfirm:
    """Return what to ask; that a person decides goes without saying."""
    return ToConfirm(item["id"], item["text"], "" if item["because"] == JUDGEMENT else item["because"])


def _raised_by(facts: Sequence[str], catalogue: CatalogueWords) -> str:
    if not facts:
        return ""
    return f"Applies here: {words.listed([catalogue.labels[name] for name in facts])}."


def _warning(item: Mapping[str, Any], sources: Mapping[str, SourceLine], raised: bool) -> Warning:
    return Warning(item["text"], item["why"], _cited(item["source"], sources), raised, item["id"])


def _cited(keys: str | None, sources: Mapping[str, SourceLine]) -> list[SourceLine]:
    """Return the sources that `S3, S4` names."""
    names = [name.strip() for name in (keys or "").split(",")]
    return [sources[name] for name in names if name]


def _line(
    criterion: Mapping[str, Any], trial: Trial, catalogue: CatalogueWords, sources: Mapping[str, SourceLine]
) -> CriterionLine:
    margin = criterion["margin"]
    return CriterionLine(
        anchor=f"{trial['id']}-{criterion['id']}",
        id=criterion["id"],
        kind=words.DOCUMENTS.get(trial["kind"], words.KINDS[criterion["kind"]]),
        text=criterion["text"],
        decides=criterion["decides"],
        outcome=criterion["outcome"],
        word=words.OUTCOMES[criterion["kind"]][criterion["outcome"]]
        if criterion["decides"]
        else "Ask the site",
        symbol=criterion["outcome"] if criterion["decides"] else "info",
        why=criterion["why"],
        margin=words.amount(words.number(margin["value"]), margin["unit"]) if margin else "",
        changes_on=words.day(criterion["changes_on"]),
        grade=criterion["grade"],
        grade_words=words.SHORT_GRADES[criterion["grade"]],
        words=criterion["words"] or "",
        rule=" ".join(criterion["rule"].split()),
        notes=criterion["notes"],
        sources=_cited(criterion["source"], sources),
        facts=[used(fact, catalogue) for fact in criterion["facts"]],
    )


def _criteria_groups(lines: Sequence[CriterionLine]) -> list[CriteriaGroup]:
    """Put what speaks against first, then what is open, then what speaks for, then what does not decide."""
    deciding = [line for line in lines if line.decides]
    shape = (
        ("Against", "", [line for line in deciding if line.outcome == "fail"]),
        ("Not known", "", [line for line in deciding if line.outcome == "unknown"]),
        ("For", "", [line for line in deciding if line.outcome == "pass"]),
        (
            "Not decided here",
            "Seen for another phase, or not seen in a source: only the site can say.",
            [line for line in lines if not line.decides],
        ),
    )
    return [CriteriaGroup(title, about, group) for title, about, group in shape if group]


def _conflicts(conflicts: Sequence[Mapping[str, Any]]) -> list[Against]:
    """Return the answers that contradict each other: while they do, neither counts."""
    return [Against("Two answers disagree", words.sentence(item["text"]), "", "") for item in conflicts]


def _doubts(oddities: Sequence[str], second_results: Sequence[str]) -> list[Against]:
    """Return what sits oddly together: it changes no answer, and a person has to look at it."""
    found = [("Diary and sensor differ", text) for text in oddities]
    found += [("Two results differ", text) for text in second_results]
    return [Against(kind, text, "", "") for kind, text in found]


def _against(trials: Sequence[Trial], cards: Mapping[str, TrialCard]) -> list[Against]:
    """Return what speaks against the person in trials still in reach, each once, with its trials."""
    touched: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for trial in sorted(trials, key=standing):
        if trial["candidacy"] == "unlikely" or trial["recruitment"]["status"] in words.CLOSED_STATUSES:
            continue
        card = cards[trial["id"]]
        raised = [
            *(("Caution", item) for item in card.cautions_against),
            *(("Limitation", item) for item in card.limitations_raised),
            *(("Known harm", item) for item in card.safety if item.raised),
        ]
        for kind, item in raised:
            touched[kind, words.sentence(item.text), item.why].append(card.title)
    return [
        Against(
            kind, text, why, words.listed(names) if len(names) < 3 else words.counted(len(names), "trial")
        )
        for (kind, text, why), names in touched.items()
    ]


def _open_cautions(cards: Sequence[TrialCard]) -> list[OpenCaution]:
    """Return each caution that is not known once."""
    touched: dict[tuple[str, str], list[tuple[Warning, str]]] = defaultdict(list)
    for card in cards:
        for item in card.cautions_unknown:
            touched[item.text, item.why].append((item, card.id))
    return [
        OpenCaution(found[0][0], found[0][1], words.counted(len(found), "trial"))
        for found in touched.values()
    ]


def _in_short(guideline: Trial, status: str, catalogue: CatalogueWords) -> str:
    """Return what the indication rests on, or what is not known of it, in a few words."""
    if status == "unknown":
        labels = [lower_first(missing["label"]) for missing in guideline["missing"]]
        more = len(labels) - NAMED_AT_ONCE
        return words.listed([*labels[:NAMED_AT_ONCE], f"{more} more"] if more > 1 else labels)
    outcome = {"true": "pass", "false": "fail"}[status]
    return words.listed(
        [
            in_short(fact, catalogue)
            for criterion in guideline["criteria"]
            if criterion["outcome"] == outcome and (criterion["indication"] or outcome == "fail")
            for fact in criterion["facts"]
        ]
    )


def _nothing_to_do(useful: Sequence[Trial]) -> str:
    """Return what to say where nothing is missing."""
    if any(trial["kind"] != "guideline" for trial in useful):
        return "Nothing is missing for the trials still open to this person."
    return "No open trial is in reach on its rules, so nothing is left to find out for one."


def _indication(
    indication: Mapping[str, Any] | None,
    guidelines: Sequence[Trial],
    cards: Mapping[str, TrialCard],
    catalogue: CatalogueWords,
    *,
    steps: bool,
) -> Indication | None:
    if indication is None:
        return None
    return Indication(
        status=indication["status"],
        word={"true": "Present", "false": "Not shown", "unknown": "Not known"}[indication["status"]],
        short=_in_short(guidelines[0], indication["status"], catalogue) if guidelines else "",
        why=indication["why"],
        open_steps=[
            OpenStep(step["id"], step["text"], STEP_WORDS[step["condition"]], step["why"])
            for step in indication["open_steps"]
            if steps
        ],
        card=cards[guidelines[0]["id"]] if guidelines else None,
    )
