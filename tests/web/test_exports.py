"""Exports: what each form lets out, and that no spreadsheet runs what stands in a cell."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from screening.interop import exporting, exports
from screening.models import AuditEvent, Participant, Role, User
from screening.models.scopes import Scope
from tests.factories import make_site, make_user
from tests.web.logged import Logged, signed_in
from tests.web.pages import words_of
from tests.web.referred import LETTER, TRIAL, refer

pytestmark = pytest.mark.django_db
EXPORT = "/reports/export/"
WHAT = {
    "screening_log": f"screening_log:lakeside:{TRIAL}",
    "pre_screening_log": "pre_screening_log:st-anne",
    "report": f"report:lakeside:{TRIAL}",
}


def sent(user: User, what: str, form: str, file_format: str = "csv", **more: str) -> str:
    """Return the file that `user` gets."""
    asked = {"what": WHAT[what], "form": form, "format": file_format, **more}
    answer = signed_in(user).post(EXPORT, asked)
    assert answer.status_code == 200, words_of(answer)
    return b"".join(answer.streaming_content).decode()


def read(file: str) -> list[dict[str, str]]:
    assert file.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(file.removeprefix("\ufeff"), newline="")))


def made(logged: Logged, what: str, form: str) -> str:
    return sent(logged.clinician if what == "pre_screening_log" else logged.coordinator, what, form)


def test_the_coded_log_has_references_numbers_and_days(logged: Logged) -> None:
    rows = {row["subject_no"]: row for row in read(made(logged, "screening_log", "coded"))}
    row = rows["017-001"]
    assert row["reference"] == logged.screenings["c"].participant.reference
    told = ("consented", "screened", "outcome", "ended", "enrolment_no", "signed", "age", "source")
    assert [row[name] for name in told] == [
        "2026-11-20", "2026-11-26", "enrolled", "2026-11-30", "E-1", "2026-11-29", "43", "st-anne",
    ]  # fmt: skip
    assert (rows["017-002"]["reason"], rows["017-002"]["criterion"]) == ("criterion", "E2")


@pytest.mark.parametrize("what", list(WHAT))
def test_safe_harbor_tells_nobody_from_another(logged: Logged, what: str) -> None:
    """Seen to fail with the subject number, the reference and the month each let out once."""
    file = made(logged, what, "safe_harbor")
    for telling in (
        *Participant.objects.values_list("reference", flat=True),
        "017-00", "E-1", "2026-1", "2027-0", "Nov 2026", "lakeside", "st-anne", "riverside", "Dr Person",
        "4.0",
    ):  # fmt: skip
        assert telling not in re.sub("protocol_version|2026-11-20,[0-9a-f]{64}", "", file), telling


def test_rows_in_safe_harbor_form_are_in_no_order(logged: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen to fail with the keys left in the order of the log."""
    monkeypatch.setattr(exporting.random.SystemRandom, "shuffle", lambda self, keys: keys.reverse())
    coded = [row["outcome"] for row in read(made(logged, "screening_log", "coded"))]
    assert [row["outcome"] for row in read(made(logged, "screening_log", "safe_harbor"))] == coded[::-1]


@pytest.mark.parametrize(
    ("age", "shown"),
    [
        ("43", "43"), ("42 to 43", "42 to 43"), ("89", "89"), ("90", "90+"), ("104", "90+"),
        ("90 to 91", "90+"), ("88 to 89", "88 to 89"), ("89 to 90", ""), ("", ""), ("born 1930", ""),
    ],
)  # fmt: skip
def test_ages_over_89_are_one_group(age: str, shown: str) -> None:
    """Seen to fail with 90 taken for the highest age that is let out."""
    assert exports.age_up_to_89(age) == shown


