"""`python3 manage.py check_protocols`: read every fact and protocol file and tell what is wrong."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from screening.content import content_directories
from screening.rules.content import Content, parse_content
from screening.rules.contents import NAME, differences, list_of
from screening.rules.loading import ContentError


class Command(BaseCommand):
    help = "Check every fact and protocol file; name file, criterion, what was found and what to do."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "directory",
            nargs="?",
            type=Path,
            help="a site's own directory with facts/ and protocols/; else that of the settings",
        )
        parser.add_argument(
            "--list",
            action="store_true",
            help=f"when all is well, list the files in {NAME}, so that a damaged one is told",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        private = options["directory"] or settings.PRIVATE_CONTENT
        if private is not None and not private.is_dir():
            self.stderr.write(f"{private} is no directory: name one with facts/ and protocols/ inside")
            sys.exit(2)
        directories = content_directories(private)
        listed = directories[-1]
        try:
            content = parse_content(
                [directory / "facts" for directory in directories],
                [directory / "protocols" for directory in directories],
            )
            if options["list"]:
                (listed / NAME).write_text(list_of(listed), encoding="utf-8")
            unlisted = [defect for directory in directories for defect in differences(directory)]
            if unlisted:
                raise ContentError(unlisted)
        except ContentError as error:
            for defect in error.defects:
                self.stderr.write(str(defect))
            self.stderr.write(f"{len(error.defects)} defects: nothing was changed")
            sys.exit(1)
        self.stdout.write(_report(content))


def _report(content: Content) -> str:
    lines = [
        f"{protocol.id:24} {len(protocol.criteria):3} criteria, {len(protocol.deciding):3} decide, "
        f"{len(protocol.gaps)} gaps  {protocol.sha256[:12]}"
        for protocol in content.protocols
    ]
    facts = len(content.catalogue.facts)
    return "\n".join([*lines, f"{len(content.protocols)} protocols over {facts} facts: no defects"])
