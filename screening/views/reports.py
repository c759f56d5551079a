"""The screening log, the pre-screening log, the report on a trial, and their exports.

What someone may see stands in `scopes_of`: nothing here is read of any other site or trial.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from screening.access import SignedInRequest, allow
from screening.actions.exports import record_export
from screening.content import installed_content
from screening.forms.reports import Choices, ExportForm, FilterForm
from screening.interop.exporting import Export
from screening.interop.exports import WHAT
from screening.models import logs
from screening.models.people import Role, Site
from screening.models.referrals import TrialReferral
from screening.models.scopes import AT_CENTRE, AT_CLINIC, Scope, scopes_of
from screening.presentation import lists
from screening.presentation.logs import CLINIC_OUTCOMES, OUTCOMES, log_rows, pre_log_rows
from screening.presentation.reports import report as make_report

PAGE_LENGTH = 50
LATEST = 200
"""How many of the latest referrals say which trial the reader most likely comes for."""


@allow(*AT_CLINIC)
@require_safe
def pre_screening_log(request: SignedInRequest) -> HttpResponse:
    """List everybody a clinic has pre-screened, latest first, a page at a time."""
    sites = {site.slug: site for site in request.user.sites_as(*AT_CLINIC)}
    form = FilterForm(
        request.GET,
        places=[(site.slug, site.name) for site in sites.values()],
        place_label=_("Clinic"),
        outcomes=list(CLINIC_OUTCOMES.items()),
        trials=list(_titles().items()),
    )
    if not form.is_valid():
        return _refused(request, "pre_screening_log", form)
    wanted = form.wanted
    site = sites[wanted.get("place", next(iter(sites)))]
    found = logs.pre_screened(site, form.period)
    if "outcome" in wanted:
        found = logs.with_clinic_outcome(found, wanted["outcome"])
    if "trial" in wanted:
        found = logs.referred_to(found, wanted["trial"])
    after = _place(request.GET.get("after", ""))
    page = list((found if after is None else found.filter(pk__lt=after))[: PAGE_LENGTH + 1])
    shown = page[:PAGE_LENGTH]
    return _page(
        request,
        "pre_screening_log",
        {
            "form": form,
            "site": site,
            "rows": pre_log_rows(shown, site),
            "number": found.order_by().count(),
            "filtered": bool(wanted.keys() - {"place"}),
            "with_words": site in request.user.sites_as(Role.CLINICIAN),
            "export": _export_link("pre_screening_log", site.slug, wanted),
            **_pages(wanted, shown[-1].pk if len(page) > PAGE_LENGTH else None, after),
        },
    )


@allow(*AT_CENTRE)
@require_safe
def screening_log(request: SignedInRequest) -> HttpResponse:
    """List every referral that a centre received for one trial, latest first, a page at a time."""
    titles = _titles()
    scopes = {scope.value: scope for scope in scopes_of(request.user, list(titles)) if scope.centre}
    form = FilterForm(
        request.GET, places=_by_site(list(scopes.values()), titles), outcomes=list(OUTCOMES.items())
    )
    if not form.is_valid():
        return _refused(request, "screening_log", form)
    if not scopes:
        return _page(request, "screening_log", {"form": form, "rows": []})
    wanted = form.wanted
    scope = scopes[wanted["place"]] if "place" in wanted else _likeliest(request, list(scopes.values()))
    form.stand_at(scope.value)
    found = logs.received(scope.site, scope.protocol, form.period)
    if "outcome" in wanted:
        found = logs.with_outcome(found, wanted["outcome"])
    after = _place(request.GET.get("after", ""))
    page = list(logs.for_log(found if after is None else found.filter(sent__pk__lt=after))[: PAGE_LENGTH + 1])
    shown = page[:PAGE_LENGTH]
    return _page(
        request,
        "screening_log",
        {
            "form": form,
            "site": scope.site,
            "title": titles.get(scope.protocol, scope.protocol),
            "may_open": not request.user.roles.isdisjoint((Role.COORDINATOR, Role.INVESTIGATOR)),
            "rows": log_rows(shown, scope.site),
            "number": found.order_by().count(),
            "filtered": bool(wanted.keys() - {"place"}),
            "export": _export_link("screening_log", scope.value, wanted),
            **_pages(wanted, shown[-1].place if len(page) > PAGE_LENGTH else None, after),
        },
    )


@allow(*Role.values)
@require_safe
def report(request: SignedInRequest) -> HttpResponse:
    """Show the figures of one trial at one site, as far as the reader may see them."""
    titles = _titles()
    scopes = {scope.value: scope for scope in scopes_of(request.user, list(titles))}
    form = FilterForm(request.GET, places=_by_site(list(scopes.values()), titles))
    if not form.is_valid():
        return _refused(request, "report", form)
    if not scopes:
        return _page(request, "report", {"form": form})
    wanted = form.wanted
    scope = scopes[wanted["place"]] if "place" in wanted else _likeliest(request, list(scopes.values()))
    made = make_report(scope, criteria=_criteria(scope.protocol), now=timezone.now(), period=form.period)
    form.stand_at(scope.value)
    if made.hides_small and not scope.clinic:
        del form.fields["first"], form.fields["last"]
    return _page(
        request,
        "report",
        {
            "form": form,
            "site": scope.site,
            "title": titles.get(scope.protocol, scope.protocol),
            "report": made,
            "filtered": bool(wanted.keys() - {"place"}),
            "export": _export_link("report", scope.value, wanted),
        },
    )


@allow(*Role.values)
@require_http_methods(["GET", "HEAD", "POST"])
def export(request: SignedInRequest) -> HttpResponse | StreamingHttpResponse:
    """Ask what is to leave in which form, and send it, written down in the trail first."""
    titles = _titles()
    there = _exportable(request, titles)
    what = [
        (label, [(value, f"{label}: {_named(scope, titles)}") for value, scope in group])
        for label, group in (
            (label, [one for one in there.items() if one[0].startswith(f"{kind}:")])
            for kind, label in WHAT.items()
        )
        if group
    ]
    coded = frozenset(value for value, scope in there.items() if scope.clinic or scope.centre)
    if request.method != "POST":
        form = ExportForm(None, what=what, coded=coded, initial=request.GET.dict())
        return _page(request, "export", {"form": form})
    form = ExportForm(request.POST, what=what, coded=coded)
    if not form.is_valid():
        return _refused(request, "export", form)
    chosen = form.cleaned_data
    kind, scope = chosen["what"].partition(":")[0], there[chosen["what"]]
    now = timezone.now()
    leaving = Export(kind, chosen["form"], chosen["format"], scope, now, form.period)
    record_export(
        what=kind,
        form=chosen["form"],
        file_format=chosen["format"],
        rows=leaving.rows,
        site=scope.site,
        protocol=scope.protocol,
        by=request.user,
        at=now,
    )
    return StreamingHttpResponse(
        leaving.lines(),
        content_type=leaving.content_type,
        headers={"Content-Disposition": f'attachment; filename="{leaving.name}"'},
    )


def _exportable(request: SignedInRequest, titles: dict[str, str]) -> dict[str, Scope]:
    """Return what may leave through this user's hands, by its value in the form."""
    scopes = scopes_of(request.user, list(titles))
    found = {f"screening_log:{scope.value}": scope for scope in scopes if scope.centre}
    found |= {
        f"pre_screening_log:{site.slug}": Scope(site, "", clinic=True)
        for site in request.user.sites_as(*AT_CLINIC)
    }
    return found | {f"report:{scope.value}": scope for scope in scopes}


