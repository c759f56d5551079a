"""The referrals of a clinic, as its clinicians follow them: where each trial stands, and whose turn it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from screening.flow import CLOSED, OPEN, STATES, WAITING_ON_CLINICIAN, State
from screening.models import Referral, TrialReferral
from screening.presentation import words
from screening.presentation.queue import short_trial

AT_THE_CENTRE = (State.SUBMITTED, State.IN_REVIEW)


@dataclass(frozen=True)
class TrialLine:
    """One trial of a referral; `turn` is `us`, `centre` or `nobody`."""

    title: str
    state: str
    waits: str
    turn: str
    next_day: str


@dataclass(frozen=True)
class OurReferral:
    """One referral in the list."""

    referral: Referral
    is_draft: bool
    who: str
    sent: str
    trials: list[TrialLine]


def our_referrals(referrals: Iterable[Referral], now: datetime) -> list[OurReferral]:
    """Return the rows of `referrals`, with person, site, centre, author and trials read."""
    return [_row(one, now) for one in referrals]


def _row(referral: Referral, now: datetime) -> OurReferral:
    site = referral.participant.site
    trials = list(referral.trials.all())
    is_draft = any(trial.state == State.DRAFT for trial in trials)
    at = words.day(site.day_of(referral.submitted_at or referral.created_at))
    verb = "Sent" if referral.submitted_at is not None else "Begun"
    about = next(iter(trials), None)
    sex = about.sex[:1].upper() if about is not None else ""
    return OurReferral(
        referral=referral,
        is_draft=is_draft,
        who=" · ".join(part for part in (about.age if about is not None else "", sex) if part),
        sent=f"{verb} {at} by {referral.referred_by}",
        trials=[_trial(trial, site.day_of(now)) for trial in trials],
    )


def _trial(trial: TrialReferral, today: date) -> TrialLine:
    waits, turn = _waits(trial)
    return TrialLine(
        title=short_trial(trial.title),
        state=STATES[State(trial.state)],
        waits=waits,
        turn=turn,
        next_day=_next_day(trial, today),
    )


def _waits(trial: TrialReferral) -> tuple[str, str]:
    """Return on whom it waits, and whose turn that makes it; nothing once it is closed."""
    if trial.state == State.DRAFT:
        return "Waits on us: the letter is not sent", "us"
    if trial.state in WAITING_ON_CLINICIAN:
        asked = trial.waiting_for.rstrip(". ")
        return f"Waits on us: {asked}" if asked else "Waits on us: the centre asks", "us"
    if trial.state in CLOSED:
        return "", "nobody"
    if trial.has_answer:
        return "Waits on the centre, which has the answer", "centre"
    return "Waits on the centre", "centre"


def _next_day(trial: TrialReferral, today: date) -> str:
    """Return the next day that matters to the clinic, and what it is."""
    days: list[tuple[date, str]] = []
    if trial.state in AT_THE_CENTRE and trial.due_on is not None:
        said = "Answer was due" if trial.due_on < today else "Answer due"
        days.append((trial.due_on, said))
    if trial.state == State.ON_HOLD and trial.hold_until is not None:
        days.append((trial.hold_until, "Centre looks again"))
    if trial.state in (State.DRAFT, *OPEN) and trial.lapses_on is not None:
        days.append((trial.lapses_on, "Lapsed" if trial.lapses_on <= today else "Holds until"))
    if not days:
        return ""
    day, said = min(days)
    return f"{said} {words.day(day)}"
