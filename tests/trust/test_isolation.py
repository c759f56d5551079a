"""T02: nobody reaches another site's people: not by address, not by body, not by filter, not by extra fields.

Seen to fail with `participant__reference` left out of the look-up in `_screening` (a foreign person's
reference led to an own pre-screen), with a 403 in place of the 404 for a foreign draft, with the sites of
StartForm not bounded by the user (a form was begun at another clinic), and with `start` passing
`**request.POST` on to the draft (an extra `owner_id` took it away).
"""

from __future__ import annotations

import re
from functools import partial
from itertools import product
from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import reverse

from screening.models import Participant
from tests.figures import Figure
from tests.trust import walk
from tests.trust.matrix import ROWS
from tests.trust.sharing import Shares
from tests.trust.tables import changed_cells, foreign_keys_to, left_behind_by, rows_of_all, tables
from tests.trust.world import World, body_of

NAMED = [name for name, row in ROWS.items() if row.object not in ("nothing", "protocol", "criterion")]
MIXED = [name for name in NAMED if ROWS[name].object not in ("person", "passkey", "site", "membership")]
VARYING = re.compile(rb'value="[A-Za-z0-9]{32,}"|/people/[^"<]*')


def told(response: HttpResponse, address: str) -> tuple[Any, ...]:
    """Return what an answer tells: status, headers, and the page without its address and its token."""
    headers = {
        name: value for name, value in response.headers.items() if name not in ("X-Request-ID", "Vary")
    }
    if "Location" in headers:
        headers["Location"] = headers["Location"].replace(address, "")
    length = headers.pop("Content-Length", None)
    page = VARYING.sub(b"", body_of(response).replace(address.encode(), b""))
    return response.status_code, tuple(sorted(headers.items())), page, length is None


@pytest.mark.parametrize("name", NAMED)
def test_foreign_and_missing_objects_are_answered_alike(name: str, world: World, figure: Figure) -> None:
    row = ROWS[name]
    differences = []
    asked = 0
    for method in sorted(row.reach):
        who = [actor for actor in row.reached_by(method) if actor not in ("clinician in an emergency",)]
        for actor in who:
            foreign, missing = (row.address(world, kind) for kind in ("foreign", "missing"))
            answers = [
                told(world.request(actor, method, address, row.send if method == "POST" else {}), address)
                for address in (foreign, missing)
            ]
            asked += 2
            if answers[0] != answers[1] or answers[0][0] != 404:
                differences.append(f"{actor}: {method} {foreign}: {answers[0][0]} and {answers[1][0]}")
    figure("T02", "foreign and missing objects by address", asked=asked, reached=len(differences))
    assert not differences, "\n".join(differences)


@pytest.mark.parametrize("name", MIXED)
def test_address_that_mixes_two_objects_is_not_found(name: str, world: World, figure: Figure) -> None:
    row = ROWS[name]
    places = world.places[row.object]
    keys = list(places["own"])
    reached = []
    asked = 0
    for kinds in product(("own", "foreign", "missing"), repeat=len(keys)):
        if len(set(kinds)) == 1:
            continue
        address = reverse(
            row.name,
            kwargs={**{key: places[kind][key] for key, kind in zip(keys, kinds, strict=True)}, **row.more},
        )
        for method in row.reach:
            for actor in row.reached_by(method):
                response = world.request(actor, method, address, row.send if method == "POST" else {})
                asked += 1
                if response.status_code != 404:
                    reached.append(f"{actor}: {method} {address}: {response.status_code}")
    figure("T02", "addresses that mix two objects", asked=asked, reached=len(reached))
    assert not reached, "\n".join(reached)


def foreign_owners(world: World) -> dict[str, set[Any]]:
    """Return the keys of what belongs to the other clinic."""
    places = {kind: names["foreign"] for kind, names in world.places.items() if "foreign" in names}
    person = _person_key(places["person"]["reference"])
    return {
        "Participant": {person},
        "Draft": {places["draft"]["draft_id"]},
        "Screening": {places["screening"]["pk"]},
        "Referral": {places["referral"]["pk"]},
        "TrialReferral": {places["trial"]["pk"]},
        "Authenticator": {places["passkey"]["pk"]},
    }


def _person_key(reference: str) -> int:
    return Participant.objects.get(reference=reference).pk


def foreign_ids(world: World) -> list[str]:
    """Return the other clinic's ids and references, as somebody would write them into a request."""
    places = [names["foreign"] for names in world.places.values() if "foreign" in names]
    said = {str(value) for names in places for value in names.values()}
    said |= {str(world.users["clinician elsewhere"].pk), str(world.sites["elsewhere"].pk), "northgate"}
    return sorted(said)


def fitting(said: str, ids: list[str]) -> list[str]:
    """Return those of `ids` that could stand in place of what a field holds now."""
    if said.isdecimal():
        return [one for one in ids if one.isdecimal()]
    return [one for one in ids if not one.isdecimal() and (len(said) != 36 or len(one) == 36)]


NAMES_AN_OBJECT = {"reference", "wanted", "confirmation", "filters"}
"""The fields that take an id as text; of the others only those count that nobody types into."""
BINDS_TO_THE_PAGE = walk.NOT_TYPED | {"version", "shown", "seen", "based_on", "turn", "field", "credential"}


