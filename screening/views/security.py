"""Setting up and removing a second factor: allauth's views, and what they leave to the product."""

from __future__ import annotations

from typing import Any

import qrcode
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.views import AddWebAuthnView, EditWebAuthnView, RemoveWebAuthnView
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse_lazy
from django.utils import timezone

from screening.actions.accounts import end_sessions

SECURITY = reverse_lazy("mfa_index")
QUIET_ZONE = 4
"""Modules of white around a QR code; readers need four."""


class EndsOtherSessions:
    """Changing a second factor signs all other devices out, and gives this session a new id."""

    request: Any
    why: str

    def form_valid(self, form: BaseForm) -> HttpResponse:
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
            user = self.request.user
            end_sessions(user=user, why=self.why, by=user, at=timezone.now())
        update_session_auth_hash(self.request, user)
        return response


class Adds(EndsOtherSessions):
    """Who has just shown a new second factor holds it in this session."""

    why = "second_factor.added"
    kind: Authenticator.Type

    def form_valid(self, form: BaseForm) -> HttpResponse:
        response = super().form_valid(form)
        record_authentication(self.request, self.request.user, "mfa", type=self.kind.value)
        return response


class SetUpApp(Adds, ActivateTOTPView):
    kind = Authenticator.Type.TOTP

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        secret = context["form"].secret
        return context | {
            "qr": qr_code(context["totp_url"]),
            "secret": " ".join(secret[start : start + 4] for start in range(0, len(secret), 4)),
        }


class RemoveApp(EndsOtherSessions, DeactivateTOTPView):
    why = "second_factor.removed"


class AddPasskey(Adds, AddWebAuthnView):
    kind = Authenticator.Type.WEBAUTHN

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # allauth leaves the form that came back out, and with it what was wrong.
        return super().get_context_data(**kwargs) | kwargs


class RenamePasskey(EditWebAuthnView):
    success_url = SECURITY


class RemovePasskey(EndsOtherSessions, RemoveWebAuthnView):
    why = "second_factor.removed"
    success_url = SECURITY

    def form_valid(self, form: BaseForm) -> HttpResponse:
        adapter = get_adapter()
        if not adapter.can_delete_authenticator(self.object):
            messages.error(self.request, adapter.error_messages["cannot_delete_authenticator"])
            return HttpResponseRedirect(SECURITY)
        return super().form_valid(form)


def qr_code(text: str) -> dict[str, Any]:
    """Return a QR code as the size of its square and the SVG path of its dark modules."""
    code = qrcode.QRCode(border=QUIET_ZONE)
    code.add_data(text)
    code.make(fit=True)
    modules = code.get_matrix()
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(modules) for x, dark in enumerate(row) if dark)
    return {"size": len(modules), "path": path}


set_up_app = SetUpApp.as_view()
remove_app = RemoveApp.as_view()
add_passkey = AddPasskey.as_view()
rename_passkey = RenamePasskey.as_view()
remove_passkey = RemovePasskey.as_view()
