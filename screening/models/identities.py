"""Who a participant is: sealed, optional, and for the own site's clinicians only."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from screening.models.participants import Participant
from screening.models.people import Site


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
