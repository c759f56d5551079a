"""The worked example of the documentation, answered by hand: what every reader of it must get."""

import json
from pathlib import Path
from typing import Any

import pytest

from screening.rules.content import load_content
from screening.rules.reading import read_answers, read_json
from screening.rules.screening import screen

EXAMPLE = Path(__file__).parent.parent / "data" / "worked_example.json"


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    content = load_content()
    return screen(content, read_answers(content.catalogue, read_json(EXAMPLE.read_bytes())))


def criterion(result: dict[str, Any], trial: str, name: str) -> dict[str, Any]:
    protocol = next(one for one in result["trials"] if one["id"] == trial)
    return next(one for one in protocol["criteria"] if one["id"] == name)


def trial(result: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in result["trials"] if one["id"] == name)


def test_the_answer_is_plain_json(result: dict[str, Any]) -> None:
    assert json.loads(json.dumps(result)) == result
    assert len(result["trials"]) == len(load_content().protocols)


def test_both_events_lie_inside_twelve_months_for_certain(result: dict[str, Any]) -> None:
    events = criterion(result, "zimislecel-forward", "I3")
    assert (events["condition"], events["outcome"], events["reason"]) == ("true", "pass", "in_range")
    assert events["facts"][0]["value"] == 2
    assert events["margin"] == {"value": 0.0, "unit": "events"}
    assert events["why"] == (
        "2 severe events since 20 Nov 2025 (Dec 2025 to Feb 2026; 4 Mar 2026); "
        "needs 2 or more: passes with none to spare."
    )


def test_the_older_event_may_leave_the_window_from_2_december(result: dict[str, Any]) -> None:
    # On 1 December the window starts on 1 December 2025 and still holds all of December.
    assert criterion(result, "zimislecel-forward", "I3")["changes_on"] == "2026-12-02"


def test_zimislecel_is_possible_until_the_older_event_has_left_for_certain(result: dict[str, Any]) -> None:
    forward = trial(result, "zimislecel-forward")
    assert forward["candidacy"] == "possible"
    assert forward["counts"] == {"pass": 5, "fail": 0, "unknown": 3}
    assert forward["lapses_on"] == "2027-03-01"
    assert [one["fact"] for one in forward["missing"]] == ["islet_transplant", "cell_therapy", "steroid_need"]


def test_the_gold_score_alone_shows_impaired_awareness(result: dict[str, Any]) -> None:
    awareness = criterion(result, "zimislecel-forward", "I5")
    assert awareness["why"] == "Gold score 5 (20 Nov 2026); needs Gold score 4 or more (1 of 2 ways): passes."


def test_a_censored_c_peptide_is_below_the_limit(result: dict[str, Any]) -> None:
    c_peptide = criterion(result, "uchicago-cirb24-0324", "I6")
    assert c_peptide["outcome"] == "pass"
    assert c_peptide["facts"] == [
        {
            "name": "c_peptide_stimulated",
            "value": "<0.05",
            "unit": "ng/mL",
            "on": "2026-09-30",
            "origin": "procedure",
        }
    ]


def test_advisory_and_unverified_criteria_never_count(result: dict[str, Any]) -> None:
    for name, reason in (("I4", "advisory"), ("I6", "advisory"), ("I7", "unverified")):
        shown = criterion(result, "zimislecel-forward", name)
        assert (shown["decides"], shown["outcome"], shown["reason"]) == (False, "unknown", reason)
    because = {one["id"]: one["because"] for one in trial(result, "zimislecel-forward")["to_confirm"]}
    assert because["I6"].startswith("Seen for phase 1/2 only")
    assert because["I7"] == "not seen in any source"
    assert because["E1b"] == "secondary source"


def test_more_than_one_event_excludes_from_the_closed_trial_only_for_now(result: dict[str, Any]) -> None:
    closed = trial(result, "vx-264")
    assert (closed["candidacy"], closed["not_before"]) == ("not_yet", "2026-12-02")


def test_the_indication_is_there_with_its_open_steps(result: dict[str, Any]) -> None:
    indication = result["indication"]
    assert indication["status"] == "true"
    assert "education_completed" in {fact for step in indication["open_steps"] for fact in step["facts"]}


def test_a_score_not_done_is_missing_and_keeps_its_criterion_open(result: dict[str, Any]) -> None:
    clarke = criterion(result, "uchicago-cirb24-0324", "I7")
    assert (clarke["outcome"], clarke["reason"]) == ("unknown", "missing")
    assert clarke["why"] == "Clarke score not done; needs 4 or more: not known."
