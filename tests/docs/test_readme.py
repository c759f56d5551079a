"""The first page shows what the product has and prints."""

from __future__ import annotations

import io
import json
import shlex
from pathlib import Path

import pytest
from django.core.management import call_command

from config.bootstrap import SETS_UP
from config.paths import ROOT
from tests.docs.markdown import blocks, links, read

README = read(ROOT / "README.md")
LEFT_OUT = "…"


def test_the_criterion_is_the_files_own() -> None:
    (criterion,) = blocks(README, "toml")
    assert criterion.body in read(ROOT / "screening" / "protocols" / "zimislecel-forward.toml")


def test_the_person_is_that_of_the_file() -> None:
    (person,) = blocks(README, "json")
    assert person.body == read(ROOT / "docs" / "examples" / "person.json")
    assert json.loads(person.body)["as_of"] == "2026-11-20"


def test_the_answer_is_what_the_command_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    (answer,) = blocks(README, "text")
    command, *shown = answer.body.splitlines()
    words = shlex.split(command)
    assert words[:4] == ["$", "python3", "manage.py", "screen"]
    printed = io.StringIO()
    monkeypatch.chdir(ROOT)
    call_command(*words[3:], stdout=printed)
    rest = printed.getvalue().splitlines()
    for part in "\n".join(shown).split(f"\n{LEFT_OUT}\n"):
        lines = [line for line in part.splitlines() if line != LEFT_OUT]
        place = next((at for at in range(len(rest)) if rest[at : at + len(lines)] == lines), None)
        assert place is not None, f"the command does not print, in this order:\n{part}"
        rest = rest[place + len(lines) :]


def test_the_two_commands_set_up_by_themselves() -> None:
    (commands,) = blocks(README, "sh")
    assert [line.split("#")[0].split() for line in commands.body.splitlines()] == [
        ["python3", "manage.py", "demo"],
        ["python3", "manage.py", "test"],
    ]
    assert {"demo", "test"} <= set(SETS_UP)


def test_the_pictures_are_small_and_there() -> None:
    pictures = [Path(ROOT / target) for target in links(README) if target.endswith(".png")]
    assert [picture.name for picture in pictures] == ["result.png", "queue.png"]
    for picture in pictures:
        assert picture.read_bytes().startswith(b"\x89PNG")
        assert picture.stat().st_size < 300_000
