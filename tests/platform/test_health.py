"""/health: one word for each part, 503 where one is not well, never an error, nothing of anybody."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from config import health
from screening.rules.loading import ContentError, Defect
from tests.factories import make_user
from tests.web.recorded import record

pytestmark = pytest.mark.django_db(transaction=True)

WELL = "database ok\ncontent ok\ndisk ok\n"


def test_all_is_well_for_anyone_who_asks(client: Client) -> None:
    response = client.get("/health")
    assert (response.status_code, response.content.decode()) == (200, WELL)
    assert client.head("/health").status_code == 200


def raises(error: BaseException) -> Callable[..., Any]:
    def fail(*args: object, **kwargs: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("broken", "replacement", "line"),
    [
        (
            (health, "_own_connection"),
            raises(OperationalError("canary.example.org")),
            "database unreachable",
        ),
        ((health, "needed_migrations"), lambda: {("screening", "9999_later")}, "database unmigrated"),
        (
            (health, "installed_content"),
            raises(ContentError([Defect("f", "p", "canary")])),
            "content broken",
        ),
        ((health.tempfile, "TemporaryFile"), raises(OSError(30, "canary")), "disk unwritable"),
        ((health, "ROOM"), 1 << 62, "disk full"),
        ((health.shutil, "disk_usage"), raises(RuntimeError("canary")), "disk unknown"),
    ],
)
def test_what_is_not_well_is_named_by_a_word(
    broken: tuple[Any, str],
    replacement: Any,
    line: str,
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Seen to fail when /health answered ok whatever the database said."""
    monkeypatch.setattr(*broken, replacement)
    response = client.get("/health")
    monkeypatch.undo()
    part = line.partition(" ")[0]
    assert response.status_code == 503
    assert response.content.decode() == re.sub(f"{part} ok", line, WELL)
    assert "canary" not in capfd.readouterr().err


def test_missing_directory_is_told(client: Client, settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path / "gone"
    assert client.get("/health").content.decode() == WELL.replace("disk ok", "disk unwritable")


def test_health_reads_nothing_of_anybody(client: Client) -> None:
    reference = record(make_user()).participant.reference
    with connection.execute_wrapper(raises(AssertionError("the request's own connection was used"))):
        response = client.get("/health")
    assert response.content.decode() == WELL
    assert reference not in str(response.headers)
