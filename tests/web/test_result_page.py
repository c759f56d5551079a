"""The result page says everything the stored result says, and nothing more certain."""

from __future__ import annotations

import copy
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from screening.models import Screening, User
from screening.models.people import Role
from screening.presentation.ranking import standing
from screening.presentation.result import result_page
from screening.presentation.texts import catalogue_words
from screening.presentation.words import CLOSED_STATUSES
from tests.factories import make_site, make_user
from tests.web.pages import one_line, words_of
from tests.web.recorded import PERSON, payload, record

pytestmark = pytest.mark.django_db
HOSTILE = "<script>alert(1)</script>\"'&"


def sentences(result: dict[str, Any]) -> Iterator[str]:
    """Yield every text of a stored result that a reader has to find."""
    yield from (step["text"] for step in result["indication"]["open_steps"])
    yield from (step["why"] for step in result["indication"]["open_steps"])
    for trial in result["trials"]:
        yield from (trial["why"], trial["recruitment"]["note"], trial["therapy"])
        if trial["kind"] != "guideline":
            yield trial["title"]
        for criterion in trial["criteria"]:
            yield from (criterion["text"], criterion["why"], criterion["words"], criterion["rule"])
            yield from criterion["notes"]
        for part in ("limitations", "cautions_against", "cautions_unknown"):
            for item in trial[part]:
                yield from (item["text"], item["why"])
        yield from (item["text"] for item in trial["to_confirm"])
        yield from (item["text"] for item in trial["safety"])
        yield from (missing["label"] for missing in trial["missing"])
        yield from trial["gaps"]


def test_every_criterion_and_sentence_is_on_the_page(signed_in: Client, clinician: User) -> None:
    screening = record(clinician)
    said = words_of(signed_in.get(screening.get_absolute_url()))
    guideline_lines = {trial["why"] for trial in screening.result["trials"] if trial["kind"] == "guideline"}
    missing = [
        text
        for text in sentences(screening.result)
        if text and text not in guideline_lines and one_line(text) not in said
    ]
    assert missing == []


def test_each_criterion_has_an_anchor_of_its_own(signed_in: Client, clinician: User) -> None:
    screening = record(clinician)
    page = signed_in.get(screening.get_absolute_url()).content.decode()
    for trial in screening.result["trials"]:
        for criterion in trial["criteria"]:
            assert page.count(f'id="{trial["id"]}-{criterion["id"]}"') == 1


def test_head_line_says_who_when_and_by_whom(signed_in: Client, clinician: User) -> None:
    screening = record(clinician)
    said = words_of(signed_in.get(screening.get_absolute_url()))
    assert screening.participant.reference in said
    assert "43 years, female, type 1 diabetes for 21 to 22 years" in said
    assert f"Pre-screen of 20 Nov 2026 · {clinician.name}, St Anne" in said


def test_outcomes_are_told_in_words(signed_in: Client, clinician: User) -> None:
    screening = record(clinician, payload(islet_transplant={"value": True, "on": "2026-11-20"}))
    page = signed_in.get(screening.get_absolute_url()).content.decode()
    for word in ("Met", "Not met", "Not known", "Absent", "Present", "Ask the site"):
        assert f"</svg> {word}</p>" in page


def test_nothing_on_the_page_says_eligible(signed_in: Client, clinician: User) -> None:
    screening = record(clinician)
    for address in (screening.get_absolute_url(), screening.get_absolute_url() + "notes/"):
        assert "eligible" not in words_of(signed_in.get(address)).lower()


def test_harms_of_what_is_in_reach_stand_above_the_trials_once(clinician: User) -> None:
    screening = record(clinician, payload(brain_injury={"value": True, "on": "2026-11-20"}))
    page = _page(screening)
    in_reach = [
        trial
        for trial in screening.result["trials"]
        if trial["kind"] != "guideline"
        and trial["candidacy"] in ("likely", "possible")
        and trial["recruitment"]["status"] not in CLOSED_STATUSES
    ]
    cited = {item["text"] for trial in in_reach for item in trial["safety"]}
    assert cited
    assert sorted(harm.text for harm in page.safety.harms) == sorted(cited)
    assert all(harm.trials for harm in page.safety.harms)
    first = page.safety.harms[0]
    assert "died" in first.text
    assert first.raised
    assert "Earlier brain injury" in first.why


