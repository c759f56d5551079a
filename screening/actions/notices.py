"""Tell people that something waits for them: in the app, and by mail without saying of whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.db import transaction

from screening.actions.trail import write_event
from screening.models import MailPace, Notice, Site, TrialReferral, User

DIGEST_FROM = time(6)
"""The hour of a day, where someone works, from which on the mail of the day is sent."""


def notify(users: Iterable[User], kind: str, trial: TrialReferral, *, site: Site, at: datetime) -> int:
    """Leave a notice for each of `users` as staff of `site`: of the clinic, or of the centre.

    One that is still unread is not repeated. Return how many were left.
    """
    wanted = {user.pk: user for user in users if user.is_active}
    waiting = Notice.objects.filter(user__in=wanted, kind=kind, trial=trial, read_at=None)
    for pk in waiting.values_list("user_id", flat=True):
        wanted.pop(pk, None)
    made = Notice.objects.bulk_create(
        Notice(user=user, site=site, kind=kind, trial=trial, at=at) for user in wanted.values()
    )
    return len(made)


def settle_notices(trial: TrialReferral, *, by: User, at: datetime) -> None:
    """Mark what waited for `by` about a trial as read: what they do about it says that they read it."""
    Notice.objects.filter(user=by, trial=trial, read_at=None).update(read_at=at)


@transaction.atomic
def read_notices(notices: Iterable[Notice], *, by: User, at: datetime) -> int:
    """Mark notices of `by` as read; return how many were not."""
    read = 0
    for notice in notices:
        marked = Notice.objects.filter(pk=notice.pk, user=by, read_at=None).update(read_at=at)
        if marked:
            _tell("notice.read", notice, by=by, at=at)
        read += marked
    return read


@transaction.atomic
def snooze_notice(notice: Notice, *, until: datetime, by: User, at: datetime) -> None:
    """Put a notice aside until `until`."""
    if Notice.objects.filter(pk=notice.pk, user=by).update(snoozed_until=until, read_at=None):
        _tell("notice.snoozed", notice, by=by, at=at)


@transaction.atomic
def choose_mail_pace(*, pace: str, by: User, at: datetime) -> None:
    """Set how often `by` gets mail."""
    if by.mail_pace != pace and User.objects.filter(pk=by.pk).update(mail_pace=MailPace(pace)):
        write_event("account.mail_pace", by=by, at=at, subject=f"user:{by.pk}", details={"pace": pace})


def _tell(act: str, notice: Notice, *, by: User, at: datetime) -> None:
    write_event(
        act,
        by=by,
        at=at,
        participant=notice.participant,
        subject=f"notice:{notice.pk}",
        details={"trial": notice.trial_id} if notice.trial_id else {"decision": notice.decision_id},
    )


@transaction.atomic
def claim_mail(user: User, *, at: datetime) -> int:
    """Take what `user` is to be told by mail now, and return how many things wait for them; 0 for no mail.

    What is taken is marked as mailed before the mail goes: of two runs at a time, one finds nothing left.
    """
    if not user.is_active or user.mail_pace == MailPace.NEVER:
        return 0
    if user.mail_pace == MailPace.DAILY and not _is_time_for_digest(user, at):
        return 0
    waiting = Notice.objects.waiting_for(user, at)
    if not waiting.filter(mailed_at=None).update(mailed_at=at):
        return 0
    count = waiting.count()
    write_event("notices.mailed", by=None, at=at, subject=f"user:{user.pk}", details={"count": count})
    return count


@transaction.atomic
def release_mail(user: User, *, claimed_at: datetime) -> None:
    """Give back what was taken for a mail that could not be sent: the next run sends it."""
    Notice.objects.filter(user=user, mailed_at=claimed_at).update(mailed_at=None)
    write_event("notices.not_mailed", by=None, at=claimed_at, subject=f"user:{user.pk}")


def _is_time_for_digest(user: User, at: datetime) -> bool:
    """Return whether it is past the morning where `user` works, and no mail was sent there today."""
    zones = [one.site.time_zone for one in user.current_memberships]
    zone = ZoneInfo(zones[0] if zones else "UTC")
    local = at.astimezone(zone)
    if local.time() < DIGEST_FROM:
        return False
    last = (
        Notice.objects.filter(user=user, mailed_at__isnull=False)
        .order_by("-mailed_at")
        .values_list("mailed_at", flat=True)
        .first()
    )
    return last is None or last.astimezone(zone).date() < local.date()
