"""How a referral moves, as one table: who may do what from which state, and what it asks for.

The actions carry it out, the pages offer it, docs/referrals.md draws it: nothing else knows a state's way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """Where one trial of a referral stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    INFORMATION_REQUESTED = "information_requested"
    ACCEPTED = "accepted"
    NOT_ACCEPTED = "not_accepted"
    CONSENTED = "consented"
    IN_SCREENING = "in_screening"
    ENROLLED = "enrolled"
    SCREEN_FAILURE = "screen_failure"
    WITHDRAWN = "withdrawn"
    ON_HOLD = "on_hold"


STATES: Mapping[State, str] = {
    State.DRAFT: "Draft",
    State.SUBMITTED: "Submitted",
    State.IN_REVIEW: "In review",
    State.INFORMATION_REQUESTED: "Information requested",
    State.ACCEPTED: "Accepted",
    State.NOT_ACCEPTED: "Not accepted by centre",
    State.CONSENTED: "Consented",
    State.IN_SCREENING: "In screening",
    State.ENROLLED: "Enrolled",
    State.SCREEN_FAILURE: "Screen failure",
    State.WITHDRAWN: "Withdrawn",
    State.ON_HOLD: "On hold",
}
"""Every state, with its words on screen, in the order of a referral's life."""

UNDER_WAY = (
    State.SUBMITTED,
    State.IN_REVIEW,
    State.INFORMATION_REQUESTED,
    State.ACCEPTED,
    State.CONSENTED,
    State.IN_SCREENING,
)
"""With the centre, and not at an end."""
OPEN = (*UNDER_WAY, State.ON_HOLD)
CLOSED = (State.NOT_ACCEPTED, State.ENROLLED, State.SCREEN_FAILURE, State.WITHDRAWN)
SENT = (*OPEN, *CLOSED)
"""Everything the centre may see."""
AFTER_CONSENT = (State.CONSENTED, State.IN_SCREENING, State.ENROLLED, State.SCREEN_FAILURE)
"""The person has signed the trial's consent form, or had."""

WAITING_ON_US = (State.SUBMITTED, State.IN_REVIEW, State.ACCEPTED)
"""It is the centre's turn: to review, to decide, to see the person."""
WAITING_ON_CLINICIAN = (State.INFORMATION_REQUESTED,)
GROUPS: Mapping[str, tuple[str, tuple[State, ...]]] = {
    "new": ("New", (State.SUBMITTED,)),
    "review": ("In review", (State.IN_REVIEW,)),
    "asked": ("Information requested", (State.INFORMATION_REQUESTED,)),
    "accepted": ("Accepted or consented", (State.ACCEPTED, State.CONSENTED)),
    "screening": ("In screening", (State.IN_SCREENING,)),
    "hold": ("On hold", (State.ON_HOLD,)),
    "closed": ("Closed", CLOSED),
}
"""States that a queue shows together, with their words."""

BEFORE_HOLD = "before_hold"
"""In place of a state: the one it was put on hold in."""
SAME = "same"
"""In place of a state: the move is written down, and the state stays."""


class Need(StrEnum):
    """What a move asks for, beyond the state and the role."""

    CONTACT_CONSENT = "contact_consent"
    REASON = "reason"
    WORDS = "words"
    QUESTION = "question"
    ANSWER = "answer"
    OWN_VIEW = "own_view"
    CHECKLIST = "checklist"
    NO_OPEN_EXCLUSION = "no_open_exclusion"
    OVERRIDE = "override"
    CONSENT_FORM = "consent_form"
    HOLD_UNTIL = "hold_until"
    PASSWORD = "password"
    SIGNATURE = "signature"
    ENROLMENT_NUMBER = "enrolment_number"


