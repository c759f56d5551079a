"""The form: begin it, fill it in stage by stage, review it, record it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from screening import actions
from screening.access import SignedInRequest, allow
from screening.clinical.dates import read_date, say_day
from screening.content import installed_content
from screening.forms.events import EventsForm
from screening.forms.repeating import former_answers
from screening.forms.review import Change, Disagreement, Link, changes, disagreements, parts, problem_links
from screening.forms.stages import EVENTS_STAGE, FormSet, Stage, StageForm, form_set
from screening.forms.start import StartForm
from screening.interop.repeating import ASKED_ANEW, AskedAgain, repetition
from screening.interop.typed import (
    MAX_TEXT,
    MORE_ROWS,
    AmbiguousDate,
    Reading,
    as_typed,
    event_inputs,
    inputs_of,
    is_answered,
    read_typed,
    row_count,
    written_date,
)
from screening.models import Draft, Role, Screening, Units
from screening.presentation.drawing import drawn
from screening.presentation.panel import Panel, kept_open, panel
from screening.reads import records_read, shows, shows_nobody
from screening.rules.content import Content
from screening.rules.facts import EVENTS
from screening.rules.overview import Overview, overview
from screening.sealing import Erased

of_the_form = records_read("form.read", subject="form:{draft_id}", once_per_sitting=True)
WHOLE_FORM = "all"
EVENTS_LEAD = "events-lead"
REASON_MISSING = gettext_lazy("Enter why it is corrected, like: HbA1c typed in the wrong unit")
CHOSEN_UNITS = "units"
"""In the session: the unit last chosen for each measurement. It says nothing of any person."""


@dataclass(frozen=True)
class StageLink:
    """The way to one stage of the form, and how far it is filled in."""

    id: str
    title: str
    count: str
    wrong: bool
    here: bool


@dataclass
class FormPage:
    """A draft and what its answers amount to, worked out once per request."""

    request: SignedInRequest
    draft: Draft

    @cached_property
    def content(self) -> Content:
        return installed_content()

    @cached_property
    def form(self) -> FormSet:
        return form_set(self.content.catalogue)

    @cached_property
    def reading(self) -> Reading:
        return read_typed(self.content.catalogue, self.draft.typed, self.draft.as_of)

    @cached_property
    def overview(self) -> Overview | None:
        if self.reading.answers is None:
            return None
        return overview(self.content, self.reading.answers)

    @cached_property
    def asks_for(self) -> frozenset[str] | None:
        return self.form.asks_for(self.overview.asks_for) if self.overview is not None else None

    @cached_property
    def panel(self) -> Panel | None:
        return panel(self.overview) if self.overview is not None else None

    @cached_property
    def open_gates(self) -> frozenset[str]:
        return self.form.open_gates(self.reading.answers)

    @cached_property
    def open_questions(self) -> frozenset[str]:
        return self.form.open_questions(self.open_gates, self.asks_for)

    def stages(self, here: str) -> SafeString:
        """Return the way to each stage, with how many of its open questions are answered."""
        facts = self.reading.payload["facts"].keys()
        wrong = {link.stage.id for link, _ in self.problems if link.stage is not None}
        links = []
        for stage in self.form.stages:
            if stage.section is None:
                asked, answered = 1, int("severe_hypoglycemic_events" in self.reading.payload)
            else:
                names = self.form.asked[stage.id]
                known = names & facts
                asked, answered = len(names & self.open_questions | known), len(known)
            count = f"{answered} of {asked}" if asked > 1 else "answered" if answered else "not asked"
            links.append(StageLink(stage.id, stage.title, count, stage.id in wrong, stage.id == here))
        return drawn("screening/_stage_link.html", links)

    @cached_property
    def problems(self) -> list[tuple[Link, str]]:
        return problem_links(self.form, self.reading.problems, self.draft.typed)

    @cached_property
    def disagreements(self) -> list[Disagreement]:
        return disagreements(self.form, self.overview.conflicts) if self.overview is not None else []

    @property
    def changes(self) -> list[Change] | None:
        """What a correction changes in the pre-screen it will replace; None for no correction."""
        replaced = self.draft.supersedes
        if replaced is None:
            return None
        catalogue = self.content.catalogue
        before = read_typed(catalogue, as_typed(catalogue, replaced.told), replaced.as_of)
        return changes(self.form, before.payload, self.reading.payload)

    @cached_property
    def asked_again(self) -> Mapping[str, AskedAgain]:
        """What of the pre-screen that this one repeats counts no more."""
        if self.draft.repeats_id is None:
            return {}
        repeated = Screening.objects.defer("result").get(pk=self.draft.repeats_id)
        repeated.participant = self.draft.participant
        return repetition(self.content, repeated.told, self.draft.as_of).asked_again

    @cached_property
    def to_ask_again(self) -> list[tuple[Stage, dict[str, str]]]:
        """What is asked again, can still change something and has no new answer: labels by fact, by stage."""
        found = []
        typed, wanted = self.draft.typed, self.asked_again.keys() & (self.open_questions | {EVENTS})
        for stage in self.form.stages if wanted else ():
            facts = stage.section.facts if stage.section is not None else ()
            open_here = {
                fact.name: fact.label
                for fact in facts
                if fact.name in wanted and not is_answered(fact, typed)
            }
            if stage.section is None and EVENTS in wanted and not any(typed.get(name) for name in ASKED_ANEW):
                open_here[EVENTS_LEAD] = _("whether the list is complete")
            if open_here:
                found.append((stage, open_here))
        return found

    def form_of(self, stage: Stage) -> StageForm | EventsForm:
        """Return the questions of `stage` with what was typed."""
        site_units = self.draft.participant.site.units
        former = former_answers(self.content.catalogue, self.asked_again, self.draft.as_of)
        if stage.section is None:
            unit = "mmol_l" if site_units == Units.SI else "mg_dl"
            return EventsForm(self.draft.typed, self.reading, self.draft.as_of, unit, former.get(EVENTS, ""))
        chosen = self.request.session.get(CHOSEN_UNITS, {})
        return self.form.forms[stage.id](
            self.draft.typed,
            self.reading,
            open_gates=self.open_gates,
            units=self.form.default_units(site_units, chosen),
            effects=kept_open(self.overview) if self.overview is not None else {},
            asks_for=self.asks_for,
            former=former,
        )

    def address(self, name: str, *args: str) -> str:
        return reverse(name, args=[self.draft.participant.reference, self.draft.pk, *args])

    @property
    def saved_at(self) -> str:
        zone = ZoneInfo(self.draft.participant.site.time_zone)
        moment = timezone.localtime(self.draft.updated_at, zone)
        today = timezone.localtime(timezone.now(), zone).date()
        day = "" if moment.date() == today else f"{say_day(moment.date())}, "
        return f"{day}{moment:%H:%M}"

    def context(self, **more: Any) -> dict[str, Any]:
        """Return what every page of the form shows."""
        return {
            "draft": self.draft,
            "reference": self.draft.participant.reference,
            "as_of": say_day(self.draft.as_of),
            "saved_at": self.saved_at,
            "panel": self.panel,
            "worked_out": self.form.worked_out(self.reading.answers),
            "problems": self.problems,
            "disagreements": self.disagreements,
            "to_ask_again": [(stage, labels.values()) for stage, labels in self.to_ask_again],
            **more,
        }


@allow(Role.CLINICIAN)
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: SignedInRequest) -> HttpResponse:
    """Begin a pre-screen of someone new, or of someone who has a reference."""
    if request.method != "POST":
        initial = {"token": uuid.uuid4(), "reference": request.GET.get("reference", "")[:20]}
        return render(
            request, "screening/start.html", {"form": StartForm(user=request.user, initial=initial)}
        )
    form = StartForm(request.POST, user=request.user)
    if not form.is_valid():
        return render(request, "screening/start.html", {"form": form}, status=422)
    person = form.cleaned_data["reference"]
    site = person.site if person is not None else form.cleaned_data["site"]
    draft = actions.start_draft(
        participant=person,
        site=site,
        by=request.user,
        at=timezone.now(),
        as_of=site.today(),
        token=form.cleaned_data["token"],
    )
    return redirect("pre_screen_form", draft.participant.reference, draft.pk)


def of_a_form(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give `view` the form that its address names, in place of the address.

    A form that its owner recorded meanwhile leads to the pre-screen; any other is not found.
    """

    @wraps(view)
    def found(
        request: SignedInRequest, reference: str, draft_id: uuid.UUID, *rest: str, **named: str
    ) -> HttpResponse:
        drafts = Draft.objects.visible_to(request.user).select_related("participant__identity")
        try:
            draft = drafts.get(pk=draft_id, participant__reference=reference)
        except Draft.DoesNotExist:
            return _recorded(request, reference, draft_id)
        draft.participant.site = request.user.site(draft.participant.site_id)
        shows(request, draft.participant)
        return view(FormPage(request, draft), *rest, **named)

    return found


