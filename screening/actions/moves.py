"""Move one trial of a referral, as screening.flow has it: who may, what is missing, what follows."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from screening.actions.notices import notify, settle_notices
from screening.actions.shown import (
    items_to_confirm,
    latest_confirmations,
    open_exclusions,
    shown_sha256,
    trial_result,
)
from screening.actions.trail import write_referral_event
from screening.flow import BY_ACT, SAME, Move, Need, State, target_of
from screening.models import (
    Notice,
    OwnView,
    Role,
    Screening,
    Step,
    TrialReferral,
    TrialSite,
    User,
)

NEEDS_WORDS = ("unable_to_contact", "other")
"""The coded reasons that say nothing without words: the dates of three tries, what else."""
AGAINST = ("unlikely", "not_yet")
"""The answers of the engine that an acceptance goes against."""


class Refused(Exception):
    """A move lacks something; `problems` says what to do, by the name of the field it is about."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__(f"{len(self.problems)} problems")


class MovedMeanwhile(Exception):
    """Somebody else changed the referral, or what it rests on, after the page was drawn.

    `trials` has the keys of those that changed, where several were asked for at once.
    """

    def __init__(self, trials: Collection[int] = ()) -> None:
        self.trials = tuple(trials)
        super().__init__(f"{len(self.trials)} trials moved meanwhile")


@dataclass(frozen=True)
class Given:
    """What came with a move; what does not belong to it is left empty.

    Attributes:
        shown_sha256: the hash that stood on the page, for a decision.
        is_authenticated_anew: the signer gave password or code with this very form.
        screening: with an answer, the pre-screen it was run anew in.
    """

    reason: str = ""
    criterion: str = ""
    words: str = ""
    facts: tuple[str, ...] = ()
    hold_until: date | None = None
    consented_on: date | None = None
    consent_version: str = ""
    subject_no: str = ""
    enrolment_no: str = ""
    shown_sha256: str = ""
    is_authenticated_anew: bool = False
    screening: Screening | None = None


@transaction.atomic
def move_trial(
    trial: TrialReferral,
    act: str,
    *,
    by: User,
    at: datetime,
    version: int,
    token: uuid.UUID,
    given: Given | None = None,
) -> TrialReferral:
    """Make the move `act` of screening.flow; a second call with the same `token` changes nothing.

    Args:
        version: the version that stood on the page.

    Raises:
        Refused: it is not this person's to make, or lacks something.
        MovedMeanwhile: another change came first, or what was shown is not what stands there now.
    """
    given = given or Given()
    move = BY_ACT[act]
    current = (
        TrialReferral.objects.select_for_update(of=("self",))
        .select_related("site", "referral__screening", "referral__participant__site", "referral__referred_by")
        .get(pk=trial.pk)
    )
    if Step.objects.filter(token=token).exists():
        return current
    role = _role_for(move, by, current)
    if role is None:
        raise Refused({"act": _("Ask someone who may: {deed}").format(deed=move.label.lower())})
    if current.version != version or current.state not in move.sources:
        raise MovedMeanwhile
    result = trial_result(current.referral.screening, current.protocol)
    confirmed = latest_confirmations(current)
    shown = shown_sha256(current, confirmed)
    if move.decides and given.shown_sha256 != shown:
        raise MovedMeanwhile
    goes_against = _goes_against(move, given, current, result)
    problems = _missing(move, given, current, result, by=by, at=at, goes_against=goes_against)
    if Need.CHECKLIST in move.needs and items_to_confirm(result, confirmed):
        problems["checklist"] = _("Answer every item to confirm first")
    if problems:
        raise Refused(problems)
    before = current.state
    current.state = target_of(move, before, current.held_in)
    if move.target != SAME:
        current.state_since = at
    current.held_in = before if current.state == State.ON_HOLD else ""
    current.hold_until = given.hold_until if current.state == State.ON_HOLD else None
    current.version += 1
    _carry_out(move, given, current, at=at)
    current.save()
    Step.objects.create(
        token=token,
        trial=current,
        act=act,
        before=before,
        after=current.state,
        at=at,
        by=by,
        role=role,
        reason=given.reason,
        criterion=given.criterion,
        words=given.words,
        overrides=goes_against,
        candidacy=current.candidacy,
        screening=current.referral.screening,
        protocol_sha256=result["sha256"],
        shown_sha256=shown if move.decides else "",
        meaning=move.meaning,
        is_signature=act == "sign",
    )
    write_referral_event(
        f"referral.{act}",
        current.referral,
        by=by,
        at=at,
        trial=current,
        details={"from": before, "to": current.state, "reason": given.reason},
    )
    settle_notices(current, by=by, at=at)
    _tell(move, current, by=by, at=at)
    return current


