"""python3 manage.py verify_audit: is the trail as it was written?"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from screening.verification import Finding, Verification, verify


class Command(BaseCommand):
    help = "Say whether any event of the audit trail was changed, removed, inserted or moved; exit 1 if so."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--anchor", help="compare with this copy of the anchor, not with the one here")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, anchor: str | None, format: str, **options: Any) -> None:
        file = Path(anchor or settings.AUDIT_ANCHOR)
        if anchor and not file.is_file():
            raise CommandError(f"there is no file {anchor}: name a copy of the anchor")
        found = verify(file)
        if format == "json":
            self.stdout.write(json.dumps(found.as_json(), indent=2))
        else:
            self.stdout.write("\n".join(_lines(found)))
        if found.findings:
            raise SystemExit(1)


def _lines(found: Verification) -> list[str]:
    lines = [
        f"Trail: {found.count} events{_span(found)}.",
        f"Anchor: {found.anchor}, {found.lines} lines"
        + (f", up to event {found.anchored}." if found.anchored else "."),
    ]
    if not found.findings:
        return [*lines, "Nothing was changed, removed, inserted or moved."]
    lines += [_said(one) for one in found.findings]
    more = found.finding_count - len(found.findings)
    return [*lines, f"{more} more findings."] if more else lines


def _said(finding: Finding) -> str:
    return f"FOUND event {finding.event} {finding.what}" if finding.event else f"FOUND {finding.what}"


def _span(found: Verification) -> str:
    if found.first_at is None or found.last_at is None:
        return ""
    return f", from {_moment(found.first_at)} to {_moment(found.last_at)} UTC"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
