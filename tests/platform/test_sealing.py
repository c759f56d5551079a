"""Sealed texts open in their own place, with their own key, and nowhere else."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from screening import sealing
from screening.sealing import Place

HERE = Place("screening_identity", "sealed_details", 7)
OLD, NEW = b"o" * 32, b"n" * 32


def test_sealed_text_opens_in_its_own_place_alone() -> None:
    """Seen to fail with the place left out of the associated data."""
    key = sealing.new_key()
    sealed = sealing.seal(key, "Jane Canary", HERE)
    assert sealing.unseal(key, sealed, HERE) == "Jane Canary"
    for elsewhere in (
        Place("screening_draft", "sealed_details", 7),
        Place("screening_identity", "sealed_key", 7),
        Place("screening_identity", "sealed_details", 8),
    ):
        with pytest.raises(sealing.BrokenSeal):
            sealing.unseal(key, sealed, elsewhere)
    with pytest.raises(sealing.BrokenSeal):
        sealing.unseal(sealing.new_key(), sealed, HERE)


@pytest.mark.parametrize("place", range(0, 40, 7))
def test_one_changed_bit_breaks_the_seal(place: int) -> None:
    key = sealing.new_key()
    raw = bytearray(base64.b64decode(sealing.seal(key, "Jane Canary, 1 May", HERE)))
    raw[place] ^= 1
    with pytest.raises(sealing.BrokenSeal):
        sealing.unseal(key, base64.b64encode(raw).decode(), HERE)


@pytest.mark.parametrize("nonsense", ["", "x", "é", "AAAA", "{}"])
def test_what_was_never_sealed_is_refused_without_its_text(nonsense: str) -> None:
    with pytest.raises(sealing.BrokenSeal) as refused:
        sealing.unseal(sealing.new_key(), nonsense, HERE)
    assert str(refused.value) == "what screening_identity.sealed_details holds does not open in this row"


def test_the_same_text_is_never_sealed_alike() -> None:
    key = sealing.new_key()
    assert len({sealing.seal(key, "1983-05-01", HERE) for _ in range(50)}) == 50


def test_a_persons_key_names_the_installations_key_it_needs(settings: Any) -> None:
    settings.IDENTITY_KEYS = [OLD]
    key = sealing.new_key()
    sealed = sealing.seal_key(key, HERE)
    settings.IDENTITY_KEYS = [NEW, OLD]
    assert sealing.unseal_key(sealed, HERE) == key
    assert not sealed.startswith(sealing.prefix_in_use())
    settings.IDENTITY_KEYS = [NEW]
    with pytest.raises(sealing.MissingKey, match=f"lacks the key {sealing.key_id(OLD)}: put it back"):
        sealing.unseal_key(sealed, HERE)
    settings.IDENTITY_KEYS = []
    with pytest.raises(sealing.MissingKey, match="holds no key"):
        sealing.seal_key(key, HERE)


def test_a_destroyed_key_is_said_to_be_erased() -> None:
    with pytest.raises(sealing.Erased):
        sealing.unseal_key("", HERE)


def test_record_numbers_are_found_however_they_are_written(settings: Any) -> None:
    settings.IDENTITY_KEYS = [OLD]
    (number,) = sealing.record_hashes(1, "MRN 0012-345x")
    assert [number] == sealing.record_hashes(1, " mrn0012345X ")
    assert [number] == sealing.record_hashes(1, "ＭＲＮ００１２３４５ｘ")
    assert [number] != sealing.record_hashes(2, "MRN 0012-345x")
    assert [number] != sealing.record_hashes(1, "MRN 12-345x")
    assert sealing.record_hashes(1, " - ") == []
    settings.IDENTITY_KEYS = [NEW, OLD]
    assert sealing.record_hashes(1, "mrn0012345x")[1] == number
