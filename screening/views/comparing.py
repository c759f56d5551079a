"""Trials of one pre-screen side by side, drawn from what was stored, never evaluated anew."""

from __future__ import annotations

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from screening.access import SignedInRequest, allow
from screening.forms.comparing import FEWEST, TrialsForm
from screening.models.emergencies import EmergencyAccess
from screening.models.people import Role
from screening.presentation.comparison import comparison, offered, preset
from screening.presentation.texts import catalogue_words
from screening.reads import records_read
from screening.views.results import lacks_own_view, pages_of, screening_shown


@allow(Role.CLINICIAN, Role.ADMINISTRATOR)
@require_safe
@records_read("comparison.read", subject="screening:{pk}")
def compare(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Show the trials that `trial` names, or the two most promising ones that take people."""
    screening = screening_shown(request, reference, pk)
    emergency = EmergencyAccess.objects.read_under(request.user, screening.participant, timezone.now())
    if emergency is None and lacks_own_view(screening, request.user):
        return redirect(screening)
    who, page = pages_of(screening)
    groups = offered(page)
    cards = {card.id: card for group in groups for card in group.cards}
    asked = request.GET if "trial" in request.GET else _asking(preset(groups, FEWEST))
    form = TrialsForm(asked, trials=[(card.id, card.title) for card in cards.values()])
    chosen = form.cleaned_data["trial"] if form.is_valid() else []
    labels = catalogue_words(screening.catalogue.text).labels
    return render(
        request,
        "screening/comparison.html",
        {
            "screening": screening,
            "person": who,
            "page": page,
            "emergency": emergency,
            "replacement": screening.replacement,
            "groups": groups,
            "ticked": asked.getlist("trial"),
            "error": next(iter(form.errors.get("trial", ())), ""),
            "enough": len(cards) >= FEWEST,
            "comparison": comparison([card for id_, card in cards.items() if id_ in chosen], labels)
            if chosen
            else None,
        },
        status=422 if "trial" in request.GET and not chosen else 200,
    )


def _asking(trials: list[str]) -> QueryDict:
    asked = QueryDict(mutable=True)
    asked.setlist("trial", trials)
    return asked
