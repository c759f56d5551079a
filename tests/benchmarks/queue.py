"""What a page of a centre's queue costs, beside a plain list page: `python -m tests.benchmarks.queue`.

100,000 referrals at one centre, 40,000 of them under way. Both pages show the same fifty rows in the same
markup, around the same head and filters, with the count, along the same indexes; the plain one is written
as a Django tutorial writes it: a queryset with select_related, attribute look-ups in the template, OFFSET,
count(). The queue also counts its six views, which the plain page does not. Session, user and roles are
read before.
"""

from __future__ import annotations

import random
import statistics
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.benchmarks.figures import Figure, printed
from tests.benchmarks.own_database import in_own_database
from tests.benchmarks.timing import seconds

ROWS = 100_000
ROUNDS = 15
TRIALS_EACH = 4
"""To how many trials each person is referred."""
LIMIT = 0.7
QUERIES = 4
NOTICES = "screening_notice"
"""What waits for the reader is read for the head of every page, of the plain one too."""
SEED = 7
TRIALS = ("zimislecel-forward", "cit-07", "sernova", "opf-310", "vx-264")
STATES = {
    "submitted": 6,
    "in_review": 12,
    "information_requested": 6,
    "accepted": 5,
    "consented": 3,
    "in_screening": 5,
    "on_hold": 3,
    "not_accepted": 25,
    "enrolled": 10,
    "screen_failure": 10,
    "withdrawn": 15,
}
NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
PAGE = 50
DEEP = 20
"""How many pages down the deep one is."""
ADDRESSES = {
    "all under way": {},
    "one trial, waiting on us": {"trial": "zimislecel-forward", "waiting": "us"},
    "nobody's": {"owner": "none"},
    "mine, due today": {"owner": "me", "due": "today", "order": "due"},
    "holds under 30 days": {"holds": "1", "order": "holds"},
}


