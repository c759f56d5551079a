"""The project's table of worked examples, and what is said of a table that does not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from screening.content import installed_content
from screening.interop.vectors import Example, NotVectors, check, read_vectors

TABLE = Path(__file__).parent.parent / "data" / "score_vectors.json"
EXAMPLES = read_vectors(TABLE.read_bytes())
GOLD = {"id": "gold-x", "score": "gold", "inputs": {"score": 4}, "expected": {"category": "impaired"}}


def differences(*vectors: dict[str, Any]) -> list[tuple[str, ...]]:
    examples = read_vectors(json.dumps({"vectors": vectors}).encode())
    return [one.differences for one in check(examples, installed_content().catalogue)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.id)
def test_a_worked_example_is_reproduced(example: Example) -> None:
    [checked] = check([example], installed_content().catalogue)
    assert checked.differences == ()


def test_the_table_is_whole() -> None:
    assert len(EXAMPLES) == json.loads(TABLE.read_bytes())["meta"]["count"] == 184


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"expected": {"category": "normal"}}, "category: 'impaired', expected 'normal'"),
        ({"expected": {"category": None}}, "category: 'impaired', expected None"),
        ({"expected": {"class": "impaired"}}, "class: None, expected 'impaired'"),
        ({"score": "golden"}, "no score is called 'golden' here"),
        ({"inputs": {}}, "its inputs are not those of gold (KeyError)"),
    ],
)
def test_what_comes_out_otherwise_is_named(change: dict[str, Any], said: str) -> None:
    assert differences(GOLD | change) == [(said,)]


def test_numbers_keep_to_the_tolerance_and_all_else_is_exact() -> None:
    """Seen to fail with a comparison in which true is 1."""
    bmi = {"score": "bmi", "inputs": {"weight_kg": 70, "height_cm": 175}}
    level = {
        "score": "hypoglycemia_level",
        "inputs": {"glucose": 60, "unit": "mg/dL", "altered_state_needing_assistance": False},
    }
    kept, wide, true = differences(
        bmi | {"id": "kept", "expected": {"bmi": 22.86}, "tolerance": {"abs": 0.01}},
        bmi | {"id": "wide", "expected": {"bmi": 22.86}, "tolerance": "exact"},
        level | {"id": "true", "expected": {"level": True}},
    )
    assert kept == ()
    assert wide[0].startswith("bmi: 22.857")
    assert true == ("level: 1, expected True",)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "no examples"),
        (b'{"vectors": []}', "no examples"),
        (b'{"vectors": [3]}', "example 1"),
        (b'{"vectors": [{"id": "a", "score": "gold", "inputs": []}]}', 'example 1: needs "inputs"'),
        (json.dumps({"vectors": [GOLD | {"tolerance": "close"}]}).encode(), "tolerance"),
        (b" " * 10_000_001, "more than 10 MB"),
    ],
)
def test_a_file_that_is_no_table_is_refused(raw: bytes, said: str) -> None:
    with pytest.raises(NotVectors, match=said):
        read_vectors(raw)


# --- The command


def test_the_command_counts_and_writes_a_dated_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("verify_scores", str(TABLE), output=tmp_path)
    said = capsys.readouterr().out
    assert "184 of 184 examples reproduced" in said
    [report] = tmp_path.iterdir()
    assert report.name.startswith("verify-scores-20")
    assert "| clarke | 14 | 14 | 0 |" in report.read_text("utf-8")


def test_the_command_names_each_failure_and_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "table.json"
    table.write_text(json.dumps({"vectors": [GOLD, GOLD | {"id": "gold-y", "expected": {"category": "no"}}]}))
    with pytest.raises(SystemExit) as ended:
        call_command("verify_scores", str(table), output=tmp_path / "reports")
    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert "gold-y: category: 'impaired', expected 'no'\n1 of 2 examples reproduced" in said
    [report] = (tmp_path / "reports").iterdir()
    assert "- gold-y: category" in report.read_text("utf-8")


@pytest.mark.parametrize("name", ["absent.json", "empty.json", "."])
def test_the_command_refuses_what_is_no_table(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.json").write_bytes(b"")
    with pytest.raises(SystemExit) as ended:
        call_command("verify_scores", str(tmp_path / name), output=tmp_path / "reports")
    assert ended.value.code == 2
    assert name.rstrip(".") in capsys.readouterr().err
    assert not (tmp_path / "reports").exists()
