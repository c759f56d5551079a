"""The list of pre-screens: found again, a page at a time, and the same few reads however long it is."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from screening import actions
from screening.models import Draft, User
from screening.models.people import Role
from screening.presentation import words
from screening.views import pre_screens as view
from tests.factories import make_site, make_user
from tests.web.pages import words_of
from tests.web.recorded import payload, record

pytestmark = pytest.mark.django_db
HOME = "/"


def found(client: Client, **filters: str) -> list[str]:
    """Return the references on the page that answers to `filters`."""
    rows = client.get(HOME, filters).context["rows"]
    return [row.screening.participant.reference for row in rows]


def test_a_row_says_who_when_by_whom_and_where_they_stand(signed_in: Client, clinician: User) -> None:
    screening = record(clinician)
    said = words_of(signed_in.get(HOME))
    assert f"{screening.participant.reference} 43 · F 20 Nov 2026 {clinician.name}" in said
    assert "Islet replacement: Possible 1 not known" in said
    assert "Immune therapy: Possible little is public" in said


def test_a_row_of_which_nothing_is_known_says_so(signed_in: Client, clinician: User) -> None:
    record(clinician, {"as_of": "2026-11-20", "facts": {"sex": "female"}})
    said = words_of(signed_in.get(HOME))
    assert "Islet replacement: Nothing known yet" in said
    assert "Islets after a kidney: Nothing known yet" in said


def test_a_near_deadline_is_shown_with_its_day(signed_in: Client, clinician: User) -> None:
    today = timezone.localdate()
    month = today - timedelta(days=340)
    no = {"value": False, "on": today.isoformat()}
    answers = payload(islet_transplant=no, cell_therapy=no, steroid_need=no)
    answers["as_of"] = today.isoformat()
    for event, day in zip(answers["severe_hypoglycemic_events"], (month, today), strict=True):
        event["on"] = day.isoformat()
    record(clinician, answers)
    assert ", 26 days" in words_of(signed_in.get(HOME))


def test_latest_comes_first(signed_in: Client, clinician: User) -> None:
    references = [record(clinician).participant.reference for _ in range(3)]
    assert found(signed_in) == references[::-1]


def test_a_part_of_the_reference_finds_the_person(signed_in: Client, clinician: User) -> None:
    wanted = record(clinician).participant.reference
    record(clinician)
    assert found(signed_in, reference=wanted[4:8].lower()) == [wanted]


def test_dashes_blanks_and_case_do_not_matter_in_a_search(signed_in: Client, clinician: User) -> None:
    wanted = record(clinician).participant.reference
    record(clinician)
    for typed in (wanted.replace("-", "").lower(), wanted.replace("-", " "), f" {wanted[2:6]}", wanted[7:]):
        assert wanted in found(signed_in, reference=typed)
    assert found(signed_in, reference=wanted.replace("-", "").lower()) == [wanted]


def test_standing_and_trial_narrow_the_list(signed_in: Client, clinician: User) -> None:
    open_ = record(clinician).participant.reference
    older = payload(birth_date="1940-01-01", kidney_transplant="none")
    closed = record(clinician, older).participant.reference
    assert found(signed_in, candidacy="open", trial="zimislecel-forward") == [open_]
    assert found(signed_in, candidacy="unlikely", trial="zimislecel-forward") == [closed]
    assert found(signed_in, trial="zimislecel-forward") == [closed, open_]


def test_mine_only_leaves_out_those_of_colleagues(signed_in: Client, clinician: User) -> None:
    mine = record(clinician).participant.reference
    record(make_user())
    assert found(signed_in, mine="1") == [mine]


def test_replaced_pre_screens_show_only_when_asked_for(signed_in: Client, clinician: User) -> None:
    first = record(clinician)
    record(clinician, replaces=first)
    assert len(found(signed_in)) == 1
    assert len(found(signed_in, replaced="1")) == 2
    assert "Replaced" in words_of(signed_in.get(HOME, {"replaced": "1"}))


@pytest.mark.parametrize("filters", [{"candidacy": "sure"}, {"trial": "no-such"}, {"after": "x~y"}])
def test_a_filter_that_makes_no_sense_is_left_out(
    signed_in: Client, clinician: User, filters: dict[str, str]
) -> None:
    record(clinician)
    assert len(found(signed_in, **filters)) == 1


@pytest.mark.parametrize(
    "after", ["2026-11-20~1", "2026-11-20T10:00:00+00:00~" + "9" * 40, "~", "9999-99-99T00:00Z~1", "\x00~1"]
)
def test_a_place_in_the_list_that_cannot_be_read_is_its_start(
    signed_in: Client, clinician: User, after: str
) -> None:
    record(clinician)
    assert len(found(signed_in, after=after)) == 1


def test_pages_follow_without_loss_or_repeat(
    signed_in: Client, clinician: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "PAGE_LENGTH", 2)
    everyone = [record(clinician).participant.reference for _ in range(5)][::-1]
    seen: list[str] = []
    address = HOME
    while address:
        page = signed_in.get(address)
        seen += [row.screening.participant.reference for row in page.context["rows"]]
        address = page.context["older"]
    assert seen == everyone


def begun(clinician: User, **fields: Any) -> Draft:
    """Return a form about someone new."""
    at = timezone.now()
    person = actions.add_participant(site=make_site(), by=clinician, at=at)
    return Draft.objects.create(participant=person, owner=clinician, as_of=at.date(), **fields)


def test_forms_in_progress_stand_on_top_with_how_far_they_are(signed_in: Client, clinician: User) -> None:
    hours_ago = timezone.now() - timedelta(hours=3)
    typed = {"hba1c-unit": "percent", "hba1c": "7.8", "sex-asked": "2026-11-20", "egfr-unknown": "yes"}
    older = begun(clinician, typed=typed, updated_at=hours_ago)
    draft = begun(clinician, typed={"hba1c": "7.8", "events-lead": "0", "events-rows": "6"})
    blank = begun(clinician, typed={"event-0-glucose_unit": "mg_dl"})
    page = signed_in.get(HOME)
    text = words_of(page)
    day = words.day(blank.as_of)
    assert f"In progress {blank.participant} No answer yet As of {day} · Saved just now" in text
    assert f"{draft.participant} 2 answers, up to “Severe events” As of {day} · Saved just now" in text
    assert f"{older.participant} 2 answers, up to “From the chart” As of {day} · Saved 3 hours ago" in text
    assert "0 minutes" not in text
    assert reverse("pre_screen_form", args=[draft.participant.reference, draft.pk]) in page.content.decode()


def test_six_forms_are_shown_and_the_older_ones_fold(signed_in: Client, clinician: User) -> None:
    drafts = [begun(clinician) for _ in range(8)][::-1]
    page = signed_in.get(HOME)
    assert [row.draft for row in page.context["drafts"]] == drafts[:6]
    assert [row.draft for row in page.context["older_drafts"]] == drafts[6:]
    assert "2 older" in words_of(page)


def test_an_empty_list_says_how_to_begin(signed_in: Client) -> None:
    page = signed_in.get(HOME)
    assert "No pre-screens yet" in words_of(page)
    assert reverse("new_pre_screen") in page.content.decode()


def test_a_search_without_result_shows_the_way_back(signed_in: Client, clinician: User) -> None:
    record(clinician)
    assert "No pre-screen fits this search" in words_of(signed_in.get(HOME, {"reference": "ZZZ"}))


def test_pre_screens_of_other_sites_are_not_listed(client: Client, clinician: User) -> None:
    record(clinician)
    client.force_login(make_user(site=make_site("st-bede")))
    assert found(client) == []


@pytest.mark.parametrize(
    ("role", "page"),
    [
        (Role.COORDINATOR, "queue"),
        (Role.INVESTIGATOR, "queue"),
        (Role.MONITOR, "monitoring"),
        (Role.ADMINISTRATOR, "staff"),
    ],
)
def test_who_is_no_clinician_begins_where_their_work_lies(
    client: Client, db: None, role: Role, page: str
) -> None:
    client.force_login(make_user(role))
    assert client.get(HOME)["Location"] == reverse(page)


def test_who_has_no_role_is_told_who_gives_one(client: Client, db: None) -> None:
    client.force_login(make_user(None))
    page = client.get(HOME)
    assert "No role at any site yet" in words_of(page)
    assert f'class="btn btn-primary" href="{reverse("library")}"' in page.content.decode()


@pytest.mark.parametrize("role", [*Role, None])
def test_the_menu_leads_nowhere_that_is_closed(client: Client, db: None, role: Role | None) -> None:
    client.force_login(make_user(role))
    header = client.get(HOME, follow=True).content.decode().partition("</header>")[0]
    links = re.findall(r'<a class="site-header__link" href="([^"]+)"', header)
    assert (reverse("new_pre_screen") in links) == (role == Role.CLINICIAN)
    assert [client.get(link).status_code for link in links] == [200] * len(links)


def test_the_menu_tells_where_one_is(signed_in: Client) -> None:
    assert f'href="{HOME}" aria-current="page"' in signed_in.get(HOME).content.decode()
    protocol = signed_in.get(reverse("protocol", args=["cit-07"])).content.decode()
    assert f'href="{reverse("library")}" aria-current="true"' in protocol
    assert f'href="{HOME}">' in protocol


def test_a_longer_list_takes_no_more_reads(signed_in: Client, clinician: User) -> None:
    counts = []
    for _ in range(2):
        record(clinician)
        record(clinician, replaces=record(clinician))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            signed_in.get(HOME, {"replaced": "1"})
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 7


def test_choice_of_light_and_dark_is_kept_for_the_browser(signed_in: Client) -> None:
    answer = signed_in.post(reverse("appearance"), {"appearance": "dark", "next": "/protocols/"})
    assert answer["Location"] == "/protocols/"
    assert answer.cookies["appearance"]["httponly"]
    assert 'data-theme="dark"' in signed_in.get(HOME).content.decode()
    signed_in.post(reverse("appearance"), {"appearance": "system", "next": "/"})
    assert "data-theme" not in signed_in.get(HOME).content.decode()


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org", "javascript:alert(1)"])
def test_choice_of_light_and_dark_leads_nowhere_else(signed_in: Client, elsewhere: str) -> None:
    assert signed_in.post(reverse("appearance"), {"next": elsewhere})["Location"] == "/"


def test_a_cookie_of_another_make_changes_nothing(signed_in: Client) -> None:
    signed_in.cookies["appearance"] = '"><script>'
    assert "data-theme" not in signed_in.get(HOME).content.decode()