def _recorded(request: SignedInRequest, reference: str, draft_id: uuid.UUID) -> HttpResponse:
    screening = get_object_or_404(
        Screening.objects.visible_to(request.user)
        .recorded_by_user(request.user)
        .select_related("participant")
        .only("participant", "participant__reference"),
        token=draft_id,
        participant__reference=reference,
    )
    asked_for = request.resolver_match.url_name if request.resolver_match is not None else ""
    if request.method == "POST" and asked_for in ("stage", "panel"):
        messages.warning(
            request, _("Recorded before: what was typed into the form since is not kept. Edit adds it.")
        )
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(screening.get_absolute_url())
    return redirect(screening)


@allow(Role.CLINICIAN)
@require_safe
@shows_nobody
@of_a_form
def resume(page: FormPage) -> HttpResponse:
    """Open a form on its first stage; where something is asked again, on the first question of that."""
    for stage, labels in page.to_ask_again:
        return redirect(f"{page.address('stage', stage.id)}#fact-{next(iter(labels))}")
    return redirect(page.address("stage", page.form.stages[0].id))


@allow(Role.CLINICIAN)
@require_http_methods(["GET", "HEAD", "POST"])
@of_the_form
@of_a_form
def stage(page: FormPage, stage: str) -> HttpResponse:
    """Show one stage, or all on one page; keep whatever was typed and go where the button says."""
    if stage != WHOLE_FORM and stage not in page.form.by_id:
        raise Http404
    if page.request.method == "POST":
        page = _save(page, stage)
        answer = _deed(page, stage)
        if answer is not None:
            return answer
    if stage == WHOLE_FORM:
        return _whole_form(page)
    return _stage(page, page.form.by_id[stage])


