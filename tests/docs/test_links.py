"""Links lead somewhere, and the pages speak of the project alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.markdown import DOCS, PAGES, ROOT, anchors, links, name_of, read

ELSEWHERE = ("http://", "https://", "mailto:")
FOREIGN = {
    "the number of an issue": re.compile(r"(?i)\bissue #?\d|\bpull request\b|(?<![\w&/])#\d"),
    "a working session": re.compile(r"(?i)\b(?:this|that|last|next|previous|earlier|later|a) session\b"),
    "a machine's path": re.compile(r"/(?:work|tmp|home|root|farm|mnt|Users)/"),
    "something to be done": re.compile(r"\b(?:TODO|FIXME|TBD|XXX)\b|(?i:\bcoming soon\b)"),
}


@pytest.mark.parametrize("document", PAGES, ids=name_of)
def test_every_link_leads_to_something(document: Path) -> None:
    broken = []
    for target in links(read(document)):
        if target.startswith(ELSEWHERE):
            continue
        path, _, anchor = target.partition("#")
        linked = (document.parent / path).resolve() if path else document
        there = linked.exists() and linked.is_relative_to(ROOT)
        if not there or (anchor and anchor not in anchors(read(linked))):
            broken.append(target)
    assert not broken, f"{name_of(document)} links to what is not there: {', '.join(broken)}"


@pytest.mark.parametrize("document", PAGES, ids=name_of)
def test_pages_speak_of_the_project_alone(document: Path) -> None:
    found = [
        f"{what}: {hit[0]!r}" for what, words in FOREIGN.items() for hit in words.finditer(read(document))
    ]
    assert not found, f"{name_of(document)} names {'; '.join(found)}"


def test_the_index_leads_to_every_page() -> None:
    index = {(DOCS / target.partition("#")[0]).resolve() for target in links(read(DOCS / "index.md"))}
    missing = [name_of(document) for document in DOCS.glob("*.md") if document.resolve() not in index]
    assert missing in ([], ["docs/index.md"]), f"docs/index.md leaves out {', '.join(missing)}"
