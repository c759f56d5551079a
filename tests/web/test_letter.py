"""The letter: kept as typed, sent once, with consent, and read as the centre reads it."""

from __future__ import annotations

import json
import re
import uuid
from datetime import date
from typing import Any

import pytest
from django.test import Client

from screening import actions
from screening.models import (
    AuditEvent,
    ClinicDecision,
    Identity,
    Notice,
    Referral,
    Role,
    Screening,
    Step,
    TrialReferral,
    User,
)
from screening.models.identities import Details
from screening.presentation.letter import as_json, letter
from tests.docs.markdown import DOCS, blocks, read
from tests.factories import make_site, make_user
from tests.web.pages import words_of
from tests.web.recorded import payload, record
from tests.web.referred import AT, LETTER, TRIAL, confirm_all, make_centre, move, refer, staff

pytestmark = pytest.mark.django_db
TYPED = {
    "contact_consent_on": "20 Nov 2026",
    "contact_way": "phone",
    "contact_time": "weekday mornings",
    "contact_language": "Welsh",
    "reason": "Three collapses last winter.\nThe partner is afraid.",
    "therapies": "Pump 2014 to 2019, AID since March 2022",
    "medicines": "Ramipril 5 mg; no allergies",
    "circumstances": "Drives two hours",
    "told": "That this is a first check",
    "despite": "The blood tests are on their way.",
}


@pytest.fixture
def clinician(client: Client) -> User:
    user = make_user(Role.CLINICIAN)
    client.force_login(user)
    return user


@pytest.fixture
def draft(clinician: User) -> Referral:
    return begun(clinician)


@pytest.fixture(autouse=True)
def on_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: AT)


def begun(by: User, screening: Screening | None = None, *protocols: str) -> Referral:
    return actions.start_referral(
        screening or record(by),
        centre=make_centre(*protocols),
        protocols=protocols or (TRIAL,),
        by=by,
        at=AT,
        token=uuid.uuid4(),
    )


def write(client: Client, referral: Referral, go: str = "stay", **typed: Any) -> Any:
    return client.post(
        f"{referral.get_absolute_url()}letter/", {"token": uuid.uuid4(), **TYPED, **typed, "go": go}
    )


def kept(referral: Referral) -> Referral:
    return Referral.objects.get(pk=referral.pk)


@pytest.mark.parametrize("go", ["stay", "pack", "leave", "", "anything"])
def test_every_button_keeps_what_was_typed(client: Client, draft: Referral, go: str) -> None:
    assert write(client, draft, go).status_code == 302
    found = kept(draft)
    assert found.contact_consent_on == date(2026, 11, 20)
    for name, text in TYPED.items():
        if name != "contact_consent_on":
            assert getattr(found, name) == text
    page = client.get(f"{draft.get_absolute_url()}letter/").content.decode()
    assert 'value="20 Nov 2026"' in page
    assert "\nThree collapses last winter.\nThe partner is afraid.</textarea>" in page
    assert found.submitted_at is None


