"""`python3 manage.py verify_scores FILE`: do this installation's scores give what a table says they give?"""

from __future__ import annotations

import hashlib
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.paths import var_directory
from screening.content import installed_content
from screening.interop.vectors import MAX_BYTES, Checked, NotVectors, check, read_vectors
from screening.rules.screening import ENGINE

NOTE = """\
Every example was run through the functions that this installation answers with. A provisional example rests
on a step of a formula that could not be confirmed: no criterion is decided by it."""


class Command(BaseCommand):
    help = (
        "Run a table of worked examples through this installation's scores; name each that comes out "
        "otherwise, and write a dated report. Exit 1 if any does."
    )
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", type=Path, metavar="FILE", help="worked examples as JSON (docs/scores.md)"
        )
        parser.add_argument(
            "--output", type=Path, metavar="DIR", help="where the report goes; var/ of the installation"
        )

    def handle(self, *args: Any, file: Path, output: Path | None, **options: Any) -> None:
        try:
            with file.open("rb") as table:
                raw = table.read(MAX_BYTES + 1)
            examples = read_vectors(raw)
        except OSError as problem:
            self._refuse(f"{file}: {problem.strerror}; name a file with worked examples")
        except NotVectors as problem:
            self._refuse(f"{file}: {problem}")
        content = installed_content()
        checked = check(examples, content.catalogue)
        for one in checked:
            for difference in one.differences:
                self.stdout.write(f"{one.example.id}: {difference}")
        closing = _closing(checked)
        self.stdout.write(closing)
        about = {
            "Table": f"{file.name}, SHA-256 {hashlib.sha256(raw).hexdigest()}",
            "Engine": ENGINE,
            "Fact catalogue": f"SHA-256 {content.catalogue.sha256}",
        }
        self.stdout.write(f"Written: {_write(checked, about, closing, output or var_directory())}")
        if any(one.differences for one in checked):
            sys.exit(1)

    def _refuse(self, why: str) -> None:
        self.stderr.write(why)
        sys.exit(2)


def _closing(checked: Sequence[Checked]) -> str:
    reproduced = sum(not one.differences for one in checked)
    provisional = sum(one.example.provisional for one in checked)
    return f"{reproduced} of {len(checked)} examples reproduced, {provisional} of them provisional"


def _write(checked: Sequence[Checked], about: dict[str, str], closing: str, directory: Path) -> Path:
    day = timezone.localdate()
    path = directory / f"verify-scores-{day.isoformat()}.md"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(_report(checked, about, closing, day)) + "\n", encoding="utf-8")
    except OSError as problem:
        raise CommandError(
            f"cannot write {path} ({problem.strerror}): make room, or name another --output"
        ) from problem
    return path


def _report(checked: Sequence[Checked], about: dict[str, str], closing: str, day: date) -> Iterator[str]:
    yield f"# Scores, verified on {day.isoformat()}"
    yield ""
    yield f"{closing}."
    yield ""
    for name, value in about.items():
        yield f"- {name}: {value}"
    yield ""
    yield NOTE
    yield ""
    yield "| score | examples | reproduced | provisional |"
    yield "|---|---|---|---|"
    examples = Counter(one.example.score for one in checked)
    reproduced = Counter(one.example.score for one in checked if not one.differences)
    provisional = Counter(one.example.score for one in checked if one.example.provisional)
    for score, count in examples.items():
        yield f"| {score} | {count} | {reproduced[score]} | {provisional[score]} |"
    different = [one for one in checked if one.differences]
    if different:
        yield ""
        yield "## What came out otherwise"
        yield ""
        for one in different:
            yield f"- {one.example.id}: {'; '.join(one.differences)}"
