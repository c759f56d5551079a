"""Reading content files: TOML against a closed schema, with problems an author can act on."""

import difflib
import hashlib
import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

CLOSED = {"extra": "forbid", "strict": False}
"""The pydantic configuration of every schema: unknown keys are refused."""


@dataclass(frozen=True, slots=True)
class Defect:
    """Something wrong in a content file."""

    file: str
    place: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.place, self.message) if part)


class ContentError(Exception):
    """Content files cannot be used; `defects` has every reason."""

    def __init__(self, defects: Iterable[Defect]) -> None:
        self.defects = tuple(defects)
        super().__init__("\n".join(map(str, self.defects)))


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file.

    Raises:
        ContentError: it is not UTF-8 or not TOML; names the file and the line.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise ContentError(
            [Defect(path.name, "", f"byte {error.start} is not UTF-8: save it as UTF-8")]
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise ContentError([Defect(path.name, "", f"not TOML: {error}")]) from None


def build(schema: TypeAdapter[Any], data: Any, file: str, place: str) -> Any:
    """Return `data` as an object of `schema`.

    Raises:
        ContentError: one defect for each thing found wrong.
    """
    try:
        return schema.validate_python(data)
    except ValidationError as error:
        raise ContentError(_defect(schema, problem, file, place) for problem in error.errors()) from None


def _defect(schema: TypeAdapter[Any], problem: Any, file: str, place: str) -> Defect:
    steps = [
        str(step) for step in problem["loc"] if not str(step).startswith(("function-", "dict[", "tuple["))
    ]
    key = ".".join(steps)
    match problem["type"]:
        case "unexpected_keyword_argument" | "extra_forbidden":
            known = list(getattr(schema._type, "__dataclass_fields__", {}))
            near = difflib.get_close_matches(steps[-1], known, n=1, cutoff=0.6)
            message = f"unknown key {key!r}" + (f": did you mean {near[0]!r}?" if near else ": take it out")
        case "missing" | "missing_argument" | "missing_keyword_only_argument":
            message = f"{key!r} is missing: write it"
        case _:
            message = f"{key!r}: found {problem['input']!r}; {problem['msg'][:1].lower()}{problem['msg'][1:]}"
    return Defect(file, place, message)


def canonical_json(data: Any) -> str:
    """Return `data` as JSON in the one form that is hashed: sorted keys, no blanks."""
    return json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain)


def sha256(text: str) -> str:
    """Return the SHA-256 of `text` in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON form")
