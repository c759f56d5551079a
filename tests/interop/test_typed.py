"""What is typed into the form, read into the JSON shape of answers and written back."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest

from screening.clinical.dates import DateSpan
from screening.clinical.hypoglycemia import count_events
from screening.demo.people import STORIES, Story, Teller
from screening.interop.typed import (
    AmbiguousDate,
    Reading,
    as_typed,
    quick_dates,
    read_typed,
    row_count,
    written_date,
)
from screening.rules.content import load_content

CATALOGUE = load_content().catalogue
AS_OF = date(2026, 11, 20)
EVENTS = "severe_hypoglycemic_events"


def read(**typed: Any) -> Reading:
    """Return what is read of these inputs; `__` in a name stands for `-`."""
    return read_typed(CATALOGUE, {name.replace("__", "-"): value for name, value in typed.items()}, AS_OF)


def answer(fact: str, **typed: Any) -> Any:
    """Return the answer to `fact` where nothing is to be mended."""
    reading = read(**typed)
    assert not reading.problems, reading.problems
    return reading.payload["facts"].get(fact)


def told(reading: Reading) -> list[tuple[str, str]]:
    return [(problem.input, problem.message) for problem in reading.problems]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2004", "2004"),
        ("2004-5", "2004-05"),
        ("4 Mar 2026", "2026-03-04"),
        ("4. March 2026", "2026-03-04"),
        ("Mar 4, 2026", "2026-03-04"),
        ("sept 2025", "2025-09"),
        ("3/2026", "2026-03"),
        ("13/5/2004", "2004-05-13"),
        ("5/13/2004", "2004-05-13"),
        ("12.5.2004", "2004-05-12"),
        ("6/6/2004", "2004-06-06"),
        ("today", "2026-11-20"),
        ("yesterday", "2026-11-19"),
        ("Dec 2025 to Feb 2026", {"from": "2025-12", "to": "2026-02"}),
        ("2025-12..2026-02", {"from": "2025-12", "to": "2026-02"}),
        ("2024 – 2025", {"from": "2024", "to": "2025"}),
        ("last spring", "last spring"),
        ("٢٠٠٤", "٢٠٠٤"),
    ],
)
def test_dates_are_read_as_people_write_them(text: str, written: object) -> None:
    assert written_date(text, AS_OF) == written


def test_date_of_two_readings_is_asked_again() -> None:
    with pytest.raises(AmbiguousDate, match="5 Jun 2004 or 6 May 2004"):
        written_date("5/6/2004", AS_OF)
    assert told(read(diagnosis_date="5/6/2004"))[0][0] == "diagnosis_date"


@pytest.mark.parametrize("text", ["83", "'83", "5/83", "Mar 83", "4 Mar 83", "4.5.83", "4/5/83", "Mar 4, 83"])
def test_a_year_of_two_digits_is_asked_again(text: str) -> None:
    message = "Write the year with four digits, like 1983"
    assert told(read(birth_date=text)) == [("birth_date", message)]
    assert told(read(hba1c="7.8", hba1c__unit="percent", hba1c__on=text)) == [("hba1c-on", message)]
    assert told(read(event__0__on=text)) == [("event-0-on", message)]


def test_seasons_end_with_the_day_of_the_pre_screen() -> None:
    found = {one.label: one.value for one in quick_dates(AS_OF)}
    assert found["Last winter, Dec 2025 to Feb 2026"] == "2025-12..2026-02"
    assert found["This autumn, Sep to Nov 2026"] == "2026-09..2026-11"
    assert quick_dates(date(2026, 1, 31))[2].value == "2025-12..2026-01"


def test_blank_means_not_asked() -> None:
    reading = read(hba1c="", hba1c__unit="percent", sex="")
    assert reading.payload == {"as_of": "2026-11-20", "facts": {}}
    assert not reading.problems


def test_number_carries_its_unit_and_its_own_date() -> None:
    assert answer("hba1c", hba1c="62", hba1c__unit="mmol_mol", hba1c__on="1 Oct 2026") == {
        "value": "62",
        "unit": "mmol/mol",
        "on": "2026-10-01",
    }


def test_date_of_the_block_fills_rows_that_have_none() -> None:
    typed = {"section__chart__on": "Oct 2026", "hba1c": "7.8", "hba1c__unit": "percent"}
    assert answer("hba1c", **typed)["on"] == "2026-10"
    assert answer("hba1c", **typed, hba1c__on="4 Nov 2026")["on"] == "2026-11-04"


def test_date_of_the_block_is_not_taken_for_what_was_asked() -> None:
    typed = {
        "section__chart__on": "Oct 2026",
        "organ_transplant": "no",
        "organ_transplant__asked": "2026-11-18",
    }
    assert answer("organ_transplant", **typed) == {"value": False, "on": "2026-11-18"}


def test_result_without_any_date_stays_undated() -> None:
    assert answer("creatinine", creatinine="0.8", creatinine__unit="mg_dl") == {
        "value": "0.8",
        "unit": "mg/dL",
    }


def test_what_is_asked_is_of_the_day_it_was_given() -> None:
    assert answer("gold_score", gold_score="5", gold_score__asked="2026-11-18")["on"] == "2026-11-18"
    assert answer("gold_score", gold_score="5", gold_score__asked="2027-01-01")["on"] == "2026-11-20"
    assert answer("gold_score", gold_score="5")["on"] == "2026-11-20"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"hba1c": "?"}, {"unknown": "not known"}),
        ({"hba1c": "7.8", "hba1c__unknown": "over 7.8"}, {"unknown": "not known"}),
        ({"hba1c": "<script>", "hba1c__unknown": "last"}, {"unknown": "not known"}),
        ({"hba1c": "?", "hba1c__unknown": "over 7.8"}, {"unknown": "not known"}),
        ({"hba1c__why": "not done"}, {"unknown": "not done"}),
        (
            {"hba1c__unknown": "yes", "hba1c__why": "sent", "hba1c__due": "1 Dec 2026"},
            {"unknown": "sent", "due": "2026-12-01"},
        ),
    ],
)
def test_not_known_is_an_answer(typed: dict[str, str], said: dict[str, str]) -> None:
    assert answer("hba1c", **typed) == said


@pytest.mark.parametrize(
    ("fact", "typed"),
    [
        ("hba1c", {"hba1c": "7.8", "hba1c__unit": "percent", "hba1c__unknown": "yes"}),
        ("hba1c", {"hba1c": "8.1", "hba1c__unit": "percent", "hba1c__unknown": "over 7.8"}),
        ("hba1c", {"hba1c": "<script>", "hba1c__unknown": "over 7.8"}),
        ("birth_date", {"birth_date__age": "43", "birth_date__unknown": "yes"}),
        ("birth_date", {"birth_date": "1983", "birth_date__unknown": "over 1984"}),
        (
            "autoantibodies_positive",
            {"autoantibodies_positive__is__gad65": "yes", "autoantibodies_positive__unknown": "yes"},
        ),
    ],
)
def test_a_value_typed_beside_not_known_is_asked_about(fact: str, typed: dict[str, str]) -> None:
    reading = read(**typed)
    assert told(reading) == [(fact, "Clear the value or Not known: both stand here")]
    assert fact not in reading.payload["facts"]


def test_reason_beside_a_typed_value_does_not_hide_it() -> None:
    typed = {"hba1c": "7.8", "hba1c__unit": "percent", "hba1c__why": "declined"}
    assert answer("hba1c", **typed)["value"] == "7.8"


def test_due_date_has_to_be_a_day() -> None:
    assert told(read(hba1c__unknown="yes", hba1c__why="sent", hba1c__due="December")) == [
        ("hba1c-due", "Enter a date like 2026-03-04, 2026-03 or 2026")
    ]
    assert told(read(hba1c__unknown="yes", hba1c__why="sent", hba1c__due="Dec 2026"))[0][0] == "hba1c-due"


def test_measurement_with_several_units_needs_one() -> None:
    assert told(read(hba1c="7.8")) == [("hba1c", "Choose the unit: % or mmol/mol")]
    assert told(read(hba1c="7.8", hba1c__unit="furlongs")) == [("hba1c", "Choose the unit: % or mmol/mol")]


@pytest.mark.parametrize(
    ("fact", "text", "value", "unit"),
    [
        ("hba1c", "7.8 %", "7.8", "%"),
        ("hba1c", "62mmol/mol", "62", "mmol/mol"),
        ("creatinine", "80 umol/L", "80", "µmol/L"),
        ("c_peptide_fasting", "<0.05 ng/ml", "<0.05", "ng/mL"),
        ("egfr", "85 mL/min/1.73 m2", "85", "mL/min/1.73 m²"),
        ("weight", "70 KG", "70", "kg"),
    ],
)
@pytest.mark.parametrize("chosen", ["", "first"])
def test_a_unit_typed_behind_the_number_holds(
    fact: str, text: str, value: str, unit: str, chosen: str
) -> None:
    beside = next(iter(CATALOGUE.facts[fact].units)) if chosen else ""
    found = answer(fact, **{fact: text, f"{fact}__unit": beside})
    assert (found["value"], found["unit"]) == (value, unit)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"hba1c": "7.8 mg/dL"}, "Enter it in % or mmol/mol: mg/dL is no unit of it"),
        ({"hba1c": "7,8 %"}, "Write 7.8: decimals take a point"),
        ({"hba1c": "62 %"}, "did you mean 62 mmol/mol?"),
        ({"gold_score": "5 points"}, "Enter a plain number, like 4"),
        ({"birth_date__age": "150"}, "Enter the age in whole years up to 120, like 43"),
        ({"birth_date__age": "43.5"}, "Enter the age in whole years up to 120, like 43"),
    ],
)
def test_what_to_mend_is_said_in_the_words_of_the_form(typed: dict[str, str], message: str) -> None:
    ((_, said),) = told(read(**{"hba1c__unit": "mmol_mol", **typed}))
    assert message in said
    assert "{" not in said


@pytest.mark.parametrize(("text", "unit"), [("2.3 mmol/L", "mmol/L"), ("41mg/dl", "mg/dL")])
def test_a_reading_may_carry_its_unit(text: str, unit: str) -> None:
    found = events(event__0__on="Mar 2026", event__0__glucose=text, event__0__glucose_unit="mg_dl")
    assert found["events"][0]["glucose"]["unit"] == unit


def test_date_without_a_value_is_asked_about() -> None:
    assert told(read(hba1c__unit="percent", hba1c__on="2026-10-01")) == [
        ("hba1c", "Enter the answer, or clear its date")
    ]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("sex", {"sex": "maybe"}),
        ("organ_transplant", {"organ_transplant": "perhaps"}),
        ("gold_score", {"gold_score": "3.5"}),
        ("hba1c", {"hba1c": "1_0", "hba1c__unit": "percent"}),
        ("hba1c", {"hba1c": "1E+2", "hba1c__unit": "percent"}),
        ("hba1c", {"hba1c": "٧", "hba1c__unit": "percent"}),
        ("hba1c", {"hba1c": "NaN", "hba1c__unit": "percent"}),
        ("hba1c", {"hba1c": "7" * 30, "hba1c__unit": "percent"}),
        ("hba1c", {"hba1c": "7,8", "hba1c__unit": "percent"}),
        ("diagnosis_date", {"diagnosis_date": "2030"}),
        ("diagnosis_date", {"diagnosis_date": "2004-02-30"}),
        ("birth_date", {"birth_date__age": "forty"}),
    ],
)
def test_each_problem_names_its_question_and_spares_the_others(name: str, typed: dict[str, str]) -> None:
    reading = read(**typed, blood_group="A")
    assert [problem.input for problem in reading.problems] == [name]
    assert reading.payload["facts"] == {"blood_group": "A"}
    assert reading.answers is not None
    assert set(reading.answers.known) == {"blood_group"}


def test_implausible_number_names_the_likely_unit() -> None:
    (problem,) = read(creatinine="97", creatinine__unit="mg_dl").problems
    assert problem.message.endswith("did you mean 97 µmol/L?")


def test_age_stands_for_a_birth_date() -> None:
    assert answer("birth_date", birth_date__age="43", birth_date__asked="2026-11-01") == {
        "age": "43",
        "on": "2026-11-01",
    }


def test_several_things_are_each_there_or_not() -> None:
    typed = {
        "autoantibodies_positive__is__gad65": "yes",
        "autoantibodies_positive__is__znt8": "no",
        "autoantibodies_positive__is__ica": "unknown",
        "autoantibodies_positive__on": "2026-05",
    }
    assert answer("autoantibodies_positive", **typed) == {
        "value": {"gad65": True, "znt8": False},
        "on": "2026-05",
    }


# --- Severe events


def events(**typed: Any) -> dict[str, Any]:
    """Return what is read about severe events where nothing is to be mended."""
    reading = read(**typed)
    assert not reading.problems, reading.problems
    return {
        key.removeprefix(EVENTS).lstrip("_") or "events": value
        for key, value in reading.payload.items()
        if key.startswith(EVENTS)
    }


def test_blank_rows_say_nothing() -> None:
    assert events(event__0__glucose_unit="mg_dl", events__rows="6") == {}
    assert row_count({"events-rows": "6"}) == 6
    assert row_count({"events-rows": "9" * 50}) == 3


@pytest.mark.parametrize("lead", ["0", "1", "2"])
def test_a_number_of_events_answers_for_the_12_months_by_itself(lead: str) -> None:
    found = events(events__lead=lead)
    assert (len(found["events"]), found["complete_since"]) == (int(lead), "2025-11-20")
    assert events(events__lead=lead, events__complete="yes") == found
    assert events(events__lead=lead, events__since="Mar 2026") == found
    assert events(events__lead=lead, events__since="2004")["complete_since"] == "2004-01-01"
    assert "complete_since" not in events(events__lead=lead, events__since="ever")


@pytest.mark.parametrize("lead", ["", "unknown", "3"])
def test_no_number_of_events_rules_nothing_out(lead: str) -> None:
    assert events(events__lead=lead, event__0__on="Mar 2026")["complete_since"] is None


def test_none_is_zero_events_for_every_rule() -> None:
    answers = read(events__lead="0").answers
    assert answers is not None
    assert answers.history is not None
    window = DateSpan(date(2025, 11, 20), date(2025, 11, 20))
    assert count_events(answers.history, "", window, AS_OF, AS_OF) == (0, 0)
    further_back = DateSpan(date(2025, 11, 19), date(2025, 11, 19))
    assert count_events(answers.history, "", further_back, AS_OF, AS_OF) == (0, None)


def test_further_events_are_among_those_that_were_counted() -> None:
    row = {"event__0__on": "Mar 2026", "event__0__assistance": "yes"}
    assert events(events__lead="2", events__more="1", **row) == events(events__lead="2", **row)
    reading = read(events__lead="1", events__more="1", **row)
    assert told(reading) == [("events-more", "Make this and the answer at the top agree: it says once")]
    assert reading.payload[f"{EVENTS}_complete_since"] is None


def test_a_month_counts_from_its_first_day() -> None:
    typed = {"event__0__on": "Mar 2026", "events__since": "Nov 2025"}
    assert events(**typed)["complete_since"] == "2025-11-01"


def test_events_that_were_counted_and_not_described_are_kept_as_such() -> None:
    found = events(
        events__lead="2", event__0__on="Mar 2026", event__0__assistance="yes", events__complete="yes"
    )
    undescribed = {"on": {"from": "2025-11-20", "to": "2026-11-20"}, "assistance": True}
    assert found["events"] == [{"on": "2026-03", "assistance": True}, undescribed]
    assert found["complete_since"] == "2025-11-20"


def test_three_or_more_is_complete_only_when_all_are_described() -> None:
    assert events(events__lead="3", events__complete="yes")["complete_since"] is None
    rows = {f"event__{row}__on": f"{row + 1} May 2026" for row in range(3)}
    assert events(events__lead="3", events__complete="yes", **rows)["complete_since"] == "2025-11-20"


def test_rows_that_contradict_the_count_are_asked_about() -> None:
    reading = read(
        events__lead="0", event__0__on="Mar 2026", event__0__assistance="yes", events__complete="yes"
    )
    assert [problem.input for problem in reading.problems] == ["events-lead"]
    assert reading.payload[f"{EVENTS}_complete_since"] is None


def test_an_event_is_read_with_all_its_parts() -> None:
    found = events(
        event__0__quick="2025-12..2026-02",
        event__0__assistance="yes",
        event__0__symptoms=["confused", "visual"],
        event__0__treated="unknown",
        event__0__glucose="low",
        event__0__cause="none_found",
        event__0__documented="recall",
        event__0__told_by="witness",
        event__1__on="Jan 2026",
        event__1__until="Mar 2026",
        event__1__symptoms=["clear_headed"],
        event__1__glucose="2.3",
        event__1__glucose_unit="mmol_l",
    )
    assert found["events"] == [
        {
            "on": {"from": "2025-12", "to": "2026-02"},
            "assistance": True,
            "impaired": True,
            "symptoms": ["confused", "visual"],
            "glucose": "LOW",
            "cause": "none_found",
            "documented": "recall",
            "told_by": "witness",
        },
        {
            "on": {"from": "2026-01", "to": "2026-03"},
            "impaired": False,
            "symptoms": [],
            "glucose": {"value": "2.3", "unit": "mmol/L"},
        },
    ]


@pytest.mark.parametrize(
    ("typed", "where"),
    [
        ({"event__1__assistance": "yes"}, "event-1-on"),
        ({"event__1__on": "2 May 2027"}, "event-1-on"),
        ({"event__1__on": "May 2026", "event__1__glucose": "4"}, "event-1-glucose"),
        (
            {"event__1__on": "May 2026", "event__1__glucose": "4000", "event__1__glucose_unit": "mg_dl"},
            "event-1-glucose",
        ),
        ({"event__1__on": "May 2026", "event__1__cause": "aliens"}, "event-1-cause"),
        (
            {"event__1__on": "May 2026", "event__1__symptoms": ["confused", "clear_headed"]},
            "event-1-symptoms",
        ),
        ({"event__1__on": "May 2026", "event__1__symptoms": ["sneezed"]}, "event-1-symptoms"),
        ({"event__1__quick": "sometime"}, "event-1-on"),
        ({"events__more": "many"}, "events-more"),
        ({"events__complete": "yes"}, "events-since"),
        ({"events__since": "Jan 2027"}, "events-since"),
        ({"events__lead": "7"}, "events-lead"),
    ],
)
def test_event_problems_name_the_row_and_leave_the_list_open(typed: dict[str, Any], where: str) -> None:
    row = {"event__0__on": "Mar 2026"} if "events__complete" in typed else {"events__since": "2025"}
    reading = read(**{**row, **typed})
    assert [problem.input for problem in reading.problems] == [where]
    assert reading.payload[f"{EVENTS}_complete_since"] is None


# --- Both ways


@pytest.mark.parametrize("story", [story for story, _ in STORIES], ids=lambda story: story.__name__)
@pytest.mark.parametrize("si", [False, True])
def test_answers_survive_the_way_into_the_form_and_back(story: Story, si: bool) -> None:
    for seed in range(8):
        teller = Teller(random.Random(seed), AS_OF, si)
        story(teller)
        first = read_typed(CATALOGUE, as_typed(CATALOGUE, teller.payload), AS_OF)
        assert not first.problems
        again = read_typed(CATALOGUE, as_typed(CATALOGUE, first.payload), AS_OF)
        assert again.payload == first.payload
        assert again.answers == first.answers
