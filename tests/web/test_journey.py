"""One person, from sign-in to the result, without a single script."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from screening.models import Screening, Site
from tests.factories import PASSWORD, make_user
from tests.web.forms import address, begin, fill
from tests.web.pages import words_of
from tests.web.test_form import record_of

pytestmark = pytest.mark.django_db


def test_a_clinician_answers_for_one_person_and_reads_the_result(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Site, "today", lambda self: date(2026, 11, 20))
    user = make_user()
    client.post("/account/sign-in/", {"login": user.email, "password": PASSWORD})
    assert "New pre-screen" in words_of(client.get("/"))
    draft = begin(client)
    fill(
        client,
        draft,
        "chart",
        "next",
        birth_date="1 May 1983",
        sex="female",
        diabetes_type="type_1",
        diagnosis_date="2004",
        insulin_start_date="2004",
        organ_transplant="no",
        islet_transplant="no",
        cell_therapy="no",
        section__chart__on="1 Oct 2026",
        hba1c="7.8",
        hba1c__unit="percent",
        c_peptide_stimulated="<0.05",
        c_peptide_stimulated__unit="ng_ml",
    )
    fill(
        client,
        draft,
        "events",
        "next",
        events__lead="2",
        event__0__quick="2025-12..2026-02",
        event__0__assistance="yes",
        event__0__symptoms=["confused"],
        event__0__treated="yes",
        event__0__cause="none_found",
        event__0__documented="recall",
        event__0__told_by="witness",
        event__1__on="4 Mar 2026",
        event__1__assistance="yes",
        event__1__symptoms=["could_not_be_woken"],
        event__1__glucose="41",
        event__1__glucose_unit="mg_dl",
        event__1__cause="none_found",
        event__1__documented="chart",
        events__complete="yes",
    )
    fill(client, draft, "person", "next", gold_score="5", clarke_score="?")
    fill(client, draft, "heart_liver_surgery", "next", steroid_need="no")
    fill(client, draft, "blood", "review", blood_group="A")
    review = words_of(client.get(address(draft, "review")))
    for said in (
        "HbA1c 7.8 % 1 Oct 2026",
        "Clarke score Not known",
        "Dec 2025 to Feb 2026 Someone else had to treat it; confused",
        "These are all since 20 Nov 2025",
        "Not asked: Kidney transplant",
    ):
        assert said in review
    response = client.post(address(draft, "record"), record_of(client, draft), follow=True)
    page = words_of(response)
    screening = Screening.objects.get()
    assert response.redirect_chain[-1][0] == screening.get_absolute_url()
    assert draft.participant.reference in page
    forward = next(trial for trial in screening.result["trials"] if trial["id"] == "zimislecel-forward")
    assert forward["candidacy"] == "likely", forward["why"]
    assert forward["lapses_on"] == "2026-12-02"
    assert "Likely candidate on the published key criteria" in page
    assert draft.participant.reference in words_of(client.get("/"))
