"""python3 manage.py add_site st-anne --name "St Anne Hospital" --country US --time-zone America/Chicago"""

from __future__ import annotations

import zoneinfo
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from screening.actions.trail import write_event
from screening.models.people import Site


class Command(BaseCommand):
    help = "Add a clinic or a trial centre."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="short name for addresses, like st-anne")
        parser.add_argument("--name", required=True, help='as on a letter, like "St Anne Hospital"')
        parser.add_argument("--country", required=True, help="ISO 3166-1 code, like US")
        parser.add_argument("--time-zone", default="UTC", help="IANA name, like America/Chicago")

    def handle(self, *args: Any, slug: str, name: str, country: str, time_zone: str, **options: Any) -> None:
        if time_zone not in zoneinfo.available_timezones():
            raise CommandError(
                f"time zone {time_zone!r} is not known: give an IANA name, like America/Chicago"
            )
        if not (country.isascii() and country.isalpha() and country.isupper() and len(country) == 2):
            raise CommandError(f"country {country!r} is not a code of two capitals, like US")
        site = Site(slug=slug, name=name, country=country, time_zone=time_zone)
        try:
            site.full_clean()
        except ValidationError as problem:
            raise CommandError(" ".join(problem.messages)) from problem
        with transaction.atomic():
            site.save()
            write_event("site.added", by=None, at=timezone.now(), site=site, subject=f"site:{site.pk}")
        self.stdout.write(f"Added the site {site.slug}: {site.name}")
