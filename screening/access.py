"""Who may use a view: declared on every view, checked at start-up, enforced before the view runs.

    @allow("clinician", "coordinator")   # signed in, and holding one of these roles at any site
    @allow_signed_in                     # signed in, whatever the role
    @allow_anyone                        # everybody

Where a second factor is required, signed in means with one; without it only the pages that set one up open.
Which people and sites a view then shows is the queryset's business (`visible_to`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from screening.models.people import Role, User

View = TypeVar("View", bound=Callable[..., Any])


METHODS = ("GET", "HEAD", "POST")
"""What pages and forms are asked by; allauth's views would take PUT for POST, and DELETE."""


class SignedInRequest(HttpRequest):
    """The request of a view behind `allow` or `allow_signed_in`: its user is an account."""

    user: User


@dataclass(frozen=True)
class Access:
    """What a view asks of its caller."""

    signed_in: bool
    roles: frozenset[str] = frozenset()
    sets_up: bool = False
    """Open before the second factor is there, to set it up."""


ANYONE = Access(signed_in=False)
SIGNED_IN = Access(signed_in=True)
SETS_UP = Access(signed_in=True, sets_up=True)

# allauth's views, and ours that are built on them, by URL name: they cannot carry a decorator.
DECLARED_ELSEWHERE = {
    "account_login": ANYONE,
    "account_inactive": ANYONE,
    # Anyone: to leave half-way, after the password and before the code.
    "account_logout": ANYONE,
    "account_change_password": SIGNED_IN,
    "account_reauthenticate": SETS_UP,
    # Anyone: they open only to who has just given the right password, or holds a passkey.
    "mfa_authenticate": ANYONE,
    "mfa_login_webauthn": ANYONE,
    "mfa_index": SETS_UP,
    "mfa_activate_totp": SETS_UP,
    "mfa_deactivate_totp": SIGNED_IN,
    "mfa_add_webauthn": SETS_UP,
    "mfa_edit_webauthn": SIGNED_IN,
    "mfa_remove_webauthn": SIGNED_IN,
    "mfa_view_recovery_codes": SIGNED_IN,
    "mfa_generate_recovery_codes": SIGNED_IN,
    "mfa_download_recovery_codes": SIGNED_IN,
    "mfa_reauthenticate": SIGNED_IN,
    "mfa_reauthenticate_webauthn": SIGNED_IN,
}


def allow(*roles: str) -> Callable[[View], View]:
    """Open a view to people who hold one of `roles` at any site.

    Raises:
        ImproperlyConfigured: no role, or one that does not exist.
    """
    unknown = sorted(set(roles) - set(Role.values))
    if unknown or not roles:
        known = ", ".join(Role.values)
        raise ImproperlyConfigured(f"allow() takes one or more of {known}; got {unknown or 'nothing'}")
    return _declare(Access(signed_in=True, roles=frozenset(roles)))


def allow_signed_in(view: View) -> View:
    """Open a view to everybody who is signed in."""
    return _declare(SIGNED_IN)(view)


def allow_anyone(view: View) -> View:
    """Open a view to everybody."""
    return _declare(ANYONE)(view)


def _declare(access: Access) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        view.access = access  # type: ignore[attr-defined]
        return view

    return decorate


def declared_access(view: Callable[..., Any], name: str | None) -> Access | None:
    """Return what `view`, routed under the URL `name`, declares; None if it declares nothing."""
    access = getattr(view, "access", None)
    if access is None and name is not None:
        access = DECLARED_ELSEWHERE.get(name)
    return access


def routed_views(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[tuple[str, URLPattern]]:
    """Yield the route and the pattern of every view in the URLconf."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routed_views(entry, route)
        else:
            yield route, entry


def signed_in_recently(request: HttpRequest) -> bool:
    """Return whether the person has proved who they are within the last 5 minutes, in this session."""
    records = get_authentication_records(request, request.user)
    return bool(records) and time.time() - records[-1]["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def lacks_second_factor(request: HttpRequest) -> bool:
    """Return whether one is required and this session was opened, and went on, without it."""
    return settings.REQUIRE_SECOND_FACTOR and not any(
        record["method"] == "mfa" for record in get_authentication_records(request, request.user)
    )


class AccessMiddleware:
    """Let a request reach its view only if the view's declaration allows it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        match = request.resolver_match
        access = declared_access(view, match.url_name if match else None)
        if access is None:
            raise PermissionDenied
        if not access.signed_in:
            return None
        user = request.user
        if not user.is_authenticated:
            return _to_sign_in(request)
        if not access.sets_up and lacks_second_factor(request):
            return _to_set_up(request)
        if access.roles and not access.roles & user.roles:
            raise PermissionDenied
        return None


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send the person to sign in, and back to the page they were on; a form's answer is not sent again."""
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    if htmx:
        return HttpResponseClientRedirect(redirect_to_login(htmx.current_url_abs_path or "/").url)
    return redirect_to_login(request.get_full_path() if request.method == "GET" else _page_of_form(request))


def _page_of_form(request: HttpRequest) -> str:
    """Return the page of this site that a form was sent from, as the browser tells it; else the first one."""
    sent_from = request.headers.get("Referer", "")
    here = f"{request.scheme}://{request.get_host()}"
    page = sent_from.removeprefix(here)
    same_site = page != sent_from and page.startswith("/") and url_has_allowed_host_and_scheme(page, None)
    return page if same_site else "/"


def _to_set_up(request: HttpRequest) -> HttpResponse:
    address = reverse("mfa_index")
    htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return HttpResponseClientRedirect(address) if htmx else HttpResponseRedirect(address)
