"""A referral at the clinic: where it stands, its thread, the answer, the end of it, and the pack."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from screening import actions
from screening.access import SignedInRequest, allow
from screening.content import installed_content
from screening.flow import WITHDRAWN_REASONS
from screening.forms.asked import AskedFacts
from screening.forms.referring import AnswerForm, WithdrawForm, first_errors
from screening.models import Referral, Role, Screening, Step, ThreadEntry, TrialReferral, contact_for
from screening.presentation import words
from screening.presentation.letter import as_json, letter
from screening.presentation.our_referrals import our_referrals as rows_of
from screening.presentation.person import person
from screening.presentation.referral import history, may_withdraw, open_questions, sent, standing, thread
from screening.presentation.texts import catalogue_words
from screening.reads import records_read
from screening.views.paging import place_of, read_place

PAGE_LENGTH = 25
VIEWS = (
    ("", gettext_lazy("All")),
    ("us", gettext_lazy("Waiting on us")),
    ("open", gettext_lazy("Under way")),
)
CLINIC_AND_CENTRE = (Role.CLINICIAN, Role.COORDINATOR, Role.INVESTIGATOR)


@dataclass
class ReferralPage:
    """A referral of the reader's clinic, with all that its page shows."""

    request: SignedInRequest
    referral: Referral

    def context(self, **more: Any) -> dict[str, Any]:
        referral = self.referral
        site = referral.participant.site
        now = timezone.now()
        trials = list(referral.trials.all())
        steps = [step for trial in trials for step in trial.steps.all()]
        asked = open_questions(trials)
        labels = catalogue_words(referral.screening.catalogue.text).labels
        return {
            "referral": referral,
            "reference": referral.participant.reference,
            "person": person(referral.screening.answers),
            "sent": sent(referral, now),
            "as_of": words.day(referral.screening.as_of),
            "standings": [standing(trial, site, now, list(trial.steps.all())) for trial in trials],
            "thread": thread(referral.thread.all(), site, labels),
            "questions": thread(asked, site, labels),
            "history": history(sorted(steps, key=lambda step: step.pk), site),
            "withdrawable": [trial for trial in trials if may_withdraw(trial)],
            "reasons": list(WITHDRAWN_REASONS.items()),
            "token": uuid.uuid4(),
            "typed": {},
            "problems": {},
            **more,
        }


def _own_referral(request: SignedInRequest, reference: str, pk: int) -> Referral:
    entries = ThreadEntry.objects.select_related("by", "trial", "screening__participant").defer(
        "screening__result", "screening__answers"
    )
    steps = Step.objects.select_related("by", "trial")
    trials = TrialReferral.objects.select_related("site").prefetch_related(
        Prefetch("thread", entries), Prefetch("steps", steps)
    )
    found: Referral = get_object_or_404(
        Referral.objects.at_clinic(request.user)
        .select_related(
            "participant__site", "centre", "referred_by", "screening__catalogue", "screening__participant"
        )
        .prefetch_related(Prefetch("trials", trials), Prefetch("thread", entries)),
        pk=pk,
        participant__reference=reference,
    )
    return found


@allow(Role.CLINICIAN)
@require_safe
def our_referrals(request: SignedInRequest) -> HttpResponse:
    """List the referrals of the reader's clinics, newest first, a page at a time."""
    found = Referral.objects.at_clinic(request.user)
    which = request.GET.get("show", "")
    if which == "us":
        found = found.waiting_on_clinic()
    elif which == "open":
        found = found.under_way()
    else:
        which = ""
    after = read_place(request.GET.get("after", ""))
    if after is not None:
        found = found.older_than(*after)
    page = list(found.for_lists().latest_first()[: PAGE_LENGTH + 1])
    more, page = len(page) > PAGE_LENGTH, page[:PAGE_LENGTH]
    shown = {"show": which} if which else {}
    last = {"after": place_of(page[-1].created_at, page[-1].pk)} if more else {}
    return render(
        request,
        "referrals/ours.html",
        {
            "rows": rows_of(page, timezone.now()),
            "views": [
                (label, f"?{urlencode({'show': id_})}" if id_ else "?", id_ == which) for id_, label in VIEWS
            ],
            "which": which,
            "sites": request.user.sites_as(Role.CLINICIAN),
            "older": f"?{urlencode({**shown, **last})}" if more else "",
            "newest": f"?{urlencode(shown)}" if after is not None else "",
        },
    )


