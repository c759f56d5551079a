"""Checks that stop start-up."""

from __future__ import annotations

from typing import Any

from django.core.checks import Error, Tags, register

from screening.access import declared_access, routed_views


@register(Tags.security)
def every_view_declares_who_may_use_it(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Name each URL whose view says nothing about who may use it."""
    return [
        Error(
            f"{route} ({pattern.lookup_str}) does not declare who may use it",
            hint="Put @allow(...), @allow_signed_in or @allow_anyone of screening.access on the view.",
            id="screening.E001",
        )
        for route, pattern in routed_views()
        if declared_access(pattern.callback, pattern.name) is None
    ]
