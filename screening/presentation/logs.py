"""Rows of the screening log and of the pre-screening log, in the words of their pages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from screening.clinical.dates import MONTHS
from screening.flow import OPEN, REASONS, STATES, State
from screening.models.logs import (
    CONSENTED,
    REFERRED,
    UNDECIDED,
    UNDER_WAY,
    earlier_referrals,
    referrals_of,
)
from screening.models.people import Site
from screening.models.referrals import ClinicDecision, Step, TrialReferral
from screening.models.screenings import Screening
from screening.models.texts import StoredText
from screening.presentation import words

OUTCOMES = {
    UNDER_WAY: "Under way",
    CONSENTED: "Consented, whatever came after",
    State.NOT_ACCEPTED.value: STATES[State.NOT_ACCEPTED],
    State.ENROLLED.value: STATES[State.ENROLLED],
    State.SCREEN_FAILURE.value: STATES[State.SCREEN_FAILURE],
    State.WITHDRAWN.value: STATES[State.WITHDRAWN],
}
"""What a screening log is filtered by."""
CLINIC_OUTCOMES = {
    REFERRED: "Referred",
    **{kind.value: str(kind.label) for kind in ClinicDecision.Kind},
    UNDECIDED: "No decision yet",
}
"""What a pre-screening log is filtered by."""
SEXES = {"female": "F", "male": "M"}
ASSESSES = frozenset({"accept", "not_accept", "fail", "enrol"})
"""The moves by which somebody at the centre assessed the person."""


@dataclass(frozen=True)
class ProtocolText:
    """What a log needs of a stored protocol: its version, and the sponsor's number of each criterion."""

    version: str
    sponsor_refs: Mapping[str, str]


@lru_cache(maxsize=256)
def _protocol_text(sha256: str) -> ProtocolText:
    """Return what stands in a stored text; read once for each hash, since a stored text never changes."""
    told = json.loads(StoredText.objects.get(pk=sha256).text)
    return ProtocolText(
        told["version"], {criterion["id"]: criterion["sponsor_ref"] for criterion in told["criteria"]}
    )


@dataclass(frozen=True)
class LogRow:
    """One referral in a trial's screening log; days are those of the centre."""

    trial: TrialReferral
    reference: str
    clinic: Site
    received_on: date
    subject_no: str
    is_rescreen: bool
    rescreen_of: str
    protocol: str
    version: str
    sha256: str
    consent_version: str
    consented_on: date | None
    screened_on: date | None
    age: str
    sex: str
    state: str
    reason: str
    criterion: str
    sponsor_ref: str
    decided_on: date | None
    enrolment_no: str
    assessed_by: str
    signed_by: str
    signed_on: date | None

    @property
    def number(self) -> str:
        """The subject number; before consent, the reference."""
        return self.subject_no or self.reference

    @property
    def outcome(self) -> str:
        return STATES[State(self.state)]

    @property
    def why(self) -> str:
        """The reason in words, with the criterion, and the sponsor's number of it where one is known."""
        said = REASONS.get(self.reason, "")
        if self.criterion:
            said += f": {self.criterion}"
        return f"{said}, sponsor's no. {self.sponsor_ref}" if self.sponsor_ref else said

    @property
    def short_sex(self) -> str:
        return SEXES.get(self.sex, "")


def log_rows(referrals: Sequence[Any], site: Site) -> list[LogRow]:
    """Return the rows of `referrals`, as `screening.models.logs.for_log` reads them."""
    before = earlier_referrals(referrals)
    return [_log_row(trial, site, before.get(trial.pk)) for trial in referrals]


def _log_row(trial: Any, site: Site, earlier: TrialReferral | None) -> LogRow:
    steps: list[Step] = list(trial.steps.all())
    text = _protocol_text(steps[-1].protocol_sha256)
    ended = None if trial.state in OPEN else _last(steps, lambda step: step.after == trial.state)
    screened = _last(steps, lambda step: step.act == "start_screening")
    # A decision for another reason may carry a criterion too; it is not what the row is about.
    criterion = ended.criterion if ended is not None and ended.reason == "criterion" else ""
    assessed = _last(steps, lambda step: step.act in ASSESSES)
    signed = _last(steps, lambda step: step.is_signature)
    return LogRow(
        trial=trial,
        reference=trial.referral.participant.reference,
        clinic=trial.clinic,
        received_on=site.day_of(trial.received_at),
        subject_no=trial.subject_no,
        is_rescreen=earlier is not None,
        rescreen_of=earlier.subject_no if earlier is not None else "",
        protocol=trial.protocol,
        version=text.version,
        sha256=steps[-1].protocol_sha256,
        consent_version=trial.consent_version,
        consented_on=trial.consented_on,
        screened_on=site.day_of(screened.at) if screened is not None else None,
        age=trial.age,
        sex=trial.sex,
        state=trial.state,
        reason=ended.reason if ended is not None else "",
        criterion=criterion,
        sponsor_ref=text.sponsor_refs.get(criterion, ""),
        decided_on=site.day_of(ended.at) if ended is not None else None,
        enrolment_no=trial.enrolment_no,
        assessed_by=str(assessed.by) if assessed is not None else "",
        signed_by=str(signed.by) if signed is not None else "",
        signed_on=site.day_of(signed.at) if signed is not None else None,
    )


def _last(steps: Iterable[Step], wanted: Any) -> Step | None:
    return next((step for step in reversed(list(steps)) if wanted(step)), None)


@dataclass(frozen=True)
class Sent:
    """Where one referral of a person stands, for the clinic that sent it."""

    protocol: str
    title: str
    centre: str
    state: str
    reason: str

    @property
    def line(self) -> str:
        reason = REASONS.get(self.reason, "")
        return f"{STATES[State(self.state)]}{f': {reason}' if reason else ''}"


@dataclass(frozen=True)
class PreLogRow:
    """One person in a clinic's pre-screening log."""

    site: Site
    reference: str
    first_on: date
    pre_screens: int
    approached: bool
    outcome: str
    reason: str
    recheck_on: date | None
    sent: tuple[Sent, ...]

    @property
    def month(self) -> str:
        return f"{MONTHS[self.first_on.month - 1]} {self.first_on.year}"

    @property
    def source(self) -> str:
        """How the person came into the log; pre-screens are recorded by the clinic's own staff alone."""
        return f"Clinic, {words.counted(self.pre_screens, 'pre-screen')}"

    @property
    def outcome_words(self) -> str:
        return CLINIC_OUTCOMES[self.outcome]


def pre_log_rows(people: Sequence[Any], site: Site) -> list[PreLogRow]:
    """Return the rows of `people`, as `screening.models.logs.pre_screened` reads them."""
    sent = referrals_of(people)
    return [_pre_log_row(one, site, sent.get(one.participant_id, [])) for one in people]


def _pre_log_row(first: Any, site: Site, trials: Sequence[Any]) -> PreLogRow:
    person: Screening = first
    return PreLogRow(
        site=site,
        reference=person.participant.reference,
        first_on=person.as_of,
        pre_screens=first.pre_screens,
        approached=first.was_referred or first.said_no,
        outcome=REFERRED if first.was_referred else first.decision or UNDECIDED,
        reason=first.decision_reason or "",
        recheck_on=first.recheck_on,
        sent=tuple(
            Sent(trial.protocol, trial.title, str(trial.site), trial.state, _end_reason(trial))
            for trial in trials
        ),
    )


def _end_reason(trial: Any) -> str:
    if trial.state in OPEN:
        return ""
    ended = _last(trial.steps.all(), lambda step: step.after == trial.state)
    return ended.reason if ended is not None else ""
