"""Where a person stands for every protocol, without the sentences: for the panel beside the form.

It is the records' answer, worked out as far as a line per protocol needs it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from screening.rules.answers import Answers
from screening.rules.candidacy import Candidacy, candidacy_of
from screening.rules.content import Content
from screening.rules.evaluate import Compiled, CompiledProtocol, Outcome
from screening.rules.inputs import Known, fact_of
from screening.rules.protocol import INDICATION, Criterion, Protocol
from screening.rules.screening import conflicts, rulebook
from screening.rules.truth import Truth


@dataclass(frozen=True, slots=True)
class TrialOverview:
    """One protocol's answer in short.

    Attributes:
        outcomes: of the deciding criteria, in order.
        cautions: those that are true of the person.
        open_on: the facts and lists that the undecided criteria read.
        asks_for: these, and what undecided advisory criteria, cautions, limitations and steps read.
    """

    protocol: Protocol
    candidacy: Candidacy
    not_before: date | None
    outcomes: tuple[Outcome, ...]
    cautions: tuple[Criterion, ...]
    open_on: frozenset[str]
    asks_for: frozenset[str]

    @property
    def counts(self) -> Mapping[str, int]:
        """How many deciding criteria pass, fail and are not known."""
        return {outcome.value: self.outcomes.count(outcome) for outcome in Outcome}


@dataclass(frozen=True, slots=True)
class Overview:
    """Every protocol's answer in short, and whether this is the person cell therapy is for."""

    as_of: date
    indication: Truth | None
    trials: tuple[TrialOverview, ...]
    conflicts: list[dict[str, Any]]
    """Answers that contradict each other: their facts, and the sentence that says so."""
    nothing_known: bool
    """Whether no question has an answer yet, other than that it is not known."""

    @property
    def asks_for(self) -> frozenset[str]:
        """The facts that can still change anything about a protocol within reach."""
        within_reach = (trial for trial in self.trials if trial.candidacy is not Candidacy.UNLIKELY)
        return frozenset[str]().union(*(trial.asks_for for trial in within_reach))


def overview(content: Content, answers: Answers) -> Overview:
    """Return where the person stands for every protocol of `content`."""
    book = rulebook(content)
    known = book.reader.known(answers)
    conditions = Conditions(known)
    trials = tuple(_trial(protocol, conditions) for protocol in book.protocols)
    indication = next((trial for trial in trials if trial.protocol.id == INDICATION), None)
    return Overview(
        as_of=answers.as_of,
        indication=_indication(indication) if indication is not None else None,
        trials=trials,
        conflicts=conflicts(book, known),
        nothing_known=not answers.known and answers.history is None,
    )


def _indication(guideline: TrialOverview) -> Truth:
    if Outcome.FAIL in guideline.outcomes:
        return Truth.FALSE
    return Truth.UNKNOWN if Outcome.UNKNOWN in guideline.outcomes else Truth.TRUE


class Conditions(dict[Compiled, Truth]):
    """The conditions of one person, each worked out once: protocols share cautions and whole criteria."""

    def __init__(self, known: Known) -> None:
        super().__init__()
        self.known = known

    def __missing__(self, compiled: Compiled) -> Truth:
        condition = compiled.condition(self.known) if compiled.alike is None else self[compiled.alike]
        self[compiled] = condition
        return condition

    def outcomes(self, compiled: CompiledProtocol) -> tuple[Outcome, ...]:
        """Return the outcomes of the deciding criteria of one protocol, in order."""
        return tuple([one.means(self[one]) for one in compiled.deciding])


def _trial(compiled: CompiledProtocol, conditions: Conditions) -> TrialOverview:
    outcomes = conditions.outcomes(compiled)
    undecided = [
        one for one, outcome in zip(compiled.deciding, outcomes, strict=True) if outcome is Outcome.UNKNOWN
    ]
    unsettled = [one for one in _aside(compiled) if conditions[one] is Truth.UNKNOWN]
    open_on = frozenset[str]().union(*map(_facts_of, undecided))
    candidacy, not_before = candidacy_of(compiled, outcomes, conditions.known)
    return TrialOverview(
        protocol=compiled.protocol,
        candidacy=candidacy,
        not_before=not_before,
        outcomes=outcomes,
        cautions=tuple(one.criterion for one in compiled.cautions if conditions[one] is Truth.TRUE),
        open_on=open_on,
        asks_for=open_on.union(*map(_facts_of, unsettled)),
    )


@cache
def _aside(compiled: CompiledProtocol) -> tuple[Compiled, ...]:
    """Return the criteria, cautions, limitations and steps that do not decide."""
    advisory = tuple(one for one in compiled.criteria if not one.criterion.decides)
    return (*advisory, *compiled.cautions, *compiled.limitations, *compiled.steps)


@cache
def _facts_of(compiled: Compiled) -> frozenset[str]:
    return frozenset(fact_of(source) for read in compiled.reads for source in read.source.sources())
