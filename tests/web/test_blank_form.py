"""The blank form: every question of the catalogue, in order, about nobody, for a printer."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from screening.content import installed_content
from screening.forms.events import CAUSE_CHOICES, RECORD_CHOICES, TELLER_CHOICES
from screening.forms.paper import PaperQuestion, paper_form
from screening.interop.typed import HAPPENED, LEADS
from screening.models import AuditEvent, Draft, Participant
from screening.models.people import Role
from screening.rules.facts import Fact
from tests.factories import make_user
from tests.web.pages import one_line, words_of

pytestmark = pytest.mark.django_db

ASKED = [fact for section in installed_content().catalogue.sections for fact in section.facts if fact.asked]
ON_PAPER = {
    question.question: question
    for stage in paper_form(installed_content().catalogue)
    for question in stage.questions
}


@pytest.fixture
def said(client: Client) -> str:
    client.force_login(make_user(Role.CLINICIAN))
    return words_of(client.get(reverse("blank_form")))


def test_every_question_is_there_in_the_order_of_the_form(said: str) -> None:
    """Seen to fail with the questions that have a gate left out of the paper."""
    places = [said.find(one_line(fact.question)) for fact in ASKED]
    assert [fact.name for fact, place in zip(ASKED, places, strict=True) if place < 0] == []
    headings = [
        said.find(one_line(f"{stage.title} {stage.about}"))
        for stage in paper_form(installed_content().catalogue)
    ]
    assert headings == sorted(headings)
    assert min(headings) > 0


@pytest.mark.parametrize("fact", ASKED, ids=lambda fact: fact.name)
def test_every_answer_has_its_room(fact: Fact) -> None:
    """Units, choices, a line for the number and one for the day. Seen to fail without the day."""
    question = ON_PAPER[fact.question]
    assert question.help == fact.help
    assert bool(question.only_if) == (fact.gate is not None)
    assert bool(question.dated) == fact.ages
    assert question.writes == (fact.kind in ("quantity", "count", "score", "date"))
    assert set(fact.choices.values()) <= {*question.boxes, *question.parts}
    assert set(fact.units.values()) <= {*question.boxes, question.after_line}
    assert "Not known" in question.boxes or question.parts


def test_severe_events_have_rows_and_every_answer(said: str) -> None:
    labels = [
        label for choices in (CAUSE_CHOICES, RECORD_CHOICES, TELLER_CHOICES) for key, label in choices if key
    ]
    assert [text for text in (*labels, *HAPPENED.values(), *LEADS.values()) if text not in said] == []
    assert said.count("Someone else had to treat it") == 6


def test_paper_asks_in_the_words_of_the_page(client: Client) -> None:
    """The severe events alone are worded in a template of their own. Seen to fail with a word changed."""
    client.force_login(make_user(Role.CLINICIAN))
    paper = words_of(client.get(reverse("blank_form")))
    form = client.post(reverse("new_pre_screen"), {}, follow=True)
    page = words_of(client.get(form.redirect_chain[-1][0].replace("chart", "events")))
    for words in (
        "In the past 12 months, how often did someone else have to treat a low?",
        "Help that was merely handy does not count. Ask whoever lives with the person.",
        "Someone else had to treat it",
        "Came round promptly after sugar, glucagon or IV glucose",
        "I asked: these are all",
        "more like these in the past 12 months",
    ):
        assert words in page
        assert words in paper


def test_opening_the_blank_form_begins_nothing(client: Client) -> None:
    """Seen to fail with a draft begun by the view."""
    client.force_login(make_user(Role.CLINICIAN))
    events = AuditEvent.objects.count()
    assert client.get(reverse("blank_form")).status_code == 200
    assert not Draft.objects.exists()
    assert not Participant.objects.exists()
    assert AuditEvent.objects.count() == events


def test_new_pre_screen_leads_to_the_blank_form(client: Client) -> None:
    client.force_login(make_user(Role.CLINICIAN))
    assert f'href="{reverse("blank_form")}"' in client.get(reverse("new_pre_screen")).content.decode()


def test_choices_of_several_things_are_ticked_one_by_one() -> None:
    several = [ON_PAPER[fact.question] for fact in ASKED if fact.kind == "choices"]
    assert several
    assert all(isinstance(question, PaperQuestion) and question.parts for question in several)
