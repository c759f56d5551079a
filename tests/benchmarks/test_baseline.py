"""The screening written by hand says what the rules say, so that comparing their cost means something."""

from datetime import date
from functools import cache
from typing import Any

import pytest

from screening.rules.answers import read_answers
from screening.rules.content import Content, load_content
from screening.rules.screening import screen
from tests.benchmarks import baseline
from tests.benchmarks.people import payloads, texts
from tests.evaluation.persons import someone
from tests.protocols.people import HERE, payload, people_of


@cache
def content() -> Content:
    return load_content()


@cache
def known_texts() -> baseline.Texts:
    return texts(content(), date(2026, 11, 20))


def assert_both_say_the_same(answers: dict[str, Any]) -> None:
    read = read_answers(content().catalogue, answers)
    by_rules, by_hand = screen(content(), read), baseline.screen(known_texts(), read)
    differing = [
        (one["id"], by_rules_one, by_hand_one)
        for one, other in zip(by_rules["trials"], by_hand["trials"], strict=True)
        for by_rules_one, by_hand_one in zip(one["criteria"], other["criteria"], strict=True)
        if by_rules_one != by_hand_one
    ]
    assert differing == []
    assert by_hand == by_rules


@pytest.mark.parametrize("about", payloads())
def test_the_people_of_the_benchmark_get_the_same_records(about: str) -> None:
    assert_both_say_the_same(payloads()[about])


@pytest.mark.parametrize("protocol", sorted(path.stem for path in HERE.glob("*.toml")))
def test_the_people_of_each_criterion_get_the_same_records(protocol: str) -> None:
    for people in people_of(protocol).values():
        for person in (person for answer in people.values() for person in answer):
            assert_both_say_the_same(payload(person))


@pytest.mark.parametrize("seed", range(0, 200, 20))
def test_made_up_people_get_the_same_records(seed: int) -> None:
    for one in range(seed, seed + 20):
        assert_both_say_the_same(someone(one))
