"""Answers that cannot be used are all told, by the name of the fact, and nothing is used of them."""

from __future__ import annotations

import json
import math
import time
from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.clinical.dates import DateSpan, read_date
from screening.clinical.hypoglycemia import EVER, LOW, Glucose, SevereEvent
from screening.rules.answers import Problems
from screening.rules.facts import EVENTS
from screening.rules.reading import read_answers, read_json
from tests.strategies import AS_OF_DAYS, CATALOGUE, People, examples, randoms, read_leniently

DAY = "2026-11-20"
THIS_YEAR = DateSpan(date(2026, 1, 1), date(2026, 11, 20))


def problems(facts: Any = None, **more: Any) -> list[str]:
    """Return what is said of answers that cannot be used."""
    payload = {"as_of": DAY, "facts": {} if facts is None else facts} | more
    with pytest.raises(Problems) as raised:
        read_answers(CATALOGUE, payload)
    return [str(problem) for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("fact", "given", "message"),
    [
        ("hba1cc", 7, "Take it out: no fact has this name: did you mean 'hba1c'?"),
        ("bmi", 22, "Take it out: it is worked out from other facts"),
        ("hba1c", {"value": 7, "unit": "mg/dL"}, "Enter the unit as % or mmol/mol"),
        ("gold_score", {"value": 4, "unit": "points"}, "Take out the unit: Gold score has none"),
        ("sex", {"value": "male", "unit": "kg"}, "Take out the unit: Sex has none"),
        ("creatinine", {"value": 97, "unit": "mg/dL"}, "did you mean 97 µmol/L?"),
        ("hba1c", {"value": 62, "unit": "%"}, "did you mean 62 mmol/mol?"),
        ("neutrophils", {"value": 4.5, "unit": "per µL"}, "did you mean 4.5 ×10⁹/L?"),
        ("height", 1.75, "Enter the height in centimetres, like 175"),
        ("weight", 800, "Enter a number from 25 to 300 kg, like 70"),
        ("insulin_dose", -3, "Enter a number from 0 to 400 units/day, like 40"),
        ("hba1c", "7,8", "Write 7.8: decimals take a point"),
        ("c_peptide_fasting", "<0,05", "Write <0.05: decimals take a point"),
        ("platelets", "250,000", "Write 250000 or 250.000: a comma may mean either"),
        ("hba1c", "7,801", "Write 7.801: decimals take a point"),
        ("hba1c", "high", "Enter a plain number, like 7.8"),
        ("hba1c", {"value": "high", "unit": "mmol/mol"}, "Enter a plain number, like 62"),
        ("creatinine", "high", "Enter a plain number, like 0.9"),
        ("gold_score", 9, "Enter a whole number from 1 to 7, like 4"),
        ("gold_score", "1_0", "Enter a plain number"),
        ("egfr", "1E+2", "Enter a plain number"),
        ("egfr", "0x3C", "Enter a plain number"),
        ("hba1c", "+7", "Enter a plain number"),
        ("hba1c", "7.8 %", "Enter a plain number"),
        ("hba1c", "<", "Enter a plain number"),
        ("weight", "٧٥", "Enter a plain number"),
        ("weight", "７５", "Enter a plain number"),
        ("weight", "९०", "Enter a plain number"),
        ("c_peptide_fasting", "9" * 30, "Enter a plain number"),
        ("c_peptide_fasting", 10**400, "Enter a number from 0 to 20"),
        ("hba1c", math.nan, "Enter a number from 3 to 20"),
        ("hba1c", math.inf, "Enter a number from 3 to 20"),
        ("hba1c", "NaN", "Enter a plain number"),
        ("hba1c", True, "Enter a number"),
        ("hba1c", [7], "Enter a number"),
        ("gold_score", 4.5, "Enter a whole number"),
        ("egfr", "59.6", "Enter a whole number"),
        ("hiv", 1, "Enter true or false"),
        ("hiv", "yes", "Enter true or false"),
        ("sex", "woman", "Choose one of female, male"),
        ("autoantibodies_positive", ["gad"], "Choose among gad65, ia2"),
        ("autoantibodies_positive", {"gad65": 1}, "List those present"),
        ("birth_date", "2026-02-30", "Feb 2026 has no day 30"),
        ("birth_date", "2026-13-01", "Enter a month from 01 to 12"),
        ("birth_date", "83", "Enter a date like 2026-03-04, 2026-03 or 2026"),
        ("birth_date", "05/01/1983", "Enter a date like 2026-03-04, 2026-03 or 2026"),
        ("birth_date", "1850", "Enter a year from 1900"),
        ("birth_date", 1983, "Enter a date like 2026-03-04, 2026-03 or 2026"),
        ("birth_date", {"age": "forty"}, "Enter the age in whole years, like"),
        ("birth_date", {"from": "2000", "to": "1990"}, "Enter the earlier date first"),
        ("birth_date", {"from": "2000"}, "Enter a range like"),
        ("birth_date", {"age": 121}, "Enter the age in whole years, like"),
        ("birth_date", {"age": -1}, "Enter the age in whole years, like"),
        ("birth_date", {"age": True}, "Enter the age in whole years, like"),
        ("birth_date", {"age": 43, "in": 2026}, "Enter the age in whole years, like"),
        ("birth_date", {"age": 43, "on": "2026-11-21"}, "Enter an age that was known by the day"),
        ("diagnosis_date", {"age": 3}, "only the date of birth may be given as an age"),
        ("diagnosis_date", "2027-01-01", "Enter a date up to 20 Nov 2026: this one is in the future"),
        ("hba1c", {"value": 7, "on": "2026-11-21"}, "21 Nov 2026 is in the future"),
        ("hba1c", {"value": 7, "on": "20261001"}, "Enter a date like 2026-03-04, 2026-03 or 2026"),
        ("hba1c", {"value": 7, "origin": "dream"}, "Enter the origin as one of person, clinician"),
        ("hba1c", {"value": 7, "colour": 1}, "Take out 'colour': an answer has value, unit, on and origin"),
        ("hba1c", {"on": "2026-10-01"}, 'Enter the value, or {"unknown": "not done"}'),
        ("hba1c", {"value": None}, 'Enter the value, or {"unknown": "not done"}'),
        ("hba1c", {"unknown": "lost"}, "Say why it is not known with one of not known, not done"),
        ("hba1c", {"unknown": "sent", "value": 7}, "Take out 'value': what is not known"),
        ("hba1c", {"unknown": "sent", "due": "2026-12"}, "Enter the day, like 2026-11-20"),
    ],
)
def test_an_answer_that_cannot_be_used_says_what_to_enter(fact: str, given: Any, message: str) -> None:
    found = problems({fact: given})
    assert len(found) == 1
    assert found[0].startswith(f"{fact}: ")
    assert message in found[0]


