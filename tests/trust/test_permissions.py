"""T01: every role asks every address by every method, and reaches what permissions.toml says, no more.

Seen to fail with `@allow(Role.CLINICIAN)` of `result` made `@allow_signed_in` (the coordinator reached it),
with `visible_to` left out of `screening_shown` (the clinician elsewhere reached it), with the second-factor
check left out of AccessMiddleware (the half signed in reached 30 pages), and with a URL that had no row.
"""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.urls import reverse

from tests.figures import Figure
from tests.trust import walk
from tests.trust.matrix import METHODS, ROWS, Row, problems
from tests.trust.sharing import Shares
from tests.trust.world import ACTORS, ANONYMOUS, HALF, World

REACHED = "reached"
REACHES_WITHOUT_SIGNING_IN = {
    "health",
    "appearance",
    "account_login",
    "account_logout",
    "account_inactive",
    "mfa_authenticate",
    "mfa_login_webauthn",
}
"""What anonymous may reach: health, light and dark, and what signing in needs."""


def outcome(response: HttpResponse) -> str:
    """Return what became of a request: refused in which way, or reached."""
    status = response.status_code
    if status >= 500:
        return f"failed with {status}"
    if status == 302:
        goes_to = response.headers["Location"].split("?")[0]
        if goes_to == reverse("account_login"):
            return "sent to sign in"
        if goes_to == reverse("mfa_index"):
            return "sent to set up"
    if status in (403, 404, 405):
        return str(status)
    return REACHED


def expected(row: Row, actor: str, method: str) -> set[str]:
    """Return what may become of the request of `actor`."""
    if method not in ("GET", "HEAD", "POST"):
        return {"405"}
    if actor in row.reached_by(method):
        # allauth itself shows the way to whoever signs out, or has come half-way.
        return {REACHED, "sent to sign in", "sent to set up"} if row.name in ON_THE_WAY else {REACHED}
    if any(actor in who for who in row.reach.values()):
        return {"405", "403"}
    if actor == ANONYMOUS:
        return {"sent to sign in"}
    if actor == HALF:
        return {"sent to set up"}
    return {"404", "405"} if actor in row.unseen_by else {"403"}


ON_THE_WAY = {name for name in ROWS if name.startswith(("mfa_", "account_"))}


def test_every_address_has_a_row_in_the_matrix() -> None:
    assert not problems(), "permissions.toml and the URLconf differ:\n\n" + "\n".join(problems())


@pytest.mark.parametrize("name", ROWS)
def test_every_role_reaches_what_its_row_says(name: str, world: World, figure: Figure) -> None:
    row = ROWS[name]
    address = row.address(world)
    surprises, asked, shares = [], 0, Shares(4)
    for method in METHODS:
        for actor in ACTORS if method in ("GET", "POST") else shares.of(ACTORS):
            asked += 1
            sent = row.send if method == "POST" else {}
            response = world.request(actor, method, address, sent)
            found, may_be = outcome(response), expected(row, actor, method)
            if found not in may_be:
                surprises.append(f"{actor}: {method} {address}: {found}, not {' or '.join(sorted(may_be))}")
    figure(
        "T01",
        "role x URL x method",
        urls=1,
        roles_and_methods=asked,
        surprises=len(surprises),
    )
    assert not surprises, "\n".join(surprises)


def test_anonymous_reaches_only_signing_in_and_health(world: World, figure: Figure) -> None:
    reached = {
        name
        for name, row in ROWS.items()
        for method in METHODS
        if outcome(world.request(ANONYMOUS, method, row.address(world), row.send)) == REACHED
    }
    figure("T01", "pages anonymous reaches", beyond_signing_in=len(reached - REACHES_WITHOUT_SIGNING_IN))
    assert reached <= REACHES_WITHOUT_SIGNING_IN


@pytest.mark.parametrize(
    "name", [name for name, row in ROWS.items() if "POST" in row.reach and name != "health"]
)
def test_no_form_is_taken_without_its_token(name: str, world: World, figure: Figure) -> None:
    """Seen to fail with `csrf_exempt` put on `record`."""
    row = ROWS[name]
    response = world.client(row.writer, enforce_csrf_checks=True).post(row.address(world), {})
    figure("T06", "POST without a token", urls=1, taken=int(response.status_code != 403))
    assert response.status_code == 403


def test_every_form_brings_its_token(world: World, figure: Figure) -> None:
    """Seen to fail with `csrf_token` left out of an `include … only`: the form was shown, and never taken."""
    forms = [form for form in walk.every_form(world) if form.method == "post"]
    without = [
        f"{form.actor}: {form.page}: {form.name}"
        for form in forms
        if not any(one.name == "csrfmiddlewaretoken" and one.value for one in form.fields)
    ]
    figure("T06", "forms without a token", forms=len(forms), without=len(without))
    assert len(forms) > 30
    assert not without, "\n".join(without)
