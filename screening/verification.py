"""Walk the trail from its first event to its last and say where it was tampered with."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from screening import anchor
from screening.actions.trail import FIRST, seal_of
from screening.models import AuditEvent

BATCH = 2000
"""Events, or lines of the anchor, that are held at a time."""
NAMED = 50
"""Findings that are named; more are counted."""


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was written.

    Attributes:
        kind: `changed`, `gone`, `order`, `key`, `anchor_ahead`, `anchor_differs`, `anchor_unreadable` or
            `anchor_missing`.
        event: the number of the event it is about; None for the trail or the anchor altogether.
    """

    kind: str
    event: int | None
    what: str


@dataclass
class Verification:
    """What a walk found.

    Attributes:
        lines: lines of the anchor.
        anchored: the latest event that the anchor names.
    """

    anchor: str
    count: int = 0
    last: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    lines: int = 0
    anchored: int = 0
    finding_count: int = 0
    findings: list[Finding] = field(default_factory=list)

    def add(self, kind: str, event: int | None, what: str) -> None:
        self.finding_count += 1
        if len(self.findings) < NAMED:
            self.findings.append(Finding(kind, event, what))

    def as_json(self) -> dict[str, Any]:
        return {
            "events": self.count,
            "first_at": self.first_at.isoformat() if self.first_at else None,
            "last_at": self.last_at.isoformat() if self.last_at else None,
            "anchor": {"file": self.anchor, "lines": self.lines, "newest_event": self.anchored or None},
            "finding_count": self.finding_count,
            "findings": [vars(one) for one in self.findings],
        }


def verify(anchor_file: Path) -> Verification:
    """Return what is wrong with the trail, by itself and against the anchor; in bounded memory."""
    found = Verification(str(anchor_file))
    _walk(found)
    _compare(found, anchor_file)
    return found


def _walk(found: Verification) -> None:
    """Check that every event has its number, follows the one before, and bears the seal of what it says."""
    fitting = broken = 0
    previous = FIRST
    for number, event in _events():
        if number <= found.last:
            broken += 1
            found.add("order", number, "stands before the first event")
        elif number != found.last + 1:
            broken += 1
            found.add("gone", found.last + 1, _gone(found.last + 1, number - 1))
        elif event is not None and event.previous != previous:
            broken += 1
            found.add("order", number, "does not follow the event before it")
        if event is None:
            found.add("changed", number, "cannot be read")
        elif not hmac.compare_digest(seal_of(event).encode(), event.seal.encode()):
            found.add("changed", number, "its seal does not fit what it says")
        else:
            fitting += 1
        if event is not None:
            previous = event.seal
            found.first_at = found.first_at or event.at
            found.last_at = event.at
        found.count += 1
        found.last = number
    if found.count and not fitting and not broken:
        found.findings.clear()
        found.finding_count = 0
        found.add("key", None, "no seal fits: the key is another than the one the events were sealed with")


def _events() -> Iterator[tuple[int, AuditEvent | None]]:
    """Yield every event by number; None for one that cannot be read."""
    after = None
    while True:
        numbers = AuditEvent.objects.order_by("pk").values_list("pk", flat=True)
        batch = list((numbers.filter(pk__gt=after) if after is not None else numbers)[:BATCH])
        if not batch:
            return
        rows = AuditEvent.objects.filter(pk__gte=batch[0], pk__lte=batch[-1]).order_by("pk")
        try:
            yield from [(event.pk, event) for event in rows]
        except (ValueError, TypeError, AttributeError):
            yield from ((number, _event(number)) for number in batch)
        after = batch[-1]


def _event(number: int) -> AuditEvent | None:
    try:
        return AuditEvent.objects.filter(pk=number).first()
    except (ValueError, TypeError, AttributeError):
        return None


def _compare(found: Verification, anchor_file: Path) -> None:
    """Check that every event the anchor names is there, with the seal that it had."""
    try:
        lines = anchor.read(anchor_file)
        while batch := list(islice(lines, BATCH)):
            marks = [one for one in batch if isinstance(one, anchor.Mark)]
            found.lines += len(batch)
            for line in batch:
                if isinstance(line, int):
                    found.add("anchor_unreadable", None, f"line {line} of the anchor cannot be read")
            _compare_marks(found, marks)
    except FileNotFoundError:
        if found.count:
            found.add("anchor_missing", None, "there is no anchor: a cut end would not show")
        return
    if found.anchored > found.last and not AuditEvent.objects.filter(pk=found.anchored).exists():
        found.add("anchor_ahead", found.last + 1, _gone(found.last + 1, found.anchored))


def _compare_marks(found: Verification, marks: list[anchor.Mark]) -> None:
    numbers = {mark.number for mark in marks}
    seals = dict(AuditEvent.objects.filter(pk__in=numbers).values_list("pk", "seal"))
    for mark in marks:
        if seals.get(mark.number, mark.seal) != mark.seal:
            found.add("anchor_differs", mark.number, "is not the event that the anchor names")
    found.anchored = max([found.anchored, *numbers])


def _gone(first: int, last: int) -> str:
    return "is gone" if first == last else f"and all up to event {last} are gone"
