"""Recording a pre-screen: once, whole, and never changed afterwards."""

from __future__ import annotations

import copy
import dataclasses
import logging
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from screening import actions
from screening.content import installed_content
from screening.interop.typed import as_typed
from screening.models import AppendOnlyError, Draft, Screening, StoredText, User, Verdict
from screening.rules.content import Content
from screening.rules.explanation import explain
from tests.factories import make_site, make_user
from tests.web.forms import address, begin, begun_by, fill, inputs
from tests.web.pages import words_of
from tests.web.recorded import payload, record
from tests.web.test_form import record_of

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def filled(by: User, **facts: Any) -> Draft:
    """Return a form that holds the answers of one person."""
    answers = payload(**facts)
    return begun_by(
        by,
        as_of=date.fromisoformat(answers["as_of"]),
        typed=as_typed(installed_content().catalogue, answers),
    )


def with_protocols(number: int) -> Content:
    """Return the installed content with protocols repeated until there are `number`."""
    content = installed_content()
    protocols = list(content.protocols)
    while len(protocols) < number:
        original = content.protocols[len(protocols) % len(content.protocols)]
        copied = copy.copy(original)
        object.__setattr__(copied, "id", f"{original.id}-{len(protocols)}")
        for cached in ("canonical", "sha256"):
            copied.__dict__.pop(cached, None)
        protocols.append(copied)
    return dataclasses.replace(content, protocols=tuple(protocols[:number]))


@pytest.mark.parametrize("number", [13, 40])
@pytest.mark.parametrize("known_texts", [False, True])
def test_recording_takes_at_most_eight_statements(clinician: User, number: int, known_texts: bool) -> None:
    """Statements that read or write rows; protocols that were never seen before take one more."""
    content = with_protocols(number)
    if known_texts:
        actions.record_screening(filled(clinician), by=clinician, at=AT, token=uuid.uuid4(), content=content)
    draft = filled(clinician)
    with CaptureQueriesContext(connection) as asked:
        screening = actions.record_screening(draft, by=clinician, at=AT, token=draft.pk, content=content)
    of_rows = [one["sql"] for one in asked if "SAVEPOINT" not in one["sql"] and "advisory" not in one["sql"]]
    assert len(of_rows) <= (8 if known_texts else 9), [sql[:60] for sql in of_rows]
    assert screening.verdicts.count() == number


def test_snapshot_binds_answers_result_and_rules(clinician: User) -> None:
    content = installed_content()
    draft = filled(clinician)
    screening = actions.record_screening(draft, by=clinician, at=AT, token=draft.pk, content=content)
    screening.refresh_from_db()
    from screening.rules.reading import read_answers

    replayed = explain(content, read_answers(content.catalogue, screening.told))
    assert screening.result == replayed
    assert screening.engine == replayed["engine"]
    assert screening.catalogue.text == content.catalogue.canonical
    assert screening.recorded_by == clinician
    for protocol in content.protocols:
        verdict = screening.verdicts.get(protocol=protocol.id)
        (trial,) = (trial for trial in replayed["trials"] if trial["id"] == protocol.id)
        assert verdict.protocol_text.text == protocol.canonical
        assert (verdict.candidacy, verdict.fail_count, verdict.unknown_count) == (
            trial["candidacy"],
            trial["counts"]["fail"],
            trial["counts"]["unknown"],
        )
    assert not Draft.objects.exists()


def test_texts_are_stored_once_per_hash(clinician: User) -> None:
    record(clinician)
    number = StoredText.objects.count()
    record(clinician)
    assert StoredText.objects.count() == number == len(installed_content().protocols) + 1


def test_double_submit_records_once(signed_in: Client, clinician: User) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "chart", sex="female")
    posted = record_of(signed_in, draft)
    first = signed_in.post(address(draft, "record"), posted)
    second = signed_in.post(address(draft, "record"), posted)
    assert first["Location"] == second["Location"] == Screening.objects.get().get_absolute_url()
    assert Verdict.objects.count() == len(installed_content().protocols)


