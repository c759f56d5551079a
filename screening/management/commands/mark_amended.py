"""python3 manage.py mark_amended: mark the referrals whose trial's protocol changed."""

from __future__ import annotations

from typing import Any

from django.core.management import BaseCommand
from django.utils import timezone

from screening.actions.amendments import mark_amended
from screening.content import installed_content


class Command(BaseCommand):
    help = "Mark open referrals whose protocol reads otherwise than when they were pre-screened. Run nightly."

    def handle(self, *args: Any, **options: Any) -> None:
        changed = mark_amended(installed_content(), at=timezone.now())
        self.stdout.write(f"Marked or unmarked: {changed}")
