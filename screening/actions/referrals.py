"""Refer a person: the letter, its questions and answers, and who has it at the centre."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from screening.actions.moves import Given, MovedMeanwhile, Refused, has_own_view, move_trial, roles_on
from screening.actions.notices import notify
from screening.actions.shown import items_to_confirm, latest_confirmations, trial_result
from screening.actions.trail import write_referral_event
from screening.births import age_of, sex_of
from screening.flow import OPEN, State
from screening.models import (
    Notice,
    Participant,
    Referral,
    Role,
    Screening,
    Site,
    ThreadEntry,
    TrialReferral,
    TrialSite,
    User,
)

LETTER = (
    "contact_consent_on",
    "contact_way",
    "contact_time",
    "contact_language",
    "reason",
    "therapies",
    "medicines",
    "circumstances",
    "told",
    "despite",
    "orders",
)
"""The fields of a referral that its author writes."""


@transaction.atomic
def start_referral(
    screening: Screening,
    *,
    centre: Site,
    protocols: Sequence[str],
    by: User,
    at: datetime,
    token: uuid.UUID,
) -> Referral:
    """Return a referral that is still a draft; the same one when `token` began it before.

    Raises:
        Refused: no trial, one that the centre takes no referrals for, one that the person is referred to
            already, or a pre-screen that was replaced.
    """
    # One at a time for each person, so that nobody is referred twice to one trial.
    Participant.objects.select_for_update().get(pk=screening.participant_id)
    begun = Referral.objects.filter(token=token).first()
    if begun is not None:
        return begun
    problems = _problems_of_start(screening, centre, protocols, by)
    if problems:
        raise Refused(problems)
    referral = Referral.objects.create(
        token=token,
        participant=screening.participant,
        screening=screening,
        centre=centre,
        referred_by=by,
        created_at=at,
    )
    verdicts = {verdict.protocol: verdict for verdict in screening.verdicts.all()}
    for protocol in protocols:
        verdict = verdicts[protocol]
        TrialReferral.objects.create(
            referral=referral,
            site=centre,
            protocol=protocol,
            title=verdict.title,
            state=State.DRAFT,
            state_since=at,
            candidacy=verdict.candidacy,
            unknown_count=verdict.unknown_count,
            confirm_count=len(trial_result(screening, protocol)["to_confirm"]),
            lapses_on=verdict.lapses_on,
            clinic=screening.participant.site,
            age=age_of(screening.answers),
            sex=sex_of(screening.answers),
        )
    write_referral_event("referral.begun", referral, by=by, at=at, details={"protocols": list(protocols)})
    return referral


def _problems_of_start(
    screening: Screening, centre: Site, protocols: Sequence[str], by: User
) -> dict[str, str]:
    if not protocols:
        return {"protocols": _("Choose at least one trial")}
    if Screening.objects.filter(supersedes=screening).exists():
        return {"protocols": _("Refer from the pre-screen that replaced this one")}
    if screening.participant.site.own_view_first and not has_own_view(screening, "", by):
        return {"own_view": _("Record your own view first")}
    open_here = set(
        TrialSite.objects.filter(site=centre, is_open=True, protocol__in=protocols).values_list(
            "protocol", flat=True
        )
    )
    answered = set(screening.verdicts.values_list("protocol", flat=True))
    if not open_here & answered >= set(protocols):
        return {
            "protocols": _("Choose among the trials that {centre} takes referrals for").format(centre=centre)
        }
    under_way = TrialReferral.objects.filter(
        referral__participant=screening.participant, protocol__in=protocols, state__in=[State.DRAFT, *OPEN]
    )
    if under_way.exists():
        return {"protocols": _("Leave out the trial that this person is referred to already")}
    return {}


def letter_sha256(referral: Referral) -> str:
    """Return the hash of what the author wrote so far."""
    text = json.dumps({name: str(getattr(referral, name)) for name in LETTER}, sort_keys=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


@transaction.atomic
def save_letter(
    referral: Referral, *, letter: Mapping[str, Any], by: User, at: datetime, based_on: str | None = None
) -> Referral:
    """Keep what the author wrote so far; nothing is written where nothing changed.

    Args:
        based_on: the hash of the letter that stood on the page (`letter_sha256`); left out, whatever is
            there is replaced.

    Raises:
        MovedMeanwhile: the letter has been sent, or was written on elsewhere.
    """
    current = Referral.objects.select_for_update().get(pk=referral.pk)
    if current.submitted_at is not None or based_on not in (None, letter_sha256(current)):
        raise MovedMeanwhile
    changed = [name for name in LETTER if name in letter and getattr(current, name) != letter[name]]
    for name in changed:
        setattr(current, name, letter[name])
    if changed:
        current.save(update_fields=changed)
        write_referral_event("referral.written", current, by=by, at=at)
    return current


@transaction.atomic
def submit_referral(
    referral: Referral, *, by: User, at: datetime, token: uuid.UUID, words: str = ""
) -> Referral:
    """Send the letter: every trial that is still a draft goes to the centre.

    Args:
        token: of the page; each trial's step gets one made of it, so that a double click sends once.
        words: why it is sent with exclusions that are not known; left out, what the letter says of it.

    Raises:
        Refused: consent to contact, the reason, or the words about open exclusions are missing.
    """
    current = Referral.objects.select_for_update().get(pk=referral.pk)
    if current.submitted_at is None:
        current.submitted_at = at
        problems = {}
        if current.contact_consent_on is None or not current.contact_way:
            problems["contact_consent_on"] = _(
                "Enter the day the person agreed to be contacted, and how: without it nothing is sent"
            )
        if not current.reason.strip():
            problems["reason"] = _("Write in your own words why you refer this person")
        if problems:
            raise Refused(problems)
        current.save(update_fields=["submitted_at"])
    for trial in current.trials.filter(state=State.DRAFT):
        step = uuid.uuid5(token, trial.protocol)
        given = Given(words=words or current.despite)
        move_trial(trial, "submit", by=by, at=at, version=trial.version, token=step, given=given)
    return current


@transaction.atomic
def withdraw(
    referral: Referral,
    *,
    versions: Mapping[int, int],
    reason: str,
    words: str = "",
    by: User,
    at: datetime,
    token: uuid.UUID,
) -> Referral:
    """Withdraw some trials of a referral, all or none.

    Args:
        versions: by the key of each trial, the version that stood on the page.

    Raises:
        Refused: no trial, or no reason.
        MovedMeanwhile: one of them changed after the page was drawn.
    """
    if not versions:
        raise Refused({"trials": _("Choose at least one trial")})
    for trial in referral.trials.filter(pk__in=versions).order_by("pk"):
        move_trial(
            trial,
            "withdraw",
            by=by,
            at=at,
            version=versions[trial.pk],
            token=uuid.uuid5(token, trial.protocol),
            given=Given(reason=reason, words=words),
        )
    return referral


@transaction.atomic
def ask(
    trial: TrialReferral,
    *,
    text: str,
    facts: Iterable[str] = (),
    by: User,
    at: datetime,
    version: int,
    token: uuid.UUID,
) -> TrialReferral:
    """Ask the clinician who referred, and wait. Errors are those of `move_trial`."""
    moved = move_trial(trial, "ask", by=by, at=at, version=version, token=token, given=Given(words=text))
    ThreadEntry.objects.get_or_create(
        token=token,
        defaults={
            "referral": moved.referral,
            "trial": moved,
            "kind": ThreadEntry.Kind.QUESTION,
            "at": at,
            "by": by,
            "text": text.strip(),
            "facts": list(facts),
        },
    )
    return moved


@transaction.atomic
def answer(
    referral: Referral,
    *,
    text: str,
    by: User,
    at: datetime,
    token: uuid.UUID,
    screening: Screening | None = None,
) -> Referral:
    """Answer every open question of the referral.

    Args:
        screening: the pre-screen that was run anew with what was found out; the referral rests on it
            from then on.

    Raises:
        Refused: the answer is empty, or nothing was asked.
    """
    current = Referral.objects.select_for_update().get(pk=referral.pk)
    if ThreadEntry.objects.filter(token=token).exists():
        return current
    asked = list(current.trials.filter(state=State.INFORMATION_REQUESTED))
    if not asked:
        raise Refused({"text": _("Go back to the referral: nothing is asked any more")})
    if screening is not None:
        rest_on(current, screening, at=at)
    for trial in asked:
        trial.refresh_from_db()
        step = uuid.uuid5(token, trial.protocol)
        move_trial(trial, "answer", by=by, at=at, version=trial.version, token=step, given=Given(words=text))
    ThreadEntry.objects.create(
        token=token,
        referral=current,
        kind=ThreadEntry.Kind.ANSWER,
        at=at,
        by=by,
        text=text.strip(),
        screening=screening,
    )
    return current


def rest_on(referral: Referral, screening: Screening, *, at: datetime) -> None:
    """Have the referral rest on a later pre-screen of the same person.

    Raises:
        ValueError: the pre-screen is another person's.
    """
    if screening.participant_id != referral.participant_id:
        raise ValueError("a referral rests on a pre-screen of its own person")
    referral.screening = screening
    referral.save(update_fields=["screening"])
    verdicts = {verdict.protocol: verdict for verdict in screening.verdicts.all()}
    for trial in referral.trials.select_for_update():
        verdict = verdicts[trial.protocol]
        trial.candidacy, trial.unknown_count = verdict.candidacy, verdict.unknown_count
        trial.lapses_on = verdict.lapses_on
        trial.age, trial.sex = age_of(screening.answers), sex_of(screening.answers)
        trial.is_amended = False
        result = trial_result(screening, trial.protocol)
        trial.confirm_count = len(items_to_confirm(result, latest_confirmations(trial)))
        trial.version += 1
        trial.save()


@transaction.atomic
def add_note(referral: Referral, *, text: str, by: User, at: datetime, token: uuid.UUID) -> ThreadEntry:
    """Write a note into the thread; nothing moves."""
    if not text.strip():
        raise Refused({"text": _("Write the note")})
    entry, made = ThreadEntry.objects.get_or_create(
        token=token,
        defaults={
            "referral": referral,
            "kind": ThreadEntry.Kind.NOTE,
            "at": at,
            "by": by,
            "text": text.strip(),
        },
    )
    if made:
        write_referral_event("referral.note", referral, by=by, at=at)
    return entry


@transaction.atomic
def plan(
    trials: Sequence[TrialReferral],
    *,
    by: User,
    at: datetime,
    owner: User | str | None = "keep",
    due_on: date | str | None = "keep",
    next_action: str | None = None,
) -> int:
    """Give trials of referrals an owner, a due day or a next action; return how many changed.

    `"keep"` leaves owner or due day as they are; None takes them away. `next_action` None leaves it.

    Raises:
        MovedMeanwhile: some changed after the page was drawn; it names them, and nothing changes.
        Refused: the owner does not work on one of the trials.
    """
    versions = {trial.pk: trial.version for trial in trials}
    locked = list(
        TrialReferral.objects.select_for_update(of=("self",))
        .select_related("site", "referral__participant__site")
        .filter(pk__in=versions)
        .order_by("pk")
    )
    moved = [current.pk for current in locked if current.version != versions[current.pk]]
    if moved:
        raise MovedMeanwhile(moved)
    changed = 0
    for current in locked:
        before = (current.owner_id, current.due_on, current.next_action)
        if isinstance(owner, User):
            if not roles_on(owner, current) & {Role.COORDINATOR, Role.INVESTIGATOR}:
                raise Refused(
                    {
                        "owner": _("Choose someone who works on {title} at {site}").format(
                            title=current.title, site=current.site
                        )
                    }
                )
            current.owner = owner
        elif owner is None:
            current.owner = None
        if not isinstance(due_on, str):
            current.due_on = due_on
        if next_action is not None:
            current.next_action = next_action.strip()
        if before == (current.owner_id, current.due_on, current.next_action):
            continue
        current.version += 1
        current.save()
        changed += 1
        write_referral_event("referral.planned", current.referral, by=by, at=at, trial=current)
        if isinstance(owner, User) and owner != by and before[0] != owner.pk:
            notify([owner], Notice.Kind.ASSIGNED, current, site=current.site, at=at)
    return changed
