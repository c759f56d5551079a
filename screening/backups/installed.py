"""The database of this installation, as backups see it."""

from __future__ import annotations

from pathlib import Path

from django.db import connection

from screening.backups import Engine
from screening.backups.postgresql import PostgreSQL
from screening.backups.sqlite import SQLite


def engine() -> Engine:
    """Return the engine of the database that the settings name."""
    if connection.vendor == "postgresql":
        return PostgreSQL(connection)
    return SQLite(Path(connection.settings_dict["NAME"]))


def name() -> str:
    """Return what to type to confirm that this database is meant."""
    return Path(str(connection.settings_dict["NAME"])).name
