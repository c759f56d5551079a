"""Keep a sensor file that was read, take its values into a form, remove it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from screening.actions.drafts import fill_inputs
from screening.actions.identities import AlreadyErased
from screening.actions.trail import write_event
from screening.clinical.cgm.trace import LocalDay
from screening.interop.cgm import CgmFile
from screening.interop.cgm.kept import as_kept
from screening.interop.typed import as_typed
from screening.models import Draft, Identity, Participant, SensorRecord, User
from screening.rules.facts import Catalogue

CGM_USE = "cgm_use"


class NotTaken(Exception):
    """The form is of a day before the record ends: its values would lie in the future."""


@transaction.atomic
def keep_sensor_record(
    participant: Participant, *, read: CgmFile, by: User, at: datetime, token: uuid.UUID
) -> SensorRecord:
    """Return the record that `token` stands for; a new one, sealed, the first time.

    Args:
        token: sent along with the page, so that a double click keeps one record.

    Raises:
        AlreadyErased: the identity was erased meanwhile, and nothing can be sealed any more.
    """
    if Identity.objects.select_for_update().get(participant=participant).is_erased:
        raise AlreadyErased
    kept = SensorRecord.objects.filter(pk=token, participant=participant).first()
    if kept is not None:
        return kept
    if SensorRecord.objects.filter(pk=token).exists():
        token = uuid.uuid4()
    days: list[LocalDay] = list(read.trace.days())
    record = SensorRecord.objects.create(
        pk=token,
        participant=participant,
        content=as_kept(read),
        first_day=days[0].day,
        last_day=days[-1].day,
        read_at=at,
        read_by=by,
    )
    _tell("sensor.kept", record, by=by, at=at)
    return record


@transaction.atomic
def take_values(
    record: SensorRecord,
    draft: Draft,
    *,
    answers: Mapping[str, Any],
    catalogue: Catalogue,
    by: User,
    at: datetime,
) -> Draft:
    """Fill the answers of a record, which `by` has confirmed, into a form; what else is in it stays.

    Whether a sensor is worn is filled in only where the form does not say it yet.

    Raises:
        NotTaken: the form is of a day before the record's last.
        Draft.DoesNotExist: the form was recorded or discarded meanwhile.
    """
    if draft.as_of < record.last_day:
        raise NotTaken
    facts = {name: one for name, one in answers.items() if name != CGM_USE or not draft.typed.get(name)}
    typed = as_typed(catalogue, {"as_of": draft.as_of.isoformat(), "facts": facts})
    texts = {name: text for name, text in typed.items() if isinstance(text, str)}
    filled = fill_inputs(draft, typed=texts, catalogue=catalogue, at=at)
    _tell("sensor.taken", record, by=by, at=at, form=str(draft.pk))
    return filled


@transaction.atomic
def remove_sensor_record(record: SensorRecord, *, by: User, at: datetime) -> None:
    """Remove a record for good; what was taken from it into pre-screens stays there."""
    if SensorRecord.objects.filter(pk=record.pk).delete()[0]:
        _tell("sensor.removed", record, by=by, at=at)


def _tell(act: str, record: SensorRecord, *, by: User, at: datetime, **details: str) -> None:
    write_event(
        act,
        by=by,
        at=at,
        participant=record.participant,
        subject=f"sensor:{record.pk}",
        details=details,
    )
