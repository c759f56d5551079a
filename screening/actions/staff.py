"""Who works where: give a role, end it, and open a trial at a centre."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta

from django.db import transaction

from screening.actions.trail import write_event
from screening.models import Membership, Role, Site, TrialSite, User

logger = logging.getLogger(__name__)


class Unbounded(Exception):
    """A monitor's role is bound to one trial and ends on a day."""


class Over(Exception):
    """The last day of a role lies in the past."""


class LastAdministrator(Exception):
    """Nobody else would administer the site after the last day of the role."""


@transaction.atomic
def add_membership(
    *,
    user: User,
    site: Site,
    role: str,
    protocol: str = "",
    until: date | None = None,
    by: User | None,
    at: datetime,
) -> tuple[Membership, bool]:
    """Return the role of `user` at `site`, and whether anything changed; its last day becomes `until`.

    Args:
        protocol: the only trial it is for; empty for all of the site's.
        by: who gives it; None for the command line.

    Raises:
        Unbounded: a monitor without a trial or without a last day.
        Over: `until` has passed at the site.
        LastAdministrator: `until` bounds the role of the site's last administrator.
    """
    if role == Role.MONITOR and not (protocol and until):
        raise Unbounded
    if until is not None and until < site.day_of(at):
        raise Over
    site = Site.objects.select_for_update().get(pk=site.pk)
    found = Membership.objects.select_for_update().filter(user=user, site=site, role=role, protocol=protocol)
    one = found.first()
    if one is not None and one.until == until:
        return one, False
    if one is None:
        one = Membership.objects.create(user=user, site=site, role=role, protocol=protocol, until=until)
        act = "membership.added"
    else:
        if until is not None and is_last_administrator(one, at=at, until=until):
            raise LastAdministrator
        one.until = until
        one.save(update_fields=["until"])
        act = "membership.changed"
    _tell(act, one, by=by, at=at)
    return one, True


@transaction.atomic
def end_membership(membership: Membership, *, by: User | None, at: datetime) -> Membership:
    """Have a role end with yesterday; its holder is signed out, and what they did in it stays theirs.

    Raises:
        LastAdministrator: the site would have no administrator any more.
    """
    site = Site.objects.select_for_update().get(pk=membership.site_id)
    one = Membership.objects.select_related("user").get(pk=membership.pk)
    one.site = site
    yesterday = site.day_of(at) - timedelta(days=1)
    if one.until is not None and one.until <= yesterday:
        return one
    if is_last_administrator(one, at=at):
        raise LastAdministrator
    one.until = yesterday
    one.save(update_fields=["until"])
    _tell("membership.ended", one, by=by, at=at)
    return one


def is_last_administrator(membership: Membership, *, at: datetime, until: date | None = None) -> bool:
    """Return whether nobody else administers the site once the role has ended, with yesterday or `until`.

    Writers ask with the row of the site locked, so that two administrators do not end each other.
    """
    site = membership.site
    if membership.role != Role.ADMINISTRATOR or not membership.user.is_active or not membership.is_current():
        return False
    last_day = until if until is not None else site.day_of(at) - timedelta(days=1)
    others = Membership.objects.administers_after(last_day).filter(site=site)
    return not others.exclude(pk=membership.pk).exists()


@transaction.atomic
def add_trial(
    *,
    site: Site,
    protocol: str,
    is_open: bool = True,
    needs_signature: bool = True,
    reply_days: int = 7,
    at: datetime,
) -> TrialSite:
    """Return the trial at the centre, with these terms from now on."""
    trial, _ = TrialSite.objects.update_or_create(
        site=site,
        protocol=protocol,
        defaults={"is_open": is_open, "needs_signature": needs_signature, "reply_days": reply_days},
    )
    write_event(
        "trial.opened" if is_open else "trial.closed",
        by=None,
        at=at,
        site=site,
        subject=f"trial_site:{trial.pk}",
        details={"protocol": protocol},
    )
    return trial


def _tell(act: str, membership: Membership, *, by: User | None, at: datetime) -> None:
    logger.info(act, extra={"user": membership.user_id, "site": membership.site_id})
    write_event(
        act,
        by=by,
        at=at,
        site=membership.site,
        subject=f"user:{membership.user_id}",
        details={"role": membership.role, "protocol": membership.protocol},
    )
