"""python3 manage.py demo: a synthetic clinic on this machine, ready to sign in to."""

from __future__ import annotations

import socket
import threading
import webbrowser
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.core.servers import basehttp
from django.core.wsgi import get_wsgi_application
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor

from screening.content import installed_content
from screening.demo import seed_clinic
from screening.demo.staff import ACCOUNTS, PASSWORD

HOST = "127.0.0.1"
USUAL_PORT = 8000


class Command(BaseCommand):
    help = "Serve a synthetic clinic on this machine: nobody in it is real."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, help=f"serve here; else on {USUAL_PORT} or a free port")
        parser.add_argument("--no-browser", action="store_true", help="open no browser")

    def handle(self, *args: Any, port: int | None, no_browser: bool, **options: Any) -> None:
        refuse_unless_demo()
        migrate_if_needed()
        protocols = installed_content().protocols
        seed_clinic()
        self.stdout.write(f"{len(protocols)} protocols loaded. Everybody in this clinic is made up.\n")
        self.stdout.write("Sign in as one of these:")
        for account in ACCOUNTS:
            self.stdout.write(f"  {account.email:<28}{account.role.label!s:<20}{account.name}")
        self.stdout.write(f"  password                    {PASSWORD}\n")

        def announce(bound: object) -> None:
            address = f"http://{HOST}:{bound}/"
            self.stdout.write(f"\nServing on {address}  (Ctrl-C stops)")
            self.stdout.flush()
            if not no_browser:
                threading.Thread(target=webbrowser.open, args=[address], daemon=True).start()

        try:
            basehttp.run(
                HOST,
                free_port() if port is None else port,
                get_wsgi_application(),
                threading=True,
                on_bind=announce,
            )
        except OSError as problem:
            raise CommandError(
                f"port {port} cannot be used ({problem.strerror}): choose another"
            ) from problem
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")


def refuse_unless_demo() -> None:
    """Stop unless this is a demo's own database on a development configuration.

    Raises:
        CommandError: the published password would open something else.
    """
    if settings.PRODUCTION:
        raise CommandError("demo makes accounts with a published password: unset ISLETSCREEN_ENV first")
    if Path(str(settings.DATABASES[DEFAULT_DB_ALIAS]["NAME"])).name != "demo.sqlite3":
        raise CommandError("demo fills a database of its own: start it with  python3 manage.py demo")


def migrate_if_needed() -> None:
    """Bring the database up to date; when it is, this costs one query."""
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)


def free_port() -> int:
    """Return the usual port if nobody listens there, else 0: the system chooses."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, USUAL_PORT))
        except OSError:
            return 0
    return USUAL_PORT
