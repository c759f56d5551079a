"""The panel's short answer is the long one, cut down."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest

from screening.demo.people import STORIES, Story, Teller
from screening.rules.candidacy import Candidacy
from screening.rules.content import load_content
from screening.rules.overview import overview
from screening.rules.reading import read_answers
from screening.rules.screening import screen


@pytest.mark.parametrize("story", [story for story, _ in STORIES], ids=lambda story: story.__name__)
def test_overview_agrees_with_the_records(story: Story) -> None:
    content = load_content()
    for seed in range(6):
        teller = Teller(random.Random(seed), date(2026, 11, 20), si=seed % 2 == 1)
        story(teller)
        answers = read_answers(content.catalogue, teller.payload)
        short, long = overview(content, answers), screen(content, answers)
        assert short.indication is not None
        assert short.indication.value == long["indication"]["status"]
        for trial, record in zip(short.trials, long["trials"], strict=True):
            assert trial.protocol.id == record["id"]
            assert trial.candidacy.value == record["candidacy"]
            assert trial.counts == record["counts"]
            not_before = trial.not_before.isoformat() if trial.not_before is not None else None
            assert not_before == record["not_before"]
            assert [one.text for one in trial.cautions] == [one["text"] for one in record["cautions_against"]]
            assert trial.open_on >= {one["fact"] for one in record["missing"]}


def test_only_protocols_within_reach_ask_for_anything() -> None:
    """Somebody of 50 is asked nothing more for trials for younger people alone."""
    content = load_content()
    told = {"as_of": "2026-11-20", "facts": {"birth_date": "1976-01-01"}}
    short = overview(content, read_answers(content.catalogue, told))
    by_id = {trial.protocol.id: trial for trial in short.trials}
    assert by_id["celz-201"].candidacy is Candidacy.UNLIKELY
    within = [trial for trial in short.trials if trial.candidacy is not Candidacy.UNLIKELY]
    beyond = [trial for trial in short.trials if trial.candidacy is Candidacy.UNLIKELY]
    asked_there = frozenset[str]().union(*(trial.asks_for for trial in beyond))
    only_there = asked_there.difference(*(trial.asks_for for trial in within))
    assert only_there
    assert short.asks_for.isdisjoint(only_there)
    assert short.asks_for >= by_id["vx-264"].asks_for


@pytest.mark.parametrize(
    ("told", "nothing"),
    [
        ({"facts": {}}, True),
        ({"facts": {"hiv": {"unknown": "not done"}}}, True),
        ({"facts": {"hiv": False}}, False),
        ({"facts": {}, "severe_hypoglycemic_events": []}, False),
    ],
)
def test_nothing_is_known_until_one_question_has_an_answer(told: dict[str, Any], nothing: bool) -> None:
    content = load_content()
    answers = read_answers(content.catalogue, {"as_of": "2026-11-20"} | told)
    assert overview(content, answers).nothing_known is nothing
