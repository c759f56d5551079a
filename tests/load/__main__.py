"""50 people at work for a minute on two workers: .ci/with-postgresql .venv/bin/python -m tests.load

It starts its own service on 127.0.0.1, on a fresh database beside the one that DATABASE_URL names, and
reaches nothing else.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

import django

from tests.load.visits import Findings, crowd
from tests.services import fresh_database, seeded, serving


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load", description=__doc__)
    parser.add_argument("--users", type=int, default=50, choices=range(1, 201), metavar="1-200")
    parser.add_argument("--seconds", type=int, default=60, choices=range(1, 601), metavar="1-600")
    parser.add_argument("--workers", type=int, default=2, choices=range(1, 9), metavar="1-8")
    wanted = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.conf import settings

    server = settings.DATABASES["default"]
    with (
        tempfile.TemporaryDirectory(prefix="isletscreen-load.") as directory,
        fresh_database(Path(directory), server) as own,
    ):
        visitors = seeded(own, users=wanted.users, sites=10, people=5)
        with serving(own, workers=wanted.workers) as service:
            found = crowd(service, visitors, seconds=wanted.seconds, pause=0.5)
    engine = server["ENGINE"].rpartition(".")[2]
    print(f"{wanted.users} users, {wanted.seconds} s, {wanted.workers} workers, {engine}: {figures(found)}")
    for problem in sorted(set(found.errors + found.leaks))[:20]:
        print(f"  {problem}")
    return 1 if found.errors or found.leaks or not found.recorded else 0


def figures(found: Findings) -> str:
    """Return one line: how much, how fast, and what went wrong."""
    half, most, slowest = (round(1000 * found.share(part)) for part in (0.5, 0.95, 1))
    return (
        f"{len(found.seconds)} pages, {found.recorded} pre-screens recorded, {len(found.errors)} errors,"
        f" {len(found.leaks)} leaks; half of the pages within {half} ms, 95 % within"
        f" {most} ms, the slowest {slowest} ms"
    )


if __name__ == "__main__":
    sys.exit(main())
