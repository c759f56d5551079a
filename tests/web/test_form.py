"""The form, stage by stage, without scripts."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from screening import actions
from screening.clinical.dates import say_day
from screening.content import installed_content
from screening.forms.stages import EVENTS_STAGE, form_set
from screening.interop.typed import inputs_of
from screening.models import Draft, Participant, Screening, Site, Units, User
from screening.models.participants import check_character, new_reference, read_reference
from tests.factories import make_site, make_user
from tests.web.forms import address, begin, begun_by, fill, inputs
from tests.web.pages import stands_in, words_of

pytestmark = pytest.mark.django_db

FORM = form_set(installed_content().catalogue)
ASKED = [fact for fact in installed_content().catalogue.facts.values() if fact.asked]


# --- Begin


def test_someone_new_gets_a_reference_of_the_site(signed_in: Client, clinician: User) -> None:
    draft = begin(signed_in)
    assert draft.owner == clinician
    assert draft.participant.reference.startswith("STA-")
    assert read_reference(draft.participant.reference) == draft.participant.reference
    assert signed_in.get(address(draft))["Location"] == address(draft, "chart")


def test_double_click_begins_one_form(signed_in: Client) -> None:
    token = re.search(r'name="token" value="([^"]+)"', signed_in.get("/new/").content.decode())
    assert token is not None
    assert begin(signed_in, token=token[1]) == begin(signed_in, token=token[1])
    assert Participant.objects.count() == 1


def test_a_token_that_was_recorded_begins_another_form(signed_in: Client, clinician: User) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "chart", sex="female")
    actions.record_screening(
        Draft.objects.get(),
        by=clinician,
        at=draft.updated_at,
        token=draft.pk,
        content=installed_content(),
    )
    again = begin(signed_in, token=str(draft.pk))
    assert again.pk != draft.pk
    assert again.participant != draft.participant


def test_someone_seen_before_is_found_by_reference(signed_in: Client) -> None:
    first = begin(signed_in)
    again = begin(signed_in, with_reference="yes", reference=first.participant.reference.lower())
    assert again.participant == first.participant
    assert again.pk != first.pk


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("", "Enter a reference like ABC-7K2M-5"),
        ("STA-7K2M", "Enter a reference like ABC-7K2M-5"),
        ("STA-IIII-0", "Enter a reference like ABC-7K2M-5"),
        ("wrong check", "its last character does not fit the others"),
        ("elsewhere", "nobody at your sites has it"),
    ],
)
def test_a_reference_that_fits_nobody_is_asked_again(signed_in: Client, reference: str, message: str) -> None:
    other = make_site("riverside")
    theirs = begun_by(make_user(site=other)).participant
    typed = {
        "wrong check": theirs.reference[:-1] + ("2" if theirs.reference[-1] != "2" else "3"),
        "elsewhere": theirs.reference,
    }.get(reference, reference)
    page = signed_in.post("/new/", {"with_reference": "yes", "reference": typed})
    assert page.status_code == 422
    assert message in words_of(page)
    assert "<title>Error: " in page.content.decode()


def test_check_character_finds_every_slip_of_one_or_two_signs() -> None:
    prefix, body, check = new_reference(Site(slug="st-anne")).split("-")
    for place in range(4):
        for sign in "23456789ABCDEFGHJKMNPQRSTUVWXYZ":
            slipped = body[:place] + sign + body[place + 1 :]
            assert slipped == body or check_character(prefix, slipped) != check
    for place in range(3):
        swapped = body[:place] + body[place + 1] + body[place] + body[place + 2 :]
        assert swapped == body or check_character(prefix, swapped) != check


def test_who_works_at_several_sites_chooses_one(client: Client) -> None:
    user = make_user()
    from screening.models import Membership, Role

    Membership.objects.create(user=user, site=make_site("riverside"), role=Role.CLINICIAN)
    client.force_login(User.objects.get(pk=user.pk))
    refused = client.post("/new/", {})
    assert refused.status_code == 422
    assert "Choose the site" in words_of(refused)
    assert begin(client, site=str(make_site("riverside").pk)).participant.reference.startswith("RIV-")
    assert client.post("/new/", {"site": str(make_site("lakeside").pk)}).status_code == 422


# --- Questions


def test_every_fact_is_asked_once_and_only_once(signed_in: Client) -> None:
    draft = begin(signed_in)
    stages = "".join(signed_in.get(address(draft, stage.id)).content.decode() for stage in FORM.stages)
    whole = signed_in.get(address(draft, "all")).content.decode()
    for fact in ASKED:
        assert stages.count(f'id="fact-{fact.name}"') == 1, fact.name
        assert whole.count(f'id="fact-{fact.name}"') == 1, fact.name
    assert len(re.findall(r'id="fact-', stages)) == len(ASKED) + 1


@pytest.mark.parametrize("stage", [*(stage.id for stage in FORM.stages), "all"])
def test_ids_are_unique_and_labels_name_their_inputs(signed_in: Client, stage: str) -> None:
    page = signed_in.get(address(begin(signed_in), stage)).content.decode()
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    named = re.findall(r'\b(?:for|aria-labelledby|aria-describedby)="([^"]+)"', page)
    assert {one for several in named for one in several.split()} <= set(ids)


def test_every_input_of_every_fact_is_on_its_stage(signed_in: Client) -> None:
    draft = begin(signed_in)
    for stage in FORM.stages:
        page = signed_in.get(address(draft, stage.id)).content.decode()
        names = set(re.findall(r'\bname="([^"]+)"', page))
        for fact in stage.section.facts if stage.section is not None else ():
            if fact.asked:
                one_unit = {f"{fact.name}-unit"} if len(fact.units) == 1 else set()
                radio = {f"{fact.name}-unknown"} if fact.kind in ("yes_no", "choice") else set()
                several = {fact.name} if fact.kind == "choices" else set()
                assert set(inputs_of(fact)) - one_unit - radio - several <= names, fact.name


def test_nothing_is_preselected(signed_in: Client) -> None:
    page = signed_in.get(address(begin(signed_in), "all")).content.decode()
    assert " checked" not in page
    assert draft_values(page) == {}


def draft_values(page: str) -> dict[str, str]:
    """Return the text inputs of questions that hold something."""
    found = re.findall(r'<input class="form-control[^"]*" id="[^"]*" name="([^"]+)" value="([^"]+)"', page)
    return dict(found)


def test_units_start_as_the_site_reports_them(client: Client) -> None:
    user = make_user(site=make_site("riverside", units=Units.SI))
    client.force_login(user)
    sent = inputs(client.get(address(begin(client), "chart")))
    assert (sent["hba1c-unit"], sent["creatinine-unit"]) == ("mmol_mol", "umol_l")
    assert inputs(client.get(address(Draft.objects.get(), "events")))["event-0-glucose_unit"] == "mmol_l"


def test_the_unit_last_chosen_is_offered_again(signed_in: Client) -> None:
    assert inputs(signed_in.get(address(begin(signed_in), "chart")))["hba1c-unit"] == "percent"
    fill(signed_in, begin(signed_in), "chart", hba1c="62", hba1c__unit="mmol_mol")
    assert inputs(signed_in.get(address(begin(signed_in), "chart")))["hba1c-unit"] == "mmol_mol"


def test_a_unit_typed_with_its_number_is_not_taken_for_the_chosen_one(signed_in: Client) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "chart", hba1c="62 mmol/mol", hba1c__unit="percent")
    assert "HbA1c 62 mmol/mol" in words_of(signed_in.get(address(draft, "review")))
    assert "units" not in signed_in.session


def test_gated_questions_fold_away_and_open_with_their_gate(signed_in: Client) -> None:
    draft = begin(signed_in)
    gate = re.compile(r'<details class="block block--gated" id="block-chart-1" data-gate="chart-1"( open)?>')
    folded = gate.search(signed_in.get(address(draft, "chart")).content.decode())
    assert folded is not None
    assert folded[1] is None
    fill(signed_in, draft, "chart", kidney_transplant="functioning", kidney_transplant_date="2021")
    opened = gate.search(signed_in.get(address(draft, "chart")).content.decode())
    assert opened is not None
    assert opened[1] == " open"


def test_an_answer_behind_a_closed_gate_is_never_lost(signed_in: Client) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "chart", kidney_transplant="functioning", kidney_transplant_date="2021")
    fill(signed_in, draft, "chart", kidney_transplant="none")
    page = signed_in.get(address(draft, "chart"))
    assert inputs(page)["kidney_transplant_date"] == "2021"
    assert 'data-gate="chart-1" open' in page.content.decode()


def test_a_typed_value_survives_being_marked_not_known(signed_in: Client) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "chart", hba1c="7.8")
    fill(signed_in, draft, "chart", "next", hba1c__unknown=tick(signed_in, draft), hba1c__why="not found")
    page = signed_in.get(address(draft, "chart"))
    assert inputs(page)["hba1c"] == "7.8"
    assert "Not known: Not found" in words_of(page)
    assert re.search(r"keeps \d+ trials? open", words_of(page)) is not None
    sent = inputs(page)
    del sent["hba1c-unknown"]
    signed_in.post(address(draft, "chart"), sent)
    assert "HbA1c 7.8 %" in words_of(signed_in.get(address(draft, "review")))


def tick(client: Client, draft: Draft) -> str:
    """Return what the box "not known" of HbA1c sends from the page as it stands."""
    page = client.get(address(draft, "chart")).content.decode()
    found = re.search(r'name="hba1c-unknown" value="([^"]*)"', page)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("first", [{"hba1c": "?"}, {"hba1c__unknown": "yes"}])
@pytest.mark.parametrize("then", ["7.8", "<script>", "nonsense"])
def test_a_value_typed_after_not_known_is_never_ignored(
    signed_in: Client, first: dict[str, str], then: str
) -> None:
    draft = begin(signed_in)
    assert fill(signed_in, draft, "chart", "next", **first).status_code == 302
    refused = fill(signed_in, draft, "chart", "next", hba1c=then)
    assert refused.status_code == 422
    assert "Clear the value or Not known: both stand here" in words_of(refused)
    again = fill(signed_in, draft, "chart", "next")
    assert again.status_code == 422
    assert inputs(again)["hba1c"] == then
    sent = inputs(again)
    del sent["hba1c-unknown"]
    signed_in.post(address(draft, "chart"), {**sent, "hba1c": "7.8"})
    assert "HbA1c 7.8 %" in words_of(signed_in.get(address(draft, "review")))


def test_a_value_changed_under_not_known_is_asked_about(signed_in: Client) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "chart", hba1c="7.8")
    fill(signed_in, draft, "chart", hba1c__unknown=tick(signed_in, draft))
    assert fill(signed_in, draft, "chart", "next").status_code == 302
    assert fill(signed_in, draft, "chart", "next", hba1c="8.1").status_code == 422


def test_a_tick_set_last_by_a_script_stands_over_what_was_typed(signed_in: Client) -> None:
    draft = begin(signed_in)
    assert fill(signed_in, draft, "chart", "next", hba1c="7.8", hba1c__unknown="last").status_code == 302
    draft.refresh_from_db()
    assert draft.typed["hba1c-unknown"] == "over 7.8"
    assert fill(signed_in, draft, "chart", "next", hba1c="8.1").status_code == 422


def test_clear_makes_a_question_unasked_again(signed_in: Client) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "chart", organ_transplant="no")
    page = signed_in.get(address(draft, "chart"))
    response = signed_in.post(address(draft, "chart"), {**inputs(page), "clear": "organ_transplant"})
    assert response["Location"].endswith("#fact-organ_transplant")
    assert "organ_transplant" not in inputs(signed_in.get(address(draft, "chart")))
    draft.refresh_from_db()
    assert not any(name.startswith("organ_transplant") for name in draft.typed)


def test_no_to_all_answers_each_item_that_is_blank(signed_in: Client) -> None:
    draft = begin(signed_in)
    page = fill(signed_in, draft, "chart", islet_transplant="yes")
    page = signed_in.get(address(draft, "chart"))
    signed_in.post(address(draft, "chart"), {**inputs(page), "no_to_all": "chart-4"})
    sent = inputs(signed_in.get(address(draft, "chart")))
    assert [sent[name] for name in ("organ_transplant", "pancreas_transplant", "cell_therapy")] == ["no"] * 3
    assert sent["islet_transplant"] == "yes"
    assert "immunosuppression" not in sent


def test_no_to_all_is_never_offered_for_serology(signed_in: Client) -> None:
    for stage in FORM.stages:
        if stage.section is not None:
            for block in FORM.forms[stage.id].plan:
                facts = [FORM.catalogue.facts[name] for name in block.names]
                assert block.kind != "items" or all(fact.obtained_by != "lab" for fact in facts)
    page = signed_in.get(address(begin(signed_in), "infections")).content.decode()
    assert page.count('name="no_to_all"') == 1


@pytest.mark.parametrize("key", ["chart-0", "chart-99", "chart-x", "nowhere-1", "", "²", "chart-" + "9" * 40])
def test_no_to_all_of_no_such_block_changes_nothing(signed_in: Client, key: str) -> None:
    draft = begin(signed_in)
    assert signed_in.post(address(draft, "chart"), {"no_to_all": key}).status_code == 302
    draft.refresh_from_db()
    assert draft.typed == {}


def test_rest_not_known_marks_what_is_blank_and_open(signed_in: Client) -> None:
    draft = begin(signed_in)
    page = signed_in.get(address(draft, "chart"))
    typed = {**inputs(page), "sex": "female", "hba1c": "7.8", "creatinine": "97", "do": "rest"}
    signed_in.post(address(draft, "chart"), typed)
    sent = inputs(signed_in.get(address(draft, "chart")))
    assert sent["diabetes_type"] == sent["organ_transplant"] == "unknown"
    assert sent["birth_date-unknown"] == sent["c_peptide_fasting-unknown"] == "yes"
    assert sent["sex"] == "female"
    assert "hba1c-unknown" not in sent
    assert "creatinine-unknown" not in sent
    assert "kidney_transplant_date-unknown" not in sent


def test_questions_that_settle_nothing_any_more_fold_away(signed_in: Client) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "blood", platelets="250000", platelets__on="1 Oct 2026")
    before = words_of(signed_in.get(address(draft, "blood")))
    assert "depends on it: Random C-peptide " in before
    assert "Islet autoantibodies" not in before[before.index("Not asked for now") :][:80]
    fill(signed_in, draft, "chart", diabetes_type="type_2")
    page = signed_in.get(address(draft, "blood"))
    folded = page.content.decode()
    folded = folded[folded.index('id="block-blood-settled"') :]
    assert 'id="fact-autoantibodies_positive"' in folded
    assert 'id="fact-platelets"' not in folded
    assert inputs(page)["platelets"] == "250000"
    chart = signed_in.get(address(draft, "chart")).content.decode()
    assert "block-chart-settled" not in chart
    assert "Blood answered" in words_of(page)


def test_date_of_results_stands_above_the_first_result_that_is_shown(signed_in: Client) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "blood", platelets="250000")
    fill(signed_in, draft, "chart", diabetes_type="type_2")
    page = signed_in.get(address(draft, "blood")).content.decode()
    assert page.count('id="section-blood-on"') == 1
    assert page.index('id="section-blood-on"') < page.index('id="fact-platelets"')
    assert page.index('id="fact-platelets"') < page.index('id="block-blood-settled"')


def test_rest_not_known_leaves_folded_questions_alone(signed_in: Client) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "chart", diabetes_type="type_2")
    page = signed_in.get(address(draft, "infections"))
    signed_in.post(address(draft, "infections"), {**inputs(page), "do": "rest"})
    draft.refresh_from_db()
    assert not any(value in ("unknown", "yes") for value in draft.typed.values())


# --- Severe events


def test_three_blank_rows_wait_without_a_click(signed_in: Client) -> None:
    page = signed_in.get(address(begin(signed_in), "events")).content.decode()
    assert page.count('class="low low--blank"') == 3
    assert "Last winter" in page


def test_more_rows_come_and_keep_what_was_typed(signed_in: Client) -> None:
    draft = begin(signed_in)
    page = signed_in.get(address(draft, "events"))
    typed = {**inputs(page), "event-2-on": "May 2026", "do": "rows"}
    response = signed_in.post(address(draft, "events"), typed)
    assert response["Location"].endswith("#event-3")
    sent = inputs(signed_in.get(address(draft, "events")))
    assert sent["event-2-on"] == "May 2026"
    assert "event-5-on" in sent
    for _ in range(12):
        signed_in.post(address(draft, "events"), {**sent, "do": "rows"})
    page = signed_in.get(address(draft, "events")).content.decode()
    assert page.count('<li class="low') == 30
    assert 'value="rows"' not in page


@pytest.mark.parametrize(
    ("reading", "unit", "asked"),
    [
        ("180", "mg_dl", "180 mg/dL is not a low."),
        ("70", "mg_dl", "70 mg/dL is not a low."),
        ("69", "mg_dl", ""),
        ("3.9", "mmol_l", "3.9 mmol/L is not a low."),
        ("3.8", "mmol_l", ""),
        ("4.1 mmol/L", "mg_dl", "4.1 mmol/L is not a low."),
        ("LOW", "mg_dl", ""),
        ("1.8.0", "mg_dl", ""),
        ("²", "mg_dl", ""),
    ],
)
def test_a_reading_that_is_not_low_is_asked_about(
    signed_in: Client, reading: str, unit: str, asked: str
) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "events", event__0__glucose=reading, event__0__glucose_unit=unit)
    text = words_of(signed_in.get(address(draft, "events")))
    assert ("is not a low." in text) == (asked != "")
    assert f"{asked} ADA level 3 counts an altered state with help whatever" in text or not asked


def test_a_row_can_be_cleared(signed_in: Client) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "events", event__1__on="May 2026", event__1__symptoms=["confused"])
    page = signed_in.get(address(draft, "events"))
    signed_in.post(address(draft, "events"), {**inputs(page), "clear": "event-1"})
    draft.refresh_from_db()
    assert not any(name.startswith("event-1") for name in draft.typed)


def test_an_event_says_why_it_may_not_count(signed_in: Client) -> None:
    draft = begin(signed_in)
    typed = {"event__0__on": "May 2026", "event__0__assistance": "yes"}
    fill(signed_in, draft, "events", **typed)
    assert "help alone does not make an event severe" in words_of(signed_in.get(address(draft, "events")))
    fill(signed_in, draft, "events", event__0__symptoms=["passed_out"])
    assert "neither a reading nor a prompt recovery" in words_of(signed_in.get(address(draft, "events")))
    fill(signed_in, draft, "events", event__0__treated="yes")
    assert "neither a reading" not in words_of(signed_in.get(address(draft, "events")))


# --- Moving about


def test_next_and_back_and_any_stage_lose_nothing(signed_in: Client) -> None:
    draft = begin(signed_in)
    order = [stage.id for stage in FORM.stages]
    for here, after in zip(order, [*order[1:], "review"], strict=True):
        assert fill(signed_in, draft, here, "next")["Location"] == address(draft, after)
    assert fill(signed_in, draft, "person", "events", gold_score="6")["Location"] == address(draft, "events")
    assert fill(signed_in, draft, "events", "blood", events__lead="2")["Location"] == address(draft, "blood")
    assert fill(signed_in, draft, "blood", "all")["Location"] == address(draft, "all")
    sent = inputs(signed_in.get(address(draft, "all")))
    assert (sent["gold_score"], sent["events-lead"]) == ("6", "2")
    assert fill(signed_in, draft, "all", "next")["Location"] == address(draft, "review")
    assert inputs(signed_in.get(address(draft, "person")))["gold_score"] == "6"


def test_next_names_what_is_to_be_mended_and_keeps_it(signed_in: Client) -> None:
    draft = begin(signed_in)
    page = fill(signed_in, draft, "chart", "next", creatinine="97", hba1c="1_0", birth_date="1983")
    text = page.content.decode()
    assert page.status_code == 422
    assert "<title>Error: From the chart" in text
    assert "2 answers to mend" in words_of(page)
    assert '<a href="#hba1c">Most recent HbA1c</a>' in text
    assert '<a href="#creatinine">Most recent creatinine</a>' in text
    first = re.search(r"<input[^>]* autofocus", text)
    assert first is not None
    assert 'id="hba1c"' in first[0]
    assert text.count(" autofocus") == 1
    sent = inputs(page)
    assert (sent["creatinine"], sent["hba1c"], sent["birth_date"]) == ("97", "1_0", "1983")
    assert fill(signed_in, draft, "chart", "person")["Location"] == address(draft, "person")
    assert "to mend" in words_of(signed_in.get(address(draft, "person")))


@pytest.mark.parametrize(
    ("field", "fragment"), [("hba1c", "#hba1c"), ("gold_score", ""), ("x\r\nSet-Cookie: a=b", ""), ("", "")]
)
def test_enter_comes_back_to_its_field(signed_in: Client, field: str, fragment: str) -> None:
    draft = begin(signed_in)
    saved = fill(signed_in, draft, "chart", hba1c="7.8", field=field)
    assert saved["Location"] == address(draft, "chart") + fragment


def test_leaving_keeps_the_form_in_the_list(signed_in: Client) -> None:
    draft = begin(signed_in)
    assert fill(signed_in, draft, "chart", "leave", hba1c="1_0")["Location"] == "/"
    assert draft.participant.reference in words_of(signed_in.get("/"))
    assert inputs(signed_in.get(address(draft, "chart")))["hba1c"] == "1_0"


def test_a_half_filled_form_survives_a_log_out(signed_in: Client, clinician: User) -> None:
    draft = begin(signed_in)
    panel = {**inputs(signed_in.get(address(draft, "chart"))), "hba1c": "7.", "organ_transplant": "no"}
    assert signed_in.post(address(draft, "panel"), panel).status_code == 200
    signed_in.logout()
    assert signed_in.get(address(draft, "chart"))["Location"].startswith("/account/sign-in/")
    signed_in.force_login(clinician)
    sent = inputs(signed_in.get(address(draft, "chart")))
    assert (sent["hba1c"], sent["organ_transplant"]) == ("7.", "no")


@pytest.mark.parametrize("page", ["", "chart", "events", "all", "review", "discard", "nonsense"])
def test_form_of_somebody_else_is_not_found_like_a_missing_one(client: Client, page: str) -> None:
    theirs = begun_by(make_user(site=make_site("riverside")))
    colleagues = begun_by(make_user())
    client.force_login(make_user())
    missing = client.get(
        f"/people/STA-7K2M-4/form/{'0' * 8}-0000-4000-8000-{'0' * 12}/{page + '/' if page else ''}"
    )
    for draft in (theirs, colleagues):
        response = client.get(address(draft, page))
        assert response.status_code == missing.status_code == 404
        assert words_of(response) == words_of(missing)


@pytest.mark.parametrize("page", ["chart", "panel", "review", "record", "discard"])
def test_nobody_writes_into_a_form_of_another_site(client: Client, page: str) -> None:
    theirs = begun_by(make_user(site=make_site("riverside")))
    client.force_login(make_user())
    assert client.post(address(theirs, page), {"stage": "chart", "sex": "female"}).status_code == 404
    theirs.refresh_from_db()
    assert theirs.typed == {}


def test_reference_and_form_have_to_belong_together(signed_in: Client) -> None:
    one, other = begin(signed_in), begin(signed_in)
    crossed = address(one, "chart").replace(one.participant.reference, other.participant.reference)
    assert signed_in.get(crossed).status_code == 404


def test_reference_stands_on_every_page_of_the_form(signed_in: Client) -> None:
    draft = begin(signed_in)
    for page in (*(stage.id for stage in FORM.stages), "all", "review", "discard"):
        text = signed_in.get(address(draft, page)).content.decode()
        title = re.search(r"<title>(.*?)</title>", text, re.DOTALL)
        assert title is not None
        assert draft.participant.reference in title[1]


def test_a_drawing_kept_for_the_next_person_holds_nothing_of_anybody(client: Client) -> None:
    typed = {
        "hba1c": "7.77",
        "hba1c__on": "13 Oct 2026",
        "birth_date": "31 Jul 1949",
        "egfr": "<&\ue000value\ue000",
    }
    client.force_login(make_user())
    mine = begin(client)
    fill(client, mine, "chart", **typed)
    sent = inputs(client.get(address(mine, "chart")))
    assert {name: sent[name.replace("__", "-")] for name in typed} == typed
    client.force_login(make_user())
    theirs = begin(client)
    fill(client, theirs, "chart", hba1c="8.1", birth_date="1990")
    sent = inputs(client.get(address(theirs, "chart")))
    assert (sent["hba1c"], sent["hba1c-on"], sent["birth_date"], sent["egfr"]) == ("8.1", "", "1990", "")
    kept = str([field.looks for form in FORM.forms.values() for field in form.base_fields.values()])
    for text in ("7.77", "13 Oct", "1949", "8.1"):
        assert text not in kept


def test_session_names_nobody(signed_in: Client) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "chart", hba1c="9.87", birth_date="1983-05-01")
    stored = str(dict(signed_in.session.items()))
    for text in (draft.participant.reference, str(draft.pk), "9.87", "1983"):
        assert not stands_in(text, stored)


def test_discarding_asks_first_and_removes_only_the_form(signed_in: Client) -> None:
    draft = begin(signed_in)
    assert "Discard the form about" in words_of(signed_in.get(address(draft, "discard")))
    assert Draft.objects.count() == 1
    assert signed_in.post(address(draft, "discard"))["Location"] == "/"
    assert Draft.objects.count() == 0
    assert Participant.objects.count() == 1


def test_a_save_that_arrives_late_undoes_nothing(signed_in: Client) -> None:
    draft = begin(signed_in)
    early = {**inputs(signed_in.get(address(draft, "chart"))), "hba1c": "7.8"}
    late = {**early, "blood_group": "A", "creatinine": "0.8"}
    signed_in.post(address(draft, "chart"), {**late, "turn": "mabc.3", "go": "stay"})
    signed_in.post(address(draft, "panel"), {**early, "turn": "mabc.2"})
    assert inputs(signed_in.get(address(draft, "chart")))["creatinine"] == "0.8"
    signed_in.post(address(draft, "panel"), {**early, "turn": "other.1"})
    assert inputs(signed_in.get(address(draft, "chart")))["creatinine"] == ""
    for nonsense in ("x", "mabc.", "..", "9" * 5000, "mabc.٣", "\0"):
        assert signed_in.post(address(draft, "panel"), {**late, "turn": nonsense}).status_code == 200
    assert inputs(signed_in.get(address(draft, "chart")))["creatinine"] == "0.8"


# --- The panel


def test_panel_saves_and_shows_every_open_trial(signed_in: Client) -> None:
    draft = begin(signed_in)
    sent = inputs(signed_in.get(address(draft, "person")))
    response = signed_in.post(address(draft, "panel"), {**sent, "insulin_delivery": "aid"})
    assert '"person-1"' in response["HX-Trigger"]
    text = words_of(response)
    for protocol in installed_content().protocols:
        assert (protocol.title in text) == (protocol.kind != "guideline")
    draft.refresh_from_db()
    assert draft.typed["insulin_delivery"] == "aid"


def test_panel_leaves_out_what_is_wrong_and_names_it(signed_in: Client) -> None:
    draft = begin(signed_in)
    sent = inputs(signed_in.get(address(draft, "chart")))
    text = words_of(
        signed_in.post(address(draft, "panel"), {**sent, "diabetes_type": "type_2", "hba1c": "NaN"})
    )
    assert "Left out until mended" in text
    assert "HbA1c: Enter a plain number, like 7.8" in text
    assert "Unlikely on this trial's rules" in text


def test_answers_that_disagree_are_shown_with_the_way_to_each(signed_in: Client) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "chart", kidney_transplant="functioning", organ_transplant="no")
    typed = {"birth_date": "1983", "sex": "male", "creatinine": "0.9", "egfr": "30"}
    fill(signed_in, draft, "chart", section__chart__on=say_day(draft.as_of), **typed)
    for page in (signed_in.get(address(draft, "blood")), signed_in.get(address(draft, "review"))):
        text = words_of(page)
        assert text.count("Kidney transplant and Organ transplant contradict each other.") == 1
        assert re.search(r"eGFR.*30.*eGFR", text) is not None
        for fact in ("kidney_transplant", "organ_transplant", "egfr", "creatinine"):
            assert f'href="{address(draft, "chart")}#{fact}"' in page.content.decode()
    assert "can be recorded as it is" in words_of(signed_in.get(address(draft, "review")))


def test_an_empty_form_says_once_that_nothing_is_known(signed_in: Client) -> None:
    draft = begin(signed_in)
    text = words_of(signed_in.get(address(draft, "chart")))
    assert text.count("Nothing known yet") == 1
    assert not re.search(r"[0-9] not known", text)
    fill(signed_in, draft, "chart", sex="male", hba1c__unknown="yes")
    text = words_of(signed_in.get(address(draft, "chart")))
    assert "Nothing known yet" not in text
    assert re.search(r"Possible: [0-9]+ of [0-9]+ not known", text) is not None
    assert not re.search(r"of [0-9]+ not known [0-9]+ not known", text)
    fill(signed_in, draft, "chart", sex="", diabetes_type="type_2")
    assert re.search(r"[0-9] against, [0-9]+ not known", words_of(signed_in.get(address(draft, "chart"))))


def test_problems_are_listed_as_the_form_is_read(signed_in: Client) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "person", gold_score="9")
    fill(signed_in, draft, "events", event__2__assistance="yes", event__0__glucose="x", events__more="y")
    fill(signed_in, draft, "chart", creatinine="x", section__chart__on="x", hba1c="x")
    expected = ["From the chart", "HbA1c", "Creatinine", "Event 1", "Event 3", "Further events", "Gold score"]
    for stage, place in (("review", '<ul class="notice__list">'), ("blood", '<ul class="panel__list">')):
        page = signed_in.get(address(draft, stage)).content.decode()
        listed = page[page.index(place) :]
        named = re.findall(r"<li><a [^>]*>([^<]*)</a>", listed[: listed.index("</ul>")])
        assert list(dict.fromkeys(named)) == expected
    page = fill(signed_in, draft, "events", "next")
    named = re.findall(r'<li><a href="#[^"]*">([^<]*)</a>', page.content.decode())
    assert list(dict.fromkeys(named)) == ["Event 1", "Event 3", "Further events"]


def test_numbers_worked_out_stand_in_the_panel(signed_in: Client) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "insulin_and_care", weight="70", height="175", insulin_dose="35")
    text = words_of(signed_in.get(address(draft, "person")))
    assert "BMI 22.9 kg/m²" in text
    assert "Insulin dose per kilogram 0.5 units/kg/day" in text


def test_panel_of_a_recorded_form_is_gone(signed_in: Client, clinician: User) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "chart", sex="female")
    sent = inputs(signed_in.get(address(draft, "chart")))
    actions.discard_draft(draft, by=draft.owner, at=timezone.now())
    assert signed_in.post(address(draft, "panel"), sent).status_code == 404


# --- Hostile input


@pytest.mark.parametrize(
    "typed",
    [
        "1_0",
        "1E+2",
        "0x1F",
        "٧٫٨",
        "NaN",
        "Infinity",
        "-7.8",
        "7" * 30,
        "9" * 5000,
        "7,8",
        "<script>alert(1)</script>",
        "' OR 1=1 --",
        "{{ 7*7 }}",
        "\x00\x00",
        "=1+1",
        "../../etc/passwd",
        "\u202e8.7",
        "a" * 100_000,
    ],
)
@pytest.mark.parametrize("name", ["hba1c", "birth_date", "gold_score", "hba1c-on", "section-chart-on"])
def test_hostile_text_is_shown_again_and_never_run(signed_in: Client, name: str, typed: str) -> None:
    draft = begin(signed_in)
    stage = "person" if name == "gold_score" else "chart"
    sent = inputs(signed_in.get(address(draft, stage)))
    response = signed_in.post(address(draft, stage), {**sent, "hba1c": "7.8", name: typed, "go": "next"})
    assert response.status_code in (302, 422)
    page = signed_in.get(address(draft, stage))
    assert page.status_code == 200
    assert "<script>alert" not in page.content.decode()
    assert inputs(page).get(name, "") == typed.replace("\0", "")[:200]
    for other in ("all", "review"):
        assert signed_in.get(address(draft, other)).status_code == 200
    if typed.strip("\0"):
        assert response.status_code == 422
        assert signed_in.post(address(draft, "record"), record_of(signed_in, draft)).status_code == 422
        assert not Screening.objects.exists()


def record_of(client: Client, draft: Draft) -> dict[str, str]:
    """Return what the button on the review page sends."""
    version = re.search(
        r'name="version" value="([^"]+)"', client.get(address(draft, "review")).content.decode()
    )
    assert version is not None
    return {"version": version[1]}


@pytest.mark.parametrize(
    "posted",
    [
        {"sex": "robot"},
        {"organ_transplant": "true"},
        {"hba1c": "7.8", "hba1c-unit": "furlong"},
        {"hba1c-unknown": "yes", "hba1c-why": "bored"},
        {"hba1c-unknown": "yes", "hba1c-why": "sent", "hba1c-due": "someday"},
        {"birth_date": "2090-01-01"},
        {"birth_date": "1983", "diagnosis_date": "1970"},
        {"kidney_transplant": ["none", "failed"]},
    ],
)
def test_choices_that_were_not_offered_never_break_a_page(
    signed_in: Client, posted: dict[str, object]
) -> None:
    draft = begin(signed_in)
    assert signed_in.post(address(draft, "chart"), {**posted, "go": "next"}).status_code in (302, 422)
    for page in ("chart", "all", "review"):
        assert signed_in.get(address(draft, page)).status_code == 200


def test_only_inputs_of_the_stage_are_kept(signed_in: Client) -> None:
    draft = begin(signed_in)
    strangers = {
        "gold_score": "5",
        "owner": "1",
        "as_of": "1999-01-01",
        "gold_score-asked": "1999-01-01",
        "sex-asked": "1999-01-01",
        "events-rows": "99",
    }
    signed_in.post(address(draft, "chart"), {**strangers, "sex": "male"})
    draft.refresh_from_db()
    assert draft.typed == {"sex": "male"}


def test_a_body_too_large_is_refused(signed_in: Client) -> None:
    draft = begin(signed_in)
    assert signed_in.post(address(draft, "chart"), {"hba1c": "7" * 3_000_000}).status_code == 400
    many = {f"x{number}": "1" for number in range(2_500)}
    assert signed_in.post(address(draft, "chart"), many).status_code == 400


def test_deeds_of_no_such_name_show_the_page_again(signed_in: Client) -> None:
    draft = begin(signed_in)
    for posted in ({"go": "nowhere"}, {"do": "nothing"}, {"clear": "bmi"}, {"clear": "event-77"}, {"go": ""}):
        assert signed_in.post(address(draft, "chart"), posted)["Location"] == address(draft, "chart")


def test_answers_count_on_the_earlier_of_the_day_typed_and_the_day_of_the_pre_screen(
    signed_in: Client,
) -> None:
    draft = begin(signed_in)
    today = draft.as_of
    fill(signed_in, draft, "person", gold_score="5")
    earlier = today - timedelta(days=3)
    signed_in.post(address(draft, "review"), {"as_of": say_day(earlier)})
    review = words_of(signed_in.get(address(draft, "review")))
    assert f"Gold score 5 {say_day(earlier)}" in review
    assert "or on the day it was typed if that is earlier" in review
    signed_in.post(address(draft, "review"), {"as_of": say_day(today)})
    assert f"Gold score 5 {say_day(today)}" in words_of(signed_in.get(address(draft, "review")))


def test_answers_typed_earlier_keep_their_day(signed_in: Client) -> None:
    draft = begin(signed_in)
    typed_on = draft.as_of - timedelta(days=3)
    actions.save_draft(
        draft,
        typed={"gold_score": "5"},
        names=["gold_score"],
        catalogue=FORM.catalogue,
        at=draft.started_at - timedelta(days=3),
    )
    fill(signed_in, draft, "person", pregnancy="no")
    draft.refresh_from_db()
    assert draft.typed["gold_score-asked"] == typed_on.isoformat()
    assert draft.typed["pregnancy-asked"] == draft.as_of.isoformat()
    assert f"Gold score 5 {say_day(typed_on)}" in words_of(signed_in.get(address(draft, "review")))


def test_stage_of_events_is_where_it_is_said_to_be() -> None:
    assert [stage.id for stage in FORM.stages][:3] == ["chart", EVENTS_STAGE, "person"]


def test_the_panel_names_first_the_trials_that_say_whom_they_are_for(signed_in: Client) -> None:
    """Seen to fail with the order of the files: one of which nothing but the title is public came first."""
    page = signed_in.get(address(begin(signed_in), "chart")).content.decode()
    opened, _, _ = page.partition("Closed to new people")
    titles = [html.unescape(title) for title in re.findall(r'panel__title">([^<]+)<', opened)]
    says_whom = {one.title: one.indicated for one in installed_content().protocols}
    found = [says_whom[title] for title in titles]
    assert set(found) == {True, False}
    assert found == sorted(found, reverse=True)
