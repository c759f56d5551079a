"""python3 manage.py send_notices: mail those for whom something waits. Run it every few minutes."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.management import BaseCommand
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from screening import actions
from screening.models import User
from screening.presentation.words import counted

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Mail those for whom something waits: how many things, and where to read them."

    def handle(self, *args: Any, **options: Any) -> None:
        actions.remind_of_what_is_due(at=timezone.now())
        sent, failed = 0, 0
        for user in User.objects.filter(
            is_active=True, notices__read_at__isnull=True, notices__mailed_at__isnull=True
        ).distinct():
            at = timezone.now()
            count = actions.claim_mail(user, at=at)
            if not count:
                continue
            try:
                mail_about(count, user).send()
                sent += 1
            except (OSError, SMTPException) as problem:
                # The text of the problem may quote the address that the server refused.
                logger.warning("mail not sent: %s", type(problem).__name__, extra={"user": user.pk})
                actions.release_mail(user, claimed_at=at)
                failed += 1
        self.stdout.write(f"{counted(sent, 'mail')} sent" + (f", {failed} not sent" if failed else ""))


def mail_about(count: int, user: User) -> EmailMessage:
    """Return the mail that says how many things wait: nothing of any person, trial or site."""
    subject = f"{counted(count, 'thing')} {'waits' if count == 1 else 'wait'} for you in Isletscreen"
    address = settings.PUBLIC_URL + reverse("notices")
    body = render_to_string("referrals/mail.txt", {"subject": subject, "address": address})
    return EmailMessage(subject, body, to=[user.email])
