"""What is promised, from promises.toml: the sentence, what passes, and the tests that show it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "promises.toml"
NUMBERS = tuple(f"T{number:02}" for number in range(1, 19))
KEYS = {"promise", "passes", "zero", "tests", "clauses", "by_hand"}


@dataclass(frozen=True)
class Promise:
    """One promise.

    Attributes:
        number: T01 to T18.
        promise, passes: in words.
        zero: the counts of its figures that must be 0; every other count must not be.
        tests: what shows it, as pytest names it.
        clauses: of a promise of several parts, which tests hold which.
        by_hand: a command that looks further than the tests; empty if there is none.
    """

    number: str
    promise: str
    passes: str
    zero: frozenset[str]
    tests: tuple[str, ...]
    clauses: Mapping[str, tuple[str, ...]]
    by_hand: str

    @property
    def all_tests(self) -> tuple[str, ...]:
        """The tests of the promise and of its clauses, each once."""
        return tuple(
            dict.fromkeys([*self.tests, *(test for tests in self.clauses.values() for test in tests)])
        )


def read_promises(text: str) -> dict[str, Promise]:
    """Return the promises of a file, by number.

    Raises:
        ValueError: an unknown key, or a promise that lacks its sentence, its criterion or its tests.
    """
    found = {}
    for number, said in tomllib.loads(text).items():
        problems = [f"the unknown key {key!r}" for key in sorted(said.keys() - KEYS)]
        problems += [f"no {key}" for key in ("promise", "passes", "tests") if not said.get(key)]
        if problems:
            raise ValueError(f"{number} has {', '.join(problems)}")
        found[number] = _promise(number, said)
    return found


def _promise(number: str, said: dict[str, Any]) -> Promise:
    return Promise(
        number=number,
        promise=said["promise"],
        passes=said["passes"],
        zero=frozenset(said.get("zero", [])),
        tests=tuple(said["tests"]),
        clauses={clause: tuple(tests) for clause, tests in said.get("clauses", {}).items()},
        by_hand=said.get("by_hand", ""),
    )


def promises() -> dict[str, Promise]:
    """Return the promises of this project, by number."""
    return read_promises(FILE.read_text(encoding="utf-8"))
