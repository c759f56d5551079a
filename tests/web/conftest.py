"""What tests of logs, reports and exports share: the small set whose every count is known."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.logged import Logged, kept


@pytest.fixture(scope="module")
def made_once(django_db_setup: None, django_db_blocker: Any) -> Iterator[Logged]:
    with kept(django_db_blocker) as made:
        yield made


@pytest.fixture
def logged(made_once: Logged, db: None) -> Logged:
    """The set as it was made; whatever a test does to it is undone."""
    return copy.deepcopy(made_once)
