"""The referrals of a clinic, as its clinicians follow them."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from screening import actions
from screening.models import Referral, Role, TrialReferral, User
from screening.views import referrals as view
from tests.factories import make_site, make_user
from tests.web.pages import words_of
from tests.web.recorded import record
from tests.web.referred import AT, TRIAL, make_centre, move, refer, staff

pytestmark = pytest.mark.django_db
OURS = "/referrals/ours/"


def many(like: Referral, number: int) -> list[Referral]:
    """Return `number` more referrals like one, each a minute younger, of two trials each."""
    made = []
    for place in range(number):
        referral = Referral.objects.create(
            participant=like.participant,
            screening=like.screening,
            centre=like.centre,
            referred_by=like.referred_by,
            created_at=like.created_at + timedelta(minutes=place + 1),
        )
        trial = like.trials.get()
        for protocol in ("zimislecel-forward", "cit-07"):
            TrialReferral.objects.create(
                referral=referral,
                site=trial.site,
                protocol=protocol,
                title=protocol,
                state=trial.state,
                state_since=AT,
                candidacy=trial.candidacy,
                unknown_count=0,
                confirm_count=0,
                clinic=trial.clinic,
            )
        made.append(referral)
    return made


def found(client: Client, **query: str) -> list[int]:
    return [row.referral.pk for row in client.get(OURS, query).context["rows"]]


def test_a_row_says_where_a_referral_stands(signed_in: Client, clinician: User) -> None:
    referral = refer(clinician)
    TrialReferral.objects.update(due_on=date(2099, 11, 27), lapses_on=date(2099, 12, 9))
    page = signed_in.get(OURS)
    said = words_of(page)
    assert f"{referral.participant.reference} 43 · F Lakeside" in said
    assert f"Sent 20 Nov 2026 by {clinician}" in said
    assert "Submitted Waits on the centre Answer due 27 Nov 2099" in said
    assert f'href="{referral.get_absolute_url()}"' in page.content.decode()


@pytest.mark.parametrize(
    ("act", "given", "said"),
    [
        (
            "ask",
            {"words": "Is there an ambulance record?"},
            "Information requested Waits on us: Is there an ambulance record",
        ),
        (
            "hold",
            {"hold_until": date(2099, 12, 1)},
            "On hold Waits on the centre Centre looks again 1 Dec 2099",
        ),
        ("not_accept", {"reason": "no_slot"}, "Not accepted by centre Islet"),
    ],
)
def test_each_state_says_whose_turn_it_is(
    signed_in: Client, clinician: User, act: str, given: dict[str, Any], said: str
) -> None:
    trial = refer(clinician).trials.get()
    coordinator, _ = staff(trial.site)
    move(trial, act, coordinator, **given)
    TrialReferral.objects.update(lapses_on=None)
    assert said in words_of(signed_in.get(OURS))


def test_a_letter_that_is_not_sent_leads_to_the_letter(signed_in: Client, clinician: User) -> None:
    letter = actions.start_referral(
        record(clinician),
        centre=make_centre(),
        protocols=[TRIAL],
        by=clinician,
        at=AT,
        token=uuid.uuid4(),
    )
    page = signed_in.get(OURS)
    assert "Waits on us: the letter is not sent" in words_of(page)
    assert f"/referrals/{letter.pk}/letter/" in page.content.decode()


def test_what_waits_on_the_clinic_is_found(signed_in: Client, clinician: User) -> None:
    """Seen to fail with the state left out of waiting_on_clinic."""
    asked, plain, over = (refer(clinician) for _ in range(3))
    coordinator, _ = staff(make_centre())
    move(asked.trials.get(), "ask", coordinator, words="Is there an ambulance record?")
    move(over.trials.get(), "not_accept", coordinator, reason="no_slot")
    assert found(signed_in, show="us") == [asked.pk]
    assert set(found(signed_in, show="open")) == {asked.pk, plain.pk}
    assert set(found(signed_in, show="none of these")) == {asked.pk, plain.pk, over.pk}


def test_referrals_of_another_clinic_are_not_listed(signed_in: Client) -> None:
    """T02. Seen to fail with at_clinic left out."""
    other = make_site("riverside")
    stranger = make_user(site=other)
    referral = refer(stranger, record(stranger, site=other))
    assert found(signed_in) == []
    assert referral.participant.reference not in words_of(signed_in.get(OURS))


def test_the_newest_comes_first_a_page_at_a_time(signed_in: Client, clinician: User) -> None:
    many(refer(clinician), view.PAGE_LENGTH + 3)
    in_order = list(Referral.objects.order_by("-created_at", "-pk").values_list("pk", flat=True))
    first = signed_in.get(OURS)
    second = signed_in.get(OURS + first.context["older"])
    pages = [[row.referral.pk for row in page.context["rows"]] for page in (first, second)]
    assert pages[0] + pages[1] == in_order
    assert (second.context["older"], second.context["newest"]) == ("", "?")


def test_many_rows_take_as_many_queries_as_few(signed_in: Client, clinician: User) -> None:
    """Seen to fail with the trials not prefetched."""
    like, counts = refer(clinician), []
    for number in (4, 20):
        many(like, number)
        with CaptureQueriesContext(connection) as queries:
            rows = signed_in.get(OURS).context["rows"]
        counts.append((len(rows), len(queries)))
    assert [rows for rows, _ in counts] == [5, 25]
    assert counts[0][1] == counts[1][1] <= 6


def test_an_empty_list_says_how_a_referral_begins(signed_in: Client) -> None:
    assert "A referral begins at a result" in words_of(signed_in.get(OURS))
    assert "Nothing waits on you" in words_of(signed_in.get(OURS, {"show": "us"}))


def test_the_menu_leads_clinicians_to_it(signed_in: Client) -> None:
    menu = {title: (address, current) for title, address, current in signed_in.get(OURS).context["menu"]}
    assert menu["Our referrals"] == (OURS, "page")
    client = Client()
    client.force_login(make_user(Role.COORDINATOR))
    assert "Our referrals" not in [title for title, _, _ in client.get("/referrals/").context["menu"]]


@pytest.mark.parametrize("path", [OURS, "/people/", "/"])
@pytest.mark.parametrize(
    "after",
    ["0001-01-01T00:00:00+14:00~1", "9999-12-31T23:59:59-14:00~1", "2026-11-20T09:00:00~1", "~", "x~²"],
)
def test_a_place_that_is_no_moment_is_the_start(signed_in: Client, path: str, after: str) -> None:
    """T05. Seen to fail with the range of years left out of read_place."""
    assert signed_in.get(path, {"after": after}).status_code == 200
