"""A signature is given with the password or a code, in the form that is signed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from allauth.core import context
from django import forms
from django.core.cache import cache
from django.http import HttpRequest
from django.test import RequestFactory

from screening.access import signed_in_recently
from screening.forms.signing import SigningForm
from screening.models.people import User
from tests.factories import PASSWORD, make_user
from tests.platform.authenticators import code_of, give_app, half_sign_in

pytestmark = pytest.mark.django_db


class Approval(SigningForm):
    """What somebody might sign."""

    reason = forms.CharField(error_messages={"required": "Enter a reason"})


@pytest.fixture(autouse=True)
def request_of_the_signer(rf: RequestFactory) -> Iterator[HttpRequest]:
    request = rf.post("/")
    request.session = {}  # type: ignore[assignment]
    with context.request_context(request):
        yield request


@pytest.fixture
def signer() -> User:
    return make_user()


def signed(signer: User, proof: str, reason: str = "All criteria met") -> Approval:
    return Approval({"reason": reason, "proof": proof}, signer=signer)


def test_password_signs_and_is_kept_nowhere(signer: User) -> None:
    form = signed(signer, PASSWORD)
    assert form.is_valid()
    assert form.cleaned_data == {"reason": "All criteria met"}
    assert PASSWORD not in form.as_p()


@pytest.mark.parametrize("proof", ["", "not the right password", "000000", PASSWORD + " ", PASSWORD.upper()])
def test_anything_else_does_not_sign(proof: str, signer: User) -> None:
    """Seen to fail with the proof taken as given where the rest of the form was in order."""
    form = signed(signer, proof)
    assert not form.is_valid()
    assert list(form.errors) == ["proof"]
    assert form.errors["proof"][0].startswith("Enter your password")


def test_password_of_somebody_else_does_not_sign(signer: User) -> None:
    other = make_user()
    other.set_password("another long password for tests")
    other.save()
    assert not signed(other, PASSWORD).is_valid()


def test_code_of_the_app_signs_once(signer: User) -> None:
    """Seen to fail with no memory of codes, ours or allauth's: who read one over a shoulder signs again."""
    give_app(signer)
    code = code_of()
    assert signed(signer, f"{code[:3]} {code[3:]}").is_valid()
    assert not signed(signer, code).is_valid()
    assert signed(signer, PASSWORD).is_valid()


def test_code_is_asked_for_where_there_is_an_app(signer: User) -> None:
    assert Approval(signer=signer).fields["proof"].label == "Your password"
    give_app(signer)
    assert Approval(signer=signer).fields["proof"].label == "Your password, or a code of your app"


def test_form_that_comes_back_spends_no_code(signer: User) -> None:
    """Seen to fail with the proof verified as a field, before the rest of the form is read."""
    give_app(signer)
    code = code_of()
    assert list(signed(signer, code, reason="").errors) == ["reason"]
    assert signed(signer, code).is_valid()


@pytest.mark.parametrize("with_app", [True, False])
def test_guessing_in_the_form_is_blocked_within_ten_tries(with_app: bool, signer: User) -> None:
    """T06. Seen to fail with the password checked by the account itself, past the limit."""
    if with_app:
        give_app(signer)
    wrong = "{:06}" if with_app else "wrong password {}"
    answers = [signed(signer, wrong.format(number)).errors["proof"][0] for number in range(10)]
    assert "too many tries" in answers[-1]
    assert "too many tries" in signed(signer, code_of() if with_app else PASSWORD).errors["proof"][0]
    cache.clear()
    assert signed(signer, PASSWORD).is_valid()


def test_proof_is_the_last_field(signer: User) -> None:
    assert list(Approval(signer=signer).fields) == ["reason", "proof"]


def test_proof_is_recent_for_five_minutes(client: Any, signer: User, rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = signer
    half_sign_in(client, signer)
    request.session = session = client.session
    assert signed_in_recently(request)
    session["account_authentication_methods"][-1]["at"] -= 5 * 60
    assert not signed_in_recently(request)
    request.user = make_user()
    assert not signed_in_recently(request)
