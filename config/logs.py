"""Log lines: time, level, logger, event, and the ids given as `extra`.

What people typed has no way in: the text of an exception, and what other packages put into their
messages, may quote a patient's value, so they are told by type and place, or by their template alone.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_IDS = (str, int)
_SPEAK_FREELY = ("screening", "config", "psycopg")
"""Loggers whose messages are events, or are about connections."""


class PlainFormatter(logging.Formatter):
    """One line per event, for a terminal.

    `show_exception_text` shows everything, for debugging.
    """

    def __init__(self, *, show_exception_text: bool = False) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self.show_exception_text = show_exception_text

    def formatMessage(self, record: logging.LogRecord) -> str:
        if not self.show_exception_text:
            record.message = event(record)
        return " ".join(
            [super().formatMessage(record), *(f"{name}={value}" for name, value in ids(record).items())]
        )

    def formatException(self, exc_info: Any) -> str:
        if self.show_exception_text:
            return super().formatException(exc_info)
        return places(exc_info[1])


class JsonFormatter(logging.Formatter):
    """One JSON object per line, times in UTC, for whatever collects the log."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": event(record),
        }
        line |= {name: value for name, value in ids(record).items() if name not in line}
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = places(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def ids(record: logging.LogRecord) -> dict[str, str | int]:
    """Return what was given as `extra`: words and numbers, no objects."""
    return {
        name: value
        for name, value in vars(record).items()
        if name not in _STANDARD and isinstance(value, _IDS)
    }


def event(record: logging.LogRecord) -> str:
    """Return what happened, without what Django and other packages fill in: addresses, hosts, texts."""
    logger = record.name.partition(".")[0]
    if logger in _SPEAK_FREELY:
        return record.getMessage()
    if record.name == "django.request" and isinstance(record.args, tuple) and record.args:
        return str(record.args[0])  # "Not Found", with the address after it
    return str(record.msg) if record.args else "(text withheld)"


def places(error: BaseException | None) -> str:
    """Return the types and places of `error` and of what led to it."""
    parts: list[str] = []
    while error is not None and len(parts) < 10:
        parts.append(_place(error, error.__traceback__))
        error = error.__cause__ or error.__context__
    return "\nfollowing\n".join(parts)


def _place(error: BaseException, where: TracebackType | None) -> str:
    frames = "".join(traceback.format_list(traceback.extract_tb(where)))
    return f"{frames}{type(error).__module__}.{type(error).__qualname__} (text withheld)"
