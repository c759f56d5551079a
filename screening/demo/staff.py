"""The demo's sites and accounts. The people to pre-screen are in screening.demo.people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction

from screening.models.people import Membership, Role, Site, TrialSite, Units, User

PASSWORD = "islets in a portal vein"
MONITORED_FOR = timedelta(days=180)


@dataclass(frozen=True)
class Account:
    """One person of the demo clinic; sign in with `email` and PASSWORD."""

    email: str
    name: str
    role: Role
    site: str
    protocol: str = ""


SITES = {
    "st-anne": Site(
        slug="st-anne",
        name="St Anne Hospital",
        country="US",
        time_zone="America/Chicago",
        phone="+1 312 555 0100",
    ),
    "riverside": Site(
        slug="riverside",
        name="Riverside Diabetes Centre",
        country="GB",
        time_zone="Europe/London",
        units=Units.SI,
        phone="+44 20 7946 0100",
    ),
    "lakeside": Site(
        slug="lakeside",
        name="Lakeside Islet Centre",
        country="US",
        time_zone="America/Chicago",
        phone="+1 312 555 0142",
    ),
}
ACCOUNTS = (
    Account("lee@st-anne.example", "Dr Maria Lee", Role.CLINICIAN, "st-anne"),
    Account("okafor@riverside.example", "Dr Tom Okafor", Role.CLINICIAN, "riverside"),
    Account("sousa@lakeside.example", "Ana Sousa", Role.COORDINATOR, "lakeside"),
    Account("moe@lakeside.example", "Prof Ingrid Moe", Role.INVESTIGATOR, "lakeside"),
    Account("reed@st-anne.example", "Sam Reed", Role.ADMINISTRATOR, "st-anne"),
    Account("roe@monitor.example", "Mona Roe", Role.MONITOR, "lakeside", "zimislecel-forward"),
)
TRIALS = ("zimislecel-forward", "zimislecel-kidney", "sernova", "uih-002")
"""What Lakeside takes referrals for."""


@transaction.atomic
def seed_staff() -> None:
    """Make the sites and accounts that are not there yet; what is there stays as it is."""
    sites = {
        slug: Site.objects.get_or_create(
            slug=slug,
            defaults={
                "name": site.name,
                "country": site.country,
                "time_zone": site.time_zone,
                "units": site.units,
                "phone": site.phone,
            },
        )[0]
        for slug, site in SITES.items()
    }
    known = set(User.objects.values_list("email", flat=True))
    password = make_password(PASSWORD) if any(account.email not in known for account in ACCOUNTS) else ""
    for account in ACCOUNTS:
        if account.email not in known:
            user = User.objects.create(email=account.email, name=account.name, password=password)
            site = sites[account.site]
            Membership.objects.create(
                user=user,
                site=site,
                role=account.role,
                protocol=account.protocol,
                until=site.today() + MONITORED_FOR if account.role == Role.MONITOR else None,
            )
    for protocol in TRIALS:
        TrialSite.objects.get_or_create(site=sites["lakeside"], protocol=protocol)
