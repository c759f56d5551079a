"""Backups of a SQLite file, by SQLite's own online copy."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from screening.backups import FLEETING, BackupError, Engine, Table, Tables


class SQLite:
    """The database in one file."""

    name = "sqlite"

    def __init__(self, file: Path) -> None:
        self.file = file

    def dump(self, to: Path) -> Tables:
        if not self.file.is_file():
            raise BackupError(f"there is no {self.file}: run  python3 manage.py migrate  first")
        with closing(self._open()) as source, closing(sqlite3.connect(to)) as copy:
            source.backup(copy)
            # One plain file, without the write-ahead log that the original keeps beside it.
            copy.execute("PRAGMA journal_mode = DELETE")
            for table in set(_tables(copy)) & set(FLEETING):
                copy.execute(f'DELETE FROM "{table}"')
            copy.commit()
            copy.execute("VACUUM")
            _refuse_damage(copy, to)
            return _digests(copy)

    def holds_anything(self) -> bool:
        if not self.file.is_file():
            return False
        with closing(self._open()) as opened:
            names = [name for name in _tables(opened) if name.startswith(("screening_", "mfa_"))]
            return any(opened.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone() for name in names)

    def load(self, file: Path) -> None:
        with closing(_read_only(file)) as source, closing(self._open(create=True)) as target:
            try:
                _refuse_damage(source, file)
                source.backup(target)
                target.execute("PRAGMA journal_mode = WAL")
            except sqlite3.DatabaseError as problem:
                raise BackupError(f"{file} cannot be put back: {problem}") from problem

    def tables(self) -> Tables:
        with closing(self._open()) as opened:
            return _digests(opened)

    def migrations(self) -> list[str]:
        with closing(self._open()) as opened:
            if "django_migrations" not in _tables(opened):
                return []
            rows = opened.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
            return [name for (name,) in rows]

    def beside(self) -> _Beside:
        return _Beside(self.file.parent)

    def _open(self, *, create: bool = False) -> sqlite3.Connection:
        mode = "rwc" if create else "rw"
        return sqlite3.connect(f"{self.file.absolute().as_uri()}?mode={mode}", uri=True, timeout=20)


class _Beside:
    """A file in a directory of its own, which goes with it."""

    def __init__(self, parent: Path) -> None:
        self.parent = parent

    def __enter__(self) -> Engine:
        self.directory = tempfile.TemporaryDirectory(prefix="drill.", dir=self.parent)
        return SQLite(Path(self.directory.name) / "drill.sqlite3")

    def __exit__(self, *error: object) -> None:
        self.directory.cleanup()


def _read_only(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


def _refuse_damage(opened: sqlite3.Connection, file: Path) -> None:
    try:
        (found,) = opened.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.DatabaseError as problem:
        found = str(problem)
    if found != "ok":
        raise BackupError(f"{file} is damaged: {found}")


def _tables(opened: sqlite3.Connection) -> list[str]:
    rows = opened.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return sorted(name for (name,) in rows)


def _digests(opened: sqlite3.Connection) -> Tables:
    opened.execute("BEGIN")
    try:
        return {name: _digest(opened, name) for name in _tables(opened) if name not in FLEETING}
    finally:
        opened.execute("ROLLBACK")


def _digest(opened: sqlite3.Connection, table: str) -> Table:
    digest = hashlib.sha256()
    number = 0
    rows = opened.execute(f'SELECT * FROM "{table}" ORDER BY 1')
    digest.update(repr([column[0] for column in rows.description]).encode())
    for row in rows:
        digest.update(repr(row).encode())
        number += 1
    return Table(number, digest.hexdigest())
