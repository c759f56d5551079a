"""One of everything: two clinics, two centres, an account for each kind of reader, every kind of object."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.client import ClientHandler
from django.utils import timezone
from fido2.cose import ES256 as Cose
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from screening import actions
from screening.actions.emergencies import open_in_emergency
from screening.actions.rescreening import rescreen
from screening.content import installed_content
from screening.models import Draft, Participant, Referral, Screening, TrialReferral
from screening.models.people import Membership, Role, Site, User
from tests.factories import make_site, make_user
from tests.platform.authenticators import give_app
from tests.web.forms import begun_by
from tests.web.recorded import record
from tests.web.referred import LETTER, TRIAL, confirm_all, make_centre, move, refer
from tests.web.sensor_files import kept_record

OTHER_TRIAL = "cit-07"

ANONYMOUS = "anonymous"
HALF = "half signed in"
"""Signed in by password alone, where a second factor is required."""
ACTORS = (
    ANONYMOUS,
    HALF,
    "no role",
    "clinician",
    "colleague",
    "clinician elsewhere",
    "clinician in an emergency",
    "coordinator",
    "coordinator of another trial",
    "coordinator of another centre",
    "investigator",
    "investigator of another trial",
    "administrator",
    "administrator of the centre",
    "administrator elsewhere",
    "monitor",
    "monitor whose time is over",
    "monitor of another trial",
)
"""Whoever may come; `clinician` wrote all there is of the own clinic, `colleague` works beside them.