@pytest.mark.parametrize(
    ("given", "place", "message"),
    [
        (3, EVENTS, "List the events, like"),
        ([3], f"{EVENTS}[1]", "Write an object, like"),
        ([{"on": "2026-03-04"}, {"on": "x"}], f"{EVENTS}[2].on", "Enter a date like"),
        ([{"assistance": True}], f"{EVENTS}[1].on", "Enter when it was, like 2026-03-04"),
        ([{"on": "2027"}], f"{EVENTS}[1].on", "Enter a day up to the day of the pre-screen"),
        ([{"on": "2026", "assist": True}], f"{EVENTS}[1].assist", "did you mean 'assistance'?"),
        ([{"on": "2026", "assistance": "yes"}], f"{EVENTS}[1].assistance", "Enter true, false, or nothing"),
        ([{"on": "2026", "symptoms": ["dizzy"]}], f"{EVENTS}[1].symptoms", "Choose among confused"),
        ([{"on": "2026", "cause": "fate"}], f"{EVENTS}[1].cause", "Choose one of none_found"),
        (
            [{"on": "2026", "glucose": {"value": 400, "unit": "mmol/L"}}],
            f"{EVENTS}[1].glucose",
            "did you mean 400 mg/dL?",
        ),
        (
            [{"on": "2026", "glucose": {"value": "4.1", "unit": "mg/dL"}}],
            f"{EVENTS}[1].glucose",
            "Check the unit: 4.1 mg/dL is outside 10 to 1000 mg/dL; did you mean 4.1 mmol/L?",
        ),
        (
            [{"on": "2026", "glucose": {"value": 0.2, "unit": "mmol/L"}}],
            f"{EVENTS}[1].glucose",
            "Enter the reading from 0.6 to 55 mmol/L, like 2.3",
        ),
        (
            [{"on": "2026", "glucose": {"value": "2,3", "unit": "mmol/L"}}],
            f"{EVENTS}[1].glucose",
            "Write 2.3: decimals take a point",
        ),
        (
            [{"on": "2026", "glucose": {"value": "<40"}}],
            f"{EVENTS}[1].glucose",
            "Enter the reading from 10 to 1000 mg/dL, like 41",
        ),
        (
            [{"on": "2026", "glucose": {"value": True}}],
            f"{EVENTS}[1].glucose",
            "Enter the reading from 10 to 1000 mg/dL, like 41",
        ),
        (
            [{"on": "2026", "glucose": {"value": 1001}}],
            f"{EVENTS}[1].glucose",
            "Enter the reading from 10 to 1000 mg/dL, like 41",
        ),
        ([{"on": "2026", "glucose": 41}], f"{EVENTS}[1].glucose", "Enter the reading like {"),
        ([{"on": "2026", "glucose": {"unit": "mg/dL"}}], f"{EVENTS}[1].glucose", "Enter the reading like {"),
        (
            [{"on": "2026", "glucose": {"value": 41, "by": "sensor"}}],
            f"{EVENTS}[1].glucose",
            "Enter the reading like {",
        ),
        (
            [{"on": "2026", "glucose": {"value": 41, "unit": "g/L"}}],
            f"{EVENTS}[1].glucose",
            "Enter the unit as mg/dL or mmol/L",
        ),
        ([{"on": "2026", "symptoms": "confused"}], f"{EVENTS}[1].symptoms", "List what happened, like"),
        ([{"on": "2026-11-21"}], f"{EVENTS}[1].on", "Enter a day up to the day of the pre-screen"),
        ([{"on": ""}], f"{EVENTS}[1].on", "Enter when it was, like 2026-03-04"),
        ([{"on": "2026"}] * 201, EVENTS, "List at most 200 events"),
    ],
)
def test_an_event_that_cannot_be_used_is_named_by_its_place(given: Any, place: str, message: str) -> None:
    found = problems(**{EVENTS: given})
    assert found[0].startswith(f"{place}: ")
    assert message in found[0]


