"""CGM files that are damaged, foreign or huge: a message with what to do, never a crash."""

from __future__ import annotations

import io
import json
import random
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from screening.clinical.cgm.metrics import metrics
from screening.interop.cgm import Unsettled, read_cgm
from screening.interop.cgm.text import MAX_BYTES
from screening.rules.answers import Problems
from tests.interop.cgm_files import (
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
EVERY = {
    "clarity": clarity(GLUCOSE),
    "libreview": libreview(GLUCOSE),
    "nightscout": nightscout(GLUCOSE),
    "tidepool": tidepool(GLUCOSE),
    "fhir": bundle(observation("105272-9", f"{at.isoformat()}Z", 7.0) for at in times(6)),
    "plain": plain(GLUCOSE),
}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b" \r\n\r\n", "it is empty"),
        ("\ufeff".encode(), "it is empty"),
        (b"PK\x03\x04 and more", "a spreadsheet or an archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "a spreadsheet of Excel"),
        (b"%PDF-1.7", "a PDF report"),
        (b"\x1f\x8b\x08\x00", "a compressed file"),
        (b"<?xml version='1.0'?>", "an XML file"),
        (bytes(range(256)), "no text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "no text"),
        (b"just some words", "it is neither Dexcom Clarity"),
        (b"{}", "it is neither Dexcom Clarity"),
        (b"[1, 2, 3]", "it is neither Dexcom Clarity"),
        (b"[" * 100_000, "it is no list of readings"),
        (b'[{"sgv": 100, "date": 17', "cut off or damaged in line 1"),
        (b"time,glucose\n", "has none"),
        (b"time,glucose\n,\n,\n", "has none"),
        (b"time,glucose\n2026-03-14T09:00:00,---\n2026-03-14T09:05:00,\n", "has none"),
        (b"time,glucose\n2026-03-14T09:00:00,100\n", "fewer than two readings"),
    ],
)
def test_unusable_file_is_refused_with_what_to_do(content: bytes, said: str) -> None:
    message = problem(content)
    assert said in message
    assert message.startswith("file: Export")


@pytest.mark.parametrize("name", EVERY)
def test_file_cut_off_anywhere_is_read_or_refused(name: str) -> None:
    content = EVERY[name].encode()
    for length in range(0, len(content), 41):
        with suppress(Problems):
            assert len(read(content[:length]).trace) >= 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_encoding_makes_no_difference(encoding: str) -> None:
    assert read(EVERY["clarity"].encode(encoding)).trace == read(EVERY["clarity"]).trace


def test_text_and_bytes_are_read_alike() -> None:
    assert read_cgm(io.StringIO(EVERY["plain"]), zone=ZONE).trace == read(EVERY["plain"]).trace


class Endless(io.RawIOBase):
    """A file of 200 MB that counts what is read of it."""

    size = 200_000_000

    def __init__(self) -> None:
        self.read_so_far = 0

    def read(self, size: int = -1) -> bytes:
        size = self.size - self.read_so_far if size < 0 else min(size, self.size - self.read_so_far)
        self.read_so_far += size
        return b"1" * size


def test_huge_file_is_refused_before_it_is_read() -> None:
    file = Endless()
    with pytest.raises(Problems) as raised:
        read_cgm(file, zone=ZONE)
    assert "Export a shorter time" in str(raised.value.problems[0])
    assert file.read_so_far < 1.1 * MAX_BYTES


@pytest.mark.parametrize("content", ["[" + "{}," * 1_600_000 + "{}]", "time,glucose\n" + ",\n" * 700_000])
def test_too_many_values_or_rows_are_refused(content: str) -> None:
    assert "Export a shorter time" in problem(content)


def test_quote_that_is_never_closed_is_refused() -> None:
    broken = EVERY["plain"].replace("120", '"120') + "2026-03-14T10:00:00,100\n" * 10_000
    assert "after row" in problem(broken)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("9", "Implausible values"),
        ("1001", "Implausible values"),
        ("-120", "Implausible values"),
        ("0", "Implausible values"),
        ("", "Readings without a value"),
        ("---", "Readings without a value"),
        ("Sensor Error", "Readings with another word than Low or High"),
        ("1e2", "Readings with another word than Low or High"),
        ("١٢٠", "Readings without a value"),
    ],
)
def test_unusable_value_is_counted_with_its_row(value: str, reason: str) -> None:
    glucose: list[Any] = [100 + number for number in range(200)]
    glucose[7] = value
    file = read(plain(glucose))
    assert unused(file) == [f"{reason} (1): row 9"]
    assert len(file.trace) == 199
    assert file.report.rows == 200


