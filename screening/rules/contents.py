"""The list of content files: whatever was damaged on the way here, or cut short, is not what it names.

A file that lost its last criteria is still a protocol, and a lenient one. `contents.sha256` stands beside
`facts/` and `protocols/` and is written as `sha256sum` writes it, so that `sha256sum --check` reads it too.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from screening.rules.loading import Defect

NAME = "contents.sha256"
PARTS = ("facts", "protocols")


def content_files(directory: Path) -> Iterator[Path]:
    """Yield the content files of `directory`, in one order."""
    for part in PARTS:
        yield from sorted((directory / part).rglob("*.toml"))


def list_of(directory: Path) -> str:
    """Return the list as it should be: a line for each file."""
    return "".join(
        f"{sha256(path.read_bytes()).hexdigest()}  {path.relative_to(directory).as_posix()}\n"
        for path in content_files(directory)
    )


def differences(directory: Path) -> list[Defect]:
    """Return the files that are not what the list of `directory` names; nothing where it has no list."""
    listed = directory / NAME
    if not listed.is_file():
        return []
    wanted = dict(_entries(listed.read_text(encoding="utf-8")))
    found = dict(_entries(list_of(directory)))
    return [
        Defect(name, "", _difference(wanted.get(name), found.get(name)))
        for name in sorted(wanted.keys() | found.keys())
        if wanted.get(name) != found.get(name)
    ]


def _entries(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        digest, _, name = line.partition("  ")
        yield name, digest


def _difference(wanted: str | None, found: str | None) -> str:
    if found is None:
        return f"{NAME} lists it and it is not there: bring it back"
    if wanted is None:
        return f"{NAME} does not list it: take it out, or list it"
    return f"it is not the file that {NAME} lists: bring that one back, or list the change"
