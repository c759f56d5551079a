"""The staff of a site as its administrators see it: who, in which role, until when, and how they sign in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator

from screening.models import Membership, Site, User
from screening.presentation import words
from screening.presentation.queue import short_trial
from screening.presentation.referral import moment

FACTORS = {Authenticator.Type.TOTP.value: "app", Authenticator.Type.WEBAUTHN.value: "passkey"}


@dataclass(frozen=True)
class RoleLine:
    """One role: what it is, for which trial, until when."""

    pk: int
    label: str
    trial: str
    until: str


@dataclass(frozen=True)
class Person:
    """One account, with the roles that it has at the site now."""

    name: str
    email: str
    is_closed: bool
    is_reader: bool
    roles: list[RoleLine]
    signed_in: str
    factors: str


@dataclass(frozen=True)
class Ended:
    """A role that is over."""

    who: str
    role: RoleLine


@dataclass(frozen=True)
class SiteStaff:
    """One site: who works there, and who did."""

    site: Site
    people: list[Person]
    ended: list[Ended]


def staff_of(
    site: Site,
    memberships: Iterable[Membership],
    *,
    factors: Mapping[int, set[str]],
    titles: Mapping[str, str],
    reader: User,
) -> SiteStaff:
    """Return one site's staff, by name.

    Args:
        memberships: those at the site, with their users read.
        factors: by account, the kinds of second factor that it has.
        titles: the trials by id.
    """
    current: dict[User, list[RoleLine]] = {}
    ended = []
    for one in sorted(memberships, key=lambda one: (str(one.user).casefold(), one.user_id, one.role)):
        one.site = site
        line = role_line(one, titles)
        if one.is_current():
            current.setdefault(one.user, []).append(line)
        else:
            ended.append(Ended(str(one.user), line))
    people = [
        Person(
            name=user.name,
            email=user.email,
            is_closed=not user.is_active,
            is_reader=user == reader,
            roles=roles,
            signed_in=_signed_in(user.last_login, site),
            factors=_factors(factors.get(user.pk, set())),
        )
        for user, roles in current.items()
    ]
    return SiteStaff(site, people, ended)


def role_line(membership: Membership, titles: Mapping[str, str]) -> RoleLine:
    """Return one role in words."""
    protocol = membership.protocol
    return RoleLine(
        pk=membership.pk,
        label=membership.get_role_display(),
        trial=short_trial(titles.get(protocol, protocol)),
        until=words.day(membership.until),
    )


def _signed_in(at: datetime | None, site: Site) -> str:
    return moment(at, site) if at is not None else "Never"


def _factors(kinds: set[str]) -> str:
    """Return what an account signs in with, beside the password; nothing where that is all."""
    held = [word for kind, word in FACTORS.items() if kind in kinds]
    return words.first_upper(" and ".join(held))