@pytest.mark.parametrize(
    ("key", "given", "message"),
    [
        ("fact", {}, "Take it out: there is no such entry: did you mean 'facts'?"),
        ("as_of", "soon", "Enter a date like 2026-03-04, 2026-03 or 2026"),
        ("as_of", "2026-11", "Enter the day, like 2026-11-20"),
        ("as_of", None, "Enter a date like 2026-03-04, 2026-03 or 2026"),
        ("facts", ["hba1c"], "Write an object, like"),
        (f"{EVENTS}_at_least_more", "many", "Enter a whole number from 0 to 1000, like 2"),
        (f"{EVENTS}_at_least_more", 1.5, "Enter a whole number from 0 to 1000, like 2"),
        (f"{EVENTS}_at_least_more", 1001, "Enter a whole number from 0 to 1000, like 2"),
        (f"{EVENTS}_at_least_more", "12345", "Enter a whole number from 0 to 1000, like 2"),
        (f"{EVENTS}_at_least_more", True, "Enter a whole number from 0 to 1000, like 2"),
    ],
)
def test_an_entry_that_cannot_be_used_is_named(key: str, given: Any, message: str) -> None:
    found = problems(**{key: given})
    assert found[0].startswith(f"{key}: ")
    assert message in found[0]


@pytest.mark.parametrize("key", ["complete_since", "asked_on"])
def test_what_is_said_of_a_list_lies_not_in_the_future(key: str) -> None:
    found = problems(**{EVENTS: [], f"{EVENTS}_{key}": "2027-01-01"})
    assert found[0].startswith(f"{EVENTS}_{key}: Enter ")


