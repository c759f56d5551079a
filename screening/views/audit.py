"""The trail of a site, for its administrators; and opening somebody in an emergency."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from screening.access import SignedInRequest, allow
from screening.actions import emergencies
from screening.forms.trail import EmergencyForm, TrailForm
from screening.models import AuditEvent, EmergencyAccess, Participant, Role, Screening, User
from screening.models.audit import AuditQuerySet
from screening.presentation import words
from screening.presentation.trail import subject_keys, trail_rows
from screening.reads import records_read, shows_nobody

PAGE_LENGTH = 50
LATELY = timedelta(days=30)


@allow(Role.ADMINISTRATOR)
@require_safe
def trail(request: SignedInRequest) -> HttpResponse:
    """Show who did and read what at the user's sites, latest first, a page at a time."""
    site = request.user.sites_as(Role.ADMINISTRATOR)[0]
    search = TrailForm(request.GET, today=site.today())
    events: list[AuditEvent] = []
    if search.is_valid():
        found = _filtered(AuditEvent.objects.visible_to(request.user), search, site.time_zone)
        events = list(before(found, request.GET.get("after", ""))[: PAGE_LENGTH + 1])
    shown = events[:PAGE_LENGTH]
    now = timezone.now()
    openings = EmergencyAccess.objects.of_sites_of(request.user)
    rows = trail_rows(
        shown,
        zone=site.time_zone,
        accounts=User.objects.in_bulk(subject_keys(shown, "user")),
        reasons=dict(openings.filter(pk__in=subject_keys(shown, "emergency")).values_list("pk", "reason")),
    )
    return render(
        request,
        "audit/trail.html",
        {
            "search": search,
            "filtered": bool(search.query),
            "rows": rows,
            "time_zone": site.time_zone,
            "emergencies": words.counted(
                openings.filter(at__gte=now - LATELY).count(), "opening", "openings"
            ),
            "older": f"?{search.query}&after={shown[-1].pk}" if len(events) > PAGE_LENGTH else "",
            "newest": f"?{search.query}" if request.GET.get("after") else "",
        },
        status=200 if search.is_valid() else 422,
    )


def before(events: AuditQuerySet, text: str) -> AuditQuerySet:
    """Return the events, latest first, that come after number `text` in a list; all where it is none."""
    latest = events.latest_first().select_related("actor", "participant")
    is_number = text.isascii() and text.isdecimal() and len(text) < 19
    return latest.filter(pk__lt=int(text)) if is_number else latest


def _filtered(events: AuditQuerySet, search: TrailForm, zone: str) -> AuditQuerySet:
    wanted = search.cleaned_data
    if wanted["reference"]:
        events = events.filter(participant__reference=wanted["reference"])
    if wanted["who"]:
        people = User.objects.filter(Q(name__icontains=wanted["who"]) | Q(email__iexact=wanted["who"]))
        events = events.filter(actor__in=people)
    if wanted["day"] is not None:
        events = events.on_day(wanted["day"], zone)
    return events.in_emergency() if wanted["emergency"] else events


@allow(Role.CLINICIAN, Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def emergency(request: SignedInRequest) -> HttpResponse:
    """Ask whom to open and why; then open their pre-screens, for an hour, to read."""
    if request.method != "POST":
        form = EmergencyForm(user=request.user, initial={"token": uuid.uuid4()})
        return render(request, "audit/emergency.html", {"form": form})
    form = EmergencyForm(request.POST, user=request.user)
    if not form.is_valid():
        return render(request, "audit/emergency.html", {"form": form}, status=422)
    person = form.cleaned_data["reference"]
    emergencies.open_in_emergency(
        person,
        by=request.user,
        at=timezone.now(),
        reason=form.cleaned_data["reason"],
        token=form.cleaned_data["token"],
    )
    return redirect("emergency_person", person.reference)


@allow(Role.CLINICIAN, Role.ADMINISTRATOR)
@require_safe
@records_read("person.read", subject="person:{reference}")
def emergency_person(request: SignedInRequest, reference: str) -> HttpResponse:
    """List the pre-screens of somebody who was opened in an emergency."""
    person = get_object_or_404(Participant.objects.select_related("site"), reference=reference)
    now = timezone.now()
    opened = EmergencyAccess.objects.read_under(request.user, person, now)
    if opened is None:
        raise Http404
    screenings = (
        Screening.objects.visible_to(request.user, in_emergency_at=now)
        .filter(participant=person)
        .standing()
        .latest_first()
        .for_lists()
    )
    return render(
        request,
        "audit/emergency_person.html",
        {"person": person, "emergency": opened, "screenings": screenings},
    )


@allow(Role.CLINICIAN, Role.ADMINISTRATOR)
@require_POST
@shows_nobody
def end_emergency(request: SignedInRequest, reference: str) -> HttpResponse:
    """End what the reader has opened of somebody; a second click says the same."""
    mine = EmergencyAccess.objects.filter(by=request.user, participant__reference=reference)
    opened = mine.select_related("participant").first()
    if opened is None:
        raise Http404
    emergencies.end_emergency(opened.participant, by=request.user, at=timezone.now())
    messages.success(
        request, _("Closed again: {reference}. Reading more needs a new opening.").format(reference=reference)
    )
    return redirect("emergency")
