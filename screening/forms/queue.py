"""The queue's forms: what to look for, what to plan for the rows that are ticked, a view to keep."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from screening.flow import GROUPS
from screening.forms.days import DayField, set_today
from screening.models.queue import ME, NOBODY, ORDERS, WAITING

KEEP = "keep"
MOST_ROWS = 200
LONGEST_NUMBER = 10
_WAITING_WORDS = {"us": "us", "clinician": "the clinician"}


class QueueForm(forms.Form):
    """What to look for; a value that is none of the choices is left out of the search."""

    reference = forms.CharField(required=False, max_length=20)
    trial = forms.ChoiceField(required=False)
    group = forms.ChoiceField(
        required=False,
        choices=[("", gettext_lazy("Under way")), *((name, label) for name, (label, _) in GROUPS.items())],
    )
    owner = forms.ChoiceField(required=False)
    clinic = forms.ChoiceField(required=False)
    waiting = forms.ChoiceField(
        required=False,
        choices=[("", gettext_lazy("Anybody")), *((name, _WAITING_WORDS[name]) for name in WAITING)],
    )
    due = forms.ChoiceField(
        required=False,
        choices=[
            ("", gettext_lazy("Any day")),
            ("today", gettext_lazy("Today or before")),
            ("week", gettext_lazy("Within 7 days")),
            ("none", gettext_lazy("No due day")),
        ],
    )
    holds = forms.BooleanField(required=False)
    amended = forms.BooleanField(required=False)
    answered = forms.BooleanField(required=False)
    order = forms.ChoiceField(required=False, choices=[(name, order.label) for name, order in ORDERS.items()])

    def __init__(
        self,
        data: QueryDict,
        *,
        trials: Sequence[tuple[str, str]],
        owners: Sequence[tuple[int, str]],
        clinics: Sequence[tuple[int, str]],
    ) -> None:
        super().__init__(data)
        choices: dict[str, list[tuple[str, str]]] = {
            "trial": [("", _("Any trial")), *trials],
            "owner": [
                ("", _("Anybody")),
                (ME, _("Me")),
                (NOBODY, _("Nobody yet")),
                *((str(pk), name) for pk, name in owners),
            ],
            "clinic": [("", _("Any clinic")), *((str(pk), name) for pk, name in clinics)],
        }
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]
        self.is_valid()

    @property
    def wanted(self) -> dict[str, str]:
        """The filters that are set, as they stand in the address."""
        return {name: "1" if value is True else value for name, value in self.cleaned_data.items() if value}


class PlanForm(forms.Form):
    """What to plan for the rows that are ticked; what is left as it is stays so for each of them."""

    owner = forms.ChoiceField(
        required=False, error_messages={"invalid_choice": gettext_lazy("Choose one of the names")}
    )
    due_on = DayField(deed=gettext_lazy("Enter the due day"), required=False)
    no_due = forms.BooleanField(required=False)
    next_action = forms.CharField(
        required=False,
        max_length=80,
        error_messages={
            "max_length": gettext_lazy("Shorten the next step to 80 characters, like: call Thu 26 Nov")
        },
    )
    no_next = forms.BooleanField(required=False)

    def __init__(self, data: QueryDict | None, *, owners: Sequence[tuple[int, str]], today: date) -> None:
        super().__init__(data)
        self.fields["owner"].choices = [  # type: ignore[attr-defined]
            (KEEP, "as it is"),
            (ME, "me"),
            (NOBODY, "nobody"),
            *((str(pk), name) for pk, name in owners),
        ]
        set_today(self, today)

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("no_due") and cleaned.get("due_on"):
            self.add_error("due_on", _("Enter a due day or take it away, one of both"))
        if cleaned.get("no_next") and cleaned.get("next_action"):
            self.add_error("next_action", _("Enter a next step or take it away, one of both"))
        if not self.errors and not self.has_plan():
            self.add_error(None, _("Choose what to plan: an owner, a due day or a next step"))
        return cleaned

    def has_plan(self) -> bool:
        """Return whether anything is to change."""
        plan = self.cleaned_data
        named = plan.get("owner") not in ("", KEEP)
        return named or any(plan.get(name) for name in ("due_on", "no_due", "next_action", "no_next"))


def read_rows(ticked: Collection[str]) -> dict[int, int]:
    """Return key and version of the rows that are ticked; what is no row is left out."""
    rows = {}
    for text in list(ticked)[:MOST_ROWS]:
        key, _, version = text.partition(".")
        if all(
            part.isascii() and part.isdecimal() and len(part) <= LONGEST_NUMBER for part in (key, version)
        ):
            rows[int(key)] = int(version)
    return rows


class SavedViewForm(forms.Form):
    """The name under which the filters in use are kept."""

    name = forms.CharField(
        max_length=40,
        error_messages={
            "required": gettext_lazy("Enter a name for the view, like: Zimislecel this week"),
            "max_length": gettext_lazy("Shorten the name to 40 characters"),
        },
    )
