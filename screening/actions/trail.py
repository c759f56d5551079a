"""Write the trail: every deed and every read of a person's page, in the transaction of the deed."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from screening.models import AuditEvent, Participant, Site, User

FIRST = "0" * 64
"""What the first event follows."""
_LOCK = 0x15E7
"""The advisory lock on PostgreSQL behind which events are put in a row."""


@transaction.atomic
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
    """Return the event, put at the end of the chain.

    Args:
        act: what was done, like `referral.accepted`.
        by: who did it; None for the system itself.
        subject: what it was done to, like `referral:12`.
        details: our own ids and codes; no value, no name, no free text.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    last = AuditEvent.objects.order_by("-pk").values_list("seal", flat=True).first()
    event = AuditEvent(
        at=at,
        actor=by,
        act=act,
        site=site,
        participant=participant,
        subject=subject,
        details=details if details is not None else {},
        previous=last if last is not None else FIRST,
    )
    event.seal = seal_of(event)
    event.save()
    return event


def seal_of(event: AuditEvent) -> str:
    """Return the keyed hash over an event and the seal before it."""
    told = [
        event.at.isoformat(),
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
