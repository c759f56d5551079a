"""Accounts and their roles on the command line:

    python3 manage.py add_account lee@hospital.org --name "Dr Maria Lee" --site st-anne --role clinician
    python3 manage.py add_account mona@cro.example --name "Mona Roe" --site lakeside --role monitor \
        --protocol zimislecel-forward --until 2027-03-31
    python3 manage.py add_account lee@hospital.org --site st-anne --role clinician --end
"""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from screening.actions.accounts import add_account
from screening.actions.staff import LastAdministrator, Over, Unbounded, add_membership, end_membership
from screening.content import installed_content
from screening.models.people import Membership, Role, Site, User


class Command(BaseCommand):
    help = (
        "Add an account with a role at a site, give an account that exists a further role, change the day "
        "until which a role holds, or end it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="what the person signs in with")
        parser.add_argument("--name", help='as on a letter, like "Dr Maria Lee"; needed for a new account')
        parser.add_argument("--site", required=True, help="the site's short name, like st-anne")
        parser.add_argument("--role", required=True, choices=Role.values)
        parser.add_argument(
            "--protocol",
            default="",
            help="only for this trial, like zimislecel-forward; a monitor needs one",
        )
        parser.add_argument(
            "--until", type=date.fromisoformat, help="last day, like 2027-03-31; a monitor needs one"
        )
        parser.add_argument("--end", action="store_true", help="end the role today instead of giving it")
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
        protocol: str,
        until: date | None,
        end: bool,
        password_stdin: bool,
        **options: Any,
    ) -> None:
        place = Site.objects.filter(slug=site).first()
        if place is None:
            raise CommandError(f"there is no site {site!r}: add it with  python3 manage.py add_site")
        user = User.objects.filter(email=email.strip().lower()).first()
        where = f"{Role(role).label.lower()} at {place.name}{f' for {protocol}' if protocol else ''}"
        if end:
            self.end_role(user, email, place, role, protocol, where)
            return
        known = sorted(one.id for one in installed_content().protocols)
        if protocol and protocol not in known:
            raise CommandError(f"there is no protocol {protocol!r}: name one of {', '.join(known)}")
        if user is None:
            user = self.new_account(email, name, password_stdin)
        try:
            _, changed = add_membership(
                user=user, site=place, role=role, protocol=protocol, until=until, by=None, at=timezone.now()
            )
        except Unbounded as problem:
            raise CommandError("a monitor needs --protocol and --until, like --until 2027-03-31") from problem
        except Over as problem:
            raise CommandError(f"--until {until} has passed: give a day to come, or --end") from problem
        except LastAdministrator as problem:
            raise CommandError(
                f"{place.name} has no other administrator after {until}: add one first"
            ) from problem
        last = f", until {until}" if until else ""
        self.stdout.write(f"{user.email} is {'now' if changed else 'already'} {where}{last}")

    def end_role(
        self, user: User | None, email: str, place: Site, role: str, protocol: str, where: str
    ) -> None:
        held = Membership.objects.filter(user=user, site=place, role=role, protocol=protocol).first()
        if user is None or held is None:
            raise CommandError(f"{email} is not {where}: nothing was ended")
        try:
            end_membership(held, by=None, at=timezone.now())
        except LastAdministrator as problem:
            raise CommandError(f"{place.name} has no other administrator: add one first") from problem
        self.stdout.write(f"{user.email} is no longer {where}")

    def new_account(self, email: str, name: str | None, password_stdin: bool) -> User:
        if not name:
            raise CommandError(f'{email} has no account yet: add --name, like --name "Dr Maria Lee"')
        password = sys.stdin.readline().rstrip("\n") if password_stdin else self.ask_password()
        try:
            user, _ = add_account(email=email, name=name, password=password, by=None, at=timezone.now())
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from problem
        return user

    def ask_password(self) -> str:
        password = getpass.getpass("Password, 15 characters or more: ")
        if getpass.getpass("The same again: ") != password:
            raise CommandError("the two passwords differ: nothing was added")
        return password
