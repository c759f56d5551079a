"""Decide after a pre-screen, and refer: the choice of trials and the letter."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from screening import actions
from screening.access import SignedInRequest, allow
from screening.flow import OPEN, State
from screening.forms.referring import (
    DecisionForm,
    LetterForm,
    OwnViewForm,
    ReferForm,
    TokenForm,
    first_errors,
    typed_letter,
)
from screening.models import ContactWay, Referral, Role, Screening, TrialReferral, TrialSite
from screening.presentation.letter import Letter
from screening.presentation.letter import letter as read_letter
from screening.presentation.person import person
from screening.presentation.referral import moment, offers
from screening.presentation.words import day
from screening.reads import records_read
from screening.views.results import ask_own_view, lacks_own_view, result_page_of

CHOSEN_ELSEWHERE = gettext_lazy("This pre-screen was replaced: decide on the one that replaced it.")


def _own_screening(request: SignedInRequest, reference: str, pk: int) -> Screening:
    """Return a pre-screen of the reader's own clinic."""
    return get_object_or_404(
        Screening.objects.visible_to(request.user)
        .select_related("participant__site", "recorded_by", "catalogue", "supersedes", "superseded_by")
        .defer(
            "supersedes__result", "supersedes__answers", "superseded_by__result", "superseded_by__answers"
        ),
        pk=pk,
        participant__reference=reference,
    )


