"""T08 and H11: hostile sensor files are refused in words, and nothing of them is kept or laid on a disk.

Seen to fail with Django's own upload handlers (a large file lay in the directory for temporary files while
it was read), and with the limit of FILE_UPLOAD_MAX_MEMORY_SIZE at 100 MB (30 MB were read).
"""

from __future__ import annotations

import io
import tempfile
import time
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from screening.models import SensorRecord
from tests.figures import Figure
from tests.trust.world import World, body_of, undone
from tests.web.sensor_files import rows

MB = 1024 * 1024
LONGEST_SECONDS = 30
HEAD = "time,glucose\n"


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("../../evil.csv", "0" * 20_000_000)
    return file.getvalue()


FILES: dict[str, bytes] = {
    "an archive that unpacks to 20 MB": archive(),
    "30 MB": b"x" * (30 * MB),
    "XML with entities": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
    "JSON nested 100,000 deep": b"[" * 100_000,
    "JSON with a number of a million digits": b'[{"sgv": ' + b"9" * 1_000_000 + b', "date": 1}]',
    "JSON of a million empty objects": b"[" + b"{}," * 1_000_000 + b"{}]",
    "one line of 5 MB": b"time,glucose" + b"a" * (5 * MB),
    "a quote that never ends": (HEAD + '"').encode() + b"1," * (2 * MB),
    "100,000 columns": b"," * 100_000 + b"\n",
    "formulas": (HEAD + "=cmd|' /C calc'!A0,=1+1\n" * 50).encode(),
    "NUL bytes": HEAD.encode() + b"\0" * 1000,
    "absurd numbers": (HEAD + "".join(f"{at[:19]},1e308\n" for at in rows(2))).encode(),
    "dates of the year 9999": (HEAD + "9999-12-31T23:59:59,100\n" * 100).encode(),
    "half a file of UTF-16": HEAD.encode("utf-16")[:9],
}


@pytest.mark.parametrize("kind", FILES)
def test_hostile_sensor_file_is_refused_in_words(kind: str, world: World, figure: Figure) -> None:
    person = world.places["person"]["own"]["reference"]
    address = reverse("sensor_file", args=[person])
    before, on_disk = SensorRecord.objects.count(), set(Path(tempfile.gettempdir()).glob("*.upload*"))
    began = time.process_time()
    with undone():
        sent = {"file": SimpleUploadedFile("../../evil\u202e.csv", FILES[kind]), "zone": "UTC"}
        response = world.client("clinician").post(address, sent)
        kept = SensorRecord.objects.count()
    spent = time.process_time() - began
    health = world.client("anonymous").get("/health")
    page = body_of(response).decode("utf-8", "replace")
    accepted = response.status_code != 422 or kept != before
    figure("T08", "hostile sensor files", sent=1, accepted=int(accepted), health_missed=0)
    assert response.status_code == 422, response.status_code
    assert kept == before
    assert 'aria-invalid="true"' in page
    assert "root:x:0" not in page
    assert "calc" not in page
    assert set(Path(tempfile.gettempdir()).glob("*.upload*")) == on_disk
    assert health.status_code == 200
    assert spent < LONGEST_SECONDS
