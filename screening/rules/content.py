"""The clinical content as one object: facts, protocols and cautions, checked and kept ready.

Checked content is kept in a cache file named by the hash of all that it was made from, so that a
process starts without parsing a rule. A broken file never replaces content that loaded before.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from screening.rules.facts import Catalogue, Fact, Section, load_catalogue
from screening.rules.language import Condition, from_data, to_data
from screening.rules.lint import check
from screening.rules.loading import ContentError, canonical_json
from screening.rules.protocol import Cautions, Protocol, load_protocols

HERE = Path(__file__).resolve().parent.parent
FACTS = HERE / "facts"
PROTOCOLS = HERE / "protocols"


class Trees(Mapping[str, Any]):
    """The parsed text of every rule, turned from JSON into a tree when first asked for."""

    def __init__(self, data: Mapping[str, str]) -> None:
        self.data = data
        self._read: dict[str, Any] = {}

    def __getitem__(self, text: str) -> Any:
        if text not in self._read:
            self._read[text] = from_data(json.loads(self.data[text]))
        return self._read[text]

    def __iter__(self) -> Any:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)


@dataclass(frozen=True, eq=False)
class Content:
    """All facts, protocols and cautions of one run."""

    catalogue: Catalogue
    protocols: tuple[Protocol, ...]
    cautions: Mapping[str, Cautions]
    trees: Mapping[str, Condition]
    """The parsed rules, by their text."""

    @cached_property
    def by_id(self) -> Mapping[str, Protocol]:
        """The protocols by their id."""
        return {protocol.id: protocol for protocol in self.protocols}


@dataclass(frozen=True)
class _Stored:
    """What the cache file holds."""

    sections: list[tuple[str, str, str, list[Fact]]]
    catalogue: str
    fact_trees: dict[str, str]
    protocols: tuple[Protocol, ...]
    cautions: dict[str, Cautions]
    trees: dict[str, str]


_STORED: TypeAdapter[_Stored] = TypeAdapter(_Stored)


@cache
def load_content(private: Path | None = None, cache_in: Path | None = None) -> Content:
    """Return the shipped content and that of a site's `private` directory, once per process.

    Args:
        private: a directory with `facts/` and `protocols/` of its own.
        cache_in: a directory for the cache file; None for none.

    Raises:
        ContentError: every defect found.
    """
    facts, protocols = [FACTS], [PROTOCOLS]
    if private is not None:
        facts, protocols = [FACTS, private / "facts"], [PROTOCOLS, private / "protocols"]
    return read_content(facts, protocols, cache_in)


def read_content(facts: list[Path], protocols: list[Path], cache_in: Path | None = None) -> Content:
    """Return the content of these directories, from the cache where it is there and unchanged.

    Raises:
        ContentError: every defect found.
    """
    kept = cache_in / f"content-{_fingerprint([*facts, *protocols])}.json" if cache_in is not None else None
    if kept is not None and kept.is_file():
        try:
            return _from_stored(_STORED.validate_json(kept.read_bytes()))
        except ValueError:
            kept.unlink(missing_ok=True)
    content = parse_content(facts, protocols)
    if kept is not None:
        _keep(content, kept)
    return content


def parse_content(facts: list[Path], protocols: list[Path]) -> Content:
    """Return the content of these directories, parsed and checked anew.

    Raises:
        ContentError: every defect found.
    """
    catalogue = load_catalogue(facts)
    loaded, cautions = load_protocols(protocols)
    trees, defects = check(catalogue, loaded, cautions)
    if defects:
        raise ContentError(defects)
    return Content(catalogue, loaded, cautions, trees)


def _fingerprint(directories: list[Path]) -> str:
    """Return a hash of every content file and of the code that reads them."""
    digest = sha256()
    code = sorted(Path(__file__).parent.glob("*.py"))
    written = [path for directory in directories for path in sorted(directory.rglob("*.toml"))]
    for path in (*written, *code):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def _keep(content: Content, path: Path) -> None:
    catalogue = content.catalogue
    stored = _Stored(
        sections=[(one.id, one.title, one.about, list(one.facts)) for one in catalogue.sections],
        catalogue=catalogue.canonical,
        fact_trees={text: canonical_json(to_data(tree)) for text, tree in catalogue.trees.items()},
        protocols=content.protocols,
        cautions=dict(content.cautions),
        trees={text: canonical_json(to_data(tree)) for text, tree in content.trees.items()},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=".content-")
    with os.fdopen(handle, "wb") as file:
        file.write(_STORED.dump_json(stored))
    os.replace(aside, path)


def _from_stored(stored: _Stored) -> Content:
    sections = tuple(Section(one, title, about, tuple(facts)) for one, title, about, facts in stored.sections)
    facts = {fact.name: fact for section in sections for fact in section.facts}
    catalogue = Catalogue(sections, facts, stored.catalogue, Trees(stored.fact_trees))
    return Content(catalogue, stored.protocols, stored.cautions, Trees(stored.trees))
