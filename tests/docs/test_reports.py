"""docs/reports.md lists every column that an export has, in each form."""

from __future__ import annotations

from screening.interop.exports import CODED, COLUMNS, SAFE_HARBOR, WHAT, Column
from tests.docs.markdown import DOCS

PAGE = DOCS / "reports.md"
MARK = "## Columns\n"
INTRODUCTION = """
A test writes these tables from `screening/interop/exports.py`: change that, not this. *Year* stands where the
Safe Harbor form has the year of a day or month, *up to 89* where it groups older ages.
"""
ELSEWISE = {
    "age": "up to 89",
    **dict.fromkeys(
        ("received", "consented", "screened", "ended", "signed", "first_pre_screen", "recheck"), "year"
    ),
}


def tables() -> str:
    lines = [MARK + INTRODUCTION]
    for what, columns in COLUMNS.items():
        lines += [f"### {WHAT[what]}", "", "| column | what | coded | Safe Harbor |", "|---|---|---|---|"]
        lines += [*map(_row, columns), ""]
    return "\n".join(lines)


def _row(column: Column) -> str:
    if column.fill(SAFE_HARBOR) is None:
        safe_harbor = "no"
    else:
        same = column.fill(SAFE_HARBOR) is column.fill(CODED)
        safe_harbor = "yes" if same else ELSEWISE[column.name]
    coded = "yes" if column.fill(CODED) is not None else "no"
    return f"| `{column.name}` | {column.about} | {coded} | {safe_harbor} |"


def test_the_page_lists_every_column_of_every_export() -> None:
    written = PAGE.read_text(encoding="utf-8")
    due = written.partition(MARK)[0] + tables()
    if written != due:
        PAGE.write_text(due, encoding="utf-8")
    assert written == due, "docs/reports.md was out of date and has been written anew: commit it"
