"""The measure of reading grades counts what a reader would count."""

from __future__ import annotations

import pytest

from tests.web.reading_grade import (
    english_syllables,
    flesch_kincaid_grade,
    longest_sentence,
    perspicuity,
    spanish_syllables,
)

ENGLISH = {
    1: "a the lows make makes changed harm cells two yes team blood eyes types height need one judged safe",
    2: "study people someone agree table tables being studies needed because living promise causes 14",
    3: "insulin infections diary medicine medicines another radio family company studying",
    4: "diabetes medication information January February",
    5: "hospitality university",
}
SPANISH = {
    1: "y la que hoy más sí dos bien juez",
    2: "datos sangre puede aún hoja días guerra quiere agua 14",
    3: "estudio células promesa encajan podría diabetes ahora prohíbe",
    4: "insulina medicina mayoría tratamiento infecciones averigüe",
    5: "hipoglucemia",
}


@pytest.mark.parametrize("count", ENGLISH)
def test_english_syllables_are_counted_as_spoken(count: int) -> None:
    assert {word: english_syllables(word) for word in ENGLISH[count].split()} == dict.fromkeys(
        ENGLISH[count].split(), count
    )


@pytest.mark.parametrize("count", SPANISH)
def test_spanish_syllables_are_counted_as_spoken(count: int) -> None:
    assert {word: spanish_syllables(word) for word in SPANISH[count].split()} == dict.fromkeys(
        SPANISH[count].split(), count
    )


def test_grade_of_english_follows_its_formula() -> None:
    """Nine words in two sentences and a line without a stop; ten syllables."""
    lines = ["You choose. No one calls you.", "your blood sugar"]
    assert flesch_kincaid_grade(lines) == pytest.approx(0.39 * 9 / 3 + 11.8 * 10 / 9 - 15.59)


def test_score_of_spanish_follows_its_formula() -> None:
    """Seven words in two sentences; fourteen syllables."""
    lines = ["Usted decide. No cambie su insulina hoy."]
    assert perspicuity(lines) == pytest.approx(206.835 - 62.3 * 14 / 7 - 7 / 2)


def test_hard_text_gets_a_hard_grade() -> None:
    hard = (
        "Candidates demonstrating impaired hypoglycaemia awareness notwithstanding optimised insulin therapy "
        "may subsequently undergo multidisciplinary assessment of immunosuppression tolerability."
    )
    assert flesch_kincaid_grade([hard]) > 16
    harder = "Los candidatos con hipoglucemia inadvertida requieren inmunosupresión multidisciplinaria."
    assert perspicuity([harder]) < 40
    assert longest_sentence([hard, harder]) == 17
