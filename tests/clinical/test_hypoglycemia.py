from datetime import date, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening.clinical.dates import DateSpan, lookback, read_date
from screening.clinical.hypoglycemia import (
    ALTERED_STATES,
    AWARENESS_ORDER,
    CAUSES,
    CLARKE_ANSWERS,
    CLARKE_FREQUENCIES,
    DEFINITIONS,
    EVER,
    LOW,
    CountSpan,
    EventHistory,
    Glucose,
    SevereEvent,
    all_of,
    any_of,
    clarke,
    count_events,
    gold_category,
    hypoglycemia_levels,
    pedersen_bjergaard,
)

TODAY = date(2026, 11, 20)
TRUTHS = (True, False, None)


def event(on="2026-03-04", **answers):
    symptoms = answers.pop("symptoms", None)
    return SevereEvent(read_date(on), symptoms=None if symptoms is None else frozenset(symptoms), **answers)


def severe(on="2026-03-04", **answers):
    return event(on, **{"assistance": True, "impaired": True, **answers})


def history(*events, asked_on=TODAY, complete_since=EVER, **more):
    return EventHistory(events, asked_on, complete_since, **more)


def count(told, definition="", months=12, day=TODAY, as_of=TODAY):
    start = lookback(day, months, "months")
    return count_events(told, definition, DateSpan(start, start), day, as_of)


def judge(definition, told):
    return DEFINITIONS[definition](told)


# Three-valued logic


@pytest.mark.parametrize(("left", "right"), [*product(TRUTHS, TRUTHS)])
def test_false_decides_all_and_true_decides_any(left, right):
    order = {False: 0, None: 1, True: 2}
    assert all_of(left, right) is min(left, right, key=order.__getitem__)
    assert any_of(left, right) is max(left, right, key=order.__getitem__)


# One event


@pytest.mark.parametrize(("impaired", "assistance"), [*product(TRUTHS, TRUTHS)])
def test_level_3_needs_altered_state_and_assistance(impaired, assistance):
    told = event(impaired=impaired, assistance=assistance, glucose=Glucose(120, "mg_dl"))
    assert judge("", told) is all_of(impaired, assistance)


@pytest.mark.parametrize("symptom", sorted(ALTERED_STATES))
def test_a_named_altered_state_answers_for_impairment(symptom):
    assert judge("", event(assistance=True, symptoms=[symptom])) is True
    assert judge("", event(assistance=True, symptoms=[symptom], impaired=False)) is None


@pytest.mark.parametrize("symptoms", [["visual"], ["other"], [], None])
def test_other_symptoms_leave_impairment_unknown(symptoms):
    assert judge("", event(assistance=True, symptoms=symptoms)) is None
    assert judge("", event(assistance=True, symptoms=symptoms, impaired=False)) is False


def test_carbohydrate_merely_handed_over_is_no_severe_event():
    told = event(
        impaired=True, assistance=False, symptoms=["confused"], glucose=LOW, recovered_after_treatment=True
    )
    assert {judge(name, told) for name in DEFINITIONS} == {False}


def test_nothing_known_is_unknown_by_every_definition():
    assert {judge(name, event()) for name in DEFINITIONS} == {None}


@pytest.mark.parametrize(
    ("reading", "recovered", "truth"),
    [
        (Glucose(49, "mg_dl"), False, True),
        (Glucose(50, "mg_dl"), False, False),
        (Glucose(2.7, "mmol_l"), False, True),
        (Glucose(2.8, "mmol_l"), False, False),
        (LOW, False, True),
        (Glucose(40, "mg_dl", censored=True), None, True),
        (Glucose(54, "mg_dl", censored=True), False, None),
        (Glucose(80, "mg_dl"), True, True),
        (Glucose(80, "mg_dl"), None, None),
        (None, False, None),
        (None, None, None),
    ],
)
def test_uih_needs_glucose_below_50_or_prompt_recovery(reading, recovered, truth):
    assert judge("uih", severe(glucose=reading, recovered_after_treatment=recovered)) is truth


def test_uih_takes_any_symptom():
    for symptom in ("visual", "other"):
        told = event(assistance=True, impaired=False, symptoms=[symptom], recovered_after_treatment=True)
        assert judge("uih", told) is True
    assert judge("uih", event(assistance=True, impaired=False, symptoms=[], glucose=LOW)) is False
    assert judge("uih", event(assistance=True, impaired=False, glucose=LOW)) is None


