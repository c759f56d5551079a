"""How allauth behaves here: accounts are made by an administrator, second factors are sealed."""

from __future__ import annotations

import base64
import logging

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from screening.access import signed_in_recently
from screening.models.people import User

logger = logging.getLogger("screening.accounts")


class ClosedAccountAdapter(DefaultAccountAdapter):
    """No self sign-up, a new session id at every step of signing in, and messages that say what to do."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": gettext_lazy(
            "Check the email address and the password: one of them is wrong"
        ),
        "too_many_login_attempts": gettext_lazy("Wait 5 minutes, then try again: there were too many tries"),
        "rate_limited": gettext_lazy("Wait 5 minutes, then try again: there were too many tries"),
        "enter_current_password": gettext_lazy("Enter your present password: this is not it"),
        "incorrect_password": gettext_lazy("Enter your password: this is not it"),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return "/"

    def pre_login(self, request: HttpRequest, user: User, **about: object) -> HttpResponse | None:
        """After the first factor, before the second: whoever knew the id of the session knows it no more."""
        response = super().pre_login(request, user, **about)
        request.session.cycle_key()
        return response

    def login(self, request: HttpRequest, user: User) -> None:
        """After the last factor. Django keeps the id where the same person signs in once more."""
        before = request.session.session_key
        super().login(request, user)
        if request.session.session_key == before:
            request.session.cycle_key()

    def is_reauthentication_required(self, *, app: str, **about: object) -> bool:
        return not signed_in_recently(context.request)


class SealedSecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps and recovery codes, sealed with a key that is not in the database."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy(
            "Enter the code that is shown now: this is not it, or it was used before"
        ),
        "cannot_delete_authenticator": gettext_lazy("Add another second factor first: one is required here"),
    }

    def encrypt(self, text: str) -> str:
        return _sealing().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret.

        Raises:
            ValidationError: it was sealed with another key. Nothing else is returned in its place: a code
                can be worked out for any secret, the empty one included.
        """
        try:
            return _sealing().decrypt(encrypted_text).decode()
        except InvalidToken:
            logger.error("second factor cannot be opened with ISLETSCREEN_SECRET_KEY")
            raise ValidationError(_("Ask your administrator to reset your second factor")) from None

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        others = Authenticator.objects.filter(user=authenticator.user).exclude(pk=authenticator.pk)
        types = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
        return not settings.REQUIRE_SECOND_FACTOR or others.filter(type__in=types).exists()

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        return f"Passkey {Authenticator.objects.filter(user=user, type=type).count() + 1}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return super().get_public_key_credential_rp_entity() | {"name": settings.MFA_TOTP_ISSUER}


def _sealing() -> MultiFernet:
    """Return what seals with the present secret key, and opens what a former one sealed."""
    return MultiFernet([_fernet(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _fernet(secret: str) -> Fernet:
    derived = HKDF(SHA256(), length=32, salt=None, info=b"isletscreen second factor").derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
