"""The result of one pre-screen, as a page and as notes: drawn from what was stored, never evaluated anew."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from screening.access import SignedInRequest, allow
from screening.models.emergencies import EmergencyAccess
from screening.models.observations import Observation
from screening.models.people import Role, TrialSite, User
from screening.models.referrals import ClinicDecision, OwnView, Referral
from screening.models.screenings import Screening
from screening.presentation import words
from screening.presentation.key_data import key_data
from screening.presentation.notes import as_notes
from screening.presentation.person import Person, person
from screening.presentation.referral import DecisionPanel, decision_panel
from screening.presentation.result import ResultPage, result_page
from screening.presentation.second_results import second_results
from screening.presentation.texts import catalogue_words
from screening.reads import records_read, shows

REFERRALS_SHOWN = 5


@allow(Role.CLINICIAN, Role.ADMINISTRATOR)
@require_safe
@records_read("result.read", subject="screening:{pk}")
def result(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Show one recorded pre-screen; where the site has it so, only after the reader's own view."""
    screening = _screening(request, reference, pk)
    emergency = EmergencyAccess.objects.read_under(request.user, screening.participant, timezone.now())
    if emergency is None and lacks_own_view(screening, request.user):
        return ask_own_view(request, screening)
    return result_page_of(request, screening, emergency=emergency)


@allow(Role.CLINICIAN, Role.ADMINISTRATOR)
@require_safe
@records_read("notes.read", subject="screening:{pk}")
def result_notes(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Show one recorded pre-screen as plain text, for the notes of the record."""
    screening = _screening(request, reference, pk)
    emergency = EmergencyAccess.objects.read_under(request.user, screening.participant, timezone.now())
    if emergency is None and lacks_own_view(screening, request.user):
        return redirect(screening)
    who, page = _pages(screening)
    text = as_notes(
        page,
        reference=screening.participant.reference,
        person=who.phrase,
        author=f"{screening.recorded_by}, {screening.participant.site}",
        key_data=key_data(screening.answers, screening.result, catalogue_words(screening.catalogue.text)),
    )
    return render(request, "screening/result_notes.html", {"screening": screening, "text": text})


def lacks_own_view(screening: Screening, reader: User) -> bool:
    """Return whether the site asks for the reader's own view first, and it is not there yet."""
    if not screening.participant.site.own_view_first:
        return False
    return not OwnView.objects.filter(screening=screening, protocol="", by=reader).exists()


def ask_own_view(request: SignedInRequest, screening: Screening, *, error: str = "") -> HttpResponse:
    """Ask what the reader thinks; nothing that was worked out is shown before."""
    return render(
        request,
        "referrals/own_view.html",
        {
            "screening": screening,
            "person": person(screening.answers),
            "page": {"as_of": words.day(screening.as_of)},
            "views": OwnView.View.choices,
            "error": error,
        },
        status=422 if error else 200,
    )


def result_page_of(
    request: SignedInRequest,
    screening: Screening,
    *,
    emergency: EmergencyAccess | None = None,
    typed: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Show a pre-screen, with what was typed into the decision and is to be mended."""
    context = _context(screening) | {"emergency": emergency}
    if emergency is None:
        context |= {
            "decision": _decision(screening),
            "token": uuid.uuid4(),
            "typed": typed or {},
            "problems": problems or {},
        }
    return render(request, "screening/result.html", context, status=422 if problems else 200)


def _decision(screening: Screening) -> DecisionPanel:
    of_person = Referral.objects.filter(participant=screening.participant_id)
    protocols = [trial["id"] for trial in screening.result["trials"]]
    referrals = of_person.latest_first().select_related("referred_by", "centre").prefetch_related("trials")
    for referral in (found := list(referrals[:REFERRALS_SHOWN])):
        referral.participant = screening.participant
    return decision_panel(
        screening,
        decision=ClinicDecision.objects.filter(screening__participant=screening.participant_id)
        .select_related("by")
        .last(),
        referrals=found,
        own_views=OwnView.objects.filter(screening=screening, protocol="").select_related("by"),
        centres=TrialSite.objects.filter(is_open=True, protocol__in=protocols)
        .values("site")
        .distinct()
        .count(),
        now=timezone.now(),
    )


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
    catalogue = catalogue_words(screening.catalogue.text)
    kept = Observation.objects.filter(participant=screening.participant_id).standing()
    page = result_page(
        screening.result,
        catalogue=catalogue,
        country=screening.participant.site.country,
        notices=who.notices,
        second_results=list(second_results(screening.answers, kept, catalogue)),
    )
    return who, page


def _context(screening: Screening) -> dict[str, Any]:
    who, page = _pages(screening)
    return {
        "screening": screening,
        "person": who,
        "page": page,
        "replacement": screening.replacement,
        "replaced": screening.supersedes,
    }
