"""The page that the person screened takes home."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.views.decorators.http import require_safe

from screening.access import SignedInRequest, allow
from screening.models.people import Role
from screening.models.screenings import Screening
from screening.presentation.plain_words import page_for_the_person
from screening.reads import records_read
from screening.views.results import lacks_own_view

LANGUAGES = {"en": "English", "es": "Español"}


@allow(Role.CLINICIAN)
@require_safe
@records_read("for_the_person.read", subject="screening:{pk}")
def for_the_person(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Show one recorded pre-screen in plain words, in the language that the address names, else in English.

    Nobody takes home what was corrected since: its address leads to what replaced it.
    """
    screening = get_object_or_404(
        Screening.objects.visible_to(request.user).select_related("participant__site", "superseded_by"),
        pk=pk,
        participant__reference=reference,
    )
    if screening.replacement is not None:
        return redirect("for_the_person", reference, screening.replacement.pk)
    if lacks_own_view(screening, request.user):
        return redirect(screening)
    asked = request.GET.get("language", "")
    language = asked if asked in LANGUAGES else "en"
    site = screening.participant.site
    with translation.override(language):
        return render(
            request,
            "screening/for_the_person.html",
            {
                "screening": screening,
                "site": site,
                "page": page_for_the_person(screening.result, today=site.today()),
                "language": language,
                "languages": LANGUAGES.items(),
            },
        )
