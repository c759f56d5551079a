"""One person, one day, all protocols: the answer in the shape that every reader of it gets."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from screening.clinical.dates import reaches, say_day
from screening.rules.answers import SENT, Answers, Problem, Problems
from screening.rules.candidacy import HORIZON_MONTHS, Candidacy, Standing, last_days, standing
from screening.rules.content import Content
from screening.rules.evaluate import (
    Assessment,
    Compiled,
    CompiledProtocol,
    Outcome,
    Rulebook,
    assess,
    first_change,
)
from screening.rules.facts import EVENTS
from screening.rules.inputs import Known, fact_of
from screening.rules.language import did_you_mean
from screening.rules.protocol import Protocol, Source
from screening.rules.sentences import Account, obstacles
from screening.rules.truth import Truth

ENGINE = "1.1.0"
"""The version of the evaluation; it is bound into every recorded pre-screen."""

UNVERIFIED = "not seen in any source"
SECONDARY = "secondary source"
JUDGEMENT = "a person decides it"


@cache
def rulebook(content: Content) -> Rulebook:
    """Return the rules of `content` ready for use, built once."""
    return Rulebook(content)


def screen(content: Content, answers: Answers, trials: Sequence[str] | None = None) -> dict[str, Any]:
    """Return the answer for one person, in the shape of docs/json.md.

    Args:
        content: facts and protocols.
        answers: what is known of the person, and the day.
        trials: ids of the protocols wanted; None for all.

    Raises:
        Problems: a trial that is not loaded.
    """
    book = rulebook(content)
    account = Account(book.reader.known(answers))
    assessed = _Assessed(account)
    wanted = _wanted(book, trials)
    return {
        "as_of": answers.as_of.isoformat(),
        "engine": ENGINE,
        "catalogue_sha256": content.catalogue.sha256,
        "indication": _indication(book.indication, assessed) if book.indication is not None else None,
        "conflicts": conflicts(book, assessed.known),
        "trials": [_trial(book, protocol, assessed) for protocol in wanted],
    }


def conflicts(book: Rulebook, known: Known) -> list[dict[str, Any]]:
    """Return the answers that contradict each other: their facts, and the sentence that says so."""
    stated: dict[str, list[str]] = {}
    for fact, words in known.answers.conflicts.items():
        stated.setdefault(words, []).append(fact)
    found = [{"facts": facts, "text": f"{words}."} for words, facts in stated.items()]
    for source in book.reader.also_computed:
        for obstacle in obstacles(known, source):
            if obstacle.reason == "conflict" and obstacle.fact not in known.answers.conflicts:
                facts = dict.fromkeys(
                    fact_of(one) for one in source.sources() if known[one.place] is not None
                )
                found.append({"facts": list(facts), "text": f"{obstacle.words}."})
    return found


class _Assessed(dict[Compiled, Assessment]):
    """The answers to criteria for one person, each worked out once."""

    def __init__(self, account: Account) -> None:
        super().__init__()
        self.account, self.known = account, account.known

    def __missing__(self, compiled: Compiled) -> Assessment:
        if compiled.alike is None:
            assessment = assess(compiled, self.account)
        else:
            assessment = self[compiled.alike]._replace(criterion=compiled.criterion)
        self[compiled] = assessment
        return assessment


def _wanted(book: Rulebook, trials: Sequence[str] | None) -> list[CompiledProtocol]:
    if trials is None:
        return list(book.protocols)
    by_id = {protocol.protocol.id: protocol for protocol in book.protocols}
    wrong = [
        Problem("trial", f"No protocol is called {trial[:60]!r}{did_you_mean(trial, list(by_id))}")
        for trial in trials
        if trial not in by_id
    ]
    if wrong:
        raise Problems(wrong)
    return [by_id[trial] for trial in trials]


def _indication(guideline: CompiledProtocol, assessed: _Assessed) -> dict[str, Any]:
    """Return whether this is the person cell therapy is for, and which steps of care are open."""
    assessments = [assessed[compiled] for compiled in guideline.deciding]
    conditions = [one.outcome for one in assessments]
    status = Truth.TRUE
    if Outcome.FAIL in conditions:
        status = Truth.FALSE
    elif Outcome.UNKNOWN in conditions:
        status = Truth.UNKNOWN
    meant = {Truth.TRUE: Outcome.PASS, Truth.FALSE: Outcome.FAIL, Truth.UNKNOWN: Outcome.UNKNOWN}[status]
    shown = assessments if status is Truth.TRUE else [one for one in assessments if one.outcome is meant]
    return {
        "status": status.value,
        "protocol": guideline.protocol.id,
        "title": guideline.protocol.title,
        "why": " ".join(one.why for one in shown),
        "open_steps": [
            _open_step(step, assessed[step])
            for step in guideline.steps
            if assessed[step].condition is not Truth.TRUE
        ],
    }


def _open_step(step: Compiled, assessment: Assessment) -> dict[str, Any]:
    facts = dict.fromkeys(_asked_fact(read.source) for read in step.reads)
    return {
        "id": step.criterion.id,
        "text": step.criterion.text,
        "condition": assessment.condition.value,
        "why": assessment.why,
        "facts": list(facts),
    }


def _asked_fact(source: Any) -> str:
    sources = source.sources()
    return fact_of(sources[0]) if sources else EVENTS


class _Fixed(NamedTuple):
    """What of a protocol's answer is the same for everyone; never to be changed in place."""

    head: dict[str, Any]
    to_confirm: list[dict[str, str]]
    gaps: list[str]
    sources: dict[str, Any]


