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
HEAD = 30
"""Rows in which a header is looked for."""
_LONGEST_ROW, _LONGEST_NAME = 1 << 16, 200
"""In characters; what is longer is no row of readings and no name of a column."""
_CHUNK = 4096
"""Rows that are taken apart together."""
_BLOCK = 1 << 17
"""Characters that are."""
_SEPARATORS = "\t;,"


class Table:
    """The rows of a text, numbered from 1 as a spreadsheet does."""

    def __init__(self, text: str) -> None:
        if any("\n" not in text[at : at + _LONGEST_ROW] for at in range(0, len(text), _LONGEST_ROW)[:-1]):
            raise refused("Export the file again: it has a row that is too long for a list of readings")
        self._text = text
        self._separator = _separator(text)

    @cached_property
    def head(self) -> list[list[str]]:
        """The first rows, their cells without the quotes and marks that programs leave around them."""
        return [[clean(cell[:_LONGEST_NAME]) for cell in row] for row in islice(self.rows(), HEAD)]

    def rows(self) -> Iterator[list[str]]:
        """Yield the rows one by one.

        Raises:
            Problems: a row cannot be taken apart, or there are too many.
        """
        reader = csv.reader(
            io.StringIO(self._text, newline=""), delimiter=self._separator, skipinitialspace=True
        )
        number = 0
        try:
            for number, row in enumerate(reader, 1):
                if number > MAX_ROWS:
                    raise refused(f"Export a shorter time: a file may have {MAX_ROWS} rows")
                yield row
        except csv.Error:
            raise refused(
                f"Export the file again: after row {number} it cannot be taken apart into rows and columns"
            ) from None

    def columns(self, after: int, wanted: Sequence[int]) -> tuple[list[str], ...]:
        """Return the columns at the places `wanted` below the row number `after`; missing cells are empty.

        Raises:
            Problems: a row cannot be taken apart, or there are too many.
        """
        columns: tuple[list[str], ...] = tuple([] for _ in wanted)
        parts = self._split_columns if self._plain else self._parsed_columns
        for part in parts(after, wanted):
            for column, cells in zip(columns, part, strict=True):
                column += cells
            if len(columns[0]) > MAX_ROWS:
                raise refused(f"Export a shorter time: a file may have {MAX_ROWS} rows")
        return columns

    @cached_property
    def _plain(self) -> bool:
        """Whether separators alone part the cells: no quotes, no blanks to be skipped."""
        return '"' not in self._text and f"{self._separator} " not in self._text

    def _split_columns(self, after: int, wanted: Sequence[int]) -> Iterator[list[list[str]]]:
        # Most portals quote nothing. Cells of many rows at once, with a mark after each row, are taken apart
        # several times as quickly as row by row; the marks show whether all rows are of one length.
        for lines in self._blocks(after):
            width, rows = lines.partition("\n")[0].count(self._separator) + 1, lines.count("\n") + 1
            cells = lines.replace("\n", f"{self._separator}\n{self._separator}").split(self._separator)
            marks = cells[width :: width + 1]
            even = len(cells) == rows * (width + 1) - 1 and marks.count("\n") == rows - 1
            if even and max(wanted) < width:
                yield [cells[place :: width + 1] for place in wanted]
            else:
                yield _columns([line.split(self._separator) for line in lines.split("\n")], wanted)

    def _blocks(self, after: int) -> Iterator[str]:
        """Yield whole lines below the row number `after`, some thousand at a time."""
        text = self._text.removesuffix("\n")
        start = 0
        for _ in range(after):
            start = text.find("\n", start) + 1
            if start == 0:
                return
        while start < len(text):
            end = text.find("\n", start + _BLOCK)
            end = len(text) if end < 0 else end
            yield text[start:end]
            start = end + 1

    def _parsed_columns(self, after: int, wanted: Sequence[int]) -> Iterator[list[list[str]]]:
        rows = islice(self.rows(), after, None)
        while chunk := list(islice(rows, _CHUNK)):
            yield _columns(chunk, wanted)


def refuse_second(cells: Sequence[str], name: str, header: int) -> None:
    """Refuse a column in which its own name stands again: another report, maybe another person's.

    Raises:
        Problems: it does.
    """
    if name in cells:
        row = header + 1 + cells.index(name)
        raise refused(f"Export each person's readings apart: a second report starts in row {row}")


def _columns(rows: list[list[str]], wanted: Sequence[int]) -> list[list[str]]:
    """Return columns of rows; cells that a short row lacks are empty."""
    width = max(wanted) + 1
    filled = [row if len(row) >= width else row + [""] * (width - len(row)) for row in rows]
    return [[row[place] for row in filled] for place in wanted]


def clean(cell: str) -> str:
    """Return a cell of a header without marks, quotes and blanks around it."""
    return cell.replace("\ufeff", "").replace("ï»¿", "").strip(" \t\"'")


def _separator(text: str) -> str:
    """Return the separator that splits a line into most cells; of equals, the one seldom in a number."""
    lines = text[: HEAD * _LONGEST_NAME].split("\n")[:HEAD]
    return max(_SEPARATORS, key=lambda sign: max(line.count(sign) for line in lines))
