"""`python3 manage.py cgm`: what it prints, what it asks, how it ends."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.clinical.traces import DATA, EXPECTED, NAMES
from tests.interop.cgm_files import clarity, plain

CLEAN, MESSY, SPARSE, _ = NAMES


def printed(*words: str) -> str:
    out = io.StringIO()
    call_command("cgm", *words, stdout=out)
    return out.getvalue()


def refused(*words: str) -> str:
    """Return what the command says when it ends with status 2."""
    said = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("cgm", *words, stderr=said)
    assert ended.value.code == 2
    return said.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_json_holds_the_expected_figures(name: str) -> None:
    expected = EXPECTED["traces"][name]
    found = json.loads(printed(str(DATA / name), "--zone", expected["timezone"], "--format", "json"))
    for key in ("timezone", "unit", "n_in_window", "episodes_lt70", "gri_zone", "sufficient_70pct_14d"):
        assert found[key] == expected[key]
    assert found["tir_70_180"] == pytest.approx(expected["tir_70_180"], abs=0.02)
    assert found["import"].items() >= expected["import"].items()


def test_text_says_what_was_found_and_what_was_not_used() -> None:
    said = printed(str(DATA / MESSY), "--zone", "America/New_York")
    assert "Sensor glucose, 25 Oct 2025 to 8 Nov 2025, clock: America/New_York" in said
    assert "In range, 70 to 180" in said
    assert "65.2 %" in said
    assert "Repeated readings (21): rows 34, 278, 453, 562, 751 and more" in said
    assert "Not enough" not in said


def test_text_greys_what_is_not_enough() -> None:
    said = printed(str(DATA / SPARSE), "--zone", "Europe/London")
    assert "Not enough: 70 % of 14 days are needed" in said
    targets = said.partition("Targets")[2].partition("Read from")[0]
    assert " met" not in targets
    assert targets.count("not known") == 9


def test_text_judges_no_target_that_nobody_verified() -> None:
    said = printed(str(DATA / CLEAN), "--zone", "UTC")
    assert "not judged: the limit was not seen in a source" in said


def test_zone_is_asked_with_the_option_that_answers() -> None:
    said = refused(str(DATA / CLEAN))
    assert "In which time zone did the person live?" in said
    assert "--zone Europe/London" in said


def test_every_question_is_printed_with_its_options(tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    at = [f"03/04/2026 0{hour}:{minute}" for hour in range(2) for minute in (10, 15, 20)]
    file.write_text(plain([12, 14, 20, 33, 12, 14], at))
    said = refused(str(file))
    assert all(option in said for option in ("--zone", "--unit mg/dL", "--unit mmol/L"))
    assert "--date-order day-first: the day comes first: 4/3 is 4 March" in said
    answers = ("--zone", "UTC", "--unit", "mmol/L", "--date-order", "day-first")
    assert "Dates" in printed(str(file), *answers)


def test_file_that_cannot_be_used_is_refused_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "export.xlsx"
    file.write_bytes(b"PK\x03\x04")
    assert refused(str(file), "--zone", "UTC").startswith("file: Export the readings as CSV or JSON")


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert refused(str(tmp_path / "none.csv")) == (
        "file: Name a file that can be read, like export.csv: no such file or directory\n"
    )
    assert "Name a file that can be read" in refused(str(tmp_path))


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    given = io.TextIOWrapper(io.BytesIO(clarity([100, 110, 120]).encode()))
    monkeypatch.setattr(sys, "stdin", given)
    assert "Read from Dexcom Clarity: 3 readings" in printed("-", "--zone", "Europe/London")


def test_other_units_are_no_option() -> None:
    with pytest.raises(CommandError, match="--unit"):
        call_command("cgm", str(DATA / CLEAN), "--unit", "mg")
