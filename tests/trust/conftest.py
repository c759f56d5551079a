"""What the trust tests share: one populated world for each module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache, caches
from django.db import transaction

from screening.interop import pdf
from tests.trust.world import World, make_world


@pytest.fixture(scope="module")
def world_of_the_module(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch, django_db_blocker.unblock():
        patch.setattr(settings, "REQUIRE_SECOND_FACTOR", True)
        # As if WeasyPrint were there, and quick: who reaches a page does not hang on what is installed.
        patch.setattr(pdf, "can_draw", lambda: True)
        patch.setattr(pdf, "as_pdf", lambda html: b"%PDF-1.7")
        with transaction.atomic():
            yield make_world()
            transaction.set_rollback(True)


@pytest.fixture
def db(world_of_the_module: World) -> Iterator[None]:
    """The database as the world left it; whatever a test does to it is undone.

    In place of pytest-django's fixture of this name, by which it sees that a test needs a database.
    """
    cache.clear()
    caches["process"].clear()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def world(db: None, world_of_the_module: World) -> World:
    """Clinics, centres, accounts, and one of everything a page can be about, made once for each module.

    A second factor is required, as in production. A module that uses it uses no other database fixture.
    """
    return world_of_the_module
