"""One trial of a referral at its centre: read it, ask, confirm, decide."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from screening import actions
from screening.access import SignedInRequest, allow
from screening.actions.amendments import screen_anew
from screening.actions.decisions import confirm as confirm_item
from screening.actions.shown import latest_confirmations, shown_sha256
from screening.content import installed_content
from screening.flow import BY_ACT, Move, moves_from
from screening.forms.deciding import (
    BoundToThePage,
    ConfirmForm,
    NoteForm,
    OwnViewForm,
    acts_at_the_centre,
    add_problems,
    form_of,
)
from screening.forms.queue import KEEP, PlanForm
from screening.forms.signing import PROOF
from screening.models import Confirmation, OwnView, Role, Step, ThreadEntry, TrialReferral, TrialSite, User
from screening.models.identities import contact_for
from screening.models.queue import ME, NOBODY, colleagues
from screening.presentation import deciding
from screening.presentation.letter import Letter, letter
from screening.presentation.person import person
from screening.presentation.referral import moment
from screening.presentation.result import TrialCard, trial_card
from screening.presentation.snapshots import completed
from screening.presentation.texts import CatalogueWords, catalogue_words
from screening.reads import records_read

CENTRE = (Role.COORDINATOR, Role.INVESTIGATOR)
READ = "referral.read"
SUBJECT = "trial:{pk}"


@dataclass(frozen=True)
class MoveOffered:
    """One move as the page offers it."""

    move: Move
    form: BoundToThePage
    before: str
    against: str
    is_open: bool
    signs_as: str


@allow(*CENTRE)
@require_safe
@records_read(READ, subject=SUBJECT)
def trial_referral(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Show one trial of a referral."""
    return TrialPage(request, reference, pk).show()


@allow(*CENTRE)
@require_POST
@records_read(READ, subject=SUBJECT)
def move(request: SignedInRequest, reference: str, pk: int, act: str) -> HttpResponse:
    """Make one of the moves that the table has for the centre."""
    page = TrialPage(request, reference, pk)
    if act not in acts_at_the_centre():
        raise Http404
    made = BY_ACT[act]
    form = page.form(made, request.POST)
    is_valid = form.is_valid()
    if form.is_of_another_page:
        return page.moved_meanwhile(made)
    if is_valid and page.needs_view and deciding.asks_for_view(made):
        form.add_error(None, deciding.VIEW_FIRST)
    if form.errors:
        return page.show(wrong=form, status=422)
    try:
        _carry_out(page, made, form)
    except actions.Refused as refused:
        add_problems(form, refused.problems)
        return page.show(wrong=form, status=422)
    except actions.MovedMeanwhile:
        return page.moved_meanwhile(made)
    messages.success(request, f"{made.done}.")
    return page.again()


def _carry_out(page: TrialPage, made: Move, form: BoundToThePage) -> None:
    known = form.cleaned_data
    bound: dict[str, Any] = {
        "by": page.user,
        "at": page.now,
        "version": known["version"],
        "token": known["token"],
    }
    if made.act == "ask":
        actions.ask(page.trial, text=form.words(), facts=known.get("facts", ()), **bound)
        return
    # A signature is only ever built on a form whose proof was verified with it.
    given = form.given(proved=made.act == "sign")
    actions.move_trial(page.trial, made.act, given=given, **bound)


