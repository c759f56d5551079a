"""Rows of the trail: who did or read what, and when, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from screening.flow import MOVES, STATES
from screening.presentation import words

ACTS = {
    "site.added": "Site added",
    "account.added": "Account added",
    "site.settings_changed": "Settings of the site changed",
    "membership.added": "Role given",
    "membership.changed": "Role changed",
    "membership.ended": "Role ended",
    "account.signed_in": "Signed in",
    "account.signed_out": "Signed out",
    "account.sign_in_failed": "Sign-in failed",
    "account.second_factor_failed": "Second factor failed",
    "password.changed": "Password changed",
    "second_factor.added": "Second factor added",
    "second_factor.removed": "Second factor removed",
    "second_factor.reset": "Second factor reset",
    "recovery_codes.made": "Recovery codes made",
    "participant.added": "Person added",
    "form.begun": "Form begun",
    "form.discarded": "Form discarded",
    "form.read": "Form read",
    "correction.begun": "Correction begun",
    "pre_screen.recorded": "Pre-screen recorded",
    "pre_screen.corrected": "Pre-screen corrected",
    "result.read": "Result read",
    "notes.read": "Notes read",
    "for_the_person.read": "Page for the person read",
    "person.read": "Person's page read",
    "sensor.kept": "Sensor file read",
    "sensor.read": "Sensor report read",
    "sensor.taken": "Sensor values taken into a form",
    "sensor.removed": "Sensor record removed",
    "emergency.opened": "Opened in an emergency",
    "emergency.read": "Read in an emergency",
    "emergency.ended": "Emergency ended by who opened it",
    "interpretation.written": "Interpretation written",
    "interpretation.replaced": "Interpretation replaced",
    "subject.read": "Subject's page read",
    "subject_trail.read": "Subject's trail read",
    "own_view.recorded": "Own view recorded",
    "referral.begun": "Referral begun",
    "referral.written": "Referral letter written",
    "referral.confirmed": "Item confirmed",
    "referral.read": "Referral read",
} | {f"referral.{move.act}": f"Referral: {move.done.lower()}" for move in MOVES}
SUBJECTS = {
    "screening": "pre-screen",
    "form": "form",
    "referral": "referral",
    "trial": "trial of a referral",
    "sensor": "sensor record",
    "interpretation": "interpretation",
}
SETTINGS = {
    "own_view_first": "own view before the result",
    "own_view_to_decide": "own view before a decision",
}
EMERGENCY = ("emergency.opened", "emergency.read", "emergency.ended")


@dataclass(frozen=True)
class TrailRow:
    """One event as it is shown."""

    number: int
    day: str
    time: str
    who: str
    what: str
    about: str
    reference: str
    is_emergency: bool


def trail_rows(
    events: Iterable[Any],
    *,
    zone: str,
    accounts: Mapping[int, Any] | None = None,
    reasons: Mapping[int, str] | None = None,
) -> list[TrailRow]:
    """Return the rows of `events`, whose actors and participants are read already.

    Args:
        zone: the time zone of whoever reads.
        accounts: the accounts that events are about, by key.
        reasons: the reasons of openings in an emergency, by key, for those who may read them.
    """
    return [_row(event, ZoneInfo(zone), accounts or {}, reasons or {}) for event in events]


def subject_keys(events: Iterable[Any], kind: str) -> set[int]:
    """Return the keys of what `events` are about, as far as that is of one `kind`."""
    parts = (event.subject.partition(":") for event in events)
    return {int(key) for name, _, key in parts if name == kind and key.isdecimal()}


def _row(event: Any, zone: ZoneInfo, accounts: Mapping[int, Any], reasons: Mapping[int, str]) -> TrailRow:
    at: datetime = event.at.astimezone(zone)
    return TrailRow(
        number=event.pk,
        day=words.day(at.date()),
        time=f"{at:%H:%M:%S}",
        who=str(event.actor) if event.actor is not None else _nobody(event.act),
        what=said(event.act),
        about=_about(event, accounts, reasons),
        reference=event.participant.reference if event.participant is not None else "",
        is_emergency=event.act in EMERGENCY,
    )


def said(act: str) -> str:
    """Return an act in words."""
    return ACTS.get(act) or words.first_upper(act.replace(".", " ").replace("_", " "))


def _nobody(act: str) -> str:
    return "not signed in" if act.startswith("account.") and act.endswith("failed") else "command line"


def _about(event: Any, accounts: Mapping[int, Any], reasons: Mapping[int, str]) -> str:
    name, _, key = event.subject.partition(":")
    details = event.details if isinstance(event.details, dict) else {}
    parts = []
    if name == "user" and key.isdecimal():
        parts.append(str(accounts.get(int(key), f"account {key}")))
    elif name == "emergency" and key.isdecimal():
        parts.append(reasons.get(int(key), ""))
    elif name in SUBJECTS:
        parts.append(SUBJECTS[name] if name == "form" else f"{SUBJECTS[name]} {key}")
    if "act" in details:
        parts.append(said(str(details["act"])).lower())
    if "role" in details:
        parts.append(str(details["role"]))
    if details.get("protocol"):
        parts.append(str(details["protocol"]))
    parts += [SETTINGS.get(name, str(name)) for name in details.get("changed", [])]
    if details.get("from") and details.get("to") and details["from"] != details["to"]:
        parts.append(f"{_state(details['from'])} to {_state(details['to'])}")
    return ", ".join(part for part in parts if part)


def _state(value: Any) -> str:
    return STATES.get(value, str(value)).lower()
