"""T01: deny by default. A view says who may use it, or the app does not start.

Seen to fail with the check at start-up passing views that have a name, with a view that declares nothing let
through by AccessMiddleware, and with the roles of a view not compared there.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import include, path

from config.urls import urlpatterns
from screening.access import allow, allow_anyone, allow_signed_in, routed_views
from screening.checks import every_view_declares_who_may_use_it
from screening.models.people import Role
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def undeclared(request: HttpRequest) -> HttpResponse:
    return HttpResponse("reached")


@pytest.fixture
def open_and_closed(settings: Any) -> None:
    """A URLconf with a view for everybody, for the signed in, for coordinators, and for nobody known."""

    def copy() -> Any:
        return lambda request: HttpResponse("reached")

    urls = ModuleType("urls_for_access")
    urls.urlpatterns = [  # type: ignore[attr-defined]
        path("anyone", allow_anyone(copy())),
        path("signed-in", allow_signed_in(copy())),
        path("coordinators", allow("coordinator", "investigator")(copy())),
        path("inner/", include([path("undeclared/<int:number>", undeclared, name="undeclared")])),
        *urlpatterns,
    ]
    settings.ROOT_URLCONF = urls


def test_every_shipped_view_declares_who_may_use_it() -> None:
    assert every_view_declares_who_may_use_it(None) == []
    assert len(list(routed_views())) >= 5


@pytest.mark.usefixtures("open_and_closed")
def test_undeclared_view_stops_start_up_with_its_address() -> None:
    (error,) = every_view_declares_who_may_use_it(None)
    assert error.is_serious()
    assert "/inner/undeclared/<int:number>" in error.msg
    assert "undeclared" in error.msg
    assert "@allow" in str(error.hint)


@pytest.mark.usefixtures("open_and_closed")
def test_undeclared_view_is_never_reached(client: Client) -> None:
    client.force_login(make_user(Role.ADMINISTRATOR))
    assert client.get("/inner/undeclared/1").status_code == 403


@pytest.mark.usefixtures("open_and_closed")
@pytest.mark.parametrize(
    ("role", "address", "status"),
    [
        ("nobody", "/anyone", 200),
        ("nobody", "/signed-in", 302),
        ("nobody", "/coordinators", 302),
        (None, "/anyone", 200),
        (None, "/signed-in", 200),
        (None, "/coordinators", 403),
        (Role.CLINICIAN, "/coordinators", 403),
        (Role.MONITOR, "/coordinators", 403),
        (Role.ADMINISTRATOR, "/coordinators", 403),
        (Role.COORDINATOR, "/coordinators", 200),
        (Role.INVESTIGATOR, "/coordinators", 200),
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_role_decides_who_reaches_a_view(
    role: Role | str | None, address: str, status: int, method: str, client: Client
) -> None:
    if role != "nobody":
        client.force_login(make_user(Role(role) if role else None))
    response = getattr(client, method)(address)
    assert response.status_code == status
    assert (response.content == b"reached") is (status == 200)


@pytest.mark.usefixtures("open_and_closed")
def test_closed_account_is_signed_out_at_once(client: Client) -> None:
    user = make_user()
    client.force_login(user)
    assert client.get("/signed-in").status_code == 200
    user.is_active = False
    user.save()
    assert client.get("/signed-in").status_code == 302


@pytest.mark.usefixtures("open_and_closed")
def test_sign_in_leads_back_to_the_page_asked_for(client: Client) -> None:
    assert (
        client.get("/signed-in?page=2").headers["Location"] == "/account/sign-in/?next=/signed-in%3Fpage%3D2"
    )
    assert client.post("/signed-in").headers["Location"] == "/account/sign-in/?next=/"


@pytest.mark.usefixtures("open_and_closed")
def test_htmx_is_told_to_leave_the_page(client: Client) -> None:
    response = client.post(
        "/signed-in",
        headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/people/1"},
    )
    assert response.headers["HX-Redirect"] == "/account/sign-in/?next=/people/1"


@pytest.mark.parametrize("roles", [(), ("surgeon",), ("clinician", "surgeon")])
def test_declaring_an_unknown_role_is_refused(roles: tuple[str, ...]) -> None:
    with pytest.raises(ImproperlyConfigured, match="clinician, coordinator"):
        allow(*roles)


def test_anonymous_reaches_only_sign_in_and_health(client: Client) -> None:
    reached = set()
    for route, pattern in routed_views():
        address = "/" + route.lstrip("/")
        if "<" not in address and client.get(address).status_code == 200:
            reached.add(pattern.name)
    assert reached <= {"account_login", "account_inactive", "health"}
