"""What a CGM file leaves open is asked; what it proves is not; what it contradicts is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from screening.clinical.cgm.units import MG_DL, MMOL_L
from tests.interop.cgm_files import (
    asked,
    bundle,
    clarity,
    libreview,
    nightscout,
    observation,
    plain,
    problem,
    read,
    tidepool,
    times,
    unused,
)

GLUCOSE = [100, 110, 120, 130]
EARLY = [f"{time:%d/%m/%Y %H:%M}" for time in times(4, start=datetime(2026, 4, 3, 9))]
"""The third of April, or the fourth of March."""


# The zone


@pytest.mark.parametrize(
    "content", [clarity(GLUCOSE), libreview(GLUCOSE), nightscout(GLUCOSE), plain(GLUCOSE)]
)
def test_zone_is_asked_where_the_file_has_none(content: str) -> None:
    (question,) = asked(content).values()
    assert (question.about, question.options, question.example) == ("zone", (), "Europe/London")


def test_zone_is_not_asked_where_the_file_has_offsets() -> None:
    assert read(tidepool(GLUCOSE), zone=None).report.timezone_from == "the file's offsets from UTC"


def test_zone_that_contradicts_the_offsets_is_noted() -> None:
    (note,) = read(tidepool(GLUCOSE)).report.notes[-1:]
    assert "Check the time zone" in note
    assert "entries 1 to 4" in note
    assert not any(
        "time zone" in note for note in read(tidepool(GLUCOSE), zone="America/Chicago").report.notes
    )


@pytest.mark.parametrize("name", ["London", "Europe", "../etc/passwd", "Europe/London\0", "", "UTC+1"])
def test_unknown_zone_is_refused_with_an_example(name: str) -> None:
    assert "zone: Name a time zone of the IANA list, like Europe/London" in problem(plain(GLUCOSE), zone=name)


def local_times(start: datetime, count: int, zone: str = "Europe/London") -> list[str]:
    """Return what a clock in the zone showed every five minutes, from an instant on."""
    return [
        (start + timedelta(minutes=5 * number)).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S")
        for number in range(count)
    ]


AUTUMN = datetime(2026, 10, 24, 23, 0, tzinfo=UTC)
SPRING = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize("start", [AUTUMN, SPRING])
@pytest.mark.parametrize("newest_first", [False, True])
def test_local_times_over_a_change_of_clock_become_instants(start: datetime, newest_first: bool) -> None:
    at = local_times(start, 48)
    trace = read(plain(range(100, 148), at[::-1] if newest_first else at)).trace
    first = int(start.timestamp())
    assert list(trace.instants) == [first + 300 * number for number in range(48)]
    assert list(trace.values) == list(range(147, 99, -1) if newest_first else range(100, 148))


def test_repeated_hour_is_kept_and_merged_with_nothing() -> None:
    report = read(plain(range(100, 148), local_times(AUTUMN, 48))).report
    assert (report.exact_duplicates, report.conflicting_timestamps) == (0, 0)


def test_repeated_hour_is_told_apart_in_each_year() -> None:
    years = [AUTUMN, datetime(2027, 10, 30, 23, 0, tzinfo=UTC)]
    at = [time for start in years for time in local_times(start, 48)]
    trace = read(plain([100] * 96, at)).trace
    assert list(trace.instants) == [int(start.timestamp()) + 300 * n for start in years for n in range(48)]


def test_times_that_the_zone_skips_are_left_out_and_counted() -> None:
    at = [f"2026-03-29T0{hour}:{minute:02}:00" for hour in range(6) for minute in range(0, 60, 5)]
    file = read(plain([100] * 72, [*at]))
    assert unused(file) == ["Times that the time zone skips (12): rows 14 to 25"]
    assert len(file.trace) == 60


def test_instants_do_not_repeat_when_the_local_clock_does() -> None:
    entries = nightscout(range(100, 148))
    trace = read(entries.replace("1773", "1792")).trace
    assert len(trace) == 48
    assert len(set(trace.instants)) == 48


# The order of day and month


def test_order_of_day_and_month_is_asked_below_thirteen() -> None:
    questions = asked(plain(GLUCOSE, EARLY))
    assert set(questions) == {"zone", "date_order"}
    assert [value for value, _ in questions["date_order"].options] == ["day-first", "month-first"]
    assert "03/04/2026" in questions["date_order"].text


@pytest.mark.parametrize(("order", "month"), [("day-first", 4), ("month-first", 3)])
def test_answer_settles_the_order(order: str, month: int) -> None:
    file = read(plain(GLUCOSE, EARLY), date_order=order)
    assert datetime.fromtimestamp(file.trace.instants[0], UTC).month == month
    assert file.report.date_order_from == "given"


def test_one_day_above_twelve_proves_the_order() -> None:
    at = [f"{time:%d/%m/%Y %H:%M}" for time in times(4, 15, datetime(2026, 4, 12, 23, 30))]
    assert read(plain(GLUCOSE, at)).report.date_order_from == "proven by row 4"
    assert (
        problem(plain(GLUCOSE, at), date_order="month-first") == "date_order: Name day-first: row 4 proves it"
    )


def test_dates_in_two_orders_are_refused_with_their_row() -> None:
    at = [*EARLY[:2], "13/03/2026 09:10", "03/14/2026 09:15"]
    said = problem(plain(GLUCOSE, at))
    assert "row 5" in said
    assert "spreadsheet" in said


def test_dates_with_the_year_first_need_no_order() -> None:
    at = [f"{time:%Y/%m/%d %H:%M}" for time in times(4, start=datetime(2026, 4, 3, 9))]
    assert read(plain(GLUCOSE, at)).report.date_order == "year-first"


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"unit": "mg"}, "unit: Name mg/dL or mmol/L"),
        ({"date_order": "us"}, "date_order: Name day-first or month-first"),
    ],
)
def test_impossible_answers_are_refused(answers: dict[str, str], said: str) -> None:
    assert problem(plain(GLUCOSE), **answers) == said


# The unit


def test_unit_is_asked_where_the_readings_fit_both() -> None:
    question = asked(plain([12, 14, 20, 33]))["unit"]
    assert [value for value, _ in question.options] == ["mg/dL", "mmol/L"]


@pytest.mark.parametrize(("label", "unit"), [("mg/dL", MG_DL), ("mmol/L", MMOL_L)])
def test_answer_settles_the_unit(label: str, unit: object) -> None:
    assert read(plain([12, 14, 20, 33]), unit=label).trace.unit is unit


@pytest.mark.parametrize(("glucose", "unit"), [([100, 300, 45, 60], MG_DL), ([5.5, 12, 3, 9], MMOL_L)])
def test_unit_is_seen_where_the_readings_fit_one(glucose: list[float], unit: object) -> None:
    file = read(plain(glucose))
    assert file.trace.unit is unit
    assert file.report.unit_from == "the only one that the readings fit"


def test_unit_against_the_readings_or_the_header_is_refused() -> None:
    assert problem(plain(GLUCOSE), unit="mmol/L") == "unit: Name mg/dL: the readings do not fit mmol/L"
    said = problem(clarity(GLUCOSE), unit="mmol/L")
    assert said == "unit: Leave the unit out: the file says mg/dL"


def test_readings_of_both_units_are_refused_with_their_rows() -> None:
    said = problem(plain([100, 110, 5.5, 6.1, 130]))
    assert "one unit" in said
    assert "rows 4 to 5" in said
    assert "rows 10 to 11" in problem(clarity([100, 110, 5.5, 6.1, 130]))


def test_fhir_readings_of_both_units_are_refused() -> None:
    at = [f"{time.isoformat()}Z" for time in times(2)]
    mixed = bundle([observation("99504-3", at[0], 120, "mg/dL"), observation("105272-9", at[1], 6.7)])
    assert "entry 1 in mg/dL, entry 2 in mmol/L" in problem(mixed)


def test_all_questions_come_at_once() -> None:
    assert set(asked(plain([12, 14, 20, 33], EARLY))) == {"zone", "unit", "date_order"}


# People and devices


def test_two_people_are_refused_with_their_rows_and_without_their_names() -> None:
    lines = [f"{name},{time.isoformat()},100" for name in ("Zebedee", "Quill") for time in times(3)]
    said = problem("\n".join(["id,time,glucose", *lines]))
    assert "2 people, of one in rows 2 to 4, of another in rows 5 to 7" in said
    assert "Zebedee" not in said


def test_two_fhir_patients_are_refused() -> None:
    at = [f"{time.isoformat()}Z" for time in times(2)]
    other = observation("105272-9", at[1], 6.7, subject={"reference": "Patient/other"})
    assert "2 people" in problem(bundle([observation("105272-9", at[0], 6.7), other]))


@pytest.mark.parametrize(
    ("once", "row"), [(f"{libreview(GLUCOSE)}\n", 8), (clarity(GLUCOSE), 12), (plain(GLUCOSE), 6)]
)
def test_second_report_in_a_file_is_refused(once: str, row: int) -> None:
    assert f"second report starts in row {row}" in problem(once + once)


def test_many_devices_are_looked_at_once_each() -> None:
    lines = libreview([100] * 5000).splitlines()
    lines[2:] = [line.replace("7F354325-XQ", f"D{number % 2500}") for number, line in enumerate(lines[2:])]
    assert len(read("\n".join(lines), zone="UTC").trace) == 5000


def test_two_devices_at_the_same_time_are_refused_with_their_rows() -> None:
    both = libreview([100] * 30).splitlines()
    other = [line.replace("7F354325-XQ", "OTHER").replace(",0,100", ",0,140") for line in both[2:]]
    said = problem("\n".join([*both, *other]))
    assert "two devices" in said
    assert "one in rows 3 to 32, the other in rows 33 to 62" in said
    assert "OTHER" not in said


def test_two_intervals_are_noted_since_time_active_may_be_too_high() -> None:
    slow = times(96, 15)
    both = [*slow, *times(90, 5, slow[-1] + timedelta(minutes=15))]
    (note,) = read(plain([100] * 186, [time.isoformat() for time in both])).report.notes
    assert "time active" in note
    assert read(plain([100] * 96, minutes=15)).report.notes == ()


def test_few_readings_of_another_device_are_a_handover() -> None:
    lines = libreview([100] * 60).splitlines()
    for row in (20, 24, 28, *range(40, 62)):
        lines[row] = lines[row].replace("7F354325-XQ", "OTHER")
    assert len(read("\n".join(lines)).trace) == 60


def test_one_device_after_the_other_is_no_overlap() -> None:
    lines = libreview([100] * 60).splitlines()
    lines[32:] = [line.replace("7F354325-XQ", "OTHER") for line in lines[32:]]
    assert len(read("\n".join(lines)).trace) == 60
