"""python3 manage.py restore FILE"""

from __future__ import annotations

import logging
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from screening import backups
from screening.backups import installed
from screening.management.commands.backup import known_migrations, told

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Put the backup FILE back. What is in the database is replaced only if told so, and kept in a file."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--replace", action="store_true", help="replace what the database holds")
        parser.add_argument(
            "--confirm", metavar="NAME", help="the database's name, where nobody can be asked"
        )

    def handle(self, *args: Any, file: Path, replace: bool, confirm: str | None, **options: Any) -> None:
        engine = installed.engine()
        try:
            manifest = backups.read(file, engine=engine, known=known_migrations())
            if engine.holds_anything():
                if not replace:
                    raise CommandError("the database is not empty: add --replace to replace what it holds")
                self._confirm(confirm)
                self._keep(engine)
            backups.put_back(engine, file, manifest)
            logger.info("backup put back", extra={"sha256": manifest.sha256})
        except backups.BackupError as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"{told(manifest)}: put back, every digest equal")
        self.stdout.write("Next: python3 manage.py migrate, then python3 manage.py verify_audit")

    def _confirm(self, confirm: str | None) -> None:
        """Have the name of a production database typed before it is replaced."""
        if not settings.PRODUCTION:
            return
        name = installed.name()
        if confirm is None and sys.stdin.isatty():
            confirm = input(
                f"Type the name of the database whose content will be replaced ({name}): "
            ).strip()
        if confirm != name:
            raise CommandError(f"nothing was touched: this is production, so confirm with  --confirm {name}")

    def _keep(self, engine: backups.Engine) -> None:
        """Back up what is about to be replaced."""
        now = timezone.now()
        kept = Path(settings.VAR_DIR) / f"replaced-{now:%Y%m%dT%H%M%SZ}.backup"
        backups.make(engine, kept, at=now)
        self.stdout.write(f"What the database held is in {kept}")