def test_harms_of_trials_to_check_stand_behind_those_that_take_people(clinician: User) -> None:
    screening = record(clinician)
    page = _page(screening)
    taking = {card.id for group in page.groups if group.id in ("here", "elsewhere") for card in group.cards}
    theirs = {
        item["text"] for one in screening.result["trials"] if one["id"] in taking for item in one["safety"]
    }
    assert page.safety.first
    assert page.safety.rest
    assert all(harm.raised or harm.text in theirs for harm in page.safety.first)
    assert not any(harm.raised or harm.text in theirs for harm in page.safety.rest)


def test_therapies_without_a_cited_harm_are_named_as_such(signed_in: Client, clinician: User) -> None:
    screening = record(clinician)
    box = _page(screening).safety
    assert box.not_found
    assert f"says nothing of their safety: {box.not_found}." in words_of(
        signed_in.get(screening.get_absolute_url())
    )


def test_no_harm_is_told_where_nothing_is_in_reach(clinician: User) -> None:
    assert _page(record(clinician, payload(diabetes_type="type_2"))).safety is None


def test_deadline_names_the_trial_the_day_and_the_criterion(signed_in: Client, clinician: User) -> None:
    no = {"value": False, "on": "2026-11-20"}
    screening = record(clinician, payload(islet_transplant=no, cell_therapy=no, steroid_need=no))
    said = words_of(signed_in.get(screening.get_absolute_url()))
    assert (
        "Holds only if enrolled before 2 Dec 2026: Zimislecel (VX-880) in type 1 diabetes with severe "
        "hypoglycaemia I3 Two or more severe hypoglycaemic events in the past 12 months" in said
    )
    assert "Certain only before 2 Dec 2026: Donislecel (Lantidra), United States label I4 Current" in said
    assert "“Possible” only before 5 Mar 2027" in said


def test_an_indication_that_is_certain_for_some_days_only_presses_too(clinician: User) -> None:
    """The standing itself stays possible: the events that may be too old become not known."""
    deadline = next(one for one in _page(record(clinician)).deadlines if one.trial_id == "zimislecel-forward")
    assert deadline.phrase == "Certain only before 2 Dec 2026"
    assert deadline.why.startswith("I3 Two or more severe hypoglycaemic events in the past 12 months")


def test_a_trial_that_opens_soon_says_from_when_and_until_when(clinician: User) -> None:
    screening = record(clinician, payload(birth_date="2008-12-10", diagnosis_date="2012"))
    deadline = next(one for one in _page(screening).deadlines if one.trial_id == "zimislecel-forward")
    assert deadline.phrase == "From 10 Dec 2026"
    trial = next(trial for trial in screening.result["trials"] if trial["id"] == "zimislecel-forward")
    trial["criteria"][1] |= {"changes_on": "2027-03-05", "changes_to": "fail"}
    deadline = next(one for one in _page(screening).deadlines if one.trial_id == "zimislecel-forward")
    assert deadline.phrase == "From 10 Dec 2026, and only before 5 Mar 2027"


def test_cautions_stand_above_the_trials(signed_in: Client, clinician: User) -> None:
    screening = record(clinician)
    said = words_of(signed_in.get(screening.get_absolute_url()))
    assert said.index("Caution: Surgery planned.") < said.index("Indication:") < said.index("Open in the")


def test_answers_that_disagree_stand_under_against(signed_in: Client, clinician: User) -> None:
    screening = record(clinician, payload(kidney_transplant="functioning"))
    told = "Two answers disagree: Kidney transplant and Organ transplant contradict each other."
    said = words_of(signed_in.get(screening.get_absolute_url()))
    assert said.index("Against") < said.index(told) < said.index("Caution: Surgery planned.")
    assert f"AGAINST: {told}" in words_of(signed_in.get(screening.get_absolute_url() + "notes/"))


