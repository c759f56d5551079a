"""How long somebody stays signed in: counted on the server, whatever cookie the browser keeps."""

from __future__ import annotations

import logging
import time
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

STARTED = "signed_in_at"
SEEN = "last_seen_at"
"""In the session: seconds since 1970."""
SEEN_AGAIN = 60
"""Activity is noted once in so many seconds, so that few requests write. A session may end that early."""

logger = logging.getLogger(__name__)


def start_clock(request: HttpRequest, **about: Any) -> None:
    """Note when a session began; called by Django for everybody who signs in, by whatever way."""
    request.session[STARTED] = request.session[SEEN] = int(time.time())


class SessionLimitsMiddleware(AuthenticationMiddleware):
    """Django's, except that a session which is over has no user.

    It is over after SESSION_IDLE_SECONDS without a request, SESSION_OVERALL_SECONDS after signing in, and
    where it does not say when it began.
    """

    def process_request(self, request: HttpRequest) -> None:
        request.user = SimpleLazyObject(partial(_user_within_limits, request))  # type: ignore[assignment]


def _user_within_limits(request: HttpRequest) -> AbstractBaseUser | AnonymousUser:
    session = request.session
    if auth.SESSION_KEY in session:
        now = int(time.time())
        why = _why_over(session.get(STARTED), session.get(SEEN), now)
        if why:
            logger.info("session ended", extra={"user": session[auth.SESSION_KEY]})
            session.flush()
            messages.info(request, why, fail_silently=True)
        elif now - session[SEEN] >= SEEN_AGAIN:
            session[SEEN] = now
    return get_user(request)


def _why_over(started: int | None, seen: int | None, now: int) -> str:
    """Return why the session is over, as the sign-in page says it; nothing while it is not."""
    if started is None or seen is None or now - started >= settings.SESSION_OVERALL_SECONDS:
        return _("You were signed out after {hours} hours. Drafts are kept.").format(
            hours=settings.SESSION_OVERALL_SECONDS // 3600
        )
    if now - seen >= settings.SESSION_IDLE_SECONDS:
        minutes = settings.SESSION_IDLE_SECONDS // 60
        return _("You were signed out: nothing was done for {minutes} minutes. Drafts are kept.").format(
            minutes=minutes
        )
    return ""
