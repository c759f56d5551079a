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
    """
    if role == Role.MONITOR and not (protocol and until):
        raise Unbounded
    if until is not None and until < site.day_of(at):
        raise Over
    found = Membership.objects.select_for_update().filter(user=user, site=site, role=role, protocol=protocol)
    one = found.first()
    if one is not None and one.until == until:
        return one, False
    if one is None:
        one = Membership.objects.create(user=user, site=site, role=role, protocol=protocol, until=until)
        act = "membership.added"
    else:
        one.until = until
        one.save(update_fields=["until"])
        act = "membership.changed"
    _tell(act, one, by=by, at=at)
    return one, True


@transaction.atomic
def end_membership(membership: Membership, *, by: User | None, at: datetime) -> Membership:
    """Have a role end with yesterday; its holder is signed out, and what they did in it stays theirs."""
    yesterday = membership.site.day_of(at) - timedelta(days=1)
    if membership.until is None or membership.until > yesterday:
        membership.until = yesterday
        membership.save(update_fields=["until"])
        _tell("membership.ended", membership, by=by, at=at)
    return membership


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
