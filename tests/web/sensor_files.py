"""Sensor files of nobody, and records of them."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

from screening import actions
from screening.interop.cgm import read_cgm
from screening.models import Participant, SensorRecord, User

LAST_DAY = date(2026, 11, 10)
EVERY = timedelta(minutes=15)


def rows(days: float = 14, last_day: date = LAST_DAY) -> Iterator[str]:
    """Yield times and glucose in mg/dL: each day from 60 to 200, up to the last quarter of `last_day`."""
    end = datetime.combine(last_day + timedelta(days=1), time())
    count = int(days * 96)
    for place in range(count):
        at = end - EVERY * (count - place)
        yield f"{at:%Y-%m-%dT%H:%M:%S},{60 + 35 * (at.hour // 2 % 5)}"


def csv_file(days: float = 14, head: str = "time,glucose", name: str = "export.csv") -> io.BytesIO:
    """Return a plain CSV file as a browser sends it."""
    file = io.BytesIO("\n".join([head, *rows(days)]).encode())
    file.name = name
    return file


def with_fingersticks(days: int, sensor_days: float = 14) -> io.BytesIO:
    """Return a Nightscout file: that sensor, and 90, 162, 90, 162 mg/dL every four hours of so many days."""
    sensor = [row.split(",") for row in rows(sensor_days)]
    entries = [{"type": "sgv", "sgv": int(value), "date": _milliseconds(at)} for at, value in sensor]
    entries += [
        {"type": "mbg", "mbg": (90, 162)[place % 2], "date": _milliseconds(f"{day}T{8 + 4 * place:02}:00:00")}
        for day in (LAST_DAY - timedelta(days=back) for back in range(days))
        for place in range(4)
    ]
    file = io.BytesIO(json.dumps(entries).encode())
    file.name = "entries.json"
    return file


def _milliseconds(at: str) -> int:
    return int(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() * 1000)


def kept_record(person: Participant, by: User, days: float = 14) -> SensorRecord:
    """Return the kept record of such a file."""
    read = read_cgm(csv_file(days), zone=person.site.time_zone, unit="mg/dL")
    return actions.keep_sensor_record(person, read=read, by=by, at=timezone.now(), token=uuid.uuid4())
