"""Backups: taken while people work, equal when they are put back, refused when damaged."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from config import optional
from config.databases import postgresql
from screening import backups
from screening.backups.postgresql import PostgreSQL, variables
from screening.backups.sqlite import SQLite
from screening.management.commands.backup import known_migrations
from tests.figures import Figure
from tests.platform.test_settings import PRODUCTION
from tests.services import Environment, fresh_database, manage, seeded, url_of

pytestmark = pytest.mark.django_db

SERVER = settings.DATABASES["default"]


def engine_of(own: Environment) -> backups.Engine:
    if "DATABASE_URL" in own:
        return PostgreSQL(connection, own["DATABASE_URL"].partition("?")[0].rpartition("/")[2])
    return SQLite(Path(own["ISLETSCREEN_VAR_DIR"]) / "isletscreen.sqlite3")


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """A database with two pre-screens and a session in it; tests leave it as it is."""
    with fresh_database(tmp_path_factory.mktemp("clinic"), SERVER) as own:
        seeded(own, users=1, sites=1, people=2)
        yield own


@pytest.fixture(scope="module")
def backup(clinic: Environment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the clinic; tests copy it before they damage it."""
    file = tmp_path_factory.mktemp("backups") / "clinic.backup"
    done = manage(clinic, "backup", str(file))
    assert done.returncode == 0, done.stderr
    assert f"SHA-256 {backups.sha256_of(file)}\n" in done.stdout
    return file


@pytest.fixture
def copied(backup: Path, tmp_path: Path) -> Path:
    """A copy of the backup and its manifest, to be damaged."""
    for path in (backup, backups.manifest_of(backup)):
        shutil.copy(path, tmp_path)
    return tmp_path / backup.name


def test_restored_into_a_fresh_database_every_digest_is_equal(
    clinic: Environment, backup: Path, tmp_path: Path, figure: Figure
) -> None:
    """Seen to fail when the copy left out the rows of one table."""
    with fresh_database(tmp_path, SERVER) as own:
        done = manage(own, "restore", str(backup))
        assert done.returncode == 0, done.stderr
        assert "every digest equal" in done.stdout
        original, restored = engine_of(clinic).tables(), engine_of(own).tables()
        differing = backups.differences(original, restored)
        figure("T16", "tables put back and compared", tables=len(original), differing=len(differing))
        assert differing == []
        assert original["screening_screening"].rows == 2
        assert engine_of(own).migrations() == engine_of(clinic).migrations()
        done = manage(own, "migrate", "--check")
        assert done.returncode == 0, done.stdout + done.stderr
        done = manage(own, "restore", str(backup))
        assert (done.returncode, "add --replace" in done.stderr) == (1, True)


def test_drill_leaves_everything_as_it_was(clinic: Environment, backup: Path) -> None:
    engine = engine_of(clinic)
    before = engine.tables(), others(clinic)
    done = manage(clinic, "backup", "--check", str(backup))
    assert done.returncode == 0, done.stderr
    assert "put back beside, every digest equal" in done.stdout
    assert (engine.tables(), others(clinic)) == before


def others(own: Environment) -> list[str]:
    """Return the files, or the databases, beside that of `own`."""
    if "DATABASE_URL" in own:
        with connection._nodb_cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE '%%drill%%'")
            return [name for (name,) in cursor.fetchall()]
    return sorted(path.name for path in Path(own["ISLETSCREEN_VAR_DIR"]).iterdir() if "drill" in path.name)


def test_drill_finds_what_differs(clinic: Environment, backup: Path) -> None:
    engine = engine_of(clinic)
    manifest = backups.read(backup, engine=engine, known=known_migrations())
    manifest.tables["screening_site"] = backups.Table(1, "0" * 64)
    with pytest.raises(backups.BackupError, match=r"differs in screening_site$"):
        backups.drill(engine, backup, manifest)


