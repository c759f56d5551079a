"""The clinic's side of a referral: what was decided, where each trial stands, what may be referred."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from screening.clinical.dates import say_day
from screening.flow import BY_ACT, OPEN, REASONS, STATES, State, moves_from
from screening.models import (
    ClinicDecision,
    OwnView,
    Referral,
    Screening,
    Site,
    Step,
    ThreadEntry,
    TrialReferral,
    TrialSite,
)
from screening.models.people import Role
from screening.presentation import words
from screening.presentation.places import country_name
from screening.presentation.snapshots import completed

RECHECK_AFTER = timedelta(days=28)
"""When to look again where no result is on its way."""
AT_THE_CENTRE = (State.SUBMITTED, State.IN_REVIEW)


def moment(at: datetime, site: Site) -> str:
    """Return day and time as they are at `site`: `20 Nov 2026, 15:04`."""
    local = timezone.localtime(at, ZoneInfo(site.time_zone))
    return f"{say_day(local.date())}, {local:%H:%M}"


@dataclass(frozen=True)
class Decided:
    """What was decided without a referral."""

    what: str
    detail: str
    by: str
    at: str
    on_another: bool


@dataclass(frozen=True)
class Standing:
    """Where one trial of a referral stands, for the clinic."""

    pk: int
    version: int
    protocol: str
    title: str
    state: str
    word: str
    since: str
    days: str
    detail: str
    outcome: str
    is_open: bool


@dataclass(frozen=True)
class Sent:
    """One referral of a person, in short."""

    referral: Referral
    is_draft: bool
    by: str
    at: str
    trials: Sequence[Standing]


@dataclass(frozen=True)
class OwnViewLine:
    """What someone thought before they read the result."""

    by: str
    view: str
    at: str


@dataclass(frozen=True)
class DecisionPanel:
    """Everything under "Your decision"."""

    decided: Decided | None
    referrals: Sequence[Sent]
    own_views: Sequence[OwnViewLine]
    rules: str
    centres: int
    recheck_on: str
    kinds: Mapping[str, str]


def decision_panel(
    screening: Screening,
    *,
    decision: ClinicDecision | None,
    referrals: Iterable[Referral],
    own_views: Iterable[OwnView],
    centres: int,
    now: datetime,
) -> DecisionPanel:
    """Return what stands under the decision.

    Args:
        decision: the latest about this person, on whichever pre-screen.
        referrals: of this person, latest first, with their trials.
        own_views: those of this pre-screen about trials altogether.
        centres: how many take referrals for one of its trials.
    """
    site = screening.participant.site
    return DecisionPanel(
        decided=_decided(decision, screening) if decision is not None else None,
        referrals=[sent(referral, now) for referral in referrals],
        own_views=[
            OwnViewLine(str(view.by), view.get_view_display(), moment(view.at, site)) for view in own_views
        ],
        rules=_rules(screening.result),
        centres=centres,
        recheck_on=say_day(recheck_day(screening.result, site.day_of(now))),
        kinds={kind: str(label) for kind, label in ClinicDecision.Kind.choices},
    )


def _decided(decision: ClinicDecision, screening: Screening) -> Decided:
    details = []
    if decision.recheck_on is not None:
        details.append(f"look again on {words.day(decision.recheck_on)}")
    if decision.reason:
        details.append(decision.reason)
    return Decided(
        what=decision.get_kind_display(),
        detail="; ".join(details),
        by=str(decision.by),
        at=moment(decision.at, screening.participant.site),
        on_another=decision.screening_id != screening.pk,
    )


def _rules(result: Mapping[str, Any]) -> str:
    """Return how the rules see the trials that take people: `1 possible, 4 unlikely`."""
    found = dict.fromkeys(words.CANDIDACIES, 0)
    for trial in result["trials"]:
        if trial["kind"] != "guideline" and trial["recruitment"]["status"] not in words.CLOSED_STATUSES:
            found[trial["candidacy"]] += 1
    said = [f"{count} {candidacy.replace('_', ' ')}" for candidacy, count in found.items() if count]
    return ", ".join(said) or "no trial takes people"


def recheck_day(result: Mapping[str, Any], today: date) -> date:
    """Return the day after which nothing that was sent for is still to come; else four weeks from today."""
    due = [
        missing["waiting"]["due"]
        for trial in completed(result)["trials"]
        for missing in trial["missing"]
        if missing["waiting"] is not None and missing["waiting"]["due"] is not None
    ]
    last = date.fromisoformat(max(due)) if due else today
    return last if last > today else today + RECHECK_AFTER


# --- Referrals


def sent(referral: Referral, now: datetime) -> Sent:
    """Return one referral in short."""
    site = referral.participant.site
    return Sent(
        referral=referral,
        is_draft=referral.submitted_at is None,
        by=str(referral.referred_by),
        at=moment(referral.submitted_at or referral.created_at, site),
        trials=[standing(trial, site, now) for trial in referral.trials.all()],
    )


def standing(trial: TrialReferral, site: Site, now: datetime, steps: Sequence[Step] = ()) -> Standing:
    """Return where one trial stands.

    Args:
        site: the clinic, whose days are shown.
        steps: of this trial, in their order; without them the outcome has no reason.
    """
    last = steps[-1] if steps else None
    return Standing(
        pk=trial.pk,
        version=trial.version,
        protocol=trial.protocol,
        title=trial.title,
        state=trial.state,
        word=STATES[State(trial.state)],
        since=words.day(site.day_of(trial.state_since)),
        days=words.counted(trial.days_in_state(now), "day"),
        detail=_detail(trial),
        outcome=_outcome(trial, last),
        is_open=trial.state in OPEN,
    )


def _detail(trial: TrialReferral) -> str:
    """Return what is waited for, and by whom."""
    if trial.state == State.INFORMATION_REQUESTED:
        return f"The centre waits for: {trial.waiting_for}"
    if trial.state in AT_THE_CENTRE:
        due = f" The centre answers by {words.day(trial.due_on)}." if trial.due_on is not None else ""
        return f"{'The answer is with the centre.' if trial.has_answer else 'It is with the centre.'}{due}"
    if trial.state == State.ON_HOLD:
        return f"The centre looks again on {words.day(trial.hold_until)}"
    return ""


def _outcome(trial: TrialReferral, last: Step | None) -> str:
    """Return why it ended where it did, as far as a reason was given."""
    if last is None or trial.state not in (State.NOT_ACCEPTED, State.SCREEN_FAILURE, State.WITHDRAWN):
        return ""
    said = [REASONS.get(last.reason, "")]
    if last.criterion:
        said.append(f"criterion {last.criterion}")
    return ": ".join(part for part in (", ".join(part for part in said if part), last.words.strip()) if part)


@dataclass(frozen=True)
class Happening:
    """One line of a referral's history or thread."""

    kind: str
    what: str
    about: str
    by: str
    at: str
    text: str
    asks_for: str = ""
    screening: Screening | None = None


