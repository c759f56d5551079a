"""What to look for in the trail, and why somebody is opened in an emergency."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from screening.clinical.dates import read_date, say_day
from screening.interop.typed import AmbiguousDate, written_date
from screening.models import Participant, Role, User
from screening.models.emergencies import SHORTEST_REASON
from screening.models.participants import read_reference

REASON_MISSING = format_lazy(
    gettext_lazy(
        "Write in {shortest} characters or more why it is needed now, "
        "like: unconscious in the emergency department, treated here"
    ),
    shortest=SHORTEST_REASON,
)
FIRST_DAY = date(2000, 1, 1)


class TrailForm(forms.Form):
    """Filters of the trail."""

    reference = forms.CharField(required=False, max_length=20)
    who = forms.CharField(required=False, max_length=80)
    day = forms.CharField(required=False, max_length=40)
    emergency = forms.BooleanField(required=False)

    def __init__(self, data: QueryDict, *, today: date) -> None:
        super().__init__(data)
        self.today = today

    def clean_reference(self) -> str:
        text = self.cleaned_data["reference"]
        return _reference(text) if text else ""

    def clean_day(self) -> date | None:
        text = self.cleaned_data["day"]
        if not text:
            return None
        try:
            written = written_date(text, self.today)
            span = read_date(written) if isinstance(written, str) else None
        except AmbiguousDate as error:
            raise ValidationError(str(error)) from None
        except ValueError:
            span = None
        if span is None or not span.exact or not FIRST_DAY <= span.first <= self.today:
            raise ValidationError(_("Enter a day up to today, like {day}").format(day=say_day(self.today)))
        return span.first

    @property
    def query(self) -> str:
        """The filters that are set, as they stand in the address."""
        return urlencode({name: self.data[name] for name in self.fields if self.data.get(name)})


class EmergencyForm(forms.Form):
    """Whom to open, and why; `user` is who asks."""

    token = forms.UUIDField(widget=forms.HiddenInput, required=False)
    reference = forms.CharField(
        max_length=20,
        error_messages={"required": gettext_lazy("Enter the person's reference, like ABC-7K2M-5")},
    )
    reason = forms.CharField(
        max_length=500,
        min_length=SHORTEST_REASON,
        error_messages={
            "required": REASON_MISSING,
            "min_length": REASON_MISSING,
            "max_length": gettext_lazy("Say it in 500 characters"),
        },
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_token(self) -> uuid.UUID:
        return self.cleaned_data.get("token") or uuid.uuid4()

    def clean_reference(self) -> Participant:
        reference = _reference(self.cleaned_data["reference"])
        found = Participant.objects.filter(reference=reference).select_related("site").first()
        if found is None:
            raise ValidationError(_("Check the reference: nobody has it"))
        if found.site in self.user.sites_as(Role.CLINICIAN):
            raise ValidationError(_("Look under Pre-screens: this person is of your own site"))
        return found


def _reference(text: str) -> str:
    try:
        return read_reference(text)
    except ValueError as error:
        raise ValidationError(str(error)) from None
