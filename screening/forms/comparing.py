"""Which trials of a pre-screen are to stand side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

FEWEST, MOST = 2, 4
"""How many trials stand side by side: a fifth column is too narrow to read."""


class TrialsForm(forms.Form):
    """Two to four trials, by their ids in the address: `trial=sernova&trial=zimislecel-forward`."""

    trial = forms.MultipleChoiceField(
        error_messages={
            "required": _("Tick 2 to 4 trials, like the first two of the list."),
            "invalid_choice": _("This pre-screen has no trial of that name: tick 2 to 4 trials of the list."),
            "invalid_list": _("Tick 2 to 4 trials, like the first two of the list."),
        }
    )

    def __init__(self, *args: Any, trials: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["trial"].choices = trials  # type: ignore[attr-defined]

    def clean_trial(self) -> list[str]:
        """Return each chosen trial once.

        Raises:
            ValidationError: fewer than two, or more than four.
        """
        chosen = list(dict.fromkeys(self.cleaned_data["trial"]))
        if FEWEST <= len(chosen) <= MOST:
            return chosen
        found = {"fewest": FEWEST, "most": MOST, "number": len(chosen)}
        said = gettext("Tick %(fewest)d to %(most)d trials: %(number)d ticked now.") % found
        raise forms.ValidationError(said)
