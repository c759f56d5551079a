"""The people who are pre-screened, under a reference and no name."""

from __future__ import annotations

import random
import re
import secrets
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Replace
from django.urls import reverse
from django.utils import timezone

from screening.models.people import Role, Site

if TYPE_CHECKING:
    from screening.models.people import User

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Digits and letters that are not mistaken for one another; 31, a prime, so the check character
finds every single wrong character and every pair that changed places."""

_REFERENCE = re.compile(rf"([A-Z]{{3}})-?([{ALPHABET}]{{4}})-?([{ALPHABET}])", re.ASCII)


def check_character(prefix: str, body: str) -> str:
    """Return the last character of the reference that starts with `prefix` and `body`."""
    values = [ord(letter) - ord("A") for letter in prefix] + [ALPHABET.index(sign) for sign in body]
    return ALPHABET[sum(place * value for place, value in enumerate(values, start=2)) % len(ALPHABET)]


def reference_prefix(site: Site) -> str:
    """Return the three letters that open every reference of `site`."""
    letters = "".join(sign for sign in site.slug.upper() if "A" <= sign <= "Z")
    return (letters + "XXX")[:3]


def new_reference(site: Site, source: random.Random | None = None) -> str:
    """Return a random reference of `site`, like ABC-7K2M-5.

    Args:
        source: where the chance comes from; left out, the operating system.
    """
    prefix = reference_prefix(site)
    body = "".join((source or secrets.SystemRandom()).choice(ALPHABET) for _ in range(4))
    return f"{prefix}-{body}-{check_character(prefix, body)}"


def read_reference(text: str) -> str:
    """Return the reference that `text` spells, in its written form.

    Raises:
        ValueError: `text` is no reference, or its last character does not fit the rest.
    """
    parts = _REFERENCE.fullmatch(text.strip().upper().replace(" ", "-"))
    if parts is None:
        raise ValueError("Enter a reference like ABC-7K2M-5")
    prefix, body, check = parts.groups()
    if check_character(prefix, body) != check:
        raise ValueError(
            "Compare the reference with the person's papers: its last character does not fit the others"
        )
    return f"{prefix}-{body}-{check}"


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def visible_to(self, user: User) -> ParticipantQuerySet:
        """People of the sites where `user` is a clinician."""
        return self.filter(site__in=user.sites_as(Role.CLINICIAN))

    def latest_first(self) -> ParticipantQuerySet:
        return self.order_by("-created_at", "-pk")

    def of_reference(self, text: str) -> ParticipantQuerySet:
        """Those whose reference holds `text`, whatever its case, dashes and blanks."""
        signs = "".join(sign for sign in text if sign not in "- ")
        plain = Replace("reference", Value("-"), Value(""))
        return self.alias(plain_reference=plain).filter(plain_reference__icontains=signs)

    def older_than(self, created_at: datetime, pk: int) -> ParticipantQuerySet:
        """Those that come after the person of that moment and key, latest first."""
        return self.filter(Q(created_at__lt=created_at) | Q(created_at=created_at, pk__lt=pk))


class Participant(models.Model):
    """One person, known here by a reference."""

    reference = models.CharField(max_length=10, unique=True)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="participants")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        ordering = ["reference"]

    def __str__(self) -> str:
        return self.reference

    def get_absolute_url(self) -> str:
        return reverse("person", args=[self.reference])
