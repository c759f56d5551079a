"""python3 manage.py rescreen --as-of 2026-12-01: who stands elsewhere than at their latest pre-screen."""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.core.management import BaseCommand
from django.utils import timezone

from screening.actions.rescreening import rescreen
from screening.clinical.dates import read_date
from screening.content import installed_content
from screening.interop.changes import as_json, as_line
from screening.models import CandidacyChange, RescreeningRun
from screening.presentation.words import counted


class Command(BaseCommand):
    help = (
        "Evaluate everybody's latest pre-screen anew and list whose candidacy changed, with the reason: by "
        "reference, with no name, birth date or answer. Run nightly."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--as-of",
            metavar="DATE",
            type=_day,
            help="evaluate for this day, like 2026-12-01; left out, the day it is at each site",
        )
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        run = rescreen(installed_content(), as_of=options["as_of"], at=timezone.now())
        if options["format"] == "json":
            self._write_json(run)
            return
        for change in _changes(run):
            self.stdout.write(as_line(change))
        self.stdout.write(_summary(run))

    def _write_json(self, run: RescreeningRun) -> None:
        """Write one object, a change at a time."""
        head = {
            "as_of": run.as_of.isoformat() if run.as_of is not None else None,
            "people": run.people,
            "not_evaluated": run.not_evaluated,
        }
        self.stdout.write(json.dumps(head)[:-1] + ', "changes": [', ending="")
        mark = "\n  "
        for change in _changes(run):
            self.stdout.write(mark + json.dumps(as_json(change), ensure_ascii=False), ending="")
            mark = ",\n  "
        self.stdout.write("]}")


def _changes(run: RescreeningRun) -> Iterator[CandidacyChange]:
    rows = run.changes.select_related("screening__participant").defer(
        "screening__result", "screening__answers"
    )
    return rows.order_by("screening__participant__reference", "pk").iterator(chunk_size=500)


def _summary(run: RescreeningRun) -> str:
    said = f"{counted(run.people, 'person', 'people')} evaluated, {counted(run.changes.count(), 'change')}"
    if run.not_evaluated:
        said += f"; {run.not_evaluated} not evaluated: pre-screen them again, or install the missing key"
    return said


def _day(text: str) -> date:
    """Return the day that `text` names.

    Raises:
        ArgumentTypeError: it names none.
    """
    try:
        span = read_date(text)
    except ValueError:
        span = None
    if span is None or not span.exact:
        raise ArgumentTypeError("write the day in full, like 2026-12-01")
    return span.first
