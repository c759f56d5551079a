"""One measured cost, against its limit."""

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
