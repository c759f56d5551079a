"""The clinical content of this installation: the shipped files, and the site's own where it has some."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from screening.rules.content import HERE, Content, load_content


def installed_content() -> Content:
    """Return the facts and protocols in use here; read once per process.

    Raises:
        ContentError: a file is broken; every defect is named.
    """
    return load_content(settings.PRIVATE_CONTENT, settings.CONTENT_CACHE)


def content_directories(private: Path | None) -> list[Path]:
    """Return the directories with `facts/` and `protocols/`: the shipped one, and the site's own."""
    return [HERE] if private is None else [HERE, private]
