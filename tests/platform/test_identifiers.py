"""Promise T09: whoever reads the file, a dump, the log, the addresses or the cache finds nobody's name."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from config.paths import ROOT
from tests.figures import Figure

CANARIES = {
    "name": "Zsuzsanna Quillfeather",
    "record_number": "MRN-7714402",
    "phone": "+1 312 555 7714",
    "email": "quillfeather@canary.example",
}
BORN = ("1949-07-31", "31 Jul 1949", "19490731")
TEXTS = ("Zsuzsanna", "Quillfeather", "quillfeather", "7714402", "555 7714", "5557714", *BORN)

JOURNEY = """
import json, logging, os, sys
import django
django.setup()
from django.conf import settings
from django.core.cache import cache, caches
from django.core.management import call_command
from django.db import connection
from django.test import Client

call_command("migrate", verbosity=0)
call_command("createcachetable", verbosity=0)
settings.ALLOWED_HOSTS = ["testserver"]
logging.getLogger().setLevel(logging.DEBUG)

from screening.models import Draft, Screening
from tests.factories import make_user
from tests.web.forms import address, begin, fill
from tests.web.test_form import record_of

if "draft" in os.environ.get("PLANTED", ""):
    from screening.models.sealed import SealedJSONField, Sealed
    import screening.models.sealed as sealed
    sealed.seal = lambda key, text, place: text
    sealed.unseal = lambda key, text, place: text
if "birth" in os.environ.get("PLANTED", ""):
    import screening.actions.screenings as screenings
    screenings.close_birth = lambda answers, key, place: dict(answers)
if "log" in os.environ.get("PLANTED", ""):
    import screening.actions.identities as identities
    saved = identities.save_identity
    def leaking(participant, *, details, by, at):
        logging.getLogger("screening").info("identity kept", extra={"number": details.record_number})
        return saved(participant, details=details, by=by, at=at)
    import screening.actions
    screening.actions.save_identity = leaking

given = json.loads(sys.argv[1])
client = Client()
client.force_login(make_user())
left = begin(client)
fill(client, left, "chart", birth_date="31 Jul 1949", hba1c=given["name"])
draft = begin(client)
reference = draft.participant.reference
fill(client, draft, "chart", birth_date="31 Jul 1949", sex="female", diagnosis_date="1999")
recorded = client.post(address(draft, "record"), record_of(client, draft))["Location"]
person = f"/people/{reference}/"
addresses = [recorded]
for path, posted in (
    (person + "identity/", {**given, "birth_date": "31 Jul 1949"}),
    (person + "identity/", {**given, "birth_date": "31 Jul 1949", "email": "quillfeather at canary"}),
    ("/people/", {"wanted": given["record_number"]}),
    ("/people/", {"wanted": given["name"]}),
    (recorded + "correct/", {}),
    (person + "again/", {}),
):
    response = client.post(path, posted)
    assert response.status_code in (200, 302, 422), (path, response.status_code)
    addresses.append(response.headers.get("Location", ""))
correction = Draft.objects.get(supersedes__isnull=False)
fill(client, correction, "chart", sex="male")
posted = {**record_of(client, correction), "reason": "Typed wrong"}
addresses.append(client.post(address(correction, "record"), posted)["Location"])
shown = client.get(person).content.decode()
assert given["name"] in shown and "31 Jul 1949" in shown
for path in (person + "identity/", recorded, recorded + "notes/", "/", "/people/"):
    assert client.get(path).status_code == 200
kept = [str(value) for one in caches.all() for value in getattr(one, "_cache", {}).values()]
with connection.cursor() as cursor:
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
call_command("dumpdata", output=os.environ["ISLETSCREEN_VAR_DIR"] + "/dump.json")
print(json.dumps({"addresses": addresses, "cached": kept, "person": person}))
if os.environ.get("ERASED"):
    from screening.models import Identity, Participant
    from django.utils import timezone
    from screening import actions
    whom = Participant.objects.get(reference=reference)
    key = whom.identity.sealed_key.partition(".")[2].encode()
    assert len(key) > 40
    home = os.environ["ISLETSCREEN_VAR_DIR"]
    files = [os.path.join(home, name) for name in os.listdir(home) if name.startswith("isletscreen.sqlite3")]
    holding = lambda: [os.path.basename(name) for name in files if key in open(name, "rb").read()]
    before = holding()
    client.post(person + "identity/erase/", {"confirmation": reference})
    print(json.dumps({"before": before, "after": holding()}))
"""


def walked(home: Path, **environment: str) -> tuple[dict[str, bytes], str]:
    """Return every byte that a journey through the pages leaves behind, by place, and what it printed."""
    home.mkdir(exist_ok=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ISLETSCREEN_")}
    clean.pop("DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-c", JOURNEY, json.dumps(CANARIES)],
        cwd=ROOT,
        env={
            **clean,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "ISLETSCREEN_VAR_DIR": str(home),
            "ISLETSCREEN_LOG_LEVEL": "DEBUG",
            "PYTHONPATH": str(ROOT),
            **environment,
        },
        capture_output=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    left = {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}
    printed = done.stdout.decode()
    return {**left, "log": done.stderr, "addresses and cache": done.stdout}, printed


def hits(left: dict[str, bytes]) -> list[tuple[str, str]]:
    return [(place, text) for place, found in left.items() for text in TEXTS if text.encode() in found]


@pytest.mark.only_on("sqlite")
def test_identifiers_are_found_in_no_byte_left_behind(tmp_path: Path, figure: Figure) -> None:
    """Seen to fail while a dump opened the drafts; the leaks below are planted in every run."""
    left, printed = walked(tmp_path / "home")
    assert {"isletscreen.sqlite3", "dump.json", "log"} <= set(left)
    assert b"identity.changed" in left["log"]
    assert "/people/" in printed
    found = hits(left)
    figure("T09", "canary in database, dump and log", bytes=sum(map(len, left.values())), hits=len(found))
    assert found == []


@pytest.mark.only_on("sqlite")
def test_a_planted_leak_is_found(tmp_path: Path) -> None:
    """A form, a birth date and a log line in clear: without this a blind search would pass for none found."""
    left, _ = walked(tmp_path / "home", PLANTED="draft birth log")
    found = hits(left)
    for leak in (
        ("isletscreen.sqlite3", "Quillfeather"),
        ("dump.json", "1949-07-31"),
        ("log", "7714402"),
    ):
        assert leak in found


@pytest.mark.only_on("sqlite")
def test_an_erased_key_is_in_no_byte_of_the_database(tmp_path: Path) -> None:
    """While the app runs. Seen to fail without the checkpoint, and without `secure_delete`."""
    left, printed = walked(tmp_path / "home", ERASED="1")
    assert json.loads(printed.splitlines()[1]) == {"before": ["isletscreen.sqlite3"], "after": []}
    with sqlite3.connect(tmp_path / "home" / "isletscreen.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM screening_screening").fetchone() == (2,)
    assert hits(left) == []
