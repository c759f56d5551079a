"""The last day of an answer, held against what rules take as current."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from screening.rules.ageing import lifetimes
from screening.rules.answers import Answers
from screening.rules.content import load_content
from screening.rules.inputs import FactInput
from screening.rules.reading import read_answers
from screening.rules.screening import rulebook
from tests.evaluation.persons import AS_OF, someone

CONTENT = load_content()
BOOK = rulebook(CONTENT)
NAMED = {
    source.name: source
    for source in BOOK.reader.inputs
    if isinstance(source, FactInput) and source.within is None and source.fact.ages
}


def told(**facts: object) -> Answers:
    return read_answers(CONTENT.catalogue, {"as_of": "2026-11-20", "facts": facts})


@pytest.mark.parametrize("seed", range(24))
def test_an_answer_counts_while_rules_take_it_as_current(seed: int) -> None:
    answers = read_answers(CONTENT.catalogue, someone(seed))
    for ahead in (0, 29, 30, 31, 60, 89, 90, 91, 180, 181, 366, 731):
        day = AS_OF + timedelta(days=ahead)
        later = replace(answers, as_of=day)
        days, known = lifetimes(BOOK, later), BOOK.reader.known(later)
        for name, lifetime in days.items():
            if name in NAMED:
                assert lifetime.counts_on(day) is (NAMED[name].current(known) is not None), (name, day)


@pytest.mark.parametrize(
    ("graft", "last_day"), [("none", date(2027, 3, 30)), ("functioning", date(2026, 12, 30))]
)
def test_the_limit_may_hang_on_another_answer(graft: str, last_day: date) -> None:
    """Creatinine counts for 180 days; beside a transplanted kidney for 90."""
    creatinine = {"value": "0.9", "unit": "mg/dL", "on": "2026-10-01"}
    found = lifetimes(BOOK, told(creatinine=creatinine, kidney_transplant=graft))
    assert found["creatinine"].last_day == last_day


def test_what_never_ages_has_no_last_day() -> None:
    assert "organ_transplant" not in lifetimes(BOOK, told(organ_transplant=True))
    assert "organ_transplant" in lifetimes(BOOK, told(organ_transplant=False))


def test_a_number_without_a_date_counts_on_no_day() -> None:
    found = lifetimes(BOOK, told(hba1c={"value": "7.8", "unit": "%"}))["hba1c"]
    assert found.on is None
    assert not found.counts_on(AS_OF)
