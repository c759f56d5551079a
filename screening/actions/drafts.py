"""Begin, fill in and discard a form."""

from __future__ import annotations

import logging
import random
import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.db import IntegrityError, transaction

from screening.actions.trail import write_event
from screening.interop.repeating import repetition
from screening.interop.typed import MAX_ROWS, as_typed, asked_today, settle_ticks
from screening.models import Draft, Identity, Participant, Screening, Site, User
from screening.models.participants import new_reference
from screening.rules.content import Content
from screening.rules.facts import BIRTH, Catalogue

logger = logging.getLogger(__name__)

TURN = "saved-turn"
"""Among the typed answers: the last save, never typed by anyone."""
_TURN = re.compile(r"(?P<page>[0-9a-z]{1,16})\.(?P<number>[0-9]{1,6})", re.ASCII)


class AlreadyCorrected(Exception):
    """A pre-screen is replaced once; further corrections replace the correction."""


def add_participant(
    *, site: Site, by: User, at: datetime, source: random.Random | None = None
) -> Participant:
    """Return a new person of `site` under a reference no one has, with a key of their own.

    Args:
        source: where the chance in the reference comes from; left out, the operating system.
    """
    for _ in range(20):
        reference = new_reference(site, source)
        try:
            with transaction.atomic():
                person = Participant.objects.create(
                    reference=reference, site=site, created_by=by, created_at=at
                )
                Identity.of_new(person).save(force_insert=True)
                write_event(
                    "participant.added", by=by, at=at, participant=person, subject=f"participant:{person.pk}"
                )
                return person
        except IntegrityError:
            if not Participant.objects.filter(reference=reference).exists():
                raise
    raise RuntimeError("20 random references were all taken")


@transaction.atomic
def start_draft(
    *, participant: Participant | None, site: Site, by: User, at: datetime, as_of: date, token: uuid.UUID
) -> Draft:
    """Return the empty form that `token` stands for; a new one the first time.

    Args:
        participant: who the form is about; None for someone new at `site`.
        token: sent along with the page, so that a double click begins one form.
    """
    begun = Draft.objects.filter(pk=token, owner=by).first()
    if begun is not None:
        return begun
    if Draft.objects.filter(pk=token).exists() or Screening.objects.filter(token=token).exists():
        token = uuid.uuid4()
    person = participant or add_participant(site=site, by=by, at=at)
    draft = Draft.objects.create(
        pk=token, participant=person, owner=by, as_of=as_of, started_at=at, updated_at=at
    )
    _tell("form.begun", draft, by=by, at=at)
    return draft


@transaction.atomic
def save_draft(
    draft: Draft,
    *,
    typed: Mapping[str, str | list[str]],
    names: Iterable[str],
    catalogue: Catalogue,
    at: datetime,
    turn: str = "",
) -> Draft:
    """Keep what was typed into the inputs `names`; what is not among `typed` was left blank.

    Args:
        turn: `PAGE.NUMBER`, counted up by the scripts of one page, so that a save that arrives after a
            later one of the same page changes nothing; empty without scripts.

    Raises:
        Draft.DoesNotExist: the form was recorded or discarded meanwhile.
    """
    current = _locked(draft)
    before = current.typed
    if _comes_too_late(turn, before.get(TURN, "")):
        return current
    replaced = frozenset(names)
    kept = {name: value for name, value in before.items() if name not in replaced}
    kept = settle_ticks(catalogue, kept | {name: value for name, value in typed.items() if value})
    kept |= _typed_days(before, kept, catalogue, draft.participant.site.day_of(at))
    if kept != before:
        current.updated_at = at
    if _TURN.fullmatch(turn):
        kept[TURN] = turn
    if kept != before:
        current.typed = kept
        current.save(update_fields=["typed", "updated_at"])
    return current


def _locked(draft: Draft) -> Draft:
    """Return the form as it is saved now, held until the transaction ends.

    Raises:
        Draft.DoesNotExist: it was recorded or discarded meanwhile.
    """
    drafts = Draft.objects.select_for_update(of=("self",)).select_related("participant__identity")
    return drafts.get(pk=draft.pk)


def _comes_too_late(turn: str, saved: str) -> bool:
    """Return whether `saved` is a later turn of the same page as `turn`."""
    now, last = _TURN.fullmatch(turn), _TURN.fullmatch(saved)
    return bool(now and last and now["page"] == last["page"] and int(now["number"]) <= int(last["number"]))


def _typed_days(
    before: Mapping[str, object], after: Mapping[str, object], catalogue: Catalogue, today: date
) -> dict[str, str]:
    """Return `today` for every answer that is new and takes the day it was given."""
    changed = {
        name.partition("-")[0]
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name) and not name.endswith(("-on", "-due", "-asked", "-rows"))
    }
    day = today.isoformat()
    days = {}
    for name in changed:
        fact = catalogue.facts.get(name)
        if fact is not None and (asked_today(fact) or fact.name == BIRTH):
            days[f"{name}-asked"] = day
    if changed & {"events", "event"}:
        days["events-asked"] = day
    return days


