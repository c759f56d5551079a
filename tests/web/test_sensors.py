"""Sensor files on the web: read in memory, kept sealed, shown, and taken into a form once confirmed."""

from __future__ import annotations

import io
import json
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from screening import actions
from screening.content import installed_content
from screening.interop.typed import read_typed
from screening.models import AuditEvent, Draft, Participant, SensorRecord, User
from tests.web.forms import begun_by
from tests.web.pages import words_of
from tests.web.recorded import record
from tests.web.sensor_files import LAST_DAY, csv_file, kept_record, rows, with_fingersticks

NAME = "Wenona Testname"


@pytest.fixture
def person(clinician: User) -> Participant:
    return begun_by(clinician).participant


def address(person: Participant) -> str:
    return f"/people/{person.reference}/sensor/"


def sent(client: Client, person: Participant, file: io.BytesIO, **more: Any) -> HttpResponse:
    typed = {"zone": "UTC", "unit": "", "date_order": "", "token": uuid.uuid4(), **more}
    return client.post(address(person), {"file": file, **typed})


def take(client: Client, kept: SensorRecord, into: str, **more: Any) -> HttpResponse:
    typed = {"form": into, "confirmed": "on", "token": uuid.uuid4(), **more}
    return client.post(f"{kept.get_absolute_url()}take/", typed)


def answers_of(draft: Draft) -> dict[str, Any]:
    """Return the answers of a form about the sensor."""
    draft = Draft.objects.get(pk=draft.pk)
    facts = read_typed(installed_content().catalogue, draft.typed, draft.as_of).payload["facts"]
    return {name: answer for name, answer in facts.items() if name.startswith("cgm_")}


# --- Read


def test_a_file_is_read_and_its_report_shown(signed_in: Client, person: Participant) -> None:
    response = sent(signed_in, person, csv_file())
    kept = SensorRecord.objects.get()
    assert response["Location"] == kept.get_absolute_url()
    assert (kept.first_day, kept.last_day) == (date(2026, 10, 28), LAST_DAY)
    page = words_of(signed_in.get(kept.get_absolute_url()))
    assert "28 Oct 2026 to 10 Nov 2026" in page
    assert "Sensor active 100 %" in page
    assert "Readings 1344, every 15 min" in page
    assert "mg/dL, the only one that the readings fit" in page
    assert "less than 10 % not judged: the limit was not seen in a source" in page
    acts = list(AuditEvent.objects.order_by("pk").values_list("act", flat=True))
    assert acts[-2:] == ["sensor.kept", "sensor.read"]


def test_ranges_of_the_page_are_those_of_the_readings(signed_in: Client, person: Participant) -> None:
    """A fifth of the readings each at 60, 95, 130, 165 and 200 mg/dL, but for the two hours that are left."""
    kept = kept_record(person, person.created_by)
    page = words_of(signed_in.get(kept.get_absolute_url()))
    values = [float(row.split(",")[1]) for row in rows()]
    in_range = 100 * sum(70 <= value <= 180 for value in values) / len(values)
    assert f"In range 70 to 180 mg/dL {in_range:.1f} %" in page
    assert f"Low 54 to below 70 mg/dL {100 * values.count(60) / len(values):.1f} %" in page


def test_no_name_of_the_file_is_kept_or_shown(signed_in: Client, person: Participant) -> None:
    """Seen to fail with the file's name in the record's content."""
    clarity = [
        "Index,Timestamp (YYYY-MM-DDThh:mm:ss),Event Type,Event Subtype,Patient Info,Device Info,"
        "Source Device ID,Glucose Value (mg/dL),Insulin Value (u),Carb Value (grams),Duration (hh:mm:ss),"
        "Glucose Rate of Change (mg/dL/min),Transmitter Time (Long Integer)",
        f"1,,FirstName,,{NAME},,,,,,,,",
        "2,,Device,,,Dexcom G6 Mobile App,Android G6,,,,,,",
        *(f"{n},{at},EGV,,,,Android G6,{value},,,,,1" for n, (at, value) in enumerate(split(), 3)),
    ]
    file = io.BytesIO("\n".join(clarity).encode())
    file.name = f"{NAME}.csv"
    response = sent(signed_in, person, file)
    kept = SensorRecord.objects.get()
    assert NAME not in str(kept.content)
    assert NAME not in words_of(signed_in.get(response["Location"]))
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM screening_sensorrecord")
        [content] = cursor.fetchone()
    assert "values" not in content


