"""Where mail goes, from the environment."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.mail import EXAMPLE, address_of_site, server


@pytest.mark.parametrize(
    ("url", "port", "starttls", "ssl"),
    [
        (EXAMPLE, 587, True, False),
        ("smtp://mail.example.org", 587, True, False),
        ("smtp://mail.example.org?tls=ssl", 465, False, True),
        ("smtp://127.0.0.1?tls=none", 25, False, False),
        ("smtp://mail.example.org:2525/?tls=starttls", 2525, True, False),
    ],
)
def test_one_address_names_server_port_and_security(url: str, port: int, starttls: bool, ssl: bool) -> None:
    found = server(url, production=True)
    assert (found.port, found.starttls, found.ssl) == (port, starttls, ssl)


def test_name_and_password_are_read_with_their_signs() -> None:
    found = server("smtp://a%40b.org:p%3Aw%2F@mail.example.org", production=True)
    assert (found.user, found.password) == ("a@b.org", "p:w/")


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://mail.example.org:port",
        "smtp://mail.example.org/path",
        "smtp://mail.example.org?tls=perhaps",
        "smtp://mail.example.org?retries=3",
        "smtp://name@mail.example.org",
        "smtp://name:secret-canary@mail.example.org?tls=none",
        "smtp://name:secret-canary@[mail",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_without_quoting_it(url: str) -> None:
    """Seen to fail with the address in the message."""
    with pytest.raises(ImproperlyConfigured, match="ISLETSCREEN_EMAIL_URL") as refused:
        server(url, production=True)
    assert "canary" not in str(refused.value)


def test_without_an_address_development_prints_and_production_sends_none() -> None:
    assert server("", production=False).backend.endswith("console.EmailBackend")
    assert server("", production=True).backend.endswith("dummy.EmailBackend")


@pytest.mark.parametrize(
    ("url", "production", "found"),
    [
        ("", False, "http://127.0.0.1:8000"),
        ("", True, "https://screen.example.org"),
        ("https://screen.example.org/app/", True, "https://screen.example.org/app"),
    ],
)
def test_mails_lead_to_the_address_people_type(url: str, production: bool, found: str) -> None:
    assert address_of_site(url, [".example.org", "screen.example.org"], production=production) == found


@pytest.mark.parametrize("url", ["screen.example.org", "http://screen.example.org", "https://x.org/?a=1"])
def test_an_address_of_no_site_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="ISLETSCREEN_PUBLIC_URL"):
        address_of_site(url, [], production=True)
