"""The worked example of the documentation, answered by hand: what every reader of it must get."""

import json
from pathlib import Path
from typing import Any

import pytest

from screening.rules.answers import Problems
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


@pytest.mark.parametrize(
    ("name", "why"),
    [
        (
            "celz-201",
            "3 of 10 criteria fail: Age 18 to 35 years; At most 180 days since diagnosis;"
            " C-peptide peak above 0.6 ng/mL in a 4-hour mixed-meal test.",
        ),
        ("up421", "1 of 7 criteria fails: Diagnosed before the age of 18."),
        (
            "vx-264",
            "1 of 11 criteria fails: More than one severe hypoglycaemic event."
            " By time alone, none fails from 2 Dec 2026 on.",
        ),
        (
            "zimislecel-forward",
            "3 of 8 criteria not known: Earlier islet transplant; Earlier cell therapy;"
            " Need for systemic corticosteroids.",
        ),
        (
            "unmet-need",
            "All 2 deciding criteria pass; no more can be said, because guidance describes the person;"
            " the islet centre decides the indication.",
        ),
    ],
)
def test_the_headline_says_what_fails_or_is_not_known(result: dict[str, Any], name: str, why: str) -> None:
    assert trial(result, name)["why"] == why


def test_open_steps_ask_for_the_answers_they_read(result: dict[str, Any]) -> None:
    assert {step["id"]: step["facts"] for step in result["indication"]["open_steps"]} == {
        "T1": ["education_completed"],
        "T2": ["cgm_use", "cgm_start_date"],
        "T3": ["injections_per_day", "insulin_delivery"],
        "T4": ["insulin_delivery", "aid_start_date", "aid_unsuitable"],
        "T5": ["specialist_visits_12m"],
    }


# --- Beside the example


def screened(facts: dict[str, Any], *trials: str) -> dict[str, Any]:
    content = load_content()
    return screen(content, read_answers(content.catalogue, {"as_of": "2026-11-20", "facts": facts}), trials)


def test_cautions_are_told_apart_by_what_is_known_of_them() -> None:
    (found,) = screened({"hiv": True, "hepatitis_b": False}, "zimislecel-forward")["trials"]
    against, unknown = ({one["id"] for one in found[f"cautions_{part}"]} for part in ("against", "unknown"))
    assert against == {"hiv"}
    assert "hepatitis-c" in unknown
    assert not unknown & {"hiv", "hepatitis-b"}


def test_a_result_on_its_way_is_told_with_the_day_it_is_due() -> None:
    sent = {"unknown": "sent", "due": "2026-12-01"}
    facts = {"c_peptide_stimulated": sent, "hba1c": {"unknown": "not done"}}
    (found,) = screened(facts, "uchicago-cirb24-0324")["trials"]
    waiting = {one["fact"]: one["waiting"] for one in found["missing"]}
    assert waiting["c_peptide_stimulated"] == {"due": "2026-12-01"}
    assert waiting["hba1c"] is None
    labels = {one["fact"]: (one["label"], one["obtained_by"]) for one in found["missing"]}
    assert labels["hba1c"] == ("HbA1c", "lab")
    assert labels["severe_hypoglycemic_events"] == ("Severe events", "ask")


def test_every_contradiction_is_told_once_with_the_answers_behind_it() -> None:
    facts = {
        "birth_date": "1983-05-01",
        "sex": "female",
        "creatinine": {"value": 1.4, "on": "2026-10-01"},
        "egfr": {"value": 60, "on": "2026-10-01"},
        "kidney_transplant": "functioning",
        "organ_transplant": False,
    }
    assert screened(facts)["conflicts"] == [
        {
            "facts": ["kidney_transplant", "organ_transplant"],
            "text": "Kidney transplant and Organ transplant contradict each other.",
        },
        {
            "facts": ["egfr", "creatinine", "birth_date", "sex"],
            "text": "eGFR reported as 60 mL/min/1.73 m² (1 Oct 2026), but worked out as 48"
            " from creatinine 1.4 mg/dL (1 Oct 2026).",
        },
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [("vx264", "No protocol is called 'vx264': did you mean 'vx-264'?"), ("x" * 70, f"called '{'x' * 60}'")],
)
def test_a_trial_nobody_knows_is_refused(name: str, said: str) -> None:
    with pytest.raises(Problems) as refused:
        screened({}, "vx-264", name)
    (problem,) = refused.value.problems
    assert said in problem.message