@pytest.mark.parametrize("form", list(exports.FORMS))
@pytest.mark.parametrize("what", list(WHAT))
def test_free_text_is_never_exported(logged: Logged, what: str, form: str) -> None:
    """Seen to fail with the words of a step added to the coded log."""
    file = made(logged, what, form)
    for text in ("Older than the chart", "exclusions are being looked up", LETTER["reason"], "weekday"):
        assert text not in file


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("017-003", "017-003"), ("US 017 003", "US 017 003"), ("4.0", "4.0"), ("Version 4.0", "Version 4.0"),
        ("4.0 of 12 Jan 2026", "4.0 of 12 Jan 2026"), ("", ""), ("Mary Smith", exports.WITHHELD),
        ("017 Smith", exports.WITHHELD), ("=1+1", exports.WITHHELD), ("４.０", exports.WITHHELD),
        ("4.0\n", exports.WITHHELD), (" ", exports.WITHHELD),
    ],
)  # fmt: skip
def test_what_reads_like_words_is_withheld(typed: str, shown: str) -> None:
    """Seen to fail with every token of two letters or more let through."""
    assert exports.typed_code(typed) == shown


FORMULAS = st.builds(
    lambda blank, sign, rest: blank + sign + rest,
    st.sampled_from(["", " ", "\t", "\r", "\n", "\u00a0", " \t "]),
    st.sampled_from(list("=+-@\t\r＝＋－＠")),
    st.text(max_size=20),
)


@given(FORMULAS)
def test_no_cell_starts_a_formula(text: str) -> None:
    """Seen to fail with white space before the sign left out of the pattern."""
    written = "".join(exports.as_csv([[text]], ["x"])).removeprefix("\ufeff")
    cell = list(csv.reader(io.StringIO(written, newline="")))[1][0]
    assert cell.startswith("'")


@given(st.lists(st.lists(st.text(), min_size=3, max_size=3), max_size=8))
def test_csv_is_read_back_as_it_was(rows: list[list[str]]) -> None:
    written = "".join(exports.as_csv(rows, ["a", "b", "c"])).removeprefix("\ufeff")
    back = list(csv.reader(io.StringIO(written, newline="")))[1:]
    assert back == [[exports.safe_cell(cell) for cell in row] for row in rows]


def test_a_formula_in_a_name_leaves_as_text(logged: Logged) -> None:
    logged.coordinator.name = "=HYPERLINK(1)"
    logged.coordinator.save()
    names = {row["assessed_by"] for row in read(made(logged, "screening_log", "coded"))}
    assert "'=HYPERLINK(1)" in names


@pytest.mark.parametrize("form", list(exports.FORMS))
@pytest.mark.parametrize("what", list(WHAT))
def test_json_and_csv_say_the_same(logged: Logged, what: str, form: str) -> None:
    user = logged.clinician if what == "pre_screening_log" else logged.coordinator
    told = json.loads(sent(user, what, form, "json"))
    rows = read(sent(user, what, form))
    assert (told["what"], told["form"], told["number_of_rows"]) == (what, form, len(rows))
    as_text = [{name: exports.safe_cell(value) for name, value in row.items()} for row in told["rows"]]
    key = json.dumps
    assert sorted(as_text, key=key) == sorted(rows, key=key)


def test_an_export_is_written_into_the_trail(logged: Logged) -> None:
    """Seen to fail with the event written after the stream, which nobody reads to its end."""
    asked = {"what": WHAT["screening_log"], "form": "coded", "format": "csv"}
    signed_in(logged.coordinator).post(EXPORT, asked)
    event = AuditEvent.objects.get(act="log.exported")
    assert (event.actor, event.site, event.participant) == (logged.coordinator, logged.centre, None)
    assert event.details == {
        "what": "screening_log", "form": "coded", "format": "csv", "rows": 6, "protocol": TRIAL,
    }  # fmt: skip


def test_names_of_files_name_nobody(logged: Logged) -> None:
    asked = {"what": WHAT["screening_log"], "form": "safe_harbor", "format": "csv"}
    answer = signed_in(logged.coordinator).post(EXPORT, asked)
    name = f"screening-log-safe-harbor-{timezone.now():%Y-%m-%d}.csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert "no-store" in answer.headers["Cache-Control"]


def test_looking_at_the_page_exports_nothing(logged: Logged) -> None:
    asked = {"what": WHAT["screening_log"], "form": "coded", "format": "csv"}
    assert "Export" in words_of(signed_in(logged.coordinator).get(EXPORT, asked))
    assert not AuditEvent.objects.filter(act="log.exported").exists()


