"""Earlier answers on a later day: listed on the day on which something changes, and not on the day before."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from screening.rules.candidacy import Candidacy
from screening.rules.content import load_content
from screening.rules.implications import on_later_day
from screening.rules.reading import read_answers
from screening.rules.rescreening import Cause, Moved, moved
from screening.rules.screening import rulebook, screen
from tests.evaluation.persons import AS_OF, someone

CONTENT = load_content()
BOOK = rulebook(CONTENT)
SEEDS = range(24)
ONE_DAY = timedelta(days=1)


def found(seed: int, day: date) -> dict[str, Moved]:
    answers = read_answers(CONTENT.catalogue, someone(seed))
    recorded = {trial["id"]: Candidacy(trial["candidacy"]) for trial in screen(CONTENT, answers)["trials"]}
    return {change.protocol: change for change in moved(BOOK, answers, day, recorded)}


def by_time(change: Moved | None) -> date | None:
    """Return the day that a change by time names; None where time changed nothing."""
    reasons = change.reasons if change is not None else ()
    return next((one.since for one in reasons if one.cause is Cause.TIME), None)


def turning(seed: int) -> Iterator[tuple[str, date]]:
    answers = read_answers(CONTENT.catalogue, someone(seed))
    for trial in screen(CONTENT, answers)["trials"]:
        if trial["lapses_on"] is not None:
            yield trial["id"], date.fromisoformat(trial["lapses_on"])


@pytest.mark.parametrize("seed", SEEDS)
def test_nobody_has_moved_on_the_day_of_the_pre_screen(seed: int) -> None:
    assert found(seed, AS_OF) == {}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_change_by_time_is_found_on_its_day_and_not_before(seed: int) -> None:
    for protocol, day in turning(seed):
        assert by_time(found(seed, day - ONE_DAY).get(protocol)) is None, protocol
        assert by_time(found(seed, day).get(protocol)) == day, protocol


def test_people_of_these_seeds_do_change_by_time() -> None:
    assert sum(1 for seed in SEEDS for _ in turning(seed)) > 50


@pytest.mark.parametrize("seed", SEEDS)
def test_not_yet_opens_on_the_day_it_says(seed: int) -> None:
    answers = read_answers(CONTENT.catalogue, someone(seed))
    for trial in screen(CONTENT, answers)["trials"]:
        if trial["not_before"] is not None:
            change = found(seed, date.fromisoformat(trial["not_before"]))[trial["id"]]
            assert change.then is Candidacy.NOT_YET
            assert change.if_still_true in (Candidacy.LIKELY, Candidacy.POSSIBLE)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_later_day_says_what_a_pre_screen_of_it_says(seed: int) -> None:
    day = AS_OF + timedelta(days=200)
    answers = read_answers(CONTENT.catalogue, someone(seed))
    later = screen(CONTENT, on_later_day(CONTENT.catalogue, answers, day))
    changed = found(seed, day)
    for trial, before in zip(later["trials"], screen(CONTENT, answers)["trials"], strict=True):
        if trial["id"] in changed:
            assert changed[trial["id"]].now.value == trial["candidacy"]
        else:
            assert trial["candidacy"] == before["candidacy"]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_change_has_a_reason_and_what_aged_a_day(seed: int) -> None:
    for change in found(seed, AS_OF + timedelta(days=400)).values():
        assert change.reasons, change.protocol
        for reason in change.reasons:
            if reason.cause is Cause.STALE:
                assert reason.facts
                assert reason.since is not None
                assert AS_OF < reason.since <= AS_OF + timedelta(days=400)


def test_what_goes_stale_never_makes_a_likely_candidate() -> None:
    for seed in SEEDS:
        for change in found(seed, AS_OF + timedelta(days=400)).values():
            if change.now is Candidacy.LIKELY:
                assert change.if_still_true is Candidacy.LIKELY


def test_a_day_that_hangs_on_the_birth_date_is_marked() -> None:
    answers = read_answers(CONTENT.catalogue, {"as_of": "2026-11-20", "facts": {"birth_date": "2009-01-15"}})
    trials = screen(CONTENT, answers)["trials"]
    recorded = {trial["id"]: Candidacy(trial["candidacy"]) for trial in trials}
    grown = list(moved(BOOK, answers, date(2027, 1, 15), recorded))
    assert grown
    assert all(reason.tells_birth for change in grown for reason in change.reasons)


def test_other_rules_are_told_from_time() -> None:
    answers = read_answers(CONTENT.catalogue, someone(0))
    trials = screen(CONTENT, answers)["trials"]
    recorded = {trial["id"]: Candidacy(trial["candidacy"]) for trial in trials}
    trial = next(one for one in trials if one["candidacy"] == "unlikely")
    recorded[trial["id"]] = Candidacy.LIKELY
    (change,) = moved(BOOK, answers, AS_OF, recorded)
    assert [reason.cause for reason in change.reasons] == [Cause.RULES]
    assert (change.then, change.now) == (Candidacy.LIKELY, Candidacy.UNLIKELY)


def test_what_an_answer_that_never_ages_implies_does_not_age() -> None:
    told = {"as_of": "2026-11-20", "facts": {"sex": "male"}}
    answers = read_answers(CONTENT.catalogue, told)
    day = date(2028, 1, 1)
    implied = on_later_day(CONTENT.catalogue, answers, day).known["breast_feeding"]
    assert implied.on is not None
    assert implied.on.first == day
    assert replace(answers, as_of=day).known["breast_feeding"].on != implied.on
