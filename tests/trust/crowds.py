"""Many at once, on real transactions: each in its own thread, on its own connection."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from django.db import connection, connections

Answer = TypeVar("Answer")


@contextmanager
def real_database(directory: Path) -> Iterator[None]:
    """Have every thread started from here on meet a database with real transactions.

    On PostgreSQL that is the tests' own. On SQLite it is a copy in a file: the tests' own lies in memory,
    where all connections share one cache and no writer waits for another.
    """
    if connection.vendor != "sqlite":
        yield
        return
    file = directory / "real.sqlite3"
    connection.ensure_connection()
    with closing(sqlite3.connect(file)) as copy:
        connection.connection.backup(copy)
    described = connections.settings["default"]
    before = described["NAME"]
    described["NAME"] = str(file)
    try:
        yield
    finally:
        described["NAME"] = before


def apart(deed: Callable[[], Answer]) -> Answer:
    """Return what `deed` returns, done in a thread of its own."""
    return at_once([deed])[0]


def at_once(deeds: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """Return what each of `deeds` returns, all begun at the same moment, each on its own connection."""
    gate = threading.Barrier(len(deeds))

    def run(deed: Callable[[], Answer]) -> Answer:
        try:
            connection.ensure_connection()
            gate.wait(timeout=60)
            return deed()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(deeds)) as pool:
        return [waiting.result(timeout=120) for waiting in [pool.submit(run, deed) for deed in deeds]]


def outcome_of(deed: Callable[[], Any]) -> Callable[[], str]:
    """Return `deed` telling how it ended: "done", or the name of what it raised."""

    def told() -> str:
        try:
            deed()
        except Exception as raised:
            return type(raised).__name__
        return "done"

    return told
