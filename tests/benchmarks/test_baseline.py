"""The screening written by hand says what the rules say, so that comparing their cost means something."""

from datetime import date
from functools import cache
from typing import Any

import pytest

from screening.rules.content import Content, load_content
from screening.rules.reading import read_answers
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
    by_hand = baseline.screen(known_texts(), read)
    by_rules = screen(content(), read, baseline.TRIALS)
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


def asked_on_the_day(value: Any) -> dict[str, Any]:
    return {"value": value, "on": "2026-11-01"}


SELDOM: dict[str, dict[str, Any]] = {
    "events of any day, and a list that is not complete": {
        "severe_hypoglycemic_events": [
            {"on": {"from": "2020-01-01", "to": "2026-11-20"}, "assistance": True, "impaired": True},
            {"on": {"from": "2020-01-01", "to": "2026-11-20"}},
            {"on": "2026-03", "assistance": True, "impaired": True},
        ],
        "severe_hypoglycemic_events_complete_since": None,
    },
    "a Clarke score that is not what its questions come to": {
        "facts": {
            "clarke_score": asked_on_the_day(1),
            "clarke_q1": asked_on_the_day("no_longer"),
            "clarke_q2": {"value": True, "on": "2025-01-01"},
            "clarke_q3": asked_on_the_day("more_than_once_a_month"),
            "clarke_q4": asked_on_the_day(3),
            "clarke_q7": asked_on_the_day("<40"),
            "clarke_q8": asked_on_the_day("never"),
            "gold_score": asked_on_the_day(2),
        }
    },
    "an eGFR that is not what the creatinine comes to, and no sex": {
        "facts": {
            "birth_date": "1983",
            "egfr": asked_on_the_day(40),
            "creatinine": {"value": "70", "unit": "umol_l", "on": "2026-11-01"},
            "creatinine_mean_3m": {"value": "<0.6", "unit": "mg_dl", "on": "2026-11-01"},
        }
    },
    "measures that disagree": {
        "facts": {
            "clarke_score": asked_on_the_day(5),
            "gold_score": asked_on_the_day(2),
            "hypo_score": asked_on_the_day(100),
            "systolic_bp": asked_on_the_day(185),
            "diastolic_bp": asked_on_the_day(80),
            "gfr_measured": asked_on_the_day(90),
            "egfr": asked_on_the_day(50),
        }
    },
    "a floor in another unit, and results on their way": {
        "facts": {
            "hba1c": {"value": "8.2", "unit": "percent", "on": "2026-11-01"},
            "c_peptide_fasting": {"value": "60", "unit": "pmol_l", "on": "2026-11-01"},
            "autoantibodies_positive": asked_on_the_day({"gad65": True}),
            "blood_group": {"unknown": "sent", "due": "2026-12-01"},
            "pra": {"unknown": "sent"},
            "planned_surgery": asked_on_the_day(False),
        }
    },
}


@pytest.mark.parametrize("about", SELDOM)
def test_people_with_what_is_seldom_get_the_same_records(about: str) -> None:
    assert_both_say_the_same({"as_of": "2026-11-20", **SELDOM[about]})


@pytest.mark.parametrize("seed", range(0, 200, 20))
def test_made_up_people_get_the_same_records(seed: int) -> None:
    for one in range(seed, seed + 20):
        assert_both_say_the_same(someone(one))
