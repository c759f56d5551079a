"""The log of requests: numbered, by route, and without anything of a patient."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from config.logs import JsonFormatter
from config.requests import HEADER, RequestFilter
from screening.models import Screening
from tests.factories import make_user
from tests.web.forms import address, begin, fill, inputs
from tests.web.test_form import record_of

pytestmark = pytest.mark.django_db

NAME = "Jane Canary"
VALUE = "9.87"
NUMBER = "0123456789abcdef" * 2


class Log(io.StringIO):
    """What the log of a service in production says."""

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.getvalue().splitlines()]

    @property
    def requests(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["logger"] == "screening.requests"]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    """Everything that any logger says, formatted as in production."""
    stream = Log()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    handler.addFilter(RequestFilter())
    named = [logging.getLogger(name) for name in ("", "django", "django.server")]
    for logger in named:
        logger.addHandler(handler)
    for name in ("screening.requests", "screening"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
        logging.getLogger(name).manager._clear_cache()  # type: ignore[attr-defined]
    yield stream
    for logger in named:
        logger.removeHandler(handler)
    monkeypatch.undo()
    logging.getLogger().manager._clear_cache()  # type: ignore[attr-defined]


def test_no_name_and_no_value_of_a_journey_is_in_any_line(client: Client, log: Log) -> None:
    """Seen to fail with the address in the line, and with the text of an exception in it."""
    user = make_user()
    client.force_login(user)
    draft = begin(client)
    fill(client, draft, "chart", sex="female", hba1c=VALUE, hba1c__on="13 Oct 2026")
    typed = {**inputs(client.get(address(draft, "chart"))), "hba1c": NAME}
    client.post(address(draft, "panel"), typed)
    client.post(address(draft, "chart"), typed)
    client.get(f"/?reference={NAME}")
    client.get(f"/people/{NAME}/pre-screens/1/")
    client.get(f"/{NAME}")
    Client(enforce_csrf_checks=True).post(f"/account/sign-in/?next=/{NAME}", {"login": NAME})
    client.get("/", headers={"host": f"{VALUE}.{NAME.replace(' ', '.')}.example"})
    fill(client, draft, "chart", hba1c=VALUE)
    client.post(address(draft, "record"), record_of(client, draft))
    recorded = Screening.objects.get()
    client.get(recorded.get_absolute_url())
    # A time of day may hold the digits of any value.
    text = "\n".join(str({**line, "time": ""}) for line in log.lines)
    assert {"request", "screening recorded", "Not Found"} <= {line["event"] for line in log.lines}
    for canary in (NAME, "Canary", VALUE, "13 Oct", "2026-10-13", draft.participant.reference, "/people"):
        assert canary not in text
    assert user.email not in text


def test_line_has_route_status_duration_and_user(client: Client, log: Log) -> None:
    user = make_user()
    client.force_login(user)
    response = client.get("/?page=2")
    (line,) = log.requests
    assert line.pop("ms") >= 0
    assert {name: line[name] for name in ("method", "route", "status", "user", "request_id")} == {
        "method": "GET",
        "route": "pre_screens",
        "status": response.status_code,
        "user": user.pk,
        "request_id": response[HEADER],
    }


def test_lines_of_one_request_share_its_number(client: Client, log: Log) -> None:
    number = client.get("/no-such-page")[HEADER]
    request, missing = log.lines
    assert (missing["event"], request["event"]) == ("Not Found", "request")
    assert missing["request_id"] == request["request_id"] == number


@pytest.mark.parametrize(
    ("proxies", "sent", "kept"),
    [(1, NUMBER, True), (0, NUMBER, False), (1, NAME, False), (1, NUMBER + "0", False), (1, "", False)],
)
def test_only_a_trusted_proxys_plain_number_is_kept(
    proxies: int, sent: str, kept: bool, client: Client, settings: Any
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    number = client.get("/health", headers={HEADER: sent})[HEADER]
    assert (number == sent) is kept
    assert len(number) == 32


def test_probes_and_static_files_write_no_line(client: Client, log: Log) -> None:
    client.get("/health")
    client.get("/static/screening/css/tokens.css")
    assert log.requests == []
    client.get("/static/no-such-file.css")
    (line,) = log.requests
    assert (line["status"], line["route"]) == (404, "")