@pytest.mark.parametrize(
    ("reading", "recovered", "truth"),
    [
        (Glucose(53, "mg_dl"), False, True),
        (Glucose(54, "mg_dl"), False, None),
        (Glucose(2.9, "mmol_l"), False, True),
        (Glucose(3.0, "mmol_l"), False, None),
        (LOW, None, True),
        (None, True, True),
        (Glucose(120, "mg_dl"), False, None),
        (None, None, None),
    ],
)
def test_the_unverified_limb_never_rules_out_a_cit_event(reading, recovered, truth):
    told = event(
        assistance=True, symptoms=["memory_loss"], glucose=reading, recovered_after_treatment=recovered
    )
    assert judge("cit", told) is truth


@pytest.mark.parametrize(
    ("symptoms", "impaired", "truth"),
    [
        (["visual"], False, True),
        (["seizure", "other"], None, True),
        (["other"], True, None),
        (["other"], False, None),
        ([], None, False),
        ([], True, None),
        (None, True, True),
        (None, False, None),
        (None, None, None),
    ],
)
def test_cit_needs_a_symptom_of_its_list(symptoms, impaired, truth):
    told = event(assistance=True, symptoms=symptoms, impaired=impaired, recovered_after_treatment=True)
    assert judge("cit", told) is truth


@pytest.mark.parametrize("cause", [*CAUSES, None])
def test_only_missed_meal_and_dosing_error_explain_an_event(cause):
    truth = {"none_found": True, "missed_meal": False, "dosing_error": False}.get(cause)
    assert judge("unexplained", severe(cause=cause)) is truth
    assert judge("unexplained", severe(cause=cause, assistance=False)) is False


@pytest.mark.parametrize(
    ("documented", "truth"), [("chart", True), ("log", True), ("recall", False), (None, None)]
)
def test_documented_means_chart_or_log(documented, truth):
    assert judge("documented", severe(documented=documented)) is truth
    assert judge("documented", event(impaired=True, documented=documented)) is all_of(truth, None)


@pytest.mark.parametrize(
    "wrong", [{"symptoms": ["dizzy"]}, {"cause": "alien"}, {"documented": "diary"}, {"told_by": "neighbour"}]
)
def test_an_unknown_choice_is_refused(wrong):
    with pytest.raises(ValueError, match="not one of"):
        event(**wrong)


def test_a_glucose_in_another_unit_is_refused():
    with pytest.raises(ValueError, match="umol_l"):
        Glucose(50, "umol_l")


# Counts over a window


def test_none_ever_is_zero_and_not_asked_has_no_upper_end():
    assert count(history()) == CountSpan(0, 0)
    assert count(history(complete_since=None)) == CountSpan(0, None)


def test_an_event_in_question_is_possible_but_not_sure():
    told = history(severe("2026-03"), event("2026-05", assistance=True), severe("2026-06", assistance=False))
    assert count(told) == CountSpan(1, 2)


def test_the_window_is_closed_at_both_ends():
    for on, inside in (("2025-11-19", 0), ("2025-11-20", 1), ("2026-11-20", 1)):
        assert count(history(severe(on))) == CountSpan(inside, inside)


@pytest.mark.parametrize(
    ("day", "on", "inside"),
    [
        (date(2024, 2, 29), "2023-02-28", 1),
        (date(2024, 2, 29), "2023-02-27", 0),
        (date(2025, 2, 28), "2024-02-28", 1),
        (date(2025, 2, 28), "2024-02-29", 1),
        (date(2025, 3, 31), "2024-03-31", 1),
        (date(2025, 3, 31), "2024-03-30", 0),
    ],
)
def test_windows_end_right_in_leap_years(day, on, inside):
    assert count(history(severe(on), asked_on=day), day=day, as_of=day) == CountSpan(inside, inside)


def test_a_month_end_clamps_a_six_month_window():
    day = date(2026, 8, 31)
    told = history(severe("2026-02-28"), severe("2026-02"), asked_on=day)
    assert count(told, months=6, day=day, as_of=day) == CountSpan(1, 2)


def test_a_range_across_the_start_may_or_may_not_count():
    winter = SevereEvent(DateSpan(date(2025, 10, 1), date(2026, 2, 28)), assistance=True, impaired=True)
    assert count(history(winter, severe("2026-03-04"))) == CountSpan(1, 2)
    assert count(history(winter), months=24) == CountSpan(1, 1)


