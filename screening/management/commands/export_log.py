"""python3 manage.py export_log screening_log --site lakeside --trial zimislecel-forward --out log.csv"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from screening.actions.exports import record_export
from screening.forms.reports import PeriodForm
from screening.interop.exporting import Export
from screening.interop.exports import CODED, FORMATS, FORMS, WHAT
from screening.models.people import Site
from screening.models.scopes import Scope, trials_of, whole_scope


class Command(BaseCommand):
    help = "Export a log or a report, coded for the own site or in Safe Harbor form; the trail says so."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("what", choices=list(WHAT))
        parser.add_argument("--site", required=True, help="short name of the clinic or centre")
        parser.add_argument("--trial", default="", help="the trial; not for pre_screening_log, which has all")
        parser.add_argument("--form", choices=list(FORMS), default=CODED)
        parser.add_argument("--format", choices=list(FORMATS), default="csv")
        parser.add_argument("--first", default="", help="first month, like 2026-01")
        parser.add_argument("--last", default="", help="last month, like 2026-06")
        parser.add_argument("--out", default="-", help="a file that is not there yet; left out, the terminal")

    def handle(self, *args: Any, **options: Any) -> None:
        months = PeriodForm({"first": options["first"], "last": options["last"]})
        if not months.is_valid():
            said = "; ".join(
                f"--{name}: {' '.join(map(str, texts))}" for name, texts in months.errors.items()
            )
            raise CommandError(said)
        now = timezone.now()
        leaving = Export(
            options["what"], options["form"], options["format"], self._scope(options), now, months.period
        )
        # A broken pipe or a full disk may cut the file short; the trail then says more left than did.
        record_export(
            what=leaving.what,
            form=leaving.form,
            file_format=leaving.format,
            rows=leaving.rows,
            site=leaving.scope.site,
            protocol=leaving.scope.protocol,
            by=None,
            at=now,
        )
        if options["out"] == "-":
            for piece in leaving.lines():
                sys.stdout.buffer.write(piece.encode())
            return
        try:
            with Path(options["out"]).open("x", encoding="utf-8", newline="") as file:
                file.writelines(leaving.lines())
        except OSError as problem:
            raise CommandError(
                f"{options['out']}: {problem.strerror}: name a file that can be made"
            ) from None
        self.stderr.write(f"{leaving.rows} rows")

    def _scope(self, options: dict[str, Any]) -> Scope:
        site = Site.objects.filter(slug=options["site"]).first()
        if site is None:
            known = ", ".join(Site.objects.values_list("slug", flat=True))
            raise CommandError(f"there is no site {options['site']!r}: {known}")
        if options["what"] == "pre_screening_log":
            if options["trial"]:
                raise CommandError("leave out --trial: a pre-screening log has everybody")
            return Scope(site, "", clinic=True)
        if not options["trial"]:
            known = ", ".join(trials_of([site])[site.pk]) or "the site takes referrals for none"
            raise CommandError(f"--trial is missing: {known}")
        return whole_scope(site, options["trial"])