def test_a_monitor_takes_counts_in_safe_harbor_form_alone(logged: Logged) -> None:
    """Seen to fail with the coded form offered for whatever is there."""
    monitor = make_user(None)
    monitor.memberships.create(site=logged.centre, role=Role.MONITOR, protocol=TRIAL, until=date(2199, 1, 1))
    client = signed_in(monitor)
    coded = client.post(EXPORT, {"what": WHAT["report"], "form": "coded", "format": "csv"})
    assert coded.status_code == 422
    assert "Choose Safe Harbor" in words_of(coded)
    log = client.post(EXPORT, {"what": WHAT["screening_log"], "form": "safe_harbor", "format": "csv"})
    assert log.status_code == 422
    rows = read(sent(monitor, "report", "safe_harbor"))
    assert {row["value"] for row in rows} <= {"0", "1-7", "not shown", "8 or more"}


@pytest.mark.parametrize("what", list(WHAT.values()))
def test_nobody_exports_another_site(logged: Logged, what: str) -> None:
    """Seen to fail with every scope there is offered to everybody."""
    stranger = make_user(Role.ADMINISTRATOR, make_site("hilltop"))
    answer = signed_in(stranger).post(EXPORT, {"what": what, "form": "coded", "format": "csv"})
    missing = signed_in(stranger).post(EXPORT, {"what": "report:no:no", "form": "coded", "format": "csv"})
    assert (answer.status_code, words_of(answer)) == (422, words_of(missing))
    assert not AuditEvent.objects.filter(act="log.exported").exists()


@pytest.mark.parametrize(
    "given",
    [
        {"what": "screening_log"},
        {"form": "raw"},
        {"format": "xlsx"},
        {"first": "2026-99"},
        {"first": "2026-05", "last": "2026-04"},
        {"what": "=cmd|' /C calc'!A0"},
    ],
    ids=str,
)
def test_a_choice_that_is_none_is_refused(given: dict[str, str]) -> None:
    coordinator = make_user(Role.COORDINATOR, refer(make_user()).centre)
    asked = {"what": WHAT["screening_log"], "form": "coded", "format": "csv", **given}
    answer = signed_in(coordinator).post(EXPORT, asked)
    assert answer.status_code == 422
    assert "<title>Error: " in answer.content.decode()


def test_a_long_log_leaves_a_chunk_at_a_time(
    logged: Logged, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(exporting, "CHUNK", 2)
    leaving = exporting.Export(
        "screening_log", "coded", "csv", Scope(logged.centre, TRIAL, centre=True), timezone.now()
    )
    lines = leaving.lines()
    with django_assert_max_num_queries(8):
        assert next(lines).startswith("\ufeffreference")
        assert logged.trials["b2"].referral.participant.reference in next(lines)
    assert len(list(lines)) == 5


def test_the_command_writes_file_and_trail(logged: Logged, tmp_path: Path) -> None:
    out = tmp_path / "log.csv"
    call_command("export_log", "screening_log", "--site", "lakeside", "--trial", TRIAL, "--out", str(out))
    assert len(read(out.read_text("utf-8"))) == 6
    event = AuditEvent.objects.get(act="log.exported")
    assert (event.actor, event.details["rows"]) == (None, 6)
    with pytest.raises(CommandError, match="name a file that can be made"):
        call_command("export_log", "screening_log", "--site", "lakeside", "--trial", TRIAL, "--out", str(out))


def test_the_command_writes_to_the_terminal(logged: Logged, capfdbinary: Any) -> None:
    call_command(
        "export_log", "pre_screening_log", "--site", "st-anne", "--form", "safe_harbor", "--format", "json"
    )
    assert json.loads(capfdbinary.readouterr().out)["number_of_rows"] == 7


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["report", "--site", "nowhere"], "there is no site 'nowhere'"),
        (["report", "--site", "lakeside"], "--trial is missing: zimislecel-forward"),
        (["pre_screening_log", "--site", "lakeside", "--trial", TRIAL], "leave out --trial"),
        (["report", "--site", "lakeside", "--trial", TRIAL, "--first", "May"], "Enter the month as 2026-11"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_the_command_says_what_to_give(given: list[str], said: str) -> None:
    refer(make_user())
    with pytest.raises(CommandError, match=re.escape(said)):
        call_command("export_log", *given)