@pytest.mark.parametrize(
    ("name", "typed", "mend"),
    [
        (
            "contact_consent_on",
            "31 Feb 2026",
            "Enter the day the person agreed to be contacted as 20 Nov 2026",
        ),
        ("contact_consent_on", "Nov 2026", "Enter the day the person agreed to be contacted as 20 Nov 2026"),
        ("contact_consent_on", "1/2/2026", "Enter the month in letters"),
        ("contact_consent_on", "21 Nov 2026", "up to today, 20 Nov 2026"),
        ("contact_way", "pigeon", "Choose how to reach the person"),
        ("contact_time", "x" * 81, "Shorten it to 80 characters: it has 81"),
        ("contact_language", "x" * 41, "Shorten it to 40 characters: it has 41"),
        ("reason", "x" * 4001, "Shorten it to 4000 characters: it has 4001"),
        ("despite", "x" * 2001, "Shorten it to 2000 characters: it has 2001"),
    ],
)
def test_what_is_to_mend_comes_back_and_the_rest_is_kept(
    client: Client, draft: Referral, name: str, typed: str, mend: str
) -> None:
    page = write(client, draft, "send", **{name: typed})
    assert page.status_code == 422
    assert mend in words_of(page)
    if name != "contact_way":
        assert typed in page.content.decode()
    assert "<title>Error: " in page.content.decode()
    found = kept(draft)
    assert found.submitted_at is None
    assert found.medicines == TYPED["medicines"]


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("contact_consent_on", "Enter the day the person agreed to be contacted, and how"),
        ("contact_way", "Enter the day the person agreed to be contacted, and how"),
        ("reason", "Write in your own words why you refer this person"),
        ("despite", "Say why it is sent while exclusions are not known"),
    ],
)
def test_nothing_is_sent_that_lacks_something(client: Client, draft: Referral, name: str, mend: str) -> None:
    """H8 and H10. Seen to fail with Need.NO_OPEN_EXCLUSION, and with the consent, left out of the move."""
    page = write(client, draft, "send", **{name: ""})
    assert page.status_code == 422
    assert mend in words_of(page)
    assert TYPED["therapies"] in page.content.decode()
    assert kept(draft).submitted_at is None
    assert draft.trials.get().state == "draft"
    assert not Notice.objects.exists()


def test_open_exclusions_stand_above_the_button(client: Client, draft: Referral) -> None:
    page = words_of(client.get(f"{draft.get_absolute_url()}letter/"))
    assert "exclusions not known" in page
    assert "No names, addresses or record numbers" in page


def test_a_letter_is_sent_once_however_often_it_is_clicked(client: Client, draft: Referral) -> None:
    """T10 and H9. Seen to fail with the view going on with a letter that was sent."""
    token = uuid.uuid4()
    answers = [write(client, draft, "send", token=token) for _ in range(3)]
    assert [answer["Location"] for answer in answers] == [draft.get_absolute_url()] * 3
    assert Step.objects.filter(act="submit").count() == 1
    assert AuditEvent.objects.filter(act="referral.submit").count() == 1
    assert Referral.objects.count() == 1


def test_a_sent_letter_is_not_written_on(client: Client, draft: Referral) -> None:
    write(client, draft, "send")
    write(client, draft, reason="Something else")
    assert kept(draft).reason == TYPED["reason"]


def test_a_letter_open_in_two_tabs_loses_nothing(client: Client, draft: Referral) -> None:
    """Seen to fail with `based_on` left out of save_letter."""
    address = f"{draft.get_absolute_url()}letter/"
    stale = re.search(r'id="based_on" value="(\w+)"', client.get(address).content.decode())
    assert stale is not None
    write(client, draft, reason="Written in the first tab", based_on=stale[1])
    page = write(client, draft, reason="Written in the second tab", based_on=stale[1])
    assert page.status_code == 422
    assert "the letter was written on elsewhere meanwhile" in words_of(page)
    assert "Written in the second tab" in page.content.decode()
    assert kept(draft).reason == "Written in the first tab"


