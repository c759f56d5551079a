"""Sites and accounts for tests."""

from __future__ import annotations

from datetime import date

from screening.models.people import Membership, Role, Site, User

PASSWORD = "a long password for tests"


def make_site(slug: str = "st-anne", **fields: str) -> Site:
    """Return the site of that slug, made on first use."""
    site, _ = Site.objects.get_or_create(
        slug=slug, defaults={"name": slug.replace("-", " ").title(), "country": "US", **fields}
    )
    return site


def make_user(
    role: Role | None = Role.CLINICIAN,
    site: Site | None = None,
    email: str = "",
    *,
    protocol: str = "",
    until: date | None = None,
) -> User:
    """Return a new account with `role` at `site`, or at St Anne; with no role at all if None.

    A monitor who is given no trial and no end has both all the same, as every monitor must.
    """
    number = User.objects.count() + 1
    user = User.objects.create_user(
        email or f"person{number}@example.org", PASSWORD, name=f"Dr Person {number}"
    )
    if role is not None:
        if role == Role.MONITOR:
            protocol, until = protocol or "zimislecel-forward", until or date(2099, 12, 31)
        Membership.objects.create(
            user=user, site=site or make_site(), role=role, protocol=protocol, until=until
        )
    return user
