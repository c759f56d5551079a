"""Bits of failing and unknown criteria say what the records say."""

import pytest

from screening.rules.content import load_content
from screening.rules.evaluate import Outcome
from screening.rules.masks import MaskPlan
from screening.rules.reading import read_answers
from screening.rules.screening import rulebook
from tests.evaluation.persons import someone

CONTENT = load_content()
BOOK = rulebook(CONTENT)
PLAN = MaskPlan(BOOK)


@pytest.mark.parametrize("seed", range(0, 400, 40))
def test_masks_are_those_of_the_records(seed: int) -> None:
    for one in range(seed, seed + 40):
        known = BOOK.reader.known(read_answers(CONTENT.catalogue, someone(one)))
        for protocol, (failing, unknown) in zip(BOOK.protocols, PLAN.masks(known), strict=True):
            outcomes = [compiled.outcome(known) for compiled in protocol.deciding]
            assert [failing >> bit & 1 for bit in range(len(outcomes))] == [
                int(outcome is Outcome.FAIL) for outcome in outcomes
            ]
            assert [unknown >> bit & 1 for bit in range(len(outcomes))] == [
                int(outcome is Outcome.UNKNOWN) for outcome in outcomes
            ]


def test_every_deciding_criterion_has_its_bit() -> None:
    nobody = BOOK.reader.known(read_answers(CONTENT.catalogue, {"as_of": "2026-11-20", "facts": {}}))
    every_bit = [(1 << len(protocol.deciding)) - 1 for protocol in BOOK.protocols]
    assert PLAN.masks(nobody) == [(0, bits) for bits in every_bit]