@allow(Role.CLINICIAN)
@require_safe
@records_read("referral.read", subject="referral:{pk}")
def referral(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Show one referral to the clinic that wrote it."""
    page = ReferralPage(request, _own_referral(request, reference, pk))
    return render(request, "referrals/referral.html", page.context())


@allow(Role.CLINICIAN)
@require_POST
@records_read("referral.read", subject="referral:{pk}")
def withdraw(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """End some trials of a referral."""
    found = _own_referral(request, reference, pk)
    trials = [trial for trial in found.trials.all() if may_withdraw(trial)]
    form = WithdrawForm(request.POST, trials=[trial.pk for trial in found.trials.all()])
    problems: Mapping[str, str] = {}
    if form.is_valid():
        given = form.cleaned_data
        try:
            actions.withdraw(
                found,
                versions=given["versions"],
                reason=given["reason"],
                words=given["words"],
                by=request.user,
                at=timezone.now(),
                token=given["token"],
            )
            messages.success(request, _("Withdrawn."))
            return redirect(found)
        except actions.Refused as refused:
            problems = refused.problems
        except actions.MovedMeanwhile:
            problems = {"trials": _("Look at the referral again: it changed after this page was opened")}
    else:
        problems = {
            "trials" if name == "__all__" else name: text for name, text in first_errors(form).items()
        }
    chosen = {trial.pk for trial in trials if str(trial.pk) in request.POST.getlist("trials")}
    typed = {
        "reason": request.POST.get("reason", ""),
        "words": request.POST.get("words", ""),
        "trials": chosen,
    }
    page = ReferralPage(request, _own_referral(request, reference, pk))
    return render(
        request, "referrals/referral.html", page.context(typed=typed, problems=problems), status=422
    )


# --- The answer


@allow(Role.CLINICIAN)
@require_http_methods(["GET", "HEAD", "POST"])
@records_read("answer.read", subject="referral:{pk}")
def answer(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Answer the centre, in words and with the facts it asks for."""
    found = _own_referral(request, reference, pk)
    asked = open_questions(found.trials.all())
    if not asked:
        if request.method == "POST" and _was_answered(request, found):
            return redirect(found)
        messages.info(request, _("Nothing is asked any more."))
        return redirect(found)
    latest = (
        Screening.objects.filter(participant=found.participant_id)
        .standing()
        .latest_first()
        .select_related("participant__site", "participant__identity", "catalogue")
        .first()
    ) or found.screening
    facts = AskedFacts.of(
        latest,
        [fact for entry in asked for fact in entry.facts],
        content=installed_content(),
        today=found.participant.site.today(),
    )
    if request.method != "POST":
        return _answer(request, found, latest, facts)
    facts.take(request.POST)
    post = {name: str(request.POST.get(name, "")) for name in ("text", "token", "rests_on")}
    if facts.redraws(request.POST):
        return _answer(request, found, latest, facts, text=post["text"], token=post["token"])
    form = AnswerForm(request.POST)
    problems = dict(first_errors(form))
    if form.is_valid() and form.cleaned_data["rests_on"] != latest.pk:
        problems["rests_on"] = _("Check the answers below: the person was pre-screened again meanwhile")
    if not problems and not facts.problems:
        problems = _send_answer(request, found, latest, facts, form.cleaned_data)
        if not problems:
            messages.success(request, _("Your answer is with the centre."))
            return redirect(found)
    return _answer(
        request, found, latest, facts, text=post["text"], token=post["token"], problems=problems, status=422
    )


def _was_answered(request: SignedInRequest, found: Referral) -> bool:
    """Return whether this very form was sent before: the second click of two."""
    return any(str(entry.token) == request.POST.get("token") for entry in found.thread.all())


def _send_answer(
    request: SignedInRequest,
    found: Referral,
    latest: Screening,
    facts: AskedFacts,
    given: Mapping[str, Any],
) -> dict[str, str]:
    """Send the answer, with a new pre-screen where a fact is new; return what is to be mended first."""
    now = timezone.now()
    try:
        if facts.changed:
            actions.answer_with_facts(
                found,
                rests_on=latest,
                typed=facts.posted,
                names=facts.names,
                text=given["text"],
                by=request.user,
                at=now,
                token=given["token"],
                content=installed_content(),
            )
        else:
            actions.answer(found, text=given["text"], by=request.user, at=now, token=given["token"])
    except actions.Refused as refused:
        return {"text" if name == "words" else name: text for name, text in refused.problems.items()}
    except actions.NotRecordable as refused:
        return {problem.input: problem.message for problem in refused.problems}
    except actions.MovedMeanwhile:
        return {"rests_on": _("Check the answers below: something changed meanwhile")}
    return {}


def _answer(
    request: SignedInRequest,
    found: Referral,
    latest: Screening,
    facts: AskedFacts,
    *,
    text: str = "",
    token: str = "",
    problems: Mapping[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    site = found.participant.site
    labels = catalogue_words(found.screening.catalogue.text).labels
    asked = open_questions(found.trials.all())
    return render(
        request,
        "referrals/answer.html",
        {
            "referral": found,
            "reference": found.participant.reference,
            "person": person(latest.answers),
            "as_of": words.day(latest.as_of),
            "latest": latest,
            "questions": thread(asked, site, labels),
            "facts": facts,
            "text": text,
            "problems": problems or {},
            "summary": [*((name, "", said) for name, said in (problems or {}).items()), *facts.summary]
            if status == 422
            else [],
            "token": token or uuid.uuid4(),
        },
        status=status,
    )


# --- The pack


def _for_reader(request: SignedInRequest, reference: str, pk: int) -> tuple[Referral, list[TrialReferral]]:
    """Return a referral and those of its trials that the reader may see, at the clinic or at the centre."""
    found: Referral = get_object_or_404(
        Referral.objects.visible_to(request.user).select_related(
            "participant__site", "centre", "referred_by", "screening__catalogue", "screening__participant"
        ),
        pk=pk,
        participant__reference=reference,
    )
    trials = TrialReferral.objects.visible_to(request.user).filter(referral=found)
    return found, list(trials.order_by("pk"))


@allow(*CLINIC_AND_CENTRE)
@require_safe
@records_read("pack.read", subject="referral:{pk}")
def referral_pack(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Show the letter as it is printed, with how to reach the person once that may be known."""
    found, trials = _for_reader(request, reference, pk)
    shown = letter(found, trials, contact=contact_for(found))
    at_clinic = found.participant.site in request.user.sites_as(Role.CLINICIAN)
    return render(request, "referrals/pack.html", {"letter": shown, "at_clinic": at_clinic})


@allow(*CLINIC_AND_CENTRE)
@require_safe
@records_read("pack.read", subject="referral:{pk}")
def referral_pack_json(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Give the pack as JSON: no texts, no contact, no birth date."""
    found, trials = _for_reader(request, reference, pk)
    response = JsonResponse(as_json(letter(found, trials)), json_dumps_params={"indent": 1})
    response["Content-Disposition"] = f'attachment; filename="referral-{found.pk}.json"'
    return response
