"""The person's page, who someone is, the list of people, and erasure."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from screening import actions, sealing
from screening.actions.identities import rotate_identity_keys
from screening.models import (
    AuditEvent,
    Details,
    Draft,
    Identity,
    Observation,
    Participant,
    Screening,
    TrialReferral,
    User,
    contact_for,
)
from screening.models.people import Role
from tests.factories import make_site, make_user
from tests.web.forms import begun_by
from tests.web.pages import words_of
from tests.web.recorded import payload, record
from tests.web.referred import refer

pytestmark = pytest.mark.django_db
JANE = {
    "name": "Jane  Canary",
    "record_number": "MRN 0012-345",
    "birth_date": "1 May 1983",
    "phone": "+1 312 555 0100",
    "email": "jane@example.org",
}


@pytest.fixture
def person(clinician: User) -> Participant:
    return record(clinician).participant


def page(person: Participant, *more: str) -> str:
    return f"/people/{person.reference}/{''.join(f'{part}/' for part in more)}"


def kept(person: Participant) -> Details:
    return Identity.objects.get(participant=person).details


# --- Who someone is


def test_details_are_kept_sealed_and_shown(signed_in: Client, person: Participant) -> None:
    assert "Not kept" in words_of(signed_in.get(page(person)))
    assert signed_in.post(page(person, "identity"), JANE)["Location"] == page(person)
    said = words_of(signed_in.get(page(person)))
    for text in ("Jane Canary", "MRN 0012-345", "1 May 1983", "+1 312 555 0100", "jane@example.org"):
        assert text in said
    raw = Identity.objects.values().get(participant=person)
    assert not [text for text in ("Canary", "0012", "1983") if text in str(raw)]
    signed_in.post(page(person, "identity"), {**JANE, "phone": ""})
    assert kept(person) == Details("Jane Canary", "MRN 0012-345", "", "jane@example.org", "1983-05-01")
    assert 'value="1 May 1983"' in signed_in.get(page(person, "identity")).content.decode()


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("record_number", " - ", "Enter the record number with its letters and digits, like 0012345"),
        ("birth_date", "May 1983", "Enter the day of birth, like 1 May 1983"),
        ("birth_date", "5/6/1983", "Enter the month in letters"),
        ("birth_date", "1 May 2099", "Enter a day up to today"),
        ("birth_date", "30 Feb 1983", ""),
        ("phone", "call me", "Enter the phone number with digits, like +1 312 555 0100"),
        ("email", "jane at example", "Enter the email address in full, like jane@example.org"),
        ("name", "x" * 200, ""),
        ("name", "Jane\0", ""),
    ],
)
def test_details_that_cannot_be_kept_are_said_and_stay_typed(
    signed_in: Client, person: Participant, field: str, typed: str, message: str
) -> None:
    response = signed_in.post(page(person, "identity"), {**JANE, field: typed})
    assert response.status_code == 422
    assert message in words_of(response)
    assert "+1 312 555 0100" in response.content.decode() or field == "phone"
    assert not kept(person)


def test_a_record_number_of_two_people_is_refused_by_name(
    signed_in: Client, clinician: User, person: Participant
) -> None:
    other = record(clinician).participant
    signed_in.post(page(person, "identity"), JANE)
    response = signed_in.post(page(other, "identity"), {"record_number": "mrn0012345", "name": "June"})
    assert response.status_code == 422
    assert f"Compare with {person.reference}: that person has this record number" in words_of(response)
    assert f'href="{page(person)}"' in response.content.decode()
    assert 'value="June"' in response.content.decode()
    assert not kept(other)
    assert signed_in.post(page(person, "identity"), JANE).status_code == 302
    elsewhere = record(make_user(site=make_site("riverside")), site=make_site("riverside")).participant
    user = make_user(site=elsewhere.site)
    actions.save_identity(elsewhere, details=Details(record_number="MRN0012345"), by=user, at=timezone.now())


def test_two_record_numbers_are_compared_under_every_key(person: Participant, settings: Any) -> None:
    by = person.created_by
    actions.save_identity(person, details=Details(record_number="77"), by=by, at=timezone.now())
    other = actions.add_participant(site=person.site, by=by, at=timezone.now())
    settings.IDENTITY_KEYS = [b"n" * 32, *settings.IDENTITY_KEYS]
    with pytest.raises(actions.RecordNumberTaken):
        actions.save_identity(other, details=Details(record_number="7-7"), by=by, at=timezone.now())


# --- Rotation


def test_keys_are_rotated_in_batches_and_go_on_where_they_stopped(
    person: Participant, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    by, at = person.created_by, timezone.now()
    people = [person, *(actions.add_participant(site=person.site, by=by, at=at) for _ in range(5))]
    actions.save_identity(person, details=Details(name="Jane", record_number="77"), by=by, at=at)
    actions.erase_identity(people[-1], by=by, at=at)
    old = list(settings.IDENTITY_KEYS)
    settings.IDENTITY_KEYS = [b"n" * 32, *old]
    monkeypatch.setattr("screening.actions.identities.BATCH", 2)
    assert next(rotate_identity_keys(at=at)) == 2
    out = StringIO()
    call_command("rotate_identity_keys", stdout=out)
    assert out.getvalue().splitlines()[-2:] == [
        "3 sealed anew",
        "All keys are sealed with the key in use: older ones are no longer needed.",
    ]
    settings.IDENTITY_KEYS = [b"n" * 32]
    assert kept(person).name == "Jane"
    assert Identity.objects.with_record_number([person.site], "77").get().participant == person
    assert Screening.objects.get().told["facts"]["birth_date"] == "1983-05-01"
    settings.IDENTITY_KEYS = old
    with pytest.raises(sealing.MissingKey):
        kept(person)
    settings.IDENTITY_KEYS = [b"x" * 32]
    with pytest.raises(CommandError, match="lacks the key"):
        call_command("rotate_identity_keys", stdout=StringIO())


def test_a_missing_key_leaves_the_page_with_what_it_can_show(
    signed_in: Client, person: Participant, settings: Any
) -> None:
    signed_in.post(page(person, "identity"), JANE)
    settings.IDENTITY_KEYS = [b"x" * 32]
    said = words_of(signed_in.get(page(person)))
    assert "The key that opens it is not installed here" in said
    assert "43 years old on 20 Nov 2026" in said


# --- Birth dates


def test_a_birth_date_is_kept_sealed_beside_the_age(clinician: User) -> None:
    screening = record(clinician)
    kept_answer = screening.answers["facts"]["birth_date"]
    assert set(kept_answer) == {"sealed", "age", "on", "age_at_diagnosis"}
    assert (kept_answer["age"], kept_answer["age_at_diagnosis"]) == (43, [20, 21])
    assert screening.told["facts"]["birth_date"] == "1983-05-01"
    for less in ("1983", {"age": "43", "on": "2026-11-20"}):
        assert record(clinician, payload(birth_date=less)).answers["facts"]["birth_date"] == less


@pytest.mark.parametrize(
    ("told", "age", "without"),
    [
        ("1983-05-01", 43, {"age": 43, "on": "2026-11-20"}),
        ("1983-05", 43, {"age": 43, "on": "2026-11-20"}),
        ("1983-11", [42, 43], {"from": "1982-11-21", "to": "1984-11-20"}),
    ],
)
def test_after_erasure_the_age_stands_in_for_the_birth_date(
    clinician: User, told: str, age: Any, without: Any
) -> None:
    screening = record(clinician, payload(birth_date=told))
    assert screening.answers["facts"]["birth_date"]["age"] == age
    actions.erase_identity(screening.participant, by=clinician, at=timezone.now())
    assert Screening.objects.get().told["facts"]["birth_date"] == without


def test_a_sealed_birth_date_opens_in_no_other_snapshot(clinician: User) -> None:
    """Seen to fail with a place that leaves out the row."""
    first = record(clinician)
    second = record(clinician, replaces=first)
    second.answers["facts"]["birth_date"] = first.answers["facts"]["birth_date"]
    with pytest.raises(sealing.BrokenSeal):
        second.told  # noqa: B018


# --- Erasure


def test_erasure_asks_for_the_reference_and_says_what_stays(
    signed_in: Client, clinician: User, person: Participant
) -> None:
    signed_in.post(page(person, "identity"), JANE)
    begun_by(clinician, typed={"sex": "female"})
    draft = Draft.objects.get()
    Draft.objects.filter(pk=draft.pk).delete()
    Draft.objects.create(participant=person, owner=make_user(), as_of=timezone.localdate(), typed={"a": "b"})
    asked = words_of(signed_in.get(page(person, "identity", "erase")))
    assert "This cannot be undone, by anyone" in asked
    assert "One form in progress is removed, whoever began it" in asked
    for wrong in ("", "yes", person.reference[:-1]):
        refused = signed_in.post(page(person, "identity", "erase"), {"confirmation": wrong})
        assert refused.status_code == 422
    assert kept(person)
    confirmed = {"confirmation": person.reference.lower()}
    assert signed_in.post(page(person, "identity", "erase"), confirmed)["Location"] == page(person)
    said = words_of(signed_in.get(page(person)))
    assert "Erased on" in said
    assert "43 years old on 20 Nov 2026" in said
    assert "1 May 1983" not in said
    assert "New pre-screen from" not in said
    identity = Identity.objects.get(participant=person)
    assert (identity.sealed_key, identity.sealed_details, identity.record_hash) == ("", "", "")
    assert not Draft.objects.filter(participant=person).exists()
    assert Screening.objects.count() == 1
    assert Observation.objects.exists()
    assert AuditEvent.objects.filter(act="identity.erased", participant=person).count() == 1
    assert signed_in.get(Screening.objects.get().get_absolute_url()).status_code == 200


def test_nothing_more_is_entered_about_an_erased_person(
    signed_in: Client, clinician: User, person: Participant
) -> None:
    actions.erase_identity(person, by=clinician, at=timezone.now())
    screening = Screening.objects.get()
    for address in (page(person, "again"), f"{screening.get_absolute_url()}correct/"):
        response = signed_in.post(address, follow=True)
        assert "erased" in words_of(response)
    for address in (page(person, "identity"), page(person, "identity", "erase")):
        assert signed_in.get(address)["Location"] == page(person)
    begun = signed_in.post("/new/", {"with_reference": "yes", "reference": person.reference})
    assert begun.status_code == 422
    assert "the identity of this person was erased" in words_of(begun)
    with pytest.raises(actions.AlreadyErased):
        actions.save_identity(person, details=Details(name="x"), by=clinician, at=timezone.now())
    assert not Draft.objects.exists()


def test_command_erases_after_the_reference_is_typed(
    person: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda prompt: "no")
    with pytest.raises(CommandError, match="nothing was erased"):
        call_command("erase_identity", person.reference)
    monkeypatch.setattr("builtins.input", lambda prompt: person.reference)
    out = StringIO()
    call_command("erase_identity", person.reference.lower(), stdout=out)
    assert out.getvalue() == f"The identity of {person.reference} is erased; forms in progress removed: 0\n"
    with pytest.raises(CommandError, match="erased before"):
        call_command("erase_identity", person.reference, "--yes")
    for wrong, why in (("STA-7K2M-X", "last character"), ("x", "like ABC-7K2M-5"), ("STA-2222-2", "STA")):
        with pytest.raises(CommandError, match=why):
            call_command("erase_identity", wrong, "--yes")


# --- Contact


def test_a_centre_learns_how_to_reach_a_person_only_while_it_may(
    clinician: User, person: Participant
) -> None:
    """H10. Seen to fail with the state of the trial left out of the question."""
    details = Details(name="Jane Canary", record_number="77", phone="+1 312 555 0100")
    actions.save_identity(person, details=details, by=clinician, at=timezone.now())
    referral = refer(clinician, Screening.objects.get())
    of_trial = TrialReferral.objects.filter(referral=referral)
    for state, held_in, shown in (
        ("submitted", "", False),
        ("in_review", "", False),
        ("accepted", "", True),
        ("not_accepted", "", False),
        ("withdrawn", "", False),
        ("on_hold", "accepted", True),
        ("on_hold", "in_review", False),
    ):
        hold_until = date(2026, 12, 1) if held_in else None
        of_trial.update(state=state, held_in=held_in, hold_until=hold_until)
        contact = contact_for(referral)
        assert (contact is not None) is shown, state
        assert contact is None or (contact.name, contact.phone) == ("Jane Canary", "+1 312 555 0100")
    of_trial.update(state="accepted", held_in="", hold_until=None)
    referral.contact_consent_on = None
    assert contact_for(referral) is None
    referral.refresh_from_db()
    actions.erase_identity(person, by=clinician, at=timezone.now())
    assert contact_for(referral) is None


# --- Observations


def said_of(person: Participant, fact: str) -> list[Any]:
    rows = Observation.objects.filter(participant=person, fact=fact).standing()
    return [row.value for row in rows if row.value != {"taken_out": True}]


def test_a_pre_screen_keeps_each_answer_with_day_unit_origin_and_author(
    clinician: User, person: Participant
) -> None:
    rows = {row.fact: row for row in Observation.objects.filter(participant=person)}
    hba1c = rows["hba1c"]
    assert (hba1c.value["value"], hba1c.unit, hba1c.origin) == ("7.8", "%", "lab")
    assert hba1c.first_day == hba1c.last_day == datetime(2026, 10, 1).date()
    assert hba1c.recorded_by == clinician
    assert rows["birth_date"].value["age"] == 43
    assert "1983" not in str(rows["birth_date"].value)
    events = Observation.objects.filter(fact="severe_hypoglycemic_events")
    assert [row.origin for row in events] == ["ask", "record"]
    assert events[0].first_day < events[0].last_day


def test_answers_that_were_told_before_are_not_kept_twice(
    signed_in: Client, clinician: User, person: Participant
) -> None:
    number = Observation.objects.count()
    latest = Screening.objects.get()
    again = signed_in.post(page(person, "again"), {"token": str(uuid.uuid4())})
    draft = Draft.objects.get()
    assert again["Location"].startswith(page(person, "form", str(draft.pk)))
    assert draft.as_of == max(person.site.today(), latest.as_of)
    from screening.content import installed_content

    draft.typed = {**draft.typed, "hba1c": "7.2", "hba1c-on": "1 Nov 2026"}
    draft.save()
    at = timezone.now()
    actions.record_screening(draft, by=clinician, at=at, token=draft.pk, content=installed_content())
    # The HbA1c, and the severe events: whether the list is complete is asked anew, and not answered yet.
    assert Observation.objects.count() == number + 2
    assert [value["value"] for value in said_of(person, "hba1c")] == ["7.8", "7.2"]
    said = words_of(signed_in.get(page(person)))
    assert "HbA1c over time 2 values, from 7.8 % on 1 Oct 2026 to 7.2 % on 1 Nov 2026" in said


def test_two_clicks_begin_one_form_with_the_last_answers(signed_in: Client, person: Participant) -> None:
    token = {"token": str(uuid.uuid4())}
    first, second = (signed_in.post(page(person, "again"), token)["Location"] for _ in range(2))
    assert first == second
    assert Draft.objects.get().typed["hba1c"] == "7.8"
    assert signed_in.post(page(person, "again"), {"token": "nonsense"}).status_code == 302


def test_a_correction_stands_beside_what_it_corrects(
    signed_in: Client, clinician: User, person: Participant
) -> None:
    """Nothing is overwritten: seen to fail with the correction written in place of a new row."""
    old = Screening.objects.get()
    answers = payload(hba1c={"value": "8.7", "unit": "%", "on": "2026-10-01"}, gold_score=None)
    answers["severe_hypoglycemic_events"][1]["documented"] = "log"
    record(clinician, answers, replaces=old)
    assert [value["value"] for value in said_of(person, "hba1c")] == ["8.7"]
    assert said_of(person, "gold_score") == []
    assert len(said_of(person, "severe_hypoglycemic_events")) == 2
    corrected = Observation.objects.get(fact="hba1c", corrected_by__isnull=False)
    assert corrected.corrected_by.correction_reason == "Typed wrong"
    said = words_of(signed_in.get(page(person)))
    assert "7.8 % Corrected: Typed wrong" in said
    assert "5 Taken out: Typed wrong" in said
    assert "Replaced Typed wrong" in said


def test_an_event_told_anew_replaces_the_row_of_the_same_day(clinician: User, person: Participant) -> None:
    from screening.content import installed_content
    from screening.interop.typed import as_typed

    answers = payload()
    answers["severe_hypoglycemic_events"][1]["told_by"] = "witness"
    answers["severe_hypoglycemic_events"].append({"on": "2026-05-05", "assistance": True})
    content = installed_content()
    draft = Draft.objects.create(
        participant=person,
        owner=clinician,
        as_of=Screening.objects.get().as_of,
        typed=as_typed(content.catalogue, answers),
    )
    actions.record_screening(draft, by=clinician, at=timezone.now(), token=draft.pk, content=content)
    events = said_of(person, "severe_hypoglycemic_events")
    assert len(events) == 3
    assert sorted("told_by" in event for event in events) == [False, True, True]


# --- The pages


def test_list_finds_by_reference_or_record_number_and_nothing_else(
    signed_in: Client, clinician: User, person: Participant
) -> None:
    record(clinician)
    signed_in.post(page(person, "identity"), JANE)
    for wanted in (person.reference, person.reference.lower().replace("-", " "), "mrn 0012345"):
        assert signed_in.post("/people/", {"wanted": wanted})["Location"] == page(person)
    part = signed_in.post("/people/", {"wanted": person.reference[4:8]})
    assert [row.reference for row in part.context["rows"]] == [person.reference]
    for wanted in ("Jane", "Canary", "0012", "jane@example.org", "1983-05-01", "\0", "x" * 400):
        response = signed_in.post("/people/", {"wanted": wanted})
        assert response.status_code == 200
        assert wanted == "x" * 400 or not response.context["rows"] or wanted == "\0"
    assert len(signed_in.get("/people/").context["rows"]) == 2
    assert signed_in.get("/people/?after=nonsense~1").status_code == 200


def test_list_is_paged_and_reads_the_same_however_long(signed_in: Client, clinician: User) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            signed_in.get("/people/")
        return len(asked)

    record(clinician)
    few = statements()
    at = timezone.now()
    for number in range(30):
        actions.add_participant(site=make_site(), by=clinician, at=at + timedelta(minutes=number))
    assert statements() == few
    first = signed_in.get("/people/")
    second = signed_in.get("/people/" + first.context["older"])
    shown = [row.reference for response in (first, second) for row in response.context["rows"]]
    assert len(shown) == len(set(shown)) == 31


def test_page_of_a_person_asks_no_more_with_every_row(
    signed_in: Client, clinician: User, person: Participant
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert signed_in.get(page(person)).status_code == 200
        return len(asked)

    statements()
    few = statements()
    latest = Screening.objects.get()
    for value in ("7.1", "7.2", "7.3"):
        latest = record(
            clinician,
            payload(hba1c={"value": value, "unit": "%", "on": "2026-10-02"}),
            replaces=latest,
        )
    assert statements() == few


PAGES = ((), ("identity",), ("identity", "erase"))


@pytest.mark.parametrize("parts", PAGES)
def test_a_person_of_another_site_is_missing(
    client: Client, person: Participant, parts: tuple[str, ...]
) -> None:
    client.force_login(make_user(site=make_site("riverside")))
    missing = client.get(page(person, *parts).replace(person.reference, "STA-2222-2"))
    for method in (client.get, client.post):
        response = method(page(person, *parts))
        assert response.status_code == 404 or (method == client.post and not parts)
        if response.status_code == 404:
            assert response.content.count(b"STA-") == missing.content.count(b"STA-")
    assert client.post(page(person, "again")).status_code == 404
    assert client.post("/people/", {"wanted": person.reference}).status_code == 200
    assert not Identity.objects.get(participant=person).is_erased


@pytest.mark.parametrize("role", [role for role in Role if role != Role.CLINICIAN])
def test_only_clinicians_read_the_page_of_a_person(client: Client, person: Participant, role: Role) -> None:
    client.force_login(make_user(role))
    for parts in PAGES:
        assert client.get(page(person, *parts)).status_code == 403
    assert client.get("/people/").status_code == 403


def test_every_read_of_a_person_is_in_the_trail(signed_in: Client, person: Participant) -> None:
    for parts, act in (((), "person.read"), (("identity",), "identity.read")):
        signed_in.get(page(person, *parts))
        assert AuditEvent.objects.filter(act=act, participant=person).count() == 1
