"""The signer's own proof, asked for in the form that is signed."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from screening.forms.accounts import word
from screening.forms.second_factor import ConfirmByCodeForm
from screening.models.people import User

PROOF = "proof"


class SigningForm(forms.Form):
    """Put it before the form of what is signed, and give it the signer: `ApproveForm(data, signer=user)`.

    The last field asks for the password or, of a signer who has an authenticator app, for a code of it. It
    is verified once everything else is in order, so that no code is spent on a form that comes back, and
    counts against the same limit as signing in. It is never shown again and never kept.
    """

    proof = forms.CharField(strip=False, widget=forms.PasswordInput)

    def __init__(self, *args: Any, signer: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.signer = signer
        self.has_app = Authenticator.objects.filter(user=signer, type=Authenticator.Type.TOTP).exists()
        field = self.fields[PROOF]
        if self.has_app:
            word(field, _("Your password, or a code of your app"), _("Enter your password or a code to sign"))
        else:
            word(field, _("Your password"), _("Enter your password to sign"))
        field.help_text = _("To sign: it stands for your signature.")
        field.widget.attrs["autocomplete"] = "current-password"
        self.order_fields([*(name for name in self.fields if name != PROOF), PROOF])

    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and not self.errors:
            try:
                self._verify(self.cleaned_data.pop(PROOF))
            except ValidationError as refused:
                self.add_error(PROOF, refused)

    def _verify(self, proof: str) -> None:
        if self.has_app and proof.replace(" ", "").isdecimal():
            by_code = ConfirmByCodeForm({"code": proof}, user=self.signer)
            if not by_code.is_valid():
                raise ValidationError(by_code.errors["code"][0])
        elif not get_adapter().reauthenticate(self.signer, proof):
            raise get_adapter().validation_error("incorrect_password")
