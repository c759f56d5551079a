"""Checked content is kept as data under the hash of what it was made from, and never read otherwise."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from screening.rules import content
from screening.rules.content import FACTS, PROTOCOLS, Content, read_content
from screening.rules.loading import ContentError
from screening.rules.reading import read_answers, read_json
from screening.rules.screening import screen

EXAMPLE = Path(__file__).parent.parent / "data" / "worked_example.json"


@pytest.fixture
def protocols(tmp_path: Path) -> Path:
    """A copy of two protocols, to be changed."""
    directory = tmp_path / "protocols"
    shutil.copytree(PROTOCOLS / "cautions", directory / "cautions")
    for name in ("vx-264.toml", "zimislecel-forward.toml"):
        shutil.copy(PROTOCOLS / name, directory)
    return directory


def read(protocols: Path) -> Content:
    return read_content([FACTS], [protocols], protocols.parent / "cache")


def kept(protocols: Path) -> list[Path]:
    return sorted((protocols.parent / "cache").iterdir())


def no_parsing(*args: object) -> NoReturn:
    raise AssertionError("content was parsed anew")


def test_kept_content_answers_as_parsed_content_does(
    protocols: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed = read(protocols)
    monkeypatch.setattr(content, "parse_content", no_parsing)
    found = read(protocols)
    assert found.protocols == parsed.protocols
    assert found.catalogue.sha256 == parsed.catalogue.sha256
    payload = read_json(EXAMPLE.read_bytes())
    first, second = (screen(one, read_answers(one.catalogue, payload)) for one in (parsed, found))
    assert first == second


def test_kept_content_is_data_in_json(protocols: Path) -> None:
    read(protocols)
    (file,) = kept(protocols)
    assert file.suffix == ".json"
    assert "protocols" in json.loads(file.read_bytes())


def test_a_changed_file_is_another_cache(protocols: Path) -> None:
    before = read(protocols)
    file = protocols / "vx-264.toml"
    file.write_text(file.read_text().replace('version = "2026-11-20"', 'version = "2026-11-21"'))
    after = read(protocols)
    assert len(kept(protocols)) == 2
    assert before.by_id["vx-264"].sha256 != after.by_id["vx-264"].sha256


@pytest.mark.parametrize("damage", [b"", b"{}", b"[", b"\x80\x04K\x01."])
def test_a_damaged_cache_is_made_anew(protocols: Path, damage: bytes) -> None:
    read(protocols)
    (file,) = kept(protocols)
    whole = file.read_bytes()
    file.write_bytes(damage)
    assert len(read(protocols).protocols) == 2
    assert file.read_bytes() == whole


def test_a_broken_file_is_never_kept(protocols: Path) -> None:
    read(protocols)
    before = kept(protocols)
    file = protocols / "vx-264.toml"
    file.write_text(file.read_text().replace("age BETWEEN", "agee BETWEEN"))
    with pytest.raises(ContentError, match="agee"):
        read(protocols)
    assert kept(protocols) == before


def test_a_start_from_the_cache_parses_no_rule(protocols: Path) -> None:
    read(protocols)
    start = (
        "import sys; from pathlib import Path;"
        " from screening.rules.content import FACTS, read_content;"
        f" read_content([FACTS], [Path({str(protocols)!r})], Path({str(protocols.parent / 'cache')!r}));"
        " assert 'sqlglot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", start], check=True, cwd=Path(__file__).parents[2])
