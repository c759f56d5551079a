"""Response headers that Django and django-csp leave to the project."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class HeadersMiddleware:
    """Add Permissions-Policy everywhere, and keep every page out of every cache.

    Static files carry their own Cache-Control; whatever a view renders may hold patient data.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response["Permissions-Policy"] = settings.PERMISSIONS_POLICY
        if request.resolver_match is not None or "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        return response