@cache
def _fixed(book: Rulebook, compiled: CompiledProtocol) -> _Fixed:
    protocol = compiled.protocol
    recruitment = protocol.recruitment
    head = {
        "id": protocol.id,
        "title": protocol.title,
        "registry_id": protocol.registry_id,
        "kind": protocol.kind,
        "family": protocol.family,
        "therapy": protocol.therapy,
        "phase": protocol.phase,
        "countries": list(protocol.countries),
        "completeness": protocol.completeness,
        "version": protocol.version,
        "sha256": protocol.sha256,
        "recruitment": {
            "status": recruitment.status,
            "seen_on": recruitment.seen_on.isoformat(),
            "note": recruitment.note,
        },
    }
    sources = {
        key: {"title": source.title, "url": source.url, "read_on": source.read_on.isoformat()}
        for key, source in _sources(book, protocol).items()
    }
    return _Fixed(head, _to_confirm(compiled), [gap.text for gap in protocol.gaps], sources)


def _trial(book: Rulebook, compiled: CompiledProtocol, assessed: _Assessed) -> dict[str, Any]:
    protocol, known, fixed = compiled.protocol, assessed.known, _fixed(book, compiled)
    deciding = [assessed[one] for one in compiled.deciding]
    outcomes = [one.outcome for one in deciding]
    stands = standing(compiled.deciding, deciding, known, protocol.best)
    lasts = last_days(compiled.deciding, deciding, assessed.account)
    horizon = reaches(known.day, HORIZON_MONTHS, "months")
    cautions = [assessed[one] for one in compiled.cautions]
    return {
        **fixed.head,
        "candidacy": stands.candidacy.value,
        "why": _why(compiled, stands, deciding),
        "best_because": protocol.best_because,
        "counts": {outcome.value: outcomes.count(outcome) for outcome in Outcome},
        "not_before": _iso(stands.not_before),
        "lapses_on": _iso(stands.lapses_on),
        "fresh_until": _iso(min(lasts.values(), default=None)),
        "criteria": [_criterion(one, assessed[one], known, horizon) for one in compiled.criteria],
        "limitations": [_aside(assessed[one]) for one in compiled.limitations],
        "cautions_against": [_aside(one) for one in cautions if one.condition is Truth.TRUE],
        "cautions_unknown": [_aside(one) for one in cautions if one.condition is Truth.UNKNOWN],
        "to_confirm": fixed.to_confirm,
        "missing": _missing(book, deciding, known.answers),
        "safety": [_safety(safety.text, safety.source, limb, known) for safety, limb in compiled.safety],
        "gaps": fixed.gaps,
        "sources": fixed.sources,
    }


