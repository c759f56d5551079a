"""Who a participant is: sealed, optional, and for the own site's clinicians only."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone

from screening.flow import State
from screening.models.participants import Participant
from screening.models.people import Role, Site
from screening.sealing import Place, new_key, record_hashes, seal, seal_key, unseal, unseal_key

if TYPE_CHECKING:
    from screening.models.people import User
    from screening.models.referrals import Referral

TABLE = "screening_identity"
MAY_BE_CONTACTED = (State.ACCEPTED, State.CONSENTED, State.IN_SCREENING, State.ENROLLED)
"""Where a trial of a referral stands while its centre sees how to reach the person."""


@dataclass(frozen=True)
class Details:
    """Who someone is; what is not kept is empty."""

    name: str = ""
    record_number: str = ""
    phone: str = ""
    email: str = ""
    birth_date: str = ""

    def __bool__(self) -> bool:
        return any(asdict(self).values())


@dataclass(frozen=True)
class Contact:
    """How a centre reaches a person who agreed to it."""

    name: str
    phone: str
    email: str


class IdentityQuerySet(models.QuerySet["Identity"]):
    def visible_to(self, user: User) -> IdentityQuerySet:
        """Those of the people of the sites where `user` is a clinician."""
        return self.filter(site__in=user.sites_as(Role.CLINICIAN))

    def with_record_number(self, sites: Iterable[Site], number: str) -> IdentityQuerySet:
        """Those that have the record number at one of `sites`, under whichever key of the installation."""
        hashes = [one for site in sites for one in record_hashes(site.pk, number)]
        return self.filter(record_hash__in=hashes)


class Identity(models.Model):
    """The key of one participant, and what is sealed with it: name, contact, record number.

    The key is itself sealed with the installation's, which lies outside the database. Erasure destroys
    `sealed_key`: whatever was sealed with it is then gone, in every backup made from then on.
    """

    participant = models.OneToOneField(Participant, on_delete=models.PROTECT, related_name="identity")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    sealed_key = models.TextField(blank=True)
    sealed_details = models.TextField(blank=True)
    record_hash = models.CharField(
        max_length=64, blank=True, help_text="Keyed hash of the site's own record number"
    )
    changed_at = models.DateTimeField(default=timezone.now)
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = IdentityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "identities"
        constraints = [
            models.UniqueConstraint(
                fields=["site", "record_hash"], condition=~Q(record_hash=""), name="identity_once_per_record"
            ),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | Q(sealed_key="", sealed_details="", record_hash=""),
                name="identity_erased_is_empty",
            ),
        ]

    def __str__(self) -> str:
        return f"identity of participant {self.participant_id}"

    @classmethod
    def of_new(cls, participant: Participant) -> Identity:
        """Return the unsaved identity of someone new: a fresh key, and nothing sealed with it yet."""
        identity = cls(participant=participant, site_id=participant.site_id)
        key = new_key()
        identity.sealed_key = seal_key(key, identity._place("sealed_key"))
        identity.key = key
        return identity

    def _place(self, column: str) -> Place:
        return Place(TABLE, column, self.participant_id)

    @property
    def is_erased(self) -> bool:
        return self.erased_at is not None

    @cached_property
    def key(self) -> bytes:
        """The person's key.

        Raises:
            Erased: it was destroyed.
            MissingKey: the installation's key that sealed it is not there.
        """
        return unseal_key(self.sealed_key, self._place("sealed_key"))

    def seal_key_anew(self) -> None:
        """Seal the key, and the hash of the record number, with the installation's key in use."""
        self.sealed_key = seal_key(self.key, self._place("sealed_key"))
        hashes = record_hashes(self.site_id, self.details.record_number)
        self.record_hash = hashes[0] if hashes else ""

    @property
    def details(self) -> Details:
        """What is sealed here; all empty where there is nothing, or nothing any more."""
        if not self.sealed_details:
            return Details()
        said = json.loads(unseal(self.key, self.sealed_details, self._place("sealed_details")))
        return Details(**{field.name: said.get(field.name, "") for field in fields(Details)})

    @details.setter
    def details(self, details: Details) -> None:
        said = json.dumps({name: text for name, text in asdict(details).items() if text})
        self.sealed_details = seal(self.key, said, self._place("sealed_details")) if details else ""
        hashes = record_hashes(self.site_id, details.record_number)
        self.record_hash = hashes[0] if hashes else ""


def contact_for(referral: Referral) -> Contact | None:
    """Return how the centre of `referral` reaches the person; None as long as it may not know.

    The person has agreed to be contacted, the centre has accepted, and the identity is not erased.
    """
    if referral.contact_consent_on is None or referral.submitted_at is None:
        return None
    accepted = Q(state__in=MAY_BE_CONTACTED) | Q(state=State.ON_HOLD, held_in__in=MAY_BE_CONTACTED)
    if not referral.trials.filter(accepted).exists():
        return None
    identity = Identity.objects.filter(participant=referral.participant_id).first()
    if identity is None or identity.is_erased:
        return None
    details = identity.details
    found = Contact(details.name, details.phone, details.email)
    return found if any((found.name, found.phone, found.email)) else None
