"""The engines that answer a rule: one-person evaluation, SQLite and DuckDB."""

from __future__ import annotations

import math
import re
import sqlite3
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import pytest

from screening.clinical.dates import Duration
from screening.rules.answers import Answers
from screening.rules.conditions import Compiler
from screening.rules.facts import Catalogue
from screening.rules.language import Condition
from screening.rules.reader import Reader
from screening.rules.sql import columns, row
from screening.rules.truth import Truth

Truths = list[list[Truth]]
"""For each person, the truth of each condition."""


def evaluated(
    catalogue: Catalogue, rules: Sequence[tuple[Condition, Duration | None]], people: Iterable[Answers]
) -> Truths:
    """Return what the evaluation of one person after another gives."""
    reader = Reader(catalogue)
    compiler = Compiler(reader, {})
    tests = [compiler.test(tree, within) for tree, within in rules]
    return [[test(known) for test in tests] for known in map(reader.known, people)]


AT_ONCE = 50
"""How many rows are inserted by one statement."""


class Table:
    """A staging table with these people."""

    def __init__(self, catalogue: Catalogue, people: Iterable[Answers]) -> None:
        self.columns = dict(columns(catalogue))
        self.rows = [row(catalogue, answers) for answers in people]

    def in_sqlite(self, conditions: Sequence[str], computed: Sequence[tuple[str, str]] = ()) -> Truths:
        """Return what SQLite answers, with `computed` columns added to the table."""
        connection = sqlite()
        self._fill(connection, [*conditions, *(sql for _, sql in computed)])
        added = "".join(f", {sql} AS {name}" for name, sql in computed)
        found = connection.execute(_select(conditions, f"(SELECT *{added} FROM people) AS people")).fetchall()
        connection.close()
        return _truths(found)

    def in_duckdb(self, conditions: Sequence[str]) -> Truths:
        """Return what DuckDB answers."""
        connection = duckdb().cursor()
        connection.execute("DROP TABLE IF EXISTS people")
        self._fill(connection, conditions)
        answers = [connection.execute(_select([condition])).fetchall() for condition in conditions]
        return _truths([[cells[0] for cells in one] for one in zip(*answers, strict=True)])

    def _fill(self, connection: Any, conditions: Sequence[str]) -> None:
        """Make the table, with the columns that the conditions read."""
        words = {word for condition in conditions for word in re.findall(r"[A-Za-z_0-9]+", condition)}
        read = [name for name in self.columns if name in words]
        defined = ", ".join(["person INTEGER", *(f"{name} {self.columns[name]}" for name in read)])
        connection.execute(f"CREATE TABLE people ({defined})")
        marks = f"({', '.join('?' * (len(read) + 1))})"
        for place in range(0, len(self.rows), AT_ONCE):
            rows = list(enumerate(self.rows))[place : place + AT_ONCE]
            cells = [cell for person, known in rows for cell in (person, *(known[name] for name in read))]
            connection.execute(f"INSERT INTO people VALUES {', '.join([marks] * len(rows))}", cells)


def _select(conditions: Sequence[str], source: str = "people") -> str:
    asked = ", ".join(f"{condition} AS c{place}" for place, condition in enumerate(conditions))
    return f"SELECT {asked} FROM {source} ORDER BY person"


def sqlite() -> sqlite3.Connection:
    """Return a connection to SQLite, given the functions it may have been built without."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("SELECT FLOOR(1.5), POWER(2.0, 0.5)")
    except sqlite3.OperationalError:
        connection.create_function("FLOOR", 1, lambda x: None if x is None else float(math.floor(x)))
        connection.create_function("POWER", 2, lambda x, y: None if None in (x, y) else math.pow(x, y))
    return connection


@cache
def duckdb() -> Any:
    """Return a connection to DuckDB; skips the test where it is not installed."""
    library = pytest.importorskip(
        "duckdb", reason="duckdb is not installed: pip install -r requirements-registry.txt"
    )
    return library.connect(":memory:", config={"threads": 1})


def _truths(rows: Iterable[Sequence[int | None]]) -> Truths:
    found = {1: Truth.TRUE, 0: Truth.FALSE, None: Truth.UNKNOWN}
    return [[found[cell] for cell in cells] for cells in rows]
