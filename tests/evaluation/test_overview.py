"""The panel's short answer is the long one, cut down."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

import pytest

from screening.demo.people import STORIES, Story, Teller
from screening.rules.candidacy import Candidacy
from screening.rules.content import load_content
from screening.rules.next_best import next_best
from screening.rules.overview import lapses, most_useful, overview
from screening.rules.protocol import CLOSED_STATUSES
from screening.rules.reading import read_answers
from screening.rules.screening import rulebook, screen
from tests.evaluation.persons import someone


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


def takes_people(record: dict[str, Any]) -> bool:
    return record["kind"] != "guideline" and record["recruitment"]["status"] not in CLOSED_STATUSES


@pytest.mark.parametrize("seed", range(0, 40, 4))
def test_a_trial_is_decided_where_its_record_leaves_nothing_open(seed: int) -> None:
    content = load_content()
    answers = read_answers(content.catalogue, someone(seed))
    for trial, record in zip(
        overview(content, answers).trials, screen(content, answers)["trials"], strict=True
    ):
        outcomes = {one["outcome"] for one in record["criteria"] if one["decides"]}
        assert trial.decided is ("fail" in outcomes or "unknown" not in outcomes)
        assert trial.takes_people is takes_people(record)


def test_standings_lapse_on_the_days_of_their_records() -> None:
    content = load_content()
    found = 0
    for seed in range(24):
        told = someone(seed)
        answers = read_answers(content.catalogue, told)
        until = answers.as_of + timedelta(days=500)
        expected = {
            (record["lapses_on"], record["id"])
            for record in screen(content, answers)["trials"]
            if takes_people(record)
            and record["candidacy"] in ("likely", "possible")
            and record["lapses_on"] is not None
            and record["lapses_on"] <= until.isoformat()
        }
        ending = lapses(content, answers, overview(content, answers), until)
        assert {(day.isoformat(), protocol.id) for day, protocol in ending} == expected
        assert [day for day, _ in ending] == sorted(day for day, _ in ending)
        found += len(ending)
    assert found > 0


def test_questions_of_a_stage_are_ranked_as_among_all() -> None:
    content = load_content()
    answers = read_answers(content.catalogue, {"as_of": "2026-11-20", "facts": {"diabetes_type": "type_1"}})
    book = rulebook(content)
    whole = next_best(book, book.reader.known(answers)).ranked
    some = frozenset({"hba1c", "gold_score", "uacr"})
    part = most_useful(content, answers, among=some).ranked
    assert [one.fact for one in part] == [one.fact for one in whole if one.fact in some]
    assert part
