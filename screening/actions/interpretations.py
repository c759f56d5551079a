"""Write into the interpretation ledger: one entry, or one that replaces another."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from screening.actions.moves import MovedMeanwhile, Refused
from screening.actions.trail import write_event
from screening.models import Interpretation, Site, User
from screening.models.interpretations import sites_of_author
from screening.rules.protocol import Protocol

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reading:
    """What an entry says: the question, its answer, whose it is, of which day, and where it stands."""

    question: str
    answer: str
    answered_by: str
    answered_on: date
    reference: str = ""


@transaction.atomic
def write_interpretation(
    protocol: Protocol,
    criterion: str,
    reading: Reading,
    *,
    site: Site,
    by: User,
    at: datetime,
    token: uuid.UUID,
    replaces: Interpretation | None = None,
) -> Interpretation:
    """Return the entry, bound to the rules as they stand; the same one when `token` wrote it before.

    Args:
        site: the centre for which it is written.
        replaces: the entry of the same centre and criterion that it corrects.

    Raises:
        Refused: `by` does not work on the trial at `site`, or the day of the answer is yet to come.
        MovedMeanwhile: another entry has replaced `replaces` already.
    """
    if site not in sites_of_author(by, protocol.id):
        raise Refused({"act": "Ask a coordinator or investigator of this trial to write it"})
    if reading.answered_on > site.day_of(at):
        raise Refused({"answered_on": "Enter the day of the answer, up to today"})
    # One entry of a centre at a time: a second click finds the first, a second correction the other.
    Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    written = Interpretation.objects.filter(token=token, written_by=by).first()
    if written is not None:
        return written
    if replaces is not None:
        same = Interpretation.objects.filter(protocol=protocol.id, criterion=criterion, site=site)
        replaces = same.get(pk=replaces.pk)
        if Interpretation.objects.filter(replaces=replaces).exists():
            raise MovedMeanwhile
    written = Interpretation.objects.create(
        token=token,
        protocol=protocol.id,
        criterion=criterion,
        protocol_sha256=protocol.sha256,
        question=reading.question,
        answer=reading.answer,
        answered_by=reading.answered_by,
        answered_on=reading.answered_on,
        reference=reading.reference,
        site=site,
        written_by=by,
        written_at=at,
        replaces=replaces,
    )
    act = "interpretation.written" if replaces is None else "interpretation.replaced"
    write_event(
        act,
        by=by,
        at=at,
        site=site,
        subject=f"interpretation:{written.pk}",
        details={"protocol": protocol.id},
    )
    logger.info(act, extra={"interpretation": written.pk})
    return written
