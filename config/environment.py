"""Reads the ISLETSCREEN_* environment variables; the only place that does."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

NEW_KEY = (
    "python3 -c 'import base64, secrets; print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())'"
)


def read(name: str, default: str = "", environ: Mapping[str, str] = os.environ) -> str:
    """Return ISLETSCREEN_`name` without surrounding space, or `default`."""
    return environ.get(f"ISLETSCREEN_{name}", "").strip() or default


def choice(name: str, *choices: str) -> str:
    """Return ISLETSCREEN_`name`, one of `choices`; the first is the default.

    Raises:
        ImproperlyConfigured: the variable holds something else.
    """
    value = read(name, choices[0])
    if value not in choices:
        raise ImproperlyConfigured(f"ISLETSCREEN_{name} is {value!r}: set it to {' or '.join(choices)}")
    return value


def flag(name: str) -> bool:
    """Return whether ISLETSCREEN_`name` is 1; unset means no.

    Raises:
        ImproperlyConfigured: the variable is neither 0 nor 1.
    """
    return choice(name, "0", "1") == "1"


def whole_number(name: str, default: int, *, at_least: int = 0, at_most: int | None = None) -> int:
    """Return ISLETSCREEN_`name` as a whole number from `at_least` to `at_most`.

    Raises:
        ImproperlyConfigured: the variable is not one.
    """
    value = read(name, str(default))
    usable = value.isascii() and value.isdigit() and len(value) <= 9 and int(value) >= at_least
    if not usable or (at_most is not None and int(value) > at_most):
        bounds = "" if at_most is None else f" from {at_least} to {at_most}"
        raise ImproperlyConfigured(
            f"ISLETSCREEN_{name} is {value!r}: set it to a whole number{bounds}, like {default}"
        )
    return int(value)


def words(name: str) -> list[str]:
    """Return the comma-separated parts of ISLETSCREEN_`name`."""
    return [word.strip() for word in read(name).split(",") if word.strip()]


def directory(name: str) -> Path | None:
    """Return the directory ISLETSCREEN_`name`, or None if it is not set.

    Raises:
        ImproperlyConfigured: there is no such directory.
    """
    value = read(name)
    if not value:
        return None
    path = Path(value)
    if not path.is_dir():
        raise ImproperlyConfigured(
            f"ISLETSCREEN_{name} is {value!r}: name a directory that exists, or unset it"
        )
    return path


def required_in_production(name: str, how: str) -> str:
    """Return ISLETSCREEN_`name`.

    Raises:
        ImproperlyConfigured: it is not set; the message says `how` to set it.
    """
    value = read(name)
    if not value:
        raise ImproperlyConfigured(f"ISLETSCREEN_{name} is not set, and production needs it: {how}")
    return value


def key(name: str, path: Path, *, production: bool) -> bytes:
    """Return the key of ISLETSCREEN_`name`; in development the one kept at `path`.

    Raises:
        ImproperlyConfigured: production without it, or it is not 32 bytes in URL-safe base64.
    """
    return keys(name, path, production=production)[0]


def keys(name: str, path: Path, *, production: bool) -> list[bytes]:
    """Return the keys of ISLETSCREEN_`name`, the one in use first; in development the one kept at `path`.

    Raises:
        ImproperlyConfigured: production without any, or one is not 32 bytes in URL-safe base64.
    """
    if production:
        required_in_production(name, f"{NEW_KEY} prints a fresh one")
    written = words(name) or [base64.urlsafe_b64encode(local_key(path)).decode("ascii")]
    found = [_decoded(word) for word in written]
    if any(len(one) != 32 for one in found):
        raise ImproperlyConfigured(f"ISLETSCREEN_{name} holds what is no key: {NEW_KEY} prints a fresh one")
    return found


def _decoded(word: str) -> bytes:
    try:
        return base64.b64decode(word, altchars=b"-_", validate=True)
    except ValueError:
        return b""


def local_key(path: Path) -> bytes:
    """Return 32 bytes of this machine's own for development."""
    return hashlib.sha256(local_secret_key(path).encode("ascii")).digest()


def local_secret_key(path: Path) -> str:
    """Return this machine's own development key, made on first use and readable by its owner only."""
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(
        os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii"
    ) as file:
        file.write(secrets.token_urlsafe(64))
    fresh.replace(path)
    return path.read_text(encoding="ascii")
