"""A centre's queue: rows that say what waits, filters, views, plans for several rows, and few reads."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from screening import actions
from screening.models import Referral, Role, SavedView, Screening, TrialReferral, User
from screening.views import queue as view
from tests.factories import make_site, make_user
from tests.web.pages import words_of
from tests.web.recorded import payload, record
from tests.web.referred import AT, TRIAL, make_centre, move, refer

pytestmark = pytest.mark.django_db
QUEUE = "/referrals/"


@pytest.fixture
def coordinator(db: None) -> User:
    return make_user(Role.COORDINATOR, make_centre(TRIAL, "cit-07"))


@pytest.fixture
def signed_in(client: Client, coordinator: User) -> Client:
    client.force_login(coordinator)
    return client


def sent(by: User, *protocols: str, **facts: Any) -> TrialReferral:
    """Return the first trial of a referral that was sent to the centre."""
    referral = refer(by, record(by, payload(**facts)), *protocols, centre=make_centre(TRIAL, "cit-07"))
    return referral.trials.order_by("pk")[0]


def many(trial: TrialReferral, number: int) -> list[TrialReferral]:
    """Return `number` more referrals like `trial`, each an hour younger than the one before."""
    made = []
    for place in range(number):
        like = trial.referral
        referral = Referral.objects.create(
            participant=like.participant,
            screening=like.screening,
            centre=like.centre,
            referred_by=like.referred_by,
            created_at=AT,
        )
        made.append(
            TrialReferral.objects.create(
                referral=referral,
                site=trial.site,
                protocol=trial.protocol,
                title=trial.title,
                state=trial.state,
                state_since=AT + timedelta(hours=place + 1),
                candidacy=trial.candidacy,
                unknown_count=0,
                confirm_count=0,
                clinic=trial.clinic,
            )
        )
    return made


def found(client: Client, **filters: str) -> list[int]:
    """Return the keys of the rows on the page that answers to `filters`."""
    response = client.get(QUEUE, filters)
    assert response.status_code == 200
    return [row["pk"] for row in response.context["rows"]]


def planned(client: Client, rows: list[TrialReferral], **typed: str) -> Any:
    return client.post(reverse("plan"), {"row": [f"{one.pk}.{one.version}" for one in rows], **typed})


# --- Rows


def test_a_row_says_who_where_and_whose_turn(signed_in: Client, clinician: User) -> None:
    trial = sent(clinician)
    said = words_of(signed_in.get(QUEUE))
    reference = trial.referral.participant.reference
    assert f"{reference} 43 · F Zimislecel (VX-880) St Anne, {clinician.name} Submitted" in said
    assert "Waiting on: Us 3 not known, 14 to confirm 1 Mar 2027," in said
    assert "Nobody yet due" in said


def test_a_row_says_what_was_asked_and_when(signed_in: Client, clinician: User, coordinator: User) -> None:
    trial = move(sent(clinician), "take", coordinator)
    actions.ask(
        trial, text="Ambulance record", by=coordinator, at=AT, version=trial.version, token=uuid.uuid4()
    )
    said = words_of(signed_in.get(QUEUE))
    assert "Waiting on: Clinician (Ambulance record, asked 20 Nov" in said


def test_a_row_names_days_as_they_are_at_the_centre(
    signed_in: Client, clinician: User, coordinator: User
) -> None:
    """Seen to fail with the day in UTC."""
    trial = move(sent(clinician), "take", coordinator)
    trial = actions.ask(trial, text="x", by=coordinator, at=AT, version=trial.version, token=uuid.uuid4())
    trial.site.time_zone = "Pacific/Auckland"
    trial.site.save()
    assert "asked 21 Nov" in words_of(signed_in.get(QUEUE))


def test_a_near_lapse_an_answer_and_an_amendment_stand_out(signed_in: Client, clinician: User) -> None:
    """Seen to fail with the threshold of a near lapse at 3 days."""
    trial = sent(clinician)
    lapses = trial.site.today() + timedelta(days=7)
    TrialReferral.objects.filter(pk=trial.pk).update(lapses_on=lapses, has_answer=True, is_amended=True)
    page = signed_in.get(QUEUE)
    assert "deadline--near" in page.content.decode()
    said = words_of(page)
    assert ", 7 d" in said
    assert "New answer" in said
    assert "Amended" in said


def test_the_trials_of_one_person_stand_together(
    signed_in: Client, clinician: User, coordinator: User
) -> None:
    first = sent(clinician, TRIAL, "cit-07")
    other = sent(clinician)
    second = first.referral.trials.get(protocol="cit-07")
    TrialReferral.objects.filter(pk=other.pk).update(state_since=AT - timedelta(hours=1))
    TrialReferral.objects.filter(pk=first.pk).update(state_since=AT - timedelta(hours=2))
    assert found(signed_in) == [first.pk, second.pk, other.pk]


# --- Whose referrals


def test_nobody_sees_another_centres_queue(client: Client, clinician: User) -> None:
    """Seen to fail with the site left out of TrialReferralQuerySet.in_queue_of."""
    sent(clinician)
    elsewhere = make_user(Role.COORDINATOR, make_centre(TRIAL, slug="elsewhere"))
    client.force_login(elsewhere)
    assert found(client) == []


def test_a_bounded_coordinator_sees_one_trial_alone(client: Client, clinician: User) -> None:
    trial = sent(clinician, TRIAL, "cit-07")
    bounded = make_user(None)
    bounded.memberships.create(site=trial.site, role=Role.COORDINATOR, protocol="cit-07")
    client.force_login(bounded)
    seen = found(client)
    assert [TrialReferral.objects.get(pk=pk).protocol for pk in seen] == ["cit-07"]
    assert found(client, trial=TRIAL) == seen
    refused = planned(client, [trial], owner="me")
    assert refused.status_code == 302
    trial.refresh_from_db()
    assert trial.owner is None


def test_who_works_at_two_centres_sees_both(client: Client, clinician: User) -> None:
    here = sent(clinician)
    there = refer(clinician, record(clinician), centre=make_centre(TRIAL, slug="northside")).trials.get()
    both = make_user(Role.COORDINATOR, here.site)
    both.memberships.create(site=there.site, role=Role.INVESTIGATOR)
    client.force_login(both)
    assert set(found(client)) == {here.pk, there.pk}


def test_a_draft_is_in_no_queue(signed_in: Client, clinician: User) -> None:
    trial = sent(clinician)
    TrialReferral.objects.filter(pk=trial.pk).update(state="draft")
    assert found(signed_in) == []
    assert found(signed_in, group="closed") == []


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.ADMINISTRATOR])
def test_a_queue_is_for_the_centres_staff(client: Client, role: Role) -> None:
    client.force_login(make_user(role))
    assert client.get(QUEUE).status_code == 403


# --- Filters


def test_each_filter_narrows_to_what_it_names(signed_in: Client, clinician: User, coordinator: User) -> None:
    trial = sent(clinician, TRIAL, "cit-07")
    second = trial.referral.trials.get(protocol="cit-07")
    other = move(sent(clinician), "take", coordinator)
    asked = move(sent(clinician), "take", coordinator)
    asked = actions.ask(asked, text="x", by=coordinator, at=AT, version=asked.version, token=uuid.uuid4())
    closed = move(sent(clinician), "not_accept", coordinator, reason="no_slot")
    today = trial.site.today()
    change = TrialReferral.objects.filter
    change(pk=trial.pk).update(owner=coordinator, due_on=today, has_answer=True)
    change(pk=second.pk).update(due_on=None, lapses_on=today + timedelta(days=30), is_amended=True)
    change(pk=other.pk).update(due_on=today + timedelta(days=6), lapses_on=today + timedelta(days=31))
    change(pk=asked.pk).update(due_on=today + timedelta(days=60), lapses_on=None)
    expected = {
        (): {trial, second, other, asked},
        (("trial", "cit-07"),): {second},
        (("group", "new"),): {trial, second},
        (("group", "review"),): {other},
        (("group", "asked"),): {asked},
        (("group", "closed"),): {closed},
        (("owner", "me"),): {trial},
        (("owner", "none"),): {second, other, asked},
        (("waiting", "us"),): {trial, second, other},
        (("waiting", "clinician"),): {asked},
        (("due", "today"),): {trial},
        (("due", "week"),): {trial, other},
        (("due", "none"),): {second},
        (("holds", "1"),): {second},
        (("amended", "1"),): {second},
        (("answered", "1"),): {trial},
        (("clinic", str(trial.clinic_id)),): {trial, second, other, asked},
        (("clinic", str(trial.site_id)),): set(),
        (("reference", trial.referral.participant.reference),): {trial, second},
        (("reference", other.referral.participant.reference[4:8].lower()),): {other},
        (("trial", TRIAL), ("waiting", "us"), ("owner", "none")): {other},
    }
    for filters, wanted in expected.items():
        response = signed_in.get(QUEUE, dict(filters))
        assert {row["pk"] for row in response.context["rows"]} == {one.pk for one in wanted}, filters
        assert response.context["found"].startswith(f"{len(wanted)} "), filters


@pytest.mark.parametrize(
    "hostile",
    [
        "' OR 1=1 --",
        "<script>alert(1)</script>",
        "{{ 7*7 }}",
        "\x00",
        "٣",
        "9" * 40,
        "-1",
        "1e9",
        "../../etc/passwd",
        "%s%n",
        "x" * 3000,
        "~",
        "2026-11-20~1",
        "2026-11-20T00:00:00~1",
        "2026-11-20T00:00:00+00:00~x",
        "9999-12-31T23:59:59+00:00~9223372036854775808",
        "0001-01-01T00:00:00+14:00~1",
    ],
)
def test_hostile_values_in_any_filter_show_the_queue(
    signed_in: Client, clinician: User, hostile: str
) -> None:
    """Seen to fail with `int()` on whatever stands in the place of a page."""
    sent(clinician)
    for name in (*view.QueueForm.base_fields, "after", "nonsense"):
        response = signed_in.get(QUEUE, {name: hostile})
        assert response.status_code == 200, name
        assert "<script>alert" not in response.content.decode()


def test_built_in_views_count_and_lead_to_their_rows(
    signed_in: Client, clinician: User, coordinator: User
) -> None:
    trial = sent(clinician)
    TrialReferral.objects.filter(pk=trial.pk).update(
        owner=coordinator, due_on=trial.site.today(), has_answer=True, is_amended=True
    )
    views = {one.name: one for one in signed_in.get(QUEUE).context["views"]}
    counts = {name: one.count for name, one in views.items()}
    assert counts == {
        "Mine due today": "1",
        "Waiting on us": "1",
        "Answered": "1",
        "Holds under 30 days": "0",
        "Changed by amendment": "1",
        "Unassigned": "0",
    }
    for one in views.values():
        page = signed_in.get(f"{QUEUE}?{one.query}")
        assert [row["pk"] for row in page.context["rows"]] == [trial.pk] * int(one.count)
        assert next(shown for shown in page.context["views"] if shown.name == one.name).is_current


def test_own_views_are_kept_found_and_taken_away(signed_in: Client, coordinator: User) -> None:
    address = reverse("saved_view")
    kept = signed_in.post(address, {"name": "Zimi this week", "filters": f"trial={TRIAL}&due=week&x=1"})
    assert kept["Location"] == f"{QUEUE}?trial={TRIAL}&due=week"
    view_kept = SavedView.objects.get()
    assert (view_kept.user, view_kept.query) == (coordinator, f"trial={TRIAL}&due=week")
    shown = signed_in.get(kept["Location"]).context["views"][-1]
    assert (shown.name, shown.is_current) == ("Zimi this week", True)
    assert signed_in.post(address, {"name": " ", "filters": ""}).status_code == 422
    assert signed_in.post(address, {"name": "x" * 41, "filters": ""}).status_code == 422
    signed_in.post(address, {"forget": str(view_kept.pk)})
    assert not SavedView.objects.exists()


def test_nobody_takes_away_anothers_view(signed_in: Client) -> None:
    other = SavedView.objects.create(user=make_user(), name="Theirs", query="")
    for key in (str(other.pk), "0", "x", "9" * 30, "-1"):
        assert signed_in.post(reverse("saved_view"), {"forget": key}).status_code == 302
    assert SavedView.objects.filter(pk=other.pk).exists()


# --- Order and pages


@pytest.mark.parametrize("order", ["wait", "newest", "due", "holds"])
def test_pages_show_every_row_once_in_order(
    signed_in: Client, clinician: User, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    """Seen to fail with the key left out of the place where a page begins."""
    monkeypatch.setattr(view, "PAGE_LENGTH", 4)
    first = sent(clinician)
    rows = [first, *many(first, 10)]
    today = date(2026, 11, 20)
    for place, one in enumerate(rows):
        TrialReferral.objects.filter(pk=one.pk).update(
            state_since=AT + timedelta(hours=place // 2),
            due_on=None if place % 4 == 0 else today + timedelta(days=place % 3),
            lapses_on=None if place % 5 == 0 else today + timedelta(days=place % 2),
        )
    seen: list[int] = []
    address = f"{QUEUE}?order={order}"
    while address:
        page = signed_in.get(address)
        seen += [row["pk"] for row in page.context["rows"]]
        address = f"{QUEUE}?{page.context['next']}" if page.context["next"] else ""
    columns = {
        "wait": ("state_since", "pk"),
        "newest": ("-state_since", "-pk"),
        "due": ("due_order", "pk"),
        "holds": ("holds_order", "pk"),
    }
    assert seen == list(TrialReferral.objects.order_by(*columns[order]).values_list("pk", flat=True))


def test_a_page_holds_fifty(signed_in: Client, clinician: User) -> None:
    many(sent(clinician), 55)
    page = signed_in.get(QUEUE)
    assert len(page.context["rows"]) == 50
    assert page.context["found"] == "56 referrals"


def test_an_empty_queue_says_what_will_stand_there(signed_in: Client) -> None:
    assert "No referrals under way" in words_of(signed_in.get(QUEUE))
    assert "No referral fits" in words_of(signed_in.get(QUEUE, {"waiting": "us"}))


# --- Reads


def test_a_page_takes_four_reads_however_many_rows(
    signed_in: Client, clinician: User, coordinator: User
) -> None:
    """The session, its user and their roles are read for any page; the queue's own reads are four.

    Seen to fail with the owner's name read from the row's own relation.
    """
    trial = sent(clinician)
    TrialReferral.objects.update(owner=coordinator)

    def reads() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert signed_in.get(f"{QUEUE}?trial={TRIAL}&waiting=us").status_code == 200
        tables = ("django_session", "screening_notice")
        return len([one for one in captured.captured_queries if not any(t in one["sql"] for t in tables)])

    few = reads()
    many(trial, 45)
    TrialReferral.objects.update(owner=coordinator)
    assert reads() == few
    user_and_roles = 2
    assert few - user_and_roles <= 4


def test_rows_are_read_along_an_index(clinician: User, coordinator: User) -> None:
    """Seen to fail with the index of the order by lapse taken out."""
    sent(clinician)
    user = User.objects.get(pk=coordinator.pk)
    if connection.vendor != "sqlite":
        return
    for order in view.ORDERS.values():
        rows = view.narrowed({}, user=user, today=date(2026, 11, 20))
        plan = rows.order_by(order.column, "pk")[:50].explain()
        assert "USE TEMP B-TREE" not in plan, order
        assert "queue_by" in plan


def test_no_row_loads_the_answers_of_a_pre_screen(signed_in: Client, clinician: User) -> None:
    sent(clinician)
    with CaptureQueriesContext(connection) as captured:
        signed_in.get(QUEUE)
    table = Screening._meta.db_table
    assert not any(f'"{table}"' in one["sql"] for one in captured.captured_queries)


# --- Plans


def test_ticked_rows_are_planned_at_once(signed_in: Client, clinician: User, coordinator: User) -> None:
    rows = [sent(clinician), sent(clinician)]
    done = planned(
        signed_in, rows, owner="me", due_on="26 Nov 2026", next_action="call", filters="waiting=us"
    )
    assert done["Location"] == f"{QUEUE}?waiting=us"
    for one in rows:
        one.refresh_from_db()
        assert (one.owner, one.due_on, one.next_action) == (coordinator, date(2026, 11, 26), "call")
    assert "Planned: 2 referrals." in words_of(signed_in.get(QUEUE))


def test_what_is_left_as_it_is_stays(signed_in: Client, clinician: User, coordinator: User) -> None:
    trial = sent(clinician)
    TrialReferral.objects.filter(pk=trial.pk).update(owner=coordinator, next_action="call")
    planned(signed_in, [trial], owner="keep", no_due="1")
    trial.refresh_from_db()
    assert (trial.owner, trial.due_on, trial.next_action) == (coordinator, None, "call")
    planned(signed_in, [trial], owner="none", no_next="1")
    trial.refresh_from_db()
    assert (trial.owner, trial.next_action) == (None, "")


def test_of_rows_that_changed_nothing_is_planned(
    signed_in: Client, clinician: User, coordinator: User
) -> None:
    """Seen to fail with each row planned in a transaction of its own."""
    rows = [sent(clinician), sent(clinician)]
    colleague = make_user(Role.COORDINATOR, rows[0].site)
    actions.plan([rows[1]], by=colleague, at=AT, owner=colleague)
    refused = planned(signed_in, rows, owner="me", next_action="call")
    assert refused.status_code == 409
    said = words_of(refused)
    assert "Nothing was planned: somebody changed a row meanwhile" in said
    assert f"{rows[1].referral.participant.reference}, Zimislecel (VX-880): now submitted, Dr Person" in said
    assert all(row["ticked"] for row in refused.context["rows"])
    assert refused.context["plan"]["next_action"].value() == "call"
    owners = TrialReferral.objects.order_by("pk").values_list("owner", flat=True)
    assert list(owners) == [None, colleague.pk]
    again = signed_in.post(
        reverse("plan"), {"row": [row["key"] for row in refused.context["rows"]], "owner": "me"}
    )
    assert again.status_code == 302
    assert TrialReferral.objects.filter(owner=coordinator).count() == 2


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({}, "Choose what to plan"),
        ({"owner": "keep"}, "Choose what to plan"),
        ({"owner": "999999"}, "Choose one of the names"),
        ({"due_on": "next moon"}, "Enter the due day as"),
        ({"due_on": "26 Nov 2026", "no_due": "1"}, "one of both"),
        ({"next_action": "x" * 81}, "Shorten the next step"),
        ({"next_action": "call", "no_next": "1"}, "one of both"),
    ],
)
def test_a_plan_that_cannot_be_read_comes_back(
    signed_in: Client, clinician: User, typed: dict[str, str], problem: str
) -> None:
    trial = sent(clinician)
    refused = planned(signed_in, [trial], **typed)
    assert refused.status_code == 422
    said = words_of(refused)
    assert problem in said
    assert refused.content.decode().count("<title>Error:") == 1
    assert refused.context["rows"][0]["ticked"]
    if "next_action" in typed:
        assert typed["next_action"] in refused.content.decode()
    trial.refresh_from_db()
    assert trial.version == 2


@pytest.mark.parametrize("row", ["", "x", "1", "1.x", "-1.1", "9.9", "٣.1", "1.1.1", "9" * 30 + ".1"])
def test_broken_rows_plan_nothing(signed_in: Client, clinician: User, row: str) -> None:
    trial = sent(clinician)
    response = signed_in.post(reverse("plan"), {"row": row, "owner": "me"})
    assert response.status_code in (302, 409, 422)
    trial.refresh_from_db()
    assert trial.owner is None


def test_an_owner_works_on_the_trial(signed_in: Client, clinician: User) -> None:
    trial = sent(clinician)
    bounded = make_user(None)
    bounded.memberships.create(site=trial.site, role=Role.COORDINATOR, protocol="cit-07")
    refused = planned(signed_in, [trial], owner=str(bounded.pk))
    assert refused.status_code == 422
    assert "Choose someone who works on" in words_of(refused)


def test_a_stranger_is_no_choice_for_an_owner(signed_in: Client, clinician: User) -> None:
    stranger = make_user(Role.COORDINATOR, make_site("elsewhere"))
    assert planned(signed_in, [sent(clinician)], owner=str(stranger.pk)).status_code == 422


def test_planning_takes_no_get(signed_in: Client) -> None:
    for name in ("plan", "saved_view"):
        assert signed_in.get(reverse(name)).status_code == 405


def test_the_queue_is_in_the_menu_of_its_readers(client: Client, signed_in: Client, clinician: User) -> None:
    assert "Referrals" in [title for title, _, _ in signed_in.get(QUEUE).context["menu"]]
    client.force_login(clinician)
    assert "Referrals" not in [title for title, _, _ in client.get("/").context["menu"]]
