"""The optional parts that tests use, and what is skipped where one is missing."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from config.paths import AXE
from screening.interop.pdf import can_draw

CHROMIUM_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True)
class Part:
    """One optional part: how to see that it is there, how to get it, which tests need it."""

    name: str
    tests: str
    remedy: str
    present: Callable[[], bool]


def installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def chromium() -> str | None:
    """Return the path of the system's Chromium; ISLETSCREEN_CHROMIUM names another."""
    named = os.environ.get("ISLETSCREEN_CHROMIUM", "").strip()
    if named:
        return shutil.which(named)
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


DUCKDB = Part(
    "duckdb",
    "registry runs and the agreement of rules with DuckDB",
    ".venv/bin/python -m pip install --require-hashes -r requirements-registry.txt",
    lambda: installed("duckdb"),
)
PSYCOPG = Part(
    "psycopg",
    "the tests on PostgreSQL",
    ".venv/bin/python -m pip install --require-hashes -r requirements-postgresql.txt",
    lambda: installed("psycopg"),
)
PLAYWRIGHT = Part(
    "pytest-playwright",
    "browser tests",
    ".venv/bin/python -m pip install --require-hashes -r requirements-dev.txt",
    lambda: installed("pytest_playwright"),
)
CHROMIUM = Part("Chromium", "browser tests", "apt install chromium", lambda: chromium() is not None)
AXE_CORE = Part("axe-core", "accessibility tests", "npm ci --ignore-scripts", AXE.exists)
WEASYPRINT = Part(
    "WeasyPrint",
    "the PDF of a result",
    "apt install libpango-1.0-0 libpangoft2-1.0-0 and "
    ".venv/bin/python -m pip install --require-hashes -r requirements-pdf.txt",
    can_draw,
)
PARTS = (DUCKDB, PSYCOPG, PLAYWRIGHT, CHROMIUM, AXE_CORE, WEASYPRINT)


def missing() -> list[Part]:
    """Return the parts that are not on this machine."""
    return [part for part in PARTS if not part.present()]