NEEDS: Mapping[Need, str] = {
    Need.CONTACT_CONSENT: "the person's consent to be contacted",
    Need.REASON: "a coded reason",
    Need.WORDS: "a reason in the doctor's own words",
    Need.QUESTION: "the question",
    Need.ANSWER: "the answer",
    Need.OWN_VIEW: "one's own view, recorded before the engine's is shown, where the site asks for it",
    Need.CHECKLIST: "everything to confirm answered",
    Need.NO_OPEN_EXCLUSION: "no exclusion that is not known, or the reason to go on without",
    Need.OVERRIDE: "the reason, where it goes against the engine",
    Need.CONSENT_FORM: "the consent form's version and date, and the subject number",
    Need.HOLD_UNTIL: "the day to look again",
    Need.PASSWORD: "the signer's password, or a code, once more",
    Need.SIGNATURE: "the investigator's signature on what is shown now, where the trial asks for one",
    Need.ENROLMENT_NUMBER: "the enrolment number",
}


@dataclass(frozen=True)
class Move:
    """One way from state to state.

    Attributes:
        act: its name in addresses and records.
        label: the words on its button.
        done: what the history says happened.
        who: the roles that may: `clinician` at the clinic, the others at the centre.
        sources: the states it starts from.
        target: the state it leads to, or BEFORE_HOLD, or SAME.
        needs: what it asks for.
        reasons: the coded reasons, with their words.
        meaning: what whoever does it states by it, in the first person; kept with the record.
        decides: whether it is a decision about the person, bound to what was shown.
    """

    act: str
    label: str
    done: str
    who: frozenset[str]
    sources: tuple[State, ...]
    target: str
    needs: tuple[Need, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    meaning: str = ""
    decides: bool = False


CLINIC = frozenset({"clinician"})
CENTRE = frozenset({"coordinator", "investigator"})
INVESTIGATOR = frozenset({"investigator"})

NOT_ACCEPTED_REASONS = {
    "criterion": "A criterion is not met",
    "no_slot": "No slot",
    "other_trial": "Another trial fits better",
    "unable_to_contact": "Unable to contact: three tries",
    "person_declined": "The person declined",
    "trial_closed": "The trial is closed here",
    "too_far": "Too far to travel",
    "other": "Other",
}
WITHDRAWN_REASONS = {
    "person_declined": "The person declined",
    "unable_to_contact": "Unable to contact: three tries",
    "treated_elsewhere": "Treated elsewhere",
    "health": "Change in health",
    "died": "Died",
    "sent_by_mistake": "Sent by mistake",
    "other": "Other",
}
SCREEN_FAILURE_REASONS = {
    "criterion": "A criterion is not met",
    "consent_withdrawn": "Consent withdrawn",
    "investigator": "Investigator's judgement",
    "no_slot": "No slot",
    "lost": "Lost to follow-up before enrolment",
    "other": "Other",
}
REOPENED_REASONS = {
    "mistake": "Closed by mistake",
    "new_information": "New information",
    "new_slot": "A slot is free again",
}

MOVES = (
    Move(
        "submit",
        "Send to the centre",
        "Submitted",
        CLINIC,
        (State.DRAFT,),
        State.SUBMITTED,
        (Need.CONTACT_CONSENT, Need.WORDS, Need.NO_OPEN_EXCLUSION),
        meaning="I refer this person, who agrees to be contacted.",
    ),
    Move("take", "Start the review", "Review started", CENTRE, (State.SUBMITTED,), State.IN_REVIEW),
    Move(
        "ask",
        "Ask the clinician",
        "Information requested",
        CENTRE,
        (State.SUBMITTED, State.IN_REVIEW),
        State.INFORMATION_REQUESTED,
        (Need.QUESTION,),
    ),
    Move(
        "answer",
        "Send the answer",
        "Answered",
        CLINIC,
        (State.INFORMATION_REQUESTED,),
        State.SUBMITTED,
        (Need.ANSWER,),
    ),
    Move(
        "accept",
        "Accept",
        "Accepted",
        CENTRE,
        (State.IN_REVIEW,),
        State.ACCEPTED,
        (Need.OWN_VIEW, Need.CHECKLIST, Need.OVERRIDE),
        meaning="I have reviewed what is shown here and accept this person for the trial's own screening.",
        decides=True,
    ),
    Move(
        "not_accept",
        "Do not accept",
        "Not accepted by centre",
        CENTRE,
        (State.SUBMITTED, State.IN_REVIEW, State.INFORMATION_REQUESTED, State.ACCEPTED),
        State.NOT_ACCEPTED,
        (Need.REASON, Need.OVERRIDE),
        NOT_ACCEPTED_REASONS,
        meaning="I have reviewed what is shown here and do not accept this person for the trial.",
        decides=True,
    ),
    Move(
        "consent",
        "Record the consent",
        "Consented",
        CENTRE,
        (State.ACCEPTED,),
        State.CONSENTED,
        (Need.CONSENT_FORM,),
        meaning="The person signed the trial's consent form.",
    ),
    Move(
        "start_screening",
        "Start the trial's screening",
        "Screening started",
        CENTRE,
        (State.CONSENTED,),
        State.IN_SCREENING,
    ),
    Move(
        "sign",
        "Sign",
        "Signed",
        INVESTIGATOR,
        (State.ACCEPTED, State.CONSENTED, State.IN_SCREENING),
        SAME,
        (Need.PASSWORD,),
        meaning="I confirm eligibility.",
        decides=True,
    ),
    Move(
        "enrol",
        "Record the enrolment",
        "Enrolled",
        CENTRE,
        (State.IN_SCREENING,),
        State.ENROLLED,
        (Need.SIGNATURE, Need.ENROLMENT_NUMBER),
        meaning="The person is enrolled in the trial.",
        decides=True,
    ),
    Move(
        "fail",
        "Record a screen failure",
        "Screen failure",
        CENTRE,
        (State.CONSENTED, State.IN_SCREENING),
        State.SCREEN_FAILURE,
        (Need.REASON,),
        SCREEN_FAILURE_REASONS,
        meaning="The person does not enter the trial.",
        decides=True,
    ),
    Move(
        "hold",
        "Put on hold",
        "Put on hold",
        CENTRE,
        UNDER_WAY,
        State.ON_HOLD,
        (Need.HOLD_UNTIL,),
    ),
    Move("resume", "Take off hold", "Taken off hold", CENTRE, (State.ON_HOLD,), BEFORE_HOLD),
    Move(
        "withdraw",
        "Withdraw",
        "Withdrawn",
        CLINIC | CENTRE,
        (State.DRAFT, *OPEN),
        State.WITHDRAWN,
        (Need.REASON,),
        WITHDRAWN_REASONS,
        meaning="This referral ends here.",
    ),
    Move(
        "reopen",
        "Reopen",
        "Reopened",
        CENTRE,
        (State.NOT_ACCEPTED, State.SCREEN_FAILURE, State.WITHDRAWN),
        State.IN_REVIEW,
        (Need.REASON,),
        REOPENED_REASONS,
    ),
)
"""Every move there is; what is not here cannot happen."""

BY_ACT: Mapping[str, Move] = {move.act: move for move in MOVES}
REASONS: Mapping[str, str] = {code: words for move in MOVES for code, words in move.reasons.items()}
"""Every coded reason with its words."""


def moves_from(state: str, roles: frozenset[str]) -> list[Move]:
    """Return what someone with `roles` may do with a referral in `state`, in the order of the table."""
    return [move for move in MOVES if state in move.sources and not move.who.isdisjoint(roles)]


def target_of(move: Move, state: str, held_in: str) -> State:
    """Return the state that `move` leads to.

    Args:
        state: the state now.
        held_in: the state it was put on hold in; empty where it is not on hold.
    """
    if move.target == SAME:
        return State(state)
    return State(held_in if move.target == BEFORE_HOLD else move.target)
