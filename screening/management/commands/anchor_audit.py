"""python3 manage.py anchor_audit: write down, and print, how far the trail goes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from screening import anchor
from screening.actions.trail import last_mark


class Command(BaseCommand):
    help = "Add the last event's number and seal to the anchor, on the disk for sure, and print the line."

    def handle(self, *args: Any, **options: Any) -> None:
        mark = last_mark()
        if mark is None:
            self.stdout.write("There is no event yet.")
            return
        try:
            anchor.append(mark, durably=True)
        except OSError as problem:
            raise CommandError(f"{settings.AUDIT_ANCHOR} cannot be written: {problem.strerror}") from problem
        self.stdout.write(str(mark))
