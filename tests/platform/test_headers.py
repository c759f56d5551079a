"""T03: every response carries the security headers; no page is cached.

Seen to fail with `private` in place of `no-store`, without Cross-Origin-Opener-Policy, and with
frame-ancestors left out of the policy.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories import make_user

pytestmark = pytest.mark.django_db

ADDRESSES = [
    "/health",
    "/account/sign-in/",
    "/account/password/",
    "/no-such-page",
    "/static/screening/css/tokens.css",
    "/static/no-such-file.css",
]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("signed_in", [True, False])
def test_every_response_carries_the_security_headers(address: str, signed_in: bool, client: Client) -> None:
    if signed_in:
        client.force_login(make_user())
    headers = client.get(address).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert not any(":" in sources or "*" in sources for sources in policy.values())


@pytest.mark.parametrize("address", [address for address in ADDRESSES if not address.startswith("/static/")])
def test_no_page_is_kept_by_any_cache(address: str, client: Client) -> None:
    client.force_login(make_user())
    assert client.get(address).headers["Cache-Control"] == "no-store"


def test_expired_form_is_told_without_being_cached(settings: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/account/sign-in/", {"login": "a@example.org", "password": "x"})
    assert response.status_code == 403
    assert b"This form has expired" in response.content
    assert response.headers["Cache-Control"] == "no-store"
