"""Begin a pre-screen: someone new, or someone who has a reference."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from screening.models import Participant, Role, Site, User
from screening.models.participants import read_reference


class StartForm(forms.Form):
    """Who the pre-screen is about; `user` bounds the sites and the people."""

    token = forms.UUIDField(widget=forms.HiddenInput, required=False)
    with_reference = forms.BooleanField(required=False)
    reference = forms.CharField(required=False, max_length=20)
    site = forms.ModelChoiceField(
        queryset=Site.objects.none(),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Choose one of your sites")},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.sites = user.sites_as(Role.CLINICIAN)
        site = self.fields["site"]
        assert isinstance(site, forms.ModelChoiceField)
        site.queryset = Site.objects.filter(pk__in=[one.pk for one in self.sites])

    def clean_token(self) -> uuid.UUID:
        return self.cleaned_data.get("token") or uuid.uuid4()

    def clean_reference(self) -> Participant | None:
        """Return who is meant; None for someone new."""
        text = self.cleaned_data["reference"]
        if not text and not self.cleaned_data.get("with_reference"):
            return None
        try:
            reference = read_reference(text)
        except ValueError as error:
            raise ValidationError(str(error)) from None
        visible = Participant.objects.visible_to(self.user).select_related("identity")
        found = visible.filter(reference=reference).first()
        if found is None:
            raise ValidationError(_("Check the reference: nobody at your sites has it"))
        if found.identity.is_erased:
            raise ValidationError(_("Begin with someone new: the identity of this person was erased"))
        return found

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if cleaned.get("reference") is None and "reference" not in self.errors:
            site = cleaned.get("site") or (self.sites[0] if len(self.sites) == 1 else None)
            if site is None and "site" not in self.errors:
                self.add_error("site", _("Choose the site"))
            cleaned["site"] = site
        return cleaned