def roles_on(user: User, trial: TrialReferral) -> frozenset[str]:
    """Return the roles that `user` has towards one trial of a referral."""
    roles = {
        one.role
        for one in user.current_memberships
        if one.site_id == trial.site_id and one.protocol in ("", trial.protocol)
        if one.role in (Role.COORDINATOR, Role.INVESTIGATOR)
    }
    if trial.referral.participant.site in user.sites_as(Role.CLINICIAN):
        roles.add(Role.CLINICIAN)
    return frozenset(roles)


def _role_for(move: Move, user: User, trial: TrialReferral) -> str | None:
    """Return the role in which `user` makes the move; None if they may not."""
    held = move.who & roles_on(user, trial)
    return next((role for role in Role.values if role in held), None)


def _missing(
    move: Move,
    given: Given,
    trial: TrialReferral,
    result: dict[str, Any],
    *,
    by: User,
    at: datetime,
    goes_against: bool,
) -> dict[str, str]:
    """Return what the move lacks, by field."""
    problems: dict[str, str] = {}
    today = trial.site.day_of(at)
    screening = trial.referral.screening
    for need in move.needs:
        match need:
            case Need.REASON if given.reason not in move.reasons:
                problems["reason"] = _("Choose the reason")
            case Need.REASON if given.reason == "criterion":
                if given.criterion not in {criterion["id"] for criterion in result["criteria"]}:
                    problems["criterion"] = _("Choose the criterion")
            case Need.REASON if given.reason in NEEDS_WORDS and not given.words.strip():
                problems["words"] = (
                    _("Write the dates of three tries, like 2, 9 and 16 Nov 2026")
                    if given.reason == "unable_to_contact"
                    else _("Write what the reason is")
                )
            case Need.QUESTION | Need.ANSWER if not given.words.strip():
                problems["words"] = (
                    _("Write the question") if need == Need.QUESTION else _("Write the answer")
                )
            case Need.NO_OPEN_EXCLUSION if open_exclusions(result) and not given.words.strip():
                problems["words"] = _(
                    "Say why it is sent while exclusions are not known, or settle them first"
                )
            case Need.OWN_VIEW if trial.site.own_view_to_decide:
                if not has_own_view(screening, trial.protocol, by):
                    problems["own_view"] = _("Record your own view first")
            case Need.OVERRIDE if goes_against and not given.words.strip():
                problems["words"] = _("Write why you decide otherwise than the engine")
            case Need.CONSENT_FORM:
                problems |= _consent_problems(given, trial, today)
            case Need.HOLD_UNTIL if given.hold_until is None or given.hold_until <= today:
                problems["hold_until"] = _("Enter the day to look again, after today")
            case Need.PASSWORD if not given.is_authenticated_anew:
                problems["password"] = _("Enter your password to sign")
            case Need.SIGNATURE if not _is_signed(trial, result):
                problems["act"] = _("Have an investigator sign what is shown now first")
            case Need.ENROLMENT_NUMBER if not given.enrolment_no.strip():
                problems["enrolment_no"] = _("Enter the enrolment number")
    return problems


def _consent_problems(given: Given, trial: TrialReferral, today: date) -> dict[str, str]:
    problems = {}
    if not given.consent_version.strip():
        problems["consent_version"] = _("Enter the version of the consent form, like 4.0")
    if given.consented_on is None or given.consented_on > today:
        problems["consented_on"] = _("Enter the day it was signed, up to today")
    if not given.subject_no.strip():
        problems["subject_no"] = _("Enter the subject number")
    elif _is_taken(given.subject_no.strip(), trial):
        problems["subject_no"] = _("Compare the subject number: another person has it")
    return problems


