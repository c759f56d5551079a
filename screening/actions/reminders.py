"""Tell people that a day has come: what is due, what was on hold, whom to look at again."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from screening.actions.moves import coordinators_of, roles_on
from screening.actions.notices import notify
from screening.flow import State
from screening.models import ClinicDecision, Notice, Referral, Role, Screening, TrialReferral, User

ANYWHERE = timedelta(days=1)
"""Nowhere is it later than this beyond the day of UTC: a coarse bound, before each site's own day."""


@transaction.atomic
def remind_of_what_is_due(*, at: datetime) -> int:
    """Leave a notice for whoever has waited for a day that has come; return how many that made.

    Told again, nothing is added: what is due once a day, what was on hold once for each hold, whom to look
    at again once.
    """
    return _of_due(at) + _of_holds(at) + _of_rechecks(at)


def _of_due(at: datetime) -> int:
    """Tell owners of what is due at their site by today, once a day; the day of a hold is told as such."""
    made = 0
    due = TrialReferral.objects.open().filter(due_on__lte=at.date() + ANYWHERE, owner__isnull=False)
    for trial in due.select_related("site", "owner").select_for_update(of=("self",)):
        today = trial.site.day_of(at)
        midnight = datetime.combine(today, time(), ZoneInfo(trial.site.time_zone))
        told = Notice.objects.filter(
            user=trial.owner, trial=trial, kind=Notice.Kind.DUE, at__gte=midnight
        ).exists()
        told_as_hold = trial.state == State.ON_HOLD and trial.hold_until == trial.due_on
        if trial.owner is None or trial.due_on is None or trial.due_on > today or told or told_as_hold:
            continue
        made += notify([trial.owner], Notice.Kind.DUE, trial, site=trial.site, at=at)
    return made


def _of_holds(at: datetime) -> int:
    """Tell the owner, or else the trial's coordinators, of a hold whose day has come."""
    made = 0
    held = TrialReferral.objects.filter(state=State.ON_HOLD, hold_until__lte=at.date() + ANYWHERE)
    for trial in held.select_related("site", "owner").select_for_update(of=("self",)):
        told = Notice.objects.filter(trial=trial, kind=Notice.Kind.HELD, at__gte=trial.state_since).exists()
        if trial.hold_until is None or trial.hold_until > trial.site.day_of(at) or told:
            continue
        owner = trial.owner
        works_there = owner is not None and owner.is_active and bool(roles_on(owner, trial))
        people = [owner] if owner is not None and works_there else coordinators_of(trial)
        made += notify(people, Notice.Kind.HELD, trial, site=trial.site, at=at)
    return made


def _of_rechecks(at: datetime) -> int:
    """Tell who waited for results, where nothing was done about the person since."""
    made = 0
    same_person = Q(participant=OuterRef("screening__participant"))
    waiting = ClinicDecision.objects.filter(
        ~Exists(Notice.objects.filter(decision=OuterRef("pk"))),
        ~Exists(
            ClinicDecision.objects.filter(
                screening__participant=OuterRef("screening__participant"), pk__gt=OuterRef("pk")
            )
        ),
        ~Exists(Screening.objects.filter(same_person, recorded_at__gt=OuterRef("at"))),
        ~Exists(Referral.objects.filter(same_person, submitted_at__gt=OuterRef("at"))),
        kind=ClinicDecision.Kind.WAITING,
        recheck_on__lte=at.date() + ANYWHERE,
        screening__participant__identity__erased_at__isnull=True,
    )
    for decision in waiting.select_related("by", "screening__participant__site").defer(
        "screening__answers", "screening__result"
    ):
        site = decision.screening.participant.site
        if decision.recheck_on is None or decision.recheck_on > site.day_of(at):
            continue
        told = {"kind": Notice.Kind.RECHECK, "site": site, "at": at}
        for user in _who_looks_again(decision):
            _, is_new = Notice.objects.get_or_create(user=user, decision=decision, defaults=told)
            made += is_new
    return made


def _who_looks_again(decision: ClinicDecision) -> list[User]:
    """Return who decided to wait; where they left the clinic, its clinicians."""
    site = decision.screening.participant.site
    found = User.objects.filter(
        is_active=True, memberships__site=site, memberships__role=Role.CLINICIAN
    ).distinct()
    there = [user for user in found if site in user.sites_as(Role.CLINICIAN)]
    return [user for user in there if user.pk == decision.by_id] or there