def test_the_future_part_of_this_year_does_not_count():
    told = history(severe("2026"), asked_on=date(2026, 1, 20))
    assert count(told, day=date(2026, 1, 20), as_of=date(2026, 1, 20)) == CountSpan(1, 1)
    later = date(2027, 6, 1)
    assert count(told, months=6, day=later, as_of=date(2026, 1, 20)) == CountSpan(0, 0)


def test_a_window_that_starts_on_an_uncertain_day():
    told = history(severe("2026-02-10"), severe("2026-06-10"))
    assert count_events(told, "", read_date("2026-02"), TODAY, TODAY) == CountSpan(1, 2)
    assert count_events(told, "", read_date("2026-02-10"), TODAY, TODAY) == CountSpan(2, 2)


def test_a_window_may_also_end_before_the_assessment():
    told = history(severe("2026-02-10"), severe("2026-06"), severe("2026-08"))
    assert count(told, day=date(2026, 6, 15)) == CountSpan(1, 2)


def test_a_window_of_one_day_holds_that_day():
    told = history(severe("2026-11-20"), severe("2026-10-01"))
    for day in (TODAY, date(2026, 10, 1)):
        assert count_events(told, "", DateSpan(day, day), day, TODAY) == CountSpan(1, 1)


# Completeness


@pytest.mark.parametrize(
    ("since", "high"),
    [("2025-11-20", 1), ("2025-11-21", None), ("2025-11", None), ("2025-10", 1), ("2025", None), ("2024", 1)],
)
def test_a_list_is_complete_from_the_last_day_it_may_mean(since, high):
    told = history(severe(), complete_since=read_date(since))
    assert count(told) == CountSpan(1, high)
    assert count_events(told, "", read_date("2025-11-20"), date(2026, 4, 1), TODAY) == CountSpan(1, high)


def test_a_longer_window_than_the_list_has_no_upper_end():
    told = history(severe(), complete_since=read_date("2025-11-20"))
    assert [count(told, months=months) for months in (6, 12, 24, 36)] == [
        (0, 0),
        (1, 1),
        (1, None),
        (1, None),
    ]


def test_an_uncertain_window_start_must_be_covered_whole():
    told = history(severe(), complete_since=read_date("2026-02-02"))
    assert count_events(told, "", read_date("2026-02"), TODAY, TODAY) == CountSpan(1, None)
    assert count_events(told, "", read_date("2026-02-02"), TODAY, TODAY) == CountSpan(1, 1)


@pytest.mark.parametrize(("days", "high"), [(0, 1), (30, 1), (31, None)])
def test_thirty_days_after_asking_the_upper_end_is_gone(days, high):
    told = history(severe(), asked_on=TODAY - timedelta(days=days))
    assert count(told) == CountSpan(1, high)


def test_later_days_assume_no_new_event():
    told = history(severe("2026-03-04"), severe("2026-06-01"))
    days = [date(2027, 3, 4), date(2027, 3, 5), date(2027, 6, 2)]
    assert [count(told, day=day) for day in days] == [(2, 2), (1, 1), (0, 0)]


def test_a_stale_list_stays_incomplete_on_later_days():
    told = history(asked_on=TODAY - timedelta(days=31))
    assert count(told, day=TODAY + timedelta(days=365)) == CountSpan(0, None)


def test_a_list_asked_for_after_the_assessment_is_refused():
    with pytest.raises(ValueError, match="after the day of assessment"):
        count(history(asked_on=TODAY + timedelta(days=1)))


# At least so many more


def test_further_events_raise_the_lower_end_of_level_3_only():
    told = history(severe("2026-03-04", glucose=LOW, cause="none_found", documented="chart"), at_least_more=2)
    assert count(told) == CountSpan(3, None)
    for definition in ("cit", "uih", "unexplained", "documented"):
        assert count(told, definition) == CountSpan(1, None)


@pytest.mark.parametrize(("months", "low"), [(6, 0), (12, 2), (24, 2)])
def test_further_events_count_where_the_window_holds_their_year(months, low):
    assert count(history(at_least_more=2), months=months) == CountSpan(low, None)


def test_further_events_leave_a_window_that_moved_on():
    told = history(at_least_more=2)
    assert count(told, day=TODAY + timedelta(days=1)) == CountSpan(0, None)
    assert count(told, months=24, day=TODAY + timedelta(days=1)) == CountSpan(2, None)
    assert count(told, months=24, day=TODAY - timedelta(days=1)) == CountSpan(0, None)


