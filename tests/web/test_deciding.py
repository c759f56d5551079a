"""The centre's moves as forms: what each asks for, what a form is bound to, and who was quicker."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from screening import actions
from screening.flow import MOVES, State
from screening.forms.deciding import acts_at_the_centre, form_of
from screening.models import Notice, Role, Step, ThreadEntry, TrialReferral, User
from tests.factories import PASSWORD, make_user
from tests.web.pages import words_of
from tests.web.recorded import payload, record
from tests.web.referred import AT, TRIAL, confirm_all, make_centre, move, refer, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def trial(clinician: User) -> TrialReferral:
    return refer(clinician).trials.get()


@pytest.fixture
def people(trial: TrialReferral) -> tuple[User, User]:
    return staff(trial.site)


@pytest.fixture
def coordinator(people: tuple[User, User]) -> User:
    return people[0]


@pytest.fixture
def investigator(people: tuple[User, User]) -> User:
    return people[1]


@pytest.fixture
def signed_in(client: Client, coordinator: User) -> Client:
    client.force_login(coordinator)
    return client


def page_of(client: Client, trial: TrialReferral) -> Any:
    return client.get(trial.get_absolute_url())


def address(trial: TrialReferral, act: str) -> str:
    return reverse("move", args=[trial.referral.participant.reference, trial.pk, act])


def offered(page: Any, act: str) -> Any:
    """Return a move as the page offers it."""
    return next(one for one in page.context["moves"] if one.move.act == act)


def hidden(page: Any, act: str) -> dict[str, str]:
    """Return what the form of a move is bound to."""
    form = offered(page, act).form
    return {field.name: str(field.value() or "") for field in form.hidden_fields()}


def send(client: Client, trial: TrialReferral, act: str, **typed: Any) -> Any:
    """Fill in the form of a move on the page as it stands now, and send it."""
    return client.post(address(trial, act), hidden(page_of(client, trial), act) | typed)


def taken(trial: TrialReferral, by: User) -> TrialReferral:
    trial = move(trial, "take", by)
    actions.record_own_view(trial.referral.screening, protocol=TRIAL, view="candidate", by=by, at=AT)
    return trial


def accepted(trial: TrialReferral, by: User) -> TrialReferral:
    trial = taken(trial, by)
    confirm_all(trial, by)
    return move(trial, "accept", by)


def state(trial: TrialReferral) -> str:
    return TrialReferral.objects.get(pk=trial.pk).state


# --- The forms and the table


def test_every_move_of_the_table_has_its_form() -> None:
    """Seen to fail with the form of `fail` taken out."""
    asks_for = {one.act: one.needs for one in MOVES if one.act in acts_at_the_centre()}
    assert {"ask", "accept", "sign", "enrol", "fail", "withdraw", "reopen"} <= set(asks_for)
    for act, needs in asks_for.items():
        fields = form_of(next(one for one in MOVES if one.act == act)).base_fields
        for need, name in {
            "reason": "reason",
            "question": "text",
            "consent_form": "subject_no",
            "hold_until": "hold_until",
            "password": "proof",
            "enrolment_number": "enrolment_no",
            "override": "note",
        }.items():
            if need in needs:
                assert name in fields, (act, need)
        assert {"token", "version", "shown"} <= set(fields)


def test_a_page_offers_what_the_state_and_role_allow(
    client: Client, trial: TrialReferral, coordinator: User, investigator: User
) -> None:
    def acts(user: User) -> list[str]:
        client.force_login(user)
        return [one.move.act for one in page_of(client, trial).context["moves"]]

    assert acts(coordinator) == ["take", "ask", "not_accept", "hold", "withdraw"]
    accepted(trial, coordinator)
    assert acts(coordinator) == ["not_accept", "consent", "hold", "withdraw"]
    assert acts(investigator) == ["not_accept", "consent", "sign", "hold", "withdraw"]


def test_a_referral_goes_the_whole_way_through_pages(
    client: Client, trial: TrialReferral, coordinator: User, investigator: User
) -> None:
    client.force_login(coordinator)
    assert send(client, trial, "take").status_code == 302
    reference = trial.referral.participant.reference
    client.post(reverse("trial_own_view", args=[reference, trial.pk]), {"view": "candidate"})
    confirm_all(trial, coordinator)
    assert send(client, trial, "accept").status_code == 302
    consent = {"consent_version": "4.0", "consented_on": "today", "subject_no": "017-003"}
    assert send(client, trial, "consent", **consent).status_code == 302
    assert send(client, trial, "start_screening").status_code == 302
    page = page_of(client, trial)
    assert offered(page, "enrol").before == "An investigator signs what is shown now first."
    client.force_login(investigator)
    client.post(reverse("trial_own_view", args=[reference, trial.pk]), {"view": "candidate"})
    signing = page_of(client, trial)
    said = words_of(signing)
    assert f"“I confirm eligibility.” {investigator}, " in said
    assert send(client, trial, "sign", proof=PASSWORD).status_code == 302
    client.force_login(coordinator)
    assert send(client, trial, "enrol", enrolment_no="E-9").status_code == 302
    assert state(trial) == State.ENROLLED
    said = words_of(page_of(client, trial))
    assert "Signed Dr Person" in said
    assert "Enrolment E-9" in said


# --- What a form asks for


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("ask", {}, "Write the question"),
    ("ask", {"text": "x" * 2001}, "Shorten it to 2000 characters"),
    ("ask", {"text": "Why?", "facts": ["hba1c"]}, "Choose among what is not known"),
    ("not_accept", {}, "Choose the reason"),
    ("not_accept", {"reason": "<script>"}, "Choose the reason"),
    ("not_accept", {"reason": "criterion"}, "Choose the criterion"),
    ("not_accept", {"reason": "criterion", "criterion": "Z9"}, "Choose the criterion"),
    ("not_accept", {"reason": "other"}, "Write what the reason is"),
    ("not_accept", {"reason": "unable_to_contact"}, "Enter the day of the first try as"),
    (
        "not_accept",
        {"reason": "unable_to_contact", **dict.fromkeys(("first_try", "second_try", "third_try"), "today")},
        "Enter three different days",
    ),
    (
        "not_accept",
        {"reason": "unable_to_contact", "first_try": "2 Nov 2026", "second_try": "1/2/26", "third_try": "x"},
        "Enter the day of the third try as",
    ),
    ("hold", {}, "Enter the day to look again"),
    ("hold", {"hold_until": "yesterday"}, "Enter the day to look again, after today"),
    ("hold", {"hold_until": "31 Feb 2027"}, "Enter the day to look again"),
    ("withdraw", {"reason": "other"}, "Write what the reason is"),
]


@pytest.mark.parametrize(("act", "typed", "problem"), BAD)
def test_a_form_that_lacks_something_comes_back_as_typed(
    signed_in: Client,
    trial: TrialReferral,
    coordinator: User,
    act: str,
    typed: dict[str, Any],
    problem: str,
) -> None:
    trial = taken(trial, coordinator)
    refused = send(signed_in, trial, act, **typed)
    assert refused.status_code == 422
    said = words_of(refused)
    assert problem in said
    assert said.startswith("Error: ")
    assert offered(refused, act).is_open
    for name, value in typed.items():
        if isinstance(value, str) and value not in ("<script>", "Z9"):
            assert offered(refused, act).form[name].value() == value
    assert state(trial) == State.IN_REVIEW
    assert not Step.objects.filter(act=act).exists()


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({}, "Enter the version of the consent form"),
        ({"consent_version": "4", "subject_no": "1", "consented_on": "1 Jan 2030"}, "up to today"),
        ({"consent_version": "4", "subject_no": "1", "consented_on": "0"}, "Enter the day it was signed"),
        ({"consent_version": "4", "consented_on": "today", "subject_no": "x" * 33}, "Shorten it to 32"),
        ({"consent_version": "4", "consented_on": "today"}, "Enter the subject number"),
    ],
)
def test_a_consent_needs_its_form_day_and_number(
    signed_in: Client, trial: TrialReferral, coordinator: User, typed: dict[str, str], problem: str
) -> None:
    trial = accepted(trial, coordinator)
    refused = send(signed_in, trial, "consent", **typed)
    assert refused.status_code == 422
    assert problem in words_of(refused)
    assert state(trial) == State.ACCEPTED


def test_unable_to_contact_keeps_the_three_days(
    signed_in: Client, trial: TrialReferral, clinician: User
) -> None:
    days = {"first_try": "16 Nov 2026", "second_try": "2 Nov 2026", "third_try": "9 Nov 2026"}
    sent = send(signed_in, trial, "not_accept", reason="unable_to_contact", note="No voicemail.", **days)
    assert sent.status_code == 302
    step = Step.objects.get(act="not_accept")
    assert step.words == "Tried on 2 Nov 2026, 9 Nov 2026 and 16 Nov 2026. No voicemail."
    assert Notice.objects.filter(user=clinician, kind="decided").count() == 1
    assert "Unable to contact: three tries" in words_of(page_of(signed_in, trial))


def test_a_question_names_the_facts_it_asks_for(
    signed_in: Client, trial: TrialReferral, coordinator: User, clinician: User
) -> None:
    taken(trial, coordinator)
    page = page_of(signed_in, trial)
    names = [name for name, _ in offered(page, "ask").form.fields["facts"].choices]
    assert names
    ask = reverse("ask", args=[trial.referral.participant.reference, trial.pk])
    typed = hidden(page, "ask") | {"text": "Ambulance record?", "facts": names[:2]}
    assert signed_in.post(ask, typed).status_code == 302
    entry = ThreadEntry.objects.get()
    assert (entry.text, entry.facts) == ("Ambulance record?", names[:2])
    assert state(trial) == State.INFORMATION_REQUESTED
    assert Notice.objects.filter(user=clinician, kind="question").count() == 1
    assert "Asked for:" in words_of(page_of(signed_in, trial))


# --- Against the engine


def test_going_against_the_engine_is_said_before_and_needs_the_reason(
    client: Client, clinician: User
) -> None:
    """Seen to fail with the reason asked for only when it is missing."""
    trial = refer(clinician, record(clinician, payload(diabetes_type="type_2"))).trials.get()
    coordinator, _ = staff(trial.site)
    client.force_login(coordinator)
    trial = taken(trial, coordinator)
    confirm_all(trial, coordinator)
    page = page_of(client, trial)
    assert "The engine says otherwise: Unlikely on this trial's rules" in offered(page, "accept").against
    refused = send(client, trial, "accept")
    assert refused.status_code == 422
    assert "Write why you decide otherwise than the engine" in words_of(refused)
    assert send(client, trial, "accept", note="The sponsor agreed.").status_code == 302
    step = Step.objects.get(act="accept")
    assert (step.overrides, step.words) == (True, "The sponsor agreed.")
    assert "Against the engine" in words_of(page_of(client, trial))


def test_a_criterion_the_engine_finds_met_needs_the_reason(
    signed_in: Client, trial: TrialReferral, coordinator: User
) -> None:
    taken(trial, coordinator)
    page = page_of(signed_in, trial)
    assert "The engine finds I1, I2, I3, I5 and E1b in order" in offered(page, "not_accept").against
    typed = {"reason": "criterion", "criterion": "I1"}
    assert send(signed_in, trial, "not_accept", **typed).status_code == 422
    assert send(signed_in, trial, "not_accept", note="Age mistyped.", **typed).status_code == 302


# --- The own view and the signature


def test_nobody_accepts_without_a_view_of_their_own(
    signed_in: Client, trial: TrialReferral, coordinator: User
) -> None:
    trial = move(trial, "take", coordinator)
    confirm_all(trial, coordinator)
    page = page_of(signed_in, trial)
    assert offered(page, "accept").before == "Record your own view first."
    refused = signed_in.post(address(trial, "accept"), hidden(page, "accept"))
    assert refused.status_code == 422
    assert state(trial) == State.IN_REVIEW


def test_acceptance_waits_for_the_checklist(
    signed_in: Client, trial: TrialReferral, coordinator: User
) -> None:
    taken(trial, coordinator)
    page = page_of(signed_in, trial)
    assert "Answer what is to be confirmed first: 14 items open." in offered(page, "accept").before
    assert signed_in.post(address(trial, "accept"), hidden(page, "accept")).status_code == 422


@pytest.mark.parametrize("proof", ["", "not this one", "x" * 5000, "\x00", "000000"])
def test_a_signature_needs_the_signers_password(
    client: Client, trial: TrialReferral, coordinator: User, investigator: User, proof: str
) -> None:
    """Seen to fail with every signature taken as proved."""
    trial = accepted(trial, coordinator)
    actions.record_own_view(
        trial.referral.screening, protocol=TRIAL, view="candidate", by=investigator, at=AT
    )
    client.force_login(investigator)
    refused = send(client, trial, "sign", proof=proof)
    assert refused.status_code == 422
    assert not Step.objects.filter(is_signature=True).exists()
    if proof.strip("\x00"):
        assert proof not in refused.content.decode()


def test_nobody_signs_what_is_hidden_from_them(
    client: Client, trial: TrialReferral, coordinator: User, investigator: User
) -> None:
    accepted(trial, coordinator)
    client.force_login(investigator)
    page = page_of(client, trial)
    assert offered(page, "sign").before == "Record your own view first."
    refused = client.post(address(trial, "sign"), hidden(page, "sign") | {"proof": PASSWORD})
    assert refused.status_code == 422
    assert not Step.objects.filter(is_signature=True).exists()


def test_a_coordinator_does_not_sign(signed_in: Client, trial: TrialReferral, coordinator: User) -> None:
    trial = accepted(trial, coordinator)
    typed = hidden(page_of(signed_in, trial), "consent") | {"proof": PASSWORD}
    refused = signed_in.post(address(trial, "sign"), typed)
    assert refused.status_code == 422
    assert not Step.objects.filter(is_signature=True).exists()


# --- Bound to what was shown


def test_of_two_coordinators_the_slower_is_told_what_changed(
    signed_in: Client, trial: TrialReferral, coordinator: User
) -> None:
    """Seen to fail with what was typed left out of the form that comes back."""
    trial = taken(trial, coordinator)
    page = page_of(signed_in, trial)
    typed = hidden(page, "not_accept") | {"reason": "other", "note": "No bed until spring."}
    colleague = make_user(Role.COORDINATOR, trial.site)
    actions.confirm(trial, item="C1", answer="no", document="Letter", by=colleague, at=AT)
    meanwhile = signed_in.post(address(trial, "not_accept"), typed)
    assert meanwhile.status_code == 409
    said = words_of(meanwhile)
    assert "Nothing was saved: this referral changed after you opened it" in said
    assert f"C1 answered by {colleague}" in said
    form = offered(meanwhile, "not_accept")
    assert form.is_open
    assert (form.form["reason"].value(), form.form["note"].value()) == ("other", "No bed until spring.")
    assert state(trial) == State.IN_REVIEW
    again = hidden(meanwhile, "not_accept") | {"reason": "other", "note": "No bed until spring."}
    assert signed_in.post(address(trial, "not_accept"), again).status_code == 302
    assert state(trial) == State.NOT_ACCEPTED


def test_a_plan_of_a_colleague_counts_as_a_change(
    signed_in: Client, trial: TrialReferral, coordinator: User
) -> None:
    """Seen to fail with the version of now taken in place of the page's."""
    trial = taken(trial, coordinator)
    typed = hidden(page_of(signed_in, trial), "hold") | {"hold_until": "4 Jan 2030"}
    colleague = make_user(Role.COORDINATOR, trial.site)
    actions.plan([trial], by=colleague, at=AT, owner=colleague)
    meanwhile = signed_in.post(address(trial, "hold"), typed)
    assert meanwhile.status_code == 409
    assert "Its owner, due day, next step, pre-screen or protocol changed" in words_of(meanwhile)
    assert offered(meanwhile, "hold").form["hold_until"].value() == "4 Jan 2030"
    assert state(trial) == State.IN_REVIEW


