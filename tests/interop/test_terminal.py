"""A result in a terminal: the order, the days and the words of its page."""

from __future__ import annotations

import json
from typing import Any

import pytest

from config.paths import ROOT
from screening.interop.terminal import as_text
from screening.rules.content import load_content
from screening.rules.explanation import explain
from screening.rules.reading import read_answers

CONTENT = load_content()


PERSON: dict[str, Any] = json.loads((ROOT / "tests" / "web" / "data" / "person.json").read_text())


def said(**facts: Any) -> str:
    person = PERSON | {"facts": PERSON["facts"] | facts}
    return as_text(explain(CONTENT, read_answers(CONTENT.catalogue, person)))


def test_trials_that_take_people_come_first_and_closed_ones_last() -> None:
    text = said()
    places = [
        text.index(f"[{trial}]")
        for trial in ("unmet-need", "zimislecel-kidney", "zimislecel-forward", "sernova", "opf-310", "cit-07")
    ]
    assert places == sorted(places)
    assert "Recruiting, seen 21 May 2025; not confirmed since: check with the site" in text
    assert "Guidance in force, seen 20 Nov 2026\n" in text
    assert "Completed, seen 20 Nov 2026" in text


def test_the_headline_counts_the_cautions_against() -> None:
    no = {"value": False, "on": "2026-11-20"}
    text = said(islet_transplant=no, cell_therapy=no, steroid_need=no)
    assert "LIKELY candidate on the published key criteria, 1 caution against: All 8" in text


@pytest.mark.parametrize(
    ("line", "times"),
    [("Holds until 1 Mar 2027", 1), ("Not before 2 Dec 2026", 0), ("2026-", 0)],
)
def test_days_are_those_of_the_page(line: str, times: int) -> None:
    assert said().count(line) == times


def test_answers_that_disagree_stand_at_the_top() -> None:
    text = said(kidney_transplant="functioning")
    told = "! Two answers disagree: Kidney transplant and Organ transplant contradict each other."
    assert told in text.splitlines()[1]


def test_what_never_decides_and_is_not_met_is_asked_about_first() -> None:
    assert "! Ask the site first: The severe hypoglycaemic events are documented (here not met)" in said()


def test_the_most_useful_questions_and_the_ways_to_pass_are_told() -> None:
    result = explain(CONTENT, read_answers(CONTENT.catalogue, PERSON), ["zimislecel-forward"])
    text = " ".join(as_text(result).split())
    first = result["next_best"][0]
    assert f"1. {first['label']}" in text
    for settled in first["settles"]:
        assert settled["when"].lower() in text.lower()
    for ways in result["trials"][0]["would_change"]:
        assert f"To pass {ways['criteria'][0]}" in text
        for step in ways["ways"][0]:
            assert step["text"][1:] in text
