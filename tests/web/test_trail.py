"""What is done and read stands in the trail, as codes; who may read the trail, and what of it."""

from __future__ import annotations

import json
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from screening.access import routed_views
from screening.actions.emergencies import open_in_emergency
from screening.actions.trail import write_event
from screening.models import AuditEvent, EmergencyAccess, EmergencyEnd, Role, Screening, User
from screening.reads import NOBODY, READ_HERE
from screening.verification import verify
from screening.views import results
from tests.factories import PASSWORD, make_site, make_user
from tests.web.forms import address, begin, fill
from tests.web.pages import stands_in, words_of
from tests.web.recorded import payload, record
from tests.web.test_form import record_of

pytestmark = pytest.mark.django_db
REASON = "Found unconscious, treated in our department"
AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def as_(role: Role, slug: str = "st-anne") -> Client:
    client = Client()
    client.force_login(make_user(role, make_site(slug)))
    return client


def acts(**of: Any) -> list[str]:
    return list(AuditEvent.objects.filter(**of).order_by("pk").values_list("act", flat=True))


# --- Deeds


def test_a_pre_screen_leaves_its_deeds_in_order(signed_in: Client, clinician: User) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "chart", sex="female")
    signed_in.post(address(draft, "record"), record_of(signed_in, draft))
    screening = Screening.objects.get()
    signed_in.get(screening.get_absolute_url())
    said = [act for act in acts(participant=screening.participant) if act != "form.read"]
    assert said == ["participant.added", "form.begun", "pre_screen.recorded", "result.read"]
    assert {event.actor for event in AuditEvent.objects.filter(participant__isnull=False)} == {clinician}
    assert {event.site for event in AuditEvent.objects.filter(participant__isnull=False)} == {make_site()}


def test_signing_in_and_out_is_written(client: Client, clinician: User) -> None:
    sign_in = reverse("account_login")
    client.post(sign_in, {"login": clinician.email, "password": "not the password at all"})
    client.post(sign_in, {"login": "nobody@example.org", "password": "not the password at all"})
    client.post(sign_in, {"login": clinician.email, "password": PASSWORD})
    client.post(reverse("account_logout"))
    told = list(AuditEvent.objects.order_by("pk").values_list("act", "actor", "subject"))
    assert told == [
        ("account.sign_in_failed", None, f"user:{clinician.pk}"),
        ("account.sign_in_failed", None, ""),
        ("account.signed_in", clinician.pk, f"user:{clinician.pk}"),
        ("account.signed_out", clinician.pk, f"user:{clinician.pk}"),
    ]


def test_a_changed_password_is_written(signed_in: Client, clinician: User) -> None:
    signed_in.post(
        reverse("account_change_password"),
        {
            "oldpassword": PASSWORD,
            "password1": "another long password here",
            "password2": "another long password here",
        },
    )
    assert "password.changed" in acts(actor=clinician)


def test_sites_and_accounts_of_the_command_line_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    import io
    import sys

    call_command("add_site", "river", name="Riverside", country="US", stdout=io.StringIO())
    monkeypatch.setattr(sys, "stdin", io.StringIO("a long password for Maria\n"))
    call_command(
        "add_account",
        "lee@example.org",
        name="Dr Maria Lee",
        site="river",
        role="clinician",
        password_stdin=True,
        stdout=io.StringIO(),
    )
    assert acts() == ["site.added", "account.added", "membership.added"]


def test_no_value_name_or_words_reach_the_trail(signed_in: Client, clinician: User, tmp_path: Any) -> None:
    """Seen to fail with the reason of an emergency put among the details, past the check of codes."""
    draft = begin(signed_in)
    fill(signed_in, draft, "chart", sex="female", hba1c="7.77", birth_date="13 Mar 1971")
    signed_in.post(address(draft, "record"), record_of(signed_in, draft))
    signed_in.get(Screening.objects.get().get_absolute_url())
    record(clinician, payload(hba1c={"value": "8.88", "unit": "%", "on": "2026-10-01"}))
    signed_in.post(reverse("account_login"), {"login": "canary@example.org", "password": "canary canary"})
    stranger = as_(Role.CLINICIAN, "riverside")
    reference = Screening.objects.latest_first().first().participant.reference
    stranger.post(reverse("emergency"), {"reference": reference, "reason": "Canary of an emergency"})
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM screening_auditevent")
        whole = json.dumps([[str(value) for value in row] for row in cursor.fetchall()]).lower()
    assert EmergencyAccess.objects.get().reason == "Canary of an emergency"
    for canary in ("canary", "person 1", "@example.org"):
        assert canary not in whole
    for canary in ("7.77", "8.88", "1971"):
        assert not stands_in(canary, whole)
    assert [one.kind for one in verify(tmp_path / "none").findings] == ["anchor_missing"]