def test_typing_is_saved_by_itself_where_scripts_run(client: Client, draft: Referral) -> None:
    answer = client.post(
        f"{draft.get_absolute_url()}letter/",
        {**TYPED, "contact_consent_on": "soon"},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 200
    assert "Not saved: Enter the day" in words_of(answer)
    assert kept(draft).reason == TYPED["reason"]
    assert "hx-swap-oob" in answer.content.decode()


def test_who_finds_out_what_is_missing_is_kept(client: Client, draft: Referral) -> None:
    missing = letter(draft, draft.trials.all()).missing[0]
    write(client, draft, **{f"orders-{missing.fact}": "centre", "orders-of_nobody": "clinic"})
    assert kept(draft).orders == {missing.fact: "centre"}
    page = words_of(client.get(f"{draft.get_absolute_url()}pack/"))
    assert "The centre" in page.partition("Still missing")[2]


# --- As the centre reads it


def test_the_letter_holds_every_answer_that_was_given(clinician: User) -> None:
    screening = record(clinician)
    shown = letter(refer(clinician, screening), TrialReferral.objects.all())
    lines = {line.label: line for part in shown.parts for line in part.lines}
    assert (lines["HbA1c"].value, lines["HbA1c"].dated) == ("7.8 %", "1 Oct 2026")
    assert lines["Stimulated C-peptide"].value == "<0.05 ng/mL"
    assert (lines["Gold score"].value, lines["Gold score"].dated) == ("5", "20 Nov 2026")
    assert (lines["Clarke score"].value, lines["Clarke score"].known) == ("not known: not done", False)
    assert lines["Planned surgery"].value == "yes"
    assert lines["Blood group"].value == "A"
    assert len(shown.events) == 2
    first = shown.events[0]
    assert (first.when, first.witness, first.cause) == ("Dec 2025 to Feb 2026", "A witness", "None found")
    assert first.treatment == "By someone else, came round promptly"
    assert shown.events[1].evidence == "Ambulance, hospital or clinic notes, reading 41 mg/dL"


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"insulin_delivery": "injections"}, ["No AID", "No AID"]),
        ({"insulin_delivery": "aid", "aid_start_date": "2026-03-01"}, ["Before AID", "On AID"]),
        ({"insulin_delivery": "aid", "aid_start_date": "2026-01"}, ["Around its start", "On AID"]),
        ({}, ["Not known", "Not known"]),
    ],
)
def test_events_stand_before_or_after_the_start_of_aid(
    clinician: User, facts: dict[str, Any], said: list[str]
) -> None:
    answers = payload(
        **{
            name: {"value": value, "on": "2026-11-20"} if name == "insulin_delivery" else value
            for name, value in facts.items()
        }
    )
    shown = letter(refer(clinician, record(clinician, answers)), TrialReferral.objects.all())
    assert [event.delivery for event in shown.events] == said


def test_the_pack_prints_letter_missing_items_and_grid(
    client: Client, clinician: User, draft: Referral
) -> None:
    site = draft.participant.site
    site.phone = "+1 312 555 0100"
    site.save()
    write(client, draft, "send")
    page = words_of(client.get(f"{draft.get_absolute_url()}pack/"))
    for part in (
        f"From {clinician} St Anne +1 312 555 0100",
        "To Lakeside",
        "Three collapses last winter.",
        "Welsh",
        "Ramipril 5 mg",
        "Drives two hours",
        "Sent all the same: The blood tests are on their way.",
        "Still missing",
        "Protocol version",
        "Holds until",
        "Signature and date",
    ):
        assert part in page


