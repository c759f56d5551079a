"""A small set of people and referrals whose every count is known, for the logs, reports and exports.

| who | clinic | what became of them |
|---|---|---|
| a | St Anne | not accepted: criterion I1, which the engine had passed |
| b | St Anne | not accepted: no slot; referred again, which is submitted |
| c | St Anne | own view a candidate; accepted, consented, signed, enrolled |
| d | Riverside | own view not now; accepted, consented, screen failure: E2, not known to the engine |
| e | Riverside | submitted |
| f | St Anne | not referred: says no |
| g | St Anne | not referred: waiting for results |
| h | St Anne | not referred, no decision |
| i | St Anne | not referred, no decision; unlikely, being 86 |
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.test import Client

from screening import actions
from screening.actions.shown import latest_confirmations, shown_sha256
from screening.models import Role, Screening, Site, TrialReferral, User
from tests.factories import make_site, make_user
from tests.web.recorded import payload, record
from tests.web.referred import AT, TRIAL, confirm_all, make_centre, refer, staff

CONSENT: dict[str, Any] = {"consented_on": date(2026, 11, 20), "consent_version": "4.0"}


@dataclass
class Logged:
    """The people of the table above."""

    clinic: Site
    riverside: Site
    centre: Site
    clinician: User
    riverside_clinician: User
    coordinator: User
    investigator: User
    screenings: dict[str, Screening] = field(default_factory=dict)
    trials: dict[str, TrialReferral] = field(default_factory=dict)

    def step(self, who: str, act: str, days: int, by: User | None = None, **given: Any) -> None:
        """Move the referral of `who`, so many days after all were sent."""
        trial = TrialReferral.objects.get(pk=self.trials[who].pk)
        at: datetime = AT + timedelta(days=days)
        self.trials[who] = actions.move_trial(
            trial,
            act,
            by=by or self.coordinator,
            at=at,
            version=trial.version,
            token=uuid.uuid4(),
            given=actions.Given(
                **{"shown_sha256": shown_sha256(trial, latest_confirmations(trial)), **given}
            ),
        )

    def view(self, who: str, view: str) -> None:
        actions.record_own_view(self.screenings[who], protocol=TRIAL, view=view, by=self.coordinator, at=AT)

    def refer(self, who: str, by: User) -> None:
        self.trials[who] = refer(by, self.screenings[who[0]], centre=self.centre).trials.get()


def make_logged() -> Logged:
    """Return the set."""
    clinic, riverside, centre = make_site(), make_site("riverside", country="GB"), make_centre()
    coordinator, investigator = staff(centre)
    made = Logged(
        clinic,
        riverside,
        centre,
        make_user(Role.CLINICIAN, clinic),
        make_user(Role.CLINICIAN, riverside),
        coordinator,
        investigator,
    )
    for who in "abcfgh":
        made.screenings[who] = record(made.clinician)
    made.screenings["i"] = record(made.clinician, payload(birth_date="1940-05-01", kidney_transplant="none"))
    for who in "de":
        made.screenings[who] = record(made.riverside_clinician, site=riverside)
    for who in "abc":
        made.refer(who, made.clinician)
    for who in "de":
        made.refer(who, made.riverside_clinician)
    made.step("a", "take", 2)
    made.step("a", "not_accept", 3, reason="criterion", criterion="I1", words="Older than the chart says.")
    made.step("b", "take", 4)
    made.step("b", "not_accept", 8, reason="no_slot")
    made.refer("b2", made.clinician)
    for who, view in (("c", "candidate"), ("d", "not_now")):
        made.step(who, "take", 1)
        made.view(who, view)
        confirm_all(made.trials[who], made.coordinator)
        made.step(who, "accept", 2)
        made.step(who, "consent", 5, subject_no=f"017-00{1 + 'cd'.index(who)}", **CONSENT)
        made.step(who, "start_screening", 6)
    made.step("c", "sign", 9, by=made.investigator, is_authenticated_anew=True)
    made.step("c", "enrol", 10, enrolment_no="E-1")
    made.step("d", "fail", 16, reason="criterion", criterion="E2")
    decide = actions.decide_at_clinic
    decide(made.screenings["f"], kind="person_says_no", by=made.clinician, at=AT, token=uuid.uuid4())
    decide(
        made.screenings["g"],
        kind="waiting",
        recheck_on=date(2027, 1, 15),
        by=made.clinician,
        at=AT,
        token=uuid.uuid4(),
    )
    return made


@contextmanager
def kept(blocker: Any) -> Iterator[Logged]:
    """Keep the set in the database for several tests, which each see it as it was made.

    Args:
        blocker: pytest-django's, which lets the database be reached before the first test begins.
    """
    with blocker.unblock(), transaction.atomic():
        yield make_logged()
        transaction.set_rollback(True)


def signed_in(user: User) -> Client:
    """Return a browser in which `user` is signed in."""
    client = Client()
    client.force_login(user)
    return client
