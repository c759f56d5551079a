"""A CSV file as columns: any separator, bounded rows, short rows filled up."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice

from screening.interop.cgm.text import refused

MAX_ROWS = 600_000
"""More than five years of readings every five minutes."""
HEAD = 60
"""Rows in which a header is looked for."""
_CHUNK = 4096
_SEPARATORS = "\t;,"


class Table:
    """The rows of a text, numbered from 1 as a spreadsheet does."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._separator = _separator(text)

    @property
    def decimal_comma(self) -> bool:
        """Whether a comma is free to stand in a number."""
        return self._separator != ","

    @cached_property
    def head(self) -> list[list[str]]:
        """The first rows, their cells without the quotes and marks that programs leave around them."""
        return [[clean(cell) for cell in row] for row in islice(self.rows(), HEAD)]

    def rows(self) -> Iterator[list[str]]:
        """Yield the rows one by one.

        Raises:
            Problems: a row cannot be taken apart, or there are too many.
        """
        for chunk in self._chunks():
            yield from chunk

    def columns(self, after: int, wanted: Sequence[int]) -> tuple[list[str], ...]:
        """Return the columns at the places `wanted` below the row number `after`; missing cells are empty.

        Raises:
            Problems: a row cannot be taken apart, or there are too many.
        """
        columns: tuple[list[str], ...] = tuple([] for _ in wanted)
        for chunk in self._chunks(after):
            try:
                cells = [[row[place] for row in chunk] for place in wanted]
            except IndexError:
                filled = [row + [""] * (max(wanted) + 1 - len(row)) for row in chunk]
                cells = [[row[place] for row in filled] for place in wanted]
            for column, part in zip(columns, cells, strict=True):
                column += part
        return columns

    def _chunks(self, after: int = 0) -> Iterator[list[list[str]]]:
        reader = csv.reader(io.StringIO(self._text, newline=""), delimiter=self._separator)
        read = 0
        try:
            read += len(list(islice(reader, after)))
            while chunk := list(islice(reader, _CHUNK)):
                read += len(chunk)
                if read > MAX_ROWS:
                    raise refused(f"Export a shorter time: a file may have {MAX_ROWS} rows")
                yield chunk
        except csv.Error:
            raise refused(
                f"Export the file again: after row {read} it cannot be taken apart into rows and columns"
            ) from None


def clean(cell: str) -> str:
    """Return a cell of a header without marks, quotes and blanks around it."""
    return cell.replace("\ufeff", "").replace("ï»¿", "").strip(" \t\"'")


def _separator(text: str) -> str:
    """Return the separator that splits a line into most cells; of equals, the one seldom in a number."""
    lines = list(islice(io.StringIO(text), HEAD))
    return max(_SEPARATORS, key=lambda sign: max(line.count(sign) for line in lines))