def _stage(page: FormPage, here: Stage) -> HttpResponse:
    form = page.form_of(here)
    after, before = page.form.after(here), page.form.before(here)
    template = "screening/events.html" if here.id == EVENTS_STAGE else "screening/stage.html"
    refused = page.request.method == "POST"
    return render(
        page.request,
        template,
        page.context(
            stage=here,
            stages=page.stages(here.id),
            form=form,
            after=after,
            before=before,
            takes_sensor_file=page.form.by_fact["cgm_time_in_range"] == here,
        ),
        status=422 if refused else 200,
    )


def _whole_form(page: FormPage) -> HttpResponse:
    forms = [(here, page.form_of(here)) for here in page.form.stages]
    summary = [line for _, form in forms for line in form.summary]
    refused = page.request.method == "POST"
    return render(
        page.request,
        "screening/whole_form.html",
        page.context(forms=forms, summary=summary, stages=page.stages(WHOLE_FORM)),
        status=422 if refused else 200,
    )


def _deed(page: FormPage, stage: str) -> HttpResponse | None:
    """Do what the button that was pressed says; None to show the page again, with what is to be mended."""
    post = page.request.POST
    if "clear" in post:
        return _clear(page, stage, post["clear"])
    if "no_to_all" in post:
        return _no_to_all(page, stage, post["no_to_all"])
    if "do" in post:
        return _rest_or_rows(page, stage, post["do"])
    go = post.get("go", "")
    if go == "leave":
        messages.info(
            page.request,
            _("{reference} is kept under In progress.").format(reference=page.draft.participant.reference),
        )
        return redirect("pre_screens")
    if go == "review":
        return redirect(page.address("review"))
    if go == "sensor":
        return redirect("sensor_file", page.draft.participant.reference)
    if go == WHOLE_FORM or go in page.form.by_id:
        return redirect(page.address("stage", go))
    if go == "next":
        here = page.form.by_id.get(stage)
        wrong = page.problems if here is None else [link for link, _ in page.problems if link.stage == here]
        if wrong:
            return None
        after = page.form.after(here) if here is not None else None
        return redirect(page.address("stage", after.id) if after is not None else page.address("review"))
    return HttpResponseRedirect(page.address("stage", stage) + _field(page, stage))


