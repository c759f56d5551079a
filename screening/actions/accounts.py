"""Add an account, end its sessions, and take away its second factor."""

from __future__ import annotations

import logging
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction
from django.db.models import F

from screening.actions.trail import write_event
from screening.models.people import User

logger = logging.getLogger(__name__)


@transaction.atomic
def add_account(*, email: str, name: str, password: str, by: User | None, at: datetime) -> tuple[User, bool]:
    """Return the account of `email`, and whether it is new; one that is there keeps name and password.

    Args:
        by: who adds it; None for the command line.

    Raises:
        ValidationError: the address, the name or the password cannot be taken.
    """
    email = email.strip().lower()
    found = User.objects.filter(email=email).first()
    if found is not None:
        return found, False
    user = User(email=email, name=name)
    validate_password(password, user)
    user.set_password(password)
    user.clean_fields()
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        # Another site added the same address in between.
        return User.objects.get(email=email), False
    logger.info("account added", extra={"user": user.pk})
    write_event("account.added", by=by, at=at, subject=f"user:{user.pk}")
    return user, True


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
