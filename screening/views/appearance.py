"""Choosing between light and dark."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from screening.access import allow_anyone
from screening.presentation.appearance import CHOICES, COOKIE

ONE_YEAR = 365 * 24 * 60 * 60


@allow_anyone
@require_POST
def appearance(request: HttpRequest) -> HttpResponse:
    """Keep the choice for this browser, and go back to the page it was made on."""
    came_from = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(came_from, {request.get_host()}, request.is_secure()):
        came_from = "/"
    response = HttpResponseRedirect(came_from)
    chosen = request.POST.get("appearance", "")
    if chosen in CHOICES:
        response.set_cookie(
            COOKIE,
            chosen,
            max_age=ONE_YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
    return response