def test_hostile_words_stay_words(client: Client, draft: Referral) -> None:
    write(client, draft, "send", reason="<script>alert(1)</script>{{ 7 }}=1+1")
    page = client.get(f"{draft.get_absolute_url()}pack/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 }}=1+1" in page


# --- Contact


def contact_of(referral: Referral) -> None:
    identity = Identity.objects.get(participant=referral.participant)
    identity.details = Details(name="Gwen Canary", phone="07700 900123", email="gwen@example.org")
    identity.save()


def test_contact_is_shown_after_consent_and_acceptance_alone(client: Client, clinician: User) -> None:
    """H10. Seen to fail with contact_for handing out details of a referral that is only submitted."""
    referral = refer(clinician)
    contact_of(referral)
    trial = referral.trials.get()
    coordinator, _ = staff(trial.site)
    client.force_login(coordinator)
    address = f"{referral.get_absolute_url()}pack/"
    assert "Canary" not in client.get(address).content.decode()
    move(trial, "take", coordinator)
    actions.record_own_view(referral.screening, protocol=TRIAL, view="candidate", by=coordinator, at=AT)
    confirm_all(trial, coordinator)
    words = "The sponsor agreed." if trial.candidacy in ("unlikely", "not_yet") else ""
    move(trial, "accept", coordinator, words=words)
    page = client.get(address).content.decode()
    assert "Gwen Canary" in page
    assert "07700 900123" in page
    assert "Canary" not in client.get(f"{referral.get_absolute_url()}pack.json").content.decode()


def test_json_holds_neither_texts_nor_contact_nor_birth_date(client: Client, clinician: User) -> None:
    """H14. Seen to fail with the letter's texts put into as_json."""
    referral = refer(clinician, record(clinician, payload(birth_date="1983-05-01")))
    contact_of(referral)
    actions_letter = {
        name: f"canary {name}" for name in ("reason", "therapies", "medicines", "told", "despite")
    }
    Referral.objects.filter(pk=referral.pk).update(**actions_letter)
    answer = client.get(f"{referral.get_absolute_url()}pack.json")
    assert answer["Content-Disposition"] == f'attachment; filename="referral-{referral.pk}.json"'
    text = answer.content.decode()
    for canary in ("canary", "Canary", "1983-05", "sealed", "weekday mornings", "07700"):
        assert canary not in text
    found = json.loads(text)
    assert found["pre_screen"]["answers"]["facts"]["birth_date"] == {"age": 43, "on": "2026-11-20"}
    assert found["missing"]


def test_the_documented_example_has_the_shape_of_a_pack(clinician: User) -> None:
    made = as_json(letter(refer(clinician), TrialReferral.objects.all()))
    (block,) = blocks(read(DOCS / "referrals.md"), "json referral_pack")
    example = json.loads(block.body)
    shared = ("pre_screen.answers.", "trials.criteria.changes.")  # in the shape of docs/json.md, or empty
    said, given = ({key for key in _keys(part) if not key.startswith(shared)} for part in (example, made))
    assert said == given


def _keys(part: Any, prefix: str = "") -> set[str]:
    if isinstance(part, list):
        return set().union(*(_keys(one, prefix) for one in part)) if part else set()
    if not isinstance(part, dict):
        return set()
    found = {f"{prefix}{name}" for name in part}
    return found.union(*(_keys(value, f"{prefix}{name}.") for name, value in part.items()))


# --- Who reads it


@pytest.mark.parametrize("way", ["", "letter/", "answer/", "withdraw/", "pack/", "pack.json"])
def test_another_clinic_and_a_missing_referral_answer_alike(
    client: Client, clinician: User, way: str
) -> None:
    referral = refer(clinician)
    client.force_login(make_user(Role.CLINICIAN, make_site("elsewhere")))
    address = f"{referral.get_absolute_url()}{way}"
    ask = client.post if way == "withdraw/" else client.get
    found = [ask(one) for one in (address, address.replace(f"/{referral.pk}/", "/999999/"))]
    assert [answer.status_code for answer in found] == [404, 404]
    assert words_of(found[0]) == words_of(found[1])


@pytest.mark.parametrize("way", ["", "letter/", "answer/", "pack/", "pack.json"])
def test_a_reference_of_another_person_is_not_found(client: Client, clinician: User, way: str) -> None:
    """H5, two tabs. Seen to fail with the reference left out of the look-up."""
    referral = refer(clinician)
    other = record(clinician).participant.reference
    wrong = referral.get_absolute_url().replace(referral.participant.reference, other)
    assert client.get(wrong + way).status_code == 404


def test_a_centre_reads_its_own_trials_and_no_draft(client: Client, clinician: User) -> None:
    referral = refer(clinician, None, TRIAL, "cit-07")
    one_trial = make_user(None)
    one_trial.memberships.create(site=referral.centre, role=Role.COORDINATOR, protocol="cit-07")
    client.force_login(one_trial)
    found = json.loads(client.get(f"{referral.get_absolute_url()}pack.json").content)
    assert [trial["id"] for trial in found["trials"]] == ["cit-07"]
    TrialReferral.objects.update(state="draft")
    assert client.get(f"{referral.get_absolute_url()}pack/").status_code == 404


def test_a_colleague_at_the_clinic_goes_on_with_the_letter(client: Client, draft: Referral) -> None:
    client.force_login(make_user(Role.CLINICIAN))
    assert write(client, draft, "send").status_code == 302
    assert kept(draft).submitted_at is not None
    assert not ClinicDecision.objects.exists()
    assert LETTER["contact_way"] == kept(draft).contact_way
