"""Every request has a number, which stands in each of its log lines, and one line of its own."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger("screening.requests")

HEADER = "X-Request-ID"
_FROM_PROXY = re.compile(r"[0-9a-f]{32}", re.ASCII)
_current: ContextVar[str] = ContextVar("request_id", default="")


class RequestFilter(logging.Filter):
    """Puts the number of the request being answered on every log line."""

    def filter(self, record: logging.LogRecord) -> bool:
        # Django writes "Not Found" when the request has left the middleware, and says which request it was.
        number = _current.get() or getattr(getattr(record, "request", None), "number", "")
        if number:
            record.request_id = number
        return True


class RequestLogMiddleware:
    """Number each request, and log what became of it: by the route's name, never its address.

    A number that a trusted proxy sends is kept, so that its log and ours tell of the same request.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = _number(request)
        request.number = number  # type: ignore[attr-defined]
        token = _current.set(number)
        began = time.perf_counter()
        try:
            response = self.get_response(request)
            response[HEADER] = number
            if _worth_a_line(request, response):
                logger.info("request", extra=_told(request, response, time.perf_counter() - began))
            return response
        finally:
            _current.reset(token)


def _number(request: HttpRequest) -> str:
    sent = request.headers.get(HEADER, "") if settings.ALLAUTH_TRUSTED_PROXY_COUNT else ""
    return sent if _FROM_PROXY.fullmatch(sent) else uuid.uuid4().hex


def _worth_a_line(request: HttpRequest, response: HttpResponse) -> bool:
    """Return whether this is more than a static file or a probe that found everything well."""
    route = request.resolver_match
    return response.status_code >= 400 or (route is not None and route.view_name != "health")


def _told(request: HttpRequest, response: HttpResponse, seconds: float) -> dict[str, str | int]:
    route = request.resolver_match
    told: dict[str, str | int] = {
        "method": request.method if request.method in ("GET", "HEAD", "POST") else "other",
        "route": (route.view_name or "") if route else "",
        "status": response.status_code,
        "ms": round(seconds * 1000),
    }
    # Only where the request itself has looked it up: the log asks the database nothing.
    user = getattr(request, "_cached_user", None)
    if user is not None and user.pk is not None:
        told["user"] = user.pk
    return told
