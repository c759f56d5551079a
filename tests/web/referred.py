"""Referrals for tests, made as the pages make them."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

from screening import actions
from screening.actions.shown import latest_confirmations, shown_sha256
from screening.models import Referral, Role, Screening, Site, TrialReferral, TrialSite, User
from tests.factories import make_site, make_user
from tests.web.recorded import record

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
TRIAL = "zimislecel-forward"
LETTER: dict[str, Any] = {
    "contact_consent_on": date(2026, 11, 20),
    "contact_way": "phone",
    "contact_time": "weekday mornings",
    "contact_language": "English",
    "reason": "Three collapses last winter in spite of a sensor and a closed loop.",
}


def make_centre(*protocols: str, slug: str = "lakeside", **fields: Any) -> Site:
    """Return a centre that takes referrals for `protocols`."""
    centre = make_site(slug)
    for name, value in fields.items():
        setattr(centre, name, value)
    centre.save()
    for protocol in protocols or (TRIAL,):
        TrialSite.objects.get_or_create(site=centre, protocol=protocol)
    return centre


def refer(
    by: User, screening: Screening | None = None, *protocols: str, centre: Site | None = None
) -> Referral:
    """Return a referral that has been sent."""
    referral = actions.start_referral(
        screening or record(by),
        centre=centre or make_centre(*protocols),
        protocols=protocols or (TRIAL,),
        by=by,
        at=AT,
        token=uuid.uuid4(),
    )
    actions.save_letter(referral, letter=LETTER, by=by, at=AT)
    return actions.submit_referral(
        referral, by=by, at=AT, token=uuid.uuid4(), words="The open exclusions are being looked up."
    )


def move(trial: TrialReferral, act: str, by: User, **given: Any) -> TrialReferral:
    """Return the trial after the move, bound to what is shown now."""
    trial = TrialReferral.objects.get(pk=trial.pk)
    shown = shown_sha256(trial, latest_confirmations(trial))
    return actions.move_trial(
        trial,
        act,
        by=by,
        at=AT,
        version=trial.version,
        token=uuid.uuid4(),
        given=actions.Given(**{"shown_sha256": shown, **given}),
    )


def confirm_all(trial: TrialReferral, by: User) -> None:
    """Answer every item to confirm."""
    result = next(one for one in trial.referral.screening.result["trials"] if one["id"] == trial.protocol)
    for item in result["to_confirm"]:
        actions.confirm(trial, item=item["id"], answer="yes", document="Clinic letter", by=by, at=AT)


def staff(centre: Site) -> tuple[User, User]:
    """Return a coordinator and an investigator of `centre`."""
    return make_user(Role.COORDINATOR, centre), make_user(Role.INVESTIGATOR, centre)
