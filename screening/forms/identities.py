"""Who a person is: details that are sealed, and the word that erases them."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from screening.clinical.dates import read_date, say_day
from screening.interop.typed import written_date
from screening.models import Details, Participant

PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{3,30}(?: ?(?:x|ext\.?) ?[0-9]{1,6})?", re.ASCII)


class IdentityForm(forms.Form):
    """Name, record number and contact; all may stay blank."""

    name = forms.CharField(required=False, max_length=120, label=gettext_lazy("Name"))
    record_number = forms.CharField(
        required=False,
        max_length=40,
        label=gettext_lazy("Local record number"),
        help_text=gettext_lazy("As your own record system has it."),
    )
    birth_date = forms.CharField(required=False, max_length=40, label=gettext_lazy("Date of birth"))
    phone = forms.CharField(required=False, max_length=40, label=gettext_lazy("Phone"))
    email = forms.CharField(required=False, max_length=120, label=gettext_lazy("Email"))

    def __init__(self, *args: Any, participant: Participant, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.participant = participant
        self.taken_by = ""

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean_record_number(self) -> str:
        number = " ".join(self.cleaned_data["record_number"].split())
        if number and not any(sign.isalnum() for sign in number):
            raise ValidationError(_("Enter the record number with its letters and digits, like 0012345"))
        return number

    def clean_birth_date(self) -> str:
        text, today = self.cleaned_data["birth_date"].strip(), self.participant.site.today()
        if not text:
            return ""
        try:
            written = written_date(text, today)
            day = read_date(written) if isinstance(written, str) else None
        except ValueError as error:
            raise ValidationError(str(error)) from None
        if day is None or not day.exact:
            raise ValidationError(_("Enter the day of birth, like 1 May 1983"))
        if day.first > today:
            raise ValidationError(_("Enter a day up to today, {day}").format(day=say_day(today)))
        return day.first.isoformat()

    def clean_phone(self) -> str:
        phone: str = " ".join(self.cleaned_data["phone"].split())
        if phone and not PHONE.fullmatch(phone):
            raise ValidationError(_("Enter the phone number with digits, like +1 312 555 0100"))
        return phone

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].strip()
        if email:
            EmailValidator(_("Enter the email address in full, like jane@example.org"))(email)
        return email

    @staticmethod
    def typed(details: Details) -> dict[str, str]:
        """Return `details` as they are typed."""
        born = details.birth_date and say_day(date.fromisoformat(details.birth_date))
        return {**vars(details), "birth_date": born}

    @property
    def first_wrong(self) -> str:
        """The field that is to be mended first."""
        return next((name for name in self.fields if name in self.errors), "")

    @property
    def details(self) -> Details:
        return Details(**self.cleaned_data)

    def refuse_duplicate(self, reference: str) -> None:
        """Say who has the record number already."""
        self.taken_by = reference
        self.add_error(
            "record_number",
            _("Compare with {reference}: that person has this record number here").format(
                reference=reference
            ),
        )


class EraseForm(forms.Form):
    """The reference, typed once more."""

    confirmation = forms.CharField(required=False, max_length=20)

    def __init__(self, *args: Any, reference: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reference = reference

    def clean_confirmation(self) -> str:
        typed: str = self.cleaned_data["confirmation"].strip().upper()
        if typed != self.reference:
            raise ValidationError(
                _("Type the reference of this person, {reference}, to erase who it is").format(
                    reference=self.reference
                )
            )
        return typed


class PersonSearchForm(forms.Form):
    """A reference or a part of it, or a local record number; it is sent in no address."""

    wanted = forms.CharField(required=False, max_length=40)
