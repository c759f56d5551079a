"""Tests that data files name: whether they exist, and whether they say on what they were seen to fail.

A test is named as pytest names it, without parameters: a file, `file::test`, or `file::Class::test`. Files
are parsed and never run, so that a name is checked in a moment.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SEEN = "Seen to fail"

Node = ast.Module | ast.ClassDef | ast.FunctionDef


@cache
def _tree(file: str) -> ast.Module | None:
    path = ROOT / file
    return ast.parse(path.read_text(encoding="utf-8")) if path.is_file() and path.suffix == ".py" else None


def chain(name: str) -> list[Node]:
    """Return what `name` leads through: module, class, test; empty where one of them is missing."""
    file, *parts = name.split("::")
    found: list[Node] = [tree] if (tree := _tree(file)) is not None else []
    for part in parts if found else []:
        inside = [
            node
            for node in found[-1].body
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == part
        ]
        if not inside:
            return []
        found.append(inside[-1])
    return found


def missing(names: Iterable[str]) -> list[str]:
    """Return those of `names` that are no test: no such file or test, or a file without any."""
    return [name for name in names if not any(_is_test(node) for node in _below(chain(name)))]


def _below(found: list[Node]) -> list[ast.AST]:
    return list(ast.walk(found[-1])) if found else []


def _is_test(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test_")


def never_seen_to_fail(names: Iterable[str]) -> list[str]:
    """Return those of `names` of which neither they nor what they stand in say on what they failed."""
    return [
        name for name in names if not any(SEEN in (ast.get_docstring(node) or "") for node in chain(name))
    ]


def is_within(test: str, name: str) -> bool:
    """Return whether `test`, as pytest ran it, is `name` or belongs to it."""
    return test == name or test.startswith((f"{name}::", f"{name}["))
