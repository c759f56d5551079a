"""What every test shares: quick passwords, an empty cache and database, a CI in which nothing is skipped."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import TransactionTestCase
from hypothesis import settings as hypothesis_settings

from tests.figures import Figure, recorder

TESTS = Path(__file__).parent
DEVICE_FILES = TESTS.parents[1] / "shared" / "data"
"""Third-party files, beside the checkout or nowhere; SOURCES.md there names their licences."""

# A slow machine is no counterexample.
hypothesis_settings.register_profile("steady", deadline=None, print_blob=True)
hypothesis_settings.load_profile("steady")


WITHOUT_DATABASE = ("benchmarks", "clinical", "docs", "evaluation", "interop", "protocols", "rules")
"""Directories whose tests never touch the tables: once, on SQLite, is enough."""
SAME_ON_BOTH = (
    "browser/test_comparison.py",
    "browser/test_form.py",
    "browser/test_form_order.py",
    "browser/test_interpretations.py",
    "browser/test_page_for_the_person.py",
    "browser/test_people.py",
    "browser/test_reading_pages.py",
    "browser/test_referring.py",
    "browser/test_reports.py",
    "browser/test_rescreening.py",
    "browser/test_second_factor.py",
    "browser/test_sensors.py",
    "browser/test_sign_in.py",
    "browser/test_staff.py",
    "browser/test_worked_example.py",
    "platform/test_nothing_skipped_in_ci.py",
    "platform/test_settings.py",
    "trust/test_bodies.py",
    "trust/test_corrupt_content.py",
    "trust/test_headers.py",
    "trust/test_permissions.py",
    "trust/test_promises.py",
    "trust/test_report.py",
    "trust/test_sensor_files.py",
    "web/test_blank_form.py",
    "web/test_comparison.py",
    "web/test_demo_people.py",
    "web/test_demo_referrals.py",
    "web/test_explanation.py",
    "web/test_form_order.py",
    "web/test_glucose_charts.py",
    "web/test_page_for_the_person.py",
    "web/test_pdf.py",
    "web/test_reading_grade.py",
    "web/test_result_page.py",
    "web/test_spanish.py",
    "web/test_translation.py",
    "web/test_words.py",
)
"""Files about looks, headers, roles, bodies, words, commands, and the demo, which is always on SQLite.

No other database could change what they find.
"""

TRIGGERS = {
    "sqlite": "SELECT 'DROP TRIGGER \"' || name || '\"', sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": """
        SELECT DISTINCT format('ALTER TABLE %s DISABLE TRIGGER USER', tgrelid::regclass),
                        format('ALTER TABLE %s ENABLE TRIGGER USER', tgrelid::regclass)
        FROM pg_trigger WHERE NOT tgisinternal
    """,
}
"""Of each database: the statements that lift the triggers, and those that put them back."""


def pytest_configure(config: pytest.Config) -> None:
    # Most of what a page is made of is gone with it: to look through all else each time takes a tenth longer.
    gc.set_threshold(100_000, 50, 100)
    config.addinivalue_line("markers", "only_on(vendor): the test is about this database alone")
    config.addinivalue_line("markers", "device_files: the test reads third-party files beside the checkout")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    beside = tempfile.TemporaryDirectory(prefix="isletscreen-anchor-")
    config.add_cleanup(beside.cleanup)
    settings.AUDIT_ANCHOR = str(Path(beside.name) / "anchor")


def runs_once(name: str) -> bool:
    """Return whether what lies at `name`, below tests, runs on SQLite alone."""
    return name in SAME_ON_BOTH or name.split("/")[0] in WITHOUT_DATABASE


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    if connection.vendor == "sqlite" or not collection_path.is_relative_to(TESTS):
        return None
    return True if runs_once(collection_path.relative_to(TESTS).as_posix()) else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, rather than skip, what is about the other database or about files that are not there."""
    left_out = [
        item
        for item in items
        if ((mark := item.get_closest_marker("only_on")) and connection.vendor not in mark.args)
        or (item.get_closest_marker("device_files") and not DEVICE_FILES.is_dir())
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    """Record what a test counted: `figure("T01", "role x URL x method", requested=840, surprises=0)`.

    Figures of one promise under one name are added up in the trust report, whatever test they come from.
    """
    return recorder(request.node)


@pytest.fixture(autouse=True)
def no_failed_sign_ins_left_over() -> Iterator[None]:
    yield
    cache.clear()


@pytest.fixture(scope="session", autouse=True)
def what_tests_start_chooses_its_own_database() -> None:
    """A command that a test starts never meets the database of the tests, nor anybody's own."""
    os.environ.pop("DATABASE_URL", None)


@pytest.fixture(scope="session", autouse=True)
def append_only_tables_are_emptied_after_a_live_server() -> Iterator[None]:
    """The triggers let nothing be deleted, not even by the flush that ends a test on a live server."""
    flush = TransactionTestCase._fixture_teardown

    def flush_without_triggers(self: TransactionTestCase) -> None:
        with connection.cursor() as cursor:
            cursor.execute(TRIGGERS[connection.vendor])
            triggers = cursor.fetchall()
            for drop, _ in triggers:
                cursor.execute(drop)
            flush(self)
            for _, restore in triggers:
                cursor.execute(restore)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", flush_without_triggers)
        yield


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if os.environ.get("CI") and exitstatus == pytest.ExitCode.OK and _skipped(session):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not DEVICE_FILES.is_dir():
        terminalreporter.line(f"Tests of device files are left out: there is no {DEVICE_FILES}")
    skipped = terminalreporter.stats.get("skipped", [])
    if os.environ.get("CI") and skipped:
        terminalreporter.section("CI is set, and there nothing may be skipped")
        for report in skipped:
            terminalreporter.line(f"{report.nodeid}: {report.longrepr}")


def _skipped(session: pytest.Session) -> bool:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    return reporter is not None and bool(reporter.stats.get("skipped"))
