"""The anchor: lines outside the database that say how far the trail went, and by which seal.

Whoever holds the database can empty the trail or cut its end, and what is left still fits together. The
anchor shows it, the more so where its lines are copied to another machine.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

logger = logging.getLogger(__name__)

SYNC_EVERY = 1.0
"""Seconds within which one process forces its lines to the disk once: forcing each would double a write."""

_LINE = re.compile(r"(?P<at>[0-9T:.+-]{20,40}) (?P<number>[0-9]{1,18}) (?P<seal>[0-9a-f]{64})", re.ASCII)
_LONGEST = 200


@dataclass(frozen=True)
class Mark:
    """One line: the event of this number had this seal."""

    at: datetime
    number: int
    seal: str

    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC).isoformat(timespec='microseconds')} {self.number} {self.seal}"


class _Clock(threading.local):
    """When this thread last forced lines to the disk."""

    synced = float("-inf")


_clock = _Clock()


def append(mark: Mark, *, durably: bool = False) -> None:
    """Write `mark` at the end of the anchor, in one write, so that lines of several processes never mix.

    Args:
        durably: force it to the disk in any case; else once within SYNC_EVERY.

    Raises:
        OSError: it cannot be written.
    """
    path = Path(settings.AUDIT_ANCHOR)
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        os.write(file, f"{mark}\n".encode("ascii"))
        now = time.monotonic()
        if durably or now - _clock.synced >= SYNC_EVERY:
            os.fsync(file)
            _clock.synced = now
    finally:
        os.close(file)


def keep_up(mark: Mark) -> None:
    """Write `mark` after its event is committed; where that fails, say so in the log and go on.

    The deed is done by then: to answer with an error would say that it is not.
    """
    try:
        append(mark)
    except OSError as problem:
        logger.error("audit anchor not written", extra={"event": mark.number, "errno": problem.errno})


def read(path: Path) -> Iterator[Mark | int]:
    """Yield every line of `path` in turn: its mark, or the number of a line that is none.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open(encoding="ascii", errors="replace", newline="\n") as lines:
        number = 0
        while line := lines.readline(_LONGEST):
            number += 1
            yield _mark(line) or number


def _mark(line: str) -> Mark | None:
    parts = _LINE.fullmatch(line.removesuffix("\n"))
    if parts is None:
        return None
    try:
        at = datetime.fromisoformat(parts["at"])
    except ValueError:
        return None
    return Mark(at, int(parts["number"]), parts["seal"]) if at.tzinfo is not None else None
