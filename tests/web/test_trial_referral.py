"""The page of one trial of a referral: what it shows, to whom, and what waits until a view is recorded."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from screening import actions
from screening.actions.amendments import mark_amended
from screening.content import installed_content
from screening.models import (
    AuditEvent,
    Confirmation,
    OwnView,
    Role,
    Screening,
    ThreadEntry,
    TrialReferral,
    User,
)
from screening.rules.content import Content
from tests.factories import make_user
from tests.web.pages import stands_in, words_of
from tests.web.recorded import payload, record
from tests.web.referred import AT, TRIAL, make_centre, move, refer, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def trial(clinician: User) -> TrialReferral:
    return refer(clinician, record(clinician), TRIAL, "cit-07").trials.get(protocol=TRIAL)


@pytest.fixture
def coordinator(trial: TrialReferral) -> User:
    return staff(trial.site)[0]


@pytest.fixture
def signed_in(client: Client, coordinator: User) -> Client:
    client.force_login(coordinator)
    return client


def page_of(client: Client, trial: TrialReferral) -> Any:
    return client.get(trial.get_absolute_url())


def address(name: str, trial: TrialReferral) -> str:
    return reverse(name, args=[trial.referral.participant.reference, trial.pk])


def view_recorded(trial: TrialReferral, by: User) -> None:
    actions.record_own_view(trial.referral.screening, protocol=trial.protocol, view="candidate", by=by, at=AT)


def bound(response: Any) -> dict[str, str]:
    """Return the hidden fields that a form of the page carries."""
    form = response.context["anew"]
    return {name: str(form[name].value()) for name in ("token", "version", "shown", "seen")}


# --- What it shows


def test_the_head_says_who_where_and_since_when(signed_in: Client, trial: TrialReferral) -> None:
    said = words_of(page_of(signed_in, trial))
    assert f"{trial.referral.participant.reference} Zimislecel (VX-880)" in said
    assert "43 years, female, type 1 diabetes for 21 to 22 years · St Anne, Dr Person 1" in said
    assert "State Submitted since" in said
    assert "Holds until" in said
    assert "Owner Nobody yet" in said


def test_answers_stand_by_section_with_unit_day_and_origin(signed_in: Client, trial: TrialReferral) -> None:
    said = words_of(page_of(signed_in, trial))
    assert "From the chart Date of birth Age 43 on 20 Nov 2026 Sex Female" in said
    assert "HbA1c 7.8 % 1 Oct 2026, laboratory" in said or "HbA1c 7.8 % 1 Oct 2026" in said
    assert "Clarke score Not known: not done" in said
    assert "Severe events When What happened" in said
    assert "Three collapses last winter in spite of a sensor" in said


def test_a_birth_date_is_not_shown_to_the_centre(signed_in: Client, trial: TrialReferral) -> None:
    """Seen to fail with the answers as they were told."""
    view_recorded(trial, User.objects.get(pk=int(signed_in.session["_auth_user_id"])))
    html = page_of(signed_in, trial).content.decode()
    assert not stands_in("1983", html)


def test_the_engines_answer_waits_for_the_readers_own_view(
    signed_in: Client, trial: TrialReferral, coordinator: User
) -> None:
    """Seen to fail with the criteria shown before."""
    trial = move(trial, "take", coordinator)
    before = page_of(signed_in, trial)
    said = words_of(before)
    assert "what do you think yourself?" in said
    assert "HbA1c 7.8" in said
    for hidden in ("criterion__answer", "verdict__line", "Source and how we read it"):
        assert hidden not in before.content.decode()
    assert "Possible" not in said
    assert "Accept Record your own view first." in said
    kept = signed_in.post(address("trial_own_view", trial), {"view": "not_now"})
    assert kept["Location"].endswith("#engine")
    assert OwnView.objects.get(by=coordinator).view == "not_now"
    after = page_of(signed_in, trial)
    said = words_of(after)
    assert "Your own view" in said
    assert "Possible: 3 of 8 not known" in said
    html = after.content.decode()
    assert html.index("criteria__title") < html.index("verdict__line")


def test_where_the_site_asks_for_no_view_the_answer_is_there(signed_in: Client, trial: TrialReferral) -> None:
    trial.site.own_view_to_decide = False
    trial.site.save()
    assert "verdict__line" in page_of(signed_in, trial).content.decode()


@pytest.mark.parametrize("view", ["", "x", "<script>", "candidate\x00"])
def test_a_view_that_is_none_comes_back(signed_in: Client, trial: TrialReferral, view: str) -> None:
    refused = signed_in.post(address("trial_own_view", trial), {"view": view})
    assert refused.status_code == 422
    assert "Choose what you think yourself" in words_of(refused)
    assert not OwnView.objects.exists()


def test_the_persons_other_trials_stand_at_the_top(signed_in: Client, trial: TrialReferral) -> None:
    tabs = page_of(signed_in, trial).context["tabs"]
    assert [(tab.title, tab.is_current) for tab in tabs] == [
        ("Zimislecel (VX-880)", True),
        ("Purified human islets", False),
    ]


def test_contact_shows_after_acceptance_alone(signed_in: Client, trial: TrialReferral) -> None:
    assert page_of(signed_in, trial).context["letter"].contact is None
    assert "To reach the person" not in words_of(page_of(signed_in, trial))


def test_a_near_lapse_is_said_with_the_days_left(signed_in: Client, trial: TrialReferral) -> None:
    TrialReferral.objects.filter(pk=trial.pk).update(lapses_on=trial.site.today() + timedelta(days=7))
    page = page_of(signed_in, trial)
    assert "case-head__press--near" in page.content.decode()
    assert ", 7 days" in words_of(page)


def test_each_reading_is_written_to_the_trail(
    signed_in: Client, trial: TrialReferral, coordinator: User
) -> None:
    page_of(signed_in, trial)
    assert AuditEvent.objects.filter(act="referral.read", actor=coordinator).count() == 1


def test_the_page_reads_no_more_for_a_longer_thread(
    signed_in: Client, trial: TrialReferral, coordinator: User
) -> None:
    def reads() -> int:
        with CaptureQueriesContext(connection) as captured:
            page_of(signed_in, trial)
        return len(captured)

    reads()
    before = reads()
    for number in range(8):
        ThreadEntry.objects.create(
            token=uuid.uuid4(),
            referral=trial.referral,
            kind="note",
            at=AT,
            by=coordinator,
            text=f"Note {number}",
        )
        Confirmation.objects.create(trial=trial, item="C1", answer="yes", at=AT, by=coordinator)
    assert reads() == before


# --- Whose page


NAMES = ("trial_referral", "confirm", "trial_own_view", "trial_note", "trial_plan", "trial_anew", "ask")


def everything(client: Client, trial: TrialReferral) -> list[int]:
    """Return the status of every address of the page."""
    found = [client.get(address("trial_referral", trial)).status_code]
    found += [client.post(address(name, trial), {}).status_code for name in NAMES[1:]]
    reference = trial.referral.participant.reference
    found.append(client.post(reverse("move", args=[reference, trial.pk, "take"]), {}).status_code)
    return found


def test_another_centre_finds_no_such_page(client: Client, trial: TrialReferral) -> None:
    """Seen to fail with TrialReferral.objects read without at_centre."""
    client.force_login(make_user(Role.COORDINATOR, make_centre(TRIAL, slug="elsewhere")))
    assert set(everything(client, trial)) == {404}


def test_another_trials_coordinator_finds_no_such_page(client: Client, trial: TrialReferral) -> None:
    bounded = make_user(None)
    bounded.memberships.create(site=trial.site, role=Role.COORDINATOR, protocol="cit-07")
    client.force_login(bounded)
    assert set(everything(client, trial)) == {404}
    other = trial.referral.trials.get(protocol="cit-07")
    page = page_of(client, other)
    assert page.status_code == 200
    assert page.context["tabs"] == []


def test_a_missing_page_answers_like_anothers(client: Client, trial: TrialReferral) -> None:
    client.force_login(make_user(Role.COORDINATOR, make_centre(TRIAL, slug="elsewhere")))
    theirs = page_of(client, trial)
    missing = client.get(reverse("trial_referral", args=["ABC-2222-2", 999_999]))
    assert (theirs.status_code, theirs.content[:400]) == (missing.status_code, missing.content[:400])


def test_the_reference_must_be_the_persons(signed_in: Client, trial: TrialReferral) -> None:
    assert signed_in.get(reverse("trial_referral", args=["ABC-2222-2", trial.pk])).status_code == 404


def test_a_draft_has_no_page_at_the_centre(signed_in: Client, trial: TrialReferral) -> None:
    TrialReferral.objects.filter(pk=trial.pk).update(state="draft")
    assert page_of(signed_in, trial).status_code == 404


def test_the_clinic_has_pages_of_its_own(client: Client, trial: TrialReferral, clinician: User) -> None:
    client.force_login(clinician)
    assert page_of(client, trial).status_code == 403


# --- To confirm, notes, plan


def test_items_are_confirmed_with_their_document(
    signed_in: Client, trial: TrialReferral, coordinator: User
) -> None:
    done = signed_in.post(
        address("confirm", trial), {"item": "C1", "answer": "yes", "document": "Letter of 3 Feb"}
    )
    assert done["Location"].endswith("#to-confirm")
    said = words_of(page_of(signed_in, trial))
    assert f"Confirmed: Letter of 3 Feb {coordinator}" in said
    assert "13 of 14 open" in said
    signed_in.post(address("confirm", trial), {"item": "C1", "answer": "no"})
    assert "Not so" in words_of(page_of(signed_in, trial))
    assert Confirmation.objects.count() == 2


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"item": "C1"},
        {"item": "C1", "answer": "maybe"},
        {"item": "C99", "answer": "yes"},
        {"item": "x" * 100, "answer": "yes"},
        {"item": "C1", "answer": "yes", "document": "x" * 121},
        {"item": "\x00", "answer": "yes"},
    ],
)
def test_broken_confirmations_come_back(
    signed_in: Client, trial: TrialReferral, typed: dict[str, str]
) -> None:
    refused = signed_in.post(address("confirm", trial), typed)
    assert refused.status_code == 422
    assert "Not saved yet" in words_of(refused)
    assert not Confirmation.objects.exists()


def test_a_note_joins_the_thread(signed_in: Client, trial: TrialReferral) -> None:
    token = str(uuid.uuid4())
    for _ in range(2):
        signed_in.post(address("trial_note", trial), {"note": "Called, <b>no answer</b>", "token": token})
    page = page_of(signed_in, trial)
    assert words_of(page).count("Called, <b>no answer</b>") == 1
    assert "<b>no answer" not in page.content.decode()
    for broken in ("", " ", "x" * 2001):
        assert signed_in.post(address("trial_note", trial), {"note": broken}).status_code == 422
    assert ThreadEntry.objects.count() == 1


def test_a_note_about_one_trial_is_kept_from_nobody_who_reads_it(
    client: Client, trial: TrialReferral, coordinator: User
) -> None:
    """Questions about another trial stay with that trial's readers."""
    other = trial.referral.trials.get(protocol="cit-07")
    other = move(other, "take", coordinator)
    actions.ask(
        other, text="About CIT-07 alone", by=coordinator, at=AT, version=other.version, token=uuid.uuid4()
    )
    client.force_login(coordinator)
    assert "About CIT-07 alone" not in words_of(page_of(client, trial))
    assert "About CIT-07 alone" in words_of(page_of(client, other))


