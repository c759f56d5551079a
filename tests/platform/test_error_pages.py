"""Error pages say what to do next, in the product's layout, and repeat nothing that was typed."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from config.urls import urlpatterns
from screening.access import allow_anyone
from tests.factories import make_user

pytestmark = pytest.mark.django_db

CANARY = "Jane Canary 7.77"
FAILURES: dict[str, tuple[type[Exception], int, str]] = {
    "unreadable": (SuspiciousOperation, 400, "That request cannot be read"),
    "forbidden": (PermissionDenied, 403, "You may not open this page"),
    "missing": (Http404, 404, "There is no such page"),
    "broken": (RuntimeError, 500, "Something went wrong here"),
}


@allow_anyone
def fail(request: HttpRequest, how: str) -> HttpResponse:
    raise FAILURES[how][0](CANARY)


@pytest.fixture
def failing(settings: Any, client: Client) -> Client:
    urls = ModuleType("urls_that_fail")
    urls.urlpatterns = [path("fail/<str:how>", fail), *urlpatterns]  # type: ignore[attr-defined]
    settings.ROOT_URLCONF = urls
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("how", FAILURES)
@pytest.mark.parametrize("signed_in", [True, False])
def test_each_failure_has_its_page_without_what_was_typed(
    how: str, signed_in: bool, failing: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    if signed_in:
        failing.force_login(make_user())
    _, status, heading = FAILURES[how]
    response = failing.post(f"/fail/{how}", {"name": CANARY})
    page = response.content.decode()
    assert response.status_code == status
    assert f"<h1>{heading}</h1>" in page
    assert 'href="/"' in page
    assert "Canary" not in page
    assert response.headers["Cache-Control"] == "no-store"
    assert "Content-Security-Policy" in response.headers
    assert "Canary" not in capfd.readouterr().err