def fill(rows: int = ROWS) -> Any:
    """Fill an empty database with referrals to one centre; return its coordinator."""
    from screening.births import age_of
    from screening.models import (
        Participant,
        Referral,
        SavedView,
        Screening,
        StoredText,
        TrialReferral,
        TrialSite,
    )
    from screening.models.participants import ALPHABET, check_character
    from screening.models.people import Membership, Role, Site, User

    chance = random.Random(SEED)
    centre = Site.objects.create(slug="lakeside", name="Lakeside", country="US")
    clinics = Site.objects.bulk_create(
        Site(slug=f"clinic-{number}", name=f"Clinic {number}", country="US") for number in range(40)
    )
    TrialSite.objects.bulk_create(TrialSite(site=centre, protocol=protocol) for protocol in TRIALS)
    people = User.objects.bulk_create(
        User(email=f"person{number}@example.org", name=f"Dr Person {number}") for number in range(92)
    )
    staff, doctors = people[:12], people[12:]
    Membership.objects.bulk_create(
        Membership(user=user, site=centre, role=Role.COORDINATOR) for user in staff
    )
    SavedView.objects.bulk_create(
        SavedView(user=staff[0], name=f"View {number}", query="waiting=us") for number in range(3)
    )
    bodies = chance.sample(range(len(ALPHABET) ** 4), rows // TRIALS_EACH)
    participants = Participant.objects.bulk_create(
        (
            Participant(reference=_reference(body, ALPHABET, check_character), site=clinic, created_by=doctor)
            for body in bodies
            for place in [body % 40]
            for clinic, doctor in [(clinics[place], doctors[place])]
        ),
        batch_size=5000,
    )
    text = StoredText.objects.create(sha256="0" * 64, kind=StoredText.Kind.CATALOGUE, text="[]")
    answers = {"as_of": "2026-11-01", "facts": {"birth_date": "1983", "sex": "female"}}
    screening = Screening.objects.create(
        token=uuid.uuid4(),
        participant=participants[0],
        as_of=date(2026, 11, 1),
        recorded_at=NOW,
        recorded_by=doctors[0],
        answers=answers,
        result={},
        engine="1",
        catalogue=text,
    )
    referrals = Referral.objects.bulk_create(
        (
            Referral(
                participant=participants[number],
                screening=screening,
                centre=centre,
                referred_by=chance.choice(doctors),
                created_at=NOW,
                submitted_at=NOW,
                contact_consent_on=NOW.date(),
                contact_way="phone",
                reason="Three collapses last winter.",
            )
            for number in range(len(participants))
        ),
        batch_size=2000,
    )
    states = chance.choices(list(STATES), weights=list(STATES.values()), k=rows)
    TrialReferral.objects.bulk_create(
        (
            _trial(number, referrals[number // TRIALS_EACH], state, centre, staff, chance, age_of(answers))
            for number, state in enumerate(states)
        ),
        batch_size=2000,
    )
    return User.objects.get(pk=staff[0].pk)


def _reference(body: int, alphabet: str, check: Any) -> str:
    signs = ""
    for _ in range(4):
        body, place = divmod(body, len(alphabet))
        signs += alphabet[place]
    return f"CLI-{signs}-{check('CLI', signs)}"


def _trial(
    number: int, referral: Any, state: str, centre: Any, staff: Any, chance: random.Random, age: str
) -> Any:
    from screening.models import TrialReferral

    protocol = TRIALS[number % TRIALS_EACH]
    consented = state in ("consented", "in_screening", "enrolled", "screen_failure")
    today = NOW.date()
    return TrialReferral(
        referral=referral,
        site=centre,
        protocol=protocol,
        title=f"{protocol.title()} in type 1 diabetes with severe hypoglycaemia",
        state=state,
        state_since=NOW - timedelta(minutes=chance.randrange(600_000)),
        held_in="in_review" if state == "on_hold" else "",
        hold_until=today + timedelta(days=30) if state == "on_hold" else None,
        owner=chance.choice([*staff, None, None, None]),
        due_on=today + timedelta(days=chance.randrange(-10, 60)) if chance.random() < 0.7 else None,
        next_action=chance.choice(["", "call", "chase the clinic"]),
        waiting_for="ambulance record" if state == "information_requested" else "",
        has_answer=state == "submitted" and chance.random() < 0.1,
        is_amended=chance.random() < 0.01,
        subject_no=f"S-{number}" if consented else "",
        consented_on=today if consented else None,
        consent_version="4.0" if consented else "",
        enrolment_no=f"E-{number}" if state == "enrolled" else "",
        candidacy="possible",
        unknown_count=chance.randrange(6),
        confirm_count=chance.randrange(15),
        lapses_on=today + timedelta(days=chance.randrange(-5, 400)) if chance.random() < 0.6 else None,
        clinic_id=referral.participant.site_id,
        age=age,
        sex="female",
    )


def request_for(user: Any, query: dict[str, str]) -> Any:
    from django.test import RequestFactory
    from django_htmx.middleware import HtmxDetails

    request: Any = RequestFactory().get("/referrals/", query)
    request.user, request.session = user, {}
    request.htmx, request._messages, request.resolver_match = HtmxDetails(request), (), None
    return request


def measured() -> Iterator[Figure]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from screening.views.queue import queue
    from tests.benchmarks.plain_queue import plain_queue

    user = fill()
    assert user.current_memberships
    products, plains = [], []
    pages = {name: (dict(query), {**query, "page": "1"}) for name, query in ADDRESSES.items()}
    after = queue_place(user, DEEP)
    pages[f"all under way, page {DEEP + 1}"] = ({"after": after}, {"page": str(DEEP + 1)})
    for name, (ours, theirs) in pages.items():
        with CaptureQueriesContext(connection) as captured:
            shown = queue(request_for(user, ours))
        own = [one for one in captured.captured_queries if NOTICES not in one["sql"]]
        yield Figure(f"reads, {name}", len(own), "", QUERIES + 1)
        assert references(shown) == references(plain_queue(request_for(user, theirs))), name

        def product(query: dict[str, str] = ours) -> float:
            return seconds(lambda: queue(request_for(user, query)))

        def plain(query: dict[str, str] = theirs) -> float:
            return seconds(lambda: plain_queue(request_for(user, query)))

        pairs = []
        for turn in range(ROUNDS):
            first, second = (product, plain) if turn % 2 else (plain, product)
            spent = {first: first(), second: second()}
            pairs.append((spent[product], spent[plain]))
        mine, other = (statistics.median(pair[place] for pair in pairs) for place in (0, 1))
        products.append(mine)
        plains.append(other)
        yield Figure(f"queue, {name}", mine * 1000, "ms")
        yield Figure(f"plain, {name}", other * 1000, "ms")
        yield Figure(f"times the plain page, {name}", mine / other, "", LIMIT)
    yield Figure("times the plain page, all together", sum(products) / sum(plains), "", LIMIT)


def queue_place(user: Any, pages: int) -> str:
    """Return the place in the queue after so many pages."""
    from screening.models import TrialReferral

    rows = TrialReferral.objects.in_queue_of(user).order_by("state_since", "pk")
    since, pk = rows.values_list("state_since", "pk")[pages * PAGE - 1]
    return f"{since.isoformat()}~{pk}"


def references(response: Any) -> list[str]:
    """Return the addresses of the rows of a page, whichever stands first of one person's."""
    import re

    return sorted(re.findall(r'class="queue__link" href="([^"]+)"', response.content.decode()))


if __name__ == "__main__":
    sys.exit(printed(in_own_database(measured)))
