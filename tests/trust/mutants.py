"""`python -m tests.trust.mutants`: plant small defects in the rules, and see whether the tests find them.

    python -m tests.trust.mutants --count 40 --seed 1
    python -m tests.trust.mutants --only screening/rules/candidacy.py --count 10
    python -m tests.trust.mutants --only screening/clinical/cgm --count 20

Each mutant is one changed comparison, operator or number, in a copy of the project that is thrown away; the
tests that hold the rules run against it until one fails. What no test noticed is listed with its line. The
sample is drawn by the seed, so that a figure can be had again.
"""

from __future__ import annotations

import argparse
import ast
import random
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
EQUIVALENT = Path(__file__).parent / "equivalent_mutants.toml"
MUTATED = ("screening/rules", "screening/clinical")
"""The pure layers, with the packages below them."""
TESTS = (
    "tests/clinical",
    "tests/evaluation",
    "tests/rules",
    "tests/protocols/test_criteria.py",
    "tests/trust/test_rules_hold.py",
)
"""Those that take least come first: most defects are found by them."""
LONGEST = 1800
"""Seconds the tests may take without any mutant."""
PATIENCE = 4
"""Times as long as that they may take on one mutant; one that never ends is found, too."""
COMPARISONS = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "=="}
COMPARISONS |= {ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in"}
WRITTEN = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
WRITTEN |= {ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in"}


@dataclass(frozen=True)
class Mutant:
    """One change: of which file and line, from what to what, and the file's text with it."""

    file: str
    line: int
    before: str
    after: str
    text: str

    @property
    def change(self) -> str:
        return f"{self.before} -> {self.after}"

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}: {self.change}"

    @property
    def source(self) -> str:
        """The line as it stands in the file."""
        return _lines(self.file)[self.line - 1].strip()


@lru_cache(maxsize=64)
def _lines(file: str) -> tuple[str, ...]:
    return tuple((ROOT / file).read_text(encoding="utf-8").splitlines())


@dataclass(frozen=True)
class Measured:
    """How many defects were planted, and what became of them.

    Attributes:
        equivalent: those that no test found and that change nothing, as equivalent_mutants.toml explains.
        survivors: the others that no test found.
    """

    planted: int
    found: int
    equivalent: int
    survivors: tuple[Mutant, ...]

    @property
    def share(self) -> float:
        """The share that was found of those that change something."""
        matter = self.planted - self.equivalent
        return self.found / matter if matter else 1.0


def explained() -> set[tuple[str, str, str]]:
    """Return file, line and change of each defect that changes nothing."""
    said = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")).get("equivalent", [])
    return {(one["file"], one["line"], one["change"]) for one in said}


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Yield every change there is to make in one file."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line.encode()))
    raw = text.encode()
    name = path.relative_to(ROOT).as_posix()

    def at(line: int, column: int) -> int:
        return starts[line - 1] + column

    def changed(start: int, end: int, before: str, after: str, line: int) -> Mutant | None:
        found = raw[start:end].decode().find(before)
        if found < 0:
            return None
        start += len(raw[start:end].decode()[:found].encode())
        new = raw[:start] + after.encode() + raw[start + len(before.encode()) :]
        return Mutant(name, line, before, after, new.decode())

    tree = ast.parse(text)
    no_rule = _no_rule(tree)
    for node in ast.walk(tree):
        if node in no_rule:
            continue
        made: Mutant | None = None
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            kind = type(node.ops[0])
            left, right = node.left, node.comparators[0]
            start, end = (
                at(left.end_lineno or 0, left.end_col_offset or 0),
                at(right.lineno, right.col_offset),
            )
            made = changed(start, end, WRITTEN[kind], COMPARISONS[kind], node.lineno)
        elif isinstance(node, ast.BoolOp):
            one, two = node.values[:2]
            start, end = at(one.end_lineno or 0, one.end_col_offset or 0), at(two.lineno, two.col_offset)
            words = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            made = changed(start, end, *words, node.lineno)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
            words = ("+", "-") if isinstance(node.op, ast.Add) else ("-", "+")
            start = at(node.left.end_lineno or 0, node.left.end_col_offset or 0)
            made = changed(start, at(node.right.lineno, node.right.col_offset), *words, node.lineno)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            start = at(node.lineno, node.col_offset)
            made = changed(start, at(node.operand.lineno, node.operand.col_offset), "not", "", node.lineno)
        elif isinstance(node, ast.Constant) and type(node.value) is int and node.end_col_offset is not None:
            start, end = at(node.lineno, node.col_offset), at(node.end_lineno or 0, node.end_col_offset)
            made = changed(start, end, raw[start:end].decode(), str(node.value + 1), node.lineno)
        elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
            start, end = at(node.lineno, node.col_offset), at(node.end_lineno or 0, node.end_col_offset or 0)
            made = changed(start, end, str(node.value), str(not node.value), node.lineno)
        if made is not None and _still_python(made.text):
            yield made


def _no_rule(tree: ast.Module) -> set[ast.AST]:
    """Return the parts that say how a class is stored, how much is remembered and how a zip is guarded.

    These are decorators, what a call of `field` is given, and `strict` of a call of `zip`.
    """
    found: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            found += node.decorator_list
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("field", "zip"):
            found += node.keywords
    return {part for one in found for part in ast.walk(one)}


def _still_python(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def modules(only: str | None) -> list[Path]:
    """Return the files of the pure layers, or of the one file or folder `only`, packages below included."""
    parts = [ROOT / part for part in ((only,) if only else MUTATED)]
    return [path for part in parts for path in ([part] if part.is_file() else sorted(part.rglob("*.py")))]


def sample(count: int, seed: int, only: str | None) -> tuple[list[Mutant], int]:
    """Return `count` mutants drawn by `seed`, and how many there are."""
    every = [mutant for path in modules(only) for mutant in mutants_of(path)]
    return random.Random(seed).sample(every, min(count, len(every))), len(every)


def run(directory: Path, seconds: float) -> bool:
    """Return whether every test passes on the copy in `directory`, within so many seconds."""
    tests = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        *TESTS,
    ]
    try:
        done = subprocess.run(tests, cwd=directory, capture_output=True, timeout=seconds)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def copied(directory: Path) -> Path:
    """Return a copy of what the tests need."""
    for part in ("config", "screening", "templates", "tests", "docs"):
        shutil.copytree(ROOT / part, directory / part, ignore=shutil.ignore_patterns("__pycache__", "static"))
    for name in ("manage.py", "pyproject.toml", "CHANGELOG.md", "README.md"):
        shutil.copy(ROOT / name, directory)
    return directory


def measure(count: int, seed: int, only: str | None = None, say: Callable[[str], None] = print) -> Measured:
    """Plant `count` defects, one after the other, and run the tests against each.

    Raises:
        RuntimeError: the tests fail without any defect.
    """
    chosen, _ = sample(count, seed, only)
    survivors: list[Mutant] = []
    with tempfile.TemporaryDirectory(prefix="isletscreen-mutants-") as place:
        directory = copied(Path(place))
        began = time.monotonic()
        if not run(directory, LONGEST):
            raise RuntimeError("the tests fail without any mutant: mend that first")
        limit = max(60, PATIENCE * (time.monotonic() - began))
        for number, mutant in enumerate(chosen, start=1):
            file = directory / mutant.file
            whole = file.read_text(encoding="utf-8")
            file.write_text(mutant.text, encoding="utf-8")
            began = time.monotonic()
            survived = run(directory, limit)
            file.write_text(whole, encoding="utf-8")
            survivors += [mutant] if survived else []
            word = "SURVIVED" if survived else "killed"
            say(
                f"{number:3} of {len(chosen)}  {word:8} {time.monotonic() - began:5.1f} s  {mutant.place}",
            )
    known = explained()
    unexplained = tuple(one for one in survivors if (one.file, one.source, one.change) not in known)
    return Measured(
        planted=len(chosen),
        found=len(chosen) - len(survivors),
        equivalent=len(survivors) - len(unexplained),
        survivors=unexplained,
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Plant defects in the rules, and count those that tests find."
    )
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="one file or folder, like screening/rules/candidacy.py")
    given = parser.parse_args(arguments)
    try:
        measured = measure(given.count, given.seed, given.only, say=lambda line: print(line, flush=True))
    except RuntimeError as problem:
        print(problem, file=sys.stderr)
        return 2
    print(
        f"\n{measured.found} of {measured.planted} planted defects found, drawn with seed {given.seed}:"
        f" {100 * measured.share:.1f} % of those that change something"
    )
    for mutant in measured.survivors:
        print(f"survived: {mutant.place}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