def test_every_form_carries_its_token_against_forgery(
    signed_in: Client, trial: TrialReferral, coordinator: User
) -> None:
    """Seen to fail with the token left out of what the form of a move is given."""
    taken(trial, coordinator)
    html = page_of(signed_in, trial).content.decode()
    assert html.count('method="post"') == html.count('name="csrfmiddlewaretoken"') > 20


def test_what_is_no_longer_possible_is_said_with_what_was_typed(
    signed_in: Client, trial: TrialReferral, coordinator: User
) -> None:
    trial = taken(trial, coordinator)
    typed = hidden(page_of(signed_in, trial), "ask") | {"text": "Is there an ambulance record?"}
    colleague = make_user(Role.COORDINATOR, trial.site)
    move(trial, "not_accept", colleague, reason="no_slot")
    meanwhile = signed_in.post(address(trial, "ask"), typed)
    assert meanwhile.status_code == 409
    said = words_of(meanwhile)
    assert f"Not accepted by centre by {colleague}" in said
    assert "“Ask the clinician” is no longer possible from here." in said
    assert "Question: Is there an ambulance record?" in said
    assert not ThreadEntry.objects.exists()


def test_a_decision_is_bound_to_the_hash_that_was_shown(
    signed_in: Client, trial: TrialReferral, coordinator: User
) -> None:
    trial = taken(trial, coordinator)
    page = page_of(signed_in, trial)
    typed = hidden(page, "not_accept") | {"reason": "no_slot", "shown": "0" * 64}
    assert signed_in.post(address(trial, "not_accept"), typed).status_code == 409
    good = typed | {"shown": hidden(page, "not_accept")["shown"]}
    assert signed_in.post(address(trial, "not_accept"), good).status_code == 302
    assert Step.objects.get(act="not_accept").shown_sha256 == good["shown"]


