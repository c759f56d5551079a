"""The work-list of changes: who stands elsewhere soon, and who does already."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from screening.access import SignedInRequest, allow
from screening.content import installed_content
from screening.models import CandidacyChange, RescreeningRun, Role, Verdict
from screening.models.screenings import VerdictQuerySet
from screening.presentation import lists, words
from screening.presentation.coming import changed_lines, coming_lines
from screening.presentation.notices import home
from screening.rules.content import Content
from screening.rules.facts import EVENTS

PERIODS = (30, 90, 180)
USUAL = 90
SHOWN = 100


@allow(Role.CLINICIAN)
@require_safe
def coming_changes(request: SignedInRequest) -> HttpResponse:
    """List the people of the user's sites whose standing changes soon, or has changed; by day."""
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, PERIODS) else USUAL
    content, run = installed_content(), RescreeningRun.objects.finished().first()
    today = home(request.user).today()
    first, until = _first_day(run, today), today + timedelta(days=days)
    titles = _titles(content)
    labels = {name: fact.label for name, fact in content.catalogue.facts.items()}
    labels[EVENTS] = _("Severe events")
    found = CandidacyChange.objects.latest_visible_to(request.user).found_last().with_person()
    changed, aged = changed_lines(found, titles, labels, today)
    coming, number = coming_lines(
        _verdicts(request, first, until, titles),
        content,
        first=first,
        until=until,
        today=today,
        at_most=SHOWN,
    )
    return render(
        request,
        "screening/coming.html",
        {
            "changed": changed[:SHOWN],
            "aged": aged[:SHOWN],
            "coming": coming,
            "left_out": sum(max(0, lines - SHOWN) for lines in (len(changed), len(aged), number)),
            "days": days,
            "periods": PERIODS,
            "run": run,
            "evaluated_for": words.day(run.as_of) if run is not None else "",
            "zone": home(request.user).time_zone,
            "token": uuid.uuid4,
        },
    )


def _first_day(run: RescreeningRun | None, today: date) -> date:
    """Return the first day that the last run has not looked at; today at the latest."""
    if run is None or run.finished_at is None:
        return date.min
    looked_at = run.as_of if run.as_of is not None else timezone.localdate(run.began_at)
    return min(today, looked_at + timedelta(days=1))


def _titles(content: Content) -> dict[str, str]:
    """Return the titles of the trials that take people, by protocol."""
    return {
        protocol.id: protocol.title
        for protocol in content.protocols
        if protocol.family in lists.FAMILIES and protocol.recruitment.status not in words.CLOSED_STATUSES
    }


def _verdicts(request: SignedInRequest, first: date, until: date, titles: dict[str, str]) -> VerdictQuerySet:
    """Return the verdicts that change by time, each person's with the same pre-screen."""
    found = Verdict.objects.latest_visible_to(request.user).changing(first, until)
    return found.filter(protocol__in=titles).with_person()
