"""What the clinic writes of a referral: the decision, the choice of trials, the letter, the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from screening.flow import WITHDRAWN_REASONS
from screening.forms.days import DayField, set_today
from screening.models import ClinicDecision, ContactWay, MailPace, OwnView, Referral

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

OPEN_AGAIN = gettext_lazy("Open the page again: it was changed on the way")
LONG_TEXT = 4000
SHORT_TEXT = 2000


class WordsField(forms.CharField):
    """Somebody's own words, kept as they are typed, but for the one character no database stores."""

    def __init__(
        self, limit: int, *, required: bool = False, missing: StrOrPromise = "", multiline: bool = True
    ) -> None:
        super().__init__(
            required=required,
            strip=not multiline,
            max_length=limit,
            error_messages={
                "required": missing,
                "max_length": format_lazy(
                    gettext_lazy("Shorten it to {limit} characters: it has %(show_value)d"), limit=limit
                ),
            },
        )

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value)).replace("\0", "").replace("\r\n", "\n")
        return text if text.strip() else ""


def _choice(
    choices: Sequence[tuple[str, StrOrPromise]], deed: StrOrPromise, *, required: bool = True
) -> forms.ChoiceField:
    return forms.ChoiceField(
        choices=choices, required=required, error_messages={"required": deed, "invalid_choice": deed}
    )


class TokenForm(forms.Form):
    """A form that counts once, however often it is sent."""

    token = forms.UUIDField(error_messages={"required": OPEN_AGAIN, "invalid": OPEN_AGAIN})


class DecisionForm(TokenForm):
    """What was decided without a referral."""

    kind = _choice(ClinicDecision.Kind.choices, gettext_lazy("Choose one of the decisions"))
    recheck_on = DayField(deed=gettext_lazy("Enter the day to look again"), after_today=True, required=False)
    reason = WordsField(200, multiline=False)

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data)
        set_today(self, today)

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        kind = given.get("kind")
        if kind == ClinicDecision.Kind.WAITING and "recheck_on" in given and given["recheck_on"] is None:
            deed = self.fields["recheck_on"].deed  # type: ignore[attr-defined]
            self.add_error("recheck_on", _("{deed}, like 1 Dec 2026").format(deed=deed))
        if kind == ClinicDecision.Kind.NOT_NOW and "reason" in given and not given["reason"]:
            self.add_error("reason", _("Write the reason, like “HbA1c first”"))
        return given


class OwnViewForm(forms.Form):
    """What the clinician thinks before the engine's answer is shown."""

    view = _choice(OwnView.View.choices, gettext_lazy("Choose what you think yourself"))


class ReferForm(TokenForm):
    """The trials of one centre; `choices` are those it takes referrals for."""

    protocols = forms.MultipleChoiceField(
        error_messages={
            "required": gettext_lazy("Choose at least one trial"),
            "invalid_choice": gettext_lazy("Choose among the trials that this centre takes referrals for"),
        }
    )

    def __init__(self, data: Any, *, choices: Iterable[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["protocols"].choices = list(choices)  # type: ignore[attr-defined]


class LetterForm(forms.Form):
    """The parts of the letter that its author writes. Each is kept as far as it can be read."""

    contact_consent_on = DayField(
        deed=gettext_lazy("Enter the day the person agreed to be contacted"),
        latest_today=True,
        required=False,
    )
    contact_way = _choice(ContactWay.choices, gettext_lazy("Choose how to reach the person"), required=False)
    contact_time = WordsField(80, multiline=False)
    contact_language = WordsField(40, multiline=False)
    reason = WordsField(LONG_TEXT)
    therapies = WordsField(LONG_TEXT)
    medicines = WordsField(LONG_TEXT)
    circumstances = WordsField(LONG_TEXT)
    told = WordsField(LONG_TEXT)
    despite = WordsField(SHORT_TEXT)

    def __init__(self, data: Any, *, today: date, missing: Iterable[str]) -> None:
        super().__init__(data)
        set_today(self, today)
        self.missing = list(missing)

    @property
    def letter(self) -> dict[str, Any]:
        """What can be kept of what was typed: all but what has something to mend."""
        kept = {name: self.cleaned_data[name] for name in self.fields if name in self.cleaned_data}
        orders = {fact: self.data.get(f"orders-{fact}", "") for fact in self.missing}
        return {**kept, "orders": {fact: who for fact, who in orders.items() if who in ("clinic", "centre")}}


def typed_letter(referral: Referral) -> dict[str, str]:
    """Return the letter as it is typed, from what is kept."""
    day = referral.contact_consent_on
    typed = {name: getattr(referral, name) for name in LetterForm.base_fields if name != "contact_consent_on"}
    return {**typed, "contact_consent_on": f"{day:%-d %b %Y}" if day is not None else ""}


class WithdrawForm(TokenForm):
    """Which trials of a referral end here, and why."""

    reason = _choice(list(WITHDRAWN_REASONS.items()), gettext_lazy("Choose the reason"))
    words = forms.CharField(
        required=False,
        max_length=SHORT_TEXT,
        error_messages={
            "max_length": format_lazy(
                gettext_lazy("Shorten it to {limit} characters: it has %(show_value)d"),
                limit=SHORT_TEXT,
            )
        },
    )

    def __init__(self, data: QueryDict, *, trials: Iterable[int]) -> None:
        super().__init__(data)
        self.posted = data
        self.trials = frozenset(trials)

    def clean(self) -> dict[str, Any]:
        chosen = [text for text in self.posted.getlist("trials") if text.isascii() and text.isdecimal()]
        versions: dict[int, int] = {}
        for text in chosen[: len(self.trials) + 1]:
            version = self.data.get(f"version-{text}", "")
            if int(text[:18]) in self.trials and version.isascii() and version.isdecimal():
                versions[int(text)] = int(version[:9])
        if not versions:
            self.add_error(None, _("Choose at least one trial"))
        return {**self.cleaned_data, "versions": versions}


class AnswerForm(TokenForm):
    """The words of an answer; the facts beside them are read by the reader of answers."""

    text = WordsField(
        SHORT_TEXT,
        required=True,
        missing=gettext_lazy("Write the answer, like “See the ambulance record of 3 Feb 2026”"),
    )
    rests_on = forms.IntegerField(
        min_value=1,
        max_value=2**53,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), OPEN_AGAIN),
    )


class SnoozeForm(forms.Form):
    """Put a notice aside: until tomorrow, or until a day."""

    until = DayField(deed=gettext_lazy("Enter the day to be told again"), after_today=True, required=False)

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(data)
        set_today(self, today)


class MailPaceForm(forms.Form):
    """How often mail comes."""

    mail_pace = _choice(MailPace.choices, gettext_lazy("Choose how often you want mail"))


def first_errors(form: forms.BaseForm) -> Mapping[str, str]:
    """Return the first thing to mend in each field."""
    return {name: str(errors[0]) for name, errors in form.errors.items()}