def _named(scope: Scope, titles: dict[str, str]) -> str:
    if not scope.protocol:
        return str(scope.site)
    return f"{titles.get(scope.protocol, scope.protocol)}, {scope.site}"


def _titles() -> dict[str, str]:
    """Return the trials that people are pre-screened for, by id."""
    return {
        protocol.id: protocol.title
        for protocol in installed_content().protocols
        if protocol.family in lists.FAMILIES
    }


def _likeliest(request: SignedInRequest, scopes: Sequence[Scope]) -> Scope:
    """Return where most of the latest referrals are that the reader may see; else the first at a centre."""
    first = next((one for one in scopes if one.centre), scopes[0])
    seen = TrialReferral.objects.visible_to(request.user).order_by("-pk")
    latest = Counter(seen.values_list("protocol", "clinic", "site")[:LATEST])
    found = (
        scope
        for (protocol, *sites), _ in latest.most_common()
        for scope in scopes
        if scope.protocol == protocol and scope.site.pk in sites
    )
    return next(found, first)


def _criteria(protocol_id: str) -> dict[str, str]:
    """Return the criteria of a trial as a line says them."""
    return {
        criterion.id: f"{criterion.id} {criterion.text}"
        for protocol in installed_content().protocols
        if protocol.id == protocol_id
        for criterion in protocol.criteria
    }


def _by_site(scopes: Sequence[Scope], titles: dict[str, str]) -> Choices:
    """Return the scopes as choices, under the names of their sites where there are several."""
    grouped: list[tuple[Site, list[tuple[str, str]]]] = [
        (site, [(one.value, titles.get(one.protocol, one.protocol)) for one in group])
        for site, group in groupby(scopes, key=lambda one: one.site)
    ]
    if len(grouped) == 1:
        return grouped[0][1]
    return [(site.name, choices) for site, choices in grouped]


TABS = (
    ("report", gettext_lazy("Report"), frozenset(Role.values)),
    ("screening_log", gettext_lazy("Screening log"), frozenset(AT_CENTRE)),
    ("pre_screening_log", gettext_lazy("Pre-screening log"), frozenset(AT_CLINIC)),
    ("export", gettext_lazy("Export"), frozenset(Role.values)),
)
"""The pages of logs and reports, and who may open each."""


def _page(request: SignedInRequest, name: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Answer with the page of that name, under the tabs that its reader may open."""
    tabs = [(title, reverse(page), page == name) for page, title, roles in TABS if roles & request.user.roles]
    return render(request, f"reports/{name}.html", {"tabs": tabs, **context}, status=status)


def _refused(request: SignedInRequest, name: str, form: Any) -> HttpResponse:
    return _page(request, name, {"form": form, "refused": True}, status=422)


def _export_link(what: str, place: str, wanted: dict[str, str]) -> str:
    said = {"what": f"{what}:{place}"} | {name: wanted[name] for name in ("first", "last") if name in wanted}
    return f"{reverse('export')}?{urlencode(said)}"


def _place(text: str) -> int | None:
    """Return the place in the list that `text` names; anything else is the start."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _pages(wanted: dict[str, str], last: int | None, after: int | None) -> dict[str, str]:
    return {
        "older": f"?{urlencode(wanted | {'after': str(last)})}" if last is not None else "",
        "newest": f"?{urlencode(wanted)}" if after is not None else "",
    }
