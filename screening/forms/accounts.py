"""Signing in, changing a password, proving again who one is: allauth's forms in this product's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.forms import ChangePasswordForm as AllauthChangePasswordForm
from allauth.account.forms import LoginForm as AllauthLoginForm
from allauth.account.forms import ReauthenticateForm as AllauthReauthenticateForm
from django import forms
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def word(field: forms.Field, label: StrOrPromise, deed: StrOrPromise) -> None:
    """Give `field` its label and the deed that mends it when it is left empty."""
    field.label = label
    field.error_messages["required"] = deed
    field.widget.attrs.pop("placeholder", None)
    field.widget.attrs["class"] = "form-control"


class FocusOnFirstError(forms.BaseForm):
    """The page opens with the field to mend, or else the first one, in focus."""

    mend_first = ""
    """The field to mend when the error is about the form as a whole."""

    def full_clean(self) -> None:
        super().full_clean()
        wrong = [name for name in self.fields if name in self.errors]
        whole = [self.mend_first] if self.non_field_errors() else []
        name = [*wrong, *whole, *self.fields][0]
        self.fields[name].widget.attrs["autofocus"] = True


class SignInForm(FocusOnFirstError, AllauthLoginForm):
    """Email address and password."""

    mend_first = "password"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        example = _("Enter your email address, like name@hospital.org")
        word(self.fields["login"], _("Email address"), example)
        self.fields["login"].error_messages["invalid"] = example
        self.fields["login"].widget.attrs["autocomplete"] = "username"
        word(self.fields["password"], _("Password"), _("Enter your password"))
        self.use_required_attribute = False


class ChangePasswordForm(FocusOnFirstError, AllauthChangePasswordForm):
    """The present password, and the new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        word(self.fields["oldpassword"], _("Present password"), _("Enter your present password"))
        word(self.fields["password1"], _("New password"), _("Enter a new password of 15 characters or more"))
        word(self.fields["password2"], _("New password again"), _("Enter the new password a second time"))
        self.fields["password1"].help_text = _(
            "15 characters or more. A few unrelated words are easy to remember and hard to guess."
        )
        self.use_required_attribute = False


class ConfirmByPasswordForm(FocusOnFirstError, AllauthReauthenticateForm):
    """The password once more, on a page of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        word(self.fields["password"], _("Password"), _("Enter your password"))
        self.use_required_attribute = False
