"""python3 manage.py backup FILE, and the drill: python3 manage.py backup --check FILE"""

from __future__ import annotations

import logging
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.utils import timezone

from config.health import needed_migrations
from screening import backups
from screening.backups import installed

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Copy the database into FILE while the app runs, or put FILE back beside it and compare."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--check",
            action="store_true",
            help="drill: put FILE into a fresh database and compare every table",
        )

    def handle(self, *args: Any, file: Path, check: bool, **options: Any) -> None:
        engine = installed.engine()
        try:
            if check:
                manifest = backups.read(file, engine=engine, known=known_migrations())
                backups.drill(engine, file, manifest)
                self.stdout.write(f"{told(manifest)}: put back beside, every digest equal")
            else:
                manifest = backups.make(engine, file, at=timezone.now())
                logger.info("backup made", extra={"sha256": manifest.sha256})
                self.stdout.write(f"{told(manifest)} in {file} and {backups.manifest_of(file).name}")
        except backups.BackupError as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"SHA-256 {manifest.sha256}")


def told(manifest: backups.Manifest) -> str:
    rows = sum(table.rows for table in manifest.tables.values())
    return f"{len(manifest.tables)} tables with {rows} rows of {manifest.made_at}"


def known_migrations() -> frozenset[str]:
    """Return the migrations of this version, as a manifest names them."""
    return frozenset(".".join(migration) for migration in needed_migrations())
