"""T09: one person with a name, a birth date and a lab value like no other, walked through all there is.

They are found in no address, log line, mail, cache, session, event of the trail, notice, error page or file
name. The database's own bytes are searched by tests/platform/test_identifiers.py. Seen to fail with
`logger.info(typed)` in `save_draft`, with the record number sought put into the address that follows, and
with the exception's text in the log of a 500.
"""

from __future__ import annotations

import logging
import pickle
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import caches
from django.core.signals import got_request_exception
from django.db import connection
from django.http import HttpResponse
from django.utils import timezone

from config.logs import PlainFormatter
from screening.access import AccessMiddleware
from screening.models import AuditEvent, Draft, Notice, Participant
from tests.figures import Figure
from tests.trust import walk
from tests.trust.filling import ENDS_THE_WALK, filled
from tests.trust.matrix import ROWS
from tests.trust.world import World, body_of, undone
from tests.web.forms import address

NAME = "Zyxwyth Quillfeather"
BIRTH = "1951-07-13"
NUMBER = "QF-7788.661"
PHONE = "+1 909 777 6655"
EMAIL = "quillfeather@canary.example"
LAB = "7.931"
FREE = "Met the Quillfeather family on 13 Jul"
CANARIES = ("Zyxwyth", "Quillfeather", BIRTH, "13 Jul 1951", NUMBER, "777 6655", "quillfeather@", LAB)
"""However it is written: a part of any of these is a hit."""
OF_LETTERS = dict.fromkeys(
    ("reason", "therapies", "medicines", "circumstances", "told", "note", "text"), FREE
)


class Lines(logging.Handler):
    """Keeps every line as the service would write it."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(PlainFormatter())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Every line of every logger of ours and Django's, from DEBUG on, without the database's debugging."""
    handler = Lines()
    names = ("", "screening", "config", "django", "django.request", "allauth")
    loggers = [logging.getLogger(name) for name in names]
    before = [one.level for one in loggers]
    for one in loggers:
        one.addHandler(handler)
        one.setLevel(logging.DEBUG)
    logging.getLogger("django.db.backends").setLevel(logging.WARNING)
    yield handler.lines
    for one, level in zip(loggers, before, strict=True):
        one.removeHandler(handler)
        one.setLevel(level)
    logging.getLogger("django.db.backends").setLevel(logging.NOTSET)


def hits(text: str) -> list[str]:
    """Return the canaries in `text`, as it stands or as an address writes it."""
    read = f"{text}\n{unquote_plus(text)}"
    return [canary for canary in CANARIES if canary in read]


def typed_in(world: World) -> None:
    """Have the canary's name, birth date and lab value typed in, by way of the pages."""
    client = world.client("clinician")
    person = world.places["person"]["own"]["reference"]
    details = {"name": NAME, "record_number": NUMBER, "birth_date": BIRTH, "phone": PHONE, "email": EMAIL}
    kept = client.post(f"/people/{person}/identity/", details)
    assert kept.status_code == 302, body_of(kept).decode()
    draft = Draft.objects.get(pk=world.places["draft"]["own"]["draft_id"])
    answers = {"birth_date": BIRTH, "hba1c": LAB, "hba1c-unit": "percent", "hba1c-on": "2026-10-01"}
    assert client.post(address(draft, "all"), {**answers, "go": "review"}).status_code == 302


class Seen:
    """What leaves the service, gathered while it is walked through."""

    def __init__(self) -> None:
        self.addresses: set[str] = set()
        self.errors: list[tuple[str, str]] = []
        self.headers: set[str] = set()

    def note(self, where: str, response: HttpResponse) -> None:
        self.addresses.add(where)
        self.headers |= {f"{name}: {value}" for name, value in response.headers.items()}
        if response.status_code in (400, 403, 404, 405, 409, 429) or response.status_code >= 500:
            if response.status_code != 409:
                self.errors.append((where, body_of(response).decode("utf-8", "replace")))
            return
        forms, links = walk.read_page("", where.split("?")[0], response)
        self.addresses |= links | {form.action for form in forms}