def _is_taken(subject_no: str, trial: TrialReferral) -> bool:
    has_it = TrialReferral.objects.filter(
        site_id=trial.site_id, protocol=trial.protocol, subject_no=subject_no
    )
    return any(pk != trial.pk for pk in has_it.values_list("pk", flat=True))


def _goes_against(move: Move, given: Given, trial: TrialReferral, result: dict[str, Any]) -> bool:
    """Return whether the decision is otherwise than the engine's answer."""
    if move.act == "accept":
        return trial.candidacy in AGAINST
    if move.act == "not_accept" and given.reason == "criterion":
        return any(
            criterion["id"] == given.criterion and criterion["outcome"] == "pass"
            for criterion in result["criteria"]
        )
    return False


def _is_signed(trial: TrialReferral, result: dict[str, Any]) -> bool:
    """Return whether the trial asks for no signature, or has one on the pre-screen and protocol of now."""
    asked = TrialSite.objects.filter(site_id=trial.site_id, protocol=trial.protocol).first()
    if asked is not None and not asked.needs_signature:
        return True
    return trial.steps.filter(
        is_signature=True, screening_id=trial.referral.screening_id, protocol_sha256=result["sha256"]
    ).exists()


def has_own_view(screening: Screening, protocol: str, by: User) -> bool:
    return OwnView.objects.filter(screening=screening, protocol=protocol, by=by).exists()


def _carry_out(move: Move, given: Given, trial: TrialReferral, *, at: datetime) -> None:
    """Set the columns that follow from the move."""
    match move.act:
        case "submit":
            answered_in = TrialSite.objects.get(site_id=trial.site_id, protocol=trial.protocol).reply_days
            trial.due_on = trial.site.day_of(at) + timedelta(days=answered_in)
        case "ask":
            trial.waiting_for = given.words.strip().splitlines()[0][:80]
        case "answer":
            trial.waiting_for, trial.has_answer = "", True
        case "take":
            trial.has_answer = False
        case "consent":
            trial.consented_on = given.consented_on
            trial.consent_version = given.consent_version.strip()
            trial.subject_no = given.subject_no.strip()
        case "enrol":
            trial.enrolment_no = given.enrolment_no.strip()
        case "hold":
            trial.due_on = given.hold_until
    if not trial.is_open:
        trial.due_on, trial.waiting_for, trial.next_action = None, "", ""


def _tell(move: Move, trial: TrialReferral, *, by: User, at: datetime) -> None:
    """Tell those for whom something waits now."""
    clinician = trial.referral.referred_by
    match move.act:
        case "submit":
            notify(coordinators_of(trial), Notice.Kind.SUBMITTED, trial, site=trial.site, at=at)
        case "ask":
            notify([clinician], Notice.Kind.QUESTION, trial, site=trial.clinic, at=at)
        case "answer":
            asked = [trial.owner] if trial.owner else coordinators_of(trial)
            notify(asked, Notice.Kind.ANSWER, trial, site=trial.site, at=at)
        case "accept" | "not_accept" | "consent" | "enrol" | "fail":
            notify([clinician], Notice.Kind.DECIDED, trial, site=trial.clinic, at=at)
        case "withdraw" | "reopen":
            if clinician != by:
                notify([clinician], Notice.Kind.DECIDED, trial, site=trial.clinic, at=at)
            if trial.owner and trial.owner not in (by, clinician):
                notify([trial.owner], Notice.Kind.DECIDED, trial, site=trial.site, at=at)


def coordinators_of(trial: TrialReferral) -> list[User]:
    """Return the coordinators of the trial at its centre."""
    found = User.objects.filter(
        is_active=True, memberships__site_id=trial.site_id, memberships__role=Role.COORDINATOR
    ).distinct()
    return [user for user in found if Role.COORDINATOR in roles_on(user, trial)]
