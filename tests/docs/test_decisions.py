"""Every decision record is complete, listed, and held by tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.markdown import DOCS, ROOT, codes, name_of, read, sections

DIRECTORY = DOCS / "decisions"
INDEX = DIRECTORY / "index.md"
RECORDS = sorted(DIRECTORY.glob("[0-9]*.md"))
PARTS = ["Context", "Options", "Choice", "Consequences", "Held by"]
LONGEST = 90
"""Lines: a record is one page."""


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_record_has_every_part_on_one_page(record: Path) -> None:
    title, *parts = sections(read(record))
    assert title.startswith(f"{record.name[:4]}. ")
    assert parts == PARTS
    assert all(sections(read(record))[part].strip() for part in parts)
    assert len(read(record).splitlines()) <= LONGEST


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_record_is_held_by_tests_that_exist(record: Path) -> None:
    held_by = codes(sections(read(record))["Held by"])
    assert held_by, f"{name_of(record)} names no test"
    for named in held_by:
        file, _, test = named.partition("::")
        assert (ROOT / file).is_file(), f"{name_of(record)}: there is no {file}"
        found = re.search(rf"^ *def {re.escape(test)}\(", read(ROOT / file), re.MULTILINE) if test else True
        assert found, f"{name_of(record)}: {file} has no {test}"


def test_records_are_numbered_without_gap() -> None:
    assert [record.name[:4] for record in RECORDS] == [
        f"{number:04}" for number in range(1, len(RECORDS) + 1)
    ]


def test_the_index_lists_every_record() -> None:
    written = read(INDEX)
    introduction = written.partition("\n- [")[0].rstrip("\n")
    lines = [f"- [{next(iter(sections(read(record))))}]({record.name})" for record in RECORDS]
    due = "\n".join([introduction, "", *lines, ""])
    if written != due:
        INDEX.write_text(due, encoding="utf-8")
    assert written == due, f"{name_of(INDEX)} was out of date and has been written anew: commit it"
