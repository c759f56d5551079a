"""What people decide and look up themselves: own views, items confirmed, decisions at the clinic."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from screening.actions.moves import Refused
from screening.actions.shown import items_to_confirm, latest_confirmations, trial_result
from screening.actions.trail import write_event, write_referral_event
from screening.models import ClinicDecision, Confirmation, OwnView, Screening, TrialReferral, User


@transaction.atomic
def confirm(
    trial: TrialReferral, *, item: str, answer: str, document: str = "", by: User, at: datetime
) -> Confirmation:
    """Answer one item to confirm; the same answer again is not written twice.

    Raises:
        Refused: no such item or answer.
    """
    current = (
        TrialReferral.objects.select_for_update(of=("self",))
        .select_related("referral__screening")
        .get(pk=trial.pk)
    )
    result = trial_result(current.referral.screening, current.protocol)
    if item not in {one["id"] for one in result["to_confirm"]} or answer not in Confirmation.Answer.values:
        raise Refused({"checklist": _("Choose one of the answers")})
    before = latest_confirmations(current)
    said = before.get(item)
    if said is not None and (said.answer, said.document) == (answer, document.strip()):
        return said
    made = Confirmation.objects.create(
        trial=current, item=item, answer=answer, document=document.strip(), at=at, by=by
    )
    current.confirm_count = len(items_to_confirm(result, before | {item: made}))
    current.version += 1
    current.save(update_fields=["confirm_count", "version"])
    write_referral_event(
        "referral.confirmed", current.referral, by=by, at=at, trial=current, details={"item": item}
    )
    return made


@transaction.atomic
def record_own_view(screening: Screening, *, protocol: str, view: str, by: User, at: datetime) -> OwnView:
    """Keep what someone thinks before they read the engine's answer; the first view stays.

    Raises:
        Refused: no such view.
    """
    if view not in OwnView.View.values:
        raise Refused({"view": _("Choose one of the views")})
    kept, made = OwnView.objects.get_or_create(
        screening=screening, protocol=protocol, by=by, defaults={"view": view, "at": at}
    )
    if made:
        write_event(
            "own_view.recorded",
            by=by,
            at=at,
            site=screening.participant.site,
            participant=screening.participant,
            subject=f"screening:{screening.pk}",
            details={"protocol": protocol},
        )
    return kept


@transaction.atomic
def decide_at_clinic(
    screening: Screening,
    *,
    kind: str,
    by: User,
    at: datetime,
    token: uuid.UUID,
    recheck_on: date | None = None,
    reason: str = "",
) -> ClinicDecision:
    """Record what the clinician decided without a referral.

    Raises:
        Refused: no such decision, or its day or reason is missing.
    """
    problems = {}
    if kind not in ClinicDecision.Kind.values:
        problems["kind"] = _("Choose one of the decisions")
    if kind == ClinicDecision.Kind.WAITING and (
        recheck_on is None or recheck_on <= screening.participant.site.day_of(at)
    ):
        problems["recheck_on"] = _("Enter the day to look again, after today")
    if kind == ClinicDecision.Kind.NOT_NOW and not reason.strip():
        problems["reason"] = _("Write the reason")
    if problems:
        raise Refused(problems)
    decision, made = ClinicDecision.objects.get_or_create(
        token=token,
        defaults={
            "screening": screening,
            "kind": kind,
            "recheck_on": recheck_on if kind == ClinicDecision.Kind.WAITING else None,
            "reason": reason.strip(),
            "at": at,
            "by": by,
        },
    )
    if made:
        write_event(
            f"clinic.{kind}",
            by=by,
            at=at,
            site=screening.participant.site,
            participant=screening.participant,
            subject=f"screening:{screening.pk}",
        )
    return decision