def split() -> list[list[str]]:
    return [row.split(",") for row in rows()]


def test_files_never_reach_a_disk() -> None:
    """Seen to fail with Django's own handlers: a large file lay in /tmp while it was read."""
    assert settings.FILE_UPLOAD_HANDLERS == ["django.core.files.uploadhandler.MemoryFileUploadHandler"]


def test_whole_numbers_of_a_json_file_are_kept(signed_in: Client, person: Participant) -> None:
    """Seen to fail with whole numbers of JSON left as they are: the page was an error."""
    at = [(datetime.fromisoformat(time).replace(tzinfo=UTC), int(value)) for time, value in split()]
    entries = [{"type": "sgv", "sgv": value, "date": int(time.timestamp() * 1000)} for time, value in at]
    file = io.BytesIO(json.dumps(entries).encode())
    file.name = "entries.json"
    assert sent(signed_in, person, file)["Location"] == SensorRecord.objects.get().get_absolute_url()


def test_a_double_click_keeps_one_record(signed_in: Client, person: Participant) -> None:
    token = uuid.uuid4()
    first, second = (sent(signed_in, person, csv_file(), token=token) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert SensorRecord.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Export the file again: it is empty"),
        (b"PK\x03\x04" + b"\0" * 100, "this file is a spreadsheet or an archive"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "this file is no text"),
        (b"name,age\nsomebody,43\n", "Export the file again"),
        (b"time,glucose\n2026-11-01T00:00:00,100\n", "fewer than two readings"),
        (b"x" * (20 * 1024 * 1024 + 1), "a file may have 20 MB"),
    ],
    ids=["empty", "spreadsheet", "picture", "other table", "one reading", "too large"],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_to_do(
    signed_in: Client, person: Participant, content: bytes, said: str
) -> None:
    file = io.BytesIO(content)
    file.name = "export.csv"
    response = sent(signed_in, person, file, zone="Europe/London")
    assert response.status_code == 422
    page = words_of(response)
    assert said in page
    assert 'value="Europe/London"' in response.content.decode()
    assert not SensorRecord.objects.exists()


def test_what_a_file_leaves_open_is_asked(signed_in: Client, person: Participant) -> None:
    lines = [
        "time,glucose",
        *(f"0{1 + n // 96}/03/2026 {n % 96 // 4:02}:{n % 4 * 15:02},15" for n in range(400)),
    ]
    file = io.BytesIO("\n".join(lines).encode())
    file.name = "export.csv"
    response = sent(signed_in, person, file)
    assert response.status_code == 422
    page = words_of(response)
    assert "Does the day or the month come first in dates like" in page
    assert "Choose the file again: a browser does not keep it" in page
    file.seek(0)
    assert sent(signed_in, person, file, date_order="day-first", unit="mmol/L").status_code == 302


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"zone": ""}, "Enter the time zone, like Europe/London"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"unit": "g/L"}, "Select a valid choice"),
    ],
)
def test_what_is_typed_wrongly_is_said(
    signed_in: Client, person: Participant, typed: dict[str, str], said: str
) -> None:
    response = sent(signed_in, person, csv_file(), **typed)
    assert response.status_code == 422
    assert said in words_of(response)


def test_a_clock_that_runs_years_ahead_is_told(signed_in: Client, person: Participant) -> None:
    """Seen to fail with records of any day: their values could be taken into no form."""
    ahead = person.site.today() + timedelta(days=40)
    file = io.BytesIO("\n".join(["time,glucose", *rows(last_day=ahead)]).encode())
    file.name = "export.csv"
    response = sent(signed_in, person, file)
    assert response.status_code == 422
    assert "Set the device's clock and export again: readings go on to" in words_of(response)
    assert not SensorRecord.objects.exists()


