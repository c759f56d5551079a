"""python3 manage.py add_account lee@hospital.org --name "Dr Maria Lee" --site st-anne --role clinician"""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from screening.actions.trail import write_event
from screening.models.people import Membership, Role, Site, User


class Command(BaseCommand):
    help = "Add an account with a role at a site, or a further role for an account that exists."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="what the person signs in with")
        parser.add_argument("--name", help='as on a letter, like "Dr Maria Lee"; needed for a new account')
        parser.add_argument("--site", required=True, help="the site's short name, like st-anne")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )

    @transaction.atomic
    def handle(
        self,
        *args: Any,
        email: str,
        name: str | None,
        site: str,
        role: str,
        password_stdin: bool,
        **options: Any,
    ) -> None:
        place = Site.objects.filter(slug=site).first()
        if place is None:
            raise CommandError(f"there is no site {site!r}: add it with  python3 manage.py add_site")
        user = User.objects.filter(email=email.strip().lower()).first()
        if user is None:
            user = self.new_account(email, name, password_stdin)
        _, added = Membership.objects.get_or_create(user=user, site=place, role=role)
        if added:
            write_event(
                "membership.added",
                by=None,
                at=timezone.now(),
                site=place,
                subject=f"user:{user.pk}",
                details={"role": role},
            )
        label = Role(role).label.lower()
        self.stdout.write(f"{user.email} is {'now' if added else 'already'} {label} at {place.name}")

    def new_account(self, email: str, name: str | None, password_stdin: bool) -> User:
        if not name:
            raise CommandError(f'{email} has no account yet: add --name, like --name "Dr Maria Lee"')
        user = User(email=email.strip().lower(), name=name)
        password = sys.stdin.readline().rstrip("\n") if password_stdin else self.ask_password()
        try:
            validate_password(password, user)
            user.set_password(password)
            user.full_clean()
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from problem
        user.save()
        write_event("account.added", by=None, at=timezone.now(), subject=f"user:{user.pk}")
        return user

    def ask_password(self) -> str:
        password = getpass.getpass("Password, 15 characters or more: ")
        if getpass.getpass("The same again: ") != password:
            raise CommandError("the two passwords differ: nothing was added")
        return password
