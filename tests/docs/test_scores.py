"""docs/scores.md: every score there is, and examples that run."""

from __future__ import annotations

import re
from pathlib import Path

from screening.content import installed_content
from screening.interop.vectors import check, read_vectors, runs_of

PAGE = (Path(__file__).parent.parent.parent / "docs" / "scores.md").read_text("utf-8")


def test_every_score_is_listed_with_its_module_and_no_other() -> None:
    rows = re.findall(r"^\| (`.+?) \|", PAGE, re.M)
    listed = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(listed) == sorted(runs_of(installed_content().catalogue))


def test_the_examples_of_the_page_are_reproduced() -> None:
    [example] = re.findall(r"```json\n(.+?)```", PAGE, re.S)
    checked = check(read_vectors(example.encode()), installed_content().catalogue)
    assert [one.differences for one in checked] == [(), ()]