def test_further_events_of_an_earlier_asking_need_their_own_year():
    told = history(at_least_more=2, asked_on=date(2026, 10, 1))
    assert count(told, months=12) == CountSpan(0, None)
    assert count(told, months=12, day=date(2026, 10, 1)) == CountSpan(2, None)
    assert count(told, months=24) == CountSpan(2, None)


def test_a_negative_number_of_further_events_is_refused():
    with pytest.raises(ValueError, match="0 or more"):
        history(at_least_more=-1)


# Several calls in one night


def test_a_night_with_several_calls_is_surely_one_event():
    told = history(severe("2026-03-04"), severe("2026-03-04"), severe("2026-03-04"))
    assert count(told) == CountSpan(1, 3)
    assert told.listed_twice() == (date(2026, 3, 4),)


def test_two_events_of_one_month_are_two():
    told = history(severe("2026-03"), severe("2026-03"), severe("2026-03-04"), severe("2026-03-05"))
    assert count(told) == CountSpan(4, 4)
    assert told.listed_twice() == ()


def test_one_sure_and_one_doubtful_call_of_a_night():
    told = history(severe("2026-03-04"), event("2026-03-04", impaired=True))
    assert count(told) == CountSpan(1, 2)


# Counts against every placement of the days


def _spans(first, last):
    def between(pair):
        return DateSpan(*(date(2026, 3, 1) + timedelta(days=offset) for offset in sorted(pair)))

    return st.tuples(st.integers(first, last), st.integers(first, last)).map(between)


def _days(span, until):
    return [
        date.fromordinal(number)
        for number in range(span.first.toordinal(), min(span.last, until).toordinal() + 1)
    ]


@given(
    spans=st.lists(st.tuples(_spans(0, 6), st.sampled_from(TRUTHS)), max_size=3),
    start=_spans(-2, 8),
    day=st.integers(-1, 12),
    as_of=st.integers(6, 9),
)
def test_counts_are_the_extremes_over_all_placements(spans, start, day, as_of):
    day, as_of = (date(2026, 3, 1) + timedelta(days=offset) for offset in (day, as_of))
    told = history(
        *(SevereEvent(span, assistance=truth, impaired=True) for span, truth in spans), asked_on=as_of
    )
    most, fewest = 0, len(spans)
    for first_day in _days(start, start.last):
        for placed in product(*(_days(span, as_of) for span, _ in spans)):
            inside = [(first_day <= on <= day, *entry) for on, entry in zip(placed, spans, strict=True)]
            most = max(most, sum(held and truth is not False for held, _, truth in inside))
            sure = [span for held, span, truth in inside if held and truth is True]
            apart = [span for span in sure if not span.exact]
            fewest = min(fewest, len(apart) + len({span.first for span in sure if span.exact}))
    assert count_events(told, "", start, day, as_of) == CountSpan(fewest, most)


@given(
    spans=st.lists(_spans(0, 6), max_size=3),
    complete_since=st.none() | _spans(-6, 3),
    more=st.integers(0, 2),
    start=_spans(-4, 8),
    day=st.integers(8, 12),
)
def test_the_lower_end_never_passes_the_upper(spans, complete_since, more, start, day):
    as_of = date(2026, 3, 8)
    told = history(
        *(SevereEvent(span, assistance=True, impaired=True) for span in spans),
        asked_on=as_of,
        complete_since=complete_since,
        at_least_more=more,
    )
    for definition in DEFINITIONS:
        low, high = count_events(told, definition, start, date(2026, 3, 1) + timedelta(days=day), as_of)
        assert high is None or low <= high
        assert complete_since is not None or high is None
        assert more == 0 or high is None


# Clarke


def survey(**answers):
    aware = {
        "q1": "always",
        "q2": "no",
        "q3": "never",
        "q4": 0,
        "q5": "1_to_3_times",
        "q6": "never",
        "q7": "60-69",
        "q8": "always",
    }
    return clarke({**aware, **answers})


def test_a_blank_survey_decides_nothing():
    for blank in ({}, dict.fromkeys(("q1", "q2", "q3", "q4", "q5", "q6", "q7", "q8"))):
        result = clarke(blank)
        assert (result.score, result.low, result.high, result.impaired) == (None, 0, 7, None)
        assert result.category == "unknown"
        assert result.missing == ("q1", "q2", "q3", "q4", "q5q6", "q7", "q8")


@pytest.mark.parametrize(("felt", "unfelt"), [*product(range(6), range(6))])
def test_lows_without_symptoms_must_be_the_more_frequent(felt, unfelt):
    result = survey(q5=CLARKE_FREQUENCIES[felt], q6=CLARKE_FREQUENCIES[unfelt])
    assert result.score == int(felt < unfelt)


