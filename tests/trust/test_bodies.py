"""T08: a body that is too large, has too many fields or is of another kind is refused in words.

No archive is unpacked and no XML read; what takes a file has tests of hostile ones of its own. The service
answers its health throughout. Seen to fail with DATA_UPLOAD_MAX_MEMORY_SIZE set to None (3 MB were read and
kept) and with DATA_UPLOAD_MAX_NUMBER_FIELDS at 20,000.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver

from config.paths import ROOT
from tests.figures import Figure
from tests.trust.matrix import ROWS
from tests.trust.sharing import share
from tests.trust.tables import rows_of_all
from tests.trust.world import World, body_of, undone

FORM = "application/x-www-form-urlencoded"
BOUNDARY = "multipart/form-data; boundary=xxx"


def _archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../../etc/cron.d/zq9x", "x" * 100_000)
    return file.getvalue()


BODIES: dict[str, tuple[str, bytes, tuple[int, ...]]] = {
    "3 MB in one field": (FORM, b"reference=" + b"x" * 3_000_000, (400,)),
    "3 MB of one file": (
        BOUNDARY,
        b'--xxx\r\nContent-Disposition: form-data; name="reference"; filename="../../x"\r\n\r\n'
        + b"x" * 3_000_000
        + b"\r\n--xxx--\r\n",
        (400, 404, 409, 422, 302, 200),
    ),
    "2,001 fields": (FORM, b"&".join(b"f%d=" % number for number in range(2_001)), (400,)),
    "2,001 parts": (
        BOUNDARY,
        b"".join(b'--xxx\r\nContent-Disposition: form-data; name="f%d"\r\n\r\n\r\n' % n for n in range(2_001))
        + b"--xxx--\r\n",
        (400,),
    ),
    "a multipart cut short": (BOUNDARY, b'--xxx\r\nContent-Disposition: form-data; name="refer', ()),
    "a multipart without boundary": ("multipart/form-data", b"--xxx", ()),
    "JSON": ("application/json", json.dumps({"reference": "STA-2222-E", "site": 1}).encode(), ()),
    "deep JSON": ("application/json", b"[" * 100_000, ()),
    "XML with an entity": (
        "application/xml",
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>',
        (),
    ),
    "an archive": ("application/zip", _archive(), ()),
    "bytes that are no text": (FORM, b"reference=\xff\xfe\x80", ()),
    "an unknown charset": (f"{FORM}; charset=no-such", b"reference=x", ()),
    "UTF-16": (f"{FORM}; charset=utf-16", "reference=x".encode("utf-16"), ()),
    "UTF-7": (f"{FORM}; charset=utf-7", b"reference=+ADw-script+AD4-", ()),
    "percent signs": (FORM, b"%%%=%zz&=%00&%ff=%ff", ()),
    "no type at all": ("", b"reference=x", ()),
}
"""Bodies with their type, and the answers each may get; none named is any answer that is no failure."""
FORMS = [
    name for name, row in ROWS.items() if "POST" in row.reach and name not in ("health", "account_logout")
]


@pytest.mark.parametrize("kind", BODIES)
def test_hostile_body_is_refused_and_health_answers(kind: str, world: World, figure: Figure) -> None:
    content_type, body, allowed = BODIES[kind]
    wrong, sent = [], 0
    for name in share(FORMS, list(BODIES).index(kind), 6):
        row = ROWS[name]
        with undone():
            # The look for the form's token reads the whole body, before any view does.
            client = world.client(row.writer, enforce_csrf_checks=allowed == (400,))
            client.cookies[settings.CSRF_COOKIE_NAME] = "x" * 32
            response = client.generic("POST", row.address(world), body, content_type)
            health = world.client("anonymous").get("/health")
        sent += 1
        page = body_of(response).decode("utf-8", "replace")
        if response.status_code >= 500 or (allowed and response.status_code not in allowed):
            wrong.append(f"{name}: {response.status_code}")
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if response.status_code == 400 and is_page and "<h1>That request cannot be read</h1>" not in page:
            wrong.append(f"{name}: says nothing of use")
        if "root:x:0" in page or "<script>" in page or health.status_code != 200:
            wrong.append(f"{name}: {health.status_code}")
    figure("T08", "hostile bodies", sent=sent, accepted=len(wrong), health_missed=0)
    assert not wrong, "\n".join(wrong)


def test_file_in_a_form_is_read_by_nobody(world: World, figure: Figure) -> None:
    files = {
        "archive.zip": _archive(),
        "../../evil.toml": b'id = "evil"',
        "x.xml": b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>',
        "con\x00.csv": b"=1+1",
    }
    before = _files()
    changed = []
    for name in FORMS:
        row = ROWS[name]
        rows = rows_of_all() if row.object == "nothing" else None
        with undone():
            sent: dict[str, Any] = {
                f"file{number}": SimpleUploadedFile(title, content)
                for number, (title, content) in enumerate(files.items())
            }
            response = world.client(row.writer).post(row.address(world), {**row.send, **sent})
            if response.status_code >= 500:
                changed.append(f"{name}: {response.status_code}")
        if rows is not None and rows_of_all() != rows:
            changed.append(f"{name}: rows changed")
    figure("T08", "files sent to forms", sent=len(FORMS) * len(files), accepted=len(changed))
    assert not changed
    assert _files() == before


def _files() -> set[str]:
    """Return the files that lie where an upload could end up."""
    places = [ROOT / "screening" / "protocols", ROOT / "screening" / "facts", ROOT / "templates"]
    return {str(path) for place in places for path in place.rglob("*") if path.is_file()}


def test_nothing_else_here_reads_uploads_archives_or_xml() -> None:
    """Whoever adds an upload brings its own hostile files: this test names the module. Seen to fail with
    `import zipfile` in a view."""
    modules = "zipfile|tarfile|gzip|bz2|lzma|xml|lxml|pickle|marshal|yaml"
    reads = re.compile(
        rf"request\.FILES|FileField|unpack_archive|^\s*(?:import|from) (?:{modules})\b", re.MULTILINE
    )
    found = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "screening").rglob("*.py"))
        if reads.search(path.read_text(encoding="utf-8"))
    ]
    assert not [path for path in found if path not in READS_FILES], found
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE <= 2 * 1024 * 1024
    assert get_resolver().url_patterns


READS_FILES = {"screening/forms/sensors.py", "screening/views/sensors.py"}
"""Modules that read files people hand in, each with its own tests of hostile ones."""
