"""The demo: its own database, its own people, and never on a production configuration."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from django.core.management import CommandError

from screening.demo.staff import ACCOUNTS, PASSWORD, seed_staff
from screening.management.commands import demo
from screening.models.people import Membership, User


def test_demo_refuses_a_production_configuration(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="unset ISLETSCREEN_ENV first"):
        demo.refuse_unless_demo()


def test_demo_refuses_a_database_that_is_not_its_own(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", "/srv/isletscreen.sqlite3")
    with pytest.raises(CommandError, match="a database of its own"):
        demo.refuse_unless_demo()


def test_busy_usual_port_gives_way_to_a_free_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as busy:
        busy.bind((demo.HOST, 0))
        busy.listen()
        monkeypatch.setattr(demo, "USUAL_PORT", busy.getsockname()[1])
        assert demo.free_port() == 0


@pytest.mark.django_db
def test_migrated_database_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "call_command", lambda *args, **options: pytest.fail("migrated again"))
    demo.migrate_if_needed()


@pytest.mark.django_db
def test_seeding_staff_twice_changes_nothing() -> None:
    seed_staff()
    before = list(User.objects.values()), list(Membership.objects.values())
    seed_staff()
    assert (list(User.objects.values()), list(Membership.objects.values())) == before


@pytest.mark.django_db
def test_every_demo_account_signs_in(client: Any) -> None:
    seed_staff()
    for account in ACCOUNTS:
        response = client.post("/account/sign-in/", {"login": account.email, "password": PASSWORD})
        assert response.status_code == 302
        client.post("/account/sign-out/")
