"""Every write a user can cause: one function, one transaction."""

from screening.actions.answering import answer_with_facts
from screening.actions.decisions import confirm, decide_at_clinic, record_own_view
from screening.actions.drafts import (
    AlreadyCorrected,
    add_event_rows,
    add_participant,
    change_day,
    clear_inputs,
    discard_draft,
    fill_inputs,
    repeat,
    save_draft,
    start_again,
    start_draft,
    supersede,
)
from screening.actions.identities import AlreadyErased, RecordNumberTaken, erase_identity, save_identity
from screening.actions.interpretations import Reading, write_interpretation
from screening.actions.moves import Given, MovedMeanwhile, Refused, move_trial, roles_on
from screening.actions.notices import (
    choose_mail_pace,
    claim_mail,
    read_notices,
    release_mail,
    snooze_notice,
)
from screening.actions.referrals import (
    add_note,
    answer,
    ask,
    letter_sha256,
    plan,
    rest_on,
    save_letter,
    start_referral,
    submit_referral,
    withdraw,
)
from screening.actions.reminders import remind_of_what_is_due
from screening.actions.screenings import DraftChanged, NotRecordable, ReasonMissing, record_screening
from screening.actions.sensors import NotTaken, keep_sensor_record, remove_sensor_record, take_values

__all__ = [
    "AlreadyCorrected",
    "AlreadyErased",
    "DraftChanged",
    "Given",
    "MovedMeanwhile",
    "NotRecordable",
    "NotTaken",
    "Reading",
    "ReasonMissing",
    "RecordNumberTaken",
    "Refused",
    "add_event_rows",
    "add_note",
    "add_participant",
    "answer",
    "answer_with_facts",
    "ask",
    "change_day",
    "choose_mail_pace",
    "claim_mail",
    "clear_inputs",
    "confirm",
    "decide_at_clinic",
    "discard_draft",
    "erase_identity",
    "fill_inputs",
    "keep_sensor_record",
    "letter_sha256",
    "move_trial",
    "plan",
    "read_notices",
    "record_own_view",
    "record_screening",
    "release_mail",
    "remind_of_what_is_due",
    "remove_sensor_record",
    "repeat",
    "rest_on",
    "roles_on",
    "save_draft",
    "save_identity",
    "save_letter",
    "snooze_notice",
    "start_again",
    "start_draft",
    "start_referral",
    "submit_referral",
    "supersede",
    "take_values",
    "withdraw",
    "write_interpretation",
]
