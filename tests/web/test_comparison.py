"""Trials side by side: what they ask on one subject stands in one row, and nothing is evaluated anew."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from screening.content import installed_content
from screening.models import Screening, User
from screening.models.people import Role
from screening.presentation import comparison as comparing
from screening.presentation.comparison import SUBJECTS, Comparison, Row, offered, preset, subjects_of
from screening.presentation.result import result_page
from screening.presentation.texts import catalogue_words
from screening.rules import screening as rules_screening
from tests.factories import make_site, make_user
from tests.web.pages import words_of
from tests.web.recorded import payload, record

pytestmark = pytest.mark.django_db
FORWARD, SERNOVA, LABEL, CIT = "zimislecel-forward", "sernova", "donislecel-label", "cit-07"


def address(screening: Screening, *trials: str) -> str:
    return f"{screening.get_absolute_url()}compare/?" + "&".join(f"trial={trial}" for trial in trials)


def compared(screening: Screening, *trials: str, change: Any = None) -> Comparison:
    """Return the comparison of `trials`; `change` may alter the stored trials first, by id."""
    result = json.loads(json.dumps(screening.result))
    if change is not None:
        change({trial["id"]: trial for trial in result["trials"]})
    words = catalogue_words(screening.catalogue.text)
    cards = {card.id: card for group in offered(result_page(result, catalogue=words)) for card in group.cards}
    return comparing.comparison([cards[trial] for trial in trials], words.labels)


def row(found: Comparison, title: str) -> Row:
    return next(row for section in found.sections for row in section.rows if row.title == title)


def ids(found: Row) -> list[list[str]]:
    return [[item.id for item in cell.items] for cell in found.cells]


# --- Rows


def test_limits_on_the_same_fact_stand_in_one_row(clinician: User) -> None:
    found = row(compared(record(clinician), SERNOVA, CIT), "HbA1c")
    assert ids(found) == [["E1c"], ["E3"]]
    assert [cell.items[0].text for cell in found.cells] == ["HbA1c above 13 %", "HbA1c above 10 %"]
    assert [cell.items[0].word for cell in found.cells] == ["Absent", "Ask the site"]


def test_every_criterion_stands_in_full_once(clinician: User) -> None:
    screening = record(clinician)
    found = compared(screening, SERNOVA, CIT)
    for place, trial_id in enumerate((SERNOVA, CIT)):
        trial = next(trial for trial in screening.result["trials"] if trial["id"] == trial_id)
        in_full = [
            item.id
            for one in found.sections[1].rows
            for item in one.cells[place].items
            if not item.text.startswith("See ")
        ]
        assert sorted(in_full) == sorted(criterion["id"] for criterion in trial["criteria"])


def test_a_criterion_of_two_subjects_is_told_in_both_rows(clinician: User) -> None:
    """Else a cell would say that nothing was seen, of a subject the trial does ask about."""
    found = compared(record(clinician), FORWARD, "sr-02")
    assert "I2" in ids(row(found, "Type of diabetes"))[1]
    (pointer,) = row(found, "Duration of diabetes and of insulin").cells[1].items
    assert (pointer.id, pointer.text, pointer.word) == ("I2", "See Type of diabetes", "Met")


def test_every_fact_that_a_rule_may_read_has_one_subject() -> None:
    names = [fact["name"] for fact in json.loads(installed_content().catalogue.canonical)]
    assert [name for name in names if not isinstance(subjects_of(name)[0], int)] == []
    stems = [stem for _title, stems in SUBJECTS for stem in stems]
    assert len(stems) == len(set(stems))


@pytest.mark.parametrize(
    ("rule", "titles"),
    [
        ("age BETWEEN 18 AND 65", ["Age"]),
        ("age_at_diagnosis < 40", ["Age at diagnosis"]),
        ("months_since_diagnosis < 6", ["Duration of diabetes and of insulin"]),
        ("blood_group IN ('A', 'age')", ["Blood group, counts and antibodies"]),
        ("months_since_aid_start >= 6", ["Insulin"]),
        (
            "severe_hypoglycemic_events_12m >= 2 OR clarke_score >= 4",
            ["Severe hypoglycaemic events", "Awareness of hypoglycaemia"],
        ),
    ],
)
def test_a_rule_is_about_what_it_reads(rule: str, titles: list[str]) -> None:
    assert [str(SUBJECTS[subject][0]) for subject in subjects_of(rule) if isinstance(subject, int)] == titles


def test_a_fact_of_a_sites_own_catalogue_has_a_row_of_its_own() -> None:
    assert subjects_of("polio_titre > 5 AND age > 4") == [subjects_of("age > 4")[0], "polio_titre"]


# --- What is marked


def test_rows_are_marked_where_answers_differ(clinician: User) -> None:
    def fail_one(trials: dict[str, Any]) -> None:
        trials[LABEL]["criteria"][0]["outcome"] = "fail"

    screening = record(clinician)
    assert row(compared(screening, FORWARD, LABEL), "Age").mark == "Asked differently"
    changed = compared(screening, FORWARD, LABEL, change=fail_one)
    assert row(changed, "Age").mark == "Answers differ"
    assert "Age" in [one.title for one in changed.differing]


def test_a_failure_that_the_other_trial_does_not_ask_for_counts_as_a_difference(clinician: User) -> None:
    found = compared(
        record(clinician, payload(egfr={"value": 40, "unit": "mL/min/1.73 m²", "on": "2026-11-01"})),
        FORWARD,
        "celz-201",
    )
    kidney = row(found, "Kidney function and albumin")
    assert kidney.cells[1].items[0].word == "Not met"
    assert (kidney.cells[0].items, kidney.cells[0].none) == ([], "None seen")
    assert kidney.answers_differ


def test_not_known_beside_nothing_seen_is_no_different_answer(clinician: User) -> None:
    found = row(compared(record(clinician), FORWARD, SERNOVA), "Weight")
    assert found.cells[1].items[0].word == "Not known"
    assert (found.mark, found.answers_differ) == ("Not in every trial", False)


def test_a_trial_beside_itself_differs_in_nothing(clinician: User) -> None:
    found = compared(record(clinician), CIT, CIT)
    assert {one.mark for section in found.sections for one in section.rows} == {""}
    assert found.differing == []


def test_counts_say_zero_and_what_only_the_site_can_say(clinician: User) -> None:
    counts = row(compared(record(clinician), FORWARD, SERNOVA), "Criteria that decide")
    assert [item.text for item in counts.cells[0].items] == [
        "5 met, 0 not met, 3 not known",
        "4 more only the site can say",
    ]


def test_what_is_not_known_beside_the_criteria_is_counted_and_named(clinician: User) -> None:
    screening = record(clinician)
    found = compared(screening, LABEL, FORWARD)
    for place, trial_id in enumerate((LABEL, FORWARD)):
        trial = next(trial for trial in screening.result["trials"] if trial["id"] == trial_id)
        unknown = [item["text"] for item in trial["cautions_unknown"]]
        (said,) = row(found, "Cautions not known").cells[place].items
        assert said.text == f"{len(unknown)} to look at"
        assert all(text in said.why for text in unknown)
        limits = " ".join(item.text + item.why for item in row(found, "Limitations").cells[place].items)
        assert all(item["text"] in limits for item in trial["limitations"])
        assert trial["limitations"] or not limits


def test_raised_cautions_and_harms_say_so(clinician: User) -> None:
    raised = payload(brain_injury={"value": True, "on": "2026-11-20"})
    found = compared(record(clinician, raised), FORWARD, LABEL)
    harm = row(found, "Known harms").cells[0].items[0]
    assert (harm.symbol, "Earlier brain injury" in harm.word) == ("caution", True)
    assert harm.sources
    assert any("brain injury" in item.text for item in row(found, "Cautions against").cells[0].items)


# --- The page


def test_page_shows_the_asked_trials_and_no_other(signed_in: Client, clinician: User) -> None:
    screening = record(clinician)
    response = signed_in.get(address(screening, SERNOVA, LABEL, FORWARD))
    assert response.status_code == 200
    assert {card.id for card in response.context["comparison"].cards} == {SERNOVA, LABEL, FORWARD}
    said = words_of(response)
    assert screening.participant.reference in said
    assert "eligible" not in said.lower()
    for text in ("Known harms", "Not public", "Ask the site", "Recruiting, seen 4 Oct 2026."):
        assert text in said


def test_result_leads_to_the_two_most_promising_open_trials(signed_in: Client, clinician: User) -> None:
    screening = record(clinician)
    link = f"{screening.get_absolute_url()}compare/"
    assert f'href="{link}"' in signed_in.get(screening.get_absolute_url()).content.decode()
    response = signed_in.get(link)
    cards = response.context["comparison"].cards
    assert [card.id for card in cards] == preset(response.context["groups"], 2)
    assert all(card.candidacy in ("likely", "possible") for card in cards)
    assert FORWARD in {card.id for card in cards}
    page = response.content.decode()
    assert page.count(" checked>") == 2


def test_what_is_out_of_reach_is_never_put_first(signed_in: Client, clinician: User) -> None:
    """An islet transplant rules out the trials that are open; the label stays, though it is to be checked."""
    screening = record(clinician, payload(islet_transplant={"value": True, "on": "2026-11-20"}))
    cards = signed_in.get(f"{screening.get_absolute_url()}compare/").context["comparison"].cards
    assert "unlikely" not in {card.candidacy for card in cards}


@pytest.mark.parametrize(
    ("trials", "said"),
    [
        ([SERNOVA], "Tick 2 to 4 trials: 1 ticked now."),
        ([SERNOVA, SERNOVA], "Tick 2 to 4 trials: 1 ticked now."),
        ([SERNOVA, LABEL, FORWARD, CIT, "cit-06"], "Tick 2 to 4 trials: 5 ticked now."),
        ([SERNOVA, "nothing"], "This pre-screen has no trial of that name"),
        ([SERNOVA, "igls-indication"], "This pre-screen has no trial of that name"),
        ([""], "This pre-screen has no trial of that name"),
        (["%00", "%FF"], "This pre-screen has no trial of that name"),
    ],
)
def test_any_other_choice_is_told_what_to_do(
    signed_in: Client, clinician: User, trials: list[str], said: str
) -> None:
    response = signed_in.get(address(record(clinician), *trials))
    assert response.status_code == 422
    assert said in words_of(response)
    assert response.context["comparison"] is None
    assert "<title>Error:" in response.content.decode()


def test_hostile_text_in_the_address_is_never_run(signed_in: Client, clinician: User) -> None:
    response = signed_in.get(address(record(clinician), "<script>alert(1)</script>", "x"))
    assert b"<script>alert(1)" not in response.content


def test_nothing_is_evaluated_anew(
    signed_in: Client, clinician: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    screening = record(clinician)

    def evaluated(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a stored pre-screen was evaluated again")

    monkeypatch.setattr(rules_screening, "screen", evaluated)
    monkeypatch.setattr("screening.content.installed_content", evaluated)
    assert signed_in.get(address(screening, SERNOVA, FORWARD)).status_code == 200


def test_own_view_comes_first_where_the_site_has_it_so(signed_in: Client, clinician: User) -> None:
    screening = record(clinician)
    make_site().__class__.objects.update(own_view_first=True)
    response = signed_in.get(address(screening, SERNOVA, FORWARD))
    assert (response.status_code, response["Location"]) == (302, screening.get_absolute_url())


def test_another_clinic_finds_nothing(client: Client, clinician: User) -> None:
    screening = record(clinician)
    client.force_login(make_user(Role.CLINICIAN, make_site("riverside")))
    assert client.get(address(screening, SERNOVA, FORWARD)).status_code == 404


def test_a_replaced_pre_screen_says_so(signed_in: Client, clinician: User) -> None:
    screening = record(clinician)
    record(clinician, replaces=screening)
    assert "This pre-screen was replaced" in words_of(signed_in.get(address(screening, SERNOVA, FORWARD)))
