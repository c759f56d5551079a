"""Copies of the database: made while the app runs, checked by a drill, put back.

A backup is two files: the database as its own tools write it, and beside it a manifest, `FILE.json`,
with the SHA-256 of the file and of every table. Neither holds a key of this installation.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

FLEETING = ("django_session", "screening_cache")
"""Tables whose rows are left out: with a session's key from a stolen copy anyone would be signed in."""


class BackupError(Exception):
    """A backup cannot be made, read or put back; the text says in one line what to do."""


@dataclass(frozen=True)
class Table:
    """How much a table held, and a hash over all of its rows in the order of their keys."""

    rows: int
    sha256: str


Tables = dict[str, Table]


@dataclass(frozen=True)
class Manifest:
    """What stands beside a backup."""

    engine: str
    made_at: str
    sha256: str
    migrations: list[str]
    tables: Tables


class Engine(Protocol):
    """What a kind of database does for backups, always on one database."""

    name: str

    def dump(self, to: Path) -> Tables:
        """Write a consistent copy to `to`, which is there and empty; return what it holds."""

    def holds_anything(self) -> bool:
        """Return whether anybody has put rows into the database."""

    def load(self, file: Path) -> None:
        """Replace everything by the copy in `file`, in one transaction: wholly or not at all."""

    def tables(self) -> Tables:
        """Return what the database holds now."""

    def migrations(self) -> list[str]:
        """Return the migrations that were applied to it."""

    def beside(self) -> Beside:
        """Return a fresh, empty database of the same kind, for a drill."""


class Beside(Protocol):
    """A database that lasts as long as its context."""

    def __enter__(self) -> Engine: ...

    def __exit__(self, *error: object) -> None: ...


# --- Making one


def make(engine: Engine, file: Path, *, at: datetime) -> Manifest:
    """Write the backup `file` and its manifest, readable by their owner alone.

    The names appear when both are whole, and never over a file that is there.

    Raises:
        BackupError: there is such a file, no such directory, no room, or no tool to make it with.
    """
    beside = manifest_of(file)
    _refuse_to_overwrite(file, beside)
    parts = [path.with_name(f".{path.name}.{os.getpid()}.part") for path in (file, beside)]
    try:
        for part in parts:
            os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        tables = engine.dump(parts[0])
        manifest = Manifest(
            engine=engine.name,
            made_at=at.isoformat(timespec="seconds"),
            sha256=sha256_of(parts[0]),
            migrations=engine.migrations(),
            tables=tables,
        )
        parts[1].write_text(json.dumps(asdict(manifest), indent=2) + "\n", encoding="utf-8")
        for part in parts:
            _reach_the_disk(part)
        _refuse_to_overwrite(file, beside)
        # The manifest first: where the backup is, its manifest is.
        parts[1].replace(beside)
        parts[0].replace(file)
        _reach_the_disk(file.parent)
    except OSError as problem:
        raise BackupError(f"cannot write {file} ({problem.strerror}): make room or allow it") from problem
    finally:
        for part in parts:
            part.unlink(missing_ok=True)
    return manifest


def _refuse_to_overwrite(*paths: Path) -> None:
    for path in paths:
        if path.exists():
            raise BackupError(f"{path} is there already: choose another name")


def _reach_the_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- Reading one


def manifest_of(file: Path) -> Path:
    """Return where the manifest of the backup `file` lies."""
    return file.with_name(f"{file.name}.json")


def read(file: Path, *, engine: Engine, known: frozenset[str]) -> Manifest:
    """Return the manifest of `file` after comparing the file with it.

    Args:
        engine: of the database it is for.
        known: the migrations of this version.

    Raises:
        BackupError: a file is missing or damaged, or the backup is of another kind or a later version.
    """
    for path in (file, manifest_of(file)):
        if not path.is_file():
            raise BackupError(f"there is no {path}: a backup is FILE and FILE.json")
    try:
        told = json.loads(manifest_of(file).read_text(encoding="utf-8"))
        told["tables"] = {name: Table(**table) for name, table in told["tables"].items()}
        manifest = Manifest(**told)
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise BackupError(f"{manifest_of(file)} is damaged: take another backup") from problem
    if sha256_of(file) != manifest.sha256:
        raise BackupError(f"{file} is damaged: its SHA-256 is not the one in its manifest")
    if manifest.engine != engine.name:
        raise BackupError(f"{file} is a backup of {manifest.engine}, and this database is {engine.name}")
    later = set(manifest.migrations) - known
    if later:
        raise BackupError(
            f"{file} was made by a later version, with {min(later)}: install that version first"
        )
    return manifest


def sha256_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def differences(expected: Mapping[str, Table], found: Mapping[str, Table]) -> list[str]:
    """Return the tables that are not the same, or not there, on one side."""
    return sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))


# --- Putting it back


def drill(engine: Engine, file: Path, manifest: Manifest) -> None:
    """Put the backup into a fresh database beside, and compare every table.

    Raises:
        BackupError: it cannot be put back, or a table differs.
    """
    with engine.beside() as fresh:
        put_back(fresh, file, manifest)


def put_back(engine: Engine, file: Path, manifest: Manifest) -> None:
    """Replace everything in the database by the backup, and compare every table.

    Raises:
        BackupError: it cannot be put back, or a table differs.
    """
    engine.load(file)
    wrong = differences(manifest.tables, engine.tables())
    if wrong:
        raise BackupError(f"{file} was put back, and differs in {', '.join(wrong)}")
