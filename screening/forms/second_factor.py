"""Codes and passkeys: allauth's forms in this product's words, closed to hostile input."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from screening.forms.accounts import FocusOnFirstError, word

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LONGEST_CODE = 32
SHOWN_FOR = 30 * (1 + 2 * settings.MFA_TOTP_TOLERANCE)
"""Seconds in which one code of an app is accepted: its own half minute, and those before and after."""
LONGEST_CREDENTIAL = 65536
LONGEST_NAME = 40
NAME_DEED = gettext_lazy("Enter a name, like “phone”")
PASSKEY_REFUSED = gettext_lazy("Try again with a passkey of this account: this one was not accepted")


class CodeField(FocusOnFirstError):
    """One field for a code."""

    help_text: StrOrPromise = ""
    deed: StrOrPromise = gettext_lazy("Enter the 6 digits that your app shows, like 492 039")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        word(self.fields["code"], _("Code"), self.deed)
        self.fields["code"].help_text = self.help_text
        self.fields["code"].validators.append(_short_enough)
        self.fields["code"].widget.attrs["inputmode"] = "numeric"
        self.use_required_attribute = False


def _short_enough(code: str) -> None:
    if len(code) > LONGEST_CODE:
        raise get_adapter().validation_error("incorrect_code")


class CodeOnce(CodeField, BaseAuthenticateForm):
    """A code counts once, for as long as an app may show it; allauth remembers it for one period alone."""

    def clean_code(self) -> str:
        typed = "".join(filter(str.isdigit, self.cleaned_data["code"]))
        digest = hashlib.sha256(f"{self.user.pk}:{typed}".encode()).hexdigest()
        used = f"second-factor-code-used:{digest}"
        if cache.get(used):
            raise get_adapter().validation_error("incorrect_code")
        code: str = super().clean_code()
        cache.set(used, True, SHOWN_FOR)
        return code


class SecondStepForm(CodeOnce, AuthenticateForm):
    """After the password: a code of the app, or a recovery code."""

    help_text = gettext_lazy("6 digits from your authenticator app, or one of your recovery codes.")
    deed = gettext_lazy("Enter the 6 digits that your app shows, like 492 039, or a recovery code")


class ConfirmByCodeForm(CodeOnce, ReauthenticateForm):
    """Proving again who one is, by a code of the app or a recovery code."""

    help_text = SecondStepForm.help_text
    deed = SecondStepForm.deed


class SetUpAppForm(CodeField, ActivateTOTPForm):
    """The first code of a new app: it shows that the secret arrived."""

    def full_clean(self) -> None:
        super().full_clean()
        if not self.is_bound:
            # The square to be read comes first; a field in focus would scroll it away on a phone.
            del self.fields["code"].widget.attrs["autofocus"]


class CredentialField(forms.Field):
    """What the browser sends of a passkey: JSON, which may as well come from somebody else."""

    widget = forms.HiddenInput
    default_error_messages = {"required": PASSKEY_REFUSED, "invalid": PASSKEY_REFUSED}

    def to_python(self, value: Any) -> dict[str, Any] | None:
        if value in self.empty_values:
            return None
        try:
            read = json.loads(value) if len(value) <= LONGEST_CREDENTIAL else None
        except (ValueError, RecursionError):
            read = None
        if not isinstance(read, dict):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return read


class PasskeyForm(forms.BaseForm):
    """A passkey's answer, or a refusal in words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"] = CredentialField()


def refusing(read: Callable[[], Any]) -> Any:
    """Return what `read` returns of a credential.

    The bytes in it may come from anybody, and whatever the libraries raise that read them is a refusal.
    """
    try:
        return read()
    except DatabaseError:
        raise
    except ValidationError as refused:
        if getattr(refused, "code", "") == "too_many_login_attempts":
            raise
        raise ValidationError(PASSKEY_REFUSED, code="incorrect_code") from refused
    except Exception as unreadable:
        raise ValidationError(PASSKEY_REFUSED, code="incorrect_code") from unreadable


class AddPasskeyForm(PasskeyForm, AddWebAuthnForm):
    """A new passkey and what it is called."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        word(self.fields["name"], _("Name"), NAME_DEED)
        self.fields["name"].help_text = _("To tell your passkeys apart, like “phone” or “key on my ring”.")
        _limit(self.fields["name"])
        passwordless = self.fields["passwordless"]
        passwordless.label = _("Sign in with it alone, without the password")
        passwordless.help_text = _("It then asks for a fingerprint, a face or a PIN each time.")
        passwordless.widget.attrs["class"] = "form-check-input"

    def clean(self) -> dict[str, Any]:
        checked: dict[str, Any] = refusing(super().clean)
        return checked


class RenamePasskeyForm(FocusOnFirstError, EditWebAuthnForm):
    """Another name for a passkey."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        word(self.fields["name"], _("Name"), NAME_DEED)
        _limit(self.fields["name"])
        self.use_required_attribute = False


def _limit(name: forms.Field) -> None:
    name.widget.attrs["maxlength"] = LONGEST_NAME
    name.validators.append(
        MaxLengthValidator(
            LONGEST_NAME,
            _("Enter a name of {longest} characters or fewer, like “phone”").format(longest=LONGEST_NAME),
        )
    )


class SecondStepPasskeyForm(PasskeyForm, AuthenticateWebAuthnForm):
    """After the password: a passkey."""

    def clean_credential(self) -> Authenticator:
        return refusing(super().clean_credential)


class SignInPasskeyForm(PasskeyForm, LoginWebAuthnForm):
    """A passkey instead of address and password."""

    def clean_credential(self) -> Authenticator:
        return refusing(super().clean_credential)


class ConfirmByPasskeyForm(PasskeyForm, ReauthenticateWebAuthnForm):
    """Proving again who one is, by a passkey."""

    def clean_credential(self) -> Authenticator:
        return refusing(super().clean_credential)