@allow(*CENTRE)
@require_POST
@records_read(READ, subject=SUBJECT)
def confirm(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Answer one item to confirm."""
    page = TrialPage(request, reference, pk)
    form = ConfirmForm(request.POST)
    if form.is_valid():
        try:
            confirm_item(page.trial, by=page.user, at=page.now, **form.cleaned_data)
        except actions.Refused as refused:
            form.add_error("answer", refused.problems["checklist"])
        else:
            return page.again("to-confirm")
    return page.show(confirming=form, status=422)


@allow(*CENTRE)
@require_POST
@records_read(READ, subject=SUBJECT)
def trial_own_view(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Keep what the reader thinks before they see the engine's answer."""
    page = TrialPage(request, reference, pk)
    form = OwnViewForm(request.POST)
    if not form.is_valid():
        return page.show(viewing=form, status=422)
    actions.record_own_view(
        page.trial.referral.screening,
        protocol=page.trial.protocol,
        view=form.cleaned_data["view"],
        by=page.user,
        at=page.now,
    )
    return page.again("engine")


@allow(*CENTRE)
@require_POST
@records_read(READ, subject=SUBJECT)
def trial_note(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Write a note into the thread."""
    page = TrialPage(request, reference, pk)
    form = NoteForm(request.POST)
    if form.is_valid():
        try:
            actions.add_note(
                page.trial.referral,
                text=form.cleaned_data["note"],
                by=page.user,
                at=page.now,
                token=form.cleaned_data["token"],
            )
        except actions.Refused as refused:
            form.add_error("note", refused.problems["text"])
        else:
            return page.again("thread")
    return page.show(noting=form, status=422)


@allow(*CENTRE)
@require_POST
@records_read(READ, subject=SUBJECT)
def trial_plan(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Give the referral an owner, a due day or a next step."""
    page = TrialPage(request, reference, pk)
    form = page.plan_form(request.POST)
    version = request.POST.get("version", "")
    if not form.is_valid():
        return page.show(planning=form, status=422)
    known = form.cleaned_data
    trial = page.trial
    trial.version = int(version) if version.isascii() and version.isdecimal() and len(version) < 10 else 0
    owner: User | str | None = KEEP
    if known["owner"] not in ("", KEEP):
        owner = {ME: page.user, NOBODY: None}.get(known["owner"], KEEP)
        if owner == KEEP:
            owner = User.objects.get(pk=int(known["owner"]))
    changes: dict[str, Any] = {"owner": owner}
    if known["due_on"] or known["no_due"]:
        changes["due_on"] = known["due_on"]
    if known["next_action"] or known["no_next"]:
        changes["next_action"] = known["next_action"]
    try:
        actions.plan([trial], by=page.user, at=page.now, **changes)
    except actions.MovedMeanwhile:
        return TrialPage(request, reference, pk).show(planning=form, changed=page.changed(), status=409)
    except actions.Refused as refused:
        for name, problem in refused.problems.items():
            form.add_error(name, problem)
        return page.show(planning=form, status=422)
    return page.again()


@allow(*CENTRE)
@require_POST
@records_read(READ, subject=SUBJECT)
def trial_anew(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Run the person's answers against the protocols as they are now, and rest the referral on that."""
    page = TrialPage(request, reference, pk)
    form = page.form(ANEW, request.POST)
    form.is_valid()
    if form.is_of_another_page:
        return page.moved_meanwhile(None)
    try:
        screen_anew(
            page.trial,
            by=page.user,
            at=page.now,
            version=form.cleaned_data["version"],
            token=form.cleaned_data["token"],
            content=installed_content(),
        )
    except actions.MovedMeanwhile:
        return page.moved_meanwhile(None)
    except actions.Refused as refused:
        return page.show(not_anew=refused.problems["anew"], status=422)
    messages.success(request, _("Run anew: the referral rests on a pre-screen of today."))
    return page.again()


ANEW = Move("anew", "Run the answers anew", "Run anew", frozenset(CENTRE), (), "")
"""Not a move of the table: nothing changes its state. It has a form of its own on the page."""


class TrialPage:
    """What one reader sees of one trial of a referral.

    Raises:
        Http404: there is none, or it is not theirs to see.
    """

    def __init__(self, request: SignedInRequest, reference: str, pk: int) -> None:
        self.request = request
        self.user: User = request.user
        self.now: datetime = timezone.now()
        self.trial = self._read(reference, pk)

    def _read(self, reference: str, pk: int) -> TrialReferral:
        return get_object_or_404(
            TrialReferral.objects.at_centre(self.user).select_related(
                "site",
                "clinic",
                "owner",
                "referral__referred_by",
                "referral__centre",
                "referral__participant__site",
                "referral__participant__identity",
                "referral__screening__catalogue",
                "referral__screening__participant",
            ),
            pk=pk,
            referral__participant__reference=reference,
        )

    @cached_property
    def today(self) -> date:
        return self.trial.site.day_of(self.now)

    @cached_property
    def result(self) -> dict[str, Any]:
        whole = completed(self.trial.referral.screening.result)
        return next(one for one in whole["trials"] if one["id"] == self.trial.protocol)

    @cached_property
    def catalogue(self) -> CatalogueWords:
        return catalogue_words(self.trial.referral.screening.catalogue.text)

    @cached_property
    def card(self) -> TrialCard:
        # What to ask the site stands in the checklist.
        return replace(trial_card(self.result, self.catalogue), to_confirm=())

    @cached_property
    def answered(self) -> dict[str, Confirmation]:
        return latest_confirmations(self.trial)

    @cached_property
    def steps(self) -> list[Step]:
        return list(self.trial.steps.select_related("by").defer("screening"))

    @cached_property
    def thread(self) -> list[ThreadEntry]:
        """The referral's notes and answers, and the questions about this trial."""
        entries = self.trial.referral.thread.select_related("by").order_by("pk")
        return [one for one in entries if one.trial_id in (None, self.trial.pk)]

    @cached_property
    def shown(self) -> str:
        return shown_sha256(self.trial, self.answered)

    @cached_property
    def own_view(self) -> OwnView | None:
        return OwnView.objects.filter(
            screening=self.trial.referral.screening_id, protocol=self.trial.protocol, by=self.user
        ).first()

    @property
    def needs_view(self) -> bool:
        """Return whether the engine's answer stays hidden until the reader's own is recorded."""
        return self.trial.is_open and self.trial.site.own_view_to_decide and self.own_view is None

    @cached_property
    def is_signed(self) -> bool:
        """Return whether the trial asks for no signature, or has one on what is shown now."""
        asked = TrialSite.objects.filter(site=self.trial.site_id, protocol=self.trial.protocol).first()
        if asked is not None and not asked.needs_signature:
            return True
        return any(
            step.is_signature
            and step.screening_id == self.trial.referral.screening_id
            and step.protocol_sha256 == self.result["sha256"]
            for step in self.steps
        )

    @cached_property
    def letter(self) -> Letter:
        return letter(self.trial.referral, [self.trial], contact=contact_for(self.trial.referral))

    def bound(self) -> dict[str, Any]:
        """Return what a form on this page is bound to."""
        return {
            "token": uuid.uuid4(),
            "version": self.trial.version,
            "shown": self.shown,
            "seen": deciding.seen_now(self.steps, self.thread, self.answered),
        }

    def form(self, made: Move, data: Mapping[str, Any] | None = None) -> BoundToThePage:
        kind = form_of(made)
        about: dict[str, Any] = {
            "move": made,
            "result": self.result,
            "today": self.today,
            "signer": self.user,
        }
        return kind(data, **about) if data is not None else kind(initial=self.bound(), **about)

    def plan_form(self, data: Mapping[str, Any] | None = None) -> PlanForm:
        owners = [(pk, name) for pk, name in colleagues(self.user) if pk != self.user.pk]
        return PlanForm(data, owners=owners, today=self.today)  # type: ignore[arg-type]

    def moves(self, wrong: BoundToThePage | None) -> list[MoveOffered]:
        """Return what the reader may do now; the form that came back stands in its place, open."""
        offered = []
        for one in moves_from(self.trial.state, actions.roles_on(self.user, self.trial)):
            if one.act not in acts_at_the_centre():
                continue
            is_wrong = wrong is not None and wrong.move == one
            offered.append(
                MoveOffered(
                    move=one,
                    form=wrong if is_wrong and wrong is not None else self.form(one),
                    before=deciding.missing_before(
                        one, self.trial, needs_view=self.needs_view, is_signed=self.is_signed
                    ),
                    against="" if self.needs_view else deciding.against_the_engine(one, self.result),
                    is_open=is_wrong,
                    signs_as=f"{self.user}, {moment(self.now, self.trial.site)}" if one.act == "sign" else "",
                )
            )
        return offered

    def changed(self) -> list[str]:
        """Return what happened since the page that the form stood on."""
        seen = self.request.POST.get("seen", "")[:60]
        return deciding.changed_since(self.trial, seen, self.steps, self.thread, self.answered)

    def moved_meanwhile(self, made: Move | None) -> HttpResponse:
        """Say what changed; what was typed stands in the form again, bound to what is shown now."""
        fresh = TrialPage(self.request, self.trial.referral.participant.reference, self.trial.pk)
        form = None
        if made is not None:
            typed = self.request.POST.copy()
            for name, value in fresh.bound().items():
                typed[name] = str(value)
            form = fresh.typed_again(made, typed)
        return fresh.show(wrong=form, changed=fresh.changed(), status=409)

    def typed_again(self, made: Move, typed: QueryDict) -> BoundToThePage:
        """Return the form with what was typed and no complaints."""
        kept = {name: typed.getlist(name) if name == "facts" else typed[name] for name in typed}
        return form_of(made)(
            initial={name: value for name, value in kept.items() if name != PROOF},
            move=made,
            result=self.result,
            today=self.today,
            signer=self.user,
        )

    def again(self, anchor: str = "") -> HttpResponseRedirect:
        address = self.trial.get_absolute_url()
        return redirect(f"{address}#{anchor}" if anchor else address)

    def show(
        self,
        *,
        wrong: BoundToThePage | None = None,
        viewing: OwnViewForm | None = None,
        confirming: ConfirmForm | None = None,
        noting: NoteForm | None = None,
        planning: PlanForm | None = None,
        changed: list[str] | None = None,
        not_anew: str = "",
        status: int = 200,
    ) -> HttpResponse:
        trial = self.trial
        screening = trial.referral.screening
        moves = self.moves(wrong)
        of_person = (
            TrialReferral.objects.at_centre(self.user)
            .filter(referral__participant=trial.referral.participant_id)
            .order_by("pk")
        )
        return render(
            self.request,
            "queue/trial.html",
            {
                "trial": trial,
                "reference": trial.referral.participant.reference,
                "person": person(screening.answers),
                "as_of": screening.as_of,
                "since": deciding.since(trial, self.now),
                "holds": deciding.holds(trial, self.today),
                "due": deciding.due(trial, self.today),
                "tabs": deciding.tabs(of_person, trial),
                "needs_view": self.needs_view,
                "own_view": self.own_view,
                "views": OwnView.View.choices,
                "viewing": viewing,
                "card": self.card,
                "sections": deciding.sections_of(
                    screening, installed_content().catalogue.sections, self.catalogue
                ),
                "letter": self.letter,
                "thread": deciding.entries(self.thread, trial, self.catalogue),
                "noting": noting or NoteForm(initial={"token": uuid.uuid4()}),
                "items": deciding.checklist(self.result, self.answered, trial),
                "answers": Confirmation.Answer.choices,
                "confirming": confirming,
                "history": deciding.history(self.steps, trial, with_engine=not self.needs_view),
                "moves": moves,
                "not_offered": wrong if wrong and not any(one.is_open for one in moves) else None,
                "wrong": wrong if status == 422 else None,
                "planning": planning or self.plan_form(),
                "changed": changed,
                "anew": self.form(ANEW),
                "not_anew": not_anew,
                "has_errors": status == 422,
            },
            status=status,
        )
