"""Log lines: time, level, logger, event, and the ids given as `extra`."""

from __future__ import annotations

import logging
import traceback
from types import TracebackType
from typing import Any

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_IDS = (str, int)


class PlainFormatter(logging.Formatter):
    """One line per event; an exception is told by type and place.

    The text of an exception may quote a patient's value, so it is shown only with `show_exception_text`.
    """

    def __init__(self, *, show_exception_text: bool = False) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self.show_exception_text = show_exception_text

    def formatMessage(self, record: logging.LogRecord) -> str:
        ids = {
            name: value
            for name, value in vars(record).items()
            if name not in _STANDARD and isinstance(value, _IDS)
        }
        return " ".join([super().formatMessage(record), *(f"{name}={value}" for name, value in ids.items())])

    def formatException(self, exc_info: Any) -> str:
        if self.show_exception_text:
            return super().formatException(exc_info)
        error: BaseException | None = exc_info[1]
        parts: list[str] = []
        while error is not None and len(parts) < 10:
            parts.append(_place(error, error.__traceback__))
            error = error.__cause__ or error.__context__
        return "\nfollowing\n".join(parts)


def _place(error: BaseException, where: TracebackType | None) -> str:
    frames = "".join(traceback.format_list(traceback.extract_tb(where)))
    return f"{frames}{type(error).__module__}.{type(error).__qualname__} (text withheld)"
