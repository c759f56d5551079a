"""Sites and accounts for tests."""

from __future__ import annotations

from screening.models.people import Membership, Role, Site, User

PASSWORD = "a long password for tests"


def make_site(slug: str = "st-anne", **fields: str) -> Site:
    """Return the site of that slug, made on first use."""
    site, _ = Site.objects.get_or_create(
        slug=slug, defaults={"name": slug.replace("-", " ").title(), "country": "US", **fields}
    )
    return site


def make_user(role: Role | None = Role.CLINICIAN, site: Site | None = None, email: str = "") -> User:
    """Return a new account with `role` at `site`, or at St Anne; with no role at all if None."""
    number = User.objects.count() + 1
    user = User.objects.create_user(
        email or f"person{number}@example.org", PASSWORD, name=f"Dr Person {number}"
    )
    if role is not None:
        Membership.objects.create(user=user, site=site or make_site(), role=role)
    return user
