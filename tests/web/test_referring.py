"""Deciding after a pre-screen: without a referral, with one's own view first, and the choice of trials."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from screening.models import (
    AuditEvent,
    ClinicDecision,
    OwnView,
    Participant,
    Referral,
    Role,
    Screening,
    TrialSite,
    User,
)
from tests.factories import make_site, make_user
from tests.web.pages import words_of
from tests.web.recorded import record
from tests.web.referred import TRIAL, make_centre, refer

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinician(client: Client) -> User:
    user = make_user(Role.CLINICIAN)
    client.force_login(user)
    return user


@pytest.fixture
def screening(clinician: User) -> Screening:
    return record(clinician)


def decide(client: Client, screening: Screening, **typed: Any) -> Any:
    return client.post(f"{screening.get_absolute_url()}decide/", {"token": uuid.uuid4(), **typed})


def choose(client: Client, screening: Screening, **typed: Any) -> Any:
    return client.post(f"{screening.get_absolute_url()}refer/", {"token": uuid.uuid4(), **typed})


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"kind": "waiting", "recheck_on": "1 Dec 2099"}, "Waiting for results: look again on 1 Dec 2099"),
        ({"kind": "not_now", "reason": "Pregnancy planned"}, "Not now: Pregnancy planned"),
        ({"kind": "person_says_no"}, "The person says no"),
        ({"kind": "too_far"}, "Too far"),
    ],
)
def test_one_tap_decides_without_a_referral(
    client: Client, clinician: User, screening: Screening, typed: Any, said: str
) -> None:
    assert decide(client, screening, **typed).status_code == 302
    page = words_of(client.get(screening.get_absolute_url()))
    assert said in page
    assert str(clinician) in page.partition("Your decision")[2]
    assert AuditEvent.objects.filter(act=f"clinic.{typed['kind']}").count() == 1


def test_waiting_offers_the_day_results_are_due(client: Client, screening: Screening) -> None:
    page = client.get(screening.get_absolute_url()).content.decode()
    offered = re.search(r'id="recheck_on" name="recheck_on" value="([^"]+)"', page)
    assert offered is not None
    assert decide(client, screening, kind="waiting", recheck_on=offered[1]).status_code == 302


@pytest.mark.parametrize(
    ("typed", "mend"),
    [
        ({"kind": "waiting", "recheck_on": ""}, "Enter the day to look again, like 1 Dec 2026"),
        ({"kind": "waiting", "recheck_on": "soon"}, "Enter the day to look again as"),
        ({"kind": "waiting", "recheck_on": "1/2/2099"}, "Enter the month in letters"),
        ({"kind": "waiting", "recheck_on": "1 Jan 2020"}, "Enter the day to look again, after today"),
        ({"kind": "not_now", "reason": " "}, "Write the reason"),
        ({"kind": "not_now", "reason": "x" * 201}, "Shorten it to 200 characters"),
        ({"kind": "elsewhere"}, "Choose one of the decisions"),
        ({}, "Choose one of the decisions"),
        ({"kind": "too_far", "token": "no token"}, "Open the page again"),
    ],
)
def test_a_decision_to_mend_comes_back_as_typed(
    client: Client, screening: Screening, typed: Any, mend: str
) -> None:
    page = decide(client, screening, **typed)
    assert page.status_code == 422
    assert mend in words_of(page)
    assert "<title>Error: " in page.content.decode()
    for name in ("recheck_on", "reason"):
        if typed.get(name, "").strip():
            assert f'value="{typed[name][:200]}"' in page.content.decode()
    assert not ClinicDecision.objects.exists()


def test_a_double_click_decides_once(client: Client, screening: Screening) -> None:
    """Seen to fail with a fresh token made in the view for every request."""
    token = uuid.uuid4()
    for _ in range(2):
        decide(client, screening, kind="too_far", token=token)
    assert ClinicDecision.objects.count() == 1


def test_a_replaced_pre_screen_takes_no_decision(
    client: Client, clinician: User, screening: Screening
) -> None:
    anew = record(clinician, replaces=screening)
    answer = decide(client, screening, kind="too_far")
    assert (answer.status_code, answer["Location"]) == (302, anew.get_absolute_url())
    assert choose(client, screening, protocols=[TRIAL])["Location"] == anew.get_absolute_url()
    assert not ClinicDecision.objects.exists()


# --- Own view first


def test_own_view_comes_before_any_verdict(client: Client, clinician: User, screening: Screening) -> None:
    """Seen to fail with the switch of the site left out of the view."""
    make_centre()
    site = screening.participant.site
    site.own_view_first = True
    site.save()
    address = screening.get_absolute_url()
    page = client.get(address)
    assert "What do you think yourself" in words_of(page)
    verdicts = [verdict.title for verdict in screening.verdicts.all()]
    assert not any(title in words_of(page) for title in verdicts)
    for way in ("notes/", "refer/"):
        assert client.get(address + way)["Location"] == address
    assert decide(client, screening, kind="too_far")["Location"] == address
    assert not ClinicDecision.objects.exists()
    refused = client.post(f"{address}own-view/", {"view": "perhaps"})
    assert refused.status_code == 422
    assert "Choose what you think yourself" in words_of(refused)
    assert client.post(f"{address}own-view/", {"view": "not_now"}).status_code == 302
    client.post(f"{address}own-view/", {"view": "candidate"})
    assert OwnView.objects.get().view == "not_now"
    page = client.get(address)
    assert f"Not now, the own view of {clinician} before the result was shown" in words_of(page)
    assert "The rules:" in words_of(page)


def test_own_view_is_not_asked_for_unless_switched_on(client: Client, screening: Screening) -> None:
    assert "What do you think yourself" not in words_of(client.get(screening.get_absolute_url()))


# --- The choice of a centre and trials


def test_the_choice_shows_standing_and_what_is_open(client: Client, screening: Screening) -> None:
    make_centre(TRIAL, "cit-07")
    TrialSite.objects.create(site=make_site("closed-house"), protocol=TRIAL, is_open=False)
    page = words_of(client.get(f"{screening.get_absolute_url()}refer/"))
    verdict = screening.verdicts.get(protocol=TRIAL)
    assert verdict.title in page
    assert f"{verdict.unknown_count} still open" in page
    assert "Closed House" not in page


def test_several_trials_of_one_centre_begin_one_letter(client: Client, screening: Screening) -> None:
    centre = make_centre(TRIAL, "cit-07")
    answer = choose(client, screening, centre=centre.pk, protocols=[TRIAL, "cit-07"])
    referral = Referral.objects.get()
    assert answer["Location"] == f"{referral.get_absolute_url()}letter/"
    assert sorted(referral.trials.values_list("protocol", "state")) == [("cit-07", "draft"), (TRIAL, "draft")]


def test_a_double_click_begins_one_letter(client: Client, screening: Screening) -> None:
    centre, token = make_centre(), uuid.uuid4()
    places = {
        choose(client, screening, centre=centre.pk, protocols=[TRIAL], token=token)["Location"] for _ in "12"
    }
    assert (Referral.objects.count(), len(places)) == (1, 1)


@pytest.mark.parametrize(
    ("typed", "mend"),
    [
        ({"protocols": []}, "Choose at least one trial"),
        ({"protocols": ["cit-07"]}, "Choose among the trials that this centre takes referrals for"),
        ({"protocols": ["../x"]}, "Choose among the trials"),
        ({"centre": "x", "protocols": [TRIAL]}, "Choose one of the centres"),
        ({"centre": "", "protocols": [TRIAL]}, "Choose one of the centres"),
        ({"protocols": [TRIAL], "token": "1"}, "Open the page again"),
    ],
)
def test_a_choice_to_mend_comes_back_as_ticked(
    client: Client, screening: Screening, typed: Any, mend: str
) -> None:
    centre = make_centre()
    page = choose(client, screening, **{"centre": centre.pk, **typed})
    assert page.status_code == 422
    assert mend in words_of(page)
    if typed["protocols"] == [TRIAL] and "centre" not in typed:
        assert re.search(rf'value="{TRIAL}" checked', page.content.decode())
    assert not Referral.objects.exists()


def test_a_trial_under_way_cannot_be_ticked_again(
    client: Client, clinician: User, screening: Screening
) -> None:
    referral = refer(clinician, screening)
    page = client.get(f"{screening.get_absolute_url()}refer/")
    assert "This person is referred to it already: submitted" in words_of(page)
    refused = choose(client, screening, centre=referral.centre_id, protocols=[TRIAL])
    assert refused.status_code == 422
    assert "Leave out the trial that this person is referred to already" in words_of(refused)


def test_the_result_names_running_referrals(client: Client, clinician: User, screening: Screening) -> None:
    refer(clinician, screening)
    page = words_of(client.get(screening.get_absolute_url()))
    assert "Referred to Lakeside" in page
    assert "Submitted since" in page


# --- Isolation


@pytest.mark.parametrize("way", ["own-view/", "decide/", "refer/"])
def test_another_site_and_a_missing_pre_screen_answer_alike(
    client: Client, screening: Screening, way: str
) -> None:
    client.force_login(make_user(Role.CLINICIAN, make_site("elsewhere")))
    address = f"{screening.get_absolute_url()}{way}"
    missing = address.replace(f"/{screening.pk}/", "/999999/")
    found = [client.post(one, {"kind": "too_far", "view": "not_now"}) for one in (address, missing)]
    assert [answer.status_code for answer in found] == [404, 404]
    assert words_of(found[0]) == words_of(found[1])
    assert not ClinicDecision.objects.exists()


def test_a_reference_that_is_not_the_persons_is_not_found(
    client: Client, clinician: User, screening: Screening
) -> None:
    """H5, two tabs. Seen to fail with the reference left out of the look-up."""
    other = Participant.objects.get(pk=record(clinician).participant_id)
    for way in ("decide/", "own-view/", "refer/"):
        wrong = screening.get_absolute_url().replace(screening.participant.reference, other.reference)
        assert client.post(wrong + way, {"kind": "too_far"}).status_code == 404


def test_a_decision_on_another_pre_screen_says_so(
    client: Client, clinician: User, screening: Screening
) -> None:
    decide(client, screening, kind="too_far")
    again = record(clinician, replaces=screening)
    assert "on another pre-screen" in words_of(client.get(again.get_absolute_url()))