LATER_KEYS = {"conflicts", "waiting", "changes_to"}


def test_a_result_stored_without_the_later_keys_is_drawn(clinician: User) -> None:
    def earlier(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: earlier(value) for key, value in part.items() if key not in LATER_KEYS}
        return [earlier(item) for item in part] if isinstance(part, list) else part

    screening = record(clinician)
    screening.result = earlier(screening.result)
    assert [card.id for group in _page(screening).groups for card in group.cards]


def test_another_type_of_diabetes_is_told_once_and_asks_for_nothing(
    signed_in: Client, clinician: User
) -> None:
    screening = record(clinician, payload(diabetes_type="type_2"))
    page = _page(screening)
    assert page.notices == ("All loaded trials are for type 1 diabetes, or are read for it alone.",)
    assert page.errands == page.later_errands == page.indication.open_steps == []
    said = words_of(signed_in.get(screening.get_absolute_url()))
    assert "All loaded trials are for type 1 diabetes, or are read for it alone." in said
    assert "Do next No open trial is in reach on its rules, so nothing is left to find out for one." in said
    assert "Steps of optimised insulin therapy" not in said


def test_type_1_is_not_what_decides_where_one_trial_is_open(clinician: User) -> None:
    assert _page(record(clinician)).notices == ()


@pytest.mark.parametrize(
    ("diabetes", "events", "short"),
    [
        ("type_1", PERSON["severe_hypoglycemic_events"], "Present: 2 severe events in 12 months"),
        (
            "type_1",
            [],
            "Not known: CGM use, time below 54 mg/dL, coefficient of variation and lability index",
        ),
        ("type_2", PERSON["severe_hypoglycemic_events"], "Not shown: type of diabetes: Type 2"),
        (None, None, "Not known: type of diabetes, severe events, CGM use, time below 54 mg/dL and 2 more"),
    ],
)
def test_the_indication_is_one_short_sentence(
    clinician: User, diabetes: str | None, events: list[Any] | None, short: str
) -> None:
    answers = payload(diabetes_type=diabetes) | {"severe_hypoglycemic_events": events}
    told = {name: answer for name, answer in answers.items() if answer is not None}
    indication = _page(record(clinician, told)).indication
    assert f"{indication.word}: {indication.short}" == short


def test_trials_stand_by_where_they_can_be_entered(clinician: User) -> None:
    screening = record(clinician)
    groups = {group.id: [card.id for card in group.cards] for group in _page(screening, "US").groups}
    assert groups["here"] == ["zimislecel-forward"]
    assert "zimislecel-kidney" in groups["elsewhere"]
    assert "sernova" in groups["check"]
    assert {"cit-06", "cit-07", "t-rex", "uih-002", "vx-264"} <= set(groups["closed"])
    assert not set(groups["closed"]) & {
        card for name in ("here", "elsewhere", "check") for card in groups[name]
    }
    assert list(groups) == ["here", "elsewhere", "check", "closed", "guidance"]


def test_guidelines_stand_apart_and_one_of_them_speaks_as_the_indication(clinician: User) -> None:
    screening = record(clinician)
    page = _page(screening, "US")
    guidelines = {trial["id"] for trial in screening.result["trials"] if trial["kind"] == "guideline"}
    (beside,) = (group for group in page.groups if group.id == "guidance")
    assert {card.id for card in beside.cards} == guidelines - {"unmet-need"}
    assert beside.folded
    lines = {card.id: card.line for card in beside.cards}
    assert lines["problematic-hypoglycaemia"] == "Met"
    assert lines["stepped-care"] == "2 of 4 not known"
    assert page.indication.card.id == screening.result["indication"]["protocol"] == "unmet-need"
    asked = {bearing.anchor for errand in page.errands for fact in errand.facts for bearing in fact.bears_on}
    assert not any(anchor.startswith(card.id) for anchor in asked for card in beside.cards)


