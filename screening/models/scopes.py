"""Whose figures someone may see: one trial at one site, as its clinic, its centre, or from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from screening.models.people import Role, Site, TrialSite

if TYPE_CHECKING:
    from screening.models.people import User

AT_CLINIC = (Role.CLINICIAN, Role.ADMINISTRATOR)
AT_CENTRE = (Role.COORDINATOR, Role.INVESTIGATOR, Role.ADMINISTRATOR)


@dataclass(frozen=True)
class Scope:
    """One trial at one site, and which of its figures are to be seen.

    Attributes:
        clinic: the counts of the site's own people.
        centre: the referrals that the site received for the trial, person by person.
        outside: the centre's counts without their small cells, for who is not on its staff.
    """

    site: Site
    protocol: str
    clinic: bool = False
    centre: bool = False
    outside: bool = False

    @property
    def value(self) -> str:
        """The scope as it stands in an address: `lakeside:zimislecel-forward`."""
        return f"{self.site.slug}:{self.protocol}"


@dataclass(frozen=True)
class Period:
    """Days from `first` to `last`, both included; None is without end."""

    first: date | None = None
    last: date | None = None

    def moments(self, site: Site) -> tuple[datetime | None, datetime | None]:
        """Return when the first day begins at `site`, and the last moment of the last."""
        zone = ZoneInfo(site.time_zone)
        return (
            datetime.combine(self.first, time.min, zone) if self.first is not None else None,
            datetime.combine(self.last, time.max, zone) if self.last is not None else None,
        )


ALWAYS = Period()


def scopes_of(user: User, protocols: Sequence[str]) -> list[Scope]:
    """Return what `user` may see figures of, by site and in the order of `protocols`.

    Args:
        protocols: the trials that people are pre-screened for.
    """
    seen: dict[tuple[int, str], set[str]] = {}
    sites = {one.site_id: one.site for one in user.current_memberships}
    taking = trials_of(sites.values())
    for one in user.current_memberships:
        ways = {"clinic": protocols} if one.role in AT_CLINIC else {}
        at_centre = (one.protocol,) if one.protocol else taking[one.site_id]
        if one.role in AT_CENTRE:
            ways["centre"] = at_centre
        if one.role == Role.MONITOR:
            ways["outside"] = at_centre
        for way, trials in ways.items():
            for protocol in trials:
                seen.setdefault((one.site_id, protocol), set()).add(way)
    order = {protocol: place for place, protocol in enumerate(protocols)}
    scopes = [
        Scope(
            sites[site_id],
            protocol,
            clinic="clinic" in ways,
            centre="centre" in ways,
            outside="outside" in ways and "centre" not in ways,
        )
        for (site_id, protocol), ways in seen.items()
    ]
    return sorted(scopes, key=lambda one: (one.site.name, order.get(one.protocol, len(order)), one.protocol))


def trials_of(sites: Iterable[Site]) -> dict[int, list[str]]:
    """Return the trials that each of `sites` takes or took referrals for."""
    found: dict[int, list[str]] = {site.pk: [] for site in sites}
    for site_id, protocol in TrialSite.objects.filter(site__in=found).values_list("site_id", "protocol"):
        found[site_id].append(protocol)
    return found


def whole_scope(site: Site, protocol: str) -> Scope:
    """Return the scope of who runs the installation, for its command line."""
    return Scope(site, protocol, clinic=True, centre=True)
