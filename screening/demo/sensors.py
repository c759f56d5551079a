"""The demo's sensor records: two weeks of made-up glucose for a few people, read like any file."""

from __future__ import annotations

import io
import math
import random
import uuid
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from screening import actions
from screening.interop.cgm import read_cgm
from screening.models import Participant, Screening, SensorRecord, User

EVERY = timedelta(minutes=5)
DAYS = 14
PEOPLE = 3
"""Of each clinic, the latest who wear a sensor."""
MEALS = (7.5, 12.75, 19)
"""Hours of the day after which glucose rises."""
NAMESPACE = uuid.UUID("0a0c8f0e-6c9d-4b0e-8f8b-3d1f7c6f2f52")
"""What the tokens of the records are made of: the same every time."""


def seed_sensor_records(clinicians: list[User], *, now: datetime) -> None:
    """Keep a record for a few people of each clinic, unless there are records already."""
    if SensorRecord.objects.exists():
        return
    for clinician in clinicians:
        mine = Screening.objects.filter(recorded_by=clinician, answers__facts__cgm_use__value=True)
        people = Participant.objects.filter(screenings__in=mine).distinct()
        for person in people.select_related("site", "identity").order_by("-pk")[:PEOPLE]:
            end = now - timedelta(days=2)
            file = made_up(person.reference, end, ZoneInfo(person.site.time_zone))
            actions.keep_sensor_record(
                person,
                read=read_cgm(file, zone=person.site.time_zone),
                by=clinician,
                at=end + timedelta(hours=3),
                token=uuid.uuid5(NAMESPACE, person.reference),
            )


def made_up(seed: str, end: datetime, zone: ZoneInfo) -> io.StringIO:
    """Return a file of two weeks: meals, a few low nights, a few hours without the sensor."""
    chance = random.Random(seed)
    low_nights = {chance.randrange(DAYS) for _ in range(chance.randrange(1, 5))}
    lost = chance.randrange(DAYS * 24)
    glucose, lines = 140.0, ["time,glucose mg/dL"]
    start = end - timedelta(days=DAYS)
    for step in range(DAYS * 24 * 12):
        at = (start + step * EVERY).astimezone(UTC)
        local = at.astimezone(zone)
        hour = local.hour + local.minute / 60
        meal = sum(90 * math.exp(-((hour - after - 1.2) ** 2)) for after in MEALS)
        night = -75 * math.exp(-((hour - 3) ** 2)) if step // 288 in low_nights else 0
        glucose += 0.15 * (135 + meal + night - glucose) + chance.gauss(0, 3)
        if not lost <= step // 12 < lost + 3:
            lines.append(f"{at:%Y-%m-%dT%H:%M:%SZ},{max(glucose, 41):.0f}")
    return io.StringIO("\n".join(lines))
