"""docs/cgm.md: its example is what the command prints; its tables name every option, code and limit."""

from __future__ import annotations

import io
import shlex

import pytest
from django.core.management import call_command
from django.core.management.base import CommandParser

from config.paths import ROOT
from screening.clinical.cgm.units import UNITS
from screening.interop.cgm.fhir import SENSOR_READINGS
from screening.interop.cgm.table import MAX_ROWS
from screening.interop.cgm.text import MAX_MEGABYTES
from screening.management.commands.cgm import Command
from tests.docs.markdown import DOCS, blocks, first_codes, read, sections, tables

TEXT = read(DOCS / "cgm.md")
SECTIONS = sections(TEXT)


def test_example_is_what_the_command_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = blocks(TEXT, "text")
    command, _, shown = example.body.partition("\n")
    words = shlex.split(command)
    assert words[:4] == ["$", "python3", "manage.py", "cgm"]
    printed = io.StringIO()
    monkeypatch.chdir(ROOT)
    call_command(*words[3:], stdout=printed)
    assert printed.getvalue() == shown


def test_every_option_of_the_command_is_explained_and_no_other() -> None:
    parser, bare = CommandParser(), CommandParser()
    Command().add_arguments(parser)
    own = {option for action in parser._actions for option in action.option_strings}
    common = {option for action in bare._actions for option in action.option_strings}
    assert set(first_codes(tables(TEXT)[0])) == own - common


def test_limits_and_codes_are_those_of_the_code() -> None:
    files = SECTIONS["Which files"]
    assert all(code in files for code in SENSOR_READINGS)
    assert f"{MAX_MEGABYTES} MB and {MAX_ROWS:,} rows" in files
    kept = SECTIONS["What becomes of the rows"]
    assert all(f"{unit.least:g} to {unit.most:g} {unit}" in kept for unit in UNITS)
    assert all(f"{unit.low_reading:g}" in kept and f"{unit.high_reading:g}" in kept for unit in UNITS)
