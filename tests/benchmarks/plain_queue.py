"""The queue as a plain Django list page: what the benchmark holds the product's against."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.utils import timezone

from screening.content import installed_content
from screening.flow import State
from screening.forms.queue import PlanForm, QueueForm, SavedViewForm
from screening.models import Site, TrialReferral, User
from screening.models.queue import WAITING
from screening.models.referrals import Phase
from screening.presentation.lists import FAMILIES

ORDERS = {
    "wait": ("state_since", "pk"),
    "newest": ("-state_since", "-pk"),
    "due": ("due_order", "pk"),
    "holds": ("holds_order", "pk"),
}
PAGE = 50


def plain_queue(request: HttpRequest) -> HttpResponse:
    """List referrals as a ListView does."""
    user: Any = request.user
    today = timezone.localdate()
    owners = list(
        User.objects.filter(memberships__role__in=["coordinator", "investigator"]).distinct().order_by("name")
    )
    form = QueueForm(
        request.GET,
        trials=[(one.id, one.title) for one in installed_content().protocols if one.family in FAMILIES],
        owners=[(one.pk, one.name) for one in owners],
        clinics=[(one.pk, one.name) for one in Site.objects.all()],
    )
    wanted = form.wanted
    sites = [one.site for one in user.current_memberships]
    found = TrialReferral.objects.filter(site__in=sites).select_related(
        "site", "clinic", "owner", "referral__participant", "referral__referred_by"
    )
    # The columns that the queue's indexes lead with: the plain page reads along the same ones.
    found = found.filter(phase=Phase.OPEN)
    if "trial" in wanted:
        found = found.filter(protocol=wanted["trial"])
    if "waiting" in wanted:
        found = found.filter(state__in=[state.value for state in WAITING[wanted["waiting"]]])
    if wanted.get("owner") == "me":
        found = found.filter(owner=user)
    elif wanted.get("owner") == "none":
        found = found.filter(owner__isnull=True)
    if wanted.get("due") == "today":
        found = found.filter(due_order__lte=today)
    if "holds" in wanted:
        found = found.filter(holds_order__lte=today + timedelta(days=30))
    paginator = Paginator(found.order_by(*ORDERS[wanted.get("order", "wait")]), PAGE)
    page = paginator.get_page(request.GET.get("page"))
    context = {
        "search": form,
        "wanted": wanted,
        "page": page,
        "paginator": paginator,
        "saved": list(user.saved_views.all()),
        "plan": PlanForm(None, owners=[(one.pk, one.name) for one in owners], today=today),
        "saving": SavedViewForm(),
        "today": today,
        "asked": State.INFORMATION_REQUESTED,
        "ours": [state.value for state in WAITING["us"]],
    }
    return HttpResponse(_template().render(context, request))


@cache
def _template() -> Any:
    """Return the template, parsed once, as the cached loader does."""
    return engines["django"].from_string((Path(__file__).parent / "plain_queue.html").read_text())
