"""What waits for the reader: read it, put it aside, choose how often to get mail."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from screening import actions
from screening.access import SignedInRequest, allow_signed_in
from screening.forms.days import LONGEST
from screening.forms.referring import MailPaceForm, SnoozeForm, first_errors
from screening.models import MailPace, Notice
from screening.presentation.notices import home, notice_lines

SHOWN = 50
OLDER_SHOWN = 20


@allow_signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def notices(request: SignedInRequest) -> HttpResponse:
    """List what waits; do what a button says."""
    if request.method != "POST":
        return _page(request)
    post = request.POST
    if "mail_pace" in post:
        return _choose_pace(request)
    if "read_all" in post:
        waiting = Notice.objects.waiting_for(request.user, timezone.now())
        actions.read_notices(waiting.with_subject(), by=request.user, at=timezone.now())
        return redirect("notices")
    pk = post.get("notice", "")
    notice = get_object_or_404(
        Notice.objects.visible_to(request.user).with_subject(),
        pk=int(pk) if pk.isascii() and pk.isdecimal() and len(pk) < 19 else 0,
    )
    if "snooze" in post:
        return _snooze(request, notice)
    if "read" in post:
        actions.read_notices([notice], by=request.user, at=timezone.now())
    return redirect("notices")


def _choose_pace(request: SignedInRequest) -> HttpResponse:
    form = MailPaceForm(request.POST)
    if not form.is_valid():
        return _page(request, pace_error=first_errors(form)["mail_pace"])
    actions.choose_mail_pace(pace=form.cleaned_data["mail_pace"], by=request.user, at=timezone.now())
    messages.success(request, _("Your choice of mail is kept."))
    return redirect("notices")


def _snooze(request: SignedInRequest, notice: Notice) -> HttpResponse:
    """Put a notice aside until the morning of the day chosen; with no day, of tomorrow."""
    site = home(request.user)
    form = SnoozeForm(request.POST, today=site.today())
    if request.POST["snooze"] == "until" and not request.POST.get("until", "").strip():
        return _page(request, mend={notice.pk: ("", _("Enter the day to be told again, like 1 Dec 2026"))})
    if not form.is_valid():
        typed = request.POST.get("until", "")[:LONGEST]
        return _page(request, mend={notice.pk: (typed, first_errors(form)["until"])})
    day = form.cleaned_data["until"]
    if request.POST["snooze"] != "until" or day is None:
        day = site.today() + timedelta(days=1)
    until = datetime.combine(day, time(), ZoneInfo(site.time_zone))
    actions.snooze_notice(notice, until=until, by=request.user, at=timezone.now())
    return redirect("notices")


def _page(
    request: SignedInRequest,
    *,
    mend: dict[int, tuple[str, str]] | None = None,
    pace_error: str = "",
) -> HttpResponse:
    now = timezone.now()
    own = Notice.objects.visible_to(request.user).with_subject().latest_first()
    waiting = list(Notice.objects.waiting_for(request.user, now).with_subject().latest_first()[:SHOWN])
    aside = list(own.filter(read_at__isnull=True, snoozed_until__gt=now)[:SHOWN])
    read = list(own.filter(read_at__isnull=False)[:OLDER_SHOWN])
    return render(
        request,
        "referrals/notices.html",
        {
            "waiting": notice_lines(waiting, request.user, now, mend=mend),
            "aside": notice_lines(aside, request.user, now, mend=mend),
            "read": notice_lines(read, request.user, now),
            "paces": MailPace.choices,
            "pace_error": pace_error,
            "wrong": bool(mend or pace_error),
        },
        status=422 if mend or pace_error else 200,
    )
