"""Measure in a database that is made for it and thrown away after it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from tests.benchmarks.figures import Figure


def in_own_database(measured: Callable[[], Iterator[Figure]]) -> Iterator[Figure]:
    """Yield what `measured` yields, with Django set up and empty tables below it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    databases = setup_databases(verbosity=0, interactive=False)
    try:
        yield from measured()
    finally:
        teardown_databases(databases, verbosity=0)
