"""Second factors for tests: an app, its codes, and the steps of signing in with it."""

from __future__ import annotations

import time
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client

from screening.models.people import User
from tests.factories import PASSWORD

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SIGN_IN = "/account/sign-in/"
SECOND_STEP = "/account/sign-in/code/"
SECURITY = "/account/security/"
SET_UP_APP = "/account/security/app/"
WRONG = "000000"


def code_of(secret: str = SECRET, *, periods: int = 0) -> str:
    """Return what an app with `secret` shows now, or so many half minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + periods))


def give_app(user: User) -> list[str]:
    """Set up an app for `user`, and return the recovery codes that come with it."""
    TOTP.activate(user, SECRET)
    codes: list[str] = RecoveryCodes.activate(user).generate_codes()
    return codes


def half_sign_in(client: Client, user: User) -> Any:
    """Give the right password, and stop before the code."""
    return client.post(SIGN_IN, {"login": user.email, "password": PASSWORD})


def sign_in(client: Client, user: User) -> Any:
    """Give the right password and the code."""
    half_sign_in(client, user)
    return client.post(SECOND_STEP, {"code": code_of()})


def set_up_app(client: Client) -> Any:
    """Set up an app on its page, as whoever is signed in."""
    client.get(SET_UP_APP)
    return client.post(SET_UP_APP, {"code": code_of(client.session["mfa.totp.secret"])})
