"""Every hazard is held by something, somewhere, and by tests that exist.

Seen to fail with a hazard without tests, with one whose test has another name, and with one left out.
"""

from __future__ import annotations

from dataclasses import fields

import pytest

from tests.docs.hazards import NUMBERS, Hazard, hazards
from tests.docs.markdown import ROOT
from tests.trust.named import missing

HAZARDS = hazards()
BY_NUMBER = pytest.mark.parametrize("hazard", HAZARDS.values(), ids=HAZARDS)
IN_PARTS = {"H7", "H11", "H12"}
"""Hazards of which the product does not have all that they are about."""


def test_every_hazard_is_there_once_and_in_order() -> None:
    assert tuple(HAZARDS) == NUMBERS


@BY_NUMBER
def test_every_hazard_has_tests_that_exist(hazard: Hazard) -> None:
    assert hazard.tests
    assert missing(hazard.tests) == []


@BY_NUMBER
def test_every_hazard_says_what_holds_it_where(hazard: Hazard) -> None:
    assert [one.name for one in fields(hazard) if not getattr(hazard, one.name)] in (
        [],
        ["not_there_yet"],
    )
    assert [place for place in hazard.where if not (ROOT / place).exists()] == []


def test_what_is_not_there_yet_is_said() -> None:
    """And the program still lacks it: whoever adds a page for sensor files or a registry changes this."""
    assert {number for number, hazard in HAZARDS.items() if hazard.not_there_yet} == IN_PARTS
    assert not list((ROOT / "screening" / "views").rglob("*cgm*.py"))
    assert not list((ROOT / "screening").rglob("registry*.py"))
