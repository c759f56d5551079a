"""A sensor file, and what it may leave open; which form its values go into."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from screening.clinical.cgm.units import UNITS
from screening.clinical.dates import say_day
from screening.interop.cgm import CgmFile, Unsettled, read_cgm
from screening.interop.cgm.questions import DATE_ORDERS
from screening.models import Draft
from screening.rules.answers import Problems

MAX_UPLOAD_MB = 20
AS_THE_FILE_SAYS = gettext_lazy("As the file says")
AGAIN = gettext_lazy("Choose the file again: a browser does not keep it")
NEW_FORM = "new"
ELSEWHERE = timedelta(days=1)
"""Where the person lives it may be tomorrow already."""


class SensorFileForm(forms.Form):
    """A file, the person's time zone, and answers to what the file does not say."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "Clarity, LibreView, CareLink, Nightscout, Tidepool, FHIR, or CSV with time and glucose."
        ),
        error_messages={
            "required": gettext_lazy(
                "Choose the file with the readings, like a CSV export of Clarity or LibreView"
            ),
            "empty": gettext_lazy("Export the file again: it is empty"),
        },
    )
    zone = forms.CharField(
        max_length=64,
        label=gettext_lazy("Time zone of the person's clock"),
        help_text=gettext_lazy("Change it for somebody who lives elsewhere, like America/Chicago."),
        error_messages={"required": gettext_lazy("Enter the time zone, like Europe/London")},
    )
    unit = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Unit"),
        choices=[("", AS_THE_FILE_SAYS), *((unit.label, unit.label) for unit in UNITS)],
    )
    date_order = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Dates"),
        choices=[("", AS_THE_FILE_SAYS), *((key, said.capitalize()) for key, said in DATE_ORDERS.items())],
    )
    token = forms.UUIDField(widget=forms.HiddenInput, required=False)

    read: CgmFile

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_token(self) -> uuid.UUID:
        return self.cleaned_data.get("token") or uuid.uuid4()

    def clean(self) -> dict[str, Any]:
        """Read the file; what it leaves open or cannot be used is said at the field that mends it."""
        given = self.cleaned_data
        file = given.get("file")
        if not isinstance(file, UploadedFile) or self.errors:
            return given
        try:
            self.read = read_cgm(
                file,
                zone=given["zone"].strip(),
                unit=given["unit"] or None,
                date_order=given["date_order"] or None,
            )
        except Unsettled as open_:
            for question in open_.questions:
                self.add_error(question.about, question.text)
            self.add_error("file", AGAIN)
        except Problems as found:
            for problem in found.problems:
                self.add_error(problem.fact if problem.fact in self.fields else "file", problem.message)
        else:
            *_before, last = self.read.trace.days()
            if last.day > self.today + ELSEWHERE:
                self.add_error(
                    "file",
                    _("Set the device's clock and export again: readings go on to {day}").format(
                        day=say_day(last.day)
                    ),
                )
        return given

    def refuse_size(self) -> None:
        """Say that what was sent was larger than a file may be, and was not read."""
        self.errors.pop("file", None)
        self.add_error(
            "file",
            _("Export a shorter time, like the last 90 days: a file may have {most} MB").format(
                most=MAX_UPLOAD_MB
            ),
        )


class TakeValuesForm(forms.Form):
    """Into which form, and the word that it is this person's own record."""

    form = forms.ChoiceField(
        label=gettext_lazy("Into"), error_messages={"required": gettext_lazy("Choose a form")}
    )
    confirmed = forms.BooleanField(
        label=gettext_lazy("I checked: this is the person's own record, and its period and clock are right"),
        error_messages={
            "required": gettext_lazy("Tick that you checked whose record it is, its period and its clock")
        },
    )
    token = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, drafts: Sequence[Draft], new: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.drafts = {str(draft.pk): draft for draft in drafts}
        chooser = self.fields["form"]
        assert isinstance(chooser, forms.ChoiceField)
        chooser.choices = [
            *(
                (key, _("The form in progress of {as_of:%-d %b %Y}").format(as_of=draft.as_of))
                for key, draft in self.drafts.items()
            ),
            (NEW_FORM, new),
        ]

    def clean_token(self) -> uuid.UUID:
        return self.cleaned_data.get("token") or uuid.uuid4()

    @property
    def draft(self) -> Draft | None:
        """The form that was chosen; None for a new one."""
        return self.drafts.get(self.cleaned_data["form"])
