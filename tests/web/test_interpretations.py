"""The page of a criterion says how it is read; its ledger takes entries and loses none."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from screening import actions
from screening.content import installed_content
from screening.models import AppendOnlyError, AuditEvent, Interpretation, Role, Site, User
from screening.presentation.criteria import find_criterion
from tests.factories import make_site, make_user
from tests.web.pages import words_of
from tests.web.recorded import record
from tests.web.referred import TRIAL, make_centre

pytestmark = pytest.mark.django_db
ADDRESS = f"/protocols/{TRIAL}/I3/"
ENTRY = {
    "question": "Does an event after a dosing error count?",
    "answer": "Yes: any event of level 3 counts.",
    "answered_by": "sponsor",
    "answered_on": "2026-11-02",
    "reference": "Letter 14",
}


@pytest.fixture
def centre() -> Site:
    return make_centre(TRIAL)


@pytest.fixture
def coordinator(centre: Site) -> User:
    return make_user(Role.COORDINATOR, centre)


def as_(user: User, client: Client) -> Client:
    client.force_login(user)
    return client


def post(client: Client, **changed: Any) -> Any:
    return client.post(f"{ADDRESS}entries/", {**ENTRY, "token": str(uuid.uuid4()), **changed})


def written(by: User, centre: Site, **more: Any) -> Interpretation:
    reading = actions.Reading("May it be read so?", "It may.", "own_reading", date(2026, 11, 2))
    return actions.write_interpretation(
        installed_content().by_id[TRIAL],
        "I3",
        reading,
        site=centre,
        by=by,
        at=timezone.now(),
        token=uuid.uuid4(),
        **more,
    )


def test_page_says_how_the_criterion_is_read(client: Client) -> None:
    said = words_of(as_(make_user(), client).get(f"/protocols/{TRIAL}/I5/"))
    assert "Clarke score 4 or more, or Gold score 4 or more" in said
    assert "clarke_score >= 4 OR gold_score >= 4" in said
    assert "Decides." in said
    assert "An answer counts for: 180 days." in said
    assert "3 Does not hold Not known" in said
    assert "4 Holds Met" in said
    assert "No answer is written down yet." in said


def test_criterion_that_does_not_decide_says_why(client: Client) -> None:
    said = words_of(as_(make_user(), client).get(f"/protocols/{TRIAL}/I6/"))
    assert "Does not decide, it is advisory" in said
    assert "It does not decide: the last column is what it would say." in said


def test_same_rule_of_other_protocols_is_named(client: Client) -> None:
    page = as_(make_user(), client).get(ADDRESS)
    twins = [
        (one.id, other.id)
        for one in installed_content().protocols
        for other in one.criteria
        if other.rule == "severe_hypoglycemic_events_12m >= 2" and one.id != TRIAL
    ]
    assert twins
    for pair in twins:
        assert reverse("criterion", args=pair) in page.content.decode()


@pytest.mark.parametrize("protocol_id", sorted(one.id for one in installed_content().protocols))
def test_every_criterion_has_a_page_and_is_linked(client: Client, protocol_id: str) -> None:
    signed_in = as_(make_user(), client)
    content = installed_content()
    protocol = content.by_id[protocol_id]
    library = signed_in.get(reverse("protocol", args=[protocol_id])).content.decode()
    shared = [one for name in protocol.cautions for one in content.cautions[name].criteria]
    for criterion in (*protocol.criteria, *protocol.limitations, *protocol.steps, *shared):
        address = reverse("criterion", args=[protocol_id, criterion.id])
        assert f'href="{address}"' in library
        assert find_criterion(content, protocol, criterion.id) is criterion
        page = signed_in.get(address)
        assert page.status_code == 200, address
        assert all(note in words_of(page) for note in (words_of_text(one) for one in criterion.notes))


def words_of_text(text: str) -> str:
    return " ".join(text.split())


def test_result_links_each_outcome_to_its_page(client: Client) -> None:
    clinician = make_user()
    screening = record(clinician)
    page = as_(clinician, client).get(screening.get_absolute_url()).content.decode()
    for step in screening.result["indication"]["open_steps"]:
        assert reverse("criterion", args=["unmet-need", step["id"]]) in page
    for trial in screening.result["trials"]:
        warned = [*trial["cautions_against"], *trial.get("limitations", [])]
        for criterion in (*trial["criteria"], *warned):
            assert reverse("criterion", args=[trial["id"], criterion["id"]]) in page
    not_known = {one["id"] for trial in screening.result["trials"] for one in trial["cautions_unknown"]}
    assert not_known
    assert all(f'/{one}/"' in page for one in not_known)


@pytest.mark.parametrize("address", ["/protocols/no-such-trial/I3/", f"/protocols/{TRIAL}/I99/"])
def test_criterion_that_is_not_loaded_is_not_found(client: Client, coordinator: User, address: str) -> None:
    signed_in = as_(coordinator, client)
    assert signed_in.get(address).status_code == 404
    assert signed_in.post(f"{address}entries/", ENTRY).status_code == 404


def test_entry_is_written_with_its_author_and_one_event(client: Client, coordinator: User) -> None:
    assert post(as_(coordinator, client)).status_code == 302
    entry = Interpretation.objects.get()
    assert entry.protocol_sha256 == installed_content().by_id[TRIAL].sha256
    assert (entry.written_by, entry.answered_on) == (coordinator, date(2026, 11, 2))
    said = words_of(client.get(ADDRESS))
    for text in (ENTRY["question"], ENTRY["answer"], "Sponsor, 2 Nov 2026", "Letter 14", str(coordinator)):
        assert text in said
    event = AuditEvent.objects.get(act="interpretation.written")
    assert (event.subject, event.details) == (f"interpretation:{entry.pk}", {"protocol": TRIAL})
    assert "earlier version" not in said


def test_two_clicks_write_one_entry(client: Client, coordinator: User) -> None:
    token = str(uuid.uuid4())
    for _ in range(2):
        post(as_(coordinator, client), token=token)
    assert Interpretation.objects.count() == 1
    assert AuditEvent.objects.filter(act="interpretation.written").count() == 1


def test_entry_of_other_rules_says_it_is_of_an_earlier_version(coordinator: User, client: Client) -> None:
    entry = written(coordinator, coordinator.sites_as(Role.COORDINATOR)[0])
    Interpretation.objects.create(
        **{
            field.attname: getattr(entry, field.attname)
            for field in Interpretation._meta.fields
            if field.name not in ("id", "token", "protocol_sha256")
        },
        token=uuid.uuid4(),
        protocol_sha256="0" * 64,
    )
    said = words_of(as_(coordinator, client).get(ADDRESS))
    assert said.count("Written for an earlier version") == 1


def test_entry_is_replaced_once_and_both_stay(client: Client, coordinator: User, centre: Site) -> None:
    first = written(coordinator, centre)
    signed_in = as_(coordinator, client)
    offered = signed_in.get(f"{ADDRESS}?replaces={first.pk}")
    assert "May it be read so?" in offered.content.decode()
    assert f'name="replaces" value="{first.pk}"' in offered.content.decode()
    assert post(signed_in, replaces=first.pk).status_code == 302
    second = Interpretation.objects.get(replaces=first)
    said = words_of(signed_in.get(ADDRESS))
    assert "May it be read so?" in said
    assert f"Replaced by entry {second.pk}" in said
    assert f"Replaces entry {first.pk}" in said
    assert AuditEvent.objects.filter(act="interpretation.replaced").count() == 1
    refused = post(signed_in, replaces=first.pk, answer="No.")
    assert Interpretation.objects.count() == 2
    assert "Somebody has replaced this entry already" in words_of(signed_in.get(refused.url))


@pytest.mark.parametrize(
    "wrong",
    [
        {"question": ""},
        {"answer": " "},
        {"answered_by": ""},
        {"answered_by": "a friend"},
        {"answered_on": ""},
        {"answered_on": "one of these days"},
        {"answered_on": (timezone.localdate() + timedelta(days=3)).isoformat()},
        {"reference": "x" * 121},
        {"question": "x" * 1001},
        {"question": "nul \x00"},
    ],
)
def test_entry_that_lacks_something_is_asked_for_again(
    client: Client, coordinator: User, wrong: dict[str, str]
) -> None:
    response = post(as_(coordinator, client), **wrong)
    assert response.status_code == 422
    assert "Error:" in words_of(response)
    assert not Interpretation.objects.exists()


def test_form_warns_against_patient_data(client: Client, coordinator: User) -> None:
    assert "No patient data" in words_of(as_(coordinator, client).get(ADDRESS))


def test_only_staff_of_the_trial_may_write(client: Client, coordinator: User, centre: Site) -> None:
    others = [
        make_user(Role.CLINICIAN, centre),
        make_user(Role.ADMINISTRATOR, centre),
        make_user(Role.COORDINATOR, centre, protocol="cit-07"),
        make_user(Role.INVESTIGATOR, make_site("no-trials")),
    ]
    for user in others:
        signed_in = as_(user, client)
        assert "Write an entry" not in words_of(signed_in.get(ADDRESS))
        assert post(signed_in).status_code in (403, 404)
        with pytest.raises(actions.Refused):
            written(user, centre)
    assert not Interpretation.objects.exists()


def test_entry_of_another_centre_is_read_and_not_replaced(client: Client, coordinator: User) -> None:
    elsewhere = make_centre(TRIAL, slug="hillside")
    entry = written(make_user(Role.INVESTIGATOR, elsewhere), elsewhere)
    signed_in = as_(coordinator, client)
    page = signed_in.get(f"{ADDRESS}?replaces={entry.pk}")
    assert "May it be read so?" in words_of(page)
    assert "Replace it" not in words_of(page)
    assert post(signed_in, replaces=entry.pk).status_code == 404


def test_author_of_two_centres_says_for_which(client: Client, coordinator: User) -> None:
    elsewhere = make_centre(TRIAL, slug="hillside")
    coordinator.memberships.create(site=elsewhere, role=Role.COORDINATOR)
    assert post(as_(coordinator, client)).status_code == 422
    assert post(client, site=elsewhere.pk).status_code == 302
    assert Interpretation.objects.get().site == elsewhere


def test_text_of_an_entry_is_never_markup(client: Client, coordinator: User) -> None:
    post(as_(coordinator, client), answer="<b>Yes</b>\nindeed")
    assert "&lt;b&gt;Yes&lt;/b&gt;" in client.get(ADDRESS).content.decode()


def test_entry_is_never_changed_or_removed(coordinator: User, centre: Site) -> None:
    entry = written(coordinator, centre)
    entry.answer = "It may not."
    for deed in (entry.save, entry.delete, Interpretation.objects.all().delete):
        with pytest.raises(AppendOnlyError):
            deed()
    for statement in (
        "UPDATE screening_interpretation SET answer = 'No'",
        "DELETE FROM screening_interpretation",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_replacing_fails_for_who_comes_second(coordinator: User, centre: Site) -> None:
    first = written(coordinator, centre)
    written(coordinator, centre, replaces=first)
    with pytest.raises(actions.MovedMeanwhile):
        written(coordinator, centre, replaces=first)
