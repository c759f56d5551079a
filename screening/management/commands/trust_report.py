"""python3 manage.py trust_report: does everything that is promised hold, in figures?"""

from __future__ import annotations

import importlib
import importlib.util
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError

from config.paths import ROOT, var_directory

NOT_HERE = "{what} not here: run it in a checkout of the project after  python3 manage.py setup"


class Command(BaseCommand):
    help = (
        "Run the tests of every promise and write a dated report with figures; exit 1 if one is not held. "
        "Nothing of this installation is read or changed: the tests make a database of their own."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--promise", action="append", metavar="T05", help="only this one; may be repeated"
        )
        parser.add_argument("--output", metavar="DIR", help="where the report goes; var/ of the installation")
        parser.add_argument(
            "--database",
            choices=["sqlite", "postgresql"],
            default="sqlite",
            help="postgresql: on the server that DATABASE_URL names, in databases made for the tests",
        )
        parser.add_argument(
            "--mutants", type=int, default=0, metavar="N", help="for T17: plant N defects in the rules, too"
        )
        parser.add_argument("--seed", type=int, default=1, help="which defects")

    def handle(
        self,
        *args: Any,
        promise: list[str] | None,
        output: str | None,
        database: str,
        mutants: int,
        seed: int,
        **options: Any,
    ) -> None:
        if importlib.util.find_spec("pytest") is None:
            raise CommandError(NOT_HERE.format(what="pytest is"))
        if not (ROOT / "tests" / "trust" / "promises.toml").is_file():
            raise CommandError(NOT_HERE.format(what="the tests are"))
        # By name: the program is checked, typed and started without its tests.
        report_of = importlib.import_module("tests.trust.report")
        there = report_of.promises()
        unknown = sorted(set(promise or []) - there.keys())
        if unknown:
            raise CommandError(f"there is no promise {unknown[0]}: name one of {', '.join(there)}")
        chosen = [one for number, one in there.items() if not promise or number in promise]
        if mutants and "T17" not in [one.number for one in chosen]:
            raise CommandError("--mutants belongs to T17: add --promise T17")
        directory = Path(output) if output else var_directory()
        try:
            report = report_of.report_on(
                chosen, postgresql=database == "postgresql", mutants=mutants, seed=seed
            )
            parts = [f"trust-report-{report.at:%Y-%m-%d}"]
            parts += [one.number for one in chosen] if promise else []
            parts += ["postgresql"] if database == "postgresql" else []
            files = report_of.write(report, directory, "-".join(parts))
        except report_of.CannotReport as problem:
            raise CommandError(str(problem)) from problem
        except OSError as problem:
            raise CommandError(
                f"cannot write {problem.filename} ({problem.strerror}): make room, or name another --output"
            ) from problem
        for one in report.promises:
            self.stdout.write(f"{one.number} {one.verdict}: {one.promise}")
            for problem_found in one.problems:
                self.stdout.write(f"    {problem_found}")
        self.stdout.write(f"Written: {files[0]} and {files[1].name}")
        if not report.held:
            raise SystemExit(1)
