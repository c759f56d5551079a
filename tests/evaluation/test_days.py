"""Days on which time alone changes an answer, held against looking at every single day."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

import pytest

from screening.clinical.dates import reaches
from screening.rules.candidacy import Candidacy, last_days, standing
from screening.rules.content import load_content
from screening.rules.evaluate import (
    Assessment,
    Change,
    Compiled,
    CompiledProtocol,
    Outcome,
    assess,
    first_change,
)
from screening.rules.facts import EVENTS
from screening.rules.inputs import Input, Known, NumberInput
from screening.rules.reading import read_answers
from screening.rules.screening import rulebook, screen
from screening.rules.sentences import Account, obstacles
from tests.evaluation.persons import AS_OF, someone

CONTENT = load_content()
BOOK = rulebook(CONTENT)
SEEDS = range(24)


def known(seed: int) -> Known:
    return BOOK.reader.known(read_answers(CONTENT.catalogue, someone(seed)))


def every_day(months: int) -> list[date]:
    last = reaches(AS_OF, months, "months")
    return [AS_OF + timedelta(days=ahead) for ahead in range(1, (last - AS_OF).days + 1)]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_criterion_changes_on_the_first_day_it_does(seed: int) -> None:
    person = known(seed)
    days = every_day(24)
    for protocol in BOOK.protocols:
        for compiled in protocol.criteria:
            today = compiled.condition(person)
            first = next((day for day in days if _differs(compiled, person, day, today)), None)
            assert _day(first_change(compiled, person, days[-1])) == first, (
                protocol.protocol.id,
                compiled.criterion.id,
            )


def _day(change: Change | None) -> date | None:
    return None if change is None else change.on


def _differs(compiled: Compiled, person: Known, day: date, today: object) -> bool:
    return bool(compiled.crossings) and compiled.condition(person.at(day)) is not today


@pytest.mark.parametrize("seed", SEEDS)
def test_what_has_no_crossing_never_changes_by_time(seed: int) -> None:
    person = known(seed)
    later = [person.at(AS_OF + timedelta(days=ahead)) for ahead in (1, 200, 500, 730)]
    for protocol in BOOK.protocols:
        for compiled in protocol.criteria:
            if not compiled.crossings:
                assert {compiled.condition(then) for then in later} == {compiled.condition(person)}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_candidacy_stands_until_the_day_it_lapses(seed: int) -> None:
    person = known(seed)
    for protocol in BOOK.protocols:
        assessments = [assess(compiled, Account(person)) for compiled in protocol.deciding]
        found = standing(protocol.deciding, assessments, person, protocol.protocol.best)
        failing_days = [Outcome.FAIL in _outcomes(protocol, person, day) for day in every_day(24)]
        clear = next((day for day, fails in zip(every_day(24), failing_days, strict=True) if not fails), None)
        today = [one.outcome for one in assessments]
        if Outcome.FAIL in today:
            assert (found.candidacy is Candidacy.NOT_YET) is (clear is not None)
            assert found.not_before == clear
        else:
            assert found.candidacy is _without_failure(today, protocol.protocol.best)
            other = [
                day
                for day in every_day(24)
                if (then := _outcomes(protocol, person, day))
                and (
                    Outcome.FAIL in then
                    or _without_failure(then, protocol.protocol.best) is not found.candidacy
                )
            ]
            assert found.lapses_on == next(iter(other), None), protocol.protocol.id


def _outcomes(protocol: CompiledProtocol, person: Known, day: date) -> list[Outcome]:
    return [compiled.outcome(person.at(day)) for compiled in protocol.deciding]


def _without_failure(outcomes: list[Outcome], best: str | None) -> Candidacy:
    certain = best is None and Outcome.UNKNOWN not in outcomes
    return Candidacy.LIKELY if certain else Candidacy.POSSIBLE


TWO_EVENTS = [{"on": day, "assistance": True, "impaired": True} for day in ("2026-11-01", "2026-11-05")]


@pytest.mark.parametrize(
    ("trial", "as_of", "facts", "lapses_on", "day_before"),
    [
        ("vx-264", "2026-11-20", {"birth_date": "2011-06-01"}, "2027-06-01", "2027-05-31"),
        ("vx-264", "2026-11-20", {"birth_date": "2012-11-20"}, "2028-11-20", "2028-11-19"),
        ("vx-264", "2026-11-20", {"birth_date": "2012-11-21"}, None, "2028-11-20"),
        # More than 5 years on 29 February 2028: no day of 2026 lies two years before it.
        ("uchicago-iak", "2026-01-10", {"insulin_start_date": "2023-02-28"}, "2026-03-01", "2026-02-28"),
    ],
)
def test_unlikely_lapses_when_the_two_years_reach_the_clear_day(
    trial: str, as_of: str, facts: dict[str, str], lapses_on: str | None, day_before: str
) -> None:
    payload: dict[str, Any] = {"as_of": as_of, "facts": facts}
    if trial == "vx-264":
        payload[EVENTS] = TWO_EVENTS

    def stands(day: str) -> dict[str, Any]:
        answers = read_answers(CONTENT.catalogue, payload | {"as_of": day})
        (found,) = screen(CONTENT, answers, [trial])["trials"]
        return found

    assert (stands(as_of)["candidacy"], stands(as_of)["lapses_on"]) == ("unlikely", lapses_on)
    assert stands(day_before)["candidacy"] == "unlikely"
    assert lapses_on is None or stands(lapses_on)["candidacy"] == "not_yet"


@pytest.mark.parametrize(
    ("events", "fresh_until"), [([], "2026-12-20"), (TWO_EVENTS[:1], "2026-12-20"), (TWO_EVENTS, None)]
)
def test_a_list_of_events_is_current_for_thirty_days_where_it_must_be_complete(
    events: list[Any], fresh_until: str | None
) -> None:
    """Two sure events are two or more whatever else there was."""
    payload = {"as_of": "2026-11-20", "facts": {}, EVENTS: events}
    result = screen(CONTENT, read_answers(CONTENT.catalogue, payload), ["zimislecel-forward"])
    assert result["trials"][0]["fresh_until"] == fresh_until


@pytest.mark.parametrize("seed", SEEDS)
def test_values_are_current_up_to_fresh_until_and_not_a_day_longer(seed: int) -> None:
    payload, person = someone(seed), known(seed)
    for protocol in BOOK.protocols:
        account = Account(person)
        assessments = [assess(compiled, account) for compiled in protocol.deciding]
        last = min(last_days(protocol.deciding, assessments, account).values(), default=None)
        if last is None:
            continue
        decided = [one for one in assessments if one.outcome is not Outcome.UNKNOWN]
        assert not _too_old(decided, payload, last) - {EVENTS}  # the list may be old where it decides nothing
        assert _too_old(decided, payload, last + timedelta(days=1))


def _too_old(decided: list[Assessment], payload: dict, day: date) -> set[str]:
    """The answers that decided something and are too old on `day`, the list of events included."""
    facts = {name: _dated(answer, payload["as_of"]) for name, answer in payload["facts"].items()}
    asked = {"severe_hypoglycemic_events_asked_on": payload["as_of"]}
    then = BOOK.reader.known(
        read_answers(CONTENT.catalogue, payload | asked | {"as_of": day.isoformat(), "facts": facts})
    )
    return {
        obstacle.fact
        for assessment in decided
        for read in assessment.reads
        for source in read.source.sources()
        for known_by in (source, *_floors(source, facts))
        for obstacle in obstacles(then, known_by)
        if obstacle.reason == "stale"
    }


def _floors(source: Input, facts: Collection[str]) -> tuple[Input, ...]:
    """The numbers that a number without an answer is known by."""
    return source.floors if isinstance(source, NumberInput) and source.name not in facts else ()


def _dated(answer: object, on: str) -> object:
    bare = isinstance(answer, bool) or (isinstance(answer, str) and not answer[:4].isdigit())
    return {"value": answer, "on": on} if bare else answer


def test_a_number_known_by_a_lower_one_lasts_as_long_as_that() -> None:
    payload = {
        "as_of": "2026-11-20",
        "facts": {
            "diagnosis_date": "2004",
            "c_peptide_fasting": {"value": 0.9, "unit": "ng/mL", "on": "2026-09-01"},
        },
    }
    result = screen(CONTENT, read_answers(CONTENT.catalogue, payload), ["uchicago-cirb24-0324"])
    assert result["trials"][0]["fresh_until"] == "2027-09-01"
