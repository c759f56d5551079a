"""Tell people that something waits for them: in the app, and by mail without saying of whom."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from screening.models import Notice, TrialReferral, User


def notify(users: Iterable[User], kind: str, trial: TrialReferral, *, at: datetime) -> None:
    """Leave a notice for each of `users`; one that is still unread is not repeated."""
    wanted = {user.pk: user for user in users if user.is_active}
    waiting = Notice.objects.filter(user__in=wanted, kind=kind, trial=trial, read_at=None)
    for pk in waiting.values_list("user_id", flat=True):
        wanted.pop(pk, None)
    Notice.objects.bulk_create(Notice(user=user, kind=kind, trial=trial, at=at) for user in wanted.values())
