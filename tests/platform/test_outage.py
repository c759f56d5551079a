"""T15: when the database or disk fails, nothing is half saved, nothing is called saved, and all comes back.

Seen to fail with every failure answered as an error of the program, with a form sent into an outage led on as
if it were saved, and with a recording that is no transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from screening.content import installed_content
from screening.models import Draft, Screening, StoredText, User, Verdict
from tests.factories import make_user
from tests.figures import Figure
from tests.web.forms import address, begin, fill
from tests.web.pages import words_of
from tests.web.test_form import record_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clinician(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    client.raise_request_exception = False
    return user


@contextmanager
def failing_at(number: int, error: Exception) -> Iterator[list[str]]:
    """Have the `number`th statement and all after it fail; yields the statements that got through."""
    through: list[str] = []

    def execute(run: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if len(through) >= number:
            raise error
        through.append(sql)
        return run(sql, *rest)

    with connection.execute_wrapper(execute):
        yield through


def rows() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Draft, Screening, Verdict, StoredText))


def test_recording_cut_at_any_statement_is_whole_or_nothing(
    client: Client, clinician: User, figure: Figure
) -> None:
    """Seen to fail when the statements of a recording were no transaction."""
    draft = begin(client)
    fill(client, draft, "chart", sex="female")
    posted = record_of(client, draft)
    before = rows()
    protocols = len(installed_content().protocols)
    after = (0, 1, protocols, protocols + 1)
    half: list[str] = []
    for number in range(60):
        with failing_at(number, OperationalError("disk I/O error: canary")) as through:
            response = client.post(address(draft, "record"), posted)
        if response.status_code == 302:
            break
        assert response.status_code == 503, through
        if rows() not in (before, after):
            half += through[-1:]
        text = words_of(response)
        assert "Not saved" in text
        assert "reload this page and let the browser send the form again" in text
        assert "canary" not in text
        assert response["Retry-After"] == "30"
        assert response["Cache-Control"] == "no-store"
    else:
        pytest.fail("it never recovered")
    missing = int(rows() != after)
    figure(
        "T15", "a recording cut at each statement", cuts=number, half=len(half), falsely_acknowledged=missing
    )
    assert half == []
    assert not missing
    assert Screening.objects.get().get_absolute_url() == response["Location"]
    assert number > 5


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("connection already closed")])
def test_page_that_cannot_be_read_says_when_to_try_again(
    error: Exception, client: Client, clinician: User, capfd: pytest.CaptureFixture[str]
) -> None:
    with failing_at(0, error):
        response = client.get("/")
    assert response.status_code == 503
    assert "Not available just now" in words_of(response)
    assert "Traceback" not in response.content.decode()
    assert client.get("/").status_code == 200


def test_other_errors_stay_errors_of_the_program(client: Client, clinician: User) -> None:
    with failing_at(0, ValueError("canary")):
        response = client.get("/")
    assert response.status_code == 500
    assert "Something went wrong here" in words_of(response)


@pytest.mark.only_on("sqlite")
@pytest.mark.parametrize(
    ("full", "room"),
    [
        ("PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1073741823"),
        ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
    ],
)
def test_full_or_read_only_file_answers_not_saved(
    full: str, room: str, client: Client, clinician: User
) -> None:
    draft = begin(client)
    fill(client, draft, "chart", sex="female")
    posted = record_of(client, draft)
    before = rows()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        cursor.execute(full)
    response = client.post(address(draft, "record"), posted)
    with connection.cursor() as cursor:
        cursor.execute(room)
    assert response.status_code == 503
    assert rows() == before
    assert client.post(address(draft, "record"), posted).status_code == 302
    assert Screening.objects.count() == 1


@pytest.mark.only_on("postgresql")
def test_server_that_takes_no_writes_answers_not_saved(client: Client, clinician: User) -> None:
    draft = begin(client)
    fill(client, draft, "chart", sex="female")
    posted = record_of(client, draft)
    before = rows()
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    response = client.post(address(draft, "record"), posted)
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = off")
    assert response.status_code == 503
    assert rows() == before
    assert client.post(address(draft, "record"), posted).status_code == 302


@pytest.mark.only_on("postgresql")
def test_ended_connections_are_replaced_without_anyone_noticing(client: Client, clinician: User) -> None:
    """As after a restart of the server: the connection of the pool is dead.

    Several at a time are looked at with growing pauses: some requests are then told to come back.
    """
    connection.close()
    connection.close_pool()
    assert Session.objects.exists()
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            [connection.settings_dict["NAME"]],
        )
    assert client.get("/").status_code == 200