def test_a_page_sent_without_a_file_asks_for_one(signed_in: Client, person: Participant) -> None:
    response = signed_in.post(address(person), {"zone": "UTC", "token": uuid.uuid4()})
    assert response.status_code == 422
    assert "Choose the file with the readings" in words_of(response)


# --- Into a form


def test_values_reach_a_form_only_once_they_are_confirmed(signed_in: Client, clinician: User) -> None:
    """Seen to fail with values that are filled in as the file is read."""
    draft = begun_by(clinician, typed={"cgm_use": "yes", "cgm_use-asked": "2026-11-19"})
    kept = kept_record(draft.participant, clinician)
    assert answers_of(draft).keys() == {"cgm_use"}
    refused = take(signed_in, kept, str(draft.pk), confirmed="")
    assert refused.status_code == 422
    assert "Tick that you checked whose record it is" in words_of(refused)
    assert answers_of(draft).keys() == {"cgm_use"}
    response = take(signed_in, kept, str(draft.pk))
    assert (
        response["Location"] == f"/people/{draft.participant.reference}/form/{draft.pk}/sensor_and_glucose/"
    )
    answers = answers_of(draft)
    assert answers["cgm_active"] == {"value": "100.00", "unit": "%", "on": "2026-11-10"}
    assert answers["cgm_time_below_54"] == {"value": "0.00", "unit": "%", "on": "2026-11-10"}
    assert answers["cgm_use"] == {"value": True, "on": "2026-11-19"}
    assert AuditEvent.objects.filter(act="sensor.taken").count() == 1


def test_a_new_form_begins_with_the_last_answers(signed_in: Client, clinician: User) -> None:
    person = record(clinician).participant
    kept = kept_record(person, clinician)
    response = take(signed_in, kept, "new")
    draft = Draft.objects.get(participant=person)
    assert str(draft.pk) in response["Location"]
    assert draft.typed["cgm_use"] == "yes"
    assert "birth_date" in draft.typed


def test_somebody_new_gets_a_form_with_the_values_alone(signed_in: Client, clinician: User) -> None:
    draft = begun_by(clinician)
    kept = kept_record(draft.participant, clinician)
    actions.discard_draft(draft, by=clinician, at=kept.read_at)
    assert take(signed_in, kept, "new").status_code == 302
    assert answers_of(Draft.objects.get()).keys() == {
        "cgm_use",
        "cgm_active",
        "cgm_time_in_range",
        "cgm_time_below_70",
        "cgm_time_below_54",
        "cgm_cv",
    }


@pytest.mark.parametrize(("days", "enough"), [(9.79, False), (9.81, True)])
def test_below_70_percent_of_14_days_nothing_is_taken(
    signed_in: Client, clinician: User, days: float, enough: bool
) -> None:
    """Seen to fail with a share of the recorded time in place of 14 days."""
    draft = begun_by(clinician)
    kept = kept_record(draft.participant, clinician, days)
    page = words_of(signed_in.get(kept.get_absolute_url()))
    assert ("Below 70 % the numbers do not stand for the person" in page) is not enough
    assert ("Take the values" in page) is enough
    assert take(signed_in, kept, str(draft.pk)).status_code == 302
    assert ("cgm_active" in answers_of(draft)) is enough


def test_a_form_of_an_earlier_day_takes_no_later_values(signed_in: Client, clinician: User) -> None:
    draft = begun_by(clinician, as_of=date(2026, 11, 9))
    kept = kept_record(draft.participant, clinician)
    response = take(signed_in, kept, str(draft.pk))
    assert response.status_code == 422
    assert not answers_of(draft)


def test_what_cannot_be_taken_begins_no_form(signed_in: Client, clinician: User) -> None:
    """Seen to fail without one transaction: a blank form of today was left behind."""
    draft = begun_by(clinician)
    kept = kept_record(draft.participant, clinician)
    SensorRecord.objects.update(last_day=draft.participant.site.today() + timedelta(days=3))
    actions.discard_draft(draft, by=clinician, at=kept.read_at)
    assert take(signed_in, kept, "new").status_code == 422
    assert not Draft.objects.exists()


