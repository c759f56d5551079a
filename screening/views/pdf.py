"""The printed result of one pre-screen as a PDF, where WeasyPrint is installed."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from screening.access import SignedInRequest, allow
from screening.interop import pdf
from screening.models.emergencies import EmergencyAccess
from screening.models.people import Role
from screening.presentation.printed import one_document, printed
from screening.reads import records_read
from screening.views.results import context_of, lacks_own_view, screening_shown


@allow(Role.CLINICIAN, Role.ADMINISTRATOR)
@require_safe
@records_read("pdf.read", subject="screening:{pk}")
def result_pdf(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Give the printed result as a file, named by the number of the pre-screen alone."""
    screening = screening_shown(request, reference, pk)
    if not pdf.can_draw():
        return render(request, "screening/no_pdf.html", {"screening": screening}, status=404)
    emergency = EmergencyAccess.objects.read_under(request.user, screening.participant, timezone.now())
    if emergency is None and lacks_own_view(screening, request.user):
        return redirect(screening)
    context = context_of(screening, emergency=emergency)
    context["page"] = printed(context["page"])
    html = render_to_string("screening/result.html", context, request)
    try:
        drawn = pdf.as_pdf(one_document(html))
    except pdf.CannotDraw:
        return render(request, "screening/no_pdf.html", {"screening": screening, "late": True}, status=503)
    return HttpResponse(
        drawn,
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="pre-screen-{screening.pk}.pdf"'},
    )