def test_open_trials_are_one_group_where_the_country_is_not_known(clinician: User) -> None:
    groups = {group.id: group for group in _page(record(clinician), "").groups}
    assert "elsewhere" not in groups
    assert groups["here"].title == "Open"


def test_inside_a_group_candidacy_comes_before_cautions_and_unknowns(clinician: User) -> None:
    screening = record(clinician)
    ranks = ["likely", "possible", "not_yet", "unlikely"]
    for group in _page(screening, "US").groups:
        order = [ranks.index(card.candidacy) for card in group.cards]
        assert order == sorted(order)


def test_a_trial_of_which_it_is_not_public_whom_it_is_for_comes_after_the_others(clinician: User) -> None:
    groups = {group.id: [card.id for card in group.cards] for group in _page(record(clinician), "US").groups}
    assert groups["check"].index("sernova") < groups["check"].index("e-islet-01")
    assert groups["check"].index("e-islet-01") < groups["check"].index("opf-310")


def test_missing_facts_are_grouped_by_how_they_are_found_out(clinician: User) -> None:
    errands = {
        errand.id: [fact.label for fact in errand.facts] for errand in _page(record(clinician)).errands
    }
    assert "Cell therapy" in errands["fetch"]
    assert "Islet transplant" in errands["fetch"]
    assert set(errands) <= {"ask", "fetch", "look-up", "order"}


def test_a_missing_fact_names_the_criteria_that_wait_for_it(clinician: User) -> None:
    page = _page(record(clinician))
    facts = {fact.label: fact for errand in page.errands for fact in errand.facts}
    assert "zimislecel-forward-E1c" in {bearing.anchor for bearing in facts["Cell therapy"].bears_on}


def test_only_what_disagrees_or_is_old_is_said_to_be_so(clinician: User) -> None:
    old = {"value": False, "on": "2024-01-01"}
    answers = payload(kidney_transplant="functioning", organ_transplant=False, steroid_need=old)
    errands = _page(record(clinician, answers)).errands
    why = {fact.label: fact.why for errand in errands for fact in errand.facts}
    assert why["Kidney transplant"] == "two answers disagree"
    assert why["Need for steroids"] == "out of date"
    assert why["Steroid dose"] == ""


def test_a_result_on_its_way_is_waited_for_with_its_day(signed_in: Client, clinician: User) -> None:
    sent = {"unknown": "sent", "due": "2026-12-01"}
    screening = record(clinician, payload(steroid_need=sent, cell_therapy={"unknown": "sent"}))
    errands = {errand.id: errand for errand in _page(screening).errands}
    assert [(fact.label, fact.why) for fact in errands["waiting"].facts] == [
        ("Cell therapy", ""),
        ("Need for steroids", "due 1 Dec 2026"),
    ]
    assert "Cell therapy" not in [fact.label for fact in errands["fetch"].facts]
    said = words_of(signed_in.get(screening.get_absolute_url() + "notes/"))
    assert "WAITING FOR" in said
    assert "Need for steroids (due 1 Dec 2026)" in said


def test_changes_are_in_order_of_their_days(clinician: User) -> None:
    days = [day.iso for day in _page(record(clinician)).changes]
    assert "2026-12-02" in days
    assert days == sorted(set(days))


def test_an_open_range_reads_as_a_number_or_more(signed_in: Client, clinician: User) -> None:
    answers = payload()
    answers["severe_hypoglycemic_events_complete_since"] = None
    said = words_of(signed_in.get(record(clinician, answers).get_absolute_url()))
    assert "2 or more events" in said
    assert "any number" not in said
    assert "Margin 1 events" not in said


def test_a_change_says_which_value_goes_out_of_date_and_what_turns_into_what(clinician: User) -> None:
    screening = record(clinician, payload(hba1c=None))
    changes = {change.what for day in _page(screening).changes for change in day.changes}
    assert "Out of date from the next day: Stimulated C-peptide of 30 Sep 2026" in changes
    assert "Two or more severe hypoglycaemic events in the past 12 months: Met → Not known" in changes


