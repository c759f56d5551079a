"""The protocol pages say what each file says, with where it was read."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from screening.content import installed_content
from screening.models.people import Role
from screening.rules.content import PROTOCOLS
from tests.factories import make_user
from tests.web.pages import one_line, words_of

pytestmark = pytest.mark.django_db
PROTOCOL_IDS = sorted(path.stem for path in PROTOCOLS.glob("*.toml"))


@pytest.fixture
def signed_in(client: Client) -> Client:
    client.force_login(make_user(Role.COORDINATOR))
    return client


def test_every_protocol_is_listed_with_its_status(signed_in: Client) -> None:
    page = signed_in.get(reverse("library"))
    said = words_of(page)
    for protocol in installed_content().protocols:
        assert one_line(protocol.title) in said
        assert reverse("protocol", args=[protocol.id]) in page.content.decode()
        assert protocol.recruitment.status[1:] in said


@pytest.mark.parametrize("protocol_id", PROTOCOL_IDS)
def test_page_says_all_that_the_file_says(signed_in: Client, protocol_id: str) -> None:
    protocol = installed_content().by_id[protocol_id]
    said = words_of(signed_in.get(reverse("protocol", args=[protocol_id])))
    expected = [protocol.title, protocol.therapy, protocol.recruitment.note, protocol.sha256[:12]]
    for criterion in (*protocol.criteria, *protocol.limitations, *protocol.steps):
        expected += [criterion.text, criterion.rule, criterion.advisory, criterion.unclear_because]
        expected += criterion.notes
    for source in protocol.sources.values():
        expected.append(source.title)
    expected += [item.text for item in (*protocol.confirm, *protocol.gaps, *protocol.safety)]
    for name in protocol.cautions:
        expected += [caution.text for caution in installed_content().cautions[name].criteria]
    assert [text for text in expected if one_line(text) not in said] == []


def test_criterion_that_does_not_decide_says_so(signed_in: Client) -> None:
    said = words_of(signed_in.get(reverse("protocol", args=["zimislecel-forward"])))
    assert "I6 Blood group A or AB Does not decide" in said
    assert "I1 Age 18 to 65 years Age 18 to 65" in said
    assert "Grade M Not seen in any source: it never decides" in said


def test_a_label_is_indicated_for_and_not_taken_part_in(signed_in: Client) -> None:
    said = words_of(signed_in.get(reverse("protocol", args=["donislecel-label"])))
    assert "Indicated for" in said
    assert "take part" not in said


def test_what_was_seen_in_no_source_was_read_on_no_day(signed_in: Client) -> None:
    said = words_of(signed_in.get(reverse("protocol", args=["zimislecel-forward"])))
    assert "not seen in any source: confirm with the site" in said
    assert "confirm with the site, read" not in said


def test_rule_is_told_in_words_beside_its_text(signed_in: Client) -> None:
    said = words_of(signed_in.get(reverse("protocol", args=["zimislecel-forward"])))
    assert "Clarke score 4 or more, or Gold score 4 or more" in said
    assert "clarke_score >= 4 OR gold_score >= 4" in said


def test_protocol_that_is_not_loaded_is_not_found(signed_in: Client) -> None:
    assert signed_in.get(reverse("protocol", args=["no-such-trial"])).status_code == 404


@pytest.mark.parametrize("address", ["/protocols/", "/protocols/zimislecel-forward/"])
def test_protocols_are_for_people_who_are_signed_in(client: Client, address: str) -> None:
    assert client.get(address).status_code == 302