@pytest.mark.parametrize(
    ("payload", "place"),
    [
        ({"x" * 70: 1}, "x" * 60),
        ({"": 1}, "file"),
        ({"facts": {"x" * 70: 1}}, "x" * 60),
        ({"facts": {"": 1}}, "facts"),
        ({EVENTS: [{"on": "2026", "x" * 70: 1}]}, f"{EVENTS}[1].{'x' * 40}"),
    ],
)
def test_a_name_nobody_knows_is_said_in_short(payload: dict[str, Any], place: str) -> None:
    (found,) = problems(**payload)
    assert found.startswith(f"{place}: Take it out")


def test_every_problem_is_told_at_once_and_each_only_once() -> None:
    facts = {"hba1cc": 7, "hba1c": "7,8", "creatinine": 97, "sex": "x", "gold_score": 5}
    found = problems(facts, **{EVENTS: [{"on": "x", "foo": 1}]})
    named = [line.split(": ")[0] for line in found]
    assert named == ["hba1cc", "hba1c", "creatinine", "sex", f"{EVENTS}[1].foo", f"{EVENTS}[1].on"]


def test_what_happened_before_birth_is_refused() -> None:
    found = problems({"birth_date": "1983", "diagnosis_date": "1970", "insulin_start_date": "1983"})
    assert found == ["diagnosis_date: Enter a date after the birth (1983), or mend the date of birth"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Mend the JSON at line 1, column 1"),
        ("[[", "Mend the JSON at line 1, column 3"),
        ("{'as_of': 1}", "Mend the JSON at line 1, column 2"),
        ("[1]", "Hand in one object, like"),
        ('{"facts": {"hba1c": NaN}}', "Enter a number: NaN is none"),
        ('{"facts": {"hba1c": -Infinity}}', "Enter a number: -Infinity is none"),
        ('{"facts": {"hba1c": 7, "hba1c": 8}}', "Say 'hba1c' once: it stands there twice"),
        ('{"facts": {"hiv": true, "hba1c": 7, "hba1c": 8}}', "Say 'hba1c' once: it stands there twice"),
        (f'{{"{"x" * 70}": 1, "{"x" * 70}": 2}}', f"Say '{'x' * 60}' once: it stands there twice"),
        ("9" * 5000, "Mend the JSON at a number"),
        ("[" * 100_000, "Hand in flat JSON: this is nested too deep"),
        ('{"a":' * 100_000, "Hand in flat JSON: this is nested too deep"),
        (b'{"a": "\xff"}', "Save the file as UTF-8: byte 7 is not"),
        (" " * 1_000_001, "Hand in at most 1000 kB for one person"),
        (" " * 1_000_000, "Mend the JSON at line 1, column 1000001"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_file_that_cannot_be_read_says_why(text: str | bytes, message: str) -> None:
    with pytest.raises(Problems) as raised:
        read_json(text)
    (problem,) = raised.value.problems
    assert problem.fact == "file"
    assert message in problem.message


def test_many_entries_are_refused_in_a_moment() -> None:
    pairs = ",".join(f'"{number}":1' for number in range(90_000))
    begun = time.process_time()
    with pytest.raises(Problems, match="1 problems"):
        read_json(f'{{{pairs},"0":1}}')
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    ("fact", "given", "value"),
    [
        ("hba1c", 7.8, (7.8, 7.8)),
        ("hba1c", " 7.8 ", (7.8, 7.8)),
        ("hba1c", {"value": "62", "unit": "mmol/mol"}, (62.0, 62.0)),
        ("insulin_dose", 0, (0.0, 0.0)),
        ("egfr", "≥90", (90.0, 200.0)),
        ("egfr", ">90", (91.0, 200.0)),
        ("dka_events_12m", "<3", (0.0, 2.0)),
        ("c_peptide_fasting", "<0", (0.0, 0.0)),
        ("hiv", False, False),
        ("autoantibodies_positive", [], dict.fromkeys(("gad65", "ia2", "znt8", "iaa", "ica"), False)),
        ("autoantibodies_positive", {"znt8": False}, {"znt8": False}),
    ],
)
def test_zero_no_and_limits_are_values(fact: str, given: Any, value: Any) -> None:
    answers = read_answers(CATALOGUE, {"as_of": DAY, "facts": {fact: given}})
    assert answers.known[fact].value == value


@pytest.mark.parametrize(
    ("given", "event"),
    [
        ({"on": "2026-03-04"}, SevereEvent(read_date("2026-03-04"))),
        ({"on": "2026-11-20"}, SevereEvent(read_date("2026-11-20"))),
        (
            {"on": "2026-11", "assistance": False, "impaired": True, "recovered_after_treatment": ""},
            SevereEvent(DateSpan(date(2026, 11, 1), date(2026, 11, 20)), assistance=False, impaired=True),
        ),
        (
            {"on": "2026-03", "symptoms": [" Passed out", "seizure"], "told_by": "self", "cause": None},
            SevereEvent(read_date("2026-03"), symptoms=frozenset({"passed_out", "seizure"}), told_by="self"),
        ),
        ({"on": "2026", "symptoms": []}, SevereEvent(THIS_YEAR, symptoms=frozenset())),
        ({"on": "2026", "glucose": " low"}, SevereEvent(THIS_YEAR, glucose=LOW)),
        ({"on": "2026", "glucose": {"value": 10}}, SevereEvent(THIS_YEAR, glucose=Glucose(10, "mg_dl"))),
        (
            {"on": "2026", "glucose": {"value": "1000", "unit": "mg/dl"}},
            SevereEvent(THIS_YEAR, glucose=Glucose(1000, "mg_dl")),
        ),
        (
            {"on": "2026", "glucose": {"value": 0.6, "unit": "mmol_l"}},
            SevereEvent(THIS_YEAR, glucose=Glucose(0.6, "mmol_l")),
        ),
        (
            {"on": "2026", "glucose": {"value": 55, "unit": "mmol/L"}},
            SevereEvent(THIS_YEAR, glucose=Glucose(55, "mmol_l")),
        ),
    ],
)
def test_an_event_is_read_as_it_was_told(given: dict[str, Any], event: SevereEvent) -> None:
    history = read_answers(CATALOGUE, {"as_of": DAY, EVENTS: [given]}).history
    assert history is not None
    assert history.events == (event,)


@pytest.mark.parametrize(
    ("more", "complete_since", "asked_on", "at_least_more"),
    [
        ({EVENTS: []}, EVER, DAY, 0),
        ({f"{EVENTS}_at_least_more": 0}, None, DAY, 0),
        ({f"{EVENTS}_at_least_more": "2"}, None, DAY, 2),
        ({EVENTS: [], f"{EVENTS}_at_least_more": 1000}, EVER, DAY, 1000),
        ({EVENTS: [], f"{EVENTS}_complete_since": None}, None, DAY, 0),
        ({EVENTS: [], f"{EVENTS}_complete_since": {"unknown": ""}}, None, DAY, 0),
        ({EVENTS: [], f"{EVENTS}_complete_since": DAY}, read_date(DAY), DAY, 0),
        ({EVENTS: [], f"{EVENTS}_complete_since": "2025"}, read_date("2025"), DAY, 0),
        ({EVENTS: [], f"{EVENTS}_asked_on": ""}, EVER, DAY, 0),
        ({EVENTS: [], f"{EVENTS}_asked_on": "2026-11-01"}, EVER, "2026-11-01", 0),
        ({EVENTS: [{"on": "2026"}] * 200}, EVER, DAY, 0),
    ],
)
def test_what_is_said_of_the_list_is_read(
    more: dict[str, Any], complete_since: DateSpan | None, asked_on: str, at_least_more: int
) -> None:
    history = read_answers(CATALOGUE, {"as_of": DAY} | more).history
    assert history is not None
    assert (history.complete_since, history.asked_on) == (complete_since, date.fromisoformat(asked_on))
    assert history.at_least_more == at_least_more
    assert len(history.events) == len(more.get(EVENTS, ()))


@pytest.mark.parametrize("more", [{}, {EVENTS: None}])
def test_events_nobody_asked_for_are_no_list(more: dict[str, Any]) -> None:
    assert read_answers(CATALOGUE, {"as_of": DAY} | more).history is None


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        ({"age": "43"}, "1982-11-21", "1983-11-20"),
        ({"age": 0}, "2025-11-21", "2026-11-20"),
        ({"age": 120}, "1905-11-21", "1906-11-20"),
        ({"age": 43, "on": DAY}, "1982-11-21", "1983-11-20"),
        ({"age": 43, "on": "2026-01-01"}, "1982-01-02", "1983-01-01"),
        ("2026", "2026-01-01", DAY),
        ({"value": "1983-05", "origin": "record"}, "1983-05-01", "1983-05-31"),
        ({"from": DAY, "to": "2027"}, DAY, DAY),
    ],
)
def test_a_birth_may_be_given_as_an_age_or_a_span(given: Any, first: str, last: str) -> None:
    answers = read_answers(CATALOGUE, {"as_of": DAY, "facts": {"birth_date": given}})
    span = answers.known["birth_date"].value
    assert (span.first.isoformat(), span.last.isoformat()) == (first, last)


