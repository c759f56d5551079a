"""The bar at the top of every page: where it leads, and which of its places the reader is at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, gettext_lazy

from screening.access import lacks_second_factor
from screening.models.people import Role, User
from screening.models.referrals import Notice

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Place:
    """One entry of the menu.

    Attributes:
        title: what it is called.
        page: the name of its address.
        within: the names of the addresses that lie behind it.
        roles: who sees it; empty for everybody who is signed in.
    """

    title: StrOrPromise
    page: str
    within: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()


PLACES = (
    Place(
        gettext_lazy("Pre-screens"),
        "pre_screens",
        frozenset({"result", "refer"}),
        roles=frozenset({Role.CLINICIAN}),
    ),
    Place(gettext_lazy("Changes"), "coming_changes", roles=frozenset({Role.CLINICIAN})),
    Place(
        gettext_lazy("New pre-screen"),
        "new_pre_screen",
        frozenset({"pre_screen_form", "stage", "review", "discard", "blank_form"}),
        roles=frozenset({Role.CLINICIAN}),
    ),
    Place(
        gettext_lazy("People"),
        "people",
        frozenset(
            {
                "person",
                "identity",
                "erase_identity",
                "sensor_file",
                "sensor_report",
                "take_sensor_values",
                "remove_sensor_record",
            }
        ),
        roles=frozenset({Role.CLINICIAN}),
    ),
    Place(
        gettext_lazy("Our referrals"),
        "our_referrals",
        frozenset({"referral", "letter", "answer", "withdraw", "referral_pack"}),
        roles=frozenset({Role.CLINICIAN}),
    ),
    Place(
        gettext_lazy("Monitoring"),
        "monitoring",
        frozenset({"monitored_subject", "monitored_trail"}),
        roles=frozenset({Role.MONITOR}),
    ),
    Place(
        gettext_lazy("Referrals"),
        "queue",
        frozenset({"trial_referral", "move", "plan", "saved_view"}),
        roles=frozenset({Role.COORDINATOR, Role.INVESTIGATOR}),
    ),
    Place(
        gettext_lazy("Staff"),
        "staff",
        frozenset({"give_role", "end_role", "site_settings"}),
        roles=frozenset({Role.ADMINISTRATOR}),
    ),
    Place(
        gettext_lazy("Trail"),
        "trail",
        frozenset({"emergency", "emergency_person"}),
        roles=frozenset({Role.ADMINISTRATOR}),
    ),
    Place(
        gettext_lazy("Reports"),
        "report",
        frozenset({"screening_log", "pre_screening_log", "export"}),
        roles=frozenset(Role.values),
    ),
    Place(gettext_lazy("Protocols"), "library", frozenset({"protocol", "criterion", "write_entry"})),
)
BESIDE = ("account_logout", "mfa_index", "appearance", "notices")
"""What the reader's own menu leads to."""


def first_page(roles: frozenset[str]) -> str:
    """Return the name of the address where the work of someone with `roles` lies; empty for nobody's work."""
    return next((place.page for place in PLACES if not place.roles.isdisjoint(roles)), "")


def menu(request: HttpRequest) -> dict[str, Any]:
    """Give every template the places its reader may go to, and all addresses of the bar by name."""
    addresses = _addresses(get_urlconf(), get_script_prefix())
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"addresses": addresses, "menu": []}
    if lacks_second_factor(request):
        return {"addresses": addresses, "menu": [], "lacks_second_factor": True}
    here = request.resolver_match.url_name if request.resolver_match is not None else None
    roles = user.roles
    return {
        "addresses": addresses,
        "at_notices": here == "notices",
        "waiting_notices": SimpleLazyObject(lambda: _waiting(user)),
        "menu": _menu(frozenset(roles), here, get_language(), get_urlconf(), get_script_prefix()),
    }


@lru_cache(maxsize=1000)
def _menu(
    roles: frozenset[str], here: str | None, language: str | None, urlconf: str | None, prefix: str
) -> list[tuple[str, str, str]]:
    """Return title, address and mark of each place that one of `roles` may go to."""
    addresses = _addresses(urlconf, prefix)
    return [
        (str(place.title), addresses[place.page], _current(place, here))
        for place in PLACES
        if not place.roles or not place.roles.isdisjoint(roles)
    ]


def _waiting(user: User) -> int:
    """Return how many notices wait for `user`, asked for only where the bar is drawn."""
    return Notice.objects.count_waiting_for(user, timezone.now())


def _current(place: Place, here: str | None) -> str:
    """Return the value of aria-current: the page itself, a page within the place, or neither."""
    return "page" if here == place.page else "true" if here in place.within else ""


@lru_cache(maxsize=8)
def _addresses(urlconf: str | None, prefix: str) -> dict[str, str]:
    """Return the addresses of the bar, looked up once for each table of addresses and prefix of the site."""
    return {name: reverse(name) for name in (*(place.page for place in PLACES), *BESIDE)}
