"""The form on paper, blank, for the hours in which the service is down."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from screening.access import SignedInRequest, allow
from screening.content import installed_content
from screening.forms.paper import EVENTS, paper_form
from screening.models.people import Role


@allow(Role.CLINICIAN)
@require_safe
def blank_form(request: SignedInRequest) -> HttpResponse:
    """Show every question with room for its answer, about nobody: nothing is begun and nothing kept."""
    content = installed_content()
    return render(
        request,
        "screening/blank_form.html",
        {
            "stages": paper_form(content.catalogue),
            "events": EVENTS,
            "version": content.catalogue.sha256[:12],
        },
    )