def thread(entries: Iterable[ThreadEntry], site: Site, labels: Mapping[str, str]) -> list[Happening]:
    """Return questions, answers and notes in the order they were written."""
    return [
        Happening(
            kind=entry.kind,
            what=entry.get_kind_display(),
            about=entry.trial.title if entry.trial is not None else "",
            by=str(entry.by),
            at=moment(entry.at, site),
            text=entry.text,
            asks_for=words.listed([labels[fact] for fact in entry.facts]),
            screening=entry.screening,
        )
        for entry in entries
    ]


def history(steps: Iterable[Step], site: Site) -> list[Happening]:
    """Return what happened to the trials of a referral, latest first."""
    found = [
        Happening(
            kind=step.act,
            what=BY_ACT[step.act].done,
            about=step.trial.title,
            by=str(step.by),
            at=moment(step.at, site),
            text=_reason(step),
        )
        for step in steps
    ]
    return found[::-1]


def _reason(step: Step) -> str:
    """Return why it was done; question and answer stand in the thread."""
    said = "" if step.act in ("ask", "answer") else step.words.strip()
    return ": ".join(part for part in (REASONS.get(step.reason, ""), said) if part)


def open_questions(trials: Iterable[TrialReferral]) -> list[ThreadEntry]:
    """Return the last question of each trial that waits for an answer, with its thread read."""
    found = []
    for trial in trials:
        if trial.state == State.INFORMATION_REQUESTED:
            asked = [entry for entry in trial.thread.all() if entry.kind == ThreadEntry.Kind.QUESTION]
            found += asked[-1:]
    return found


def may_withdraw(trial: TrialReferral) -> bool:
    """Return whether the clinic may end it here."""
    return any(move.act == "withdraw" for move in moves_from(trial.state, frozenset({Role.CLINICIAN})))


# --- The choice of trials


@dataclass(frozen=True)
class Offer:
    """One trial that a centre takes referrals for, as it stands for this person."""

    protocol: str
    title: str
    candidacy: str
    line: str
    why: str
    open: Sequence[str]
    cautions: str
    holds_until: str
    underway: str
    chosen: bool


@dataclass(frozen=True)
class CentreOffer:
    """A centre, and what it takes referrals for."""

    centre: Site
    country: str
    trials: Sequence[Offer]
    error: str


def offers(
    screening: Screening,
    places: Iterable[TrialSite],
    under_way: Mapping[str, TrialReferral],
    *,
    chosen: Mapping[int, Sequence[str]] | None = None,
    errors: Mapping[int, str] | None = None,
) -> list[CentreOffer]:
    """Return the centres that take referrals for a trial of the pre-screen, with what each trial lacks.

    Args:
        places: open trial sites, by centre, with their sites read.
        under_way: by protocol, the referral of this person that is not closed.
        chosen: by centre, the trials that are ticked.
        errors: by centre, what is to be mended.
    """
    order = {candidacy: place for place, candidacy in enumerate(words.CANDIDACIES)}
    results = {trial["id"]: trial for trial in completed(screening.result)["trials"]}
    found: dict[int, tuple[Site, list[Offer]]] = {}
    for place in places:
        trial = results.get(place.protocol)
        if trial is not None:
            ticked = place.protocol in (chosen or {}).get(place.site_id, ())
            offer = _offer(trial, under_way.get(place.protocol), ticked)
            found.setdefault(place.site_id, (place.site, []))[1].append(offer)
    return [
        CentreOffer(
            centre,
            country_name(centre.country),
            sorted(trials, key=lambda offer: (order[offer.candidacy], len(offer.open), offer.title)),
            (errors or {}).get(centre.pk, ""),
        )
        for centre, trials in found.values()
    ]


def _offer(trial: Mapping[str, Any], under_way: TrialReferral | None, chosen: bool) -> Offer:
    still_open = [
        f"{criterion['id']} {criterion['text']}"
        for criterion in trial["criteria"]
        if criterion["decides"] and criterion["outcome"] == "unknown"
    ]
    against = len(trial["cautions_against"])
    return Offer(
        protocol=trial["id"],
        title=trial["title"],
        candidacy=trial["candidacy"],
        line=words.candidacy_line(trial),
        why=trial["why"] if trial["candidacy"] in ("not_yet", "unlikely") else "",
        open=still_open,
        cautions=words.counted(against, "caution against", "cautions against") if against else "",
        holds_until=words.day(trial["lapses_on"]) if trial["candidacy"] in ("likely", "possible") else "",
        underway=STATES[State(under_way.state)] if under_way is not None else "",
        chosen=chosen,
    )
