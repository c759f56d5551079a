"""The database is the one that is named, keeps what it acknowledged, and its password is never repeated."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.db.utils import IntegrityError

from config import databases, optional
from tests import conftest
from tests.factories import make_user
from tests.web.recorded import record

FILE = Path("/srv/isletscreen.sqlite3")
PASSWORD = "canary-p%40ss"


@pytest.fixture(autouse=True)
def psycopg_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optional, "installed", lambda module: True)


def chosen(**environ: str) -> dict[str, Any]:
    return databases.chosen(FILE, environ=environ)


def test_nothing_named_is_a_sqlite_file() -> None:
    assert chosen()["NAME"] == str(FILE)
    assert chosen(DATABASE_URL=" ", ISLETSCREEN_DATABASE="/srv/other.sqlite3")["NAME"] == "/srv/other.sqlite3"


@pytest.mark.parametrize("variable", ["DATABASE_URL", "ISLETSCREEN_DATABASE_URL"])
@pytest.mark.parametrize(
    ("url", "parts"),
    [
        (
            f"postgresql://is%3Alet:{PASSWORD}@db.example.org:6432/screen?sslmode=verify-full",
            {
                "USER": "is:let",
                "PASSWORD": "canary-p@ss",
                "HOST": "db.example.org",
                "PORT": "6432",
                "NAME": "screen",
            },
        ),
        (
            "postgres://screen@/screen?host=/run/postgresql&port=5433",
            {"USER": "screen", "PASSWORD": "", "HOST": "/run/postgresql", "PORT": "5433", "NAME": "screen"},
        ),
        ("postgresql://[::1]/screen", {"HOST": "::1", "PORT": "", "USER": "", "NAME": "screen"}),
    ],
)
def test_url_is_read_into_its_parts(variable: str, url: str, parts: dict[str, str]) -> None:
    found = chosen(**{variable: url})
    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert {name: found[name] for name in parts} == parts
    assert found["OPTIONS"].get("sslmode") == ("verify-full" if "sslmode" in url else None)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"mysql://screen:{PASSWORD}@db/screen", "does not start with postgresql://"),
        (f"screen:{PASSWORD}@db/screen", "does not start with postgresql://"),
        (f"postgresql://screen:{PASSWORD}@db", "names no database"),
        (f"postgresql://screen:{PASSWORD}@db/a/b", "names no database"),
        (f"postgresql://screen:{PASSWORD}@db:port/screen", "host or port that cannot be read"),
        (f"postgresql://screen:{PASSWORD}@db:70000/screen", "host or port that cannot be read"),
        (f"postgresql://screen:{PASSWORD}@[db/screen", "host or port that cannot be read"),
        (f"postgresql://screen:{PASSWORD}#1@db/screen", "in a password write %23"),
        (f"postgresql://screen:{PASSWORD}@db/screen?options=-c%20x", "may have only host, port"),
        (f"postgresql://screen:{PASSWORD}@db/screen?sslmode", "after the question mark that cannot be read"),
        ("sqlite:///srv/db.sqlite3", "name its file in ISLETSCREEN_DATABASE instead"),
    ],
)
def test_unusable_url_is_refused_without_its_password(url: str, message: str) -> None:
    """Seen to fail when the message quoted the URL."""
    with pytest.raises(ImproperlyConfigured, match=message) as refused:
        chosen(DATABASE_URL=url)
    assert "canary" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_database_named_twice_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL and ISLETSCREEN_DATABASE name the database"):
        chosen(DATABASE_URL="postgresql://db/screen", ISLETSCREEN_DATABASE="/srv/db.sqlite3")


def test_missing_psycopg_is_told_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optional, "installed", lambda module: module != "psycopg")
    with pytest.raises(
        ImproperlyConfigured, match=r"psycopg is missing: run  .*--require-hashes -r requirements-postgresql"
    ):
        chosen(DATABASE_URL=f"postgresql://screen:{PASSWORD}@db/screen")


def test_sqlite_is_durable_and_takes_turns_at_begin() -> None:
    options = chosen()["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        assert pragma in options["init_command"]


@pytest.mark.only_on("postgresql")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("synchronous_commit", "on"),
        ("timezone", "UTC"),
        ("statement_timeout", "30s"),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "1min"),
    ],
)
def test_every_connection_is_durable_bounded_and_in_utc(setting: str, value: str) -> None:
    """The server of .ci/with-postgresql stands in Chicago time and sets no limits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [setting])
        assert cursor.fetchone() == (value,)


@pytest.mark.only_on("postgresql")
@pytest.mark.django_db
@pytest.mark.parametrize("table", ["screening_screening", "screening_verdict", "screening_storedtext"])
def test_recorded_tables_cannot_be_truncated(table: str) -> None:
    """Seen to fail before there was a trigger for TRUNCATE, which fires no trigger for DELETE."""
    record(make_user())
    with (
        pytest.raises(IntegrityError, match="is append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE {table} CASCADE")


def test_what_runs_once_never_touches_a_table() -> None:
    """Seen to fail when a directory with a test of the tables was left out of the second pass."""
    tests = Path(conftest.__file__).parent
    for directory in conftest.WITHOUT_DATABASE:
        files = list((tests / directory).rglob("test_*.py"))
        assert files, f"tests/{directory} is not there: take it off the list"
        for file in files:
            assert "django_db" not in file.read_text(), f"{file.name} belongs into both passes"
    for name in conftest.SAME_ON_BOTH:
        assert (tests / name).is_file(), f"tests/{name} is not there: take it off the list"
        assert not conftest.runs_once(name.replace("test_", "test_other_"))
