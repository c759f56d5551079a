"""The parts of the documentation that tests read: fenced blocks, tables, headings and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])

_BLOCK = re.compile(r"^```(?P<info>[^\n]*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(?P<marks>#{1,6}) (?P<title>.+)$", re.MULTILINE)
_LINK = re.compile(r"!?\[(?P<text>[^\]]*)\]\((?P<target>[^()\s]+)\)")
_CODE = re.compile(r"`([^`]+)`")


def name_of(page: Path) -> str:
    """Return where `page` lies, for messages and for the names of tests."""
    return page.relative_to(ROOT).as_posix()


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Block:
    """A fenced block: the words after the fence, and what stands inside."""

    info: str
    body: str


def blocks(text: str, info: str = "") -> list[Block]:
    """Return the fenced blocks whose words after the fence start with `info`."""
    found = [Block(block["info"], block["body"]) for block in _BLOCK.finditer(text)]
    return [block for block in found if block.info.startswith(info)]


def with_body(text: str, info: str, body: str, after: str = "") -> str:
    """Return `text` with another body in the block `info`, the first one behind the words `after`."""
    start = text.index(f"```{info}\n", text.index(after)) + len(f"```{info}\n")
    return text[:start] + body + text[text.index("```\n", start) :]


def without_blocks(text: str) -> str:
    return _BLOCK.sub("", text)


def sections(text: str) -> dict[str, str]:
    """Return what stands under each heading, up to the next one of any level."""
    text = _BLOCK.sub(lambda block: re.sub(r"^#", " #", block[0], flags=re.MULTILINE), text)
    headings = list(_HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    return {heading["title"]: text[heading.end() : end] for heading, end in zip(headings, ends, strict=True)}


def tables(text: str) -> list[list[list[str]]]:
    """Return the tables of `text`: rows of cells, the first row with the titles of the columns."""
    found: list[list[list[str]]] = []
    previous = ""
    for line in without_blocks(text).splitlines():
        if line.startswith("|"):
            if not previous.startswith("|"):
                found.append([])
            cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
            if not set(line) <= set("|- "):
                found[-1].append(cells)
        previous = line
    return found


def codes(text: str) -> list[str]:
    """Return what stands in backquotes."""
    return _CODE.findall(text)


def first_codes(table: list[list[str]]) -> list[str]:
    """Return the words in backquotes in the first column of `table`."""
    return [code for row in table[1:] for code in codes(row[0])]


def links(text: str) -> Iterator[str]:
    """Yield the targets of links and pictures, those in fenced blocks left out."""
    for link in _LINK.finditer(without_blocks(text)):
        yield link["target"]


def anchors(text: str) -> set[str]:
    """Return the anchors of the headings, as a code host makes them."""
    titles = [re.sub(r"[`*]", "", title) for title in sections(text)]
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}
