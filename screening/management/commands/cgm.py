"""`python3 manage.py cgm FILE|-`: the metrics of a file with sensor glucose on the command line."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from screening.interop.cgm import CgmFile, Unsettled, read_cgm
from screening.interop.cgm.questions import DATE_ORDERS
from screening.interop.cgm.summary import summary
from screening.interop.cgm.terminal import as_text, question_as_text
from screening.rules.answers import Problem, Problems


class Command(BaseCommand):
    help = "Read the export of a glucose sensor and print its metrics, and what became of every row."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="an export (docs/cgm.md), or - for standard input")
        parser.add_argument("--zone", help="the person's time zone, like Europe/London")
        parser.add_argument("--unit", choices=("mg/dL", "mmol/L"), help="for a file that does not say")
        parser.add_argument(
            "--date-order", choices=tuple(DATE_ORDERS), help="for a file that does not prove it"
        )
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        answers = {name: options[name] for name in ("zone", "unit", "date_order")}
        try:
            file = _read(options["file"], answers)
        except Unsettled as unsettled:
            for question in unsettled.questions:
                self.stderr.write(question_as_text(question))
            sys.exit(2)
        except Problems as problems:
            for problem in problems.problems:
                self.stderr.write(str(problem))
            sys.exit(2)
        if options["format"] == "json":
            self.stdout.write(json.dumps(summary(file), ensure_ascii=False, indent=2))
        else:
            self.stdout.write(as_text(file))


def _read(name: str, answers: dict[str, str | None]) -> CgmFile:
    """Return what FILE holds.

    Raises:
        Unsettled: something is left open.
        Problems: there is no such file, or it cannot be used.
    """
    try:
        if name == "-":
            return read_cgm(sys.stdin.buffer, **answers)
        with Path(name).open("rb") as file:
            return read_cgm(file, **answers)
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise Problems(
            [Problem("file", f"Name a file that can be read, like export.csv: {reason}")]
        ) from None