def test_backup_is_for_its_owner_alone_and_holds_no_session(clinic: Environment, backup: Path) -> None:
    """Seen to fail when the sessions were copied too: a stolen backup signed its finder in."""
    for path in (backup, backups.manifest_of(backup)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(path.name for path in backup.parent.iterdir()) == ["clinic.backup", "clinic.backup.json"]
    with engine_of(clinic).beside() as fresh:
        fresh.load(backup)
        for table in ("django_session", "screening_site"):
            assert rows_of(fresh, table) == (table == "screening_site")


def rows_of(engine: backups.Engine, table: str) -> int:
    query = f"SELECT count(*) FROM {table}"
    if isinstance(engine, SQLite):
        with closing(sqlite3.connect(engine.file)) as opened:
            return opened.execute(query).fetchone()[0]
    assert isinstance(engine, PostgreSQL)
    with engine._snapshot() as (opened, _):
        return opened.execute(query).fetchone()[0]


def test_backup_never_overwrites(clinic: Environment, copied: Path) -> None:
    before = copied.read_bytes()
    with pytest.raises(backups.BackupError, match="is there already: choose another name"):
        backups.make(engine_of(clinic), copied, at=timezone.now())
    copied.rename(copied.with_name("moved"))
    with pytest.raises(backups.BackupError, match=r"clinic.backup.json is there already"):
        backups.make(engine_of(clinic), copied, at=timezone.now())
    assert copied.with_name("moved").read_bytes() == before
    assert not list(copied.parent.glob("*.part"))


def test_backup_that_cannot_be_written_leaves_nothing(clinic: Environment, tmp_path: Path) -> None:
    with pytest.raises(backups.BackupError, match=r"cannot write .*No such file or directory"):
        backups.make(engine_of(clinic), tmp_path / "missing" / "x.backup", at=timezone.now())
    assert list(tmp_path.iterdir()) == []


def flipped(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def with_manifest(file: Path, **changed: Any) -> None:
    beside = backups.manifest_of(file)
    beside.write_text(json.dumps(json.loads(beside.read_text()) | changed))


DAMAGES = {
    "flipped": (flipped, "is damaged: its SHA-256 is not the one"),
    "cut": (lambda file: os.truncate(file, file.stat().st_size // 2), "is damaged: its SHA-256"),
    "emptied": (lambda file: os.truncate(file, 0), "is damaged: its SHA-256"),
    "alone": (lambda file: backups.manifest_of(file).unlink(), "a backup is FILE and FILE.json"),
    "gone": (lambda file: file.unlink(), "a backup is FILE and FILE.json"),
    "unreadable": (lambda file: backups.manifest_of(file).write_text("{"), "json is damaged"),
    "other keys": (lambda file: backups.manifest_of(file).write_text('{"tables": {}}'), "json is damaged"),
    "later": (
        lambda file: with_manifest(file, migrations=["screening.9999_later"]),
        "made by a later version, with screening.9999_later",
    ),
    "another kind": (lambda file: with_manifest(file, engine="oracle"), "is a backup of oracle"),
}


@pytest.mark.parametrize("how", DAMAGES)
def test_damaged_backup_is_refused_before_anything_is_touched(
    how: str, clinic: Environment, copied: Path
) -> None:
    damage, message = DAMAGES[how]
    damage(copied)
    with pytest.raises(backups.BackupError, match=message):
        backups.read(copied, engine=engine_of(clinic), known=known_migrations())


def test_what_looks_like_a_backup_and_is_none_touches_nothing(clinic: Environment, copied: Path) -> None:
    copied.write_bytes(b"SQLite format 3\0" + b"PGDMP" * 5000)
    with_manifest(copied, sha256=backups.sha256_of(copied))
    before = engine_of(clinic).tables()
    done = manage(clinic, "restore", str(copied), "--replace")
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: ")
    assert done.stderr.count("\n") == 1
    assert engine_of(clinic).tables() == before


def test_production_is_replaced_only_when_named_and_is_kept(backup: Path, tmp_path: Path) -> None:
    with fresh_database(tmp_path, SERVER) as own:
        engine = engine_of(own)
        engine.load(backup)
        as_backed_up = engine.tables()
        with closing(opened_beside(own)) as opened:
            write_pair(opened, 0)
        before = engine.tables()
        assert backups.differences(before, as_backed_up) == [PAIRS]
        production = own | PRODUCTION
        done = manage(production, "restore", str(backup), "--replace", "--confirm", "other", input="")
        assert done.returncode == 1
        assert "nothing was touched: this is production" in done.stderr
        assert engine.tables() == before
        name = done.stderr.split("--confirm ")[1].strip()
        done = manage(production, "restore", str(backup), "--replace", "--confirm", name)
        assert done.returncode == 0, done.stderr
        assert engine.tables() == as_backed_up
        (kept,) = tmp_path.glob("replaced-*.backup")
        assert backups.read(kept, engine=engine, known=known_migrations()).tables == before


def test_backup_taken_among_writes_is_of_one_moment(backup: Path, tmp_path: Path) -> None:
    """Pairs that are written together are in the copy together. Seen to fail on a copy of the bare file."""
    with fresh_database(tmp_path, SERVER) as own:
        engine = engine_of(own)
        engine.load(backup)
        before = engine.tables()[PAIRS].rows
        stopped, written = threading.Event(), threading.Event()
        writer = threading.Thread(target=write_pairs, args=[own, stopped, written])
        writer.start()
        try:
            assert written.wait(30)
            manifest = backups.make(engine, tmp_path / "among.backup", at=timezone.now())
        finally:
            stopped.set()
            writer.join()
        pairs = manifest.tables[PAIRS].rows - before
        assert pairs > 0
        assert pairs % 2 == 0
        backups.drill(engine, tmp_path / "among.backup", manifest)


PAIRS = "django_content_type"


def opened_beside(own: Environment) -> Any:
    """Return a connection to the database of `own` that knows nothing of Django."""
    if "DATABASE_URL" in own:
        import psycopg

        return psycopg.connect(own["DATABASE_URL"])
    return sqlite3.connect(Path(own["ISLETSCREEN_VAR_DIR"]) / "isletscreen.sqlite3", timeout=20)


def write_pair(opened: Any, number: int) -> None:
    for half in "ab":
        opened.execute(f"INSERT INTO {PAIRS} (app_label, model) VALUES ('{half}', '{number}')")
    opened.commit()


def write_pairs(own: Environment, stopped: threading.Event, written: threading.Event) -> None:
    with closing(opened_beside(own)) as opened:
        number = 0
        while not stopped.is_set():
            write_pair(opened, number)
            number += 1
            if number == 20:
                written.set()


@pytest.mark.only_on("postgresql")
def test_programs_of_postgresql_that_are_missing_are_told(
    clinic: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(backups.BackupError, match=r"pg_dump is missing: .*apt install postgresql-client"):
        backups.make(engine_of(clinic), tmp_path / "x.backup", at=timezone.now())
    assert list(tmp_path.iterdir()) == []


def test_password_reaches_programs_as_a_variable_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optional, "installed", lambda module: True)
    found = postgresql(
        "postgresql://screen:canary@db.example.org:6432/screen?sslmode=verify-full",
        variable="DATABASE_URL",
        connections=1,
        seconds=1,
    )
    told = variables(found)
    assert told["PGPASSWORD"] == "canary"
    assert (told["PGHOST"], told["PGPORT"], told["PGSSLMODE"]) == ("db.example.org", "6432", "verify-full")
    assert "canary" in url_of(found, "x")