def test_two_recordings_at_the_same_moment_are_one(clinician: User) -> None:
    draft = filled(clinician)
    same = Draft.objects.get()
    content = installed_content()
    first = actions.record_screening(draft, by=clinician, at=AT, token=draft.pk, content=content)
    second = actions.record_screening(same, by=clinician, at=AT, token=draft.pk, content=content)
    assert first == second
    assert Screening.objects.count() == 1


def test_form_that_changed_meanwhile_is_not_recorded(clinician: User) -> None:
    draft = filled(clinician)
    Draft.objects.update(updated_at=AT + timedelta(hours=1))
    with pytest.raises(actions.DraftChanged):
        actions.record_screening(draft, by=clinician, at=AT, token=draft.pk, content=installed_content())
    assert not Screening.objects.exists()
    assert not StoredText.objects.exists()
    assert Draft.objects.count() == 1


def test_what_was_reviewed_is_what_is_recorded(signed_in: Client) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "chart", sex="female")
    posted = record_of(signed_in, draft)
    fill(signed_in, draft, "chart", sex="male")
    response = signed_in.post(address(draft, "record"), posted, follow=True)
    assert "The answers changed after this review was opened" in words_of(response)
    assert not Screening.objects.exists()
    for nonsense in ({}, {"version": ""}, {"version": "x" * 5000}):
        assert signed_in.post(address(draft, "record"), nonsense).status_code == 302
    assert not Screening.objects.exists()


def test_nothing_is_recorded_while_something_is_to_be_mended(signed_in: Client) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "chart", sex="female", creatinine="97", creatinine__unit="mg_dl")
    fill(signed_in, draft, "events", event__0__assistance="yes")
    page = signed_in.get(address(draft, "review"))
    assert "Record pre-screen" not in words_of(page)
    assert "Not recorded yet: 2 answers to mend" in words_of(page)
    assert f'href="{address(draft, "chart")}#creatinine"' in page.content.decode()
    assert f'href="{address(draft, "events")}#event-0-on"' in page.content.decode()
    assert signed_in.post(address(draft, "record"), record_of(signed_in, draft)).status_code == 422
    assert not Screening.objects.exists()


@pytest.mark.parametrize("page", ["", "chart", "events", "all", "review", "discard"])
def test_the_way_back_to_a_recorded_form_leads_to_the_pre_screen(
    signed_in: Client, clinician: User, page: str
) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "chart", sex="female")
    recorded = signed_in.post(address(draft, "record"), record_of(signed_in, draft))["Location"]
    assert signed_in.get(address(draft, page))["Location"] == recorded
    assert signed_in.get(recorded).status_code == 200
    elsewhere = address(draft, page).replace(draft.participant.reference, "STA-7K2M-4")
    assert signed_in.get(elsewhere).status_code == 404
    for stranger in (make_user(), make_user(site=make_site("riverside"))):
        signed_in.force_login(stranger)
        assert signed_in.get(address(draft, page)).status_code == 404


@pytest.mark.parametrize("page", ["chart", "panel"])
def test_what_is_typed_into_a_recorded_form_is_not_lost_without_a_word(signed_in: Client, page: str) -> None:
    draft = begin(signed_in)
    fill(signed_in, draft, "chart", sex="female")
    typed = {**inputs(signed_in.get(address(draft, "chart"))), "hba1c": "7.8"}
    recorded = signed_in.post(address(draft, "record"), record_of(signed_in, draft))["Location"]
    answer = signed_in.post(address(draft, page), typed, headers={"hx-request": "true"})
    assert answer["HX-Redirect"] == recorded
    assert signed_in.post(address(draft, page), typed)["Location"] == recorded
    assert "what was typed into the form since is not kept" in words_of(signed_in.get(recorded))


