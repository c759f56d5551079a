"""What may go wrong, from docs/hazards.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

from tests.docs.markdown import DOCS, read

FILE = DOCS / "hazards.toml"
NUMBERS = tuple(f"H{number}" for number in range(1, 17))


@dataclass(frozen=True)
class Hazard:
    """One hazard, as its file writes it."""

    hazard: str
    harm: str
    held_by: list[str]
    where: list[str]
    tests: list[str]
    remains: str
    not_there_yet: str = ""


def hazards() -> dict[str, Hazard]:
    """Return the hazards by number.

    Raises:
        TypeError: an unknown key, or a key that is missing.
    """
    return {number: Hazard(**said) for number, said in tomllib.loads(read(FILE)).items()}
