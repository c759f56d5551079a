"""docs/trust.md lists every promise and every hazard as their files say them, and claims no certificate.

Seen to fail with a promise worded otherwise than its file, and with an option that the command does not have.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from django.core.management import load_command_class

from tests.docs.hazards import hazards
from tests.docs.markdown import DOCS, first_codes, read, sections, tables
from tests.trust.promises import promises

PAGE = DOCS / "trust.md"
STALE = "run WRITE_DOCS=1 python3 manage.py test tests/docs/test_trust.py"
PLACES = {
    "<!-- Written by the tests: WRITE_DOCS=1 python3 manage.py test tests/docs/test_trust.py -->": (
        "<!-- End of the promises -->"
    ),
    "<!-- Clauses, written by the tests -->": "<!-- End of the clauses -->",
    "<!-- Hazards, written by the tests -->": "<!-- End of the hazards -->",
}


def test_the_tables_are_those_of_their_files() -> None:
    due = read(PAGE)
    for (begin, end), lines in zip(PLACES.items(), (_promises(), _clauses(), _hazards()), strict=True):
        before, _, rest = due.partition(begin)
        _, _, after = rest.partition(end)
        due = "\n".join([before + begin, "", *lines, "", end + after])
    if os.environ.get("WRITE_DOCS"):
        PAGE.write_text(due, encoding="utf-8")
    assert read(PAGE) == due, STALE


def _promises() -> Iterable[str]:
    yield from ("| no | promise | passes with | tests |", "|---|---|---|---|")
    for number, one in promises().items():
        yield f"| {number} | {one.promise} | {one.passes} | {_files(one.tests)} |"


def _clauses() -> Iterable[str]:
    yield from ("| what holds | tests | in |", "|---|---|---|")
    for clause, tests in promises()["T17"].clauses.items():
        yield f"| {clause} | {', '.join(map(_name, tests))} | {_files(tests)} |"


def _hazards() -> Iterable[str]:
    yield from ("| no | hazard | held by | remains | tests |", "|---|---|---|---|---|")
    for number, one in hazards().items():
        remains = one.remains + (f" **Not there yet:** {one.not_there_yet}" if one.not_there_yet else "")
        yield f"| {number} | {one.hazard} | {' '.join(one.held_by)} | {remains} | {_files(one.tests)} |"


def _name(test: str) -> str:
    return f"`{test.partition('::')[2]}`"


def _files(tests: Iterable[str]) -> str:
    """Return the files of `tests`, each once, as code."""
    return ", ".join(f"`{file}`" for file in dict.fromkeys(test.partition("::")[0] for test in tests))


def test_every_option_of_the_command_is_explained_and_no_other() -> None:
    explained = {code.split()[0] for code in first_codes(tables(sections(read(PAGE))["Run it"])[0])}
    parser = load_command_class("screening", "trust_report").create_parser("manage.py", "trust_report")
    general = load_command_class("screening", "check_protocols").create_parser("manage.py", "check_protocols")
    assert explained == set(parser._option_string_actions) - set(general._option_string_actions)


def test_the_page_claims_no_certificate() -> None:
    said = read(PAGE)
    assert "**No certificate.**" in said
    assert not re.search(r"(?i)\bcomplian|\bcertified\b|\bHIPAA\b|Part 11", said)