def test_an_empty_form_is_not_recorded(signed_in: Client) -> None:
    draft = begin(signed_in)
    assert "Nothing is answered yet" in words_of(signed_in.get(address(draft, "review")))
    assert signed_in.post(address(draft, "record"), record_of(signed_in, draft)).status_code == 422


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ("3 Nov 2025", ""),
        ("today", ""),
        ("Nov 2025", "Enter the day of the pre-screen"),
        ("1 Jan 2100", "Enter a day up to today"),
        ("5/6/2025", "Enter the month in letters"),
        ("", "Enter the day of the pre-screen"),
        ("٣", "Enter the day of the pre-screen"),
        ("2025-02-30", "Enter the day of the pre-screen"),
        ("Nov 2025 to Dec 2025", "Enter the day of the pre-screen"),
    ],
)
def test_day_of_the_pre_screen_can_be_put_right(signed_in: Client, typed: str, wrong: str) -> None:
    draft = begin(signed_in)
    response = signed_in.post(address(draft, "review"), {"as_of": typed})
    assert response.status_code == (422 if wrong else 302)
    if wrong:
        assert wrong in words_of(response)
    draft.refresh_from_db()
    assert (draft.as_of == date(2025, 11, 3)) == (typed == "3 Nov 2025")


# --- Corrections


def test_correction_starts_from_the_old_answers_and_replaces_it(signed_in: Client, clinician: User) -> None:
    old = record(clinician)
    response = signed_in.post(f"{old.get_absolute_url()}correct/")
    draft = Draft.objects.get()
    assert response["Location"] == address(draft)
    assert draft.as_of == old.as_of
    assert draft.participant == old.participant
    assert "Correction of the pre-screen" in words_of(signed_in.get(address(draft, "chart")))
    fill(signed_in, draft, "blood", blood_group="O")
    posted = record_of(signed_in, draft)
    assert "Why is it corrected?" in words_of(signed_in.get(address(draft, "review")))
    for missing in ("", "  \t"):
        refused = signed_in.post(address(draft, "record"), {**posted, "reason": missing})
        assert refused.status_code == 422
        assert "Enter why it is corrected, like: HbA1c typed in the wrong unit" in words_of(refused)
    assert not Screening.objects.filter(supersedes=old).exists()
    response = signed_in.post(address(draft, "record"), {**posted, "reason": "Read from the wrong card"})
    new = Screening.objects.get(supersedes=old)
    assert new.correction_reason == "Read from the wrong card"
    assert response["Location"] == new.get_absolute_url()
    old.refresh_from_db()
    assert old.replacement == new
    assert new.told["facts"].keys() == old.told["facts"].keys()
    assert new.told["facts"] == {**new.told["facts"], "birth_date": "1983-05-01", "blood_group": "O"}
    assert Screening.objects.standing().get() == new


def test_review_of_a_correction_shows_what_it_changes(signed_in: Client, clinician: User) -> None:
    old = record(clinician, payload(gold_score=5, hiv=None))
    signed_in.post(f"{old.get_absolute_url()}correct/")
    draft = Draft.objects.get()
    assert "Changed Nothing yet" in words_of(signed_in.get(address(draft, "review")))
    fill(signed_in, draft, "person", gold_score="3")
    fill(signed_in, draft, "infections", hiv="no")
    fill(signed_in, draft, "events", event__0__treated="no", events__complete="yes", events__since="2024")
    text = words_of(signed_in.get(address(draft, "review")))
    changed = text[text.index("Changed") : text.index("Day of the pre-screen")]
    assert "Gold score 5 → changed to 3 " in changed
    assert "HIV not asked → changed to No " in changed
    assert "did not come round promptly" in changed
    assert "taken out" in changed
    assert "Severe events, complete" in changed
    assert "HbA1c" not in changed
    assert "Changed" not in words_of(signed_in.get(address(begin(signed_in), "review")))


def test_a_pre_screen_is_replaced_once(signed_in: Client, clinician: User) -> None:
    old = record(clinician)
    other = begun_by(clinician, supersedes=old, typed={"sex": "male"})
    other.participant = old.participant
    record(clinician, payload(sex="male"), replaces=old)
    with pytest.raises(actions.AlreadyCorrected):
        actions.supersede(old, by=clinician, at=AT, catalogue=installed_content().catalogue)
    with pytest.raises(actions.AlreadyCorrected):
        actions.record_screening(
            other, by=clinician, at=AT, token=other.pk, content=installed_content(), reason="Typed wrong"
        )
    response = signed_in.post(f"{old.get_absolute_url()}correct/", follow=True)
    assert "This pre-screen has been replaced" in words_of(response)


