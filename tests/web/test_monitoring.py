"""Monitors: the consented subjects of their trial and site, up to their last day; to read, and no more."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from screening import actions
from screening.models import AuditEvent, Membership, Role, Site, TrialReferral, User
from tests.factories import make_site, make_user
from tests.web.pages import stands_in, words_of
from tests.web.recorded import record
from tests.web.referred import AT, TRIAL, confirm_all, make_centre, move, refer, staff

pytestmark = pytest.mark.django_db
OTHER = "cit-07"


@pytest.fixture
def centre() -> Site:
    return make_centre(TRIAL, OTHER)


def consented(centre: Site, number: str = "S-001", protocol: str = TRIAL, *also: str) -> TrialReferral:
    """Return a trial of a referral whose person has signed the consent form."""
    coordinator, investigator = staff(centre)
    clinician = make_user()
    referral = refer(clinician, record(clinician), protocol, *also, centre=centre)
    trial = referral.trials.get(protocol=protocol)
    trial = move(trial, "take", coordinator)
    confirm_all(trial, coordinator)
    actions.record_own_view(
        trial.referral.screening, protocol=protocol, view="candidate", by=coordinator, at=AT
    )
    trial = move(trial, "accept", coordinator, words="Reviewed with the whole team.")
    actions.record_own_view(
        trial.referral.screening, protocol=protocol, view="candidate", by=investigator, at=AT
    )
    return move(
        trial,
        "consent",
        coordinator,
        consented_on=date(2026, 11, 20),
        consent_version="4.0",
        subject_no=number,
    )


def monitor(centre: Site, protocol: str = TRIAL, until: date | None = None) -> User:
    user = make_user(None)
    Membership.objects.create(
        user=user,
        site=centre,
        role=Role.MONITOR,
        protocol=protocol,
        until=until or centre.today() + timedelta(days=1),
    )
    return user


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def pages(trial: TrialReferral) -> list[str]:
    args = [trial.referral.participant.reference, trial.pk]
    return [reverse("monitored_subject", args=args), reverse("monitored_trail", args=args)]


def test_monitors_list_consented_subjects_and_count_the_rest(centre: Site) -> None:
    subject, unconsented = consented(centre), refer(make_user(), centre=centre)
    page = words_of(as_(monitor(centre)).get(reverse("monitoring")))
    assert f"Zimislecel (VX-880) in type 1 diabetes with severe hypoglycaemia at {centre}" in page
    assert "S-001" in page
    assert subject.referral.participant.reference in page
    assert unconsented.participant.reference not in page
    assert "1 without consent" in page
    assert "Submitted 1" in page


def test_a_subjects_page_has_value_source_author_and_version(centre: Site) -> None:
    trial = consented(centre)
    screening = trial.referral.screening
    response = as_(monitor(centre)).get(pages(trial)[0])
    page = words_of(response)
    assert "Subject S-001" in page
    result = next(one for one in screening.result["trials"] if one["id"] == TRIAL)
    for criterion in result["criteria"]:
        assert criterion["text"] in page
    assert "Confirmed: Clinic letter" in page
    assert str(screening.recorded_by) in page
    assert result["sha256"][:12] in page
    assert "form version 4.0" in page
    assert not stands_in("1983", page)


def test_the_subjects_trail_leaves_other_trials_out(centre: Site) -> None:
    """Seen to fail with the trial left out of `of_subject`."""
    trial = consented(centre, "S-001", TRIAL, OTHER)
    other = trial.referral.trials.get(protocol=OTHER)
    coordinator = make_user(Role.COORDINATOR, centre)
    move(other, "take", coordinator)
    actions.record_own_view(other.referral.screening, protocol=OTHER, view="candidate", by=coordinator, at=AT)
    client = as_(monitor(centre))
    client.get(pages(trial)[0])
    page = words_of(client.get(pages(trial)[1]))
    assert "Subject's page read" in page
    assert "Pre-screen recorded" in page
    assert OTHER not in page
    assert AuditEvent.objects.filter(details__trial=other.pk).exists()


@pytest.mark.parametrize("which", [0, 1])
def test_another_trial_another_site_and_the_unconsented_are_not_there(centre: Site, which: int) -> None:
    """Seen to fail with the filter of consent left out of `monitored_by`."""
    trial = consented(centre)
    unconsented = refer(make_user(), centre=centre).trials.get()
    elsewhere = make_centre(TRIAL, slug="hillside")
    for user, of in (
        (monitor(centre, OTHER), trial),
        (monitor(elsewhere), trial),
        (monitor(centre), unconsented),
    ):
        assert as_(user).get(pages(of)[which]).status_code == 404
    assert as_(monitor(centre)).get(pages(trial)[which]).status_code == 200


def test_a_membership_that_is_over_reaches_nothing(centre: Site) -> None:
    """Seen to fail with `is_current` left out of `current_memberships`."""
    trial = consented(centre)
    over = monitor(centre, until=centre.today() - timedelta(days=1))
    for page in (reverse("monitoring"), *pages(trial)):
        assert as_(over).get(page).status_code == 403
    last_day = monitor(centre, until=centre.today())
    assert as_(last_day).get(pages(trial)[0]).status_code == 200


def test_monitors_change_nothing(centre: Site) -> None:
    trial = consented(centre)
    client = as_(monitor(centre))
    for page in (reverse("monitoring"), *pages(trial)):
        assert client.post(page).status_code == 405
    assert client.get(trial.referral.screening.get_absolute_url()).status_code == 403
    assert client.get(reverse("trail")).status_code == 403


def test_each_reading_of_a_monitor_is_written(centre: Site) -> None:
    trial, user = consented(centre), monitor(centre)
    client = as_(user)
    for page in pages(trial):
        client.get(page)
    told = AuditEvent.objects.filter(actor=user, participant=trial.referral.participant)
    assert list(told.order_by("pk").values_list("act", "subject")) == [
        ("subject.read", f"trial:{trial.pk}"),
        ("subject_trail.read", f"trial:{trial.pk}"),
    ]


def test_more_subjects_take_no_more_queries(
    centre: Site, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        consented(centre, f"S-00{number}")
    client = as_(monitor(centre))
    page = pages(TrialReferral.objects.latest("pk"))[0]
    with django_assert_max_num_queries(8):
        client.get(reverse("monitoring"))
    with django_assert_max_num_queries(12):
        client.get(page)


def test_roles_beside_the_monitor_see_no_subjects(centre: Site) -> None:
    trial = consented(centre)
    for role in (Role.CLINICIAN, Role.COORDINATOR, Role.INVESTIGATOR, Role.ADMINISTRATOR):
        for site in (centre, make_site()):
            assert as_(make_user(role, site)).get(pages(trial)[0]).status_code == 403