def test_owner_due_day_and_next_step_are_planned_here(
    signed_in: Client, trial: TrialReferral, coordinator: User
) -> None:
    typed = {"owner": "me", "due_on": "26 Nov 2026", "next_action": "call", "version": str(trial.version)}
    assert signed_in.post(address("trial_plan", trial), typed).status_code == 302
    trial.refresh_from_db()
    assert (trial.owner, trial.next_action) == (coordinator, "call")
    meanwhile = signed_in.post(address("trial_plan", trial), typed | {"next_action": "write"})
    assert meanwhile.status_code == 409
    assert "Nothing was saved" in words_of(meanwhile)
    assert "write" in meanwhile.content.decode()
    for broken in ({"due_on": "x"}, {}, {"owner": "99999"}, {"version": "x", "owner": "1e9"}):
        assert signed_in.post(address("trial_plan", trial), broken).status_code == 422


# --- Amendments


@pytest.fixture
def amended(monkeypatch: pytest.MonkeyPatch) -> Content:
    """The installed content, after an amendment of one protocol."""
    content = installed_content()
    protocols = tuple(
        replace(one, version="2027-01-15") if one.id == TRIAL else one for one in content.protocols
    )
    changed = replace(content, protocols=protocols)
    for module in ("screening.management.commands.mark_amended", "screening.views.trial_referrals"):
        monkeypatch.setattr(f"{module}.installed_content", lambda: changed)
    return changed


