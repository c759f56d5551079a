"""What would change an answer, what to do next and what time does, as the result page says it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from screening.models import Screening, User
from screening.presentation.result import ResultPage, result_page
from screening.presentation.texts import catalogue_words
from screening.presentation.words import CLOSED_STATUSES, day
from tests.web.pages import one_line, words_of
from tests.web.recorded import payload, record

pytestmark = pytest.mark.django_db


def page_of(screening: Screening) -> ResultPage:
    words = catalogue_words(screening.catalogue.text)
    return result_page(screening.result, catalogue=words, country="US")


def open_trials(screening: Screening) -> list[dict[str, Any]]:
    return [
        trial
        for trial in screening.result["trials"]
        if trial["kind"] != "guideline" and trial["recruitment"]["status"] not in CLOSED_STATUSES
    ]


def all_steps(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for trial in result["trials"]:
        for ways in trial["would_change"]:
            for way in ways["ways"]:
                yield from way


def test_every_criterion_that_does_not_pass_says_what_would_change_it(clinician: User) -> None:
    screening = record(clinician)
    for trial in screening.result["trials"]:
        open_ones = {one["id"] for one in trial["criteria"] if one["decides"] and one["outcome"] != "pass"}
        told = [id_ for ways in trial["would_change"] for id_ in ways["criteria"]]
        assert sorted(told) == sorted(open_ones), trial["id"]
        assert all(ways["ways"] for ways in trial["would_change"])


def test_a_dose_above_the_limit_is_worked_on_down_to_the_limit(clinician: User) -> None:
    heavy = payload(
        insulin_dose={"value": "84", "unit": "units/day", "on": "2026-11-01"},
        weight={"value": "70", "unit": "kg", "on": "2026-11-01"},
    )
    screening = record(clinician, heavy)
    (texts,) = {
        step["text"]
        for step in all_steps(screening.result)
        if step["do"] == "work_on" and step["facts"] == ["insulin_dose_per_kg"]
    } or [""]
    assert texts.startswith("Work on insulin dose per kilogram: 1 units/kg/day or less")
    assert "now: insulin dose per kilogram 1.2 units/kg/day" in texts


def test_a_low_hba1c_is_worked_for_no_further_than_its_goal(clinician: User) -> None:
    """One trial is for people before diabetes: a normal HbA1c without insulin is no aim here."""
    screening = record(clinician, payload(hba1c={"value": "7.8", "unit": "%", "on": "2026-10-01"}))
    steps = list(all_steps(screening.result))
    assert not [step for step in steps if step["do"] == "work_on" and "5.7 %" in step["target"]]
    assert [step for step in steps if step["do"] == "fixed" and "5.7 %" in step["target"]]


def test_steps_say_their_target_and_their_day(clinician: User) -> None:
    screening = record(clinician, payload(birth_date="2009-03-01", diagnosis_date="2022-06-01"))
    waits = [step for step in all_steps(screening.result) if step["do"] == "wait"]
    assert waits
    for step in all_steps(screening.result):
        assert step["target"] in step["text"]
    for step in waits:
        assert day(step["on"]) in step["text"]


def test_the_page_says_every_way_in_full(signed_in: Client, clinician: User) -> None:
    screening = record(clinician)
    said = words_of(signed_in.get(screening.get_absolute_url()))
    for trial in screening.result["trials"]:
        for ways in trial["would_change"]:
            for way in ways["ways"][:4]:
                assert all(one_line(step["text"]) in said for step in way)


def test_likely_trials_are_to_be_referred_first_and_then_the_questions_in_rank(clinician: User) -> None:
    screening = record(clinician)
    page = page_of(screening)
    kinds = [step.kind for step in page.next_steps]
    likely = [trial for trial in open_trials(screening) if trial["candidacy"] == "likely"]
    assert (kinds[0] == "refer") is bool(likely)
    asked = [step.what for step in page.next_steps if step.kind not in ("refer", "wait")]
    ranked = [one["label"].lower() for one in screening.result["next_best"] if one["waiting"] is None]
    assert [what.lower() for what in asked] == ranked[: len(asked)]
    assert asked


def test_a_result_on_its_way_is_waited_for_and_not_ordered_again(clinician: User) -> None:
    first = record(clinician).result["next_best"][0]["fact"]
    sent = {"unknown": "sent", "due": "2026-12-01"}
    screening = record(clinician, payload(**{first: sent}))
    (step,) = [one for one in page_of(screening).next_steps if one.verb == "Wait for"]
    assert step.kind == "wait"


def test_what_an_answer_settles_is_said_with_its_number_of_trials(clinician: User) -> None:
    screening = record(clinician)
    ranked = screening.result["next_best"][0]
    (step,) = [one for one in page_of(screening).next_steps if one.what.lower() == ranked["label"].lower()]
    for settled in ranked["settles"]:
        assert settled["when"].lower() in step.why.lower()
        number = len(settled["trials"])
        assert f"{number} trial{'s' if number > 1 else ''} {settled['to'].replace('_', ' ')}" in step.why


def test_near_misses_fail_by_one_criterion_alone(clinician: User) -> None:
    screening = record(clinician)
    misses = {miss.trial_id: miss for miss in page_of(screening).near_misses}
    expected = {trial["id"] for trial in open_trials(screening) if trial["counts"]["fail"] == 1}
    assert set(misses) == expected
    assert expected
    for trial in open_trials(screening):
        if trial["id"] in misses:
            (failing) = [one for one in trial["criteria"] if one["decides"] and one["outcome"] == "fail"]
            assert misses[trial["id"]].why == failing[0]["why"]


def test_the_chart_of_turns_has_a_bar_for_each_trial_that_time_changes(
    signed_in: Client, clinician: User
) -> None:
    screening = record(clinician)
    chart = page_of(screening).turn_chart
    assert chart is not None
    turning = {f"trial-{trial['id']}" for trial in open_trials(screening) if trial["turns"]}
    assert {row.anchor for row in chart.rows} == turning
    said = words_of(signed_in.get(screening.get_absolute_url()))
    for row in chart.rows:
        assert one_line(row.said) in said
        ends = [span.x + span.width for span in row.spans]
        assert ends[-1] == pytest.approx(chart.width, abs=1)
        assert [span.x for span in row.spans[1:]] == pytest.approx(ends[:-1], abs=1)


def test_long_groups_fold_what_is_unlikely_and_what_cannot_be_decided(clinician: User) -> None:
    for group in page_of(record(clinician)).groups:
        folded = [card.id for fold in group.folds for card in fold.cards]
        assert sorted([*folded, *(card.id for card in group.shown)]) == sorted(
            card.id for card in group.cards
        )
        if len(group.cards) > 4 and not group.folded:
            assert all(card.indicated and card.candidacy != "unlikely" for card in group.shown)


def test_every_sentence_says_what_it_compared(clinician: User) -> None:
    """The value, threshold, unit and day of what a number decided are in its sentence."""
    screening = record(clinician)
    looked_at = 0
    for trial in screening.result["trials"]:
        for criterion in trial["criteria"]:
            facts = [
                fact for fact in criterion["facts"] if fact["on"] is not None and fact["origin"] == "lab"
            ]
            if criterion["reason"] not in ("in_range", "out_of_range") or len(criterion["facts"]) != 1:
                continue
            for fact in facts:
                looked_at += 1
                assert str(fact["value"]) in criterion["why"]
                assert fact["unit"] in criterion["why"]
                assert day(fact["on"]) in criterion["why"]
                threshold = re.findall(r"[0-9]+(?:\.[0-9]+)?", criterion["rule"].partition(" ")[2])
                assert any(number.rstrip("0").rstrip(".") in criterion["why"] for number in threshold)
    assert looked_at > 5


EVENT = {"on": "2026-11-05", "assistance": True, "impaired": True}


def quiet_sensor(on: str = "2026-11-10", value: str = "0") -> dict[str, Any]:
    return payload(
        cgm_use={"value": True, "on": "2026-11-10"},
        cgm_time_below_54={"value": value, "unit": "%", "on": on, "origin": "device"},
    )


@pytest.mark.parametrize(
    ("event", "sensor", "told"),
    [
        (EVENT, quiet_sensor(), True),
        (EVENT | {"on": "2026-10-28"}, quiet_sensor(), True),
        (EVENT | {"on": "2026-10-27"}, quiet_sensor(), False),
        (EVENT | {"on": "2026-11-11"}, quiet_sensor(), False),
        (EVENT | {"on": "2026-11"}, quiet_sensor(), False),
        (EVENT | {"assistance": False}, quiet_sensor(), False),
        (EVENT, quiet_sensor(value="0.2"), False),
        (EVENT, quiet_sensor(on="2026-11"), False),
    ],
)
def test_a_diary_is_held_against_the_sensor_only_where_both_surely_overlap(
    clinician: User, event: dict[str, Any], sensor: dict[str, Any], told: bool
) -> None:
    screening = record(clinician, sensor | {"severe_hypoglycemic_events": [event]})
    said = [item.text for item in page_of(screening).against if item.kind == "Diary and sensor differ"]
    assert len(said) == (1 if told else 0)
    for text in said:
        assert day(event["on"]) in text
        assert "10 Nov 2026" in text


@pytest.mark.parametrize(
    ("value", "on", "told"),
    [
        ("9.1", "2026-10-02", True),
        ("9.1", "2026-10-01", True),
        ("9.1", "2026-10-03", False),
        ("7.80", "2026-10-01", False),
    ],
)
def test_two_results_a_day_apart_stand_side_by_side(
    signed_in: Client, clinician: User, value: str, on: str, told: bool
) -> None:
    first = record(clinician, payload(hba1c={"value": "7.8", "unit": "%", "on": "2026-10-01"}))
    second = payload(hba1c={"value": value, "unit": "%", "on": on})
    latest = record(clinician, second, of=first.participant)
    said = words_of(signed_in.get(latest.get_absolute_url()))
    sentence = f"HbA1c is {value} % on {day(on)} here, and 7.8 % on 1 Oct 2026 in an earlier pre-screen."
    assert (sentence in said) is told


def test_a_possible_trial_says_which_answer_decides_it_or_is_most_useful(clinician: User) -> None:
    screening = record(clinician)
    ranked = [one["fact"] for one in screening.result["next_best"]]
    cards = {card.id: card for group in page_of(screening).groups for card in group.cards}
    said = set()
    for trial in open_trials(screening):
        labels = {one["fact"]: one["label"] for one in trial["missing"]}
        told = cards[trial["id"]].decided_by
        if trial["candidacy"] != "possible" or not labels:
            assert told == ""
        elif len(labels) == 1:
            said.add("decides")
            assert told == f"{next(iter(labels.values()))} decides."
        else:
            said.add("first")
            first = next(labels[fact] for fact in ranked if fact in labels)
            assert told.lower() == f"most useful first: {first.lower()}."
    assert said == {"decides", "first"}


def test_the_notes_say_what_to_do_next_in_order(signed_in: Client, clinician: User) -> None:
    screening = record(clinician)
    said = words_of(signed_in.get(screening.get_absolute_url() + "notes/"))
    for place, step in enumerate(page_of(screening).next_steps, 1):
        assert f"{place}. {step.verb} {step.what}" in said