def test_the_form_leads_to_a_sensor_file_and_saves_first(signed_in: Client, clinician: User) -> None:
    draft = begun_by(clinician)
    stage = f"/people/{draft.participant.reference}/form/{draft.pk}/sensor_and_glucose/"
    assert "Read a sensor file" in words_of(signed_in.get(stage))
    response = signed_in.post(stage, {"glucose_checks_per_day": "4", "go": "sensor"})
    assert response["Location"] == address(draft.participant)
    assert Draft.objects.get().typed["glucose_checks_per_day"] == "4"


# --- Fingersticks


def test_four_weeks_of_fingersticks_show_an_index_that_no_rule_takes(
    signed_in: Client, clinician: User
) -> None:
    """Its pair limits are only recalled. Seen to fail with the index among the values to take."""
    draft = begun_by(clinician)
    assert sent(signed_in, draft.participant, with_fingersticks(28)).status_code == 302
    kept = SensorRecord.objects.get()
    page = words_of(signed_in.get(kept.get_absolute_url()))
    assert "Fingersticks 112, 14 Oct 2026 to 10 Nov 2026" in page
    change = (72 / 18.0182) ** 2
    assert f"{21 * change / 4 + 6 * change / 12:.1f} mmol²/L²/h per week" in page
    assert "Pairs in each of the four weeks 27, 27, 27, 27" in page
    assert "are recalled, not seen in a source" in page
    assert take(signed_in, kept, str(draft.pk)).status_code == 302
    typed = Draft.objects.get().typed
    assert typed["cgm_use"] == "yes"
    assert "lability_index" not in typed


def test_fewer_weeks_of_fingersticks_leave_the_index_unknown(signed_in: Client, clinician: User) -> None:
    draft = begun_by(clinician)
    sent(signed_in, draft.participant, with_fingersticks(27))
    kept = SensorRecord.objects.get()
    page = words_of(signed_in.get(kept.get_absolute_url()))
    assert "Lability index not known: the fingersticks cover fewer than 28 days" in page
    take(signed_in, kept, str(draft.pk))
    typed = Draft.objects.get().typed
    assert typed["cgm_use"] == "yes"
    assert "lability_index" not in typed


# --- Removed


def test_a_record_of_somebody_else_is_removed_for_good(signed_in: Client, person: Participant) -> None:
    kept = kept_record(person, person.created_by)
    page = f"/people/{person.reference}/"
    assert "28 Oct 2026 to 10 Nov 2026" in words_of(signed_in.get(page))
    asked = signed_in.get(f"{kept.get_absolute_url()}remove/")
    assert "gone for good" in words_of(asked)
    signed_in.post(f"{kept.get_absolute_url()}remove/")
    assert not SensorRecord.objects.exists()
    assert AuditEvent.objects.filter(act="sensor.removed", subject=f"sensor:{kept.pk}").count() == 1
    assert "No file read yet" in words_of(signed_in.get(page))


def test_erasing_an_identity_takes_its_records_along(signed_in: Client, person: Participant) -> None:
    kept = kept_record(person, person.created_by)
    actions.erase_identity(person, by=person.created_by, at=kept.read_at)
    assert not SensorRecord.objects.exists()
    assert sent(signed_in, person, csv_file())["Location"] == f"/people/{person.reference}/"
    assert not SensorRecord.objects.exists()


def test_a_file_read_while_the_identity_is_erased_keeps_nothing(person: Participant) -> None:
    """Seen to fail without the look at the row: a record was sealed with the key that is gone."""
    stale = Participant.objects.select_related("site", "identity").get(pk=person.pk)
    assert stale.identity.key
    actions.erase_identity(person, by=person.created_by, at=person.created_at)
    with pytest.raises(actions.AlreadyErased):
        kept_record(stale, person.created_by)
    assert not SensorRecord.objects.exists()
