"""Notices of days that have come: results awaited, and what was on hold."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client

from screening import actions
from screening.models import (
    AuditEvent,
    MailPace,
    Membership,
    Notice,
    Role,
    Screening,
    TrialReferral,
    User,
)
from tests.factories import make_site, make_user
from tests.web.pages import words_of
from tests.web.recorded import FIRST_RECORDED, record
from tests.web.referred import AT, move, refer, staff

pytestmark = pytest.mark.django_db
DAY = date(2026, 12, 1)
MORNING = datetime(2026, 12, 1, 7, 0, tzinfo=AT.tzinfo)


def waiting(by: User, screening: Screening | None = None, *, day: date = DAY, at: datetime = AT) -> Screening:
    """Return a pre-screen after which `by` waits for results until `day`."""
    screening = screening or record(by)
    actions.decide_at_clinic(screening, kind="waiting", recheck_on=day, by=by, at=at, token=uuid.uuid4())
    return screening


def remind(at: datetime = MORNING) -> int:
    return actions.remind_of_what_is_due(at=at)


def told(user: User) -> list[str]:
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("kind", flat=True))


# --- Results awaited


def test_the_day_to_look_again_raises_one_notice(client: Client, clinician: User) -> None:
    """Seen to fail with a notice created at each run, whatever is there."""
    person = waiting(clinician).participant
    assert remind(MORNING - timedelta(days=1)) == 0
    assert [remind(MORNING + timedelta(days=days)) for days in (0, 0, 3)] == [1, 0, 0]
    client.force_login(clinician)
    page = client.get("/notices/")
    assert f"Look again, results were awaited: {person.reference}" in words_of(page)
    assert "on 1 Dec 2026" in words_of(page)
    assert f'href="/people/{person.reference}/"' in page.content.decode()


def test_the_day_is_that_of_the_site(clinician: User) -> None:
    site = clinician.memberships.get().site
    site.time_zone = "America/Chicago"
    site.save()
    waiting(clinician)
    assert remind(datetime(2026, 12, 1, 5, 59, tzinfo=AT.tzinfo)) == 0
    assert remind(datetime(2026, 12, 1, 6, 1, tzinfo=AT.tzinfo)) == 1


def test_a_notice_that_was_read_is_not_raised_again(clinician: User) -> None:
    waiting(clinician)
    remind()
    notice = Notice.objects.get()
    actions.read_notices([notice], by=clinician, at=MORNING)
    assert remind(MORNING + timedelta(days=1)) == 0
    assert AuditEvent.objects.get(act="notice.read").details == {"decision": notice.decision_id}


@pytest.mark.parametrize("since", ["decided anew", "pre-screened", "referred", "erased"])
def test_what_was_done_since_needs_no_notice(clinician: User, since: str) -> None:
    """Seen to fail with each of the four left out of the look-up."""
    screening = waiting(clinician, at=FIRST_RECORDED)
    if since == "decided anew":
        waiting(clinician, screening, day=date(2027, 1, 5))
    elif since == "pre-screened":
        record(clinician, replaces=screening)
    elif since == "referred":
        refer(clinician, screening)
        Notice.objects.all().delete()
    else:
        actions.erase_identity(screening.participant, by=clinician, at=AT)
    assert remind() == 0


def test_whom_the_decider_left_behind_is_told(clinician: User) -> None:
    colleague, elsewhere = make_user(), make_user(site=make_site("riverside"))
    waiting(clinician)
    Membership.objects.filter(user=clinician).update(until=date(2020, 1, 1))
    remind()
    assert (told(clinician), told(colleague), told(elsewhere)) == ([], ["recheck"], [])


def test_who_is_no_clinician_there_any_more_is_led_nowhere(client: Client, clinician: User) -> None:
    person = waiting(clinician).participant
    remind()
    Membership.objects.filter(user=clinician).update(site=make_site("riverside"))
    client.force_login(User.objects.get(pk=clinician.pk))
    assert f"/people/{person.reference}/" not in client.get("/notices/").content.decode()


def test_the_mail_of_a_day_names_nobody(clinician: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """T09. Seen to fail with the reference put into the subject."""
    User.objects.filter(pk=clinician.pk).update(mail_pace=MailPace.AT_ONCE)
    person = waiting(clinician).participant
    monkeypatch.setattr("django.utils.timezone.now", lambda: MORNING)
    for _ in range(2):
        call_command("send_notices")
    (message,) = mail.outbox
    assert message.subject == "1 thing waits for you in Isletscreen"
    assert person.reference not in message.body
    assert str(person.site) not in message.body


# --- On hold


def held(by: User, owner: User | None = None) -> TrialReferral:
    """Return a referral that is on hold until DAY."""
    trial = refer(by).trials.get()
    coordinator, _ = staff(trial.site)
    trial = move(trial, "hold", coordinator, hold_until=DAY)
    TrialReferral.objects.filter(pk=trial.pk).update(owner=owner)
    Notice.objects.all().delete()
    return trial


def test_the_day_of_a_hold_tells_its_owner_once(clinician: User) -> None:
    """Seen to fail with the owner told of what is due as well."""
    trial = held(clinician)
    owner = make_user(Role.COORDINATOR, trial.site)
    TrialReferral.objects.filter(pk=trial.pk).update(owner=owner)
    assert [remind(MORNING + timedelta(days=days)) for days in (-1, 0, 0, 2)] == [0, 1, 0, 0]
    assert told(owner) == ["held"]


def test_a_hold_that_nobody_owns_is_told_to_the_coordinators(client: Client, clinician: User) -> None:
    trial = held(clinician)
    coordinator = User.objects.get(memberships__role=Role.COORDINATOR)
    make_user(Role.COORDINATOR, trial.site, protocol="cit-07")
    assert remind() == 1
    client.force_login(coordinator)
    assert "The day of the hold has come" in words_of(client.get("/notices/"))


def test_a_hold_whose_owner_left_is_told_to_the_coordinators(clinician: User) -> None:
    trial = held(clinician)
    gone = make_user(Role.COORDINATOR, trial.site, until=date(2020, 1, 1))
    TrialReferral.objects.filter(pk=trial.pk).update(owner=gone)
    remind()
    assert told(gone) == []
    assert Notice.objects.filter(kind="held").exists()


def test_another_due_day_during_a_hold_is_told_as_due(clinician: User) -> None:
    trial = held(clinician)
    owner = make_user(Role.COORDINATOR, trial.site)
    TrialReferral.objects.filter(pk=trial.pk).update(owner=owner, due_on=date(2026, 11, 28))
    remind(MORNING - timedelta(days=2))
    assert told(owner) == ["due"]


def test_a_second_hold_is_told_anew(clinician: User) -> None:
    trial = held(clinician)
    remind()
    later: dict[str, Any] = {"state_since": MORNING + timedelta(days=2), "hold_until": date(2026, 12, 9)}
    TrialReferral.objects.filter(pk=trial.pk).update(**later, due_on=date(2026, 12, 9))
    Notice.objects.update(read_at=MORNING)
    assert [remind(MORNING + timedelta(days=days)) for days in (7, 8)] == [0, 1]
