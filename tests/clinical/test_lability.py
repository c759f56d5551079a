import pytest

from screening.clinical.lability import (
    HYPO_SCORE,
    LABILITY_INDEX,
    Reading,
    lability_index,
    reaches,
)


def week(days, per_day=4, hours=4, glucose=(5, 9)):
    return [
        Reading(24 * day + hours * place, glucose[place % 2])
        for day in range(days)
        for place in range(per_day)
    ]


def test_pairs_too_close_or_too_far_apart_are_left_out_and_not_paired_anew():
    readings = [Reading(0, 5), Reading(0.9, 20), Reading(13, 5), Reading(14, 8), Reading(26, 5)]
    found = lability_index([readings])
    assert found.pairs == (2,)
    assert found.weekly == (pytest.approx(9 / 1 + 9 / 12),)


def test_the_limits_of_a_pair_count():
    assert lability_index([[Reading(0, 5), Reading(1, 6), Reading(13, 7)]]).pairs == (2,)


def test_two_readings_of_one_hour_are_no_pair():
    assert lability_index([[Reading(0, 5), Reading(0, 6), Reading(1, 7)]]).weekly == (1,)


def test_a_steady_glucose_is_no_lability():
    assert lability_index([week(7, glucose=(6, 6))]).index == 0


def test_the_index_is_the_mean_of_the_weeks():
    found = lability_index([week(1), week(1, glucose=(5, 5))])
    assert found.index == sum(found.weekly) / 2 == pytest.approx(6)


def test_no_week_gives_no_index():
    found = lability_index([])
    assert (found.index, found.sufficient) == (None, False)


@pytest.mark.parametrize(
    ("days", "per_day", "hours", "sufficient"),
    [
        (5, 3, 1, True),
        (5, 3, 4, True),
        (4, 3, 4, False),
        (7, 4, 4, True),
        (7, 2, 4, False),
        (6, 2, 12, True),
        (5, 2, 12, False),
    ],
)
def test_a_week_tells_something_with_two_pairs_on_five_days(days, per_day, hours, sufficient):
    assert lability_index([week(days, per_day, hours)]).sufficient is sufficient


def test_readings_out_of_order_are_refused():
    with pytest.raises(ValueError, match="sort them"):
        lability_index([[Reading(3, 5), Reading(1, 6)]])


@pytest.mark.parametrize(
    ("score", "limits", "days", "upper_quarter", "upper_tenth"),
    [
        (422, HYPO_SCORE, 28, False, False),
        (423, HYPO_SCORE, 28, True, False),
        (1047, HYPO_SCORE, 28, True, True),
        (1047, HYPO_SCORE, 27, None, None),
        (1047, HYPO_SCORE, None, None, None),
        (None, HYPO_SCORE, 28, None, None),
        (0, LABILITY_INDEX, 28, False, False),
        (433, LABILITY_INDEX, 40, True, True),
    ],
)
def test_a_score_stands_only_on_a_record_of_four_weeks(score, limits, days, upper_quarter, upper_tenth):
    assert reaches(score, limits.p75, record_days=days) is upper_quarter
    assert reaches(score, limits.p90, record_days=days) is upper_tenth
