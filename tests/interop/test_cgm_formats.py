"""CGM files of every kind: what is read, what is put aside, what is dropped."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import pairwise

import pytest

from screening.clinical.cgm.metrics import metrics
from screening.clinical.cgm.units import MG_DL, MMOL_L
from screening.interop.cgm.summary import PROFILE, summary
from tests.clinical.traces import DATA, EXPECTED, NAMES, published
from tests.interop.cgm_files import (
    CLARITY,
    ZONE,
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

GLUCOSE = [100, 110, 120, 130, 140, 150]
SECRETS = ("Zebedee", "Quillfeather", "1984", "8XYZQ9", "7F354325", "phone")


@pytest.mark.parametrize("name", NAMES)
def test_published_traces_are_read_as_expected(name: str) -> None:
    file = read((DATA / name).read_bytes(), zone=EXPECTED["traces"][name]["timezone"])
    slowly = published(name)
    assert list(file.trace.instants) == list(slowly.instants)
    assert list(file.trace.values) == pytest.approx(list(slowly.values))
    assert file.trace.local() == slowly.local()
    assert file.trace.unit is slowly.unit
    assert asdict(file.report).items() >= EXPECTED["traces"][name]["import"].items()


@pytest.mark.parametrize("name", NAMES)
def test_summary_has_every_expected_key(name: str) -> None:
    expected = EXPECTED["traces"][name]
    found = json.loads(json.dumps(summary(read((DATA / name).read_bytes(), zone=expected["timezone"]))))
    assert set(found) >= set(expected) - {"cross_check"}
    assert set(found["import"]) >= set(expected["import"])
    assert set(found[PROFILE]) == set(map(str, range(24)))


def test_offsets_in_the_file_are_the_clock_without_a_zone() -> None:
    name = "pub2_messy_dst_fall_mgdl.csv"
    found = read((DATA / name).read_bytes(), zone=None)
    assert found.trace.local() == published(name).local()
    assert found.report.timezone == "as written in the file"


# Dexcom Clarity


def test_clarity_readings_are_those_with_a_time() -> None:
    file = read(clarity(GLUCOSE))
    assert (file.report.format, list(file.trace.values)) == ("Dexcom Clarity", GLUCOSE)
    assert unused(file) == [
        "Rows about the person or the device (4): rows 2 to 5",
        "Alert rows (2): rows 6 to 7",
    ]


def test_clarity_limits_of_alerts_are_no_readings() -> None:
    assert {40.0, 251.0}.isdisjoint(read(clarity(GLUCOSE)).trace.values)


def test_clarity_low_and_high_are_readings() -> None:
    file = read(clarity([100, "Low", "High", 120]))
    assert list(file.trace.values) == [100, 39, 401, 120]
    assert (file.report.low, file.report.high) == (1, 1)
    assert (len(file.trace.low_at), len(file.trace.high_at)) == (1, 1)


def test_clarity_low_in_mmol_counts_in_its_own_unit() -> None:
    file = read(clarity(["Low", "6.1", "High"], header=CLARITY.replace("mg/dL", "mmol/L")))
    assert file.trace.unit is MMOL_L
    assert list(file.trace.values) == [2.1, 6.1, 27.9]


def test_clarity_insulin_between_readings_is_put_aside() -> None:
    lines = clarity(GLUCOSE).splitlines()
    lines.insert(9, "9,2026-03-14T09:11:00,Insulin,Fast-Acting,,,phone,,4.5,,,,,")
    assert "Insulin rows (1): row 10" in unused(read("\n".join(lines)))


def test_clarity_header_with_a_mangled_mark_is_recognised() -> None:
    mangled = '\ufeff"ï»¿""""Index"""""' + CLARITY.removeprefix("Index")
    assert read(clarity(GLUCOSE, header=mangled)).report.format == "Dexcom Clarity"


def test_clarity_in_german_with_decimal_comma() -> None:
    header = (
        "Index;Zeitstempel (JJJJ-MM-TTThh:mm:ss);Ereignistyp;Ereignissubtyp;Patienteninformationen;"
        "Geräteinformationen;Quell-Geräte-ID;Glukosewert (mmol/L);Insulinwert (u)"
    )
    rows = [f"{at:%Y-%m-%dT%H:%M:%S}" for at in times(3)]
    text = "\n".join([header, *(f"1;{at};EGV;;;;G7;6,{number};" for number, at in enumerate(rows))])
    file = read(text.encode("cp1252"))
    assert (file.report.encoding, file.trace.unit) == ("Windows-1252", MMOL_L)
    assert list(file.trace.values) == [6.0, 6.1, 6.2]


def test_clarity_with_translated_kinds_reads_the_commonest_and_says_so() -> None:
    text = clarity(GLUCOSE, about=()).replace(",EGV,", ",Glucose estimé,")
    calibration = "9,2026-03-14T09:02:00,Étalonnage,,,,phone,300,,,,,,"
    file = read(f"{text}{calibration}\n")
    assert list(file.trace.values) == GLUCOSE
    assert any("commonest" in note for note in file.report.notes)
    assert unused(file) == ["Rows of another kind (1): row 8"]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_clarity_with_other_separators(separator: str) -> None:
    assert list(read(clarity(GLUCOSE).replace(",", separator)).trace.values) == GLUCOSE


def test_clarity_with_quotes_is_the_same() -> None:
    quoted = "\n".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) for line in clarity(GLUCOSE).splitlines()
    )
    assert read(quoted) == read(clarity(GLUCOSE))


# FreeStyle Libre


def test_libre_scans_stay_apart_from_historic_values() -> None:
    rows = [
        "FreeStyle Libre 3,7F354325-XQ,14-03-2026 09:02,1,,300,,,",
        "FreeStyle Libre 3,7F354325-XQ,14-03-2026 09:03,6,,,,,a note",
    ]
    file = read("\n".join([libreview(GLUCOSE), *rows]))
    assert list(file.trace.values) == GLUCOSE
    assert unused(file) == [
        "Scans and fingersticks, which are no continuous readings (1): row 9",
        "Rows of another kind (1): row 10",
    ]


def test_libre_dates_with_the_day_first() -> None:
    file = read(libreview(GLUCOSE))
    assert file.report.date_order == "day-first"
    assert file.report.date_order_from == "proven by row 3"
    assert summary(file)["first"] == "2026-03-14T09:00:00Z"


def test_libre_dates_with_the_month_first_and_twelve_hours() -> None:
    file = read(libreview(GLUCOSE, written="%m-%d-%Y %I:%M %p"))
    assert (file.report.date_order, summary(file)["first"]) == ("month-first", "2026-03-14T09:00:00Z")


@pytest.mark.parametrize(
    ("written", "hour"), [("12:05 AM", 0), ("12:05 PM", 12), ("1:05 PM", 13), ("1:05 AM", 1)]
)
def test_libre_twelve_hour_clock_turns_at_twelve(written: str, hour: int) -> None:
    at = [f"2026/01/14 {written}", f"2026/01/14 {written.replace(':05', ':10')}"]
    file = read(plain([100, 110], at))
    assert file.trace.instants[0] // 3600 % 24 == hour


def test_older_libre_report_with_three_header_rows() -> None:
    text = "\n".join(
        [
            "Patient report,Generated on,8/22/18,Generated by,Quillfeather,,,,",
            "Zebedee Quillfeather,1/1/00,,,,,,,",
            "Meter Timestamp,Record Type,Historic Glucose(mg/dL),Scan Glucose(mg/dL),Notes,,,,",
            "8/13/18 12:00,1,117,,,,,,",
            "8/13/18 12:15,1,127,,,,,,",
            "8/13/18 12:30,1,LO,,,,,,",
        ]
    )
    file = read(text)
    assert (file.trace.interval, list(file.trace.values)) == (15, [117, 127, 39])
    assert file.report.date_order == "month-first"


def test_libre_in_german_with_decimal_comma() -> None:
    header = (
        "Gerät;Seriennummer;Gerätezeitstempel;Aufzeichnungstyp;Glukosewert-Verlauf mmol/L;"
        "Glukose-Scan mmol/L;Nicht numerisches schnellwirkendes Insulin"
    )
    rows = [f"LibreLink;X1;{at:%d-%m-%Y %H:%M};0;7,{number};;" for number, at in enumerate(times(3, 15))]
    file = read("\n".join(["Glukose-Werte;Erstellt am;25-02-2026 17:28 UTC", header, *rows]))
    assert (file.trace.unit, list(file.trace.values)) == (MMOL_L, [7.0, 7.1, 7.2])


# CareLink


def carelink(rows: list[str]) -> str:
    header = (
        "Index;Date;Time;New Device Time;BG Reading (mg/dL);Sensor Calibration BG (mg/dL);"
        "Sensor Glucose (mg/dL);ISIG Value"
    )
    return "\n".join(
        [
            "Last Name;First Name;Patient ID;;Device;MiniMed 780G",
            "Quillfeather;Zebedee;7F354325;;;",
            "",
            "-------;MiniMed 780G MMT-1886;Pump;NG1;-------",
            header,
            "0,00000;2026/03/14;08:59:00;;182;182;;",
            "",
            "-------;MiniMed 780G MMT-1886;Sensor;NG1;-------",
            header,
            *rows,
        ]
    )


def test_carelink_sections_give_the_sensor_readings() -> None:
    rows = [f"{n},00000;{at:%Y/%m/%d};{at:%H:%M:%S};;;;1{n}0,0;25,1" for n, at in enumerate(times(4))]
    file = read(carelink(rows))
    assert (file.report.format, list(file.trace.values)) == ("Medtronic CareLink", [100, 110, 120, 130])
    assert unused(file) == ["Rows of another kind (1): row 6"]


def test_carelink_two_units_are_refused() -> None:
    rows = [f"{n};{at:%Y/%m/%d};{at:%H:%M:%S};;;;1{n}0;25" for n, at in enumerate(times(4))]
    other = (
        "Index;Date;Time;New Device Time;BG Reading (mmol/L);Sensor Calibration;Sensor Glucose (mmol/L);ISIG"
    )
    assert "row 14" in problem(carelink([*rows, other]))


# Nightscout


def test_nightscout_reads_sgv_and_not_glucose() -> None:
    entries = json.loads(nightscout(GLUCOSE))
    for entry in entries:
        entry["glucose"] = 300
    entries.append({"type": "mbg", "mbg": 250, "date": entries[0]["date"]})
    file = read(json.dumps(entries))
    assert list(file.trace.values) == GLUCOSE
    assert unused(file) == ["Entries of another kind (1): entry 7"]


def test_nightscout_without_an_offset_asks_for_the_zone_only() -> None:
    offset = json.loads(nightscout(GLUCOSE, offset=120))
    assert (
        read(json.dumps(offset), zone=None).trace.local()[0]
        == read(json.dumps(offset)).trace.instants[0] + 7200
    )


def test_nightscout_time_as_text_with_an_offset() -> None:
    at = ["2026-03-14T09:00:00.500+0100", "2026-03-14T09:05:00.500+0100"]
    file = read(json.dumps([{"sgv": 100, "dateString": time} for time in at]), zone=None)
    assert summary(file)["first"] == "2026-03-14T08:00:00Z"
    assert file.trace.clock.ahead == (3600,)


# Tidepool


def test_tidepool_readings_return_to_whole_milligrams() -> None:
    file = read(tidepool([70, 180, 54, 250, 69, 181]), zone=None)
    assert file.trace.unit is MG_DL
    assert list(file.trace.values) == [70, 180, 54, 250, 69, 181]
    assert metrics(file.trace).tir_70_180 == pytest.approx(100 * 2 / 6)
    assert any("stored in mmol/L" in note for note in file.report.notes)


def test_tidepool_readings_converted_twice_are_whole_again() -> None:
    entries = json.loads(tidepool([70, 54, 180]))
    for entry in entries:
        entry["value"] = entry["value"] * 18.01559 - 1e-9
        entry["units"] = "mg/dL"
    assert list(read(json.dumps(entries)).trace.values) == [70, 54, 180]


def test_tidepool_readings_of_a_mmol_device_stay() -> None:
    entries = json.loads(tidepool([100, 110, 120]))
    for entry, value in zip(entries, (3.9, 7.6, 10.0), strict=True):
        entry["value"] = value
    file = read(json.dumps(entries))
    assert (file.trace.unit, list(file.trace.values)) == (MMOL_L, [3.9, 7.6, 10.0])


def test_tidepool_other_data_are_put_aside() -> None:
    entries = [*json.loads(tidepool(GLUCOSE)), {"type": "smbg", "value": 9.0}, {"type": "basal"}]
    assert unused(read(json.dumps(entries))) == ["Entries of another kind (2): entries 7 to 8"]


def test_tidepool_table_is_read_as_the_array() -> None:
    rows = [f"cbg,{entry['value']},mmol/L,{entry['time']},-300" for entry in json.loads(tidepool(GLUCOSE))]
    text = "\n".join(
        ["Type,Value,Units,Zulu Time,Timezone Offset", *rows, "smbg,9.1,mmol/L,2026-03-14T09:02:00Z,-300"]
    )
    file = read(text, zone=None)
    assert (file.report.format, list(file.trace.values)) == ("Tidepool", GLUCOSE)
    assert file.trace.clock.ahead == (-18000,)
    assert unused(file) == ["Rows of another kind (1): row 8"]


# FHIR


def test_fhir_reads_sensor_codes_alone() -> None:
    at = [f"{time.isoformat()}+03:00" for time in times(4)]
    file = read(
        bundle(
            [
                observation("105272-9", at[0], 7.1),
                observation("14745-4", at[1], 7.2),
                observation("9059-7", at[1], 30, "g"),
                observation("4548-4", at[2], 7.4, "%"),
                observation("105272-9", at[3], 7.3),
                observation("105272-9", at[2], 3.0, status="entered-in-error"),
                {"resourceType": "Patient", "name": [{"family": "Quillfeather"}]},
            ]
        ),
        zone=None,
    )
    assert (file.trace.unit, list(file.trace.values)) == (MMOL_L, [7.1, 7.2, 7.3])
    assert file.trace.clock.ahead == (10800,)
    assert unused(file) == [
        "Entries of another kind (3): entries 3 to 4 and 7",
        "Withdrawn observations (1): entry 6",
    ]


def test_fhir_reading_without_a_value_is_counted() -> None:
    at = [f"{time.isoformat()}Z" for time in times(3)]
    empty = observation("99504-3", at[1], None, "mg/dL")
    del empty["valueQuantity"]
    file = read(
        bundle(
            [observation("99504-3", at[0], 99, "mg/dL"), empty, observation("99504-3", at[2], 98, "mg/dL")]
        )
    )
    assert (file.report.rows, file.report.invalid) == (3, 1)


def test_fhir_comparator_is_low_or_high() -> None:
    at = [f"{time.isoformat()}Z" for time in times(3)]
    low = observation("99504-3", at[0], 40, "mg/dL")
    low["valueQuantity"]["comparator"] = "<"
    file = read(bundle([low, observation("99504-3", at[1], 98, "mg/dL")]))
    assert list(file.trace.values) == [39, 98]
    assert file.report.low == 1


# Any other


def test_plain_columns_are_found_by_their_names() -> None:
    lines = [f"x,{time:%Y-%m-%d %H:%M},{cell}" for time, cell in zip(times(6), GLUCOSE, strict=True)]
    text = "\n".join(["note,Datetime,Glucose (mg/dL)", *lines])
    assert list(read(text).trace.values) == GLUCOSE


def test_plain_prefers_the_sensor_among_glucose_columns() -> None:
    lines = [f"{time.isoformat()},300,{cell}" for time, cell in zip(times(6), GLUCOSE, strict=True)]
    assert list(read("\n".join(["time,BG,CGM glucose (mg/dL)", *lines])).trace.values) == GLUCOSE
    assert "one column" in problem("\n".join(["time,glucose a,glucose b", *lines]))


def test_glooko_table_below_a_line_about_the_person() -> None:
    lines = [
        f'{time:%d.%m.%Y %H:%M},"{cell},0",7F354325' for time, cell in zip(times(6), GLUCOSE, strict=True)
    ]
    text = "\n".join(
        [
            "Name:Quillfeather,Datumsbereich:14.03.2026",
            "Zeitstempel,CGM-Glukosewert (mg/dl),Seriennummer",
            *lines,
        ]
    )
    assert list(read(text).trace.values) == GLUCOSE


@pytest.mark.parametrize(
    "content",
    [
        clarity(GLUCOSE),
        libreview(GLUCOSE),
        tidepool(GLUCOSE, deviceId="7F354325", userId="Quillfeather"),
        bundle(observation("105272-9", f"{at.isoformat()}Z", 7.0, note="Zebedee") for at in times(3)),
    ],
)
def test_names_numbers_and_births_are_dropped(content: str) -> None:
    said = repr(read(content)) + json.dumps(summary(read(content)))
    assert not [secret for secret in SECRETS if secret in said]


def test_readings_are_the_same_from_every_kind_of_file() -> None:
    every = [
        read(text)
        for text in (
            clarity(GLUCOSE),
            libreview(GLUCOSE),
            nightscout(GLUCOSE),
            plain(GLUCOSE),
            tidepool(GLUCOSE),
        )
    ]
    assert {file.trace.clock.name for file in every} == {ZONE}
    for one, other in pairwise(every):
        assert one.trace == other.trace
