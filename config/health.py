"""What /health answers: whether this process can serve, one word for each thing it needs.

It tells no name, no version and no number, so anyone may ask.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse

from screening.access import allow_anyone
from screening.content import installed_content
from screening.rules.loading import ContentError

logger = logging.getLogger("screening.health")

OK = "ok"
ROOM = 64 * 1024 * 1024
"""Bytes that have to be free where this installation writes."""
MIGRATIONS = "django_migrations"
PATIENCE = 2
"""Seconds to wait for the database: a probe has no more."""


@allow_anyone
def health(request: HttpRequest) -> HttpResponse:
    """Answer 200 where all is well, 503 where something is not; the body has a line for each part."""
    found = {part: _word(part, look) for part, look in PARTS.items()}
    ready = all(word == OK for word in found.values())
    body = "".join(f"{part} {word}\n" for part, word in found.items())
    return HttpResponse(body, content_type="text/plain", status=200 if ready else 503)


def _word(part: str, look: Callable[[], str]) -> str:
    try:
        return look()
    except Exception:
        logger.exception("health cannot tell", extra={"part": part})
        return "unknown"


def database() -> str:
    """Return whether the database answers and has every table this version needs."""
    try:
        with closing(_own_connection()) as own, own.cursor() as cursor:
            if MIGRATIONS not in own.introspection.table_names(cursor):
                return "unmigrated"
            cursor.execute(f"SELECT app, name FROM {MIGRATIONS}")
            applied = set(cursor.fetchall())
    except DatabaseError:
        return "unreachable"
    return OK if needed_migrations() <= applied else "unmigrated"


def _own_connection() -> BaseDatabaseWrapper:
    """Return a connection beside the pool: a pool that is empty or waiting is not waited for."""
    own = connection.copy()
    if own.vendor == "postgresql":
        own.settings_dict["OPTIONS"] |= {"pool": False, "connect_timeout": PATIENCE}
    else:
        own.settings_dict["OPTIONS"] |= {"timeout": PATIENCE}
    return own


@cache
def needed_migrations() -> frozenset[tuple[str, str]]:
    """Return every migration of this version; the files do not change while it runs."""
    return frozenset(MigrationLoader(None).disk_migrations)


def content() -> str:
    """Return whether the facts and protocols are there."""
    try:
        installed_content()
    except ContentError:
        return "broken"
    return OK


def disk() -> str:
    """Return whether there is room, and leave to write, where this installation writes."""
    places = {Path(settings.VAR_DIR)}
    if connection.vendor == "sqlite" and (file := Path(connection.settings_dict["NAME"])).is_file():
        places.add(file.parent)
    try:
        for place in places:
            with tempfile.TemporaryFile(dir=place) as probe:
                probe.write(b"\0" * 4096)
            if shutil.disk_usage(place).free < ROOM:
                return "full"
    except OSError:
        return "unwritable"
    return OK


PARTS: dict[str, Callable[[], str]] = {"database": database, "content": content, "disk": disk}
