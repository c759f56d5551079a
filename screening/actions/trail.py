"""Write the trail: every deed and every read of a person's page, in the transaction of the deed."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from screening import anchor
from screening.models import AuditEvent, Participant, Referral, Site, TrialReferral, User

logger = logging.getLogger(__name__)

FIRST = "0" * 64
"""What the first event follows."""
_LAST = "SELECT id, seal FROM screening_auditevent ORDER BY id DESC LIMIT 1"
_LOCK = "SELECT pg_advisory_xact_lock(5607)"
"""On PostgreSQL, events are put in a row behind this lock. SQLite has one writer at a time."""
_CODE = re.compile(r"[A-Za-z0-9_.:-]{0,64}", re.ASCII)


def write_event(
    act: str,
    *,
    by: User | None,
    at: datetime,
    site: Site | None = None,
    participant: Participant | None = None,
    subject: str = "",
    details: dict[str, Any] | None = None,
) -> AuditEvent:
    """Return the event, put at the end of the chain, in the transaction of the deed.

    Two statements. Call it last: on PostgreSQL nobody else writes an event until the transaction ends.

    Args:
        act: what was done, like `referral.accepted`.
        by: who did it; None for the system itself.
        site: where it was done; left out, the participant's.
        subject: what it was done to, like `referral:12`.
        details: our own ids and codes; no value, no name, no free text.

    Raises:
        ValueError: the act, the subject or a detail is more than a code.
    """
    details = details if details is not None else {}
    if not all(_is_code(one) for one in (act, subject, details)):
        raise ValueError("the trail takes ids and codes only")
    # Without a savepoint: an event that cannot be written takes its deed with it.
    with transaction.atomic(savepoint=False):
        number, previous = _last()
        event = AuditEvent(
            pk=number + 1,
            at=at,
            actor=by,
            act=act,
            site_id=site.pk if site is not None else participant.site_id if participant is not None else None,
            participant=participant,
            subject=subject,
            details=details,
            previous=previous,
        )
        event.seal = seal_of(event)
        event.save()
        transaction.on_commit(partial(anchor.keep_up, anchor.Mark(at, number + 1, event.seal)))
    return event


def last_mark() -> anchor.Mark | None:
    """Return how far the trail goes now; None where nothing was done yet."""
    last = AuditEvent.objects.latest_first().first()
    return anchor.Mark(last.at, last.pk, last.seal) if last is not None else None


def _last() -> tuple[int, str]:
    """Return number and seal of the last event; nobody writes another until the transaction ends."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # One round trip, and two statements: the second sees what was committed while the first waited.
            cursor.execute(f"{_LOCK}; {_LAST}")
            cursor.nextset()
        else:
            cursor.execute(_LAST)
        found = cursor.fetchone()
    return found if found is not None else (0, FIRST)


def _is_code(value: Any) -> bool:
    """Return whether `value` is made of ids and codes: no blank, hence no words of anybody's own."""
    if isinstance(value, str):
        return _CODE.fullmatch(value) is not None
    if isinstance(value, dict):
        return all(_is_code(name) and _is_code(one) for name, one in value.items())
    if isinstance(value, list):
        return all(_is_code(one) for one in value)
    return value is None or isinstance(value, int)


def write_referral_event(
    act: str,
    referral: Referral,
    *,
    by: User,
    at: datetime,
    trial: TrialReferral | None = None,
    details: dict[str, Any] | None = None,
) -> AuditEvent:
    """Return the event about a referral, or one trial of it, at the end of the chain."""
    more = {"trial": trial.pk, "protocol": trial.protocol} if trial is not None else {}
    logger.info(act, extra={"referral": referral.pk})
    return write_event(
        act,
        by=by,
        at=at,
        site=referral.centre,
        participant=referral.participant,
        subject=f"referral:{referral.pk}",
        details={**more, **(details or {})},
    )


def seal_of(event: AuditEvent) -> str:
    """Return the keyed hash over an event, its number and the seal before it."""
    told = [
        event.pk,
        event.at.astimezone(UTC).isoformat(),
        event.actor_id,
        event.act,
        event.site_id,
        event.participant_id,
        event.subject,
        event.details,
        event.previous,
    ]
    text = json.dumps(told, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hmac.new(settings.AUDIT_KEY, text.encode("ascii"), hashlib.sha256).hexdigest()