def test_one_person_leaves_no_trace_where_none_belongs(
    world: World, lines: list[str], figure: Figure, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail.outbox = []
    seen = Seen()
    with undone():
        typed_in(world)
        for form in walk.every_form(world):
            if form.name in ENDS_THE_WALK or form.method != "post":
                continue
            typed = {one.name: OF_LETTERS[one.name] for one in form.fields if one.name in OF_LETTERS}
            typed |= {"wanted": NUMBER} if form.name == "people" else {}
            data = {**filled(form, timezone.localdate()), **typed}
            seen.note(form.action, world.client(form.actor).post(form.action, data))
        for actor in walk.WALKERS:
            for where, response in walk.pages_of(world, actor):
                seen.note(where, response)
        for actor in ("clinician", "coordinator", "administrator", "monitor"):
            for what in ("pre_screening_log:st-anne", "screening_log:lakeside:zimislecel-forward"):
                sent = {"what": what, "form": "coded", "format": "csv"}
                seen.note("/reports/export/", world.client(actor).post("/reports/export/", sent))
        refused_and_broken(world, seen, monkeypatch)
        found = {
            "addresses": [hit for one in seen.addresses for hit in hits(one)],
            "headers and file names": [hit for one in seen.headers for hit in hits(one)],
            "error pages": [f"{where}: {hit}" for where, text in seen.errors for hit in hits(text)],
            "log lines": [f"{hit}: {line[:150]}" for line in lines for hit in hits(line)],
            "mail": [hit for one in mail.outbox for hit in hits(str(one.message()))],
            "caches": [hit for text in cached() for hit in hits(text)],
            "sessions": [hit for one in Session.objects.all() for hit in hits(str(one.get_decoded()))],
            "the trail": [hit for one in AuditEvent.objects.values_list() for hit in hits(str(one))],
            "notices": [hit for one in Notice.objects.values_list() for hit in hits(str(one))],
            "references": [hit for one in Participant.objects.values_list() for hit in hits(str(one))],
            "files": [hit for path in settings.VAR_DIR.rglob("*") for hit in hits(str(path))],
        }
        clear = [hit for row in world_of_identities() for hit in hits(row)]
    looked_at = len(seen.addresses) + len(lines) + len(seen.errors) + len(seen.headers)
    total = sum(map(len, found.values())) + len(clear)
    figure(
        "T09", "canary in addresses, logs, mail, caches, error pages, names", looked_at=looked_at, hits=total
    )
    assert len(lines) > 50
    assert len(seen.errors) > 50
    assert not clear, clear
    assert not any(found.values()), {where: some[:5] for where, some in found.items() if some}


def refused_and_broken(world: World, seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask every address as somebody who may not, and once more while every view breaks on what was typed."""
    typed = {"name": NAME, "birth_date": BIRTH, "hba1c": LAB, "reference": NUMBER, "reason": FREE}
    for row in ROWS.values():
        for actor in ("no role", "clinician elsewhere", "coordinator of another centre"):
            seen.note(row.address(world), world.client(actor).post(row.address(world), typed))
    unprotected = world.client("clinician", enforce_csrf_checks=True)
    seen.note("/new/", unprotected.post("/new/", typed))

    def broken(self: Any, request: Any, *rest: Any) -> None:
        raise ValueError(f"could not read {NAME}, born {BIRTH}: {dict(request.POST)}")

    failures: list[Any] = []
    got_request_exception.connect(lambda **about: failures.append(about), weak=False, dispatch_uid="canary")
    with monkeypatch.context() as patch:
        patch.setattr(AccessMiddleware, "process_view", broken)
        for row in ROWS.values():
            client = world.client("clinician", enforce_csrf_checks=False)
            seen.note(row.address(world), client.post(row.address(world), typed))
    got_request_exception.disconnect(dispatch_uid="canary")
    assert len(failures) == len(ROWS)


def cached() -> list[str]:
    """Return everything that the caches hold, as text."""
    return [
        str(pickle.loads(value)) + name
        for cache in ("default", "process")
        for name, value in caches[cache]._cache.items()
    ]


def world_of_identities() -> list[str]:
    """Return the rows of identities and drafts as they stand in the table: sealed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM screening_identity")
        rows = cursor.fetchall()
        cursor.execute("SELECT * FROM screening_draft")
        return [str(row) for row in (*rows, *cursor.fetchall())]


def test_a_planted_leak_is_a_hit() -> None:
    assert hits(f"GET /people/?wanted={NUMBER.replace('.', '%2E')}") == [NUMBER]
    assert hits("born 13 Jul 1951 Quillfeather") == ["Quillfeather", "13 Jul 1951"]
