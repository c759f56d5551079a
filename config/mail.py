"""How mail leaves: a server named by ISLETSCREEN_EMAIL_URL, or in development the console."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

EXAMPLE = "smtp://NAME:PASSWORD@mail.example.org:587?tls=starttls"
SECURED_BY = {"starttls": 587, "ssl": 465, "none": 25}
"""What `tls` may say, with the usual port of each."""
TIMEOUT = 20
"""Seconds a mail server has to answer."""


@dataclass(frozen=True)
class MailServer:
    """Where mail goes, in Django's terms; a console or nowhere has no host."""

    backend: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""
    starttls: bool = False
    ssl: bool = False


def server(url: str, *, production: bool) -> MailServer:
    """Return the mail server that `url` names.

    Without one, development writes mail to the console, and production sends none.

    Raises:
        ImproperlyConfigured: the address cannot be used.
    """
    if not url:
        kind = "dummy" if production else "console"
        return MailServer(f"django.core.mail.backends.{kind}.EmailBackend")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _unusable() from None
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    secured_by = options.pop("tls", "starttls")
    usable = parts.scheme == "smtp" and parts.hostname and parts.path in ("", "/") and not options
    if not usable or secured_by not in SECURED_BY or (parts.username is None) != (parts.password is None):
        raise _unusable()
    if secured_by == "none" and parts.username is not None:
        raise ImproperlyConfigured("ISLETSCREEN_EMAIL_URL sends a password without TLS: leave out tls=none")
    return MailServer(
        "django.core.mail.backends.smtp.EmailBackend",
        host=parts.hostname or "",
        port=port or SECURED_BY[secured_by],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=secured_by == "starttls",
        ssl=secured_by == "ssl",
    )


def _unusable() -> ImproperlyConfigured:
    """Return the refusal; the address itself, which holds a password, is not in it."""
    return ImproperlyConfigured(f"ISLETSCREEN_EMAIL_URL cannot be used: write it like {EXAMPLE}")


def address_of_site(url: str, hosts: list[str], *, production: bool) -> str:
    """Return the address that mails lead to, without a slash at its end.

    Raises:
        ImproperlyConfigured: `url` is no address of a site.
    """
    if not url:
        named = [host for host in hosts if not host.startswith(".")]
        return f"https://{named[0]}" if production and named else "http://127.0.0.1:8000"
    parts = urlsplit(url)
    schemes = ("https",) if production else ("https", "http")
    if parts.scheme not in schemes or not parts.hostname or parts.query or parts.fragment:
        raise ImproperlyConfigured(
            f"ISLETSCREEN_PUBLIC_URL is {url!r}: set it to the address people type, like "
            "https://screen.example.org"
        )
    return url.rstrip("/")
