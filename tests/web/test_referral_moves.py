"""Referrals move as the table says, and in no other way."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest

from screening import actions
from screening.flow import AFTER_CONSENT, BY_ACT, MOVES, State
from screening.models import AuditEvent, Notice, Role, Step, TrialReferral, User
from tests.factories import make_site, make_user
from tests.web.recorded import record
from tests.web.referred import AT, LETTER, TRIAL, confirm_all, make_centre, move, refer, staff

pytestmark = pytest.mark.django_db


def in_review(clinician: User) -> tuple[TrialReferral, User, User]:
    """Return a trial in review, with the coordinator and the investigator of its centre."""
    trial = refer(clinician).trials.get()
    coordinator, investigator = staff(trial.site)
    return move(trial, "take", coordinator), coordinator, investigator


def accepted(clinician: User) -> tuple[TrialReferral, User, User]:
    trial, coordinator, investigator = in_review(clinician)
    actions.record_own_view(
        trial.referral.screening, protocol=trial.protocol, view="candidate", by=coordinator, at=AT
    )
    confirm_all(trial, coordinator)
    words = "The sponsor agreed." if trial.candidacy in ("unlikely", "not_yet") else ""
    return move(trial, "accept", coordinator, words=words), coordinator, investigator


def test_a_referral_goes_the_whole_way(clinician: User) -> None:
    trial, coordinator, investigator = accepted(clinician)
    consent = {"consented_on": date(2026, 11, 20), "consent_version": "4.0", "subject_no": "017-003"}
    trial = move(trial, "consent", coordinator, **consent)
    trial = move(trial, "start_screening", coordinator)
    with pytest.raises(actions.Refused, match="1 problems"):
        move(trial, "enrol", coordinator, enrolment_no="E-9")
    trial = move(trial, "sign", investigator, is_authenticated_anew=True)
    trial = move(trial, "enrol", coordinator, enrolment_no="E-9")
    assert trial.state == State.ENROLLED
    acts = list(trial.steps.values_list("act", "is_signature"))
    assert acts == [
        ("submit", False),
        ("take", False),
        ("accept", False),
        ("consent", False),
        ("start_screening", False),
        ("sign", True),
        ("enrol", False),
    ]
    decisions = trial.steps.filter(act__in=["accept", "sign", "enrol"])
    assert all(len(step.shown_sha256) == 64 and step.meaning for step in decisions)
    assert AuditEvent.objects.filter(act="referral.enrol").count() == 1


@pytest.mark.parametrize("act", [one.act for one in MOVES])
def test_nobody_moves_it_in_a_role_that_may_not(act: str, clinician: User) -> None:
    trial, *_ = in_review(clinician)
    may = BY_ACT[act].who
    for role in Role:
        if role in may:
            continue
        bounds: dict[str, Any] = (
            {"protocol": TRIAL, "until": date(2030, 1, 1)} if role == Role.MONITOR else {}
        )
        stranger = make_user(None)
        site = trial.referral.participant.site if role == Role.CLINICIAN else trial.site
        stranger.memberships.create(site=site, role=role, **bounds)
        with pytest.raises(actions.Refused) as refused:
            move(trial, act, stranger, is_authenticated_anew=True, words="x", reason="other")
        assert "act" in refused.value.problems


@pytest.mark.parametrize("one", MOVES, ids=lambda one: one.act)
def test_no_move_starts_from_a_state_the_table_leaves_out(one: Any, clinician: User) -> None:
    trial, coordinator, investigator = in_review(clinician)
    who = {"clinician": clinician, "investigator": investigator, "coordinator": coordinator}
    by = who[sorted(one.who)[-1]] if one.who != {"investigator"} else investigator
    for state in State:
        if state in one.sources:
            continue
        TrialReferral.objects.filter(pk=trial.pk).update(
            state=state,
            held_in="in_review" if state == State.ON_HOLD else "",
            hold_until=date(2027, 1, 1) if state == State.ON_HOLD else None,
            consented_on=AT.date() if state in AFTER_CONSENT else None,
            consent_version="1" if state in AFTER_CONSENT else "",
            subject_no="1" if state in AFTER_CONSENT else "",
            enrolment_no="1" if state == State.ENROLLED else "",
        )
        with pytest.raises(actions.MovedMeanwhile):
            move(trial, one.act, by, is_authenticated_anew=True)


def test_of_two_decisions_on_one_page_the_second_is_refused(clinician: User) -> None:
    trial, coordinator, investigator = in_review(clinician)
    move(trial, "not_accept", coordinator, reason="no_slot")
    with pytest.raises(actions.MovedMeanwhile):
        actions.move_trial(trial, "take", by=investigator, at=AT, version=trial.version, token=uuid.uuid4())


def test_a_double_click_moves_once(clinician: User) -> None:
    trial = refer(clinician).trials.get()
    coordinator, _ = staff(trial.site)
    token = uuid.uuid4()
    for _ in range(2):
        actions.move_trial(trial, "take", by=coordinator, at=AT, version=trial.version, token=token)
    assert trial.steps.filter(act="take").count() == 1


def test_a_decision_on_what_is_no_longer_shown_is_refused(clinician: User) -> None:
    trial, coordinator, _ = in_review(clinician)
    with pytest.raises(actions.MovedMeanwhile):
        move(trial, "not_accept", coordinator, reason="no_slot", shown_sha256="0" * 64)


def test_nothing_is_sent_without_consent_to_contact(clinician: User) -> None:
    referral = actions.start_referral(
        record(clinician), centre=make_centre(), protocols=[TRIAL], by=clinician, at=AT, token=uuid.uuid4()
    )
    with pytest.raises(actions.Refused) as refused:
        actions.submit_referral(referral, by=clinician, at=AT, token=uuid.uuid4())
    assert set(refused.value.problems) == {"contact_consent_on", "reason"}
    assert referral.trials.get().state == State.DRAFT


def test_open_exclusions_are_sent_only_with_the_reason(clinician: User) -> None:
    referral = actions.start_referral(
        record(clinician), centre=make_centre(), protocols=[TRIAL], by=clinician, at=AT, token=uuid.uuid4()
    )
    actions.save_letter(referral, letter=LETTER, by=clinician, at=AT)
    with pytest.raises(actions.Refused) as refused:
        actions.submit_referral(referral, by=clinician, at=AT, token=uuid.uuid4())
    assert "words" in refused.value.problems


def test_own_view_comes_before_the_decision(clinician: User) -> None:
    trial, coordinator, _ = in_review(clinician)
    confirm_all(trial, coordinator)
    with pytest.raises(actions.Refused) as refused:
        move(trial, "accept", coordinator, words="Because.")
    assert "own_view" in refused.value.problems


def test_acceptance_waits_for_every_item_to_confirm(clinician: User) -> None:
    trial, coordinator, _ = in_review(clinician)
    actions.record_own_view(trial.referral.screening, protocol=TRIAL, view="candidate", by=coordinator, at=AT)
    with pytest.raises(actions.Refused) as refused:
        move(trial, "accept", coordinator, words="Because.")
    assert "checklist" in refused.value.problems


def test_a_question_and_its_answer_rest_on_a_new_pre_screen(clinician: User) -> None:
    trial, coordinator, _ = in_review(clinician)
    trial = actions.ask(
        trial,
        text="Is there an ambulance record?",
        facts=["egfr"],
        by=coordinator,
        at=AT,
        version=trial.version,
        token=uuid.uuid4(),
    )
    assert (trial.state, trial.waiting_for) == ("information_requested", "Is there an ambulance record?")
    assert Notice.objects.filter(user=clinician, kind="question").count() == 1
    anew = record(clinician, replaces=trial.referral.screening)
    actions.answer(
        trial.referral, text="Yes, of 3 Feb.", by=clinician, at=AT, token=uuid.uuid4(), screening=anew
    )
    trial.refresh_from_db()
    assert (trial.state, trial.has_answer) == ("submitted", True)
    assert trial.referral.screening == anew
    kinds = list(trial.referral.thread.values_list("kind", flat=True))
    assert kinds == ["question", "answer"]


def test_a_signature_does_not_outlive_the_pre_screen_it_was_given_on(clinician: User) -> None:
    trial, coordinator, investigator = accepted(clinician)
    consent = {"consented_on": date(2026, 11, 20), "consent_version": "4.0", "subject_no": "017-003"}
    move(trial, "sign", investigator, is_authenticated_anew=True)
    move(trial, "consent", coordinator, **consent)
    trial = move(trial, "start_screening", coordinator)
    anew = record(clinician, replaces=trial.referral.screening)
    actions.rest_on(trial.referral, anew, at=AT)
    with pytest.raises(actions.Refused) as refused:
        move(trial, "enrol", coordinator, enrolment_no="E-9")
    assert "act" in refused.value.problems


def test_nobody_signs_without_their_password(clinician: User) -> None:
    trial, _, investigator = accepted(clinician)
    with pytest.raises(actions.Refused) as refused:
        move(trial, "sign", investigator)
    assert "password" in refused.value.problems
    assert not Step.objects.filter(is_signature=True).exists()


def test_on_hold_comes_back_to_where_it_was(clinician: User) -> None:
    trial, coordinator, _ = in_review(clinician)
    trial = move(trial, "hold", coordinator, hold_until=date(2027, 1, 4))
    assert (trial.state, trial.due_on) == ("on_hold", date(2027, 1, 4))
    assert move(trial, "resume", coordinator).state == "in_review"


def test_a_person_is_not_referred_twice_to_one_trial(clinician: User) -> None:
    screening = record(clinician)
    refer(clinician, screening)
    with pytest.raises(actions.Refused) as refused:
        refer(clinician, screening)
    assert "protocols" in refused.value.problems


def test_one_referral_carries_several_trials(clinician: User) -> None:
    referral = refer(clinician, None, TRIAL, "cit-07")
    coordinator, _ = staff(referral.centre)
    first, second = referral.trials.order_by("protocol")
    move(first, "not_accept", coordinator, reason="no_slot")
    second.refresh_from_db()
    assert second.state == "submitted"


def test_a_centre_sees_only_its_own_trials_and_no_drafts(clinician: User) -> None:
    trial = refer(clinician).trials.get()
    elsewhere = make_user(Role.COORDINATOR, make_site("elsewhere"))
    bounded = make_user(None)
    bounded.memberships.create(site=trial.site, role=Role.COORDINATOR, protocol="cit-07")
    here, _ = staff(trial.site)
    seen = {user: TrialReferral.objects.at_centre(user).count() for user in (elsewhere, bounded, here)}
    assert seen == {elsewhere: 0, bounded: 0, here: 1}
    TrialReferral.objects.update(state="draft")
    assert TrialReferral.objects.visible_to(here).count() == 0
    assert TrialReferral.objects.visible_to(clinician).count() == 1
