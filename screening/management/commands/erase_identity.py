"""python3 manage.py erase_identity STA-7K2M-S"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from screening.actions.identities import AlreadyErased, erase_identity
from screening.models.participants import Participant, read_reference


class Command(BaseCommand):
    help = (
        "Destroy the key of one person, and with it name, contact, record number, birth date and forms in "
        "progress. It cannot be undone. What was pre-screened and decided stays, under the reference."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reference", help="like STA-7K2M-S")
        parser.add_argument("--yes", action="store_true", help="do not ask for the reference once more")

    def handle(self, *args: Any, reference: str, yes: bool, **options: Any) -> None:
        try:
            wanted = read_reference(reference)
        except ValueError as problem:
            raise CommandError(str(problem)) from problem
        person = Participant.objects.filter(reference=wanted).select_related("site").first()
        if person is None:
            raise CommandError(f"nobody has the reference {wanted}")
        if not yes and input(f"Type {wanted} to erase who this is, for good: ").strip() != wanted:
            raise CommandError("that is not the reference: nothing was erased")
        try:
            forms = erase_identity(person, by=None, at=timezone.now())
        except AlreadyErased as problem:
            raise CommandError(f"the identity of {wanted} was erased before") from problem
        self.stdout.write(f"The identity of {wanted} is erased; forms in progress removed: {forms}")
