"""The demo's clinic: many, varied, the same every time."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime

import pytest
from django.db import transaction

from screening.clinical.cgm.metrics import metrics
from screening.content import installed_content
from screening.demo.people import seed_people
from screening.demo.sensors import PEOPLE, seed_sensor_records
from screening.demo.staff import seed_staff
from screening.interop.cgm.kept import from_kept
from screening.models import Draft, Participant, Screening, SensorRecord, User, Verdict

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def seed(now: datetime = NOW) -> None:
    seed_staff()
    clinicians = User.objects.filter(memberships__role="clinician").order_by("email")
    seed_people(list(clinicians), installed_content(), now=now)


def test_clinic_is_large_and_varied() -> None:
    seed()
    assert Participant.objects.count() >= 48
    assert Screening.objects.standing().count() >= 48
    assert Draft.objects.count() >= 3
    assert Screening.objects.filter(supersedes__isnull=False).count() == 1
    assert set(Verdict.objects.values_list("candidacy", flat=True)) == {
        "likely",
        "possible",
        "not_yet",
        "unlikely",
    }
    candidacies: dict[str, set[str]] = defaultdict(set)
    for protocol, candidacy in Verdict.objects.values_list("protocol", "candidacy"):
        candidacies[protocol].add(candidacy)
    assert set(candidacies) == set(installed_content().by_id)
    same_for_all = {one for one in candidacies if len(candidacies[one]) < 2}
    assert same_for_all == {"poltreg-rituximab", "protrans-young", "t-rex", "uc-msc-paediatric"}, (
        "no children here"
    )
    assert Screening.objects.filter(recorded_at__gt=NOW).count() == 0


def test_clinic_is_made_once_and_left_alone() -> None:
    seed()
    before = list(Screening.objects.values_list("pk", "participant__reference"))
    seed()
    assert list(Screening.objects.values_list("pk", "participant__reference")) == before


def test_a_few_people_of_each_clinic_have_a_sensor_record() -> None:
    seed()
    clinicians = list(User.objects.filter(memberships__role="clinician").order_by("email"))
    for _ in range(2):
        seed_sensor_records(clinicians, now=NOW)
    records = SensorRecord.objects.select_related("participant__site", "participant__identity")
    assert records.count() == PEOPLE * len(clinicians)
    assert records.values("participant__site").distinct().count() == 2
    found = [metrics(from_kept(record.content).trace) for record in records]
    assert all(one.sufficient_70pct_14d for one in found)
    assert any(one.episodes_lt70 for one in found)


def people(now: datetime) -> list[tuple[str, str]]:
    """Return who is made up when the demo starts at `now`, and undo it."""
    with transaction.atomic():
        seed(now)
        found = [
            (screening.participant.reference, screening.answers["facts"].get("sex", ""))
            for screening in Screening.objects.select_related("participant").order_by("pk")
        ]
        transaction.set_rollback(True)
    return found


def test_clinic_is_the_same_on_every_machine() -> None:
    assert people(NOW) == people(NOW)


@pytest.mark.parametrize(
    "now",
    [
        datetime(2028, 2, 29, 3, 0, tzinfo=UTC),
        datetime(2027, 1, 1, 0, 5, tzinfo=UTC),
        datetime(2031, 3, 31, 23, 0, tzinfo=UTC),
    ],
)
def test_clinic_can_open_on_any_day(now: datetime) -> None:
    assert len(people(now)) > 48
