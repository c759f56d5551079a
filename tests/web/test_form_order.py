"""The form follows what is worth knowing next: what the panel says, and the order of the questions."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from screening.clinical.dates import say_day
from screening.content import installed_content
from screening.forms.stages import form_set
from screening.interop.typed import read_typed
from screening.models import Draft
from screening.presentation.words import CLOSED_STATUSES, day
from screening.rules.answers import Answers
from screening.rules.next_best import next_best
from screening.rules.screening import rulebook, screen
from tests.web.forms import address, begin, fill, inputs
from tests.web.pages import words_of

pytestmark = pytest.mark.django_db

FORM = form_set(installed_content().catalogue)
LATER = [stage for stage in FORM.stages if stage not in FORM.quick]
CHART = {
    "birth_date": "1 May 1983",
    "sex": "female",
    "diabetes_type": "type_1",
    "diagnosis_date": "2004",
    "kidney_transplant": "none",
    "immunosuppression": "no",
    "organ_transplant": "no",
}


@pytest.fixture
def half_filled(signed_in: Client) -> Draft:
    draft = begin(signed_in)
    fill(signed_in, draft, "chart", **CHART)
    fill(signed_in, draft, "person", gold_score="5", insulin_delivery="injections", cgm_use="yes")
    return draft


def answers_of(draft: Draft) -> Answers:
    draft.refresh_from_db()
    answers = read_typed(installed_content().catalogue, draft.typed, draft.as_of).answers
    assert answers is not None
    return answers


def ranked(draft: Draft) -> list[str]:
    book = rulebook(installed_content())
    return [one.fact for one in next_best(book, book.reader.known(answers_of(draft))).ranked]


def trials_open_to_people(draft: Draft) -> list[dict[str, Any]]:
    return [
        trial
        for trial in screen(installed_content(), answers_of(draft))["trials"]
        if trial["kind"] != "guideline" and trial["recruitment"]["status"] not in CLOSED_STATUSES
    ]


def asked_on(page: HttpResponse) -> list[str]:
    """Return the questions of a page in turn, without those that settle nothing."""
    text = page.content.decode().partition('-settled"')[0]
    return re.findall(r'id="fact-([a-z0-9_]+)"', text)


# --- The panel


def test_the_panel_says_how_many_open_trials_are_decided(signed_in: Client, half_filled: Draft) -> None:
    trials = trials_open_to_people(half_filled)
    outcomes = [{one["outcome"] for one in trial["criteria"] if one["decides"]} for trial in trials]
    decided = sum("fail" in found or "unknown" not in found for found in outcomes)
    assert 0 < decided < len(trials)
    page = signed_in.get(address(half_filled, "person"))
    assert f"{decided} of {len(trials)} open trials decided" in words_of(page)
    assert f'value="{decided}" max="{len(trials)}"' in page.content.decode()


def test_the_three_most_useful_questions_stand_in_the_panel(signed_in: Client, half_filled: Draft) -> None:
    page = signed_in.get(address(half_filled, "person")).content.decode()
    assert re.findall(r'name="ask" value="([^"]+)"', page) == ranked(half_filled)[:3]


def test_what_an_answer_settles_is_said_in_the_unit_it_is_typed_in(
    signed_in: Client, half_filled: Draft
) -> None:
    fill(signed_in, half_filled, "chart", c_peptide_fasting="?")
    before = words_of(signed_in.get(address(half_filled, "person")))
    assert re.search(r"Order stimulated C-peptide Settles [^.]* if [^,]*0\.3[^,]* ng/mL", before) is not None
    fill(signed_in, half_filled, "chart", c_peptide_stimulated__unit="pmol_l")
    after = words_of(signed_in.get(address(half_filled, "person")))
    assert re.search(r"Order stimulated C-peptide Settles [^.]* if [^,]* pmol/L", after) is not None


def test_a_result_on_its_way_is_waited_for(signed_in: Client, half_filled: Draft) -> None:
    first = ranked(half_filled)[0]
    label = FORM.catalogue.facts[first].label
    assert "Wait for" not in words_of(signed_in.get(address(half_filled, "person")))
    fill(
        signed_in,
        half_filled,
        FORM.by_fact[first].id,
        **{f"{first}__unknown": "yes", f"{first}__why": "sent"},
    )
    said = words_of(signed_in.get(address(half_filled, "person")))
    assert f"wait for {label}".lower() in said.lower()


def test_a_number_of_two_missing_answers_is_not_ranked(signed_in: Client, half_filled: Draft) -> None:
    page = words_of(signed_in.get(address(half_filled, "person")))
    assert "Cannot rank: BMI needs weight and height" in page
    assert "3-month mean" not in page, "its question is behind a closed gate"
    fill(signed_in, half_filled, "insulin_and_care", weight="70")
    page = words_of(signed_in.get(address(half_filled, "person")))
    assert "BMI needs" not in page


def test_nothing_is_ranked_before_the_first_answer(signed_in: Client) -> None:
    draft = begin(signed_in)
    page = signed_in.get(address(draft, "blood"))
    assert "Most useful next" not in words_of(page)
    assert "most useful next" not in words_of(page)
    assert "0 of " in words_of(page)
    in_catalogue = [fact.name for stage in LATER if stage.id == "blood" for fact in stage.section.facts]  # type: ignore[union-attr]
    assert asked_on(page) == [name for name in in_catalogue if name in asked_on(page)]


def test_a_standing_that_ends_soon_presses(signed_in: Client) -> None:
    draft = begin(signed_in)
    diagnosed = draft.as_of - timedelta(days=120)
    typed = {**CHART, "birth_date": "1 May 2000", "diagnosis_date": say_day(diagnosed)}
    fill(signed_in, draft, "chart", **typed)
    until = (draft.as_of + timedelta(days=120)).isoformat()
    pressing = [
        trial
        for trial in trials_open_to_people(draft)
        if trial["candidacy"] in ("likely", "possible")
        and trial["lapses_on"] is not None
        and trial["lapses_on"] <= until
    ]
    assert pressing
    page = words_of(signed_in.get(address(draft, "chart")))
    for trial in pressing:
        line = f"Holds only if enrolled before {day(trial['lapses_on'])}: "
        assert trial["title"] in page[page.index(line) : page.index("Most useful next")]
    fill(signed_in, draft, "chart", diagnosis_date="1990")
    assert "Time-critical" not in words_of(signed_in.get(address(draft, "chart")))


@pytest.mark.parametrize(
    ("gate", "said", "name", "stage"),
    [
        ("cgm_use", "no", "cgm_active", "sensor_and_glucose"),
        ("insulin_delivery", "unknown", "injections_per_day", "insulin_and_care"),
    ],
    ids=["with what settles nothing", "behind its gate"],
)
def test_a_question_of_the_panel_opens_what_it_is_folded_into(
    signed_in: Client, half_filled: Draft, gate: str, said: str, name: str, stage: str
) -> None:
    fill(signed_in, half_filled, "person", **{gate: said})
    sent = inputs(signed_in.get(address(half_filled, "person")))
    answer = signed_in.post(address(half_filled, "person"), {**sent, "gold_score": "6", "ask": name})
    there = address(half_filled, stage)
    assert answer["Location"] == f"{there}?open={name}#{name}"
    half_filled.refresh_from_db()
    assert half_filled.typed["gold_score"] == "6", "what was typed is saved on the way"
    for query, is_open in ((f"{there}?open={name}", True), (there, False)):
        page = signed_in.get(query).content.decode()
        holding = re.split(r"(?=<details class=\"block )", page.partition(f'id="{name}"')[0])[-1]
        assert (" open>" in holding.partition(">")[0] + ">") is is_open


@pytest.mark.parametrize("name", ["nothing", "bmi", "../../", ""])
def test_a_question_that_is_not_asked_leads_nowhere(signed_in: Client, half_filled: Draft, name: str) -> None:
    answer = signed_in.post(address(half_filled, "person"), {"ask": name})
    assert answer["Location"] == address(half_filled, "person")


def test_severe_events_are_led_to_by_their_first_question(signed_in: Client, half_filled: Draft) -> None:
    answer = signed_in.post(address(half_filled, "person"), {"ask": "severe_hypoglycemic_events"})
    there = answer["Location"]
    assert there.partition("?")[0] == address(half_filled, "events")
    assert f'id="{there.partition("#")[2]}"' in signed_in.get(there).content.decode()


def test_the_review_links_to_the_questions(signed_in: Client, half_filled: Draft) -> None:
    page = signed_in.get(address(half_filled, "review")).content.decode()
    for name in ranked(half_filled)[:3]:
        if name in FORM.by_fact:
            assert f'href="../{FORM.by_fact[name].id}/?open={name}#{name}"' in page
    assert 'name="ask"' not in page


def test_saving_on_the_way_redraws_the_panel_alone(signed_in: Client, half_filled: Draft) -> None:
    sent = inputs(signed_in.get(address(half_filled, "blood")))
    answer = signed_in.post(address(half_filled, "panel"), {**sent, "platelets": "250000"})
    assert "Most useful next" in words_of(answer)
    assert 'id="fact-' not in answer.content.decode()


# --- The order of questions


@pytest.mark.parametrize("stage", [stage.id for stage in LATER])
def test_the_questions_that_settle_most_come_first(signed_in: Client, half_filled: Draft, stage: str) -> None:
    order = [name for name in ranked(half_filled) if name in FORM.asked[stage]]
    asked = asked_on(signed_in.get(address(half_filled, stage)))
    if order:
        first = next(group for group in FORM.forms[stage].groups if order[0] in names_of(group))
        assert asked[0] in names_of(first)
    for group in FORM.forms[stage].groups:
        places = [asked.index(name) for name in names_of(group) if name in asked]
        assert sorted(places) == list(range(min(places, default=0), min(places, default=0) + len(places)))
    bests = [
        min((order.index(n) for n in names_of(g) if n in order), default=99) for g in shown(stage, asked)
    ]
    assert bests == sorted(bests)


def names_of(group: Any) -> list[str]:
    return [name for block in group.blocks for name in block.names]


def shown(stage: str, asked: list[str]) -> list[Any]:
    """Return the groups of a stage that the page shows, as it shows them."""
    there = [group for group in FORM.forms[stage].groups if any(name in asked for name in names_of(group))]
    return sorted(there, key=lambda group: min(asked.index(n) for n in names_of(group) if n in asked))


def test_some_stage_is_not_in_the_order_of_the_catalogue(signed_in: Client, half_filled: Draft) -> None:
    """Else the tests beside this one would hold nothing."""
    moved = 0
    for stage in LATER:
        assert stage.section is not None
        asked = asked_on(signed_in.get(address(half_filled, stage.id)))
        moved += asked != [fact.name for fact in stage.section.facts if fact.name in asked]
    assert moved > 3


def test_questions_that_belong_together_stay_together(signed_in: Client, half_filled: Draft) -> None:
    asked = asked_on(signed_in.get(address(half_filled, "awareness")))
    first = asked.index("clarke_q1")
    assert asked[first : first + 8] == [f"clarke_q{number}" for number in range(1, 9)]
    asked = asked_on(signed_in.get(address(half_filled, "insulin_and_care")))
    first = asked.index("insulin_dose")
    assert asked[first : first + 3] == ["insulin_dose", "weight", "height"]
    asked = asked_on(signed_in.get(address(half_filled, "infections")))
    assert asked.index("hepatitis_b_active") == asked.index("hepatitis_b") + 1


@pytest.mark.parametrize("stage", [stage.id for stage in LATER])
def test_an_answer_moves_no_question_of_its_page(signed_in: Client, half_filled: Draft, stage: str) -> None:
    before = asked_on(signed_in.get(address(half_filled, stage)))
    no = {name: "no" for name in before if FORM.catalogue.facts[name].kind == "yes_no"}
    fill(signed_in, half_filled, stage, **dict(list(no.items())[:3]))
    numbers = {"uacr": "12", "platelets": "250000", "specialist_visits_12m": "1", "hypo_score": "1200"}
    fill(signed_in, half_filled, stage, **{name: text for name, text in numbers.items() if name in before})
    after = asked_on(signed_in.get(address(half_filled, stage)))
    assert after == [name for name in before if name in after]


def test_ids_stay_unique_in_any_order(signed_in: Client, half_filled: Draft) -> None:
    for stage in LATER:
        page = signed_in.get(address(half_filled, stage.id)).content.decode()
        ids = re.findall(r'\bid="([^"]+)"', page)
        assert len(ids) == len(set(ids)), stage.id


def test_no_to_all_answers_the_items_of_a_block_that_moved(signed_in: Client, half_filled: Draft) -> None:
    page = signed_in.get(address(half_filled, "heart_liver_surgery"))
    key = re.search(r'name="no_to_all" value="([^"]+)"', page.content.decode())
    assert key is not None
    drawn = page.content.decode().partition(f'id="block-{key[1]}"')[2].partition('name="no_to_all"')[0]
    items = re.findall(r'id="fact-([a-z0-9_]+)"', drawn)
    signed_in.post(address(half_filled, "heart_liver_surgery"), {**inputs(page), "no_to_all": key[1]})
    half_filled.refresh_from_db()
    assert items
    assert {name for name in FORM.asked["heart_liver_surgery"] if half_filled.typed.get(name) == "no"} == set(
        items
    )


def test_the_whole_form_keeps_the_order_of_the_catalogue(signed_in: Client, half_filled: Draft) -> None:
    page = signed_in.get(address(half_filled, "all")).content.decode()
    page = re.sub(r'-settled".*?(?=<section|<div class="answers__foot)', "", page, flags=re.S)
    asked = [name for name in re.findall(r'id="fact-([a-z0-9_]+)"', page) if name in FORM.by_fact]
    assert len(asked) > 60
    assert asked == [name for name in FORM.catalogue.facts if name in asked]


# --- The order of stages


def led_to(client: Client, draft: Draft, here: str) -> str:
    location = fill(client, draft, here, "next")["Location"]
    return location.rstrip("/").rpartition("/")[2]


def test_next_goes_to_the_stage_that_settles_most(signed_in: Client, half_filled: Draft) -> None:
    best = next(FORM.by_fact[name] for name in ranked(half_filled) if FORM.by_fact.get(name) in LATER)
    page = signed_in.get(address(half_filled, "person"))
    assert f"Next: {best.title}" in words_of(page)
    assert led_to(signed_in, half_filled, "person") == best.id
    links = re.findall(
        r'name="go" value="(\w+)"(?:(?!</button>).)*most useful next', page.content.decode(), re.S
    )
    assert links == [best.id]


def test_next_comes_by_every_stage_once_and_ends_at_the_review(signed_in: Client, half_filled: Draft) -> None:
    here, seen = "chart", ["chart"]
    while here != "review":
        here = led_to(signed_in, half_filled, here)
        assert here not in seen
        seen.append(here)
        if here == "insulin_and_care":
            fill(signed_in, half_filled, here, weight="70", height="175")
    assert seen[:3] == ["chart", "events", "person"]
    assert len(seen) > 6
    assert seen[3:-1] != [stage.id for stage in LATER if stage.id in seen]
    page = words_of(signed_in.get(address(half_filled, seen[4])))
    assert f"Back: {FORM.by_id[seen[3]].title}" in page


def test_next_leaves_out_what_is_answered_by_then(signed_in: Client, half_filled: Draft) -> None:
    page = signed_in.get(address(half_filled, "person"))
    named = inputs(page)["after"]
    other = signed_in.get(address(half_filled, named))
    signed_in.post(address(half_filled, named), {**inputs(other), "do": "rest"})
    answer = signed_in.post(address(half_filled, "person"), {**inputs(page), "go": "next"})
    assert answer["Location"] != address(half_filled, named)
    assert answer["Location"].startswith(address(half_filled))


def test_a_new_round_begins_at_the_first_stage(signed_in: Client, half_filled: Draft) -> None:
    first = led_to(signed_in, half_filled, "person")
    assert led_to(signed_in, half_filled, first) != first
    led_to(signed_in, half_filled, "chart")
    assert led_to(signed_in, half_filled, "person") == first


def test_another_form_has_a_round_of_its_own(signed_in: Client, half_filled: Draft) -> None:
    first = led_to(signed_in, half_filled, "person")
    led_to(signed_in, half_filled, first)
    other = begin(signed_in)
    fill(signed_in, other, "chart", **CHART)
    fill(signed_in, other, "person", gold_score="5", insulin_delivery="injections", cgm_use="yes")
    assert led_to(signed_in, other, "person") == first
