"""Who gets which role at a site, and how the site works."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from screening.actions.sites import SiteSettings
from screening.clinical.dates import say_day
from screening.forms.days import DayField, set_today
from screening.forms.identities import PHONE
from screening.models import Role, Site, User
from screening.models.people import Units

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

EMAIL_MISSING = gettext_lazy("Enter the email address in full, like name@hospital.org")
NAME_MISSING = gettext_lazy(
    "Enter the name as on a letter, like Dr Maria Lee: there is no account of this address yet"
)
PASSWORD_MISSING = gettext_lazy("Enter a first password of 15 characters or more, like four unrelated words")
PASSWORD_COMMON = gettext_lazy("Choose another password: this one is on the list of common ones")
WHOLE_SITE = (Role.CLINICIAN, Role.ADMINISTRATOR)
"""The roles that are never bound to one trial."""


def _choice(
    choices: Iterable[tuple[str, StrOrPromise]], deed: StrOrPromise, *, required: bool = True
) -> forms.ChoiceField:
    return forms.ChoiceField(
        choices=list(choices), required=required, error_messages={"required": deed, "invalid_choice": deed}
    )


class GiveRoleForm(forms.Form):
    """A role at one of `sites`; for somebody without an account also name and first password."""

    email = forms.CharField(
        max_length=254, error_messages={"required": EMAIL_MISSING, "max_length": EMAIL_MISSING}
    )
    site = _choice([], gettext_lazy("Choose one of your sites"))
    role = _choice([("", gettext_lazy("Choose")), *Role.choices], gettext_lazy("Choose the role"))
    protocol = _choice([], gettext_lazy("Choose one of the trials"), required=False)
    until = DayField(deed=gettext_lazy("Enter the last day of the role"), required=False)
    name = forms.CharField(
        required=False,
        max_length=120,
        error_messages={"max_length": gettext_lazy("Shorten the name to 120 characters")},
    )
    first_password = forms.CharField(
        required=False,
        strip=False,
        max_length=1000,
        error_messages={"max_length": gettext_lazy("Shorten the password to 1000 characters")},
    )

    def __init__(self, data: Any = None, *, sites: Mapping[str, Site], trials: Mapping[str, str]) -> None:
        super().__init__(data)
        self.sites = sites
        self.fields["site"].choices = [(slug, site.name) for slug, site in sites.items()]  # type: ignore[attr-defined]
        self.fields["protocol"].choices = [("", _("All of the site's")), *trials.items()]  # type: ignore[attr-defined]
        set_today(self, self._place.today())
        self.account: User | None = None

    @property
    def _place(self) -> Site:
        """The site that is chosen, or else the first one, whose days are typed."""
        return self.sites.get(str(self.data.get("site", "")), next(iter(self.sites.values())))

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].strip().lower()
        if not email.isascii():
            raise ValidationError(EMAIL_MISSING)
        EmailValidator(EMAIL_MISSING)(email)
        return email

    def clean_name(self) -> str:
        return " ".join(self.cleaned_data["name"].split())

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        self._clean_bounds(given)
        if "email" in given:
            self.account = User.objects.filter(email=given["email"]).first()
            if self.account is None:
                self._clean_new_account(given)
            elif not self.account.is_active:
                self.add_error(
                    "email",
                    _("Choose another address: this account is closed, and opened where the app is run"),
                )
        return given

    def _clean_bounds(self, given: dict[str, Any]) -> None:
        role, until = given.get("role"), given.get("until")
        if role == Role.MONITOR and not given.get("protocol") and "protocol" not in self.errors:
            self.add_error("protocol", _("Choose the trial: a monitor reads one"))
        if role == Role.MONITOR and until is None and "until" not in self.errors:
            self.add_error(
                "until",
                _("Enter the last day of the role, like {day}").format(day=say_day(self._place.today())),
            )
        if role in WHOLE_SITE and given.get("protocol"):
            self.add_error("protocol", _("Choose all of the site's: this role is not for one trial"))
        if until is not None and until < self._place.today():
            self.add_error("until", _("Enter a last day that has not passed, or end the role instead"))

    def _clean_new_account(self, given: dict[str, Any]) -> None:
        if not given.get("name") and "name" not in self.errors:
            self.add_error("name", NAME_MISSING)
        if "first_password" in self.errors:
            return
        password = given.get("first_password", "")
        if not password.strip():
            self.add_error("first_password", PASSWORD_MISSING)
            return
        try:
            validate_password(password)
        except ValidationError as refused:
            codes = {one.code for one in refused.error_list}
            short = "password_too_short" in codes
            self.add_error("first_password", PASSWORD_MISSING if short else PASSWORD_COMMON)

    def refuse_last_administrator(self) -> None:
        """Say that the site needs an administrator beyond the day."""
        self.add_error("until", _("Leave the last day blank: nobody else administers the site after it"))

    @property
    def first_wrong(self) -> str:
        """The field that is to be mended first."""
        return next((name for name in self.fields if name in self.errors), "")


class SettingsForm(forms.Form):
    """What a site switches; `seen` tells that nothing changed since it was shown."""

    own_view_first = forms.BooleanField(required=False)
    own_view_to_decide = forms.BooleanField(required=False)
    units = _choice(Units.choices, gettext_lazy("Choose the units of the site's laboratory"))
    phone = forms.CharField(required=False, max_length=40)
    seen = forms.CharField(required=False, max_length=16)

    @classmethod
    def of(cls, site: Site) -> SettingsForm:
        """Return the form as it is shown, with what the site has now."""
        held = SiteSettings.of(site)
        return cls(initial={**vars(held), "seen": held.mark})

    def clean_phone(self) -> str:
        phone: str = " ".join(self.cleaned_data["phone"].split())
        if phone and not PHONE.fullmatch(phone):
            raise ValidationError(_("Enter the phone number with digits, like +1 312 555 0100"))
        return phone

    @property
    def wanted(self) -> SiteSettings:
        """The settings that were chosen, once the form is valid."""
        given = self.cleaned_data
        return SiteSettings(
            given["own_view_first"], given["own_view_to_decide"], given["units"], given["phone"]
        )