@pytest.mark.parametrize(
    ("felt", "unfelt", "open_"),
    [
        (None, "never", False),
        ("almost_daily", None, False),
        (None, "1_to_3_times", True),
        ("never", None, True),
        ("4_to_5_per_week", None, True),
        (None, None, True),
    ],
)
def test_half_a_pair_may_already_decide(felt, unfelt, open_):
    result = survey(q5=felt, q6=unfelt)
    assert result.missing == (("q5q6",) if open_ else ())
    assert (result.low, result.high) == (0, int(open_))


@pytest.mark.parametrize(
    ("open_questions", "impaired"),
    [(("q8",), True), (("q8", "q7"), True), (("q8", "q7", "q1"), True), (("q8", "q7", "q1", "q2"), None)],
)
def test_open_questions_leave_a_decided_threshold_alone(open_questions, impaired):
    reduced = {
        "q1": "no_longer",
        "q2": True,
        "q3": "once_a_month",
        "q4": 3,
        "q5": "never",
        "q6": "1_per_week",
        "q7": "<40",
        "q8": "never",
    }
    assert clarke({**reduced, **dict.fromkeys(open_questions)}).impaired is impaired


def test_a_score_of_three_is_neither_met_nor_aware():
    result = survey(q1="sometimes", q2=True, q8="rarely")
    assert (result.score, result.impaired, result.category) == (3, False, "undetermined")


@pytest.mark.parametrize(
    ("episodes", "point", "flag"), [(0, 0, False), (1, 1, False), (11, 1, False), (12, 1, True)]
)
def test_severe_episodes_score_one_and_twelve_raise_a_flag(episodes, point, flag):
    result = survey(q4=episodes)
    assert (result.score, result.twelve_or_more) == (point, flag)


@pytest.mark.parametrize(
    ("question", "aware"),
    [
        ("q1", {"always"}),
        ("q2", {"no"}),
        ("q3", {"never"}),
        ("q7", {"60-69", "50-59"}),
        ("q8", {"always", "often"}),
    ],
)
def test_every_other_answer_than_those_of_the_aware_scores_one(question, aware):
    for answer in CLARKE_ANSWERS[question]:
        assert survey(**{question: answer}).score == int(answer not in aware)


@pytest.mark.parametrize(
    "wrong",
    [
        {"q1": "never"},
        {"q2": 1},
        {"q3": True},
        {"q4": -1},
        {"q4": True},
        {"q4": "3"},
        {"q5": "daily"},
        {"q6": 2},
        {"q7": "70"},
        {"q9": "always"},
    ],
)
def test_an_answer_the_survey_lacks_is_refused(wrong):
    with pytest.raises(ValueError, match="not"):
        survey(**wrong)


# Gold and levels


@pytest.mark.parametrize("score", [True, float("nan"), float("inf"), -1, 0, 3.5, 8])
def test_what_is_no_gold_score_is_refused(score):
    with pytest.raises(ValueError, match="1 to 7"):
        gold_category(score)


@pytest.mark.parametrize(
    ("reading", "level_3", "levels"),
    [
        (Glucose(50, "mg_dl"), None, (2, 3)),
        (Glucose(100, "mg_dl"), None, (0, 3)),
        (None, False, (0, 1, 2)),
        (None, None, (0, 1, 2, 3)),
        (LOW, False, (2,)),
        (Glucose(60, "mg_dl", censored=True), False, (1, 2)),
        (Glucose(54, "mg_dl", censored=True), False, (2,)),
        (Glucose(3.0, "mmol_l"), False, (1,)),
        (Glucose(69.9, "mg_dl"), False, (1,)),
    ],
)
def test_levels_that_stay_possible_are_all_named(reading, level_3, levels):
    assert hypoglycemia_levels(reading, level_3) == levels


# Pedersen-Bjergaard


def test_only_always_recognising_lows_is_normal_in_two_classes():
    found = {answer: pedersen_bjergaard(answer) for answer in AWARENESS_ORDER}
    assert [one.two_classes_2001 for one in found.values()] == ["normal", "impaired", "impaired", "impaired"]
    assert [one.three_classes_2003 for one in found.values()] == [
        "normal",
        "intermediate",
        "unaware",
        "unaware",
    ]


def test_an_answer_the_one_question_lacks_is_refused():
    with pytest.raises(ValueError, match="always, second, third, never"):
        pedersen_bjergaard("usually")
