"""T04: hostile text in every field and parameter is shown as text, or refused in words.

The forms are found by walking the pages. Seen to fail with `|safe` on the text of a note (a script
came out), with the formula guard of the exports switched off, and with `next` of `appearance` not checked
(it led to an address of elsewhere).
"""

from __future__ import annotations

from itertools import cycle, islice, product

import pytest
from django.utils import timezone

from tests.figures import Figure
from tests.trust import walk
from tests.trust.filling import DAYS, ENDS_THE_WALK, filled
from tests.trust.hostile import POLYGLOT, TEXTS, findings
from tests.trust.matrix import ROWS
from tests.trust.sharing import Shares, turns
from tests.trust.world import World, undone

MANY = 100
"""A form with more inputs than that is filled in as a whole."""
PARAMETERS = ("after", "next", "reference", "what", "page")
"""Asked of every page, beside those that its own links and forms have."""


@pytest.mark.parametrize("turn", turns(len(TEXTS), few=2))
def test_hostile_text_in_every_field_is_only_text(turn: int, world: World, figure: Figure) -> None:
    """Each field meets another kind of text in each turn."""
    found, sent = [], 0
    texts = islice(cycle(TEXTS.values()), turn, None)
    for form in walk.every_form(world):
        data = filled(form, timezone.localdate()) | {
            one.name: next(texts) for one in form.texts() if one.type != "hidden"
        }
        with undone():
            client = world.client(form.actor)
            answers = [getattr(client, form.method)(form.action, data)]
            if form.name not in ENDS_THE_WALK:
                answers.append(client.get(form.page))
        sent += len(form.texts())
        found += [
            f"{form.actor}: {form.name} ({form.page}): {one}"
            for answer in answers
            for one in findings(answer)
        ]
    figure("T04", "hostile texts in fields", sent=sent, findings=len(found))
    assert sent > 100
    assert not found, "\n".join(found[:30])


def test_hostile_text_in_one_field_of_a_sound_form_is_only_text(world: World, figure: Figure) -> None:
    """The rest of the form is filled in, so that what is taken is stored and comes out on the next page."""
    found, sent, shares = [], 0, Shares(2)
    for form in walk.every_form(world):
        if form.method != "post" or len(form.fields) > MANY:
            continue
        for one in shares.of([one for one in form.texts() if one.name not in DAYS]):
            with undone():
                client = world.client(form.actor)
                data = {**filled(form, timezone.localdate()), one.name: POLYGLOT}
                answers = [client.post(form.action, data)]
                if answers[0].status_code == 302 and form.name not in ENDS_THE_WALK:
                    answers.append(client.get(answers[0].headers["Location"].split("#")[0]))
            sent += 1
            found += [
                f"{form.actor}: {form.name}.{one.name}: {what}"
                for answer in answers
                for what in findings(answer)
            ]
    figure("T04", "hostile texts in fields", sent=sent, findings=len(found))
    assert not found, "\n".join(found[:30])


def test_hostile_text_once_stored_stays_text_on_every_page(world: World, figure: Figure) -> None:
    forms = [
        form
        for form in walk.every_form(world)
        if form.method == "post" and form.name not in ENDS_THE_WALK and form.name not in SIGNING_IN
    ]
    found, pages = [], 0
    with undone():
        for form in forms:
            texts = {one.name: POLYGLOT for one in form.texts() if one.type in ("text", "textarea")}
            texts = {name: text for name, text in texts.items() if name not in DAYS}
            answer = world.client(form.actor).post(
                form.action, {**filled(form, timezone.localdate()), **texts}
            )
            found += [f"{form.name}: {one}" for one in findings(answer)]
        for actor in walk.WALKERS:
            for address, response in walk.pages_of(world, actor):
                pages += 1
                found += [f"{actor}: {address}: {one}" for one in findings(response)]
        for what, form_ in product(EXPORTED, ("coded", "safe_harbor")):
            sent = {"what": what, "form": form_, "format": "csv"}
            for actor in ("clinician", "coordinator", "administrator"):
                answer = world.client(actor).post("/reports/export/", sent)
                found += [f"{actor}: export of {what}: {one}" for one in findings(answer)]
    figure("T04", "pages after hostile texts were stored", pages=pages, findings=len(found))
    assert pages > 30
    assert not found, "\n".join(found[:30])


SIGNING_IN = {name for name in ROWS if name.startswith(("account_", "mfa_"))}
EXPORTED = (
    "pre_screening_log:st-anne",
    "screening_log:lakeside:zimislecel-forward",
    "report:lakeside:zimislecel-forward",
)


@pytest.mark.parametrize("turn", turns(len(TEXTS), few=2))
def test_hostile_parameter_of_any_page_is_only_text(turn: int, world: World, figure: Figure) -> None:
    texts = islice(cycle(text for kind, text in TEXTS.items() if kind != "huge"), turn, None)
    wanted = dict(walk.query_parameters(world))
    for row in ROWS.values():
        if "GET" in row.reach:
            wanted.setdefault((row.reader, row.address(world)), set())
    found, sent = [], 0
    for (actor, path), names in wanted.items():
        every = sorted({*names, *PARAMETERS})
        for data in ({name: next(texts) for name in every}, {next(texts): "1"}):
            response = world.request(actor, "GET", path, data)
            sent += len(data)
            found += [f"{actor}: {path}: {one}" for one in findings(response)]
    figure("T04", "hostile texts in parameters", sent=sent, findings=len(found))
    assert not found, "\n".join(found[:30])


HOSTILE_PATHS = (
    "/people/..%2f..%2fetc%2fpasswd/",
    "/people/%00/",
    "/people/%3Cscript%3Ezq9x()%3C%2Fscript%3E/",
    "/people/STA-2222-E/pre-screens/99999999999999999999999/",
    "/people/STA-2222-E/pre-screens/-1/",
    "/people/STA-2222-E/pre-screens/%D9%A1/",
    "/people/STA-2222-E/form/not-a-uuid/",
    "/people/%0d%0aSet-Cookie:zq9x=1/",
    "/protocols/..%2f..%2fconfig/",
    "/protocols/zimislecel-forward%00/",
    "/static/..%2f..%2fconfig%2fsettings.py",
    "/static/%2e%2e/%2e%2e/etc/passwd",
    "/" + "a" * 10_000,
    "/people/" + "%F0%9F%98%80" * 200 + "/",
)


@pytest.mark.parametrize("path", HOSTILE_PATHS, ids=[path[:40] for path in HOSTILE_PATHS])
@pytest.mark.parametrize("actor", ["anonymous", "clinician", "monitor"])
def test_hostile_path_leads_nowhere(path: str, actor: str, world: World, figure: Figure) -> None:
    with undone():
        response = world.client(actor).get(path)
    found = findings(response)
    figure("T04", "hostile paths", sent=1, findings=len(found))
    assert not found
    assert response.status_code in (302, 400, 403, 404)
