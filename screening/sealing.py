"""Seal what identifies a person: AES-GCM, a key for each person, and the installation's over those.

A sealed text is bound to its place, so that it opens in no other table, column or row. The keys of the
installation lie outside the database, the one in use first; every sealed key names the one it needs.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

KEY_LENGTH = 32
_NONCE_LENGTH = 12


class SealError(Exception):
    """Something sealed does not open."""


class MissingKey(SealError):
    """The key of the installation that is needed is not among ISLETSCREEN_IDENTITY_KEYS."""


class BrokenSeal(SealError):
    """The text was changed, or it was sealed with another key or for another place."""


class Erased(SealError):
    """The key was destroyed: what was sealed with it is gone for good."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed text stands: it opens nowhere else."""

    table: str
    column: str
    row: object

    @property
    def associated(self) -> bytes:
        return f"{self.table}\0{self.column}\0{self.row}".encode()


def new_key() -> bytes:
    """Return a fresh key for one person."""
    return secrets.token_bytes(KEY_LENGTH)


def seal(key: bytes, text: str, place: Place) -> str:
    """Return `text` sealed with `key` for `place` alone."""
    nonce = secrets.token_bytes(_NONCE_LENGTH)
    sealed = nonce + AESGCM(key).encrypt(nonce, text.encode(), place.associated)
    return base64.b64encode(sealed).decode("ascii")


def unseal(key: bytes, sealed: str, place: Place) -> str:
    """Return the text of `sealed`.

    Raises:
        BrokenSeal: it was changed, or sealed with another key or for another place.
    """
    try:
        raw = base64.b64decode(sealed, validate=True)
        return AESGCM(key).decrypt(raw[:_NONCE_LENGTH], raw[_NONCE_LENGTH:], place.associated).decode()
    except (InvalidTag, ValueError, binascii.Error):
        raise BrokenSeal(f"what {place.table}.{place.column} holds does not open in this row") from None


# --- The installation's keys


def seal_key(key: bytes, place: Place) -> str:
    """Return a person's key sealed with the installation's key in use, which it names."""
    first = _installed()[0]
    return f"{key_id(first)}.{seal(first, key.hex(), place)}"


def unseal_key(sealed: str, place: Place) -> bytes:
    """Return the person's key that is in `sealed`.

    Raises:
        Erased: it was destroyed.
        MissingKey: the installation's key that sealed it is not there.
        BrokenSeal: it was changed, or stands in another row.
    """
    if not sealed:
        raise Erased("the key of this person was destroyed")
    wanted, _, text = sealed.partition(".")
    for key in _installed():
        if key_id(key) == wanted:
            return bytes.fromhex(unseal(key, text, place))
    raise MissingKey(
        f"ISLETSCREEN_IDENTITY_KEYS lacks the key {wanted}: put it back, behind the one in use, "
        "and run  python3 manage.py rotate_identity_keys  before it is taken away"
    )


def prefix_in_use() -> str:
    """Return how every key begins that is sealed with the installation's key in use."""
    return f"{key_id(_installed()[0])}."


@lru_cache(maxsize=64)
def key_id(key: bytes) -> str:
    """Return the name under which a key of the installation is known; it tells nothing of the key."""
    return _derived(key, b"isletscreen key id").hex()[:12]


def record_hashes(site_id: int, number: str) -> list[str]:
    """Return what a record number of one site is found by: under the key in use first, then the others.

    Blanks, dashes, case and width do not tell numbers apart. Empty where `number` holds nothing else.
    """
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", number).casefold() if sign.isalnum())
    if not plain:
        return []
    said = f"{site_id}\0{plain}".encode()
    return [
        hmac.new(_derived(key, b"isletscreen record number"), said, hashlib.sha256).hexdigest()
        for key in _installed()
    ]


def _installed() -> Sequence[bytes]:
    keys: Sequence[bytes] = settings.IDENTITY_KEYS
    if not keys:
        raise MissingKey("ISLETSCREEN_IDENTITY_KEYS holds no key: set it")
    return keys


@lru_cache(maxsize=64)
def _derived(key: bytes, purpose: bytes) -> bytes:
    """Return a key for `purpose` alone, from which `key` cannot be told."""
    return HKDF(algorithm=SHA256(), length=KEY_LENGTH, salt=None, info=purpose).derive(key)
