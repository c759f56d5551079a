"""Checks that stop start-up."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register

from screening.access import declared_access, routed_views
from screening.content import content_directories, installed_content
from screening.rules.contents import differences
from screening.rules.loading import ContentError


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


@register
def facts_and_protocols_can_be_used(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Name each defect of a fact or protocol file: its file, its place, what was found, what to do."""
    try:
        installed_content()
    except ContentError as broken:
        return [Error(str(defect), id="screening.E002") for defect in broken.defects]
    return []


@register
def facts_and_protocols_are_those_listed(app_configs: Any, **kwargs: Any) -> list[Error]:
    """In production, name each content file that is not what the list beside it names.

    Whoever writes a protocol changes files all day, and `check_protocols` says so then.
    """
    if not settings.PRODUCTION:
        return []
    return [
        Error(str(defect), id="screening.E003")
        for directory in content_directories(settings.PRIVATE_CONTENT)
        for defect in differences(directory)
    ]