@pytest.mark.parametrize("value", [True, None, [], {}, "abc", float("nan"), float("inf")])
def test_unusable_json_value_is_counted(value: Any) -> None:
    entries = json.loads(nightscout(GLUCOSE))
    entries[2]["sgv"] = value
    file = read(json.dumps(entries))
    assert (file.report.invalid, len(file.trace)) == (1, 5)


ODD = (None, [], {}, [1], {"a": 1}, "x", "", 10**400, -(10**17), 1e300, -1, 0, True, 1.5)


@pytest.mark.parametrize("name", ["nightscout", "tidepool", "fhir"])
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: str(odd)[:20])
def test_odd_json_never_crashes(name: str, odd: Any) -> None:
    document = json.loads(EVERY[name])
    for holder in _holders(document):
        for key in list(holder):
            kept, holder[key] = holder[key], odd
            with suppress(Problems, Unsettled):
                metrics(read(json.dumps(document)).trace)
            holder[key] = kept


def _holders(value: Any) -> list[dict[str, Any]]:
    """Return the objects within a document, of each list the first and the last."""
    if isinstance(value, list):
        return [holder for one in (value[:1] + value[-1:]) for holder in _holders(one)]
    if isinstance(value, dict):
        return [value, *(holder for one in value.values() for holder in _holders(one))]
    return []


def test_endless_row_is_refused_at_once() -> None:
    assert "row that is too long" in problem("time,glucose\n" + "(," * 2_000_000)
    assert "row that is too long" in problem('"' + "(hh:mm:ss" * 500_000)


def test_few_unreadable_times_are_counted_and_many_refused() -> None:
    at = [time.isoformat() for time in times(20)]
    at[3] = "########"
    file = read(plain([100] * 20, at))
    assert unused(file) == ["Times that cannot be read (1): row 5"]
    at[5:9] = ["46095.375"] * 4
    said = problem(plain([100] * 20, at))
    assert "rows 5 and 7 to 10" in said
    assert "spreadsheet" in said


@pytest.mark.parametrize(
    "stamp", ["2026-02-30T09:00:00", "2026-03-14T25:00:00", "2026-03-14", "0001-01-01T00:00:00"]
)
def test_impossible_time_is_left_out(stamp: str) -> None:
    at = [time.isoformat() for time in times(20)]
    at[3] = stamp
    assert len(read(plain([100] * 20, at)).trace) == 19


def test_spreadsheet_padding_makes_no_difference() -> None:
    lines = EVERY["plain"].splitlines()
    padded = "\ufeff\ufeff" + "\r\n".join(f"{line},,," for line in [*lines, ","])
    file = read(padded)
    assert file.trace == read(EVERY["plain"]).trace
    assert unused(file) == ["Blank rows (1): row 8"]


def test_rows_of_different_length_are_read_alike() -> None:
    lines = EVERY["clarity"].splitlines()
    ragged = [line.rstrip(",") if number % 2 else line + ",,,," for number, line in enumerate(lines)]
    assert read("\n".join(ragged)).trace == read(EVERY["clarity"]).trace


def test_fingersticks_are_no_continuous_sensor() -> None:
    assert "240 minutes apart" in problem(plain(GLUCOSE, minutes=240))


def test_places_are_named_up_to_five() -> None:
    glucose: list[Any] = [100] * 400
    glucose[::40] = ["---"] * 10
    assert unused(read(plain(glucose))) == [
        "Readings without a value (10): rows 2, 42, 82, 122, 162 and more"
    ]


@pytest.mark.parametrize("name", EVERY)
@settings(max_examples=40)
@given(data=st.data())
def test_damaged_bytes_never_crash(name: str, data: st.DataObject) -> None:
    content = bytearray(EVERY[name].encode())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(Problems, Unsettled):
        metrics(read(bytes(content)).trace)


rows = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from(["Low", "54", "69", "70", "120", "180", "250", "High"])),
    min_size=2,
    max_size=40,
    unique_by=lambda row: row[0],
)


def as_csv(readings: list[tuple[int, str]]) -> str:
    at = times(61)
    return "\n".join(
        ["time,glucose (mg/dL)", *(f"{at[place].isoformat()},{cell}" for place, cell in readings)]
    )


def outcome(content: str) -> Any:
    try:
        return read(content).trace
    except Problems as problems:
        return [problem.message.split(":")[0] for problem in problems.problems]


@given(rows, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(readings: list[tuple[int, str]], chance: random.Random) -> None:
    shuffled = list(readings)
    chance.shuffle(shuffled)
    assert outcome(as_csv(shuffled)) == outcome(as_csv(sorted(readings)))


@given(rows, st.integers(0, 39))
def test_repeated_rows_change_nothing_but_their_count(readings: list[tuple[int, str]], again: int) -> None:
    doubled = [*readings, readings[again % len(readings)]]
    assert outcome(as_csv(doubled)) == outcome(as_csv(readings))
