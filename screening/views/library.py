"""The protocols in plain words: the list, and a page for each."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from screening.access import SignedInRequest, allow_signed_in
from screening.content import installed_content
from screening.presentation.library import protocol_page, shelves
from screening.rules.words import say


@allow_signed_in
@require_safe
def library(request: SignedInRequest) -> HttpResponse:
    """List every loaded protocol, by family and by whether it takes people."""
    content = installed_content()
    return render(
        request, "screening/library.html", {"shelves": shelves(content.protocols, timezone.localdate())}
    )


@allow_signed_in
@require_safe
def protocol(request: SignedInRequest, protocol_id: str) -> HttpResponse:
    """Show one protocol: its criteria, their sources, and what is not public."""
    content = installed_content()
    if protocol_id not in content.by_id:
        raise Http404
    page = protocol_page(
        content.by_id[protocol_id],
        content.cautions,
        lambda rule: say(content.catalogue, content.trees[rule]),
        timezone.localdate(),
    )
    return render(request, "screening/protocol.html", {"page": page})
