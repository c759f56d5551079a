"""Who uses the app, and where they work: accounts, sites, and the roles that join them."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy


class Role(models.TextChoices):
    """What a person may do at a site."""

    CLINICIAN = "clinician", gettext_lazy("Clinician")
    COORDINATOR = "coordinator", gettext_lazy("Trial coordinator")
    INVESTIGATOR = "investigator", gettext_lazy("Investigator")
    ADMINISTRATOR = "administrator", gettext_lazy("Administrator")
    MONITOR = "monitor", gettext_lazy("Monitor")


class Units(models.TextChoices):
    """The units a site's laboratory reports in; every form takes any unit."""

    CONVENTIONAL = "conventional", gettext_lazy("Conventional: %, mg/dL, ng/mL")
    SI = "si", gettext_lazy("SI: mmol/mol, µmol/L, pmol/L")


class MailPace(models.TextChoices):
    """How often someone is told by mail that something waits for them."""

    AT_ONCE = "at_once", gettext_lazy("At once")
    DAILY = "daily", gettext_lazy("Once a day")
    NEVER = "never", gettext_lazy("Never")


class Site(models.Model):
    """A clinic that pre-screens people, or a trial centre that receives referrals."""

    slug = models.SlugField(unique=True, help_text="Short name for addresses: st-anne")
    name = models.CharField(max_length=120, unique=True)
    country = models.CharField(max_length=2, help_text="ISO 3166-1 code: US, GB, DE")
    time_zone = models.CharField(max_length=64, default="UTC", help_text="IANA name: America/Chicago")
    units = models.CharField(max_length=16, choices=Units.choices, default=Units.CONVENTIONAL)
    phone = models.CharField(max_length=40, blank=True, help_text="For letters: +1 312 555 0100")
    own_view_first = models.BooleanField(
        default=False, help_text="Clinicians record their own view before they read the engine's"
    )
    own_view_to_decide = models.BooleanField(
        default=True, help_text="The centre's staff record their own view before they decide"
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def today(self) -> date:
        """Return the calendar day it is at the site."""
        return self.day_of(timezone.now())

    def day_of(self, moment: datetime) -> date:
        """Return the calendar day it is at the site at `moment`."""
        return timezone.localdate(moment, timezone=ZoneInfo(self.time_zone))


class UserManager(BaseUserManager["User"]):
    """Accounts are found by email, whatever its case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Return a new account; without `password` nobody can sign in to it.

        Raises:
            ValueError: `email` is empty.
        """
        if not email:
            raise ValueError("an account needs an email address")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """An account. What it may do comes from its memberships, never from a flag here."""

    email = models.EmailField("email address", unique=True)
    name = models.CharField(max_length=120, help_text="As on a letter: Dr Maria Lee")
    is_active = models.BooleanField("may sign in", default=True)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)
    session_epoch = models.PositiveIntegerField(
        default=0, editable=False, help_text="Counted up to end every session there is"
    )
    mail_pace = models.CharField("mail", max_length=16, choices=MailPace.choices, default=MailPace.DAILY)

    objects = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        ordering = ["name", "email"]
        constraints = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="user_email_is_lower_case"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return what a session must still match: the password, the roles, and that it was not ended.

        Django's own, over more than the password: it also tries the former secret keys with it.
        """
        held = sorted((one.site_id, one.role, one.protocol) for one in self.current_memberships)
        return salted_hmac(
            "screening.models.people.User.session",
            json.dumps([self.password, self.session_epoch, held]),
            secret=secret,
            algorithm="sha256",
        ).hexdigest()

    @cached_property
    def current_memberships(self) -> list[Membership]:
        """Memberships that have not ended, with their sites, read once per request."""
        return [one for one in self.memberships.select_related("site") if one.is_current()]

    @property
    def roles(self) -> frozenset[str]:
        """The roles held at any site."""
        return frozenset(membership.role for membership in self.current_memberships)

    def sites_as(self, *roles: str) -> list[Site]:
        """Return the sites where one of `roles` is held, by name; any role if none is given."""
        sites = {
            membership.site_id: membership.site
            for membership in self.current_memberships
            if not roles or membership.role in roles
        }
        return sorted(sites.values(), key=lambda site: site.name)

    def site(self, pk: int) -> Site:
        """Return one of the sites where any role is held."""
        return next(one.site for one in self.current_memberships if one.site_id == pk)

    def trials_as(self, *roles: str) -> list[tuple[int, str]]:
        """Return where one of `roles` is held, as site and protocol; no protocol is every trial there."""
        return [(one.site_id, one.protocol) for one in self.current_memberships if one.role in roles]


class MembershipQuerySet(models.QuerySet["Membership"]):
    def visible_to(self, user: User) -> MembershipQuerySet:
        """Those at the sites where `user` is an administrator, ended ones too."""
        return self.filter(site__in=user.sites_as(Role.ADMINISTRATOR))

    def administers_after(self, day: date) -> MembershipQuerySet:
        """Those of administrators who may sign in and whose role goes on after `day`."""
        goes_on = models.Q(until__isnull=True) | models.Q(until__gt=day)
        return self.filter(goes_on, role=Role.ADMINISTRATOR, user__is_active=True)


class Membership(models.Model):
    """One role of one person at one site: for one trial there, or for all, and up to a day, or for good."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    protocol = models.SlugField(
        max_length=64, blank=True, help_text="Only the referrals of this trial; empty for all of the site's"
    )
    until = models.DateField(null=True, blank=True, help_text="Last day it holds; empty for good")

    objects = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["site", "role"]
        constraints = [
            models.UniqueConstraint(fields=["user", "site", "role", "protocol"], name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_is_known"),
            models.CheckConstraint(
                condition=~models.Q(role="monitor")
                | (~models.Q(protocol="") & models.Q(until__isnull=False)),
                name="membership_of_a_monitor_is_bounded",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()} at {self.site}"

    def is_current(self) -> bool:
        """Return whether it still holds today at its site."""
        return self.until is None or self.site.today() <= self.until


class TrialSite(models.Model):
    """A trial that a centre takes referrals for."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="trials")
    protocol = models.SlugField(max_length=64)
    is_open = models.BooleanField(default=True)
    needs_signature = models.BooleanField(
        default=True, help_text="An investigator signs before anyone is enrolled"
    )
    reply_days = models.PositiveSmallIntegerField(default=7, help_text="Days in which a referral is answered")

    class Meta:
        ordering = ["site", "protocol"]
        constraints = [
            models.UniqueConstraint(fields=["site", "protocol"], name="trial_site_once"),
            models.CheckConstraint(condition=models.Q(reply_days__gte=1), name="trial_site_replies_in_days"),
        ]

    def __str__(self) -> str:
        return f"{self.protocol} at {self.site}"