The clinician in an emergency is of another clinic and has opened the own person for an hour.
"""

KINDS = ("own", "foreign", "missing")
"""Of each kind of object: one of the own clinic, one of another, and one that is not there."""
NOBODY = "STA-2222-E"
MISSING_UUID = "00000000-0000-4000-8000-000000000000"
MISSING_PK = 999_999


@dataclass
class World:
    """The accounts by name, and the arguments of addresses by kind of object.

    `places["screening"]["foreign"]` are the arguments of an address of another clinic's pre-screen.
    """

    users: dict[str, User] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    places: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    states: dict[str, TrialReferral] = field(default_factory=dict)
    """A referral of the own clinic in each state."""
    sites: dict[str, Site] = field(default_factory=dict)
    handler: ClientHandler = field(default_factory=partial(ClientHandler, enforce_csrf_checks=False))
    """The chain of middleware, loaded once for all browsers."""
    walked: dict[str, Any] = field(default_factory=dict)
    """What was found on the pages, so that each module walks them once."""

    def client(self, actor: str, **options: Any) -> Client:
        """Return a browser in which `actor` is signed in; nothing it does changes another's.

        With any of the `options` it has a chain of middleware of its own, as it stands now.
        """
        client = Client(raise_request_exception=False, **options)
        if not options:
            client.handler = self.handler
        if actor in self.cookies:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.cookies[actor]
        return client

    def request(
        self, actor: str, method: str, address: str, sent: Mapping[str, Any] | None = None, **more: Any
    ) -> HttpResponse:
        """Return the answer to one request, whose effects are undone."""
        with undone():
            return getattr(self.client(actor), method.lower())(address, sent or {}, **more)


def body_of(response: HttpResponse) -> bytes:
    """Return what an answer holds, streamed or not; a stream is read once and kept."""
    if response.streaming:
        if not hasattr(response, "read_once"):
            response.read_once = b"".join(response.streaming_content)
        return response.read_once
    return response.content


@contextmanager
def undone() -> Iterator[None]:
    """Take back every write, and forget what was counted against anybody."""
    cache.clear()
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def make_world() -> World:
    """Return the world, written into the database."""
    world = World()
    here, elsewhere = make_site("st-anne"), make_site("northgate")
    centre = make_centre(TRIAL, OTHER_TRIAL)
    other_centre = make_centre(TRIAL, OTHER_TRIAL, slug="hillside")
    world.sites = {
        "here": here,
        "elsewhere": elsewhere,
        "third": make_site("southside"),
        "centre": centre,
        "other centre": other_centre,
    }
    _make_users(world)
    for user in world.users.values():
        give_app(user)
    _make_objects(world, here, centre)
    for actor, user in world.users.items():
        world.cookies[actor] = _signed_in(user, whole=actor != HALF)
    return world


def _make_users(world: World) -> None:
    sites = world.sites
    soon = timezone.localdate() + timedelta(days=30)
    yesterday = timezone.localdate() - timedelta(days=2)
    members: dict[str, tuple[Role | None, Site, str, date | None]] = {
        HALF: (Role.CLINICIAN, sites["here"], "", None),
        "no role": (None, sites["here"], "", None),
        "clinician": (Role.CLINICIAN, sites["here"], "", None),
        "colleague": (Role.CLINICIAN, sites["here"], "", None),
        "clinician elsewhere": (Role.CLINICIAN, sites["elsewhere"], "", None),
        "clinician in an emergency": (Role.CLINICIAN, sites["third"], "", None),
        "coordinator": (Role.COORDINATOR, sites["centre"], TRIAL, None),
        "coordinator of another trial": (Role.COORDINATOR, sites["centre"], OTHER_TRIAL, None),
        "coordinator of another centre": (Role.COORDINATOR, sites["other centre"], "", None),
        "investigator": (Role.INVESTIGATOR, sites["centre"], TRIAL, None),
        "investigator of another trial": (Role.INVESTIGATOR, sites["centre"], OTHER_TRIAL, None),
        "administrator": (Role.ADMINISTRATOR, sites["here"], "", None),
        "administrator of the centre": (Role.ADMINISTRATOR, sites["centre"], "", None),
        "administrator elsewhere": (Role.ADMINISTRATOR, sites["elsewhere"], "", None),
        "monitor": (Role.MONITOR, sites["centre"], TRIAL, soon),
        "monitor whose time is over": (Role.MONITOR, sites["centre"], TRIAL, yesterday),
        "monitor of another trial": (Role.MONITOR, sites["centre"], OTHER_TRIAL, soon),
    }
    for number, (actor, (role, site, protocol, until)) in enumerate(members.items()):
        user = make_user(None, email=f"actor{number}@example.org")
        if role is not None:
            Membership.objects.create(user=user, site=site, role=role, protocol=protocol, until=until)
        world.users[actor] = user


def _make_objects(world: World, here: Site, centre: Site) -> None:
    users = world.users
    screening = record(users["clinician"], site=here)
    foreign_screening = record(users["clinician elsewhere"], site=world.sites["elsewhere"])
    draft = begun_by(users["clinician"], typed={"hba1c": "7.8", "hba1c-unit": "percent"})
    foreign_draft = begun_by(users["clinician elsewhere"])
    trial = _consented(users["clinician"], screening, centre, users["coordinator"])
    foreign_trial = _consented(
        users["clinician elsewhere"],
        foreign_screening,
        world.sites["other centre"],
        users["coordinator of another centre"],
    )
    open_in_emergency(
        screening.participant,
        by=users["clinician in an emergency"],
        at=timezone.now(),
        reason="Found unconscious, brought in by ambulance",
        token=uuid.uuid4(),
    )
    own_key, foreign_key = (_passkey(users[actor]) for actor in ("clinician", "clinician elsewhere"))
    add = world.places.__setitem__
    add("nothing", {kind: {} for kind in KINDS})
    add("person", _of_person(screening.participant, foreign_screening.participant))
    add("draft", _of_draft(draft, foreign_draft))
    add("sensor", _of_sensor(users, screening.participant, foreign_screening.participant))
    add("screening", _numbered(screening, screening.participant, foreign_screening))
    add(
        "referral",
        _numbered(trial.referral, screening.participant, foreign_trial.referral),
    )
    letters = [
        begin_referral(users[actor], record(users[actor], site=site), centre=place)
        for actor, site, place in (
            ("clinician", here, centre),
            ("clinician elsewhere", world.sites["elsewhere"], world.sites["other centre"]),
        )
    ]
    add("letter", _numbered(letters[0], letters[0].participant, letters[1]))
    asked = [
        move(
            refer(users[actor], record(users[actor], site=site), centre=place).trials.get(),
            "ask",
            users[by],
            words="Is there an ambulance record?",
        ).referral
        for actor, site, place, by in (
            ("clinician", here, centre, "coordinator"),
            (
                "clinician elsewhere",
                world.sites["elsewhere"],
                world.sites["other centre"],
                "coordinator of another centre",
            ),
        )
    ]
    add("asked", _numbered(asked[0], asked[0].participant, asked[1]))
    add("trial", _numbered(trial, screening.participant, foreign_trial))
    add(
        "protocol",
        {"own": {"protocol_id": TRIAL}, "missing": {"protocol_id": "no-such-trial"}},
    )
    add(
        "criterion",
        {
            "own": {"protocol_id": TRIAL, "criterion_id": "I3"},
            "missing": {"protocol_id": TRIAL, "criterion_id": "no-such-criterion"},
        },
    )
    add(
        "passkey",
        {"own": {"pk": own_key.pk}, "foreign": {"pk": foreign_key.pk}, "missing": {"pk": MISSING_PK}},
    )
    slugs = (here.slug, world.sites["elsewhere"].slug, "no-such-site")
    add("site", {kind: {"slug": slug} for kind, slug in zip(KINDS, slugs, strict=True)})
    roles = [users[actor].memberships.get().pk for actor in ("colleague", "clinician elsewhere")]
    add(
        "membership",
        {"own": {"pk": roles[0]}, "foreign": {"pk": roles[1]}, "missing": {"pk": MISSING_PK}},
    )
    _make_states(world, here, centre)
    rescreen(installed_content(), as_of=date(2027, 3, 20), at=timezone.now())


def begin_referral(by: User, screening: Screening, *, centre: Site) -> Referral:
    """Return a referral whose letter is not sent yet."""
    begun = actions.start_referral(
        screening, centre=centre, protocols=[TRIAL], by=by, at=timezone.now(), token=uuid.uuid4()
    )
    return actions.save_letter(begun, letter=LETTER, by=by, at=timezone.now())


def _of_person(own: Participant, foreign: Participant) -> dict[str, dict[str, Any]]:
    return {
        "own": {"reference": own.reference},
        "foreign": {"reference": foreign.reference},
        "missing": {"reference": NOBODY},
    }


def _of_draft(own: Draft, foreign: Draft) -> dict[str, dict[str, Any]]:
    return {
        "own": {"reference": own.participant.reference, "draft_id": own.pk},
        "foreign": {"reference": foreign.participant.reference, "draft_id": foreign.pk},
        "missing": {"reference": NOBODY, "draft_id": MISSING_UUID},
    }


def _of_sensor(users: dict[str, User], own: Participant, foreign: Participant) -> dict[str, dict[str, Any]]:
    records = [
        kept_record(person, users[actor])
        for person, actor in ((own, "clinician"), (foreign, "clinician elsewhere"))
    ]
    places = [{"reference": one.participant.reference, "pk": one.pk} for one in records]
    return dict(zip(KINDS, [*places, {"reference": NOBODY, "pk": MISSING_UUID}], strict=True))


def _numbered(own: Any, person: Participant, foreign: Any) -> dict[str, dict[str, Any]]:
    of = foreign.referral.participant if isinstance(foreign, TrialReferral) else foreign.participant
    return {
        "own": {"reference": person.reference, "pk": own.pk},
        "foreign": {"reference": of.reference, "pk": foreign.pk},
        "missing": {"reference": NOBODY, "pk": MISSING_PK},
    }


def _consented(clinician: User, screening: Screening, centre: Site, coordinator: User) -> TrialReferral:
    """Return a trial of a referral whose person has signed the consent form, so that a monitor sees it."""
    trial = refer(clinician, screening, centre=centre).trials.get()
    trial = move(trial, "take", coordinator)
    confirm_all(trial, coordinator)
    _own_view(trial, coordinator)
    trial = move(trial, "accept", coordinator, words="Reviewed with the whole team.")
    return _consent(trial, coordinator)


def _own_view(trial: TrialReferral, by: User) -> None:
    actions.record_own_view(
        trial.referral.screening, protocol=trial.protocol, view="candidate", by=by, at=timezone.now()
    )


def _consent(trial: TrialReferral, coordinator: User) -> TrialReferral:
    return move(
        trial,
        "consent",
        coordinator,
        consented_on=date(2026, 11, 20),
        consent_version="4.0",
        subject_no=f"S-{trial.pk}",
    )


def _make_states(world: World, here: Site, centre: Site) -> None:
    """Have a referral of the own clinic in every state that a page can show."""
    clinician, coordinator = world.users["clinician"], world.users["coordinator"]

    def sent() -> TrialReferral:
        return refer(clinician, record(clinician, site=here), centre=centre).trials.get()

    def reviewed() -> TrialReferral:
        trial = move(sent(), "take", coordinator)
        confirm_all(trial, coordinator)
        for actor in ("coordinator", "investigator"):
            _own_view(trial, world.users[actor])
        return trial

    def accepted() -> TrialReferral:
        return move(reviewed(), "accept", coordinator, words="Reviewed with the whole team.")

    states = world.states
    states["submitted"] = sent()
    states["in_review"] = reviewed()
    states["information_requested"] = move(sent(), "ask", coordinator, words="Is there an ambulance record?")
    states["accepted"] = accepted()
    states["not_accepted"] = move(reviewed(), "not_accept", coordinator, reason="no_slot")
    states["in_screening"] = move(_consent(accepted(), coordinator), "start_screening", coordinator)
    states["screen_failure"] = move(
        _consent(accepted(), coordinator), "fail", coordinator, reason="investigator"
    )
    states["on_hold"] = move(
        sent(), "hold", coordinator, hold_until=timezone.localdate() + timedelta(days=365)
    )


def _passkey(user: User) -> Authenticator:
    """Return a passkey of `user`, as a browser would have registered it."""
    number = Cose({1: 2, 3: -7, -1: 1, -2: bytes(32), -3: bytes(32)})
    key = AttestedCredentialData.create(bytes(16), f"passkey of {user.pk}".encode(), number)
    shown = AuthenticatorData.create(
        bytes(32), AuthenticatorData.FLAG.AT | AuthenticatorData.FLAG.UP, 0, bytes(key)
    )
    challenge = {"type": "webauthn.create", "challenge": "AA", "origin": "https://testserver"}
    response = {
        "clientDataJSON": websafe_encode(json.dumps(challenge).encode()),
        "attestationObject": websafe_encode(bytes(AttestationObject.create("none", shown, {}))),
    }
    name = websafe_encode(key.credential_id)
    credential = {"id": name, "rawId": name, "type": "public-key", "response": response}
    return Authenticator.objects.create(
        user=user,
        type=Authenticator.Type.WEBAUTHN,
        data={"name": "phone", "credential": {**credential, "clientExtensionResults": {}}},
    )


def _signed_in(user: User, *, whole: bool) -> str:
    """Return the session of someone who has just signed in: with a second factor, or by password alone."""
    client = Client()
    client.force_login(user)
    request = HttpRequest()
    request.session = client.session
    for method in ("password", "mfa") if whole else ("password",):
        record_authentication(request, user, method)
    request.session.save()
    return client.cookies[settings.SESSION_COOKIE_NAME].value
