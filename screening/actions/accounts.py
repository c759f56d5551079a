"""End the sessions of an account, and take away its second factor."""

from __future__ import annotations

import logging
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import F

from screening.actions.trail import write_event
from screening.models.people import User

logger = logging.getLogger(__name__)


@transaction.atomic
def end_sessions(*, user: User, why: str, by: User | None, at: datetime) -> None:
    """Sign `user` out everywhere, from the next request on.

    Args:
        why: what changed, as the trail names it, like `second_factor.added`.
        by: who changed it; None for the command line.
    """
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db(fields=["session_epoch"])
    write_event(why, by=by, at=at, subject=f"user:{user.pk}")
    logger.info("sessions ended", extra={"user": user.pk, "why": why})


@transaction.atomic
def reset_second_factor(*, user: User, by: User | None, at: datetime) -> list[str]:
    """Remove every second factor of `user`, end their sessions, and return the kinds that were there."""
    held = Authenticator.objects.filter(user=user)
    kinds = sorted(set(held.values_list("type", flat=True)))
    held.delete()
    end_sessions(user=user, why="second_factor.reset", by=by, at=at)
    return kinds