# --- Reads


def test_every_page_about_a_person_says_how_it_is_read() -> None:
    """Seen to fail with the decorator of `result_notes` taken away."""
    undeclared = [
        route
        for route, pattern in routed_views()
        if "reference>" in route and getattr(pattern.callback, "reads", None) is None
    ]
    assert undeclared == [], "put @records_read(...) or @shows_nobody of screening.reads on the view"
    assert {"result.read", "form.read", NOBODY} <= {
        getattr(pattern.callback, "reads", None) for _, pattern in routed_views()
    }


@pytest.mark.parametrize(
    ("more", "act"),
    [("", "result.read"), ("notes/", "notes.read"), ("for-the-person/", "for_the_person.read")],
)
def test_each_reading_of_a_result_is_written(signed_in: Client, clinician: User, more: str, act: str) -> None:
    screening = record(clinician)
    before = AuditEvent.objects.count()
    for _ in range(2):
        signed_in.get(screening.get_absolute_url() + more)
    for event in AuditEvent.objects.filter(pk__gt=before):
        assert (event.act, event.actor, event.participant, event.subject) == (
            act,
            clinician,
            screening.participant,
            f"screening:{screening.pk}",
        )
    assert AuditEvent.objects.count() == before + 2


def test_what_is_not_found_or_refused_is_no_read(signed_in: Client, clinician: User) -> None:
    foreign = record(make_user(site=make_site("riverside")), site=make_site("riverside"))
    signed_in.get(foreign.get_absolute_url())
    as_(Role.COORDINATOR).get(foreign.get_absolute_url())
    assert "result.read" not in acts()


