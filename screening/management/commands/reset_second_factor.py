"""python3 manage.py reset_second_factor lee@hospital.org"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from screening.actions.accounts import reset_second_factor
from screening.models.people import User


class Command(BaseCommand):
    help = "Remove the second factor of somebody who has lost it, and sign them out everywhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="what the person signs in with")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            raise CommandError(f"there is no account {email!r}")
        removed = [
            Authenticator.Type(kind).label.lower()
            for kind in reset_second_factor(user=user, by=None, at=timezone.now())
        ]
        what = f"removed: {', '.join(removed)}" if removed else "there was none"
        self.stdout.write(f"second factor of {user.email}: {what}")
        self.stdout.write("Signed out everywhere; the next sign-in sets a second factor up again.")
