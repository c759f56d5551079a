"""Signing in and out, and what guards an account, written to the trail as allauth and Django tell of it.

The one place with signals: these deeds are done inside other packages, which offer no other way to be told.
"""

from __future__ import annotations

from typing import Any

from allauth.account.signals import password_changed
from allauth.mfa.signals import authentication_failed, authenticator_reset
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.utils import timezone

from screening.actions.trail import write_event
from screening.models.people import User


def connect() -> None:
    """Listen from now on."""
    for signal, listener in (
        (user_logged_in, _signed_in),
        (user_logged_out, _signed_out),
        (user_login_failed, _sign_in_failed),
        (password_changed, _password_changed),
        (authentication_failed, _second_factor_failed),
        (authenticator_reset, _recovery_codes_made),
    ):
        signal.connect(listener, dispatch_uid=f"{__name__}.{listener.__name__}")


def _signed_in(user: User, **about: Any) -> None:
    _write("account.signed_in", user, by=user)


def _signed_out(user: User | None, **about: Any) -> None:
    if user is not None:
        _write("account.signed_out", user, by=user)


def _sign_in_failed(credentials: dict[str, Any], **about: Any) -> None:
    """Name the account where there is one; what was typed is kept nowhere, it may be a password.

    One look-up and one event in either case, so that the time tells nothing.
    """
    typed = str(credentials.get("email") or credentials.get("username") or "").strip().lower()
    _write("account.sign_in_failed", User.objects.filter(email=typed).first(), by=None)


def _password_changed(user: User, **about: Any) -> None:
    _write("password.changed", user, by=user)


def _second_factor_failed(user: User, **about: Any) -> None:
    _write("account.second_factor_failed", user, by=None)


def _recovery_codes_made(user: User, **about: Any) -> None:
    _write("recovery_codes.made", user, by=user)


def _write(act: str, user: User | None, *, by: User | None) -> None:
    write_event(act, by=by, at=timezone.now(), subject=f"user:{user.pk}" if user is not None else "")
