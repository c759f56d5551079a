"""The people of the own sites: found, shown with what is known of them over time, and who they are."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from screening import actions
from screening.access import SignedInRequest, allow
from screening.births import is_sealed, open_answer
from screening.content import installed_content
from screening.forms.identities import EraseForm, IdentityForm, PersonSearchForm
from screening.forms.stages import form_set
from screening.models import (
    ClinicDecision,
    Draft,
    Identity,
    Observation,
    Participant,
    Referral,
    Role,
    Screening,
    SensorRecord,
    Site,
)
from screening.models.observations import birth_place
from screening.models.participants import read_reference
from screening.presentation import lists
from screening.presentation.people import identity_panel, person_rows, pre_screen_lines
from screening.presentation.person import person as person_of
from screening.presentation.timeline import timeline
from screening.reads import records_read, shows_nobody
from screening.sealing import Erased, SealError
from screening.views.paging import place_of, read_place

PAGE_LENGTH = 25


@allow(Role.CLINICIAN)
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: SignedInRequest) -> HttpResponse:
    """List the people of the user's sites, latest first; find one by reference or record number.

    What is looked for is posted: a record number never stands in an address.
    """
    visible = Participant.objects.visible_to(request.user)
    search, wanted = PersonSearchForm(), ""
    if request.method == "POST":
        search = PersonSearchForm(request.POST)
        wanted = search.cleaned_data["wanted"].strip() if search.is_valid() else ""
        found = _found(request, wanted)
        if found is not None:
            return redirect("person", found.reference)
        if wanted:
            visible = visible.of_reference(wanted)
    else:
        after = read_place(request.GET.get("after", ""))
        if after is not None:
            visible = visible.older_than(*after)
    page = list(visible.select_related("site", "identity").latest_first()[: PAGE_LENGTH + 1])
    more, page = len(page) > PAGE_LENGTH, page[:PAGE_LENGTH]
    return render(
        request,
        "people/people.html",
        {
            "rows": person_rows(page, Screening.objects.latest_of(page)),
            "wanted": wanted,
            "sites": request.user.sites_as(Role.CLINICIAN),
            "search": search,
            "older": f"?{urlencode({'after': place_of(page[-1].created_at, page[-1].pk)})}"
            if more and not wanted
            else "",
            "newest": "?" if "after" in request.GET else "",
        },
    )


def _found(request: SignedInRequest, wanted: str) -> Participant | None:
    """Return whom a whole reference or a record number of the own sites means."""
    visible = Participant.objects.visible_to(request.user)
    try:
        exact = visible.filter(reference=read_reference(wanted)).first()
    except ValueError:
        exact = None
    if exact is not None or not wanted:
        return exact
    sites: list[Site] = request.user.sites_as(Role.CLINICIAN)
    of_number = Identity.objects.with_record_number(sites, wanted).select_related("participant")
    held = list(of_number[:2])
    return held[0].participant if len(held) == 1 else None


@allow(Role.CLINICIAN)
@require_safe
@records_read("person.read", subject="person:{reference}")
def person(request: SignedInRequest, reference: str) -> HttpResponse:
    """Show one person: who, what was found over time, pre-screens, referrals and decisions."""
    participant = _participant(request, reference)
    content = installed_content()
    screenings = list(
        Screening.objects.filter(participant=participant)
        .select_related("recorded_by", "superseded_by")
        .defer("result", "superseded_by__result", "superseded_by__answers")
        .latest_first()
    )
    for screening in screenings:
        screening.participant = participant
    latest = next((one for one in screenings if one.replacement is None), None)
    observations = Observation.objects.filter(participant=participant).select_related(
        "recorded_by", "corrected_by", "screening"
    )
    drafts = Draft.objects.visible_to(request.user).filter(participant=participant).with_person()
    return render(
        request,
        "people/person.html",
        {
            "participant": participant,
            "identity": identity_panel(participant.identity),
            "who": person_of(latest.answers) if latest is not None else None,
            "latest": latest,
            "token": uuid.uuid4(),
            "groups": timeline(
                _opened(observations.defer(*SNAPSHOT), participant),
                content.catalogue,
                participant.site.time_zone,
            ),
            "pre_screens": pre_screen_lines(screenings),
            "drafts": lists.draft_rows(drafts.latest_first(), form_set(content.catalogue), timezone.now()),
            "sensor_records": _sensor_records(participant),
            "referrals": Referral.objects.filter(participant=participant)
            .select_related("centre", "participant")
            .prefetch_related("trials")
            .latest_first(),
            "decisions": ClinicDecision.objects.filter(screening__participant=participant)
            .select_related("by")
            .order_by("-pk"),
        },
    )


def _sensor_records(participant: Participant) -> list[SensorRecord]:
    records = list(SensorRecord.objects.filter(participant=participant).defer("content").latest_first())
    for record in records:
        record.participant = participant
    return records


SNAPSHOT = ("screening__answers", "screening__result")


def _opened(observations: Any, participant: Participant) -> list[Observation]:
    """Return the rows with sealed birth dates opened, or the age where they open no more."""
    rows: list[Observation] = list(observations)
    for row in rows:
        if is_sealed(row.value):
            try:
                key = None if participant.identity.is_erased else participant.identity.key
                row.value = open_answer(row.value, key, birth_place(row.screening.token))
            except SealError:
                row.value = open_answer(row.value, None, birth_place(row.screening.token))
    return rows


def _participant(request: SignedInRequest, reference: str) -> Participant:
    visible = Participant.objects.visible_to(request.user).select_related("site", "identity")
    return get_object_or_404(visible, reference=reference)


@allow(Role.CLINICIAN)
@require_POST
@shows_nobody
def pre_screen_again(request: SignedInRequest, reference: str) -> HttpResponse:
    """Begin a pre-screen of today with what still counts of the latest one; the rest is asked again."""
    participant = _participant(request, reference)
    latest = Screening.objects.filter(participant=participant).standing().latest_first().first()
    if latest is None:
        return redirect("person", reference)
    latest.participant = participant
    try:
        token = uuid.UUID(request.POST.get("token", ""))
    except ValueError:
        token = uuid.uuid4()
    try:
        draft = actions.repeat(
            latest,
            by=request.user,
            at=timezone.now(),
            as_of=participant.site.today(),
            token=token,
            content=installed_content(),
        )
    except Erased:
        messages.error(request, ERASED)
        return redirect("person", reference)
    return redirect("pre_screen_form", reference, draft.pk)


ERASED = gettext_lazy("Nothing more can be entered about this person: the identity was erased.")


@allow(Role.CLINICIAN)
@require_http_methods(["GET", "HEAD", "POST"])
@records_read("identity.read", subject="person:{reference}")
def identity(request: SignedInRequest, reference: str) -> HttpResponse:
    """Add or change who a person is."""
    participant = _participant(request, reference)
    if participant.identity.is_erased:
        messages.error(request, ERASED)
        return redirect("person", reference)
    if request.method != "POST":
        form = IdentityForm(participant=participant, initial=IdentityForm.typed(participant.identity.details))
        return render(request, "people/identity.html", {"participant": participant, "form": form})
    form = IdentityForm(request.POST, participant=participant)
    if form.is_valid():
        try:
            actions.save_identity(participant, details=form.details, by=request.user, at=timezone.now())
        except actions.RecordNumberTaken as taken:
            form.refuse_duplicate(taken.reference)
        except actions.AlreadyErased:
            messages.error(request, ERASED)
            return redirect("person", reference)
        else:
            messages.success(request, _("Kept, sealed, for {reference}.").format(reference=reference))
            return redirect("person", reference)
    return render(request, "people/identity.html", {"participant": participant, "form": form}, status=422)


@allow(Role.CLINICIAN)
@require_http_methods(["GET", "HEAD", "POST"])
@records_read("identity.read", subject="person:{reference}")
def erase(request: SignedInRequest, reference: str) -> HttpResponse:
    """Warn, take the reference once more, and destroy the person's key."""
    participant = _participant(request, reference)
    if participant.identity.is_erased:
        messages.info(
            request, _("The identity of {reference} was erased before.").format(reference=reference)
        )
        return redirect("person", reference)
    form = EraseForm(request.POST if request.method == "POST" else None, reference=reference)
    if form.is_valid():
        with suppress(actions.AlreadyErased):
            actions.erase_identity(participant, by=request.user, at=timezone.now())
        messages.success(
            request, _("The identity of {reference} is erased for good.").format(reference=reference)
        )
        return redirect("person", reference)
    context = {
        "participant": participant,
        "form": form,
        "drafts": Draft.objects.filter(participant=participant).count(),
    }
    return render(request, "people/erase.html", context, status=422 if form.is_bound else 200)
