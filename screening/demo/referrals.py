"""The demo's referrals: a dozen, each as far as its story goes, made by the deeds of the pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from screening import actions
from screening.actions.shown import latest_confirmations, shown_sha256, trial_result
from screening.models import Referral, Role, Screening, Site, TrialReferral, TrialSite, User
from screening.rules.content import Content

NAMESPACE = uuid.UUID("5b0f2f4e-2f0c-4a52-9d3e-0a7a1f6f5a11")
"""What the tokens of the deeds are made of: the same every time."""
FACING = ("likely", "possible")
TRIAL = "zimislecel-forward"
REASONS = (
    "Three collapses last winter in spite of a sensor and a closed loop. The partner sleeps badly, and work "
    "on the roof had to stop.",
    "Unaware of lows for eight years. Two ambulance calls this year, one at the wheel of a parked car.",
    "Education twice, pump, closed loop: the nights stay dangerous. Asks for a trial without being asked.",
)
THERAPIES = (
    "Injections to 2012, pump 2012 to 2021, closed loop since 2022; structured education 2013 and 2021."
)
MEDICINES = "Insulin aspart by pump, ramipril 5 mg, atorvastatin 20 mg. Penicillin: rash as a child."
CIRCUMSTANCES = "Lives with a partner, drives two hours to the centre, can take days off."
TOLD = "That this is a first check; that cells need strong medicines; that nobody calls without agreement."
DESPITE = "The blood tests for these were taken this week; results go to the centre as they come."


@dataclass
class Story:
    """One referral on its way: who has it, and how far its clock went."""

    referral: Referral
    clinician: User
    coordinator: User
    investigator: User
    at: datetime
    until: datetime
    content: Content

    def later(self, days: float = 1) -> datetime:
        """Return a moment some days on, never after the end of the story."""
        self.at = min(self.at + timedelta(days=days), self.until)
        return self.at

    @property
    def trial(self) -> TrialReferral:
        return self.referral.trials.order_by("pk")[0]

    def token(self) -> uuid.UUID:
        return uuid.uuid5(NAMESPACE, f"{self.referral.pk} {self.at} {self.trial.version}")

    def move(self, act: str, by: User, *, days: float = 1, **given: Any) -> None:
        """Make a move as from the page as it stands."""
        at, trial = self.later(days), self.trial
        shown = shown_sha256(trial, latest_confirmations(trial))
        actions.move_trial(
            trial,
            act,
            by=by,
            at=at,
            version=trial.version,
            token=self.token(),
            given=actions.Given(shown_sha256=shown, **given),
        )

    def take(self) -> None:
        self.plan(owner=self.coordinator)
        self.move("take", self.coordinator)

    def plan(self, **planned: Any) -> None:
        actions.plan([self.trial], by=self.coordinator, at=self.later(0.1), **planned)

    def ask(self, text: str, *facts: str) -> None:
        trial = self.trial
        at = self.later()
        actions.ask(
            trial,
            text=text,
            facts=facts,
            by=self.coordinator,
            at=at,
            version=trial.version,
            token=self.token(),
        )

    def answer(self, text: str, **typed: str) -> None:
        """Answer with the facts that are typed; the referral then rests on a new pre-screen."""
        at = self.later(2)
        latest = (
            Screening.objects.filter(participant=self.referral.participant_id)
            .standing()
            .latest_first()[:1]
            .get()
        )
        actions.answer_with_facts(
            self.referral,
            rests_on=latest,
            typed=typed,
            names=list(typed),
            text=text,
            by=self.clinician,
            at=at,
            token=self.token(),
            content=self.content,
        )
        self.referral.refresh_from_db()

    def confirm(self, number: int | None = None) -> None:
        """Answer the items to confirm, or the first few."""
        trial = self.trial
        items = trial_result(trial.referral.screening, trial.protocol)["to_confirm"]
        for item in items[:number]:
            actions.confirm(
                trial,
                item=item["id"],
                answer="yes",
                document="Clinic letter",
                by=self.coordinator,
                at=self.later(0.002),
            )

    def accept(self) -> None:
        trial = self.trial
        actions.record_own_view(
            trial.referral.screening,
            protocol=trial.protocol,
            view="candidate",
            by=self.coordinator,
            at=self.later(0.1),
        )
        self.confirm()
        self.move("accept", self.coordinator)

    def consent(self, subject_no: str) -> None:
        at = self.at + timedelta(days=5)
        day = self.trial.site.day_of(min(at, self.until))
        self.move(
            "consent",
            self.coordinator,
            days=5,
            consented_on=day,
            consent_version="4.0",
            subject_no=subject_no,
        )


# --- How far each one goes


def submitted(story: Story) -> None:
    """Waits to be looked at."""


def in_review(story: Story) -> None:
    story.take()
    story.confirm(2)
    story.plan(next_action="call the clinic", due_on=story.trial.site.day_of(story.until + timedelta(days=3)))


def asked(story: Story) -> None:
    story.take()
    story.ask(
        "Is there an ambulance record of the last event? And an eGFR of this month.", "egfr", "clarke_score"
    )


def answered(story: Story) -> None:
    asked(story)
    day = f"{story.trial.site.day_of(story.at):%-d %b %Y}"
    story.answer("The ambulance record is in the post; eGFR is here.", egfr="88", **{"egfr-on": day})


def accepted(story: Story) -> None:
    story.take()
    story.accept()


def consented(story: Story) -> None:
    accepted(story)
    story.consent("LAK-011")


def in_screening(story: Story) -> None:
    accepted(story)
    story.consent("LAK-007")
    story.move("start_screening", story.coordinator)


def enrolled(story: Story) -> None:
    answered(story)
    accepted(story)
    story.consent("LAK-003")
    story.move("start_screening", story.coordinator)
    story.move("sign", story.investigator, days=6, is_authenticated_anew=True)
    story.move("enrol", story.coordinator, enrolment_no="E-014")


def screen_failure(story: Story) -> None:
    accepted(story)
    story.consent("LAK-005")
    story.move("start_screening", story.coordinator)
    words = "Measured GFR 61 at the centre."
    story.move("fail", story.coordinator, days=7, reason="investigator", words=words)


def no_slot(story: Story) -> None:
    story.take()
    story.move("not_accept", story.coordinator, reason="no_slot")


def not_reached(story: Story) -> None:
    story.take()
    words = "Called on three days between two and five in the afternoon."
    story.move("not_accept", story.coordinator, days=9, reason="unable_to_contact", words=words)


def withdrawn(story: Story) -> None:
    story.take()
    story.move(
        "withdraw", story.clinician, days=2, reason="person_declined", words="Wants to wait for a year."
    )


def on_hold(story: Story) -> None:
    story.take()
    until = story.trial.site.day_of(story.until + timedelta(days=40))
    story.move("hold", story.coordinator, hold_until=until, words="The sponsor pauses dosing.")


STORIES: tuple[Callable[[Story], None], ...] = (
    enrolled,
    screen_failure,
    in_screening,
    not_reached,
    consented,
    no_slot,
    accepted,
    withdrawn,
    on_hold,
    answered,
    in_review,
    asked,
    submitted,
    submitted,
)
"""From the oldest to the youngest."""
DECISIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("waiting", {"days": 12}),
    ("not_now", {"reason": "Wants education first"}),
    ("person_says_no", {}),
    ("too_far", {}),
)


@transaction.atomic
def seed_referrals(
    coordinator: User, investigator: User, clinicians: Sequence[User], content: Content, *, now: datetime
) -> None:
    """Make the demo's referrals and decisions, unless there are referrals already."""
    if Referral.objects.exists():
        return
    centre = coordinator.sites_as(Role.COORDINATOR)[0]
    own = {user.sites_as(Role.CLINICIAN)[0].pk: user for user in clinicians}
    chosen = _facing(TRIAL, own)
    for place, story in enumerate(STORIES[-len(chosen) :] if chosen else ()):
        screening = chosen[place]
        by = own[screening.participant.site_id]
        told = _begin(screening, by, centre, coordinator, investigator, place, content, now)
        actions.submit_referral(told.referral, by=by, at=told.later(0.1), token=told.token())
        story(told)
    if len(chosen) > len(STORIES):
        last = chosen[len(STORIES)]
        _begin(last, own[last.participant.site_id], centre, coordinator, investigator, 0, content, now)
    _decide(own, now)


