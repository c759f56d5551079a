"""`python3 manage.py screen FILE|-`: answer for one person on the command line."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from screening.content import installed_content
from screening.interop.terminal import as_text
from screening.rules.answers import Problem, Problems
from screening.rules.explanation import explain
from screening.rules.reading import MAX_BYTES, read_answers, read_json


class Command(BaseCommand):
    help = "Answer for one person: which trials are likely, possible, not yet or unlikely, and why."
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", metavar="FILE", help="answers as JSON (docs/json.md), or - for standard input"
        )
        parser.add_argument(
            "--as-of", metavar="DATE", help="the day of the pre-screen, in place of the file's"
        )
        parser.add_argument(
            "--trial", metavar="ID", action="append", help="only this protocol; may be repeated"
        )
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            payload = read_json(_read(options["file"]))
            payload["as_of"] = options["as_of"] or payload.get("as_of") or timezone.localdate().isoformat()
            content = installed_content()
            result = explain(content, read_answers(content.catalogue, payload), options["trial"])
        except Problems as problems:
            for problem in problems.problems:
                self.stderr.write(str(problem))
            sys.exit(2)
        if options["format"] == "json":
            self.stdout.write(json.dumps(result, ensure_ascii=False, indent=2))
        else:
            self.stdout.write(as_text(result))


def _read(name: str) -> bytes:
    """Return what FILE holds, as far as it may be read.

    Raises:
        Problems: there is no such file, or it cannot be read.
    """
    try:
        if name == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1)
        with Path(name).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise Problems(
            [Problem("file", f"Name a file that can be read, like person.json: {reason}")]
        ) from None
