"""python3 manage.py rotate_identity_keys"""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from screening.actions.identities import rotate_identity_keys
from screening.sealing import SealError


class Command(BaseCommand):
    help = (
        "Seal every person's key with the first of ISLETSCREEN_IDENTITY_KEYS. Put the new key first, keep "
        "the old ones behind it, run this, then take the old ones away. Run again, it goes on where it "
        "stopped."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done = 0
        try:
            for number in rotate_identity_keys(at=timezone.now()):
                done += number
                self.stdout.write(f"{done} sealed anew")
        except SealError as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write("All keys are sealed with the key in use: older ones are no longer needed.")
