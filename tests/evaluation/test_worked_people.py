"""Ten people as a clinic meets them, and the sentences that a clinician has to find about each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from screening.interop.terminal import as_text
from screening.rules.content import load_content
from screening.rules.explanation import explain
from screening.rules.reading import read_answers

CONTENT = load_content()
PEOPLE: list[dict[str, Any]] = json.loads(Path(__file__).with_name("worked_people.json").read_text())


@pytest.mark.parametrize("person", PEOPLE, ids=[person["id"] for person in PEOPLE])
def test_each_worked_person_reads_as_a_clinician_would_say_it(person: dict[str, Any]) -> None:
    result = explain(CONTENT, read_answers(CONTENT.catalogue, person["answers"]), person["trials"])
    said = " ".join(as_text(result).split())
    assert [sentence for sentence in person["reads"] if sentence not in said] == [], person["story"]


def test_the_worked_people_cover_every_answer_and_every_deed() -> None:
    told = [
        trial
        for person in PEOPLE
        for trial in explain(CONTENT, read_answers(CONTENT.catalogue, person["answers"]))["trials"]
    ]
    deeds = {
        step["do"] for trial in told for ways in trial["would_change"] for way in ways["ways"] for step in way
    }
    assert len(PEOPLE) == 10
    assert {trial["candidacy"] for trial in told} == {"likely", "possible", "not_yet", "unlikely"}
    assert deeds == {"wait", "find_out", "work_on", "fixed"}