def test_a_double_click_moves_once(signed_in: Client, trial: TrialReferral) -> None:
    typed = hidden(page_of(signed_in, trial), "take")
    for _ in range(2):
        assert signed_in.post(address(trial, "take"), typed).status_code == 302
    assert Step.objects.filter(act="take").count() == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"version": ""},
        {"version": "x"},
        {"version": "-1"},
        {"version": "9" * 30},
        {"version": "1e1"},
        {"token": ""},
        {"token": "x"},
        {"shown": "x" * 65},
        {"seen": "x" * 61},
        {"version": "1", "seen": "٣.x.<b>"},
        {"version": "1", "seen": "9.9"},
    ],
)
def test_a_form_of_another_page_moves_nothing(
    signed_in: Client, trial: TrialReferral, broken: dict[str, str]
) -> None:
    typed = hidden(page_of(signed_in, trial), "take")
    refused = signed_in.post(address(trial, "take"), typed | broken)
    assert refused.status_code == 409
    assert "Nothing was saved" in words_of(refused)
    assert state(trial) == State.SUBMITTED


@pytest.mark.parametrize("act", ["submit", "answer", "anew", "x", "trial", "delete"])
def test_what_is_no_move_of_the_centre_is_not_found(
    signed_in: Client, trial: TrialReferral, act: str
) -> None:
    response = signed_in.post(address(trial, act), {})
    assert response.status_code == (409 if act == "anew" else 404)
    assert state(trial) == State.SUBMITTED


