"""Every promise names tests that exist, each of which was seen to fail once on a planted defect.

The gate itself was seen to fail with the name of a file that is not there, with a file that says nothing of
defects, with a promise under another number, and with a count that no test counts by.
"""

from __future__ import annotations

import re

import pytest

from tests.trust.named import ROOT, chain, is_within, missing, never_seen_to_fail
from tests.trust.promises import NUMBERS, Promise, promises, read_promises

PROMISES = promises()
BY_NUMBER = pytest.mark.parametrize("promise", PROMISES.values(), ids=lambda promise: promise.number)


def test_every_promise_is_there_once_and_in_order() -> None:
    assert tuple(PROMISES) == NUMBERS


@BY_NUMBER
def test_every_test_of_a_promise_exists(promise: Promise) -> None:
    assert missing(promise.all_tests) == []


@BY_NUMBER
def test_every_test_of_a_promise_was_seen_to_fail(promise: Promise) -> None:
    assert never_seen_to_fail(promise.all_tests) == []


@BY_NUMBER
def test_clauses_name_what_the_promise_runs(promise: Promise) -> None:
    """Else a clause would be shown by a test that the report never starts."""
    tests = [test for named in promise.clauses.values() for test in named]
    assert [test for test in tests if not any(is_within(test, named) for named in promise.tests)] == []


@BY_NUMBER
def test_every_count_that_must_be_nought_is_counted(promise: Promise) -> None:
    """A word that no test of the promise counts by would hold nothing."""
    text = "\n".join((ROOT / test.partition("::")[0]).read_text(encoding="utf-8") for test in promise.tests)
    assert promise.zero
    assert [count for count in promise.zero if not re.search(rf"\b{count}=", text)] == []


def test_what_is_missing_or_was_never_seen_to_fail_is_named() -> None:
    here = "tests/trust/test_promises.py"
    there = f"{here}::test_what_is_missing_or_was_never_seen_to_fail_is_named"
    gone = ["tests/no_such.py", f"{here}::test_no_such", "tests/trust/named.py", "docs/index.md"]
    assert missing([there, *gone]) == gone
    assert never_seen_to_fail([there, "tests/trust/test_clock.py"]) == [there]
    assert [type(node).__name__ for node in chain(there)] == ["Module", "FunctionDef"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[T01]\npromise = 'a'\npasses = 'b'\ntests = ['c']\nzeros = []", "T01 has the unknown key 'zeros'"),
        ("[T01]\npromise = 'a'\npasses = 'b'\ntests = []", "T01 has no tests"),
        ("[T01]\ntests = ['c']", "T01 has no promise, no passes"),
    ],
)
def test_a_promise_that_lacks_something_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_promises(text)
