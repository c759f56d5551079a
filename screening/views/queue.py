"""A centre's queue: find referrals, plan several at once, keep a view."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from screening import actions
from screening.access import SignedInRequest, allow
from screening.actions.queue import forget_view, save_view
from screening.content import installed_content
from screening.forms.queue import KEEP, PlanForm, QueueForm, SavedViewForm, read_rows
from screening.models import Role, SavedView, Site, TrialReferral, User
from screening.models.queue import (
    ME,
    NOBODY,
    ORDERS,
    VIEWS,
    Order,
    colleagues,
    counts,
    narrowed,
    page_of,
)
from screening.presentation import queue as shown
from screening.presentation.lists import FAMILIES

PAGE_LENGTH = 50
LONGEST_FILTERS = 600
FIRST_YEAR, LAST_YEAR = 1, 9999
"""Beyond them a moment has no day in another time zone."""


@allow(Role.COORDINATOR, Role.INVESTIGATOR)
@require_safe
def queue(request: SignedInRequest) -> HttpResponse:
    """List the referrals to the trials that the reader works on, a page at a time."""
    return Queue(request, request.GET).page()


@allow(Role.COORDINATOR, Role.INVESTIGATOR)
@require_POST
def plan(request: SignedInRequest) -> HttpResponse:
    """Give the ticked referrals an owner, a due day or a next step: all of them or none."""
    page = Queue(request, _filters(request))
    ticked = read_rows(request.POST.getlist("row"))
    form = PlanForm(request.POST, owners=page.owners, today=page.today)
    if not ticked:
        form.add_error(None, _("Tick the referrals to plan first"))
    if not form.is_valid():
        return page.page(plan=form, ticked=ticked, status=422)
    trials = list(TrialReferral.objects.at_centre(request.user).filter(pk__in=ticked))
    for trial in trials:
        trial.version = ticked[trial.pk]
    wanted = form.cleaned_data
    changes: dict[str, Any] = {"owner": page.owner_of(wanted["owner"])}
    if wanted["due_on"] or wanted["no_due"]:
        changes["due_on"] = wanted["due_on"]
    if wanted["next_action"] or wanted["no_next"]:
        changes["next_action"] = wanted["next_action"]
    try:
        changed = actions.plan(trials, by=request.user, at=timezone.now(), **changes)
    except actions.MovedMeanwhile as meanwhile:
        return page.page(plan=form, ticked=ticked, moved=frozenset(meanwhile.trials), status=409)
    except actions.Refused as refused:
        for name, problem in refused.problems.items():
            form.add_error(name, problem)
        return page.page(plan=form, ticked=ticked, status=422)
    messages.success(request, _("Planned: {total}.").format(total=shown.total(changed)))
    return redirect(page.address)


@allow(Role.COORDINATOR, Role.INVESTIGATOR)
@require_POST
def saved_view(request: SignedInRequest) -> HttpResponse:
    """Keep the filters in use under a name, or take a view away."""
    page = Queue(request, _filters(request))
    key = request.POST.get("forget", "")
    if key:
        view = SavedView.objects.filter(user=request.user, pk=int(key)).first() if _is_key(key) else None
        if view is not None:
            forget_view(view)
        return redirect(page.address)
    form = SavedViewForm(request.POST)
    if form.is_valid():
        try:
            save_view(by=request.user, name=form.cleaned_data["name"], query=page.query)
        except actions.Refused as refused:
            form.add_error("name", refused.problems["name"])
        else:
            return redirect(page.address)
    return page.page(saving=form, status=422)


class Queue:
    """The queue of one reader under the filters of one address."""

    def __init__(self, request: SignedInRequest, data: QueryDict) -> None:
        self.request = request
        self.user: User = request.user
        self.now = timezone.now()
        self.sites = sites = {
            one.site_id: one.site
            for one in self.user.current_memberships
            if one.role in (Role.COORDINATOR, Role.INVESTIGATOR)
        }
        self.today = max(site.day_of(self.now) for site in sites.values())
        self.owners = colleagues(self.user)
        self.search = QueueForm(
            data,
            trials=_trials(self.user),
            owners=[(pk, name) for pk, name in self.owners if pk != self.user.pk],
            clinics=list(Site.objects.order_by("name").values_list("pk", "name")),
        )
        self.wanted = self.search.wanted
        self.order = ORDERS[self.wanted.get("order", "wait")]
        self.after = _read_place(data.get("after", ""), self.order)

    @property
    def query(self) -> str:
        return urlencode(self.wanted)

    @property
    def address(self) -> str:
        return f"{reverse('queue')}?{self.query}" if self.wanted else reverse("queue")

    def owner_of(self, choice: str) -> User | str | None:
        """Return who is meant by a choice of PlanForm."""
        if choice in ("", KEEP):
            return KEEP
        if choice == NOBODY:
            return None
        return self.user if choice == ME else User.objects.get(pk=int(choice))

    def page(
        self,
        *,
        plan: PlanForm | None = None,
        saving: SavedViewForm | None = None,
        ticked: dict[int, int] | None = None,
        moved: frozenset[int] = frozenset(),
        status: int = 200,
    ) -> HttpResponse:
        found = narrowed(self.wanted, user=self.user, today=self.today)
        page = page_of(found, self.order, self.after, PAGE_LENGTH + 1)
        more = len(page) > PAGE_LENGTH
        page = page[:PAGE_LENGTH]
        counted = counts(found, user=self.user, today=self.today)
        rows = shown.rows(
            page,
            sites=self.sites,
            now=self.now,
            address=reverse("trial_referral", args=["REFERENCE", 0]),
            ticked=ticked or {},
            moved=moved,
        )
        narrowing = {name for name in self.wanted if name != "order"}
        return render(
            self.request,
            "queue/queue.html",
            {
                "search": self.search,
                "wanted": self.wanted,
                "is_narrowed": bool(narrowing),
                "more_filters": bool(narrowing & {"clinic", "due", "order"} or "order" in self.wanted),
                "query": self.query,
                "views": shown.views(
                    counted,
                    self.wanted,
                    {id_: urlencode(filters) for id_, (_, filters) in VIEWS.items()},
                    self.query,
                ),
                "found": shown.total(counted.found),
                "order": self.order.label,
                "rows": rows,
                "moved": [row for row in rows if row["moved"]],
                "moved_elsewhere": len(moved - {row["pk"] for row in rows}),
                "plan": plan or PlanForm(None, owners=self.owners, today=self.today),
                "saving": saving or SavedViewForm(),
                "next": self._next(page[-1]) if more else "",
                "is_further": self.after is not None,
            },
            status=status,
        )

    def _next(self, last: tuple[Any, ...]) -> str:
        return urlencode(self.wanted | {"after": shown.place(last, self.order.column)})


def _trials(user: User) -> list[tuple[str, str]]:
    """Return the trials that may be in the reader's queue, by title."""
    places = user.trials_as(Role.COORDINATOR, Role.INVESTIGATOR)
    bounded = None if any(not protocol for _, protocol in places) else {protocol for _, protocol in places}
    return [
        (protocol.id, shown.short_trial(protocol.title))
        for protocol in installed_content().protocols
        if protocol.family in FAMILIES and (bounded is None or protocol.id in bounded)
    ]


def _filters(request: SignedInRequest) -> QueryDict:
    """Return the filters that came with a form of the queue."""
    return QueryDict(request.POST.get("filters", "")[:LONGEST_FILTERS])


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19


def _read_place(text: str, order: Order) -> tuple[date, int] | None:
    """Return the place in the queue that `text` names; anything else is the start."""
    value, _, key = text.partition("~")
    if not _is_key(key):
        return None
    try:
        place = order.reads.fromisoformat(value)
    except ValueError:
        return None
    if isinstance(place, datetime) and (place.tzinfo is None or not FIRST_YEAR < place.year < LAST_YEAR):
        return None
    return place, int(key)
