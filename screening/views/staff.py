"""The staff of the sites that the reader administers: roles given and ended, and how each site works."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from screening.access import SignedInRequest, allow
from screening.actions.accounts import add_account
from screening.actions.sites import SwitchedMeanwhile, change_settings
from screening.actions.staff import (
    LastAdministrator,
    add_membership,
    end_membership,
    is_last_administrator,
)
from screening.content import installed_content
from screening.forms.staff import GiveRoleForm, SettingsForm
from screening.models import Membership, Role, Site, User
from screening.presentation.staff import role_line, staff_of


@allow(Role.ADMINISTRATOR)
@require_safe
def staff(request: SignedInRequest) -> HttpResponse:
    """Show who works at the reader's sites, in which role, and how each site is switched."""
    return _page(request)


@allow(Role.ADMINISTRATOR)
@require_POST
def give_role(request: SignedInRequest) -> HttpResponse:
    """Give a role at an own site; who has no account gets one."""
    form = GiveRoleForm(request.POST, sites=_sites(request), trials=_trials())
    if not form.is_valid():
        return _page(request, giving=form, status=422)
    given, now = form.cleaned_data, timezone.now()
    site = form.sites[given["site"]]
    try:
        with transaction.atomic():
            user, is_new = add_account(
                email=given["email"],
                name=given["name"],
                password=given["first_password"],
                by=request.user,
                at=now,
            )
            _, changed = add_membership(
                user=user,
                site=site,
                role=given["role"],
                protocol=given["protocol"],
                until=given["until"],
                by=request.user,
                at=now,
            )
    except LastAdministrator:
        form.refuse_last_administrator()
        return _page(request, giving=form, status=422)
    messages.success(request, _given(user, site, Role(given["role"]), is_new=is_new, changed=changed))
    return redirect("staff")


def _given(user: User, site: Site, role: Role, *, is_new: bool, changed: bool) -> str:
    words = _("{user} is now {role} at {site}.") if changed else _("{user} is already {role} at {site}.")
    said = words.format(user=user, role=role.label.lower(), site=site)
    if is_new:
        return _("{said} Hand the first password over in person, and see the second factor set up.").format(
            said=said
        )
    return said


@allow(Role.ADMINISTRATOR)
@require_http_methods(["GET", "HEAD", "POST"])
def end_role(request: SignedInRequest, pk: int) -> HttpResponse:
    """Ask once more, and end a role at an own site."""
    held = Membership.objects.visible_to(request.user).select_related("user", "site")
    membership = get_object_or_404(held, pk=pk)
    line = role_line(membership, _titles())
    if not membership.is_current():
        messages.info(
            request,
            _("{user} is no longer {role} at {site}.").format(
                user=membership.user, role=line.label.lower(), site=membership.site
            ),
        )
        return redirect("staff")
    now, seen = timezone.now(), membership.until.isoformat() if membership.until is not None else ""
    context = {
        "membership": membership,
        "role": line,
        "seen": seen,
        "is_self": membership.user == request.user,
    }
    if is_last_administrator(membership, at=now):
        status = 409 if request.method == "POST" else 200
        return render(request, "staff/end.html", {**context, "is_last": True}, status=status)
    if request.method != "POST":
        return render(request, "staff/end.html", context)
    if request.POST.get("seen", "") != seen:
        return render(request, "staff/end.html", {**context, "is_changed": True}, status=409)
    try:
        end_membership(membership, by=request.user, at=now)
    except LastAdministrator:
        return render(request, "staff/end.html", {**context, "is_last": True}, status=409)
    messages.success(
        request,
        _("{user} is no longer {role} at {site}.").format(
            user=membership.user, role=line.label.lower(), site=membership.site
        ),
    )
    return redirect("staff")


@allow(Role.ADMINISTRATOR)
@require_POST
def site_settings(request: SignedInRequest, slug: str) -> HttpResponse:
    """Switch how an own site works."""
    own = [site.pk for site in request.user.sites_as(Role.ADMINISTRATOR)]
    site = get_object_or_404(Site.objects.filter(pk__in=own), slug=slug)
    form = SettingsForm(request.POST)
    if not form.is_valid():
        return _page(request, switching={slug: form}, status=422)
    try:
        changed = change_settings(
            site,
            wanted=form.wanted,
            seen=form.cleaned_data["seen"],
            by=request.user,
            at=timezone.now(),
        )
    except SwitchedMeanwhile:
        return _page(request, switched_meanwhile=slug, status=409)
    messages.success(
        request,
        (_("Kept for {site}.") if changed else _("Nothing changed for {site}.")).format(site=site),
    )
    return redirect("staff")


def _sites(request: SignedInRequest) -> dict[str, Site]:
    return {site.slug: site for site in request.user.sites_as(Role.ADMINISTRATOR)}


def _titles() -> dict[str, str]:
    return {protocol.id: protocol.title for protocol in installed_content().protocols}


def _trials() -> dict[str, str]:
    """Return what a role may be bound to, by title."""
    trials = [one for one in installed_content().protocols if one.kind != "guideline"]
    return {one.id: one.title for one in sorted(trials, key=lambda one: one.title)}


def _page(
    request: SignedInRequest,
    *,
    giving: GiveRoleForm | None = None,
    switching: dict[str, SettingsForm] | None = None,
    switched_meanwhile: str = "",
    status: int = 200,
) -> HttpResponse:
    sites, titles = _sites(request), _titles()
    memberships: dict[int, list[Membership]] = {site.pk: [] for site in sites.values()}
    for one in Membership.objects.visible_to(request.user).select_related("user"):
        memberships[one.site_id].append(one)
    factors: dict[int, set[str]] = {}
    holders = {one.user_id for of_site in memberships.values() for one in of_site}
    for user_id, kind in Authenticator.objects.filter(user__in=holders).values_list("user", "type"):
        factors.setdefault(user_id, set()).add(kind)
    parts: list[dict[str, Any]] = [
        {
            "staff": staff_of(
                site, memberships[site.pk], factors=factors, titles=titles, reader=request.user
            ),
            "settings": (switching or {}).get(slug) or SettingsForm.of(site),
            "meanwhile": switched_meanwhile == slug,
        }
        for slug, site in sites.items()
    ]
    return render(
        request,
        "staff/staff.html",
        {
            "parts": parts,
            "giving": giving or GiveRoleForm(sites=sites, trials=_trials()),
            "wrong": status != 200,
        },
        status=status,
    )