def _field(page: FormPage, stage: str) -> str:
    """Return the fragment of the field, or the question, that Enter was pressed in, as a script tells it."""
    field = page.request.POST.get("field", "")
    return f"#{field}" if field.removeprefix("fact-") in _names(page, stage) else ""


def _clear(page: FormPage, stage: str, what: str) -> HttpResponse:
    """Make one answer, or one row of the severe events, blank again."""
    fact = page.content.catalogue.facts.get(what)
    rows = {f"event-{row}": row for row in range(row_count(page.draft.typed))}
    if fact is not None and fact.asked:
        names, anchor = (*inputs_of(fact), f"{what}-asked"), f"#fact-{what}"
    elif what in rows:
        names, anchor = event_inputs(rows[what]), f"#{what}"
    else:
        return redirect(page.address("stage", stage))
    actions.clear_inputs(page.draft, names=names, at=timezone.now())
    return HttpResponseRedirect(page.address("stage", stage) + anchor)


def _no_to_all(page: FormPage, stage: str, key: str) -> HttpResponse:
    """Answer no to the items of one block that have no answer yet, each by itself."""
    for here in page.form.stages:
        if here.section is None:
            continue
        form = page.form_of(here)
        assert isinstance(form, StageForm)
        items = form.items_of(key)
        if items:
            blank = {name: "no" for name in items if not page.draft.typed.get(name)}
            actions.fill_inputs(page.draft, typed=blank, catalogue=page.content.catalogue, at=timezone.now())
            return HttpResponseRedirect(f"{page.address('stage', stage)}#block-{key}")
    return redirect(page.address("stage", stage))


def _rest_or_rows(page: FormPage, stage: str, deed: str) -> HttpResponse:
    here = page.form.by_id.get(stage)
    anchor = ""
    if deed == "rows":
        rows = row_count(page.draft.typed)
        actions.add_event_rows(page.draft, rows=rows + MORE_ROWS, at=timezone.now())
        anchor = f"#event-{rows}"
    elif deed == "rest" and here is not None and here.section is not None:
        facts = page.reading.payload["facts"]
        wrong = {problem.input.partition("-")[0] for problem in page.reading.problems}
        blank = [
            fact
            for fact in here.section.facts
            if fact.name in page.open_questions and fact.name not in facts and fact.name not in wrong
        ]
        typed = dict(
            (fact.name, "unknown") if fact.kind in ("yes_no", "choice") else (f"{fact.name}-unknown", "yes")
            for fact in blank
        )
        actions.fill_inputs(page.draft, typed=typed, catalogue=page.content.catalogue, at=timezone.now())
        anchor = "#rest"
    elif deed == "rest" and here is not None and not page.draft.typed.get("events-lead"):
        actions.fill_inputs(
            page.draft,
            typed={"events-lead": "unknown"},
            catalogue=page.content.catalogue,
            at=timezone.now(),
        )
    return HttpResponseRedirect(page.address("stage", stage) + anchor)