def _sources(book: Rulebook, protocol: Protocol) -> dict[str, Source]:
    """Return the sources of the protocol, and those of the cautions it shares."""
    found: dict[str, Source] = {}
    for name in protocol.cautions:
        found |= book.content.cautions[name].sources
    return found | protocol.sources


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _why(compiled: CompiledProtocol, stands: Standing, deciding: list[Assessment]) -> str:
    """Return the headline's reason: what fails, else what is not known, else why no more can be said."""
    total = len(deciding)
    failing = [one.criterion.text for one in deciding if one.outcome is Outcome.FAIL]
    unknown = [one.criterion.text for one in deciding if one.outcome is Outcome.UNKNOWN]
    if failing:
        verb = "fails" if len(failing) == 1 else "fail"
        said = f"{len(failing)} of {total} criteria {verb}: {'; '.join(failing)}."
        if stands.not_before is not None:
            said += f" By time alone, none fails from {say_day(stands.not_before)} on."
        return said
    if unknown:
        return f"{len(unknown)} of {total} criteria not known: {'; '.join(unknown)}."
    if stands.candidacy is Candidacy.POSSIBLE:
        passing = "The one deciding criterion passes" if total == 1 else f"All {total} deciding criteria pass"
        return f"{passing}; no more can be said, because {compiled.protocol.best_because}."
    return f"All {total} deciding criteria pass."


def _criterion(compiled: Compiled, assessment: Assessment, known: Known, horizon: date) -> dict[str, Any]:
    margin = assessment.margin
    change = first_change(compiled, known, horizon) if compiled.crossings else None
    return {
        **compiled.about,
        "condition": assessment.condition.value,
        "outcome": assessment.outcome.value,
        "reason": assessment.reason,
        "why": assessment.why,
        "facts": list(assessment.facts),
        "margin": None if margin is None else margin._asdict(),
        "changes_on": None if change is None else change.on.isoformat(),
        "changes_to": None if change is None else compiled.means(change.to).value,
    }


def _aside(assessment: Assessment) -> dict[str, Any]:
    criterion = assessment.criterion
    return {
        "id": criterion.id,
        "text": criterion.text,
        "condition": assessment.condition.value,
        "why": assessment.why,
        "source": criterion.source,
        "grade": criterion.grade,
        "missing": list(assessment.missing),
    }


def _to_confirm(compiled: CompiledProtocol) -> list[dict[str, str]]:
    """Return what the site has to be asked, whatever the form says."""
    found = [
        {"id": one.id, "text": one.text, "because": because}
        for one in compiled.protocol.criteria
        if (because := _because(one.advisory, one.grade)) is not None
    ]
    return found + [
        {"id": one.id, "text": one.text, "because": JUDGEMENT} for one in compiled.protocol.confirm
    ]


def _because(advisory: str, grade: str) -> str | None:
    if advisory:
        return advisory
    return {"M": UNVERIFIED, "B": SECONDARY}.get(grade)


def _missing(book: Rulebook, deciding: list[Assessment], answers: Answers) -> list[dict[str, Any]]:
    """Return the facts that keep deciding criteria open, which they are, and what is already on its way."""
    found: dict[str, list[str]] = {}
    for assessment in deciding:
        if assessment.outcome is Outcome.UNKNOWN:
            for fact in assessment.missing:
                found.setdefault(fact, []).append(assessment.criterion.id)
    return [
        {
            "fact": fact,
            "label": book.catalogue.label_of(fact),
            "criteria": criteria,
            "obtained_by": book.catalogue.cost_of(fact),
            "waiting": waiting(answers, fact),
        }
        for fact, criteria in found.items()
    ]


def waiting(answers: Answers, fact: str) -> dict[str, Any] | None:
    """Return that a result was sent for, and the day it is due."""
    not_known = answers.not_known.get(fact)
    return None if not_known is None or not_known.why != SENT else {"due": _iso(not_known.due)}


def _safety(text: str, source: str, limb: Any, known: Known) -> dict[str, Any]:
    raised: list[str] = []
    if limb is not None and limb.test(known) is Truth.TRUE:
        raised = list(dict.fromkeys(_asked_fact(read.source) for read in limb.decisive(known)))
    return {"text": text, "source": source, "raised_by": raised}
