"""The interpretation ledger: what was asked about a criterion's wording, who answered, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from screening.models.append_only import AppendOnlyModel, AppendOnlyQuerySet
from screening.models.people import Role, Site, TrialSite

if TYPE_CHECKING:
    from screening.models.people import User

LONGEST_QUESTION = 1000
LONGEST_ANSWER = 2000
LONGEST_REFERENCE = 120


class InterpretationQuerySet(AppendOnlyQuerySet):
    def about(self, protocol: str, criterion: str) -> InterpretationQuerySet:
        """Return the entries about one criterion, the latest answer first, with their authors and sites."""
        found = self.filter(protocol=protocol, criterion=criterion)
        return found.select_related("written_by", "site", "replaced_by").order_by("-answered_on", "-pk")


class Interpretation(AppendOnlyModel):
    """One answer to one question about a criterion; a mistake is mended by an entry that replaces it.

    It is about wording and never about a person.
    """

    class AnsweredBy(models.TextChoices):
        SPONSOR = "sponsor", _("Sponsor")
        SITE_INVESTIGATOR = "site_investigator", _("Site investigator")
        MONITOR = "monitor", _("Monitor")
        OWN_READING = "own_reading", _("Own reading")

    token = models.UUIDField(unique=True, editable=False, help_text="One per form: two clicks, one entry")
    protocol = models.SlugField(max_length=64)
    criterion = models.CharField(max_length=200)
    protocol_sha256 = models.CharField(max_length=64, help_text="The rules that the entry was written for")
    question = models.CharField(max_length=LONGEST_QUESTION)
    answer = models.CharField(max_length=LONGEST_ANSWER)
    answered_by = models.CharField(max_length=24, choices=AnsweredBy.choices)
    answered_on = models.DateField()
    reference = models.CharField(max_length=LONGEST_REFERENCE, blank=True, help_text="A letter's number")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="replaced_by", null=True, blank=True
    )

    objects = InterpretationQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["protocol", "criterion"], name="interpretation_by_criterion")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(question="") & ~Q(answer=""), name="interpretation_has_both_sides"
            ),
            models.CheckConstraint(
                condition=Q(answered_by__in=["sponsor", "site_investigator", "monitor", "own_reading"]),
                name="interpretation_is_somebodys",
            ),
        ]

    def __str__(self) -> str:
        return f"interpretation {self.pk} of {self.protocol} {self.criterion}"


def sites_of_author(user: User, protocol: str) -> list[Site]:
    """Return the centres at which `user` works on the trial as coordinator or investigator, by name."""
    held = dict.fromkeys(user.trials_as(Role.COORDINATOR, Role.INVESTIGATOR))
    taking = set(TrialSite.objects.filter(protocol=protocol).values_list("site_id", flat=True))
    own = {site for site, trial in held if trial in ("", protocol) and site in taking}
    return [site for site in user.sites_as(Role.COORDINATOR, Role.INVESTIGATOR) if site.pk in own]
