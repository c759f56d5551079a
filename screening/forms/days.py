"""A day as people write it: 26 Nov 2026, 2026-11-26, today."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from screening.clinical.dates import read_date, say_day
from screening.interop.typed import AmbiguousDate, written_date

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LONGEST = 40
ENTER_THE_DAY = gettext_lazy("Enter the day")


def read_day(text: str, today: date, *, deed: StrOrPromise = ENTER_THE_DAY) -> date:
    """Return the day that `text` names.

    Args:
        today: the day at the site, for words such as `yesterday`, and the example.
        deed: how the message begins where the text is no day.

    Raises:
        ValueError: it is no day, a part of one, or may be read in two ways; the message says what to do.
    """
    try:
        written = written_date(text, today)
        span = read_date(written) if isinstance(written, str) else None
    except AmbiguousDate:
        raise
    except ValueError:
        span = None
    if span is None or not span.exact:
        raise ValueError(_("{deed} as {day}").format(deed=deed, day=say_day(today)))
    return span.first


class DayField(forms.CharField):
    """A day that is typed; `today` is set by the form that knows the site.

    Args:
        deed: how its message begins: "Enter the day to look again".
        latest_today: whether days to come are refused.
        after_today: whether days up to today are refused.
    """

    today: date

    def __init__(
        self,
        *,
        deed: StrOrPromise = ENTER_THE_DAY,
        latest_today: bool = False,
        after_today: bool = False,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("max_length", LONGEST)
        super().__init__(
            error_messages={"max_length": format_lazy(gettext_lazy("{deed}, like 1 Dec 2026"), deed=deed)},
            **kwargs,
        )
        self.deed, self.latest_today, self.after_today = deed, latest_today, after_today

    def clean(self, value: Any) -> date | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            day = read_day(text, self.today, deed=self.deed)
        except ValueError as problem:
            raise ValidationError(str(problem)) from None
        if self.latest_today and day > self.today:
            raise ValidationError(
                _("{deed}, up to today, {day}").format(deed=self.deed, day=say_day(self.today))
            )
        if self.after_today and day <= self.today:
            raise ValidationError(
                _("{deed}, after today, {day}").format(deed=self.deed, day=say_day(self.today))
            )
        return day


def set_today(form: forms.BaseForm, today: date) -> None:
    """Tell every day of `form` which day it is at the site."""
    for field in form.fields.values():
        if isinstance(field, DayField):
            field.today = today
