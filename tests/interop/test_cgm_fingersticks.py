"""Fingersticks of sensor files: found in each format, apart from the trace, and the index of four weeks."""

from __future__ import annotations

import io
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from screening.interop.cgm.kept import as_kept, from_kept
from screening.interop.cgm.summary import summary
from tests.interop.cgm_files import (
    LIBREVIEW,
    START,
    libreview,
    milliseconds,
    nightscout,
    plain,
    problem,
    read,
    tidepool,
)

GLUCOSE = [100, 110, 120, 130]


def strips(days: int = 28) -> list[tuple[datetime, int]]:
    """Return 90, 162, 90, 162 mg/dL every four hours, up to the evening of the sensor's day."""
    first = START.replace(hour=8) - timedelta(days=days - 1)
    return [
        (first + timedelta(days=day, hours=4 * place), (90, 162)[place % 2])
        for day in range(days)
        for place in range(4)
    ]


def with_meter(days: int = 28) -> str:
    entries = json.loads(nightscout(GLUCOSE))
    entries += [{"type": "mbg", "mbg": cell, "date": milliseconds(time)} for time, cell in strips(days)]
    return json.dumps(entries)


def smbg(**more: Any) -> dict[str, Any]:
    time = f"{START.isoformat()}.000Z"
    return {"type": "smbg", "time": time, "units": "mmol/L", "value": 6.1, **more}


def libre_with_strip() -> str:
    lines = libreview(GLUCOSE, header=f"{LIBREVIEW},Strip Glucose mg/dL").splitlines()
    return "\n".join([*lines, "FreeStyle Libre 3,7F354325-XQ,14-03-2026 10:00,2,,,,,,90"])


CARELINK = """-------,pump,A,S1,-------
Index,Date,Time,BG Reading (mg/dL),Sensor Glucose (mg/dL)
1,2026/03/14,09:00:00,,100
2,2026/03/14,09:05:00,,110
3,2026/03/14,09:10:00,,120
4,2026/03/14,10:00:00,90,
"""
FILES = {
    "Nightscout": json.dumps(
        [*json.loads(nightscout(GLUCOSE)), {"type": "mbg", "mbg": 90, "date": milliseconds(START)}]
    ),
    "Tidepool": json.dumps([*json.loads(tidepool(GLUCOSE)), smbg(value=90 / 18.0182)]),
    "LibreView": libre_with_strip(),
    "CareLink": CARELINK,
}


@pytest.mark.parametrize("kind", FILES)
def test_fingersticks_are_kept_apart_from_the_trace(kind: str) -> None:
    file = read(FILES[kind], date_order="day-first")
    assert list(file.fingersticks.glucose_mmol_l) == [pytest.approx(90 / 18.0182)]
    assert 90 not in file.trace.values
    assert sum(one.count for one in file.report.unused) == 1


def test_local_times_of_fingersticks_are_read_as_the_sensors() -> None:
    file = read(libre_with_strip(), zone="America/New_York", date_order="day-first")
    assert file.fingersticks.instants[0] - file.trace.instants[0] == 3600


def test_low_is_no_number_and_a_repeated_fingerstick_is_one() -> None:
    entries = json.loads(tidepool(GLUCOSE))
    file = read(json.dumps([*entries, smbg(), smbg(), smbg(value="Low")]))
    assert list(file.fingersticks.glucose_mmol_l) == [6.1, None]


def test_fingersticks_of_later_days_are_left_out() -> None:
    entries = json.loads(tidepool(GLUCOSE))
    later = [smbg(time=f"2026-03-{day}T23:30:00Z") for day in (14, 15)]
    assert len(read(json.dumps([*entries, *later])).fingersticks) == 1


def test_fingersticks_of_another_person_are_refused() -> None:
    entries = [*json.loads(tidepool(GLUCOSE, userId="Zebedee")), smbg(userId="Quill")]
    assert "the fingersticks are of another person" in problem(json.dumps(entries))
    entries[-1]["userId"] = "Zebedee"
    assert len(read(json.dumps(entries)).fingersticks) == 1


def test_metrics_do_not_see_fingersticks() -> None:
    without, with_them = summary(read(nightscout(GLUCOSE))), summary(read(with_meter()))
    own = {"fingersticks", "import"}
    assert {key: one for key, one in without.items() if key not in own} == {
        key: one for key, one in with_them.items() if key not in own
    }


def test_summary_has_the_index_of_four_weeks() -> None:
    found = summary(read(with_meter()))["fingersticks"]
    change = (72 / 18.0182) ** 2
    assert found.pop("lability_index") == pytest.approx(21 * change / 4 + 6 * change / 12)
    assert found == {
        "count": 112,
        "from": "2026-02-15T08:00:00Z",
        "to": "2026-03-14T20:00:00Z",
        "weeks_used": 4,
        "pairs_by_week": [27, 27, 27, 27],
        "why_not": None,
    }


def test_summary_says_what_the_index_lacks() -> None:
    found = summary(read(with_meter(days=20)))["fingersticks"]
    assert (found["count"], found["lability_index"]) == (80, None)
    assert found["why_not"] == "the fingersticks cover fewer than 28 days"
    none = summary(read(plain(GLUCOSE)))["fingersticks"]
    assert (none["count"], none["from"], none["why_not"]) == (0, None, "there are no fingersticks")


def test_text_marks_what_is_recalled(tmp_path: Path) -> None:
    file = tmp_path / "entries.json"
    said = []
    for days in (28, 20):
        file.write_text(with_meter(days))
        out = io.StringIO()
        call_command("cgm", str(file), "--zone", "UTC", stdout=out)
        said.append(" ".join(out.getvalue().split()))
    assert "mean of the weeks are recalled, not seen in a source" in said[0]
    assert "Lability index not known: the fingersticks cover fewer than 28 days." in said[1]


def test_kept_fingersticks_are_those_of_the_file() -> None:
    file = read(with_meter())
    kept = json.loads(json.dumps(as_kept(file)))
    assert summary(from_kept(kept))["fingersticks"] == summary(file)["fingersticks"]
    del kept["fingersticks"]
    assert len(from_kept(kept).fingersticks) == 0
