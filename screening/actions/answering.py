"""Answer a centre's question with facts: the pre-screen is run anew, and the referral rests on it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from screening.actions.drafts import save_draft, start_again
from screening.actions.moves import MovedMeanwhile
from screening.actions.referrals import answer
from screening.actions.screenings import record_screening
from screening.models import Referral, Screening, ThreadEntry, User
from screening.rules.content import Content


@transaction.atomic
def answer_with_facts(
    referral: Referral,
    *,
    rests_on: Screening,
    typed: Mapping[str, str | list[str]],
    names: Iterable[str],
    text: str,
    by: User,
    at: datetime,
    token: uuid.UUID,
    content: Content,
) -> Referral:
    """Record a pre-screen of today from the answers of `rests_on` and what is typed, and answer with it.

    The earlier pre-screen stays as it is: it was right on its day. A second call with the same `token`
    changes nothing.

    Args:
        rests_on: the person's latest pre-screen.
        typed: what was typed into the inputs `names`; what is not among them stays as it was answered.

    Raises:
        NotRecordable: an answer cannot be used as it stands; nothing was kept.
        Refused: the answer has no words, or nothing is asked any more.
        MovedMeanwhile: the person was pre-screened again after the page was drawn.
    """
    current = Referral.objects.select_for_update().get(pk=referral.pk)
    if ThreadEntry.objects.filter(token=token).exists():
        return current
    of_person = Screening.objects.filter(participant=referral.participant_id)
    if of_person.standing().latest_first().first() != rests_on:
        raise MovedMeanwhile
    draft = start_again(
        rests_on,
        by=by,
        at=at,
        as_of=rests_on.participant.site.day_of(at),
        token=uuid.uuid5(token, "form"),
        catalogue=content.catalogue,
    )
    draft = save_draft(draft, typed=typed, names=names, catalogue=content.catalogue, at=at)
    screening = record_screening(draft, by=by, at=at, token=draft.pk, content=content)
    return answer(current, text=text, by=by, at=at, token=token, screening=screening)
