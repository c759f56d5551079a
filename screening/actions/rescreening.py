"""Evaluate everybody's last answers for another day, and keep who stands elsewhere by then."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from screening.actions.trail import write_event
from screening.interop.typed import as_typed, read_typed
from screening.models import CandidacyChange, RescreeningRun, Screening
from screening.rules.candidacy import Candidacy
from screening.rules.content import Content
from screening.rules.rescreening import Moved, Reason, moved
from screening.rules.screening import rulebook
from screening.sealing import SealError

logger = logging.getLogger(__name__)

BATCH = 200
BROKEN_OFF = timedelta(days=1)
"""A run that began longer ago than this and has no end was broken off."""


def rescreen(content: Content, *, as_of: date | None, at: datetime) -> RescreeningRun:
    """Find who stands elsewhere on `as_of` than at their latest standing pre-screen.

    What was recorded stays as it is, and what the run before found is replaced at the end. People whose
    identity is erased, and those pre-screened after `as_of`, are left out.

    Args:
        as_of: the day to evaluate for; None for the day it is at each site.

    Returns:
        The run, with the changes found.
    """
    run = RescreeningRun.objects.create(began_at=at, as_of=as_of)
    found: list[CandidacyChange] = []
    for screening in _latest():
        day = as_of if as_of is not None else screening.participant.site.day_of(at)
        if screening.as_of > day:
            continue
        try:
            changes = list(_moved(content, screening, day))
        except (SealError, _Unusable):
            logger.warning("pre-screen not evaluated anew", extra={"screening": screening.pk})
            run.not_evaluated += 1
            continue
        run.people += 1
        found += [_row(run, screening, day, change) for change in changes]
        if len(found) >= BATCH:
            CandidacyChange.objects.bulk_create(found)
            found.clear()
    CandidacyChange.objects.bulk_create(found)
    _finish(run, at)
    return run


class _Unusable(Exception):
    """Nothing of the answers fits the questions that are installed."""


def _latest() -> Iterator[Screening]:
    """Yield the latest standing pre-screen of everybody, a batch in memory at a time."""
    rows = (
        Screening.objects.latest_of_each()
        .select_related("participant__site", "participant__identity")
        .defer("result")
        .prefetch_related("verdicts")
        .order_by("pk")
    )
    return rows.iterator(chunk_size=BATCH)


def _moved(content: Content, screening: Screening, day: date) -> Iterator[Moved]:
    typed = as_typed(content.catalogue, screening.told)
    answers = read_typed(content.catalogue, typed, screening.as_of).answers
    if answers is None:
        raise _Unusable
    return moved(rulebook(content), answers, day, _recorded(screening))


def _recorded(screening: Screening) -> dict[str, Candidacy]:
    return {one.protocol: Candidacy(one.candidacy) for one in screening.verdicts.all()}


def _row(run: RescreeningRun, screening: Screening, day: date, change: Moved) -> CandidacyChange:
    return CandidacyChange(
        run=run,
        screening=screening,
        protocol=change.protocol,
        as_of=day,
        then=change.then.value,
        now=change.now.value,
        if_still_true=change.if_still_true.value,
        reasons=[_told(reason) for reason in change.reasons],
    )


def _told(reason: Reason) -> dict[str, object]:
    return {
        "cause": reason.cause.value,
        "criteria": list(reason.criteria),
        "facts": list(reason.facts),
        "since": None if reason.since is None else reason.since.isoformat(),
        "tells_birth": reason.tells_birth,
    }


@transaction.atomic
def _finish(run: RescreeningRun, at: datetime) -> None:
    """Put `run` in the place of those before it; one that still goes on is left alone."""
    others = RescreeningRun.objects.exclude(pk=run.pk)
    others.filter(Q(finished_at__isnull=False) | Q(began_at__lt=at - BROKEN_OFF)).delete()
    run.finished_at = timezone.now()
    run.save()
    changes = run.changes.count()
    logger.info("rescreening finished", extra={"people": run.people, "changes": changes})
    write_event(
        "people.rescreened",
        by=None,
        at=at,
        details={"people": run.people, "not_evaluated": run.not_evaluated, "changes": changes},
    )
