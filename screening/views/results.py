"""The result of one pre-screen, as a page and as notes: drawn from what was stored, never evaluated anew."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from screening.access import SignedInRequest, allow
from screening.models.emergencies import EmergencyAccess
from screening.models.people import Role
from screening.models.screenings import Screening
from screening.presentation.key_data import key_data
from screening.presentation.notes import as_notes
from screening.presentation.person import Person, person
from screening.presentation.result import ResultPage, result_page
from screening.presentation.texts import catalogue_words
from screening.reads import records_read, shows


@allow(Role.CLINICIAN, Role.ADMINISTRATOR)
@require_safe
@records_read("result.read", subject="screening:{pk}")
def result(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Show one recorded pre-screen."""
    screening = _screening(request, reference, pk)
    emergency = EmergencyAccess.objects.read_under(request.user, screening.participant, timezone.now())
    return render(request, "screening/result.html", _context(screening) | {"emergency": emergency})


@allow(Role.CLINICIAN, Role.ADMINISTRATOR)
@require_safe
@records_read("notes.read", subject="screening:{pk}")
def result_notes(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Show one recorded pre-screen as plain text, for the notes of the record."""
    screening = _screening(request, reference, pk)
    who, page = _pages(screening)
    text = as_notes(
        page,
        reference=screening.participant.reference,
        person=who.phrase,
        author=f"{screening.recorded_by}, {screening.participant.site}",
        key_data=key_data(screening.answers, screening.result, catalogue_words(screening.catalogue.text)),
    )
    return render(request, "screening/result_notes.html", {"screening": screening, "text": text})


def _screening(request: SignedInRequest, reference: str, pk: int) -> Screening:
    screening = get_object_or_404(
        Screening.objects.visible_to(request.user, in_emergency_at=timezone.now())
        .select_related("participant__site", "recorded_by", "catalogue", "supersedes", "superseded_by")
        .defer(
            "supersedes__result", "supersedes__answers", "superseded_by__result", "superseded_by__answers"
        ),
        pk=pk,
        participant__reference=reference,
    )
    shows(request, screening.participant)
    return screening


def _pages(screening: Screening) -> tuple[Person, ResultPage]:
    who = person(screening.answers)
    page = result_page(
        screening.result,
        catalogue=catalogue_words(screening.catalogue.text),
        country=screening.participant.site.country,
        notices=who.notices,
    )
    return who, page


def _context(screening: Screening) -> dict[str, Any]:
    who, page = _pages(screening)
    return {
        "screening": screening,
        "person": who,
        "page": page,
        "recorded_at": timezone.localtime(
            screening.recorded_at, ZoneInfo(screening.participant.site.time_zone)
        ),
        "replacement": screening.replacement,
        "replaced": screening.supersedes,
    }
