"""The nightly run: who stands elsewhere than at the latest pre-screen, why, and what it keeps."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from screening import actions
from screening.models import (
    AuditEvent,
    CandidacyChange,
    Draft,
    RescreeningRun,
    Screening,
    User,
    Verdict,
)
from screening.rules.candidacy import Candidacy
from tests.web.recorded import payload, record

pytestmark = pytest.mark.django_db
LATER = date(2027, 1, 15)


def ran(as_of: date, **options: Any) -> str:
    out = StringIO()
    call_command("rescreen", as_of=as_of, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def lapsing(clinician: User) -> tuple[Screening, Verdict]:
    """A pre-screen with a candidacy that ends by time."""
    screening = record(clinician)
    verdict = screening.verdicts.filter(
        candidacy__in=["likely", "possible"], lapses_on__isnull=False
    ).earliest("lapses_on")
    return screening, verdict


def test_a_change_by_time_is_listed_on_its_day_and_not_before(lapsing: tuple[Screening, Verdict]) -> None:
    screening, verdict = lapsing
    assert verdict.lapses_on is not None
    for day, is_there in ((verdict.lapses_on - timedelta(days=1), False), (verdict.lapses_on, True)):
        found = json.loads(ran(day, format="json"))
        causes = [
            reason["cause"]
            for change in found["changes"]
            if change["trial"] == verdict.protocol
            for reason in change["reasons"]
        ]
        assert ("time" in causes) is is_there
        assert found["people"] == 1
    assert {change["reference"] for change in found["changes"]} == {screening.participant.reference}


def test_nothing_that_tells_a_person_leaves_with_the_list(clinician: User) -> None:
    told = payload(birth_date="2009-02-03", diagnosis_date="2018")
    screening = record(clinician, told)
    text, said = ran(date(2027, 2, 3)), ran(date(2027, 2, 3), format="json")
    assert screening.participant.reference in text
    assert "by time (I1, day withheld: it hangs on the birth date)" in text
    for form in (text, said):
        assert "3 Feb 2027:" in form or '"as_of": "2027-02-03"' in form
        assert not re.search(r"2009|since 3 Feb|7\.8|\"since\": \"2027-02-03\"", form)


def test_what_went_stale_stands_apart_from_time(clinician: User) -> None:
    record(clinician)
    found = json.loads(ran(date(2027, 6, 1), format="json"))["changes"]
    stale = [reason for change in found for reason in change["reasons"] if reason["cause"] == "stale"]
    assert stale
    assert all(reason["facts"] and reason["since"] for reason in stale)


def test_a_new_text_of_a_protocol_is_a_reason_of_its_own(
    clinician: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    screening = record(clinician)
    before = screening.verdicts.filter(candidacy="unlikely").first()
    assert before is not None
    # What is recorded cannot be changed: it is read as if the former rules had said otherwise.
    monkeypatch.setattr(
        "screening.actions.rescreening._recorded", lambda _: {before.protocol: Candidacy.LIKELY}
    )
    text = ran(screening.as_of)
    assert f"{before.protocol}  likely -> unlikely on 20 Nov 2026: new protocol version\n" in text


def test_the_run_writes_nothing_to_clinical_records(clinician: User) -> None:
    record(clinician)
    before = [list(model.objects.values()) for model in (Screening, Verdict, Draft)]
    ran(LATER)
    assert [list(model.objects.values()) for model in (Screening, Verdict, Draft)] == before


def test_only_the_last_run_is_kept_and_the_trail_says_it_ran(clinician: User) -> None:
    record(clinician)
    ran(date(2027, 6, 1))
    ran(date(2026, 11, 20))
    run = RescreeningRun.objects.get()
    assert run.people == 1
    assert not CandidacyChange.objects.exists()
    events = AuditEvent.objects.filter(act="people.rescreened")
    assert [event.details["people"] for event in events] == [1, 1]
    assert events[0].details["changes"] > 0


def test_a_run_that_was_broken_off_shows_nothing_and_is_cleared_away(clinician: User) -> None:
    screening = record(clinician)
    broken = RescreeningRun.objects.create(began_at=timezone.now() - timedelta(days=2))
    CandidacyChange.objects.create(
        run=broken, screening=screening, protocol="zimislecel-forward", as_of=LATER,
        then="likely", now="possible", if_still_true="likely", reasons=[],
    )  # fmt: skip
    assert not CandidacyChange.objects.found_last().exists()
    ran(date(2026, 11, 20))
    assert not RescreeningRun.objects.filter(pk=broken.pk).exists()


def test_erased_people_are_left_out_and_what_was_found_goes_with_them(clinician: User) -> None:
    screening = record(clinician)
    ran(date(2027, 6, 1))
    assert CandidacyChange.objects.exists()
    actions.erase_identity(screening.participant, by=clinician, at=timezone.now())
    assert not CandidacyChange.objects.exists()
    assert "0 people evaluated, 0 changes" in ran(date(2027, 6, 1))


def test_corrected_and_later_pre_screens_are_left_out(clinician: User) -> None:
    first = record(clinician)
    record(clinician, payload(gold_score=None), replaces=first)
    assert "1 person evaluated" in ran(date(2026, 11, 21))
    assert "0 people evaluated" in ran(date(2026, 11, 19))


@pytest.mark.parametrize("text", ["tomorrow", "2026-12", "2026-02-30", ""])
def test_a_day_that_is_none_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(CommandError, match="write the day in full, like 2026-12-01"):
        call_command("rescreen", "--as-of", text)
