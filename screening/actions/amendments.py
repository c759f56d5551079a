"""When a protocol's text changes: mark the referrals it touches, and run their answers anew."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from screening.actions.drafts import start_again
from screening.actions.moves import MovedMeanwhile, Refused
from screening.actions.referrals import rest_on
from screening.actions.screenings import NotRecordable, record_screening
from screening.actions.trail import write_event, write_referral_event
from screening.models import Screening, TrialReferral, User, Verdict
from screening.rules.content import Content
from screening.sealing import Erased


def mark_amended(content: Content, *, at: datetime) -> int:
    """Mark every open referral whose trial reads otherwise than when its pre-screen was evaluated.

    A mark that no longer holds, because the former text is installed again, is taken away.

    Returns:
        How many were marked or unmarked.
    """
    installed = {protocol.id: protocol.sha256 for protocol in content.protocols}
    evaluated = Verdict.objects.filter(
        screening=OuterRef("referral__screening"), protocol=OuterRef("protocol")
    ).values("protocol_text")[:1]
    rows = (
        TrialReferral.objects.open()
        .filter(protocol__in=installed)
        .annotate(evaluated=Subquery(evaluated))
        .values_list("pk", "protocol", "evaluated", "is_amended")
    )
    stale = [pk for pk, protocol, sha256, marked in rows if (sha256 != installed[protocol]) is not marked]
    return sum(_mark(pk, installed, at=at) for pk in stale)


@transaction.atomic
def _mark(pk: int, installed: Mapping[str, str], *, at: datetime) -> bool:
    """Mark or unmark one referral as it stands now; return whether that changed it."""
    trial = (
        TrialReferral.objects.select_for_update(of=("self",))
        .select_related("site", "referral__participant")
        .get(pk=pk)
    )
    verdict = Verdict.objects.get(screening=trial.referral.screening_id, protocol=trial.protocol)
    is_amended = verdict.protocol_text_id != installed[trial.protocol]
    if is_amended is trial.is_amended:
        return False
    trial.is_amended = is_amended
    trial.version += 1
    trial.save(update_fields=["is_amended", "version"])
    write_event(
        "referral.amended" if is_amended else "referral.as_before",
        by=None,
        at=at,
        site=trial.site,
        participant=trial.referral.participant,
        subject=f"referral:{trial.referral_id}",
        details={"trial": trial.pk, "protocol": trial.protocol},
    )
    return True


@transaction.atomic
def screen_anew(
    trial: TrialReferral, *, by: User, at: datetime, version: int, token: uuid.UUID, content: Content
) -> Screening:
    """Run the person's latest answers against the installed protocols, and rest the referral on that.

    A pre-screen of today is recorded, each answer with its own day; the earlier one stays as it was. A
    second call with the same `token` changes nothing.

    Raises:
        MovedMeanwhile: the referral changed after the page was drawn.
        Refused: the answers cannot be used as they stand, or the person's identity is erased.
    """
    current = (
        TrialReferral.objects.select_for_update(of=("self",))
        .select_related("referral__participant__site")
        .get(pk=trial.pk)
    )
    recorded = Screening.objects.filter(token=token, participant=current.referral.participant_id).first()
    if recorded is not None:
        return recorded
    if current.version != version:
        raise MovedMeanwhile
    referral = current.referral
    latest = Screening.objects.filter(participant=referral.participant_id).standing().latest_first()[0]
    asked = set(referral.trials.values_list("protocol", flat=True))
    if not asked <= {protocol.id for protocol in content.protocols}:
        raise Refused(
            {"anew": _("Ask the administrator: a trial of this referral is not installed any more")}
        )
    try:
        draft = start_again(
            latest,
            by=by,
            at=at,
            as_of=referral.participant.site.day_of(at),
            token=token,
            catalogue=content.catalogue,
        )
        screening = record_screening(draft, by=by, at=at, token=token, content=content)
    except Erased:
        raise Refused({"anew": _("Decide on the pre-screen there is: the identity is erased")}) from None
    except NotRecordable:
        raise Refused(
            {"anew": _("Ask the clinic for a new pre-screen: an answer no longer fits its question")}
        ) from None
    rest_on(referral, screening, at=at)
    write_referral_event("referral.screened_anew", referral, by=by, at=at, trial=current)
    return screening
