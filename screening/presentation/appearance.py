"""Light or dark: the reader's choice, kept in a cookie; without one the system decides."""

from __future__ import annotations

from django.http import HttpRequest

COOKIE = "appearance"
CHOICES = ("light", "dark")


def appearance(request: HttpRequest) -> dict[str, str]:
    """Give every template the chosen colour scheme, empty for the system's."""
    chosen = request.COOKIES.get(COOKIE, "")
    return {"appearance": chosen if chosen in CHOICES else ""}
