"""One criterion of a protocol: how it is read, and the ledger of its interpretations."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from screening import actions
from screening.access import SignedInRequest, allow, allow_signed_in
from screening.content import installed_content
from screening.forms.interpretations import InterpretationForm
from screening.models import Interpretation, Role, Site
from screening.models.interpretations import sites_of_author
from screening.presentation.criteria import criterion_page, entry_lines, find_criterion
from screening.rules.protocol import Criterion, Protocol


@allow_signed_in
@require_safe
def criterion(request: SignedInRequest, protocol_id: str, criterion_id: str) -> HttpResponse:
    """Show one criterion, with a form for who works on the trial."""
    protocol, found = _find(protocol_id, criterion_id)
    sites = sites_of_author(request.user, protocol.id)
    form = None
    replaces = None
    if sites:
        replaces = _replaced(request.GET.get("replaces", ""), protocol, found, sites)
        form = InterpretationForm(sites=sites, replaces=replaces)
    return _show(request, protocol, found, sites, form, replaces)


@allow(Role.COORDINATOR, Role.INVESTIGATOR)
@require_POST
def write_entry(request: SignedInRequest, protocol_id: str, criterion_id: str) -> HttpResponse:
    """Write an entry into the ledger, or one that replaces another."""
    protocol, found = _find(protocol_id, criterion_id)
    sites = sites_of_author(request.user, protocol.id)
    if not sites:
        raise Http404
    number = request.POST.get("replaces", "")
    replaces = _replaced(number, protocol, found, sites)
    if number and replaces is None:
        raise Http404
    form = InterpretationForm(request.POST, sites=sites, replaces=replaces)
    if not form.is_valid():
        return _show(request, protocol, found, sites, form, replaces)
    try:
        written = actions.write_interpretation(
            protocol,
            found.id,
            form.reading(),
            site=form.chosen_site,
            by=request.user,
            at=timezone.now(),
            token=form.cleaned_data["token"],
            replaces=replaces,
        )
    except actions.Refused as refused:
        for name, problem in refused.problems.items():
            form.add_error(name if name in form.fields else None, problem)
        return _show(request, protocol, found, sites, form, replaces)
    except actions.MovedMeanwhile:
        messages.error(request, _("Somebody has replaced this entry already: read theirs first."))
        return redirect("criterion", protocol.id, found.id)
    messages.success(request, _("Entry written."))
    return redirect(f"{request.path.removesuffix('entries/')}#entry-{written.pk}")


def _find(protocol_id: str, criterion_id: str) -> tuple[Protocol, Criterion]:
    content = installed_content()
    protocol = content.by_id.get(protocol_id)
    found = find_criterion(content, protocol, criterion_id) if protocol is not None else None
    if protocol is None or found is None:
        raise Http404
    return protocol, found


def _replaced(text: str, protocol: Protocol, found: Criterion, sites: list[Site]) -> Interpretation | None:
    """Return the entry with number `text` that the reader may replace; None where there is none."""
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        return None
    own = Interpretation.objects.about(protocol.id, found.id).filter(site__in=sites, pk=int(text))
    entry: Interpretation | None = own.first()
    return entry


def _show(
    request: SignedInRequest,
    protocol: Protocol,
    found: Criterion,
    sites: list[Site],
    form: InterpretationForm | None,
    replaces: Interpretation | None,
) -> HttpResponse:
    page = criterion_page(installed_content(), protocol, found, timezone.localdate())
    entries = Interpretation.objects.about(protocol.id, found.id)
    context = {
        "page": page,
        "entries": entry_lines(entries, page, sites),
        "form": form,
        "replaces": replaces,
    }
    status = 422 if form is not None and form.is_bound else 200
    return render(request, "screening/criterion.html", context, status=status)