@allow(Role.CLINICIAN)
@require_POST
@of_the_form
@of_a_form
def panel_of(page: FormPage) -> HttpResponse:
    """Keep what was typed so far and show where the trials stand."""
    stage = page.request.POST.get("stage", "")
    if stage != WHOLE_FORM and stage not in page.form.by_id:
        raise Http404
    page = _save(page, stage)
    response = render(page.request, "screening/_panel.html", page.context())
    open_blocks = [
        f"{here.id}-{number}"
        for here in page.form.stages
        if here.section is not None
        for number, block in enumerate(page.form.forms[here.id].plan)
        if block.gate and block.gate in page.open_gates
    ]
    return trigger_client_event(response, "gates", {"open": open_blocks})


@allow(Role.CLINICIAN)
@require_http_methods(["GET", "HEAD", "POST"])
@of_the_form
@of_a_form
def review(page: FormPage) -> HttpResponse:
    """Show all answers before they are recorded; take another day for the pre-screen."""
    day_error, day = "", say_day(page.draft.as_of)
    if page.request.method == "POST":
        day = page.request.POST.get("as_of", "").strip()[:MAX_TEXT]
        day_error = _change_day(page, day)
        if not day_error:
            return redirect(page.address("review"))
    return _review(page, day=day, day_error=day_error, status=422 if day_error else 200)


def _review(
    page: FormPage,
    *,
    day: str,
    day_error: str = "",
    reason: str = "",
    reason_error: str = "",
    status: int = 200,
) -> HttpResponse:
    found = parts(page.form, page.reading, page.open_gates)
    return render(
        page.request,
        "screening/review.html",
        page.context(
            parts=found,
            changes=page.changes,
            untouched=[part for part in found if part.untouched],
            day=day,
            day_error=day_error,
            reason=reason,
            reason_error=reason_error,
            version=page.draft.updated_at.isoformat(),
            empty=not page.reading.payload["facts"] and len(page.reading.payload) == 2,
        ),
        status=status,
    )


def _change_day(page: FormPage, text: str) -> str:
    """Make `text` the day of the pre-screen; return what is wrong with it, or nothing."""
    today = page.draft.participant.site.today()
    try:
        written = written_date(text, today)
        span = read_date(written) if isinstance(written, str) else None
    except AmbiguousDate as error:
        return str(error)
    except ValueError:
        span = None
    if span is None or not span.exact:
        return _("Enter the day of the pre-screen, like {day}").format(day=say_day(today))
    if span.first > today:
        return _("Enter a day up to today, {day}").format(day=say_day(today))
    actions.change_day(page.draft, as_of=span.first, at=timezone.now())
    return ""


@allow(Role.CLINICIAN)
@require_POST
@of_the_form
@of_a_form
def record(page: FormPage) -> HttpResponse:
    """Record the pre-screen, once, as it was reviewed."""
    request = page.request
    if request.POST.get("version") != page.draft.updated_at.isoformat():
        messages.warning(request, _("The answers changed after this review was opened. Check them again."))
        return redirect(page.address("review"))
    day, reason = say_day(page.draft.as_of), _plain(request.POST.get("reason", "").strip())
    try:
        screening = actions.record_screening(
            page.draft,
            by=request.user,
            at=timezone.now(),
            token=page.draft.pk,
            content=page.content,
            reason=reason,
        )
    except actions.NotRecordable:
        return _review(page, day=day, reason=reason, status=422)
    except actions.ReasonMissing:
        return _review(page, day=day, reason_error=str(REASON_MISSING), status=422)
    except actions.DraftChanged:
        messages.warning(request, _("The answers changed while they were recorded. Check them again."))
        return redirect(page.address("review"))
    except actions.AlreadyCorrected:
        messages.error(request, _("The pre-screen that this would replace has been replaced already."))
        return redirect(page.address("review"))
    return redirect(screening)


