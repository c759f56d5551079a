"""Open one person's pre-screens to a reader of another site, in an emergency, and close them again."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime

from django.db import transaction

from screening.actions.trail import write_event
from screening.models import EmergencyAccess, EmergencyEnd, Participant, User
from screening.models.emergencies import LASTS, SHORTEST_REASON

logger = logging.getLogger(__name__)


@transaction.atomic
def open_in_emergency(
    participant: Participant, *, by: User, at: datetime, reason: str, token: uuid.UUID
) -> EmergencyAccess:
    """Return the opening, for LASTS from now; the same one when `token` opened it before.

    The reason stays in its own table: the trail takes no words.

    Raises:
        ValueError: `reason` is shorter than SHORTEST_REASON.
    """
    if len(reason.strip()) < SHORTEST_REASON:
        raise ValueError(f"an opening in an emergency needs a reason of {SHORTEST_REASON} characters")
    opened = EmergencyAccess.objects.filter(token=token, by=by, participant=participant).first()
    if opened is not None:
        return opened
    opened = EmergencyAccess.objects.create(
        token=token, participant=participant, by=by, at=at, until=at + LASTS, reason=reason.strip()
    )
    write_event("emergency.opened", by=by, at=at, participant=participant, subject=f"emergency:{opened.pk}")
    logger.warning("opened in an emergency", extra={"emergency": opened.pk})
    return opened


@transaction.atomic
def end_emergency(participant: Participant, *, by: User, at: datetime) -> int:
    """Close what `by` has opened of `participant` and still may read; return how many openings ended."""
    ended = 0
    for opened in EmergencyAccess.objects.open_to(by, at).filter(participant=participant):
        _, made = EmergencyEnd.objects.get_or_create(access=opened, defaults={"at": at})
        if made:
            write_event(
                "emergency.ended", by=by, at=at, participant=participant, subject=f"emergency:{opened.pk}"
            )
            logger.warning("emergency ended", extra={"emergency": opened.pk})
        ended += made
    return ended
