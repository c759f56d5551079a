"""Every write a user can cause: one function, one transaction."""

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
from screening.actions.screenings import DraftChanged, NotRecordable, record_screening

__all__ = [
    "AlreadyCorrected",
    "DraftChanged",
    "NotRecordable",
    "add_event_rows",
    "add_participant",
    "change_day",
    "clear_inputs",
    "discard_draft",
    "fill_inputs",
    "record_screening",
    "save_draft",
    "start_draft",
    "supersede",
]