def test_moves_take_no_get(signed_in: Client, trial: TrialReferral) -> None:
    for act in ("take", "ask", "confirm", "note", "plan", "anew", "own-view"):
        assert signed_in.get(address(trial, act)).status_code == 405


HOSTILE = ["<script>alert(1)</script>", "' OR 1=1 --", "{{ 7*7 }}", "=cmd|' /C calc'!A0", "a\r\nB: c", "\x00"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_stay_words(
    signed_in: Client, trial: TrialReferral, coordinator: User, text: str
) -> None:
    trial = taken(trial, coordinator)
    response = send(signed_in, trial, "ask", text=text)
    assert response.status_code == (422 if "\x00" in text else 302)
    page = page_of(signed_in, trial).content.decode()
    assert "<script>alert" not in page
    if response.status_code == 302:
        assert ThreadEntry.objects.get().text == text.strip().replace("\r\n", "\n") or "\r" in text


def test_other_hands_do_not_reach_a_form(client: Client, trial: TrialReferral, coordinator: User) -> None:
    client.force_login(coordinator)
    typed = hidden(page_of(client, trial), "take")
    client.force_login(make_user(Role.COORDINATOR, make_centre(TRIAL, slug="elsewhere")))
    assert client.post(address(trial, "take"), typed | {"token": str(uuid.uuid4())}).status_code == 404
    assert state(trial) == State.SUBMITTED


def test_a_hold_says_until_when_and_ends(signed_in: Client, trial: TrialReferral, coordinator: User) -> None:
    trial = taken(trial, coordinator)
    assert send(signed_in, trial, "hold", hold_until="4 Jan 2030").status_code == 302
    trial.refresh_from_db()
    assert trial.hold_until == date(2030, 1, 4)
    assert send(signed_in, trial, "resume").status_code == 302
    assert state(trial) == State.IN_REVIEW
