"""Keep who someone is, change it, erase it, and seal all keys anew."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from screening.actions.trail import write_event
from screening.models import CandidacyChange, Details, Draft, Identity, Participant, SensorRecord, User
from screening.sealing import prefix_in_use

logger = logging.getLogger(__name__)

BATCH = 200


class RecordNumberTaken(Exception):
    """Somebody else at the site has the record number; `reference` is theirs."""

    def __init__(self, reference: str) -> None:
        self.reference = reference
        super().__init__("the record number is somebody else's")


class AlreadyErased(Exception):
    """The identity was erased, and nothing is sealed under the reference any more."""


def save_identity(participant: Participant, *, details: Details, by: User, at: datetime) -> Identity:
    """Seal `details` in place of what was kept of the person before.

    Raises:
        RecordNumberTaken: somebody else at the site has the record number.
        AlreadyErased: the identity was erased.
    """
    try:
        with transaction.atomic():
            identity = Identity.objects.select_for_update().get(participant=participant)
            if identity.is_erased:
                raise AlreadyErased
            _refuse_duplicate(identity, details)
            identity.details = details
            identity.changed_at = at
            identity.save(update_fields=["sealed_details", "record_hash", "changed_at"])
            _tell("identity.changed", participant, by=by, at=at)
    except IntegrityError:
        _refuse_duplicate(identity, details)
        raise
    participant.identity = identity
    return identity


def _refuse_duplicate(identity: Identity, details: Details) -> None:
    other = (
        Identity.objects.with_record_number([identity.site], details.record_number)
        .filter(erased_at=None)
        .exclude(pk=identity.pk)
        .select_related("participant")
        .first()
    )
    if other is not None:
        raise RecordNumberTaken(other.participant.reference)


@transaction.atomic
def erase_identity(participant: Participant, *, by: User | None, at: datetime) -> int:
    """Destroy the person's key and all that only it opens; return how many forms in progress went with it.

    Pre-screens, decisions and the trail stay, under the reference, with the age in place of the birth date.

    Raises:
        AlreadyErased: it was erased before.
    """
    identity = Identity.objects.select_for_update().get(participant=participant)
    if identity.is_erased:
        raise AlreadyErased
    identity.sealed_key = identity.sealed_details = identity.record_hash = ""
    identity.erased_at = identity.changed_at = at
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")
    identity.save(update_fields=["sealed_key", "sealed_details", "record_hash", "erased_at", "changed_at"])
    SensorRecord.objects.filter(participant=participant).delete()
    CandidacyChange.objects.filter(screening__participant=participant).delete()
    removed, _ = Draft.objects.filter(participant=participant).delete()
    _tell("identity.erased", participant, by=by, at=at)
    transaction.on_commit(_forget_old_pages)
    participant.identity = identity
    return removed


def _forget_old_pages() -> None:
    """Have SQLite write the erased page over, and empty the log that still holds the page before it.

    Somebody who reads at this moment keeps the log; then the next erasure or checkpoint empties it.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def rotate_identity_keys(*, at: datetime) -> Iterator[int]:
    """Seal every person's key with the installation's key in use; yield how many after each batch.

    Hashes of record numbers follow. Broken off, it goes on where it stopped.

    Raises:
        MissingKey: a key that is still needed is not there.
    """
    behind = Identity.objects.filter(erased_at=None).exclude(sealed_key__startswith=prefix_in_use())
    while True:
        with transaction.atomic():
            batch = list(behind.select_for_update().order_by("pk")[:BATCH])
            for identity in batch:
                identity.seal_key_anew()
            Identity.objects.bulk_update(batch, ["sealed_key", "record_hash"])
            if batch:
                write_event("identity.keys_rotated", by=None, at=at, details={"people": len(batch)})
        if not batch:
            return
        yield len(batch)


def _tell(act: str, participant: Participant, *, by: User | None, at: datetime) -> None:
    logger.info(act, extra={"participant": participant.pk})
    write_event(
        act,
        by=by,
        at=at,
        site=participant.site,
        participant=participant,
        subject=f"participant:{participant.pk}",
    )
