"""One measured cost, against its limit."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured cost; without a limit it is only told."""

    what: str
    value: float
    unit: str
    limit: float | None = None

    @property
    def kept(self) -> bool:
        return self.limit is None or self.value < self.limit

    def __str__(self) -> str:
        limit = "" if self.limit is None else f"< {self.limit:g}"
        verdict = "" if self.limit is None else "pass" if self.kept else "FAIL"
        return f"{self.what:<58}{self.value:>9.2f} {self.unit:<6}{limit:>8}  {verdict}".rstrip()


def printed(figures: Iterable[Figure]) -> int:
    """Print each figure as it is measured; return the exit status, 1 if a limit is not kept."""
    kept = True
    for figure in figures:
        print(figure, flush=True)
        kept &= figure.kept
    return 0 if kept else 1
