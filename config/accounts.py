"""How allauth behaves here: accounts are made by an administrator, never by signing up."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedAccountAdapter(DefaultAccountAdapter):
    """No self sign-up, and messages that say what to do."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "Check the email address and the password: one of them is wrong",
        "too_many_login_attempts": "Wait 5 minutes, then sign in again: there were too many tries",
        "enter_current_password": "Enter your present password: this is not it",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return "/"
