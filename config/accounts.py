"""How allauth behaves here: accounts are made by an administrator, never by signing up."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedAccountAdapter(DefaultAccountAdapter):
    """No self sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
