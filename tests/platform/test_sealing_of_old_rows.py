"""Rows from before there were keys: the migration gives everybody one, and seals what was in clear."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.paths import ROOT

SCRIPT = """
import datetime, json, uuid
import django
django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

before = [("screening", "0004_people_and_referrals")]
executor = MigrationExecutor(connection)
executor.migrate(before)
old = executor.loader.project_state(before).apps

def create(model, **fields):
    return old.get_model("screening", model).objects.create(**fields)

now = timezone.now()
user = create("User", email="a@example.org", name="A", password="x")
site = create("Site", slug="a", name="A", country="US")
person = create("Participant", reference="AAA-2222-2", site=site, created_by=user)
text = create("StoredText", sha256="0" * 64, kind="catalogue", text="{}")
facts = {"birth_date": "1949-07-31", "diagnosis_date": "1999", "sex": "female"}
create(
    "Screening", token=uuid.uuid4(), participant=person, as_of=datetime.date(2026, 11, 20), recorded_at=now,
    recorded_by=user, answers={"as_of": "2026-11-20", "facts": facts}, result={}, engine="1", catalogue=text,
)
typed = json.dumps({"birth_date": "31 Jul 1949"})
with connection.cursor() as cursor:
    cursor.execute(
        "INSERT INTO screening_draft (id, participant_id, owner_id, as_of, typed, started_at, updated_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        [uuid.uuid4().hex, person.pk, user.pk, "2026-11-20", typed, now, now],
    )
executor = MigrationExecutor(connection)
executor.migrate(executor.loader.graph.leaf_nodes())
with connection.cursor() as cursor:
    cursor.execute("SELECT answers FROM screening_screening")
    answers = cursor.fetchone()[0]
    cursor.execute("SELECT typed FROM screening_draft")
    typed = cursor.fetchone()[0]
    try:
        cursor.execute("DELETE FROM screening_screening")
        kept = False
    except Exception as refused:
        kept = "append-only" in str(refused)
from screening.models import Draft, Screening
print(json.dumps({
    "answers": answers, "typed": typed, "kept": kept,
    "told": Screening.objects.get().told["facts"], "draft": Draft.objects.get().typed,
}))
"""


@pytest.mark.only_on("sqlite")
def test_old_drafts_and_birth_dates_are_sealed_on_the_way(tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ISLETSCREEN_")}
    clean.pop("DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env={**clean, "DJANGO_SETTINGS_MODULE": "config.settings", "ISLETSCREEN_VAR_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert "1949" not in found["answers"]
    assert "1949" not in found["typed"]
    closed = json.loads(found["answers"])["facts"]["birth_date"]
    assert (closed["age"], closed["age_at_diagnosis"]) == (77, [49, 50])
    assert found["told"] == {"birth_date": "1949-07-31", "diagnosis_date": "1999", "sex": "female"}
    assert found["draft"] == {"birth_date": "31 Jul 1949"}
    assert found["kept"]
