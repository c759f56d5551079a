"""Record a pre-screen."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction

from screening.actions.drafts import AlreadyCorrected
from screening.actions.observations import keep_observations
from screening.actions.trail import write_event
from screening.births import close_birth
from screening.interop.typed import InputProblem, read_typed
from screening.models import Draft, Screening, StoredText, User, Verdict
from screening.rules.content import Content
from screening.rules.explanation import explain

logger = logging.getLogger(__name__)


class NotRecordable(Exception):
    """The answers have problems, or there are none; `problems` has every reason."""

    def __init__(self, problems: Iterable[InputProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"{len(self.problems)} problems")


class ReasonMissing(Exception):
    """A correction is recorded with the reason for it."""


class DraftChanged(Exception):
    """The form changed while it was being recorded: what was reviewed is not what it says now."""


def record_screening(
    draft: Draft, *, by: User, at: datetime, token: uuid.UUID, content: Content, reason: str = ""
) -> Screening:
    """Return the pre-screen recorded from `draft`; the same one when `token` was recorded before.

    The form is removed, and what is new is kept for the person's page, in the same transaction. At most
    eight statements read or write rows, whatever the number of trials, once their texts are stored.

    Args:
        reason: why the pre-screen that this one replaces is corrected.

    Raises:
        NotRecordable: the answers cannot be used as they stand.
        ReasonMissing: it replaces another, and nothing says why.
        DraftChanged: the form was saved again after `draft` was read.
        AlreadyCorrected: the pre-screen it was to replace has been replaced.
    """
    reading = read_typed(content.catalogue, draft.typed, draft.as_of)
    if reading.problems or reading.answers is None:
        raise NotRecordable(reading.problems)
    if len(reading.payload) == 2 and not reading.payload["facts"]:
        raise NotRecordable([InputProblem("", "Answer at least one question")])
    if draft.supersedes is not None and not reason:
        raise ReasonMissing
    result = explain(content, reading.answers)
    participant = draft.participant
    if draft.supersedes is not None:
        draft.supersedes.participant = participant
    screening = Screening(
        token=token,
        participant=participant,
        as_of=draft.as_of,
        recorded_at=at,
        recorded_by=by,
        result=result,
        engine=result["engine"],
        catalogue_id=content.catalogue.sha256,
        supersedes_id=draft.supersedes_id,
        correction_reason=reason if draft.supersedes is not None else "",
    )
    screening.answers = close_birth(reading.payload, participant.identity.key, screening.answers_place)
    try:
        with transaction.atomic():
            _store_texts(content)
            screening.save()
            Verdict.objects.bulk_create(_verdict(screening, trial) for trial in result["trials"])
            keep_observations(
                screening,
                reading.payload,
                catalogue=content.catalogue,
                corrected=draft.supersedes.told if draft.supersedes is not None else None,
                reason=reason,
            )
            removed, _ = Draft.objects.filter(pk=draft.pk, updated_at=draft.updated_at).delete()
            if not removed:
                raise DraftChanged
            write_event(
                "pre_screen.corrected" if draft.supersedes is not None else "pre_screen.recorded",
                by=by,
                at=at,
                site=participant.site,
                participant=participant,
                subject=f"screening:{screening.pk}",
            )
    except IntegrityError:
        recorded = Screening.objects.filter(token=token).first()
        if recorded is not None:
            return recorded
        if draft.supersedes_id and Screening.objects.filter(supersedes=draft.supersedes_id).exists():
            raise AlreadyCorrected from None
        raise
    logger.info("screening recorded", extra={"screening": screening.pk})
    return screening


def _store_texts(content: Content) -> None:
    """Store the texts of the catalogue and the protocols that are not there yet."""
    texts = {content.catalogue.sha256: (StoredText.Kind.CATALOGUE, content.catalogue.canonical)}
    texts |= {
        protocol.sha256: (StoredText.Kind.PROTOCOL, protocol.canonical) for protocol in content.protocols
    }
    there = set(StoredText.objects.filter(pk__in=texts).values_list("pk", flat=True))
    missing = [
        StoredText(sha256=sha256, kind=kind, text=text)
        for sha256, (kind, text) in texts.items()
        if sha256 not in there
    ]
    if missing:
        StoredText.objects.bulk_create(missing, ignore_conflicts=True)


def _verdict(screening: Screening, trial: dict[str, Any]) -> Verdict:
    return Verdict(
        screening=screening,
        protocol=trial["id"],
        title=trial["title"],
        protocol_text_id=trial["sha256"],
        candidacy=trial["candidacy"],
        fail_count=trial["counts"]["fail"],
        unknown_count=trial["counts"]["unknown"],
        caution_count=len(trial["cautions_against"]),
        not_before=_day(trial["not_before"]),
        lapses_on=_day(trial["lapses_on"]),
        fresh_until=_day(trial["fresh_until"]),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text is not None else None