@allow(Role.CLINICIAN)
@require_http_methods(["GET", "HEAD", "POST"])
@of_the_form
@of_a_form
def discard(page: FormPage) -> HttpResponse:
    """Ask, and then remove the form with all that was typed into it."""
    if page.request.method != "POST":
        return render(page.request, "screening/discard.html", page.context())
    actions.discard_draft(page.draft, by=page.request.user, at=timezone.now())
    messages.success(
        page.request,
        _("The form about {reference} was discarded.").format(reference=page.draft.participant.reference),
    )
    return redirect("pre_screens")


@allow(Role.CLINICIAN)
@require_POST
@shows_nobody
def correct(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Begin a correction of a recorded pre-screen, with its answers filled in."""
    screening = get_object_or_404(
        Screening.objects.visible_to(request.user).select_related("participant__identity"),
        pk=pk,
        participant__reference=reference,
    )
    try:
        draft = actions.supersede(
            screening, by=request.user, at=timezone.now(), catalogue=installed_content().catalogue
        )
    except actions.AlreadyCorrected:
        messages.error(request, _("This pre-screen has been replaced: correct the one that replaced it."))
        return redirect(screening)
    except Erased:
        messages.error(request, _("The identity of this person was erased: what is recorded stays as it is."))
        return redirect(screening)
    return redirect("pre_screen_form", reference, draft.pk)


def _save(page: FormPage, stage: str) -> FormPage:
    """Keep what was posted and return the page anew."""
    names = _names(page, stage)
    typed = _typed(page.request.POST, names)
    try:
        draft = actions.save_draft(
            page.draft,
            typed=typed,
            names=names,
            catalogue=page.content.catalogue,
            at=timezone.now(),
            turn=page.request.POST.get("turn", ""),
        )
    except Draft.DoesNotExist:
        raise Http404 from None
    draft.participant = page.draft.participant
    _remember_units(page, typed)
    return FormPage(page.request, draft)


def _names(page: FormPage, stage: str) -> list[str]:
    """Return the names of the inputs of one stage, or of all."""
    stages = page.form.stages if stage == WHOLE_FORM else [page.form.by_id[stage]]
    return [name for here in stages for name in page.form.inputs(here, page.draft.typed)]


def _typed(post: QueryDict, names: Iterable[str]) -> dict[str, str | list[str]]:
    """Return what was posted for the inputs `names`, each cut to a bearable length."""
    typed: dict[str, str | list[str]] = {}
    for name in names:
        if name not in post:
            continue
        if name.endswith("-symptoms"):
            typed[name] = [_plain(str(text)) for text in post.getlist(name)[:20]]
        else:
            typed[name] = _plain(str(post[name]))
    return typed


def _plain(text: str) -> str:
    """Return `text` without the one character that PostgreSQL cannot store."""
    return text.replace("\0", "")[:MAX_TEXT]


def _remember_units(page: FormPage, typed: dict[str, str | list[str]]) -> None:
    """Offer the unit chosen here first next time, to this person in this session."""
    facts = page.content.catalogue.facts
    chosen = {
        stem: unit
        for name, unit in typed.items()
        if name.endswith("-unit")
        and (stem := name.removesuffix("-unit")) in facts
        and str(typed.get(stem, ""))[-1:].isdigit()
        and isinstance(unit, str)
        and unit in facts[stem].units
        and len(facts[stem].units) > 1
    }
    before = page.request.session.get(CHOSEN_UNITS, {})
    if not chosen.items() <= before.items():
        page.request.session[CHOSEN_UNITS] = {**before, **chosen}
