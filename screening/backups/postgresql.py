"""Backups of a PostgreSQL database, by PostgreSQL's own pg_dump and pg_restore."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper

from screening.backups import FLEETING, BackupError, Engine, Table, Tables

_LIBPQ = {
    "NAME": "PGDATABASE",
    "USER": "PGUSER",
    "PASSWORD": "PGPASSWORD",
    "HOST": "PGHOST",
    "PORT": "PGPORT",
}
_TABLES = """
    SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename
"""
_EMPTIED = """
    SELECT format('DROP TABLE %I.%I CASCADE', schemaname, tablename)
    FROM pg_tables WHERE schemaname = current_schema()
    UNION ALL
    SELECT format('DROP FUNCTION %s CASCADE', pg_proc.oid::regprocedure)
    FROM pg_proc
    WHERE pronamespace = current_schema()::regnamespace
      AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
"""


class PostgreSQL:
    """One database of a server.

    Args:
        connection: Django's connection to it; it is not used itself, but one like it.
        database: another database of the same server.
    """

    name = "postgresql"

    def __init__(self, connection: BaseDatabaseWrapper, database: str | None = None) -> None:
        self.connection = connection
        self.settings: dict[str, Any] = {**connection.settings_dict}
        if database is not None:
            self.settings["NAME"] = database

    def dump(self, to: Path) -> Tables:
        left_out = [f"--exclude-table-data={table}" for table in FLEETING]
        with self._snapshot() as (opened, snapshot):
            self._run(
                "pg_dump",
                *("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"),
                *(*left_out, f"--file={to}"),
            )
            return _digests(opened)

    def holds_anything(self) -> bool:
        with self._snapshot() as (opened, _):
            names = [name for name in _tables(opened) if name.startswith(("screening_", "mfa_"))]
            return any(opened.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone() for name in names)

    def load(self, file: Path) -> None:
        with self._snapshot() as (opened, _):
            emptied = "; ".join(statement for (statement,) in opened.execute(_EMPTIED).fetchall())
        with tempfile.TemporaryDirectory(prefix="restore.") as directory:
            # Whole before the first statement runs: what ends early must not count as the end.
            script = Path(directory) / "script.sql"
            self._run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(file))
            self._run(
                "psql",
                *("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction"),
                *(f"--command={emptied or 'SELECT'}", f"--file={script}"),
            )

    def tables(self) -> Tables:
        with self._snapshot() as (opened, _):
            return _digests(opened)

    def migrations(self) -> list[str]:
        with self._snapshot() as (opened, _):
            if "django_migrations" not in _tables(opened):
                return []
            rows = opened.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
            return [name for (name,) in rows.fetchall()]

    def beside(self) -> _Beside:
        return _Beside(self)

    @contextmanager
    def _snapshot(self) -> Iterator[tuple[Any, str]]:
        """Yield psycopg's own connection in a transaction that reads one moment, and that moment's name."""
        own = self.connection.copy()
        own.settings_dict["NAME"] = self.settings["NAME"]
        own.settings_dict["OPTIONS"] |= {"pool": False}
        try:
            with closing(own):
                own.ensure_connection()
                opened: Any = own.connection
                with opened.transaction():
                    opened.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                    opened.execute(
                        "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
                    )
                    (snapshot,) = opened.execute("SELECT pg_export_snapshot()").fetchone()
                    yield opened, snapshot
        except DatabaseError as problem:
            raise BackupError(
                "the database cannot be reached: look at DATABASE_URL and the server"
            ) from problem

    def _run(self, program: str, *arguments: str) -> str:
        """Run one of PostgreSQL's programs on this database; the password is not on its command line."""
        if shutil.which(program) is None:
            raise BackupError(f"{program} is missing: on Debian or Ubuntu run  apt install postgresql-client")
        done = subprocess.run(
            [program, *arguments], env=os.environ | variables(self.settings), capture_output=True, text=True
        )
        if done.returncode != 0:
            reason = next((line for line in done.stderr.splitlines() if line.strip()), "no reason given")
            raise BackupError(f"{program} failed: {reason.removeprefix(f'{program}: error: ')}")
        return done.stdout


class _Beside:
    """A database of the same server with a name of its own, dropped afterwards."""

    def __init__(self, original: PostgreSQL) -> None:
        self.original = original
        self.name = f"{original.settings['NAME'][:40]}_drill_{secrets.token_hex(4)}"

    def __enter__(self) -> Engine:
        try:
            self._on_server(f'CREATE DATABASE "{self.name}"')
        except DatabaseError as problem:
            raise BackupError(
                "the drill needs a database beside, and this account may not make one: as administrator run"
                f"  ALTER ROLE {self.original.settings['USER'] or 'isletscreen'} CREATEDB"
            ) from problem
        return PostgreSQL(self.original.connection, self.name)

    def __exit__(self, *error: object) -> None:
        self._on_server(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def _on_server(self, statement: str) -> None:
        own = self.original.connection.copy()
        own.settings_dict["OPTIONS"] |= {"pool": False}
        with closing(own), own.cursor() as cursor:
            cursor.execute(statement)


def variables(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return what PostgreSQL's programs read in place of arguments."""
    told = {variable: str(settings[key]) for key, variable in _LIBPQ.items() if settings[key]}
    options = settings["OPTIONS"]
    told |= {f"PG{name.upper()}": str(options[name]) for name in options if name.startswith("ssl")}
    return told | {"PGOPTIONS": "-c statement_timeout=0 -c client_min_messages=warning"}


def _tables(opened: Any) -> list[str]:
    return [name for (name,) in opened.execute(_TABLES).fetchall()]


def _digests(opened: Any) -> Tables:
    return {name: _digest(opened, name) for name in _tables(opened) if name not in FLEETING}


def _digest(opened: Any, table: str) -> Table:
    digest = hashlib.sha256()
    with opened.cursor() as cursor:
        with cursor.copy(f'COPY (SELECT * FROM "{table}" ORDER BY 1) TO STDOUT (HEADER)') as copy:
            for part in copy:
                digest.update(part)
        return Table(cursor.rowcount, digest.hexdigest())
