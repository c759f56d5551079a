"""The examples of docs/writing-a-protocol.md do what the page says."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from screening.rules.content import FACTS, PROTOCOLS, Content, load_content, parse_content
from screening.rules.loading import ContentError
from screening.rules.protocol import Criterion

PAGE = Path(__file__).parents[2] / "docs" / "writing-a-protocol.md"
BLOCK = re.compile(r"^```(?P<kind>[^\n]+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
NAME = "example-islets.toml"


def blocks(kind: str) -> list[str]:
    """Return the texts of the page's code blocks of one kind."""
    page = PAGE.read_text(encoding="utf-8")
    return [found["text"] for found in BLOCK.finditer(page) if found["kind"] == kind]


def refusals() -> list[tuple[str, str]]:
    """Return the refused examples of the page, each with the message under it."""
    return list(zip(blocks("toml refused"), blocks("text"), strict=True))


def load(directory: Path, text: str) -> Content:
    """Return the content with `text` as its only protocol beside the shipped cautions."""
    (directory / NAME).write_text(text, encoding="utf-8")
    shipped = directory / "cautions"
    shipped.mkdir(exist_ok=True)
    for path in (PROTOCOLS / "cautions").glob("*.toml"):
        (shipped / path.name).write_bytes(path.read_bytes())
    return parse_content([FACTS], [directory])


@pytest.fixture
def example() -> str:
    (text,) = blocks(f"toml {NAME}")
    return text


def test_the_whole_example_loads(tmp_path: Path, example: str) -> None:
    (protocol,) = load(tmp_path, example).protocols
    assert [criterion.id for criterion in protocol.deciding] == ["I1", "I2", "I3", "I4", "E1", "E2"]


@pytest.mark.parametrize("criterion", blocks("toml criterion"))
def test_a_single_criterion_loads(tmp_path: Path, example: str, criterion: str) -> None:
    text = example.replace("hba1c_percent > 10", "uacr_mg_g > 300")
    assert load(tmp_path, text + criterion).protocols


@pytest.mark.parametrize("rule", [rule for text in blocks("rules") for rule in text.splitlines() if rule])
def test_a_rule_is_of_the_language(rule: str) -> None:
    load_content().catalogue.parse(rule)


@pytest.mark.parametrize(("slip", "message"), refusals())
def test_a_slip_is_refused_as_the_page_says(tmp_path: Path, example: str, slip: str, message: str) -> None:
    rest = example.split("[[inclusion]]", 1)[1].split("[[inclusion]]", 1)[1]
    head = example.split("[[inclusion]]", 1)[0]
    with pytest.raises(ContentError) as refused:
        load(tmp_path, f"{head}{slip}\n[[inclusion]]{rest}")
    assert str(refused.value) == message.strip()


def test_every_key_of_a_criterion_is_explained() -> None:
    page = PAGE.read_text(encoding="utf-8")
    keys = {field.name for field in fields(Criterion)} - {"kind"}
    assert {key for key in keys if f"`{key}`" not in page} == set()
