"""The result as PDF: the printed page, made without a request to anywhere, or what is missing for it."""

from __future__ import annotations

import re
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from config.optional import WEASYPRINT
from screening.interop import pdf
from screening.models import AuditEvent, Screening, User
from screening.presentation.printed import FOR_PDF, STYLES, one_document, printed
from screening.views.results import pages_of
from tests.factories import make_site
from tests.web.pages import words_of
from tests.web.recorded import payload, record

pytestmark = pytest.mark.django_db


def address(screening: Screening) -> str:
    return reverse("result_pdf", args=[screening.participant.reference, screening.pk])


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "can_draw", lambda: False)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that were given to be drawn; WeasyPrint itself is not asked."""
    pages: list[str] = []

    def as_pdf(html: str) -> bytes:
        pages.append(html)
        return b"%PDF-1.7"

    monkeypatch.setattr(pdf, "can_draw", lambda: True)
    monkeypatch.setattr(pdf, "as_pdf", as_pdf)
    return pages


@pytest.fixture
def installed() -> None:
    if not WEASYPRINT.present():
        pytest.skip(f"WeasyPrint is missing: {WEASYPRINT.remedy}")


# --- Where it is not installed


@pytest.mark.usefixtures("absent")
def test_without_the_extra_there_is_no_button_and_a_page_that_helps(
    signed_in: Client, clinician: User
) -> None:
    screening = record(clinician)
    assert address(screening) not in signed_in.get(screening.get_absolute_url()).content.decode()
    response = signed_in.get(address(screening))
    assert response.status_code == 404
    assert "requirements-pdf.txt" in words_of(response)
    assert not AuditEvent.objects.filter(act="pdf.read").exists()


def test_a_package_without_its_system_libraries_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(pdf, "LIBRARIES", ("libnothing-of-that-name.so.0",))
    assert pdf.can_draw.__wrapped__() is False


# --- The page that is drawn


def test_with_the_extra_the_button_leads_to_a_file_named_without_a_person(
    signed_in: Client, clinician: User, drawn: list[str]
) -> None:
    screening = record(clinician)
    assert address(screening) in signed_in.get(screening.get_absolute_url()).content.decode()
    response = signed_in.get(address(screening))
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    assert response["Content-Disposition"] == f'attachment; filename="pre-screen-{screening.pk}.pdf"'
    assert response["Cache-Control"] == "no-store"
    assert len(drawn) == 1


def test_styles_are_those_of_the_result_page(signed_in: Client, clinician: User) -> None:
    page = signed_in.get(record(clinician).get_absolute_url()).content.decode()
    assert tuple(re.findall(r'rel="stylesheet" href="/static/([^"]+)"', page)) == STYLES


def test_styles_and_shapes_stand_in_the_document(
    signed_in: Client, clinician: User, drawn: list[str]
) -> None:
    signed_in.get(address(record(clinician)))
    (html,) = drawn
    assert "<use " not in html
    assert "var(--color-surface, #fff)" not in html
    assert html.count("<style>") == 1
    assert FOR_PDF not in html
    assert ".criterion__body" in html


def test_what_paper_hides_is_left_out_and_nothing_else(clinician: User) -> None:
    _who, page = pages_of(record(clinician))
    left = printed(page)
    assert [group.id for group in left.groups] == [one.id for one in page.groups if one.id != "guidance"]
    for group, before in zip(left.groups, page.groups, strict=False):
        for card, whole in zip(group.cards, before.cards, strict=True):
            assert (card.line, card.why, card.cautions_words) == (whole.line, whole.why, whole.cautions_words)
            if group.id in ("here", "elsewhere") and card.candidacy != "unlikely":
                assert card == whole
            else:
                assert not card.groups
    assert left.against == page.against
    assert left.safety == page.safety


def test_hostile_text_of_a_page_stays_text() -> None:
    """A word that somebody typed is escaped before: nothing here reads it as a shape or a style."""
    hostile = "<p>&lt;use href=&quot;#symbol-pass&quot;&gt; &lt;/head&gt;</p>"
    assert hostile in one_document(f"<head></head><body>{hostile}</body>")


def test_own_view_comes_first_where_the_site_has_it_so(
    signed_in: Client, clinician: User, drawn: list[str]
) -> None:
    screening = record(clinician)
    type(make_site()).objects.update(own_view_first=True)
    response = signed_in.get(address(screening))
    assert (response.status_code, response["Location"]) == (302, screening.get_absolute_url())
    assert drawn == []


@pytest.mark.usefixtures("drawn")
def test_what_takes_too_long_is_given_up_with_a_page(
    signed_in: Client, clinician: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(html: str) -> bytes:
        raise pdf.CannotDraw

    monkeypatch.setattr(pdf, "as_pdf", late)
    response = signed_in.get(address(record(clinician)))
    assert response.status_code == 503
    assert "Try again in a minute, or use Print" in words_of(response)


@pytest.mark.parametrize(
    "done",
    [
        subprocess.TimeoutExpired("python", pdf.SECONDS),
        OSError(),
        subprocess.CompletedProcess([], 1, b"", b"canary of a page"),
        subprocess.CompletedProcess([], 0, b"", b""),
    ],
)
def test_a_drawing_that_fails_tells_nothing_of_the_page(monkeypatch: pytest.MonkeyPatch, done: Any) -> None:
    def run(*args: Any, **kwargs: Any) -> Any:
        assert kwargs["timeout"] == pdf.SECONDS
        assert set(kwargs["env"]) <= {"PATH", "HOME"}
        if isinstance(done, Exception):
            raise done
        return done

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(pdf.CannotDraw) as refused:
        pdf.as_pdf("<p>canary of a page</p>")
    assert str(refused.value) == ""
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_a_drawing_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "SECONDS", 0.005)
    with pytest.raises(pdf.CannotDraw):
        pdf.as_pdf("<p>a</p>")


# --- With WeasyPrint itself


@pytest.mark.usefixtures("installed")
def test_the_result_is_a_pdf_of_a_few_sheets(signed_in: Client, clinician: User) -> None:
    screening = record(clinician, payload(clarke_score={"value": 5, "on": "2026-11-20"}))
    response = signed_in.get(address(screening))
    assert response.content.startswith(b"%PDF-")
    assert AuditEvent.objects.filter(act="pdf.read", subject=f"screening:{screening.pk}").count() == 1


@pytest.mark.usefixtures("installed")
def test_nothing_is_fetched_from_a_file_or_an_address(tmp_path: Path) -> None:
    """Seen to fail with WeasyPrint's own fetcher: the picture was drawn, and the address was asked."""
    picture = tmp_path / "picture.svg"
    points = " ".join(f"{(n * 7919) % 10007},{(n * 104729) % 10009}" for n in range(2000))
    picture.write_text(f'<svg xmlns="http://www.w3.org/2000/svg"><polyline points="{points}"/></svg>')
    without = len(pdf.as_pdf("<p>a</p>"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        place = f"http://127.0.0.1:{listening.getsockname()[1]}"
        drawn = pdf.as_pdf(
            f'<link rel="stylesheet" href="{place}/a.css"><style>@import "{place}/b.css";</style>'
            f'<img src="{place}/c.png"><img src="{picture.as_uri()}"><img src="{picture}"><p>a</p>'
        )
        with pytest.raises(BlockingIOError):
            listening.accept()
    assert abs(len(drawn) - without) < 500
