"""The rules a pre-screen was decided by, word for word."""

from __future__ import annotations

from django.db import models

from screening.models.append_only import AppendOnlyModel, AppendOnlyQuerySet


class StoredText(AppendOnlyModel):
    """The canonical text of a catalogue or a protocol, stored once per hash."""

    class Kind(models.TextChoices):
        CATALOGUE = "catalogue", "Fact catalogue"
        PROTOCOL = "protocol", "Protocol"

    sha256 = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    text = models.TextField()

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["catalogue", "protocol"]), name="stored_text_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.sha256[:12]}"
