"""What a log or a report is of, and what is exported of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from screening.interop.exports import CODED, FORMATS, FORMS
from screening.models.scopes import Period

Choices = Sequence[tuple[str, Any]]

_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
FIRST_YEAR, LAST_YEAR = 2000, 2199


class MonthField(forms.CharField):
    """A month of the calendar, as browsers send it: 2026-11. Cleaned to its first day."""

    widget = forms.TextInput(attrs={"type": "month", "placeholder": "2026-11", "class": "form-control"})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        read = _MONTH.fullmatch(text)
        if read is None or not 1 <= int(read[2]) <= 12 or not FIRST_YEAR <= int(read[1]) <= LAST_YEAR:
            raise ValidationError(_("Enter the month as 2026-11"))
        return date(int(read[1]), int(read[2]), 1)


class PeriodForm(forms.Form):
    """Whole months; left empty, from the beginning or up to now."""

    first = MonthField(required=False, max_length=20, label=gettext_lazy("From"))
    last = MonthField(required=False, max_length=20, label=gettext_lazy("To"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("Enter a month that is not before the first, like 2026-11"))
        return cleaned

    @property
    def period(self) -> Period:
        last = self.cleaned_data.get("last")
        return Period(self.cleaned_data.get("first"), _end_of(last) if last else None)


def _end_of(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


class FilterForm(PeriodForm):
    """What a page of a log or a report shows. Without a place it is the first there is."""

    place = forms.ChoiceField(required=False, label=gettext_lazy("Trial"))
    trial = forms.ChoiceField(required=False, label=gettext_lazy("Referred to"))
    outcome = forms.ChoiceField(required=False, label=gettext_lazy("Outcome"))
    field_order = ("place", "trial", "outcome", "first", "last")

    def __init__(
        self,
        data: Mapping[str, Any],
        *,
        places: Choices,
        place_label: str = "Trial",
        outcomes: Choices = (),
        trials: Choices = (),
    ) -> None:
        super().__init__(data, label_suffix="")
        self.fields["place"].label = place_label
        for name, choices, anything, what in (
            ("place", places, None, _("Choose one of the list")),
            ("outcome", outcomes, _("Any outcome"), _("Choose one of the outcomes")),
            ("trial", trials, _("Any trial or none"), _("Choose one of the trials")),
        ):
            if not choices and name != "place":
                del self.fields[name]
                continue
            field = self.fields[name]
            field.widget.attrs["class"] = "form-select"
            field.choices = [*([("", anything)] if anything else []), *choices]  # type: ignore[attr-defined]
            field.error_messages["invalid_choice"] = what

    def stand_at(self, place: str) -> None:
        """Show `place` as the chosen one, where none was asked for."""
        self.data = {name: self.data.get(name, "") for name in self.fields} | {"place": place}

    @property
    def wanted(self) -> dict[str, str]:
        """The filters that are set, as they stand in an address."""
        said = {name: self.cleaned_data.get(name) for name in self.fields}
        return {
            name: f"{value:%Y-%m}" if isinstance(value, date) else value
            for name, value in said.items()
            if value
        }


class ExportForm(PeriodForm):
    """What leaves, and in which form."""

    what = forms.ChoiceField(
        label=gettext_lazy("What"), error_messages={"invalid_choice": gettext_lazy("Choose one of the list")}
    )
    form = forms.ChoiceField(
        label=gettext_lazy("Form"),
        choices=list(FORMS.items()),
        error_messages={"invalid_choice": gettext_lazy("Choose one of the forms")},
    )
    format = forms.ChoiceField(
        label=gettext_lazy("File"),
        choices=list(FORMATS.items()),
        error_messages={"invalid_choice": gettext_lazy("Choose CSV or JSON")},
    )
    field_order = ("what", "form", "format", "first", "last")

    def __init__(
        self, data: Mapping[str, Any] | None, *, what: Choices, coded: frozenset[str], **more: Any
    ) -> None:
        """Make the form.

        Args:
            coded: of `what`, those that may leave with references.
        """
        super().__init__(data, label_suffix="", **more)
        for name in ("what", "form", "format"):
            self.fields[name].widget.attrs["class"] = "form-select"
        self.fields["what"].choices = what  # type: ignore[attr-defined]
        self.coded = coded

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("form") == CODED and cleaned.get("what") and cleaned["what"] not in self.coded:
            self.add_error("form", _("Choose Safe Harbor: the coded form is for the site's own staff"))
        return cleaned
