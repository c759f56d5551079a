"""The panel's short answer is the long one, cut down."""

from __future__ import annotations

import random
from datetime import date

import pytest

from screening.demo.people import STORIES, Story, Teller
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
