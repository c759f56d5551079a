"""Which database is used: a SQLite file, or the PostgreSQL that DATABASE_URL names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from config import environment
from config.optional import PSYCOPG

EXAMPLE = "postgresql://isletscreen:PASSWORD@127.0.0.1:5432/isletscreen"
PARAMETERS = (
    "host",
    "port",
    "connect_timeout",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "target_session_attrs",
)
"""What may follow the question mark; libpq's words."""

SESSION = {
    # What was acknowledged survives a power cut, whatever the server's own default is.
    "synchronous_commit": "on",
    "timezone": "UTC",
    # A lock that is held longer is somebody's open console.
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
}
POOL_WAIT = 5
"""Seconds a request waits for a free connection before it answers that nothing was saved."""


def sqlite(path: str) -> dict[str, Any]:
    """Return Django's settings for the SQLite file at `path`."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            # IMMEDIATE: a writer waits for its turn at BEGIN, never half-way through a transaction.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # FULL: what was acknowledged survives a power cut.
            "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON",
        },
    }


def postgresql(url: str, *, variable: str, connections: int, seconds: int) -> dict[str, Any]:
    """Return Django's settings for the PostgreSQL database that `url` names.

    Args:
        url: like EXAMPLE; the host may be left out, or be the directory of a Unix socket (`?host=`).
        variable: where it was read, for messages; they never repeat the URL, which holds the password.
        connections: the most that one process opens.
        seconds: the longest a statement may take; 0 sets no limit.

    Raises:
        ImproperlyConfigured: the URL cannot be used, or psycopg is not installed.
    """

    def refuse(what: str) -> NoReturn:
        raise ImproperlyConfigured(f"{variable} {what}: set it to something like {EXAMPLE}")

    if "#" in url:
        refuse("has a # in it; in a password write %23")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        refuse("has a host or port that cannot be read")
    if parts.scheme == "sqlite":
        raise ImproperlyConfigured(f"{variable} names SQLite: name its file in ISLETSCREEN_DATABASE instead")
    if parts.scheme not in ("postgresql", "postgres"):
        refuse("does not start with postgresql://")
    name = unquote(parts.path.removeprefix("/"))
    if not name or "/" in name:
        refuse("names no database after the host")
    given = _parameters(parts.query, refuse)
    if not PSYCOPG.present():
        raise ImproperlyConfigured(
            f"{variable} names PostgreSQL and {PSYCOPG.name} is missing: run  {PSYCOPG.remedy}"
        )
    session = {**SESSION, "statement_timeout": f"{seconds}s"}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": given.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": given.pop("port", "") or str(port or ""),
        # A connection that a restart of the server has ended is replaced before it is used.
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "application_name": "isletscreen",
            "connect_timeout": "5",
            **given,
            "options": " ".join(f"-c {name}={value}" for name, value in session.items()),
            "pool": {"min_size": 1, "max_size": connections, "timeout": POOL_WAIT},
        },
    }


def _parameters(query: str, refuse: Any) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        refuse("has something after the question mark that cannot be read")
    for name, _ in pairs:
        if name not in PARAMETERS:
            refuse(f"may have only {', '.join(PARAMETERS)} after the question mark")
    return dict(pairs)


def chosen(default: Path, *, environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return Django's settings for the database that the environment names.

    Args:
        default: the SQLite file used where nothing is named.

    Raises:
        ImproperlyConfigured: two databases are named, or one that cannot be used.
    """
    named = {
        "DATABASE_URL": environ.get("DATABASE_URL", "").strip(),
        "ISLETSCREEN_DATABASE_URL": environment.read("DATABASE_URL", environ=environ),
        "ISLETSCREEN_DATABASE": environment.read("DATABASE", environ=environ),
    }
    given = [variable for variable, value in named.items() if value]
    if len(given) > 1:
        raise ImproperlyConfigured(f"{' and '.join(given)} name the database twice: unset all but one")
    if not given:
        return sqlite(str(default))
    (variable,) = given
    if variable == "ISLETSCREEN_DATABASE":
        return sqlite(named[variable])
    return postgresql(
        named[variable],
        variable=variable,
        connections=environment.whole_number("DATABASE_POOL", 8) or 1,
        seconds=environment.whole_number("STATEMENT_SECONDS", 30),
    )