def test_the_end_of_not_yet_is_good_news_and_told_once(clinician: User) -> None:
    screening = record(clinician, payload(birth_date="2008-12-10", diagnosis_date="2012"))
    page = _page(screening)
    (change,) = [
        change
        for day in page.changes
        if day.iso == "2026-12-10"
        for change in day.changes
        if "zimislecel-forward" in str(change.where) and "Age" not in change.what
    ]
    assert change.what == "Nothing speaks against any more: pre-screen again"
    cards = {card.id: card for group in page.groups for card in group.cards}
    assert cards["zimislecel-forward"].line == "Not yet: not before 10 Dec 2026"
    assert cards["zimislecel-forward"].holds_until == ""


def test_a_trial_that_takes_nobody_any_more_opens_on_no_day(clinician: User) -> None:
    screening = record(clinician)
    stopped = next(trial for trial in screening.result["trials"] if trial["id"] == "vx-264")
    assert stopped["not_before"] == "2026-12-02"
    cards = {card.id: card for group in _page(screening).groups for card in group.cards}
    assert cards["vx-264"].line == "Not yet"
    assert cards["vx-264"].holds_until == ""


def test_hostile_text_is_shown_and_never_run(signed_in: Client, clinician: User) -> None:
    screening = _with_texts_replaced(record(clinician))
    for address in (screening.get_absolute_url(), screening.get_absolute_url() + "notes/"):
        page = signed_in.get(address).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_page_is_drawn_from_the_stored_result_alone(
    signed_in: Client, clinician: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    screening = record(clinician)

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a recorded pre-screen is never evaluated anew")

    monkeypatch.setattr("screening.rules.content.load_content", refuse)
    monkeypatch.setattr("screening.content.load_content", refuse)
    assert signed_in.get(screening.get_absolute_url()).status_code == 200


def test_replaced_and_replacing_name_each_other(signed_in: Client, clinician: User) -> None:
    first = record(clinician)
    second = record(clinician, payload(gold_score={"value": 2, "on": "2026-11-20"}), replaces=first)
    earlier = signed_in.get(first.get_absolute_url())
    later = signed_in.get(second.get_absolute_url())
    assert "This pre-screen was replaced" in words_of(earlier)
    assert second.get_absolute_url() in earlier.content.decode()
    assert reverse("correct", args=[first.participant.reference, first.pk]) not in earlier.content.decode()
    assert "This pre-screen replaces an earlier one" in words_of(later)
    assert first.get_absolute_url() in later.content.decode()


def test_diagnosis_two_to_five_years_ago_says_that_few_trials_are_loaded(
    signed_in: Client, clinician: User
) -> None:
    screening = record(clinician, payload(diagnosis_date="2023-05"))
    said = words_of(signed_in.get(screening.get_absolute_url()))
    assert "most loaded protocols ask for a shorter or a longer time" in said


NEVER_DECIDES = "Insulin-treated for at least 5 years (here not met)"


def test_a_criterion_that_fails_and_never_decides_is_asked_about_first(
    signed_in: Client, clinician: User
) -> None:
    screening = record(clinician, payload(insulin_start_date="2024-05"))
    said = words_of(signed_in.get(screening.get_absolute_url()))
    assert "Possible: 3 of 8 not known 1 caution against" in said
    assert (
        said.index("Ask the site first:")
        < said.index(NEVER_DECIDES)
        < said.index("3 of 8 criteria not known")
    )
    notes = words_of(signed_in.get(screening.get_absolute_url() + "notes/"))
    assert NEVER_DECIDES in notes


def test_a_trial_to_ask_about_first_stands_below_its_like(clinician: User) -> None:
    trials = {trial["id"]: trial for trial in record(clinician).result["trials"]}
    asked = trials["zimislecel-forward"]
    like = copy.deepcopy(asked)
    next(one for one in like["criteria"] if one["id"] == "I4")["condition"] = "unknown"
    assert standing(like) < standing(asked)


def test_notes_are_plain_text_with_reasons_and_errands(signed_in: Client, clinician: User) -> None:
    screening = record(clinician)
    said = words_of(signed_in.get(screening.get_absolute_url() + "notes/"))
    assert "TIME-CRITICAL:" in said
    assert "AGAINST: Caution: Surgery planned." in said
    assert "FETCH FROM THE RECORD" in said
    assert "not a decision: the trial's site decides" in said


def test_notes_begin_with_the_key_values_and_their_dates(signed_in: Client, clinician: User) -> None:
    creatinine = {"value": "0.9", "unit": "mg/dL", "on": "2026-10-01"}
    screening = record(clinician, payload(creatinine=creatinine))
    said = words_of(signed_in.get(screening.get_absolute_url() + "notes/"))
    for value in (
        "HbA1c 7.8 % (1 Oct 2026)",
        "Stimulated C-peptide <0.05 ng/mL (30 Sep 2026)",
        "mL/min/1.73 m² (worked out from creatinine of 1 Oct 2026)",
        "Gold score 5 (20 Nov 2026)",
        "Clarke score not known (not done)",
        "Insulin delivery not known",
        "; 4 Mar 2026), asked 20 Nov 2026",
    ):
        assert value in said


def test_notes_are_short_and_leave_closed_trials_out(signed_in: Client, clinician: User) -> None:
    page = signed_in.get(record(clinician).get_absolute_url() + "notes/")
    assert len(page.context["text"].splitlines()) <= 50
    assert "VX-264" not in page.context["text"]
    assert "OPF-310" in page.context["text"]


def test_result_page_reads_ten_times_and_writes_that_it_was_read(
    signed_in: Client, clinician: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    address = record(clinician).get_absolute_url()
    with django_assert_max_num_queries(10 + 2):
        signed_in.get(address)


@pytest.mark.parametrize(
    ("role", "status"),
    [(None, 403), (Role.COORDINATOR, 403), (Role.ADMINISTRATOR, 404), (Role.MONITOR, 403)],
)
def test_result_is_for_clinicians_alone(
    client: Client, clinician: User, role: Role | None, status: int
) -> None:
    screening = record(clinician)
    client.force_login(make_user(role))
    assert client.get(screening.get_absolute_url()).status_code == status


def test_result_of_another_site_is_not_found(client: Client, clinician: User) -> None:
    screening = record(clinician)
    client.force_login(make_user(site=make_site("st-bede")))
    assert client.get(screening.get_absolute_url()).status_code == 404


def test_reference_and_number_have_to_belong_together(signed_in: Client, clinician: User) -> None:
    first, second = record(clinician), record(clinician)
    wrong = reverse("result", args=[second.participant.reference, first.pk])
    assert signed_in.get(wrong).status_code == 404


def test_page_runs_no_script_and_style_of_its_own(signed_in: Client, clinician: User) -> None:
    page = signed_in.get(record(clinician).get_absolute_url()).content.decode()
    assert " style=" not in page
    assert "<style" not in page
    assert page.count("<script") == page.count("<script src=") == 1


def _page(screening: Screening, country: str = "US") -> Any:
    return result_page(screening.result, catalogue=catalogue_words(screening.catalogue.text), country=country)


def _with_texts_replaced(screening: Screening) -> Screening:
    """Return a copy whose every free text is hostile."""
    result = copy.deepcopy(screening.result)
    texts = {"text", "why", "title", "note", "words", "rule", "label", "therapy", "because", "best_because"}

    def replace(part: Any, key: str = "") -> Any:
        if isinstance(part, dict):
            return {name: replace(value, name) for name, value in part.items()}
        if isinstance(part, list):
            return [replace(item, "text" if key in ("notes", "gaps") else "") for item in part]
        return HOSTILE if key in texts and isinstance(part, str) else part

    hostile = Screening(
        token=uuid.uuid4(),
        participant=screening.participant,
        as_of=screening.as_of,
        recorded_at=screening.recorded_at,
        recorded_by=screening.recorded_by,
        answers=screening.answers,
        result=json.loads(json.dumps(replace(result))),
        engine=screening.engine,
        catalogue=screening.catalogue,
    )
    hostile.save()
    return hostile
