"""Log lines carry events and ids; an exception's text, which may quote a patient's value, is withheld."""

from __future__ import annotations

import logging

from config.logs import PlainFormatter

CANARY = "Jane Canary, HbA1c 7.77"


def line(formatter: PlainFormatter, error: BaseException | None = None, **ids: object) -> str:
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