@allow(Role.CLINICIAN)
@require_POST
@records_read("result.read", subject="screening:{pk}")
def own_view(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Keep what the clinician thinks, then show the result."""
    screening = _own_screening(request, reference, pk)
    form = OwnViewForm(request.POST)
    if not form.is_valid():
        return ask_own_view(request, screening, error=first_errors(form)["view"])
    actions.record_own_view(
        screening, protocol="", view=form.cleaned_data["view"], by=request.user, at=timezone.now()
    )
    return redirect(screening)


@allow(Role.CLINICIAN)
@require_POST
@records_read("result.read", subject="screening:{pk}")
def clinic_decision(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Record a decision without a referral."""
    screening = _own_screening(request, reference, pk)
    if lacks_own_view(screening, request.user):
        return redirect(screening)
    if screening.replacement is not None:
        messages.warning(request, CHOSEN_ELSEWHERE)
        return redirect(screening.replacement)
    form = DecisionForm(request.POST, today=screening.participant.site.today())
    problems: Mapping[str, str] = {}
    if form.is_valid():
        given = form.cleaned_data
        try:
            actions.decide_at_clinic(
                screening,
                kind=given["kind"],
                recheck_on=given["recheck_on"],
                reason=given["reason"],
                by=request.user,
                at=timezone.now(),
                token=given["token"],
            )
            messages.success(request, _("Your decision is recorded."))
            return redirect(f"{screening.get_absolute_url()}#decision")
        except actions.Refused as refused:
            problems = refused.problems
    else:
        problems = first_errors(form)
    typed = {name: str(request.POST.get(name, ""))[:200] for name in ("kind", "recheck_on", "reason")}
    return result_page_of(request, screening, typed=typed, problems=problems)


@allow(Role.CLINICIAN)
@require_http_methods(["GET", "HEAD", "POST"])
@records_read("refer.read", subject="screening:{pk}")
def refer(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Choose a centre and trials; begin the letter."""
    screening = _own_screening(request, reference, pk)
    if lacks_own_view(screening, request.user):
        return redirect(screening)
    if screening.replacement is not None:
        messages.warning(request, _("This pre-screen was replaced: refer from the one that replaced it."))
        return redirect(screening.replacement)
    places = list(
        TrialSite.objects.filter(is_open=True, protocol__in=[one["id"] for one in screening.result["trials"]])
        .select_related("site")
        .order_by("site__name", "protocol")
    )
    if request.method != "POST":
        return _refer(request, screening, places)
    here = [place for place in places if str(place.site_id) == request.POST.get("centre")]
    chosen = [text[:64] for text in request.POST.getlist("protocols")[:50]]
    form = ReferForm(request.POST, choices=[(place.protocol, place.protocol) for place in here])
    if not here or not form.is_valid():
        error = _("Choose one of the centres") if not here else next(iter(first_errors(form).values()))
        return _refer(
            request, screening, places, centre=here[0].site_id if here else 0, chosen=chosen, error=error
        )
    try:
        referral = actions.start_referral(
            screening,
            centre=here[0].site,
            protocols=form.cleaned_data["protocols"],
            by=request.user,
            at=timezone.now(),
            token=form.cleaned_data["token"],
        )
    except actions.Refused as refused:
        error = next(iter(refused.problems.values()))
        return _refer(request, screening, places, centre=here[0].site_id, chosen=chosen, error=error)
    return redirect("letter", reference, referral.pk)


def _refer(
    request: SignedInRequest,
    screening: Screening,
    places: list[TrialSite],
    *,
    centre: int = 0,
    chosen: list[str] | None = None,
    error: str = "",
) -> HttpResponse:
    running = TrialReferral.objects.filter(
        referral__participant=screening.participant, state__in=[State.DRAFT, *OPEN]
    ).select_related("referral")
    found = offers(
        screening,
        places,
        {trial.protocol: trial for trial in running},
        chosen={centre: chosen or []},
        errors={centre: error} if error else None,
    )
    return render(
        request,
        "referrals/refer.html",
        {
            "screening": screening,
            "reference": screening.participant.reference,
            "person": person(screening.answers),
            "as_of": day(screening.as_of),
            "centres": found,
            "error": error,
            "nowhere": error if not centre else "",
            "token": uuid.uuid4(),
        },
        status=422 if error else 200,
    )


# --- The letter

WRITTEN_ELSEWHERE = gettext_lazy(
    "Read what you typed once more and save it again: the letter was written on elsewhere meanwhile"
)
FIELDS = tuple(LetterForm.base_fields)


@allow(Role.CLINICIAN)
@require_http_methods(["GET", "HEAD", "POST"])
@records_read("letter.read", subject="referral:{pk}", once_per_sitting=True)
def letter(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Write the letter; whatever button is pressed, what was typed is kept first."""
    referral = get_object_or_404(
        Referral.objects.at_clinic(request.user).select_related(
            "participant__site", "centre", "referred_by", "screening__catalogue", "screening__participant"
        ),
        pk=pk,
        participant__reference=reference,
    )
    drafts = list(referral.trials.filter(state=State.DRAFT))
    if referral.submitted_at is not None or not drafts:
        if request.method == "POST":
            messages.warning(
                request, _("This referral is no draft any more: what was typed since is not kept.")
            )
        return redirect(referral)
    shown = read_letter(referral, drafts)
    if request.method != "POST":
        return _letter(request, shown, typed_letter(referral), {})
    form = LetterForm(
        request.POST,
        today=referral.participant.site.today(),
        missing=[missing.fact for missing in shown.missing],
    )
    problems = dict(first_errors(form))
    typed = {name: str(request.POST.get(name, "")) for name in FIELDS}
    by_itself = request.htmx  # type: ignore[attr-defined]
    try:
        referral = actions.save_letter(
            referral,
            letter=form.letter,
            by=request.user,
            at=timezone.now(),
            based_on=request.POST.get("based_on"),
        )
    except actions.MovedMeanwhile:
        if by_itself:
            return render(request, "referrals/_saved.html", {"problems": {"letter": WRITTEN_ELSEWHERE}})
        return _letter(request, shown, typed, {"letter": str(WRITTEN_ELSEWHERE), **problems})
    if by_itself:
        context = {"saved": moment(timezone.now(), shown.clinic), "problems": problems}
        context["based_on"] = actions.letter_sha256(referral)
        return render(request, "referrals/_saved.html", context)
    if not problems and request.POST.get("go") == "send":
        problems = _send(request, referral)
        if not problems:
            messages.success(request, _("Sent to {centre}.").format(centre=referral.centre))
            return redirect(referral)
    if problems:
        return _letter(request, read_letter(_reread(referral, shown), drafts), typed, problems)
    return _after_saving(request, referral)


def _reread(saved: Referral, shown: Letter) -> Referral:
    """Return the letter as it was saved, with what was read around it."""
    for name in ("participant", "centre", "referred_by", "screening"):
        setattr(saved, name, getattr(shown.referral, name))
    return saved


def _send(request: SignedInRequest, referral: Referral) -> dict[str, str]:
    """Send the letter; return what is to be mended first."""
    form = TokenForm(request.POST)
    if not form.is_valid():
        return dict(first_errors(form))
    try:
        actions.submit_referral(
            referral, by=request.user, at=timezone.now(), token=form.cleaned_data["token"]
        )
    except actions.Refused as refused:
        # The words that go with open exclusions stand in the letter under a name of their own.
        return {"despite" if name == "words" else name: text for name, text in refused.problems.items()}
    except actions.MovedMeanwhile:
        return {"token": _("Look at the referral again: it changed meanwhile")}
    return {}


def _after_saving(request: SignedInRequest, referral: Referral) -> HttpResponse:
    match request.POST.get("go"):
        case "pack":
            return redirect("referral_pack", referral.participant.reference, referral.pk)
        case "leave":
            messages.info(request, _("The letter is kept as a draft."))
            return redirect(referral)
    messages.success(request, _("Saved."))
    return redirect("letter", referral.participant.reference, referral.pk)


LABELS = {
    "contact_consent_on": gettext_lazy("Agreed on"),
    "contact_way": gettext_lazy("How to reach them"),
    "contact_time": gettext_lazy("Best time"),
    "contact_language": gettext_lazy("Language"),
    "reason": gettext_lazy("Why you refer this person"),
    "therapies": gettext_lazy("Therapies tried, with dates"),
    "medicines": gettext_lazy("Medicines and allergies"),
    "circumstances": gettext_lazy("Mental health, travel, support"),
    "told": gettext_lazy("What the person was told"),
    "despite": gettext_lazy("Why it is sent while exclusions are not known"),
    "token": gettext_lazy("This page"),
    "letter": gettext_lazy("This letter"),
    "act": gettext_lazy("This referral"),
}


def _letter(
    request: SignedInRequest, shown: Letter, typed: Mapping[str, str], problems: Mapping[str, str]
) -> HttpResponse:
    context: dict[str, Any] = {
        "letter": shown,
        "referral": shown.referral,
        "reference": shown.reference,
        "typed": typed,
        "problems": problems,
        "summary": [(name, LABELS.get(name, name), text) for name, text in problems.items()],
        "ways": ContactWay.choices,
        "token": uuid.uuid4(),
        "based_on": actions.letter_sha256(shown.referral),
    }
    return render(request, "referrals/letter.html", context, status=422 if problems else 200)