def may_name_an_object(one: walk.Field) -> bool:
    if one.name in BINDS_TO_THE_PAGE:
        return False
    return one.name in NAMES_AN_OBJECT or one.type in ("hidden", "select", "radio", "checkbox")


def sent_by(
    world: World, form: walk.Form, data: dict[str, Any], answer: list[HttpResponse] | None = None
) -> None:
    """Send a form as whoever sees it, and put the answer into `answer`."""
    response = world.client(form.actor).post(form.action, data)
    if answer is not None:
        answer.append(response)


def test_foreign_ids_in_forms_reach_nothing(world: World, figure: Figure) -> None:
    owners, before = foreign_owners(world), rows_of_all()
    ids, shares = foreign_ids(world), Shares(3)
    theirs = foreign_keys_to(before, owners)
    names_of_theirs = [
        world.users["clinician elsewhere"].name,
        world.places["person"]["foreign"]["reference"],
    ]
    reached, sent = [], 0
    for form in walk.every_form(world):
        if form.method != "post" or len(form.fields) > 100:
            continue
        fields = {one.name: one.value for one in form.fields if may_name_an_object(one)}
        tries = [(name, one) for name, value in fields.items() for one in shares.of(fitting(value, ids))]
        for name, foreign in tries:
            data = {**form.untouched(), name: foreign}
            answer: list[HttpResponse] = []
            after = left_behind_by(partial(sent_by, world, form, data, answer), before)
            sent += 1
            now = foreign_keys_to(after, owners)
            touched = {one for one in theirs | now if before[one[0]].get(one[1]) != after[one[0]].get(one[1])}
            shown = [
                word for word in names_of_theirs if word != foreign and word.encode() in answer[0].content
            ]
            if touched or shown:
                reached.append(
                    f"{form.actor}: {form.name} with {name}={foreign}: {sorted(touched)[:3]} {shown}"
                )
    figure("T02", "foreign ids in forms", sent=sent, reached=len(reached))
    assert sent
    assert not reached, "\n".join(reached)


def test_foreign_ids_in_filters_show_nothing(world: World, figure: Figure) -> None:
    reference = world.places["person"]["foreign"]["reference"]
    name_of_theirs = world.users["clinician elsewhere"].name
    ids = foreign_ids(world)
    shown, sent = [], 0
    shares = Shares(4)
    for (actor, path), names in walk.query_parameters(world).items():
        for name, foreign in ((name, one) for name in sorted(names) for one in shares.of(ids)):
            response = world.request(actor, "GET", path, {name: foreign})
            sent += 1
            page = body_of(response).decode()
            if (
                (reference in page and foreign != reference)
                or name_of_theirs in page
                or response.status_code >= 500
            ):
                shown.append(f"{actor}: {path}?{name}={foreign}: {response.status_code}")
    figure("T02", "foreign ids in filters", sent=sent, reached=len(shown))
    assert sent
    assert not shown, "\n".join(shown)


def extra_fields(world: World) -> dict[str, str]:
    """Return every column of every table as a form field, with a value that would do harm."""
    columns = {field.attname for model in tables() for field in model._meta.concrete_fields}
    columns |= {field.name for model in tables() for field in model._meta.concrete_fields}
    clinic, doctor = world.sites["elsewhere"].pk, world.users["clinician elsewhere"].pk
    harm = {"site": clinic, "site_id": clinic, "centre": clinic, "centre_id": clinic, "state": "enrolled"}
    harm |= dict.fromkeys(("owner", "owner_id", "by", "by_id", "recorded_by", "recorded_by_id"), doctor)
    harm |= {"is_active": "", "role": "administrator", "version": 99, "is_signature": "on", "overrides": "on"}
    return {name: str(harm.get(name, 1)) for name in sorted(columns - {"id", "password"})} | {
        "id": "1",
        "pk": "1",
        "is_superuser": "on",
        "is_staff": "on",
        "roles": "administrator",
    }


def test_extra_fields_in_a_form_change_nothing(world: World, figure: Figure) -> None:
    extra, before = extra_fields(world), rows_of_all()
    changes, sent = [], 0
    forms = [form for form in walk.every_form(world) if form.method == "post"]
    for form in forms:
        named = set().union(*(_names(other) for other in forms if other.name == form.name))
        plain = {**form.untouched(), **VALID.get(form.name, {})}
        more = {**{name: value for name, value in extra.items() if name not in named}, **plain}
        runs = [left_behind_by(partial(sent_by, world, form, data), before) for data in (plain, plain, more)]
        sent += len(more) - len(plain)
        by_chance = changed_cells(runs[0], runs[1])
        # A form may also refuse a field of its own that it did not show, and then writes nothing.
        found = changed_cells(runs[0], runs[2]) - by_chance if runs[2] != before else set()
        changes += [f"{form.actor}: {form.name}: {cell}" for cell in sorted(found)[:3]]
    figure("T02", "extra fields in forms", sent=sent, reached=len(changes))
    assert sent
    assert not changes, "\n".join(changes)


def _names(form: walk.Form) -> set[str]:
    return {one.name for one in form.fields} | {name for name, _, _ in form.buttons}


VALID: dict[str, dict[str, str]] = {}
