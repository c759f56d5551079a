"""python3 manage.py add_trial lakeside zimislecel-forward --reply-days 7"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from screening.actions.staff import add_trial
from screening.content import installed_content
from screening.models.people import Site


class Command(BaseCommand):
    help = "Have a centre take referrals for a trial, change its terms, or close it to new referrals."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("site", help="the centre's short name, like lakeside")
        parser.add_argument("protocol", help="the trial, like zimislecel-forward")
        parser.add_argument("--reply-days", type=int, default=7, help="days in which a referral is answered")
        parser.add_argument(
            "--no-signature", action="store_true", help="nobody has to sign before a person is enrolled"
        )
        parser.add_argument("--closed", action="store_true", help="take no new referrals from now on")

    def handle(
        self,
        *args: Any,
        site: str,
        protocol: str,
        reply_days: int,
        no_signature: bool,
        closed: bool,
        **options: Any,
    ) -> None:
        centre = Site.objects.filter(slug=site).first()
        if centre is None:
            raise CommandError(f"there is no site {site!r}: add it with  python3 manage.py add_site")
        known = sorted(one.id for one in installed_content().protocols if one.kind != "guideline")
        if protocol not in known:
            raise CommandError(f"there is no trial {protocol!r}: name one of {', '.join(known)}")
        if not 1 <= reply_days <= 365:
            raise CommandError(f"--reply-days {reply_days} is not between 1 and 365: give days, like 7")
        add_trial(
            site=centre,
            protocol=protocol,
            is_open=not closed,
            needs_signature=not no_signature,
            reply_days=reply_days,
            at=timezone.now(),
        )
        said = "takes no more referrals" if closed else f"takes referrals, answered in {reply_days} days,"
        self.stdout.write(f"{centre.name} {said} for {protocol}")