def add_event_rows(draft: Draft, *, rows: int, at: datetime) -> Draft:
    """Show `rows` rows for severe events from now on."""
    return _set(draft, {"events-rows": str(min(rows, MAX_ROWS))}, at)


def clear_inputs(draft: Draft, *, names: Iterable[str], at: datetime) -> Draft:
    """Make the inputs `names` blank again: not asked."""
    return _set(draft, dict.fromkeys(names, ""), at)


def fill_inputs(draft: Draft, *, typed: Mapping[str, str], catalogue: Catalogue, at: datetime) -> Draft:
    """Answer several inputs at once, as after "no to all of these"."""
    return save_draft(draft, typed=typed, names=typed, catalogue=catalogue, at=at)


@transaction.atomic
def _set(draft: Draft, typed: Mapping[str, str], at: datetime) -> Draft:
    current = _locked(draft)
    kept = {**current.typed, **typed}
    current.typed = {name: value for name, value in kept.items() if value}
    current.updated_at = at
    current.save(update_fields=["typed", "updated_at"])
    return current


@transaction.atomic
def change_day(draft: Draft, *, as_of: date, at: datetime) -> Draft:
    """Make `as_of` the day of the pre-screen.

    An answer that was asked and has no date of its own counts from then on as given on that day, or on
    the day it was typed, whichever is earlier.
    """
    current = _locked(draft)
    current.as_of = as_of
    current.updated_at = at
    current.save(update_fields=["as_of", "updated_at"])
    return current


@transaction.atomic
def discard_draft(draft: Draft, *, by: User, at: datetime) -> None:
    """Remove a form for good; nothing recorded is touched."""
    Draft.objects.filter(pk=draft.pk).delete()
    _tell("form.discarded", draft, by=by, at=at)


@transaction.atomic
def start_again(
    screening: Screening, *, by: User, at: datetime, as_of: date, token: uuid.UUID, catalogue: Catalogue
) -> Draft:
    """Return a form of the day `as_of`, filled with the answers of `screening`, each with its own day.

    Args:
        token: sent along with the page, so that a double click begins one form.

    Raises:
        Erased: the person's identity is erased, and nobody is pre-screened under the reference any more.
    """
    return _filled(
        screening, by=by, at=at, as_of=as_of, token=token, typed=as_typed(catalogue, screening.told)
    )


@transaction.atomic
def repeat(
    screening: Screening, *, by: User, at: datetime, as_of: date, token: uuid.UUID, content: Content
) -> Draft:
    """Return a form of the day `as_of` with what still counts of `screening`; the rest is asked again.

    Args:
        token: sent along with the page, so that a double click begins one form.

    Raises:
        Erased: the person's identity is erased, and nobody is pre-screened under the reference any more.
    """
    as_of = max(as_of, screening.as_of)
    typed = repetition(content, screening.told, as_of).typed
    return _filled(screening, by=by, at=at, as_of=as_of, token=token, typed=typed, repeats=screening)


def _filled(
    screening: Screening,
    *,
    by: User,
    at: datetime,
    as_of: date,
    token: uuid.UUID,
    typed: Mapping[str, str | list[str]],
    repeats: Screening | None = None,
) -> Draft:
    begun = Draft.objects.filter(pk=token, owner=by, participant=screening.participant_id).first()
    if begun is not None:
        return begun
    if Draft.objects.filter(pk=token).exists() or Screening.objects.filter(token=token).exists():
        token = uuid.uuid4()
    draft = Draft.objects.create(
        pk=token,
        participant=screening.participant,
        owner=by,
        as_of=max(as_of, screening.as_of),
        typed=typed,
        started_at=at,
        updated_at=at,
        repeats=repeats,
    )
    _tell("form.begun", draft, by=by, at=at)
    return draft


@transaction.atomic
def supersede(screening: Screening, *, by: User, at: datetime, catalogue: Catalogue) -> Draft:
    """Return a form filled with the answers of `screening`, whose recording will replace it.

    A second click finds the form that the first one began.

    Raises:
        AlreadyCorrected: another pre-screen replaced it before.
        Erased: the person's identity is erased, and what is recorded stays as it is.
    """
    if Screening.objects.filter(supersedes=screening).exists():
        raise AlreadyCorrected
    begun = Draft.objects.filter(supersedes=screening, owner=by).first()
    if begun is not None:
        return begun
    draft = Draft.objects.create(
        participant=screening.participant,
        owner=by,
        as_of=screening.as_of,
        typed=as_typed(catalogue, screening.told),
        started_at=at,
        updated_at=at,
        supersedes=screening,
    )
    _tell("correction.begun", draft, by=by, at=at)
    return draft


def _tell(act: str, draft: Draft, *, by: User, at: datetime) -> None:
    logger.info(act, extra={"draft": str(draft.pk)})
    write_event(
        act,
        by=by,
        at=at,
        site=draft.participant.site,
        participant=draft.participant,
        subject=f"form:{draft.pk}",
    )