@pytest.mark.parametrize("given", [None, "", {"unknown": "not done"}])
def test_blank_and_not_known_are_no_answers(given: Any) -> None:
    answers = read_answers(CATALOGUE, {"as_of": DAY, "facts": {"hiv": given}})
    assert answers.known == {}
    assert ("hiv" in answers.not_known) is isinstance(given, dict)


def test_what_follows_from_an_answer_is_known() -> None:
    answers = read_answers(CATALOGUE, {"as_of": DAY, "facts": {"kidney_transplant": "functioning"}})
    implied = answers.known["organ_transplant"]
    assert implied.value is True
    assert implied.origin == "follows from Kidney transplant"


def test_answers_that_contradict_each_other_are_not_known() -> None:
    facts = {"kidney_transplant": "functioning", "organ_transplant": False}
    answers = read_answers(CATALOGUE, {"as_of": DAY, "facts": facts})
    assert answers.known == {}
    assert set(answers.conflicts) == set(facts)


KEYS = ("value", "unit", "on", "origin", "unknown", "due", "age", "from", "to", "symptoms", "gad65")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(("on", "2026")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS) | st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


def told(payload: dict[str, Any]) -> list[str]:
    """Return the problems of a payload; none where it can be used."""
    try:
        read_answers(CATALOGUE, payload)
    except Problems as error:
        return [problem.fact and problem.message for problem in error.problems] or [""]
    return []


@examples(150)
@given(randoms, st.data())
def test_nothing_handed_in_raises_anything_but_problems(random: Random, data: st.DataObject) -> None:
    facts = random.sample(list(CATALOGUE.facts), 4)
    people = People(random, [*facts, EVENTS], random.choice(AS_OF_DAYS))
    payload = people.payload()
    for name in facts[:2]:
        payload["facts"][name] = data.draw(ANYTHING)
    entry = random.choice((EVENTS, f"{EVENTS}_complete_since", f"{EVENTS}_asked_on", "facts", "other"))
    payload[entry] = data.draw(ANYTHING)
    assert all(told(payload))


@examples(60)
@given(randoms)
def test_answers_survive_the_way_through_json(random: Random) -> None:
    payload = People(random, random.sample(list(CATALOGUE.facts), 6), random.choice(AS_OF_DAYS)).payload()
    assert read_leniently(read_json(json.dumps(payload))) == read_leniently(payload)