def test_second_click_on_edit_finds_the_same_form(signed_in: Client, clinician: User) -> None:
    old = record(clinician)
    addresses = {signed_in.post(f"{old.get_absolute_url()}correct/")["Location"] for _ in range(2)}
    assert len(addresses) == 1


def test_pre_screen_of_another_site_is_not_corrected(client: Client, clinician: User) -> None:
    old = record(clinician)
    client.force_login(make_user(site=make_site("riverside")))
    assert client.post(f"{old.get_absolute_url()}correct/").status_code == 404
    assert not Draft.objects.exists()


# --- Append-only


@pytest.mark.parametrize("model", [Screening, Verdict, StoredText])
def test_models_refuse_to_change_or_remove_a_row(clinician: User, model: Any) -> None:
    record(clinician)
    row = model.objects.first()
    for attempt in (
        row.save,
        row.delete,
        model.objects.all().delete,
        lambda: model.objects.update(pk=row.pk),
        lambda: model.objects.bulk_update([row], ["pk"]),
    ):
        with pytest.raises(AppendOnlyError):
            attempt()


@pytest.mark.parametrize("table", ["screening_screening", "screening_verdict", "screening_storedtext"])
@pytest.mark.parametrize("statement", ["UPDATE {table} SET {column} = {column}", "DELETE FROM {table}"])
def test_database_refuses_to_change_or_remove_a_row(clinician: User, table: str, statement: str) -> None:
    record(clinician)
    column = "sha256" if table.endswith("storedtext") else "id"
    with (
        pytest.raises(IntegrityError, match=f"{table} is append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table=table, column=column))


def test_rows_that_contradict_themselves_are_refused(clinician: User) -> None:
    screening = record(clinician)
    first = screening.verdicts.first()
    assert first is not None
    base = {
        "screening": screening,
        "protocol": "another",
        "title": "Another",
        "protocol_text": first.protocol_text,
        "fail_count": 0,
        "unknown_count": 0,
        "caution_count": 0,
    }
    for wrong in (
        {"candidacy": "likely", "unknown_count": 1},
        {"candidacy": "possible", "fail_count": 1},
        {"candidacy": "unlikely"},
        {"candidacy": "not_yet", "fail_count": 1},
        {"candidacy": "likely", "not_before": date(2027, 1, 1)},
        {"candidacy": "eligible"},
        {"candidacy": "likely", "protocol": first.protocol},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Verdict.objects.create(**{**base, **wrong})


# --- Logs


CLOCKS = {"created", "msecs", "relativeCreated", "process", "thread"}
"""What Python counts for each record: digits that may spell any short number by chance."""


def test_no_answer_reaches_the_log(
    signed_in: Client, clinician: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    canaries = {"hba1c": "9.87", "birth_date": "1949-07-31", "creatinine": "0.777777"}
    draft = begin(signed_in)
    fill(signed_in, draft, "chart", "next", section__chart__on="13 Oct 2026", **canaries)
    fill(signed_in, draft, "events", event__0__on="17 Feb 2026", event__0__glucose="37.31")
    fill(signed_in, draft, "chart", "next", hba1c="canary-text")
    signed_in.post(
        address(draft, "panel"), {**inputs(signed_in.get(address(draft, "chart"))), "hba1c": "9.87"}
    )
    signed_in.get(address(draft, "review"))
    signed_in.post(address(draft, "record"), record_of(signed_in, draft))
    recorded = Screening.objects.get()
    signed_in.get(recorded.get_absolute_url())
    signed_in.post(f"{recorded.get_absolute_url()}correct/")
    own = [one for one in caplog.records if not one.name.startswith("django.db")]
    told = "\n".join(str({name: of for name, of in vars(one).items() if name not in CLOCKS}) for one in own)
    assert "screening recorded" in told
    for text in (*canaries.values(), "canary-text", "2026-10-13", "13 Oct", "17 Feb", "2026-02-17", "37.31"):
        assert text not in told
    assert timezone.now() > recorded.recorded_at