def test_an_amended_protocol_marks_its_referrals_once(
    trial: TrialReferral, amended: Content, capsys: pytest.CaptureFixture[str]
) -> None:
    """Seen to fail with the hash of the trial compared with that of another."""
    assert mark_amended(installed_content(), at=AT) == 0
    call_command("mark_amended")
    assert "1" in capsys.readouterr().out
    marked = TrialReferral.objects.filter(is_amended=True)
    assert [one.protocol for one in marked] == [TRIAL]
    assert marked[0].version == trial.version + 1
    assert AuditEvent.objects.filter(act="referral.amended", actor=None).count() == 1
    assert mark_amended(amended, at=AT) == 0
    assert mark_amended(installed_content(), at=AT) == 1
    assert not TrialReferral.objects.filter(is_amended=True).exists()


def test_the_referral_rests_on_a_pre_screen_run_anew(
    signed_in: Client, trial: TrialReferral, coordinator: User, amended: Content
) -> None:
    """Seen to fail with the referral left on its former pre-screen."""
    mark_amended(amended, at=AT)
    page = page_of(signed_in, trial)
    assert "Changed by amendment" in words_of(page)
    before = trial.referral.screening
    typed = bound(page)
    for _ in range(2):
        assert signed_in.post(address("trial_anew", trial), typed).status_code == 302
    trial = TrialReferral.objects.get(pk=trial.pk)
    anew = trial.referral.screening
    assert Screening.objects.count() == 2
    assert (anew.recorded_by, anew.participant) == (coordinator, before.participant)
    assert anew.told["facts"]["hba1c"] == before.told["facts"]["hba1c"]
    assert Screening.objects.filter(pk=before.pk).exists()
    assert not trial.is_amended
    assert mark_amended(amended, at=AT) == 0
    assert "Changed by amendment" not in words_of(page_of(signed_in, trial))


def test_a_referral_that_moved_is_not_run_anew(
    signed_in: Client, trial: TrialReferral, coordinator: User
) -> None:
    typed = bound(page_of(signed_in, trial))
    move(trial, "take", coordinator)
    assert signed_in.post(address("trial_anew", trial), typed).status_code == 409
    assert signed_in.post(address("trial_anew", trial), {}).status_code == 409
    assert Screening.objects.count() == 1


def test_the_row_follows_what_the_referral_rests_on(trial: TrialReferral, clinician: User) -> None:
    TrialReferral.objects.update(is_amended=True)
    answers = payload(birth_date="1961", sex="male")
    anew = record(clinician, answers, replaces=trial.referral.screening)
    actions.rest_on(trial.referral, anew, at=AT)
    trial.refresh_from_db()
    assert (trial.age, trial.sex, trial.is_amended) == ("64 to 65", "male", False)
