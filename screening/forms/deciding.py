"""The forms of a referral's moves at the centre: each asks for what the table of moves says it needs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from screening.actions.moves import Given
from screening.clinical.dates import say_day
from screening.flow import MOVES, Move
from screening.forms.days import DayField, set_today
from screening.forms.signing import SigningForm
from screening.models import Confirmation, OwnView, User

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LONGEST_WORDS = 2000
SHORTEN = format_lazy(gettext_lazy("Shorten it to {longest} characters"), longest=LONGEST_WORDS)
TRIES = ("first_try", "second_try", "third_try")
ABOUT_MOVES = ("token", "version", "shown", "seen")
"""Hidden fields that bind a form to the page it stood on; nobody mends them by hand."""


def text_area(label: StrOrPromise, help_text: StrOrPromise = "", rows: int = 3) -> forms.CharField:
    """Return a field for a few sentences that may be left empty: the action says where it may not."""
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": rows}),
        error_messages={"max_length": SHORTEN},
    )


def line(label: StrOrPromise, longest: int, help_text: StrOrPromise = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=longest,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
        error_messages={
            "max_length": format_lazy(gettext_lazy("Shorten it to {longest} characters"), longest=longest)
        },
    )


def day(label: StrOrPromise, deed: StrOrPromise, **bounds: bool) -> DayField:
    return DayField(
        label=label,
        deed=deed,
        required=False,
        widget=forms.TextInput(
            attrs={"class": "form-control", "autocomplete": "off", "placeholder": "26 Nov 2026"}
        ),
        **bounds,
    )


class BoundToThePage(forms.Form):
    """What a form about a trial of a referral is bound to, and who has it before them.

    Args:
        move: the move; its name keeps the ids of several forms on one page apart.
        result: the engine's answer for the trial, as stored.
        today: the day at the centre.
        signer: whoever is signed in.
    """

    token = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    shown = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=60)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        move: Move,
        result: Mapping[str, Any],
        today: date,
        signer: User,
        **kwargs: Any,
    ) -> None:
        if isinstance(self, SigningForm):
            kwargs["signer"] = signer
        super().__init__(data, auto_id=f"{move.act}-%s", **kwargs)
        self.move, self.result, self.today = move, result, today
        self.use_required_attribute = False
        set_today(self, today)
        self.settle()

    def settle(self) -> None:
        """Fill in what depends on the move and the trial."""

    @property
    def is_of_another_page(self) -> bool:
        """Return whether what binds it to its page is missing or broken."""
        return any(name in self.errors for name in ABOUT_MOVES)

    @property
    def visible(self) -> list[forms.BoundField]:
        return self.visible_fields()

    def given(self, *, proved: bool = False) -> Given:
        """Return what the move needs, from what was typed.

        Args:
            proved: the signer's password or code came with this form and was right.
        """
        known = self.cleaned_data
        return Given(
            reason=known.get("reason", ""),
            criterion=known.get("criterion", ""),
            words=self.words(),
            facts=tuple(known.get("facts", ())),
            hold_until=known.get("hold_until"),
            consented_on=known.get("consented_on"),
            consent_version=known.get("consent_version", ""),
            subject_no=known.get("subject_no", ""),
            enrolment_no=known.get("enrolment_no", ""),
            shown_sha256=known.get("shown", ""),
            is_authenticated_anew=proved,
        )

    def words(self) -> str:
        """Return what was typed in words."""
        said: str = self.cleaned_data.get("note", "")
        return said.strip()


class PlainForm(BoundToThePage):
    """A move that asks for nothing."""


class AskForm(BoundToThePage):
    """A question to the clinician, and the facts that are asked for."""

    text = text_area(
        gettext_lazy("Question"),
        gettext_lazy("What the clinic is to find out, like: Is there an ambulance record of 3 Feb?"),
    )
    facts = forms.MultipleChoiceField(
        label=gettext_lazy("Not known for this trial: ask for"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": gettext_lazy("Choose among what is not known for this trial")},
    )

    def settle(self) -> None:
        self.fields["facts"].choices = [  # type: ignore[attr-defined]
            (missing["fact"], missing["label"]) for missing in self.result["missing"]
        ]
        if not self.result["missing"]:
            del self.fields["facts"]

    def words(self) -> str:
        said: str = self.cleaned_data.get("text", "")
        return said.strip()


class AcceptForm(BoundToThePage):
    """An acceptance; against the engine it needs the reason."""

    note = text_area(
        gettext_lazy("Reason"), gettext_lazy("Needed where you decide otherwise than the engine.")
    )


class ReasonForm(BoundToThePage):
    """A coded reason, with what the code itself does not say."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        required=False,
        widget=forms.Select(attrs={"class": "form-select", "data-reason": ""}),
        error_messages={"invalid_choice": gettext_lazy("Choose the reason")},
    )
    criterion = forms.ChoiceField(
        label=gettext_lazy("Criterion that is not met"),
        required=False,
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={"invalid_choice": gettext_lazy("Choose the criterion")},
    )
    first_try = day(
        gettext_lazy("First try"), gettext_lazy("Enter the day of the first try"), latest_today=True
    )
    second_try = day(
        gettext_lazy("Second try"), gettext_lazy("Enter the day of the second try"), latest_today=True
    )
    third_try = day(
        gettext_lazy("Third try"), gettext_lazy("Enter the day of the third try"), latest_today=True
    )
    note = text_area(
        gettext_lazy("In words"),
        gettext_lazy("Needed for “Other”, and where you decide otherwise than the engine."),
    )

    def settle(self) -> None:
        self.fields["reason"].choices = [("", _("Choose")), *self.move.reasons.items()]  # type: ignore[attr-defined]
        if "criterion" in self.move.reasons:
            self.fields["criterion"].choices = [  # type: ignore[attr-defined]
                ("", _("Choose")),
                *((one["id"], f"{one['id']} {one['text']}") for one in self.result["criteria"]),
            ]
        else:
            del self.fields["criterion"]
        if "unable_to_contact" not in self.move.reasons:
            for name in TRIES:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("reason") != "unable_to_contact" or "first_try" not in self.fields:
            return cleaned
        for name in TRIES:
            if name not in self.errors and cleaned.get(name) is None:
                field = self.fields[name]
                assert isinstance(field, DayField)
                self.add_error(name, _("{deed} as {day}").format(deed=field.deed, day=say_day(self.today)))
        tries = [cleaned[name] for name in TRIES if cleaned.get(name) is not None]
        if len(tries) == len(TRIES) and len(set(tries)) < len(TRIES):
            self.add_error("third_try", _("Enter three different days"))
        return cleaned

    def words(self) -> str:
        known = self.cleaned_data
        said: str = known.get("note", "").strip()
        if known.get("reason") == "unable_to_contact":
            days = sorted(known[name] for name in TRIES)
            tried = f"Tried on {say_day(days[0])}, {say_day(days[1])} and {say_day(days[2])}."
            return f"{tried} {said}".strip()
        return said


