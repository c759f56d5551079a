"""Log lines carry events and ids; an exception's text, which may quote a patient's value, is withheld."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta

import pytest

from config.logs import JsonFormatter, PlainFormatter

CANARY = "Jane Canary, HbA1c 7.77"


def line(formatter: logging.Formatter, error: BaseException | None = None, **ids: object) -> str:
    logger = logging.getLogger("screening.test")
    exc_info = (type(error), error, error.__traceback__) if error else None
    record = logger.makeRecord(logger.name, logging.INFO, "f", 1, "event", (), exc_info, extra=ids)
    return formatter.format(record)


def raised() -> BaseException:
    try:
        try:
            raise ValueError(CANARY)
        except ValueError as inner:
            raise KeyError(CANARY) from inner
    except KeyError as error:
        return error


def test_ids_follow_the_event() -> None:
    text = line(PlainFormatter(), screening=12, protocol="cit-07", request=object())
    assert text.endswith("INFO screening.test event screening=12 protocol=cit-07")


def test_exception_is_told_by_type_and_place_only() -> None:
    text = line(PlainFormatter(), raised())
    assert CANARY not in text
    assert "builtins.KeyError" in text
    assert "builtins.ValueError" in text
    assert "test_logs.py" in text


def test_debugging_shows_the_whole_exception() -> None:
    assert CANARY in line(PlainFormatter(show_exception_text=True), raised())


# --- JSON


def test_json_line_has_time_level_event_and_ids() -> None:
    text = line(JsonFormatter(), screening=12, protocol="cit-07", request=object(), event="other")
    told = json.loads(text)
    assert "\n" not in text
    assert datetime.fromisoformat(told.pop("time")).utcoffset() == timedelta(0)
    assert told == {
        "level": "INFO",
        "logger": "screening.test",
        "event": "event",
        "screening": 12,
        "protocol": "cit-07",
    }


def test_json_line_tells_an_exception_by_type_and_place_only() -> None:
    told = json.loads(line(JsonFormatter(), raised()))
    assert CANARY not in str(told)
    assert "builtins.ValueError" in told["error"]


@pytest.mark.parametrize(
    ("name", "message", "args", "event"),
    [
        ("screening.actions", "form begun", (), "form begun"),
        ("django.request", "%s: %s", ("Not Found", CANARY), "Not Found"),
        ("django.security.csrf", "Forbidden (%s): %s", ("no cookie", CANARY), "Forbidden (%s): %s"),
        ("django.security.DisallowedHost", f"Invalid HTTP_HOST header: {CANARY}", (), "(text withheld)"),
        ("psycopg.pool", "error connecting in %r: %s", ("pool-1", "refused"), "error connecting in 'pool-1'"),
    ],
)
@pytest.mark.parametrize("formatter", [PlainFormatter(), JsonFormatter()])
def test_what_other_packages_fill_in_is_withheld(
    formatter: logging.Formatter, name: str, message: str, args: tuple[object, ...], event: str
) -> None:
    """Seen to fail on the address that Django puts after "Not Found"."""
    text = formatter.format(logging.makeLogRecord({"name": name, "msg": message, "args": args}))
    assert event in text
    assert CANARY not in text
