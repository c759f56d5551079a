"""docs/contributors.md: its fact can be added; its tables have every key, every directory and no other."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from screening.rules.content import FACTS, PROTOCOLS
from screening.rules.facts import Fact, load_catalogue
from screening.rules.reading import read_answers
from tests.docs.markdown import DOCS, ROOT, blocks, first_codes, read, sections, tables

TEXT = read(DOCS / "contributors.md")
SECTIONS = sections(TEXT)


def test_the_fact_of_the_page_can_be_added(tmp_path: Path) -> None:
    (fact,) = blocks(TEXT, "toml fact")
    (tmp_path / "99_example.toml").write_text(f'section = "Example"\n{fact.body}', encoding="utf-8")
    catalogue = load_catalogue([FACTS, tmp_path])
    assert catalogue.parse("waist_cm > 102")
    given = {"waist": {"value": "41", "unit": "in", "on": "2026-11-20"}}
    assert read_answers(catalogue, {"as_of": "2026-11-20", "facts": given}).known["waist"].unit == "inch"


def test_every_key_of_a_fact_is_explained_and_no_other() -> None:
    explained = first_codes(tables(SECTIONS["Add a fact"])[0])
    assert sorted(explained) == sorted(field.name for field in fields(Fact) if field.name != "name")


def test_every_directory_is_explained_and_no_other() -> None:
    explained = set(first_codes(tables(SECTIONS["Layers"])[0]) + first_codes(tables(SECTIONS["Tests"])[0]))
    there = {f"screening/{path.name}/" for path in _directories(ROOT / "screening")}
    there |= {f"tests/{path.name}/" for path in _directories(ROOT / "tests")}
    assert explained == there | {"config/", "locale/", "templates/"}


def _directories(of: Path) -> list[Path]:
    """Return the directories that hold more than what Python leaves there."""
    return [
        path
        for path in of.iterdir()
        if path.is_dir() and any("__pycache__" not in file.parts for file in path.rglob("*.*"))
    ]


def test_shipped_content_lies_where_the_page_says() -> None:
    assert [path.relative_to(ROOT).as_posix() for path in (FACTS, PROTOCOLS)] == [
        "screening/facts",
        "screening/protocols",
    ]
