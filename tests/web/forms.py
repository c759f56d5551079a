"""Filling in the form without a browser's scripts, as the tests of the pages do it."""

from __future__ import annotations

import html
import re
from typing import Any

from django.http import HttpResponse
from django.test import Client

from screening.models import Draft, User
from tests.factories import make_site

_INPUT = re.compile(r"<input\b[^>]*>")
_SELECT = re.compile(r"<select\b[^>]*?name=\"([^\"]+)\"[^>]*>(.*?)</select>", re.DOTALL)
_OPTION = re.compile(r"<option value=\"([^\"]*)\"( selected)?>")


def begin(client: Client, **posted: str) -> Draft:
    """Begin a form about someone new and return it."""
    response = client.post("/new/", posted)
    assert response.status_code == 302, response.content.decode()
    return Draft.objects.get(pk=response["Location"].rstrip("/").rsplit("/", 1)[-1])


def address(draft: Draft, page: str = "") -> str:
    """Return the address of a page of `draft`."""
    return f"/people/{draft.participant.reference}/form/{draft.pk}/{page + '/' if page else ''}"


def fill(client: Client, draft: Draft, stage: str, go: str = "stay", **typed: Any) -> HttpResponse:
    """Type into the inputs of a stage as it stands and press a button; `__` in a name stands for `-`."""
    page = client.get(address(draft, stage))
    posted = inputs(page) | {name.replace("__", "-"): value for name, value in typed.items()}
    return client.post(address(draft, stage), {**posted, "go": go})


def inputs(page: HttpResponse) -> dict[str, Any]:
    """Return what a browser would send for the form on `page`, untouched."""
    text = page.content.decode()
    text = text[
        text.index('<form class="answers"') : text.index("</form>", text.index('<form class="answers"'))
    ]
    sent: dict[str, Any] = {}
    for tag in _INPUT.findall(text):
        name, value = _attribute(tag, "name"), _attribute(tag, "value")
        kind = _attribute(tag, "type") or "text"
        if not name or (kind in ("radio", "checkbox") and " checked" not in tag):
            continue
        if kind == "checkbox" and name.endswith("-symptoms"):
            sent.setdefault(name, []).append(value)
        else:
            sent[name] = value
    for name, options in _SELECT.findall(text):
        found = _OPTION.findall(options)
        sent[name] = html.unescape(next((value for value, chosen in found if chosen), found[0][0]))
    return sent


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return html.unescape(found[1]) if found else ""


def begun_by(user: User, **fields: Any) -> Draft:
    """Return a form of `user` about someone new at St Anne, without any page."""
    from django.utils import timezone

    from screening import actions

    site = user.current_memberships[0].site if user.current_memberships else make_site()
    participant = actions.add_participant(site=site, by=user, at=timezone.now())
    return Draft.objects.create(participant=participant, owner=user, **{"as_of": site.today(), **fields})
