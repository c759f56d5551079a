"""For monitors: the consented subjects of their trial and site, one page each, and its trail. Read only."""

from __future__ import annotations

import json
from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from screening.access import SignedInRequest, allow
from screening.actions.shown import latest_confirmations, trial_result
from screening.content import installed_content
from screening.models import AuditEvent, Membership, Role, StoredText, TrialReferral
from screening.presentation import words
from screening.presentation.monitoring import moment, subject_criteria, subject_steps, trial_counts
from screening.presentation.person import person
from screening.presentation.texts import catalogue_words
from screening.presentation.trail import trail_rows
from screening.reads import records_read, shows
from screening.views.audit import PAGE_LENGTH, before


@allow(Role.MONITOR)
@require_safe
def monitoring(request: SignedInRequest) -> HttpResponse:
    """List the consented subjects, and count the others."""
    subjects = (
        TrialReferral.objects.monitored_by(request.user)
        .select_related("site", "referral__participant")
        .order_by("site__name", "title", "subject_no")
    )
    others = (
        TrialReferral.objects.counted_for_monitor(request.user)
        .order_by()
        .values("site__name", "title", "state")
        .annotate(number=Count("pk"))
    )
    return render(
        request,
        "monitoring/subjects.html",
        {
            "bounds": [_bound(one) for one in request.user.current_memberships if one.role == Role.MONITOR],
            "subjects": [
                {"trial": one, "consented": words.day(one.consented_on), "state": one.get_state_display()}
                for one in subjects
            ],
            "others": trial_counts(others),
        },
    )


def _bound(membership: Membership) -> dict[str, str]:
    titles = (one.title for one in installed_content().protocols if one.id == membership.protocol)
    return {
        "trial": next(titles, membership.protocol),
        "site": membership.site.name,
        "until": words.day(membership.until),
    }


@allow(Role.MONITOR)
@require_safe
@records_read("subject.read", subject="trial:{pk}")
def subject(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Show one consented subject: each criterion, its value, source and signature."""
    trial = _subject(request, reference, pk)
    screening = trial.referral.screening
    result = trial_result(screening, trial.protocol)
    zone = trial.site.time_zone
    steps = list(trial.steps.select_related("by"))
    return render(
        request,
        "monitoring/subject.html",
        {
            "trial": trial,
            "person": person(screening.answers),
            "screening": screening,
            "as_of": words.day(screening.as_of),
            "entered": f"{screening.recorded_by}, {moment(screening.recorded_at, zone)}",
            "consented": words.day(trial.consented_on),
            "version": result["version"],
            "sha256": result["sha256"],
            "criteria": subject_criteria(
                result, catalogue_words(screening.catalogue.text), latest_confirmations(trial), zone
            ),
            "steps": subject_steps(steps, _versions(steps), zone),
        },
    )


@allow(Role.MONITOR)
@require_safe
@records_read("subject_trail.read", subject="trial:{pk}")
def subject_trail(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Show who did and read what about one consented subject, latest first."""
    trial = _subject(request, reference, pk)
    found = AuditEvent.objects.of_subject(trial)
    events = list(before(found, request.GET.get("after", ""))[: PAGE_LENGTH + 1])
    shown = events[:PAGE_LENGTH]
    return render(
        request,
        "monitoring/trail.html",
        {
            "trial": trial,
            "rows": trail_rows(shown, zone=trial.site.time_zone),
            "time_zone": trial.site.time_zone,
            "older": f"?after={shown[-1].pk}" if len(events) > PAGE_LENGTH else "",
            "newest": "?" if request.GET.get("after") else "",
        },
    )


def _subject(request: SignedInRequest, reference: str, pk: int) -> TrialReferral:
    trial = get_object_or_404(
        TrialReferral.objects.monitored_by(request.user).select_related(
            "site",
            "referral__participant__site",
            "referral__screening__catalogue",
            "referral__screening__recorded_by",
        ),
        pk=pk,
        referral__participant__reference=reference,
    )
    shows(request, trial.referral.participant)
    return trial


def _versions(steps: list[Any]) -> dict[str, str]:
    """Return the version of each protocol text that a step was bound to, by its hash."""
    texts = StoredText.objects.filter(pk__in={step.protocol_sha256 for step in steps})
    return {text.pk: json.loads(text.text)["version"] for text in texts}