def test_a_page_that_fails_counts_as_read(
    signed_in: Client, clinician: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen to fail with the event written after the page alone."""
    screening = record(clinician)

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(results, "render", broken)
    signed_in.raise_request_exception = False
    assert signed_in.get(screening.get_absolute_url()).status_code == 500
    assert acts()[-1] == "result.read"


def test_a_page_whose_read_cannot_be_written_is_not_shown(
    signed_in: Client, clinician: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    screening = record(clinician)

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("screening.reads.write_event", broken)
    signed_in.raise_request_exception = False
    response = signed_in.get(screening.get_absolute_url())
    assert response.status_code == 500
    assert screening.participant.reference not in response.content.decode()


def test_the_form_is_read_once_in_a_sitting(signed_in: Client, clinician: User) -> None:
    draft = begin(signed_in)
    for page in ("chart", "events", "all", "review"):
        signed_in.get(address(draft, page))
    fill(signed_in, draft, "chart", sex="female")
    signed_in.post(address(draft, "panel"), {"stage": "chart"}, headers={"hx-request": "true"})
    assert acts(subject=f"form:{draft.pk}").count("form.read") == 1
    signed_in.force_login(clinician)
    signed_in.get(address(draft, "chart"))
    assert acts(subject=f"form:{draft.pk}").count("form.read") <= 2
    assert str(draft.pk) not in str(signed_in.session[READ_HERE])


# --- The trail of a site


def test_administrators_see_their_own_site_alone(clinician: User) -> None:
    """Seen to fail with `visible_to` left out of the view."""
    own = record(clinician)
    foreign = record(make_user(site=make_site("riverside")), site=make_site("riverside"))
    page = words_of(as_(Role.ADMINISTRATOR).get(reverse("trail")))
    assert own.participant.reference in page
    assert "Pre-screen recorded" in page
    assert foreign.participant.reference not in page


def test_trail_is_found_by_person_by_whom_and_by_day(clinician: User) -> None:
    one, other = record(clinician), record(make_user())
    client, trail = as_(Role.ADMINISTRATOR), reverse("trail")

    def shown(**wanted: str) -> str:
        response = client.get(trail, wanted)
        assert response.status_code == 200
        return str(words_of(response))

    assert other.participant.reference not in shown(reference=one.participant.reference.lower())
    assert one.participant.reference in shown(who=clinician.name)
    assert other.participant.reference not in shown(who=clinician.email)
    assert one.participant.reference in shown(day="20 Nov 2026")
    assert one.participant.reference not in shown(day="19 Nov 2026")
    assert "No event fits" in shown(who="nobody of that name")


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"day": "30 Feb 2026"}, "Enter a day up to today, like"),
        ({"day": "31 Dec 9999"}, "Enter a day up to today, like"),
        ({"day": "٣"}, "Enter a day up to today, like"),
        ({"reference": "ABC-7K2M-4"}, "Compare the reference"),
        ({"reference": "somebody"}, "Enter a reference like"),
    ],
)
def test_a_filter_that_cannot_be_read_says_how_to_write_it(wanted: dict[str, str], said: str) -> None:
    response = as_(Role.ADMINISTRATOR).get(reverse("trail"), wanted)
    assert response.status_code == 422
    assert said in words_of(response)
    assert f'value="{next(iter(wanted.values()))}"' in response.content.decode()


def test_the_trail_goes_from_page_to_page_without_gap() -> None:
    client = as_(Role.ADMINISTRATOR)
    for number in range(120):
        write_event("test.done", by=None, at=AT, site=make_site(), subject=f"thing:{number}")
    numbers, address_ = [], reverse("trail")
    while address_:
        page = client.get(address_).content.decode()
        numbers += [int(number) for number in re.findall(r'trail__number">(\d+)<', page)]
        older = re.search(r'href="([^"]+)">Older', page)
        address_ = reverse("trail") + older[1].replace("&amp;", "&") if older else ""
    assert numbers == sorted(AuditEvent.objects.values_list("pk", flat=True), reverse=True)
    assert len(numbers) == 121


def test_nonsense_in_place_of_a_page_is_the_first() -> None:
    client = as_(Role.ADMINISTRATOR)
    for nonsense in ("x", "9" * 30, "-1", "١"):
        assert client.get(reverse("trail"), {"after": nonsense}).status_code == 200


def test_the_trail_takes_the_same_queries_for_any_length(django_assert_max_num_queries: Any) -> None:
    client = as_(Role.ADMINISTRATOR)
    for number in range(60):
        write_event("test.done", by=None, at=AT, site=make_site(), subject=f"user:{number}")
    with django_assert_max_num_queries(12):
        client.get(reverse("trail"))


# --- In an emergency


def test_an_emergency_opens_one_person_for_an_hour_to_read(clinician: User) -> None:
    """Seen to fail with `until` left out of `open_to`, and with the participant left out of `visible_to`."""
    screening, other = record(clinician), record(clinician)
    stranger = as_(Role.CLINICIAN, "riverside")
    assert stranger.get(screening.get_absolute_url()).status_code == 404
    opened = stranger.post(
        reverse("emergency"), {"reference": screening.participant.reference, "reason": REASON}, follow=True
    )
    assert "Opened in an emergency, to read, until" in words_of(opened)
    page = stranger.get(screening.get_absolute_url())
    assert "Opened in an emergency, to read, until" in words_of(page)
    assert "Edit" not in words_of(page)
    assert stranger.get(screening.get_absolute_url() + "notes/").status_code == 200
    assert stranger.get(other.get_absolute_url()).status_code == 404
    assert screening.participant.reference not in words_of(stranger.get(reverse("pre_screens")))
    assert stranger.post(screening.get_absolute_url() + "correct/").status_code == 404
    assert acts(act__startswith="emergency.") == ["emergency.opened", *["emergency.read"] * 3]
    assert AuditEvent.objects.filter(act="emergency.opened").get().site == make_site()


def test_an_emergency_ends_after_an_hour(clinician: User) -> None:
    screening, user = record(clinician), make_user(site=make_site("riverside"))
    open_in_emergency(
        screening.participant,
        by=user,
        at=timezone.now() - timedelta(minutes=61),
        reason=REASON,
        token=uuid.uuid4(),
    )
    client = Client()
    client.force_login(user)
    assert client.get(screening.get_absolute_url()).status_code == 404
    person = reverse("emergency_person", args=[screening.participant.reference])
    assert client.get(person).status_code == 404


def test_an_emergency_is_ended_early_by_who_opened_it(clinician: User) -> None:
    """Seen to fail with `ending` left out of `open_to`."""
    screening, client = record(clinician), as_(Role.CLINICIAN, "riverside")
    reference = screening.participant.reference
    page, end = reverse("emergency_person", args=[reference]), reverse("end_emergency", args=[reference])
    for reason in (REASON, f"{REASON}, once more"):
        client.post(reverse("emergency"), {"reference": reference, "reason": reason})
    assert "End now" in words_of(client.get(page))
    assert page in client.get(screening.get_absolute_url()).content.decode()
    for _ in range(2):
        assert client.post(end)["Location"] == reverse("emergency")
    assert f"Closed again: {reference}." in words_of(client.get(reverse("emergency")))
    for closed in (page, screening.get_absolute_url(), screening.get_absolute_url() + "notes/"):
        assert client.get(closed).status_code == 404
    assert acts().count("emergency.ended") == EmergencyEnd.objects.count() == 2
    shown = words_of(as_(Role.ADMINISTRATOR).get(reverse("trail"), {"emergency": "on"}))
    assert "Emergency ended by who opened it" in shown


def test_nobody_ends_the_emergency_of_another(clinician: User) -> None:
    """T02. Seen to fail with `by` left out of the look-up."""
    person = record(clinician).participant
    one, other = make_user(site=make_site("riverside")), make_user(site=make_site("riverside"))
    open_in_emergency(person, by=one, at=timezone.now(), reason=REASON, token=uuid.uuid4())
    client = Client()
    client.force_login(other)
    assert client.post(reverse("end_emergency", args=[person.reference])).status_code == 404
    assert EmergencyAccess.objects.open_to(one, timezone.now()).exists()


def test_a_new_opening_follows_one_that_was_ended(clinician: User) -> None:
    screening, client = record(clinician), as_(Role.CLINICIAN, "riverside")
    reference = screening.participant.reference
    opened = {"reference": reference, "reason": REASON}
    client.post(reverse("emergency"), {**opened, "token": str(uuid.uuid4())})
    client.post(reverse("end_emergency", args=[reference]))
    client.post(reverse("emergency"), {**opened, "token": str(uuid.uuid4())})
    assert client.get(screening.get_absolute_url()).status_code == 200


def test_nobody_reads_under_the_emergency_of_another(clinician: User) -> None:
    screening = record(clinician)
    one, other = make_user(site=make_site("riverside")), make_user(site=make_site("riverside"))
    open_in_emergency(screening.participant, by=one, at=timezone.now(), reason=REASON, token=uuid.uuid4())
    client = Client()
    client.force_login(other)
    assert client.get(screening.get_absolute_url()).status_code == 404


def test_writes_never_see_what_an_emergency_opened(clinician: User) -> None:
    screening, user = record(clinician), make_user(site=make_site("riverside"))
    open_in_emergency(screening.participant, by=user, at=timezone.now(), reason=REASON, token=uuid.uuid4())
    assert not Screening.objects.visible_to(user).exists()
    assert list(Screening.objects.visible_to(user, in_emergency_at=timezone.now())) == [screening]


def test_an_administrator_may_open_in_an_emergency(clinician: User) -> None:
    screening, client = record(clinician), as_(Role.ADMINISTRATOR)
    assert client.get(screening.get_absolute_url()).status_code == 404
    client.post(reverse("emergency"), {"reference": screening.participant.reference, "reason": REASON})
    assert client.get(screening.get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    ("reference", "reason", "said"),
    [
        ("", REASON, "Enter the person's reference, like ABC-7K2M-5"),
        ("somebody", REASON, "Enter a reference like ABC-7K2M-5"),
        ("STA-2222-2", REASON, "Check the reference: nobody has it"),
        ("theirs", "too short", "Write in 15 characters or more why it is needed now"),
        ("theirs", " " * 40, "Write in 15 characters or more why it is needed now"),
        ("theirs", "x" * 501, "Say it in 500 characters"),
        ("own", REASON, "Look under Pre-screens: this person is of your own site"),
    ],
)
def test_an_emergency_needs_a_person_and_a_reason(
    clinician: User, reference: str, reason: str, said: str
) -> None:
    client = as_(Role.CLINICIAN, "riverside")
    known = {
        "theirs": record(clinician).participant.reference,
        "own": record(clinician, site=make_site("riverside")).participant.reference,
    }
    response = client.post(
        reverse("emergency"), {"reference": known.get(reference, reference), "reason": reason}
    )
    assert response.status_code == 422
    assert said in words_of(response)
    assert words_of(response).startswith("Error:") or "<title>Error: " in response.content.decode()
    assert not EmergencyAccess.objects.exists()


def test_two_clicks_open_once(clinician: User) -> None:
    client, token = as_(Role.CLINICIAN, "riverside"), str(uuid.uuid4())
    posted = {"reference": record(clinician).participant.reference, "reason": REASON, "token": token}
    client.post(reverse("emergency"), posted)
    client.post(reverse("emergency"), posted)
    assert EmergencyAccess.objects.count() == 1
    assert acts().count("emergency.opened") == 1


def test_the_own_site_sees_who_opened_and_why(clinician: User) -> None:
    screening = record(clinician)
    stranger = as_(Role.CLINICIAN, "riverside")
    stranger.post(reverse("emergency"), {"reference": screening.participant.reference, "reason": REASON})
    stranger.get(screening.get_absolute_url())
    trail, wanted = reverse("trail"), {"emergency": "on"}
    page = words_of(as_(Role.ADMINISTRATOR).get(trail, wanted))
    assert "1 opening in an emergency in the last 30 days" in page
    assert REASON in page
    assert "Read in an emergency" in page
    assert "Pre-screen recorded" not in page
    elsewhere = words_of(as_(Role.ADMINISTRATOR, "hillside").get(trail, wanted))
    assert REASON not in elsewhere
    assert "0 openings" in elsewhere
