"""docs/json.md: its examples are read and returned so, and its tables have every key and no other."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandParser

from config.paths import ROOT
from screening.clinical.hypoglycemia import ASKING_LASTS, CAUSES, RECORDS, SYMPTOMS, TELLERS
from screening.management.commands.screen import Command
from screening.rules import reading
from screening.rules.answers import Problems
from screening.rules.candidacy import Candidacy
from screening.rules.content import load_content
from screening.rules.explanation import explain
from screening.rules.reading import read_answers, read_json
from tests.docs.markdown import DOCS, blocks, codes, first_codes, read, sections, tables, with_body
from tests.evaluation.persons import someone

PAGE = DOCS / "json.md"
TEXT = read(PAGE)
SECTIONS = sections(TEXT)
CONTENT = load_content()
WORKED_EXAMPLE = ROOT / "tests" / "data" / "worked_example.json"

EVERY_KIND_OF_ANSWER = {
    "as_of": "2026-11-20",
    "facts": {
        "birth_date": {"from": "1961-06", "to": "1961-12"},
        "sex": "female",
        "diabetes_type": "type_1",
        "diagnosis_date": "1990",
        "kidney_transplant": "functioning",
        "organ_transplant": False,
        "hba1c": {"value": "53", "unit": "mmol/mol", "on": "2026-11-01"},
        "creatinine": {"value": 1.4, "on": "2026-11-01"},
        "egfr": {"value": 66, "on": "2026-11-01"},
        "c_peptide_fasting": {"value": "0.31", "on": "2026-11-01"},
        "c_peptide_stimulated": {"value": "<0.05", "on": "2024-11-01"},
        "gold_score": 6,
        "glucose_checks_per_day": {"value": 1, "on": "2026-11-20"},
        "cgm_use": True,
        "malignancy": "other",
        "neurocognitive_impairment": True,
        "autoantibodies_positive": {"gad65": True},
    },
    "severe_hypoglycemic_events": [{"on": "2026-03-04", "assistance": True, "impaired": True}],
    "severe_hypoglycemic_events_complete_since": None,
}
"""Someone whose answers are stale, undated, contradictory, unclear and cautioned against."""


# --- In


def test_the_example_is_the_worked_one() -> None:
    (example,) = blocks(TEXT, "json answers")
    assert json.loads(example.body) == json.loads(read(WORKED_EXAMPLE))


def test_every_key_of_the_answers_is_explained() -> None:
    assert tuple(first_codes(tables(SECTIONS["In"])[0])) == reading._TOP_KEYS
    assert tuple(first_codes(tables(SECTIONS["One answer"])[0])) == reading._ANSWER_KEYS
    assert tuple(first_codes(tables(SECTIONS["One severe event"])[0])) == reading._EVENT_KEYS


def test_every_choice_of_an_event_is_named() -> None:
    said = {codes(row[0])[0]: codes(row[1]) for row in tables(SECTIONS["One severe event"])[0][1:]}
    assert set(said["symptoms"]) - {"[]"} == set(SYMPTOMS)
    assert set(said["cause"]) == set(CAUSES)
    assert set(said["documented"]) == set(RECORDS)
    assert set(said["told_by"]) == set(TELLERS)


def test_every_origin_and_reason_is_named() -> None:
    origin = next(row for row in tables(SECTIONS["One answer"])[0] if row[0] == "`origin`")
    assert set(codes(origin[1])) == set(reading.ORIGINS)
    asked = next(row for row in tables(SECTIONS["Not known"])[0] if "not known" in codes(row[1]))
    assert set(codes(asked[1])) == set(reading.WHY_NOT_KNOWN)


def _examples() -> Iterator[str]:
    for title, column in (("One answer", 1), ("Not known", 0)):
        for row in tables(SECTIONS[title])[-1][1:]:
            yield from codes(row[column])


@pytest.mark.parametrize("example", list(_examples()))
def test_an_answer_is_read_as_the_page_writes_it(example: str) -> None:
    payload = json.loads(f'{{"as_of": "2026-11-20", "facts": {{{example}}}}}')
    found = read_answers(CONTENT.catalogue, payload)
    assert len(found.known) + len(found.not_known) == 1


def test_every_kind_of_fact_has_an_example() -> None:
    kinds = {fact.kind for fact in CONTENT.catalogue.facts.values() if fact.asked}
    said = {kind for row in tables(SECTIONS["One answer"])[-1][1:] for kind in row[0].split(", ") if kind}
    assert said == kinds


def test_limits_are_those_of_the_reader() -> None:
    assert (reading.MAX_BYTES, reading.MAX_EVENTS) == (1_000_000, 200)
    assert f"{ASKING_LASTS.days} days later" in SECTIONS["In"]


# --- Refused


def _problems(text: str) -> str:
    with pytest.raises(Problems) as refused:
        read_answers(CONTENT.catalogue, read_json(text))
    return "".join(f"{problem}\n" for problem in refused.value.problems)


def test_problems_are_told_as_the_page_says() -> None:
    (example,) = blocks(TEXT, "json refused")
    _up_to_date(with_body(read(PAGE), "text", _problems(example.body), after="```json refused"))


@pytest.mark.parametrize(
    ("file", "said"),
    [(row[0].strip("`"), row[1].strip("`")) for row in tables(SECTIONS["What is refused"])[0][1:]],
)
def test_a_file_is_refused_as_the_page_says(file: str, said: str) -> None:
    text = " " * 1_000_001 if file == "more than 1 MB" else file
    assert _problems(text) == f"{said}\n"


def test_bad_input_ends_with_exit_code_2(monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = blocks(TEXT, "json refused")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(example.body.encode())))
    told = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("screen", "-", stderr=told)
    assert ended.value.code == 2
    assert told.getvalue() == _problems(example.body)


def test_every_argument_of_the_command_is_explained() -> None:
    parser = CommandParser()
    Command().add_arguments(parser)
    own = [
        action.metavar if action.dest == "file" else action.option_strings[0] for action in parser._actions
    ]
    assert first_codes(tables(SECTIONS["The command"])[0]) == [name for name in own if name != "-h"]


# --- Out


@cache
def results() -> list[dict[str, Any]]:
    people = [json.loads(read(WORKED_EXAMPLE)), EVERY_KIND_OF_ANSWER, *map(someone, range(30))]
    return [explain(CONTENT, read_answers(CONTENT.catalogue, person)) for person in people]


OPAQUE = ("trials[].criteria[].facts[].value", "trials[].criteria[].facts[].on")
"""Keys whose value may be anything that an answer is."""


def _paths(value: Any, path: str = "") -> Iterator[str]:
    """Yield the path of every key in a result that holds no further keys."""
    if path in OPAQUE:
        yield path
    elif isinstance(value, dict) and value:
        for key, inner in value.items():
            step = "*" if path == "trials[].sources" else key
            yield from _paths(inner, f"{path}.{step}" if path else step)
    elif isinstance(value, list) and value and isinstance(value[0], dict | list):
        for inner in value:
            yield from _paths(inner, f"{path}[]")
    else:
        yield path


def _leaves(paths: set[str]) -> set[str]:
    """Return the paths that no other one goes on from."""
    inner = {path[:end] for path in paths for end in range(len(path)) if path[end] in ".["}
    return paths - inner


def test_every_key_of_the_result_is_explained_and_no_other() -> None:
    written: set[str] = set()
    for title, section in SECTIONS.items():
        objects = codes(title) if title != "The whole" else [""]
        for path in objects:
            written |= {f"{path}.{key}".lstrip(".") for key in first_codes(tables(section)[0])}
    returned = {path for result in results() for path in _paths(result)}
    assert _leaves(written) == _leaves(returned)


def test_objects_of_one_kind_always_have_the_same_keys() -> None:
    shapes: dict[str, set[frozenset[str]]] = {}

    def note(value: Any, path: str) -> None:
        if isinstance(value, dict) and path not in OPAQUE:
            if path != "trials[].sources":
                shapes.setdefault(path, set()).add(frozenset(value))
            for key, inner in value.items():
                note(inner, f"{path}.{'*' if path == 'trials[].sources' else key}".lstrip("."))
        elif isinstance(value, list):
            for inner in value:
                note(inner, f"{path}[]")

    for result in results():
        note(result, "")
    assert {path for path, keys in shapes.items() if len(keys) > 1} == set()


def test_every_reason_and_candidacy_is_explained_and_no_other() -> None:
    reasons = {
        criterion["reason"]
        for result in results()
        for trial in result["trials"]
        for criterion in trial["criteria"]
    }
    assert set(first_codes(tables(SECTIONS["A criterion: `trials[].criteria[]`"])[1])) == reasons
    named = first_codes(tables(SECTIONS["A trial: `trials[]`"])[1])
    assert named == [candidacy.value for candidacy in Candidacy]


def test_examples_of_the_result_are_what_is_returned() -> None:
    due = read(PAGE)
    for block in blocks(TEXT, "json result"):
        path = block.info.removeprefix("json result ")
        due = with_body(due, block.info, f"{json.dumps(_at(path), ensure_ascii=False, indent=2)}\n")
    _up_to_date(due)


def _at(path: str) -> Any:
    """Return the part of the worked example's result at `path`, like trials[vx-264].criteria[I1]."""
    value: Any = results()[0]
    for key, place in re.findall(r"([a-z_]+)(?:\[([^\]]+)\])?", path):
        value = value[key]
        if place.isdigit():
            value = value[int(place)]
        elif place:
            value = next(one for one in value if one["id"] == place)
    return value


def _up_to_date(due: str) -> None:
    written = read(PAGE)
    if written != due:
        PAGE.write_text(due, encoding="utf-8")
    assert written == due, "docs/json.md was out of date and has been written anew: commit it"