def _facing(protocol: str, own: dict[int, User]) -> list[Screening]:
    """Return the latest pre-screens whose people may fit the trial, the oldest first, one for each person."""
    found = (
        Screening.objects.standing()
        .filter(verdicts__protocol=protocol, verdicts__candidacy__in=FACING, participant__site__in=list(own))
        .select_related("participant__site", "participant__identity")
        .order_by("recorded_at", "pk")
    )
    latest = {screening.participant_id: screening for screening in found}
    return sorted(latest.values(), key=lambda screening: screening.recorded_at)


def _begin(
    screening: Screening,
    by: User,
    centre: Site,
    coordinator: User,
    investigator: User,
    place: int,
    content: Content,
    now: datetime,
) -> Story:
    """Write a letter the day after the pre-screen; every third asks about a second trial."""
    at = min(screening.recorded_at + timedelta(hours=24), now)
    protocols = [TRIAL]
    if place % 3 == 1:
        open_here = TrialSite.objects.filter(site=centre, is_open=True).exclude(protocol=TRIAL)
        protocols += open_here.values_list("protocol", flat=True)[:1]
    referral = actions.start_referral(
        screening,
        centre=centre,
        protocols=protocols,
        by=by,
        at=at,
        token=uuid.uuid5(NAMESPACE, screening.participant.reference),
    )
    story = Story(referral, by, coordinator, investigator, at, now, content)
    letter = {
        "contact_consent_on": screening.participant.site.day_of(at),
        "contact_way": "phone" if place % 4 else "clinic",
        "contact_time": "weekday mornings",
        "contact_language": "English",
        "reason": REASONS[place % len(REASONS)],
        "therapies": THERAPIES,
        "medicines": MEDICINES,
        "circumstances": CIRCUMSTANCES,
        "told": TOLD,
        "despite": DESPITE,
    }
    actions.save_letter(referral, letter=letter, by=by, at=story.later(0.05))
    return story


def _decide(own: dict[int, User], now: datetime) -> None:
    """Decide without a referral about people who have none."""
    others = (
        Screening.objects.standing()
        .filter(participant__referrals=None, participant__site__in=list(own))
        .select_related("participant__site")
        .order_by("-recorded_at", "pk")
    )
    for screening, (kind, given) in zip(others[: len(DECISIONS)], DECISIONS, strict=False):
        at = min(screening.recorded_at + timedelta(minutes=10), now)
        day = screening.participant.site.day_of(now) + timedelta(days=int(given.get("days", 0)))
        actions.decide_at_clinic(
            screening,
            kind=kind,
            by=own[screening.participant.site_id],
            at=at,
            token=uuid.uuid5(NAMESPACE, f"{kind} {screening.participant.reference}"),
            recheck_on=day if kind == "waiting" else None,
            reason=str(given.get("reason", "")),
        )
