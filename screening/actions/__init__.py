"""Every write a user can cause: one function, one transaction."""

from screening.actions.decisions import confirm, decide_at_clinic, record_own_view
from screening.actions.drafts import (
    AlreadyCorrected,
    add_event_rows,
    add_participant,
    change_day,
    clear_inputs,
    discard_draft,
    fill_inputs,
    save_draft,
    start_draft,
    supersede,
)
from screening.actions.moves import Given, MovedMeanwhile, Refused, move_trial, roles_on
from screening.actions.referrals import (
    add_note,
    answer,
    ask,
    plan,
    rest_on,
    save_letter,
    start_referral,
    submit_referral,
)
from screening.actions.screenings import DraftChanged, NotRecordable, record_screening

__all__ = [
    "AlreadyCorrected",
    "DraftChanged",
    "Given",
    "MovedMeanwhile",
    "NotRecordable",
    "Refused",
    "add_event_rows",
    "add_note",
    "add_participant",
    "answer",
    "ask",
    "change_day",
    "clear_inputs",
    "confirm",
    "decide_at_clinic",
    "discard_draft",
    "fill_inputs",
    "move_trial",
    "plan",
    "record_own_view",
    "record_screening",
    "rest_on",
    "roles_on",
    "save_draft",
    "save_letter",
    "start_draft",
    "start_referral",
    "submit_referral",
    "supersede",
]
