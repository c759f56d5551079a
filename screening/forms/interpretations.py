"""The form of an entry in the interpretation ledger."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from screening.actions.interpretations import Reading
from screening.forms.days import DayField, set_today
from screening.models import Interpretation, Site
from screening.models.interpretations import LONGEST_ANSWER, LONGEST_QUESTION, LONGEST_REFERENCE


def _words(label: Any, longest: int, example: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=longest,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 3}),
        error_messages={
            "required": example,
            "max_length": _("Shorten it to %(limit_value)d characters"),
        },
    )


class InterpretationForm(forms.Form):
    """A question about a criterion's wording, and its answer.

    Args:
        sites: the centres for which the author may write; never empty.
        replaces: the entry that is corrected; it fills in the form, and says the centre.
    """

    token = forms.UUIDField(widget=forms.HiddenInput, required=False)
    question = _words(
        _("Question"), LONGEST_QUESTION, _("Enter the question, like: does a sensor's LOW count as below 54?")
    )
    answer = _words(_("Answer"), LONGEST_ANSWER, _("Enter the answer, like: yes, LOW counts as below 54"))
    answered_by = forms.ChoiceField(
        label=_("Answered by"),
        choices=[("", _("Choose")), *Interpretation.AnsweredBy.choices],
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={
            "required": _("Choose who answered"),
            "invalid_choice": _("Choose who answered"),
        },
    )
    answered_on = DayField(
        label=_("Answered on"),
        deed=_("Enter the day of the answer"),
        latest_today=True,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    reference = forms.CharField(
        label=_("Reference"),
        required=False,
        max_length=LONGEST_REFERENCE,
        help_text=_("Optional: the number of a letter, or where its copy is kept."),
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
        error_messages={"max_length": _("Shorten it to %(limit_value)d characters")},
    )
    site = forms.ModelChoiceField(
        label=_("Centre"),
        queryset=Site.objects.none(),
        empty_label=None,
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={
            "required": _("Choose your centre"),
            "invalid_choice": _("Choose your centre"),
        },
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        sites: Sequence[Site],
        replaces: Interpretation | None = None,
    ) -> None:
        initial: dict[str, Any] = {"token": uuid.uuid4()}
        if replaces is not None:
            sites = [site for site in sites if site.pk == replaces.site_id]
            for name in ("question", "answer", "answered_by", "reference"):
                initial[name] = getattr(replaces, name)
            initial["answered_on"] = replaces.answered_on.isoformat()
        super().__init__(data, initial=initial, auto_id="entry-%s")
        self.use_required_attribute = False
        self.fields["answered_on"].error_messages["required"] = _("Enter the day of the answer, like today")
        set_today(self, sites[0].today())
        chosen = self.fields["site"]
        assert isinstance(chosen, forms.ModelChoiceField)
        chosen.queryset = Site.objects.filter(pk__in=[site.pk for site in sites])
        if len(sites) == 1:
            chosen.widget, chosen.required, self.only_site = forms.HiddenInput(), False, sites[0]

    only_site: Site | None = None

    def clean_token(self) -> uuid.UUID:
        return self.cleaned_data.get("token") or uuid.uuid4()

    @property
    def chosen_site(self) -> Site:
        site: Site = self.only_site or self.cleaned_data["site"]
        return site

    def reading(self) -> Reading:
        """Return what was typed."""
        known = self.cleaned_data
        return Reading(
            question=known["question"],
            answer=known["answer"],
            answered_by=known["answered_by"],
            answered_on=known["answered_on"],
            reference=known["reference"],
        )
