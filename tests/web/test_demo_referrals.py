"""The demo's referrals: varied, made once, within the clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from screening.content import installed_content
from screening.demo.people import seed_people
from screening.demo.referrals import seed_referrals
from screening.demo.staff import seed_staff
from screening.flow import State
from screening.models import ClinicDecision, Referral, Role, Step, ThreadEntry, TrialReferral, User

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def seed() -> None:
    seed_staff()
    clinicians = list(User.objects.filter(memberships__role=Role.CLINICIAN).order_by("email"))
    seed_people(clinicians, installed_content(), now=NOW)
    coordinator = User.objects.get(memberships__role=Role.COORDINATOR)
    investigator = User.objects.get(memberships__role=Role.INVESTIGATOR)
    seed_referrals(coordinator, investigator, clinicians, installed_content(), now=NOW)


def test_referrals_stand_in_every_state_with_threads_and_decisions() -> None:
    seed()
    assert set(TrialReferral.objects.values_list("state", flat=True)) == set(State.__members__.values())
    assert Referral.objects.count() >= 12
    assert set(ThreadEntry.objects.values_list("kind", flat=True)) >= {"question", "answer"}
    assert ClinicDecision.objects.values("kind").distinct().count() == 4
    assert not Step.objects.filter(at__gt=NOW).exists()
    before = list(Referral.objects.values_list("pk", "token"))
    seed()
    assert list(Referral.objects.values_list("pk", "token")) == before
