"""What tests of pages share: a clinician, and the small set whose every count is known."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from screening.models import User
from tests.factories import make_user
from tests.web.logged import Logged, kept


@pytest.fixture
def clinician(db: None) -> User:
    return make_user()


@pytest.fixture
def signed_in(client: Client, clinician: User) -> Client:
    """A browser in which the clinician is signed in; tests of a centre sign its staff in instead."""
    client.force_login(clinician)
    return client


@pytest.fixture(scope="module")
def made_once(django_db_setup: None, django_db_blocker: Any) -> Iterator[Logged]:
    with kept(django_db_blocker) as made:
        yield made


@pytest.fixture
def logged(made_once: Logged, db: None) -> Logged:
    """The set as it was made; whatever a test does to it is undone."""
    return copy.deepcopy(made_once)
