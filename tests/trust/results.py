"""A pytest plugin: `-p tests.trust.results --trust-results FILE` writes what became of each test, as JSON.

    {"tests": {"tests/…::test_…": {"outcome": "passed", "why": "", "figures": [{"promise": …}]}},
     "broken": ["tests/…"]}

With pytest-xdist the process that leads writes for all.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.figures import PROPERTY

OPTION = "--trust-results"
LONGEST = 300
"""Characters of a message that are kept."""
WORSE = ("passed", "skipped", "failed")


class Results:
    """What became of each test so far."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.tests: dict[str, dict[str, Any]] = {}
        self.broken: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        said = self.tests.setdefault(report.nodeid, {"outcome": "passed", "why": "", "figures": []})
        if WORSE.index(report.outcome) > WORSE.index(said["outcome"]):
            said |= {"outcome": report.outcome, "why": _why(report)}
        if report.when == "teardown":
            said["figures"] = [told for name, told in report.user_properties if name == PROPERTY]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.broken.append(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self.file.write_text(json.dumps({"tests": self.tests, "broken": self.broken}), encoding="utf-8")


def _why(report: pytest.TestReport) -> str:
    """Return the last thing that was said, in one line."""
    told = report.longrepr
    if isinstance(told, tuple):
        text = str(told[2])
    else:
        crash = getattr(told, "reprcrash", None)
        text = crash.message if crash is not None else str(told or "")
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(OPTION, metavar="FILE", help="write what became of each test to FILE, as JSON")


def pytest_configure(config: pytest.Config) -> None:
    file = config.getoption(OPTION)
    if file and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Results(Path(file)))
