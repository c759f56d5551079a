"""What the reader of one kind of file hands over: columns, and the rows it put aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from operator import not_
from typing import NamedTuple

from screening.clinical.cgm.units import Unit
from screening.interop.cgm.report import Tally
from screening.interop.cgm.values import Cell

BLANK = "Blank rows"
ABOUT = "Rows about the person or the device"
OTHER = "Rows of another kind"
SCANS = "Scans and fingersticks, which are no continuous readings"
NO_ENTRY = "Entries of another kind"


class Strip(NamedTuple):
    """A fingerstick as the file has it; `instant` is None where `time` is still to be read."""

    cell: Cell
    unit: Unit | None
    time: str = ""
    instant: int | None = None
    person: str = ""


@dataclass
class Found:
    """The readings of a file, not yet understood. All sequences are of equal length.

    Attributes:
        format: the kind of file, for people.
        rows: the number of each reading's row, or entry.
        cells: glucose as it stands there.
        times: local or aware times as they stand there; empty where `instants` are known.
        instants, ahead: UTC seconds, and how many seconds the person's clock was ahead, None if unsaid.
        unit: the unit that the file states; None if it does not.
        devices, people: a sign for the device and the person of each reading; empty if there is none.
        strips: fingersticks, in the order of the file; they stay apart from the readings, and put aside.
        tally: rows put aside.
        notes: what a reader should check.
    """

    format: str
    rows: Sequence[int]
    cells: Sequence[Cell]
    times: Sequence[str] = ()
    instants: Sequence[int | None] = ()
    ahead: Sequence[int | None] = ()
    unit: Unit | None = None
    devices: Sequence[str] = ()
    people: Sequence[str] = ()
    strips: Sequence[Strip] = ()
    tally: Tally = field(default_factory=Tally)
    notes: list[str] = field(default_factory=list)

    def without_blank_rows(self) -> Found:
        """Put rows aside that have neither time nor value: a spreadsheet program adds them."""
        if "" not in self.times:
            return self
        kept = [
            bool(time.strip() or str(cell).strip()) for time, cell in zip(self.times, self.cells, strict=True)
        ]
        self.tally.put_all_aside(BLANK, compress(self.rows, map(not_, kept)))
        return self.only(kept)

    def only(self, kept: Sequence[bool | int]) -> Found:
        """Return the readings for which `kept` holds something true."""

        def part(column: Sequence) -> list:
            return list(compress(column, kept))

        return replace(
            self,
            rows=part(self.rows),
            cells=part(self.cells),
            times=part(self.times),
            instants=part(self.instants),
            ahead=part(self.ahead),
            devices=part(self.devices),
            people=part(self.people),
        )
