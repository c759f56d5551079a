"""The trust report: what became of the tests of each promise, in figures.

`python3 manage.py trust_report` writes it. `judged` and what follows are plain functions of the results.
"""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from config.bootstrap import TEST_DATABASE, everything
from tests.trust.mutants import Measured, measure
from tests.trust.named import ROOT, is_within
from tests.trust.promises import Promise, promises
from tests.trust.results import OPTION

__all__ = ["CannotReport", "promises", "report_on", "write"]

HELD, FAILED, NOT_SHOWN = "held", "failed", "not shown"
ENOUGH_FOUND = 0.95
"""Of the defects planted in the rules, the share that tests must find."""
RUN = "import sys; from config.bootstrap import run_tests; sys.exit(run_tests(sys.argv[1:]))"
NOTE = """\
This report says what the project's own tests showed on one machine on one day. The tests are technical
controls that support a clinic's own assessment of security and safety. They certify nothing, and make no
statement about the conformity of an installation with any law or standard: that also takes procedures,
training and contracts."""


class CannotReport(Exception):
    """The tests could not be run; the text says in one line what to do."""


@dataclass(frozen=True)
class Judged:
    """One promise and what its tests showed.

    Attributes:
        run: how many tests passed, failed and were skipped.
        figures: what was counted, each with its counts added up.
        problems: why it is not held, each in one line.
        skipped: reasons for which tests were skipped.
        not_run: the names of tests none of which ran.
    """

    number: str
    promise: str
    passes: str
    verdict: str
    passed: int
    failed: int
    skipped: int
    figures: dict[str, dict[str, int]]
    problems: list[str]
    skipped_because: list[str]
    not_run: list[str]
    by_hand: str


@dataclass(frozen=True)
class Report:
    """All of it, with where and when it was found."""

    at: datetime
    seconds: float
    version: str
    python: str
    database: str
    promises: list[Judged]
    survivors: list[str] = field(default_factory=list)
    """Defects planted in the rules that no test found, and that nobody has explained."""

    @property
    def held(self) -> bool:
        return bool(self.promises) and all(one.verdict == HELD for one in self.promises)


def judged(promise: Promise, results: Mapping[str, Any]) -> Judged:
    """Return what `results`, as tests/trust/results.py writes them, say of `promise`."""
    tests = {
        name: said
        for name, said in sorted(results["tests"].items())
        if any(is_within(name, named) for named in promise.tests)
    }
    figures = _figures(promise.number, results["tests"].values())
    outcomes = [said["outcome"] for said in tests.values()]
    broken = [name for name in results["broken"] if any(is_within(test, name) for test in promise.tests)]
    problems = [f"{name} could not be read" for name in broken]
    problems += [f"{name}: {said['why']}" for name, said in tests.items() if said["outcome"] == "failed"]
    problems += _wrong_counts(promise, figures)
    shown = "passed" in outcomes
    if not shown and not problems:
        problems = ["no test ran"]
    return Judged(
        number=promise.number,
        promise=promise.promise,
        passes=promise.passes,
        verdict=HELD if not problems else NOT_SHOWN if problems == ["no test ran"] else FAILED,
        passed=outcomes.count("passed"),
        failed=outcomes.count("failed"),
        skipped=outcomes.count("skipped"),
        figures=figures,
        problems=problems,
        skipped_because=sorted({said["why"] for said in tests.values() if said["outcome"] == "skipped"}),
        not_run=[named for named in promise.tests if not any(is_within(name, named) for name in tests)],
        by_hand=promise.by_hand,
    )