class ConsentForm(BoundToThePage):
    """The consent form that the person signed, and the number they have in the trial."""

    consent_version = line(
        gettext_lazy("Version of the consent form"), 40, gettext_lazy("As printed on it, like 4.0")
    )
    consented_on = day(
        gettext_lazy("Signed on"), gettext_lazy("Enter the day it was signed"), latest_today=True
    )
    subject_no = line(gettext_lazy("Subject number"), 32, gettext_lazy("As the trial gives it, like 017-003"))


class EnrolForm(BoundToThePage):
    enrolment_no = line(gettext_lazy("Enrolment number"), 32, gettext_lazy("As the trial gives it"))


class HoldForm(BoundToThePage):
    hold_until = day(
        gettext_lazy("Look again on"), gettext_lazy("Enter the day to look again"), after_today=True
    )


class SignForm(BoundToThePage, SigningForm):
    """The investigator's signature: bound to the page, proved with the signer's password or code."""


_FORMS: Mapping[str, type[BoundToThePage]] = {
    "ask": AskForm,
    "accept": AcceptForm,
    "not_accept": ReasonForm,
    "consent": ConsentForm,
    "sign": SignForm,
    "enrol": EnrolForm,
    "fail": ReasonForm,
    "hold": HoldForm,
    "withdraw": ReasonForm,
    "reopen": ReasonForm,
}


def form_of(move: Move) -> type[BoundToThePage]:
    """Return the form of a move at the centre; one that needs nothing has no fields."""
    return _FORMS.get(move.act, PlainForm)


MOVED_FIELDS: Mapping[str, Mapping[str, str]] = {
    "ask": {"words": "text"},
    "accept": {"words": "note"},
    "not_accept": {"words": "note"},
    "fail": {"words": "note"},
    "withdraw": {"words": "note"},
    "reopen": {"words": "note"},
    "sign": {"password": "proof"},
}
"""By move: the field of its form in which a problem of the action is mended."""


def add_problems(form: BoundToThePage, problems: Mapping[str, str]) -> None:
    """Put what an action refused at the fields of `form`, or above them."""
    names = MOVED_FIELDS.get(form.move.act, {})
    for name, problem in problems.items():
        field = names.get(name, name)
        form.add_error(field if field in form.fields else None, problem)


class NoteForm(forms.Form):
    token = forms.UUIDField(widget=forms.HiddenInput, required=False)
    note = text_area(gettext_lazy("Note"), gettext_lazy("The clinic and the centre both read it."), rows=2)

    def __init__(self, data: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id="note-%s", **kwargs)
        self.use_required_attribute = False

    def clean_token(self) -> uuid.UUID:
        return self.cleaned_data.get("token") or uuid.uuid4()


class OwnViewForm(forms.Form):
    view = forms.ChoiceField(
        choices=OwnView.View.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose what you think yourself"),
            "invalid_choice": gettext_lazy("Choose what you think yourself"),
        },
    )


class ConfirmForm(forms.Form):
    """One item to confirm: what was looked up, and where it stands."""

    item = forms.CharField(max_length=32)
    answer = forms.ChoiceField(
        choices=Confirmation.Answer.choices,
        error_messages={
            "required": gettext_lazy("Choose one of the answers"),
            "invalid_choice": gettext_lazy("Choose one of the answers"),
        },
    )
    document = forms.CharField(
        required=False,
        max_length=120,
        error_messages={
            "max_length": gettext_lazy(
                "Shorten the source document to 120 characters, like: Discharge letter 3 Feb"
            )
        },
    )


def acts_at_the_centre() -> Sequence[str]:
    """Return the moves that the pages of a centre offer."""
    return [move.act for move in MOVES if not move.who.isdisjoint({"coordinator", "investigator"})]
