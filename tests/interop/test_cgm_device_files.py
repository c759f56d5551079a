"""Files of real devices, which are not the project's and lie beside the checkout: figures and quirks.

The figures were measured on these files by plain sums: every reading weighs the same, no gap is filled.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from itertools import pairwise

import pytest

from screening.clinical.cgm.agp import agp
from screening.clinical.cgm.metrics import gmi_percent, metrics, standard_deviation, time_in_ranges
from screening.clinical.cgm.trace import Trace
from screening.clinical.cgm.units import MMOL_L
from screening.interop.cgm import CgmFile
from screening.interop.cgm.summary import summary
from tests.conftest import DEVICE_FILES
from tests.interop.cgm_files import ZONE, asked, problem, read, unused

pytestmark = pytest.mark.device_files

CLARITY, CLARITY_BOM = "dexcom_clarity_g6_mangled_bom.csv", "dexcom_clarity_g6_utf8bom.csv"
LIBRE, LIBRE_REPORT = "libreview_libre3_dmy_mgdl.csv", "libre_clinic_report_3_header_rows.csv"
NIGHTSCOUT, NIGHTSCOUT_DST = "nightscout_entries_1000.json", "nightscout_entries_dst_2024-10-27.json"
IGLU = "iglu_example_data_5_subject.csv"
FINNISH, HL7 = "finnish_phr_diabetes_bundle_en.json", "hl7_cgm_ig_submission_bundle.json"

FIGURES = {
    CLARITY: (3922, 124.38, 42.81, (8.36, 9.77, 65.09, 15.48, 1.30), 6.29),
    LIBRE: (4305, 86.42, 15.84, (0.53, 7.55, 91.92, 0, 0), 5.38),
    NIGHTSCOUT: (1000, 167.43, 32.57, (1.60, 2.50, 56.00, 33.40, 6.50), 7.32),
    CLARITY_BOM: (2148, 111.90, 25.74, (0.37, 1.26, 93.99, 4.05, 0.33), 5.99),
    LIBRE_REPORT: (1337, 99.57, 20.58, (0.15, 2.02, 96.78, 1.05, 0), 5.69),
    NIGHTSCOUT_DST: (576, 123.20, 14.62, (0, 0, 100, 0, 0), 6.26),
}
SUBJECTS = {
    "Subject 1": (2915, 123.67, 26.90, 91.66, 6.27),
    "Subject 2": (2829, 218.45, 23.97, 26.44, 8.54),
    "Subject 3": (1533, 154.04, 29.07, 81.34, 6.99),
    "Subject 4": (3664, 129.67, 22.42, 95.11, 6.41),
    "Subject 5": (2925, 174.61, 33.55, 62.12, 7.49),
}


def content(name: str) -> bytes:
    return next(DEVICE_FILES.glob(f"*/{name}")).read_bytes()


def device_file(name: str, zone: str | None = ZONE) -> CgmFile:
    return read(content(name), zone=zone)


def figures(trace: Trace) -> tuple[int, float, float, tuple[float, ...], float]:
    mean = sum(trace.values) / len(trace)
    deviation = standard_deviation(trace.values, mean)
    assert deviation is not None
    ranges = time_in_ranges(trace.values, trace.unit)
    return len(trace), mean, 100 * deviation / mean, ranges, gmi_percent(mean)


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_those_measured_on_the_file(name: str) -> None:
    count, mean, cv, ranges, gmi = figures(device_file(name).trace)
    measured = FIGURES[name]
    assert count == measured[0]
    assert (mean, cv, *ranges, gmi) == pytest.approx((*measured[1:3], *measured[3], measured[4]), abs=0.01)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_figures_are_those_measured_for_each_subject(subject: str) -> None:
    rows = list(csv.DictReader(io.StringIO(content(IGLU).decode())))
    own = [f"{row['time']},{row['gl']}" for row in rows if row["id"] == subject]
    count, mean, cv, ranges, gmi = figures(read("\n".join(["time,gl", *own])).trace)
    measured = SUBJECTS[subject]
    assert count == measured[0]
    assert (mean, cv, ranges[2], gmi) == pytest.approx(measured[1:], abs=0.01)


def test_five_subjects_in_one_file_are_refused() -> None:
    said = problem(content(IGLU))
    assert "5 people, of one in rows 2 to 2916, of another in rows 2917 to 5745" in said
    assert "Subject" not in said


def test_clarity_rows_before_the_data_are_no_readings() -> None:
    file = device_file(CLARITY)
    assert unused(file)[:2] == [
        "Rows about the person or the device (3): rows 2 to 4",
        "Alert rows (7): rows 5 to 11",
    ]
    assert "Insulin rows (47)" in unused(file)[2]
    assert file.report.low == 5


def test_clarity_gaps_are_those_between_numbers_and_between_readings() -> None:
    trace = device_file(CLARITY).trace
    assert [round(gap.minutes) for gap in trace.gaps(20)] == [195]
    numbers = [instant for instant in trace.instants if instant not in trace.low_at]
    assert len([1 for before, after in pairwise(numbers) if after - before > 20 * 60]) == 2


def test_clarity_year_1961_is_read() -> None:
    assert summary(device_file(CLARITY))["last"].startswith("1961-04-")


def test_clarity_with_a_plain_mark_has_seven_alerts_and_a_birth_date() -> None:
    file = device_file(CLARITY_BOM)
    assert unused(file) == [
        "Rows about the person or the device (4): rows 2 to 5",
        "Alert rows (7): rows 6 to 12",
    ]
    assert max(gap.minutes for gap in file.trace.gaps(20)) == pytest.approx(400, abs=0.1)


def test_libre_scans_and_notes_are_put_aside() -> None:
    file = device_file(LIBRE)
    assert [one.count for one in file.report.unused] == [316, 936]
    assert (file.trace.interval, file.report.date_order) == (5, "day-first")


def test_libre_order_of_dates_is_asked_without_its_proof() -> None:
    lines = content(LIBRE).decode().splitlines()
    early = [line for line in lines if line.split(",")[2:3] and line.split(",")[2].startswith("12-04")]
    assert len([line for line in early if line.split(",")[3] == "0"]) == 18
    assert set(asked("\n".join([*lines[:2], *early]))) == {"zone", "date_order"}


def test_older_libre_report_reads_kind_1_in_the_historic_column() -> None:
    file = device_file(LIBRE_REPORT)
    assert (file.trace.interval, file.report.date_order, file.report.unused) == (15, "month-first", ())


def test_nightscout_is_newest_first_and_its_zone_cannot_be_known() -> None:
    assert set(asked(content(NIGHTSCOUT))) == {"zone"}
    trace = device_file(NIGHTSCOUT).trace
    assert max(gap.minutes for gap in trace.gaps(20)) / 60 == pytest.approx(26, abs=0.1)
    assert min(trace.values) == 32
    assert list(trace.instants) == sorted(trace.instants)


def test_nightscout_over_the_end_of_summer_time_keeps_every_reading() -> None:
    trace = device_file(NIGHTSCOUT_DST).trace
    local = Counter(trace.local())
    assert len(trace) == len(set(trace.instants)) == 576
    assert sum(count - 1 for count in local.values()) == 12
    assert sum(time.readings for time in agp(trace)) == 576


def test_finnish_carbohydrates_and_insulin_are_no_readings() -> None:
    file = device_file(FINNISH, zone=None)
    entries = json.loads(content(FINNISH))["entry"]
    sensor = [
        entry["resource"]["valueQuantity"]["value"]
        for entry in entries
        if "14745-4" in json.dumps(entry["resource"].get("code", {}))
    ]
    assert sorted(file.trace.values) == sorted(sensor)
    assert file.trace.unit is MMOL_L
    assert file.trace.clock.ahead == (3 * 3600,)
    assert file.report.unused[0].count == 300 - len(sensor)


def test_bundle_of_the_guide_has_readings_of_both_units() -> None:
    assert "entry 9 in mg/dL, entry 10 in mmol/L" in problem(content(HL7))


@pytest.mark.parametrize("name", ["synthea_r4_t2d_woman_1959.json", "synthea_r4_pregnancies_1991.json"])
def test_bundle_without_a_sensor_has_no_readings(name: str) -> None:
    assert "has none" in problem(content(name))


@pytest.mark.parametrize("name", [*FIGURES, FINNISH])
def test_identities_are_dropped(name: str) -> None:
    file = device_file(name)
    said = (repr(file) + json.dumps(summary(file))).lower()
    secrets = (
        "gagarin",
        "schmoe",
        "hbrpoi",
        "7f354325",
        "testerson",
        "vigers",
        "77c2c8d2",
        "1/1/1970",
        "android",
    )
    assert not [secret for secret in secrets if secret in said]
    assert metrics(file.trace).n_in_window > 0
