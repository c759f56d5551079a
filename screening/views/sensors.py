"""Sensor files: read one, see its report, take its values into a form, remove it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from screening import actions
from screening.access import SignedInRequest, allow
from screening.clinical.cgm.metrics import metrics
from screening.content import installed_content
from screening.forms.sensors import MAX_UPLOAD_MB, NEW_FORM, SensorFileForm, TakeValuesForm
from screening.forms.stages import form_set
from screening.interop.cgm import CgmFile
from screening.interop.cgm.confirmed import summary_answers
from screening.interop.cgm.kept import from_kept
from screening.models import Draft, Participant, Role, Screening, SensorRecord
from screening.presentation.sensor import sensor_report
from screening.reads import records_read, shows, shows_nobody
from screening.sealing import Erased
from screening.views.people import ERASED


@allow(Role.CLINICIAN)
@require_http_methods(["GET", "HEAD", "POST"])
@shows_nobody
def sensor_file(request: SignedInRequest, reference: str) -> HttpResponse:
    """Take a sensor file, read it in memory, and keep its readings sealed."""
    visible = Participant.objects.visible_to(request.user).select_related("site", "identity")
    participant = get_object_or_404(visible, reference=reference)
    if participant.identity.is_erased:
        messages.error(request, ERASED)
        return redirect("person", reference)
    today = participant.site.today()
    if request.method != "POST":
        initial = {"zone": participant.site.time_zone, "token": uuid.uuid4()}
        return _file_page(request, participant, SensorFileForm(initial=initial, today=today))
    form = SensorFileForm(request.POST, request.FILES, today=today)
    if form.is_valid():
        token, at = form.cleaned_data["token"], timezone.now()
        try:
            record = actions.keep_sensor_record(
                participant, read=form.read, by=request.user, at=at, token=token
            )
        except actions.AlreadyErased:
            messages.error(request, ERASED)
            return redirect("person", reference)
        return redirect(record)
    if _is_larger_than_allowed(request):
        form.refuse_size()
    return _file_page(request, participant, form, status=422)


def _is_larger_than_allowed(request: SignedInRequest) -> bool:
    """Return whether a file was sent that the server did not take into memory."""
    length = request.META.get("CONTENT_LENGTH", "")
    sent = int(length) if length.isascii() and length.isdigit() else 0
    return "file" not in request.FILES and sent > MAX_UPLOAD_MB * 1024 * 1024


def _file_page(
    request: SignedInRequest, participant: Participant, form: SensorFileForm, status: int = 200
) -> HttpResponse:
    return render(request, "sensor/file.html", {"participant": participant, "form": form}, status=status)


def _record(request: SignedInRequest, reference: str, pk: uuid.UUID) -> SensorRecord:
    records = SensorRecord.objects.visible_to(request.user)
    record = get_object_or_404(
        records.select_related("participant__site", "participant__identity", "read_by"),
        pk=pk,
        participant__reference=reference,
    )
    shows(request, record.participant)
    return record


@allow(Role.CLINICIAN)
@require_safe
@records_read("sensor.read", subject="sensor:{pk}")
def sensor_report_page(request: SignedInRequest, reference: str, pk: uuid.UUID) -> HttpResponse:
    """Show the report of one record."""
    record = _record(request, reference, pk)
    return _report(request, record, _take_form(request, record))


@allow(Role.CLINICIAN)
@require_POST
@records_read("sensor.read", subject="sensor:{pk}")
def take_sensor_values(request: SignedInRequest, reference: str, pk: uuid.UUID) -> HttpResponse:
    """Take the values of a record, once they are confirmed, into a form in progress or a new one."""
    record = _record(request, reference, pk)
    form = _take_form(request, record, request.POST)
    if not form.is_valid():
        return _report(request, record, form, status=422)
    catalogue = installed_content().catalogue
    answers = summary_answers(metrics(from_kept(record.content).trace), record.last_day, catalogue)
    if not answers:
        return redirect(record)
    try:
        with transaction.atomic():
            draft = form.draft or _new_form(request, record, form.cleaned_data["token"])
            actions.take_values(
                record, draft, answers=answers, catalogue=catalogue, by=request.user, at=timezone.now()
            )
    except actions.NotTaken:
        form.add_error("form", _("Choose a form of the record's last day or later"))
        return _report(request, record, form, status=422)
    except Draft.DoesNotExist:
        form.add_error("form", _("Choose again: that form was recorded or discarded meanwhile"))
        return _report(request, record, form, status=422)
    except Erased:
        messages.error(request, ERASED)
        return redirect("person", reference)
    messages.success(request, _("The values of the sensor record are filled in. Check them here."))
    stage = form_set(catalogue).by_fact["cgm_time_in_range"]
    return redirect("stage", reference, draft.pk, stage.id)


def _new_form(request: SignedInRequest, record: SensorRecord, token: uuid.UUID) -> Draft:
    """Begin a pre-screen of today: with the last answers where there are any."""
    participant, at = record.participant, timezone.now()
    as_of = participant.site.day_of(at)
    latest = Screening.objects.filter(participant=participant).standing().latest_first().first()
    if latest is None:
        return actions.start_draft(
            participant=participant, site=participant.site, by=request.user, at=at, as_of=as_of, token=token
        )
    latest.participant = participant
    catalogue = installed_content().catalogue
    return actions.start_again(latest, by=request.user, at=at, as_of=as_of, token=token, catalogue=catalogue)


def _take_form(request: SignedInRequest, record: SensorRecord, data: Any = None) -> TakeValuesForm:
    drafts = Draft.objects.visible_to(request.user).with_person().latest_first()
    own = list(drafts.filter(participant=record.participant, as_of__gte=record.last_day))
    has_answers = Screening.objects.filter(participant=record.participant).exists()
    return TakeValuesForm(
        data,
        drafts=own,
        new=_("A new pre-screen from the last answers") if has_answers else "A new pre-screen",
        initial={"form": str(own[0].pk) if own else NEW_FORM, "token": uuid.uuid4()},
    )


def _report(
    request: SignedInRequest, record: SensorRecord, form: TakeValuesForm, status: int = 200
) -> HttpResponse:
    catalogue = installed_content().catalogue
    read: CgmFile = from_kept(record.content)
    answers = summary_answers(metrics(read.trace), record.last_day, catalogue)
    return render(
        request,
        "sensor/report.html",
        {
            "record": record,
            "participant": record.participant,
            "report": sensor_report(read, answers, catalogue),
            "form": form,
        },
        status=status,
    )


@allow(Role.CLINICIAN)
@require_http_methods(["GET", "HEAD", "POST"])
@records_read("sensor.read", subject="sensor:{pk}")
def remove_sensor_record(request: SignedInRequest, reference: str, pk: uuid.UUID) -> HttpResponse:
    """Ask, and then remove a record for good."""
    record = _record(request, reference, pk)
    if request.method != "POST":
        return render(request, "sensor/remove.html", {"record": record, "participant": record.participant})
    actions.remove_sensor_record(record, by=request.user, at=timezone.now())
    messages.success(request, _("The sensor record of {reference} was removed.").format(reference=reference))
    return redirect("person", reference)