def _figures(number: str, tests: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Return the figures of one promise by name, the counts of all tests added up."""
    found: dict[str, dict[str, int]] = {}
    for said in tests:
        for figure in said["figures"]:
            if figure["promise"] == number:
                sums = found.setdefault(figure["what"], {})
                for count, value in figure["counts"].items():
                    sums[count] = sums.get(count, 0) + value
    return dict(sorted(found.items()))


def _wrong_counts(promise: Promise, figures: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return the counts that are not 0 and must be, and the figures for which nothing was counted."""
    wrong = []
    for what, counts in figures.items():
        for count, value in counts.items():
            if count in promise.zero and value:
                wrong.append(f"{what}: {value} {_said(count)}, which must be 0")
        if not any(value for count, value in counts.items() if count not in promise.zero):
            wrong += [f"{what}: nothing was counted"] if counts.keys() - promise.zero else []
    return wrong


def with_mutants(one: Judged, measured: Measured) -> Judged:
    """Return T17 with the defects that were planted in the rules."""
    counts = {
        "planted": measured.planted,
        "found": measured.found,
        "change_nothing": measured.equivalent,
        "not_found": len(measured.survivors),
    }
    problems = list(one.problems)
    if measured.share < ENOUGH_FOUND:
        problems.append(f"of the planted defects {100 * measured.share:.0f} % were found, 95 % must be")
    said = asdict(one) | {"figures": one.figures | {"defects planted in the rules": counts}}
    return Judged(**said | {"problems": problems, "verdict": FAILED if problems else one.verdict})


def markdown(report: Report) -> str:
    """Return the report as a page."""
    wrong = [one.number for one in report.promises if one.verdict != HELD]
    lines = [
        f"# Trust report, {report.at:%Y-%m-%d}",
        "",
        f"{report.version}, Python {report.python}, {report.database}, {report.at:%H:%M} UTC,"
        f" {report.seconds:.0f} s.",
        "",
        f"**{len(report.promises) - len(wrong)} of {len(report.promises)} promises held.**"
        + (f" Not held: {', '.join(wrong)}." if wrong else ""),
        "",
        *NOTE.splitlines(),
        "",
        "| no | verdict | passed | failed | skipped | figures |",
        "|---|---|---|---|---|---|",
    ]
    for one in report.promises:
        figures = "; ".join(_figure(what, counts) for what, counts in one.figures.items()) or "its tests"
        cells = (one.number, one.verdict, one.passed, one.failed, one.skipped, _cell(figures))
        lines.append(f"| {' | '.join(map(str, cells))} |")
    for one in report.promises:
        lines += ["", f"## {one.number}: {one.verdict}", "", one.promise, "", f"- Passes with: {one.passes}."]
        lines.append(f"- Tests: {one.passed} passed, {one.failed} failed, {one.skipped} skipped.")
        lines += [f"- {_figure(what, counts)}" for what, counts in one.figures.items()]
        lines += [f"- **{_cell(problem)}**" for problem in one.problems]
        lines += [f"- Skipped: {_cell(why)}" for why in one.skipped_because]
        lines += [f"- Not run: `{name}`" for name in one.not_run]
        lines += [f"- Looks further: `{one.by_hand}`"] if one.by_hand else []
    if report.survivors:
        lines += ["", "## Planted defects that no test found", ""]
        lines += [f"- `{place}`" for place in report.survivors]
    return "\n".join([*lines, ""])


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as plain data."""
    return asdict(report) | {"at": report.at.isoformat(timespec="seconds"), "held": report.held, "note": NOTE}


def _figure(what: str, counts: Mapping[str, int]) -> str:
    return f"{what}: {', '.join(f'{value:,} {_said(count)}' for count, value in counts.items())}"


def _said(count: str) -> str:
    return count.replace("_", " ")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def report_on(
    chosen: Iterable[Promise], *, postgresql: bool = False, mutants: int = 0, seed: int = 1
) -> Report:
    """Run the tests of the promises and judge them.

    Args:
        postgresql: on the server that DATABASE_URL names, in a database of the tests' own; else on SQLite.
        mutants: how many defects to plant in the rules, for T17.
        seed: which ones.

    Raises:
        CannotReport: the tests could not be started.
    """
    chosen = list(chosen)
    database = _postgresql() if postgresql else f"SQLite {sqlite3.sqlite_version}"
    at, began = datetime.now(UTC), time.monotonic()
    results = run_tests(dict.fromkeys(test for one in chosen for test in one.tests), postgresql=postgresql)
    found = [judged(promise, results) for promise in chosen]
    survivors: list[str] = []
    if mutants:
        try:
            measured = measure(mutants, seed)
        except RuntimeError as problem:
            raise CannotReport(str(problem)) from problem
        survivors = [mutant.place for mutant in measured.survivors]
        found = [with_mutants(one, measured) if one.number == "T17" else one for one in found]
    return Report(
        at=at,
        seconds=time.monotonic() - began,
        version=version(),
        python=platform.python_version(),
        database=database,
        promises=found,
        survivors=survivors,
    )


def run_tests(names: Iterable[str], *, postgresql: bool) -> dict[str, Any]:
    """Run the tests in a process of their own, which no setting of this installation reaches.

    Raises:
        CannotReport: they could not be started.
    """
    names = [name for name in names if not (postgresql and _runs_once(name))]
    database = ["--database", "postgresql"] if postgresql else []
    with tempfile.TemporaryDirectory(prefix="isletscreen-trust-") as directory:
        file = Path(directory) / "results.json"
        command = [sys.executable, "-c", RUN, *database, *everything(), "-p", "tests.trust.results"]
        environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        environ["TRUST_THOROUGH"] = "1"
        if names:
            subprocess.run([*command, OPTION, str(file), *names], cwd=ROOT, env=environ)
            if not file.exists():
                raise CannotReport("the tests could not be started: what they said stands above")
            return json.loads(file.read_text(encoding="utf-8"))
    return {"tests": {}, "broken": []}


def _runs_once(name: str) -> bool:
    """Return whether the test runs on SQLite alone, as no database could change what it finds."""
    from tests.conftest import runs_once

    return runs_once(name.partition("::")[0].removeprefix("tests/"))


def write(report: Report, directory: Path, name: str) -> list[Path]:
    """Write the report as a page and as JSON; return both files.

    Raises:
        OSError: the directory cannot be made or written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    page, data = directory / f"{name}.md", directory / f"{name}.json"
    page.write_text(markdown(report), encoding="utf-8")
    data.write_text(json.dumps(as_json(report), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return [page, data]


def version() -> str:
    """Return the version of the project, with the commit where it is a checkout."""
    said = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    commit = _git("rev-parse", "--short", "HEAD")
    if not commit:
        return f"Isletscreen {said}"
    changed = ", with changes that are not committed" if _git("status", "--porcelain") else ""
    return f"Isletscreen {said}, commit {commit}{changed}"


def _git(*arguments: str) -> str:
    """Return what git says; nothing where there is no git, or no checkout."""
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _postgresql() -> str:
    """Return the version of the server that DATABASE_URL names.

    Raises:
        CannotReport: none is named, psycopg is missing, or the server does not answer.
    """
    address = os.environ.get("DATABASE_URL", "").strip()
    if not address or importlib.util.find_spec("psycopg") is None:
        raise CannotReport(TEST_DATABASE)
    import psycopg

    try:
        with psycopg.connect(address, connect_timeout=5) as server:
            number = server.info.server_version
    except psycopg.Error:
        raise CannotReport(
            "the server that DATABASE_URL names does not answer: start it, or name another"
        ) from None
    return f"PostgreSQL {number // 10000}.{number % 10000}"
