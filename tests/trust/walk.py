"""Every form of every page, found by opening the pages as those who may and reading their HTML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.http import HttpResponse
from django.urls import Resolver404, resolve, reverse

from tests.trust.matrix import ROWS
from tests.trust.world import World, body_of

WALKERS = (
    "anonymous",
    "clinician",
    "coordinator",
    "investigator",
    "administrator",
    "monitor",
    "clinician in an emergency",
)
"""Those whose pages together show every form."""
TEXT_TYPES = {"text", "search", "email", "tel", "url", "password", "number", "date", "textarea", "hidden"}
LINKS_ALONE = {"account_logout"}
NOT_TYPED = {"csrfmiddlewaretoken"}


@dataclass(frozen=True)
class Field:
    """One input: its name, its type, and what a browser would send of it untouched."""

    name: str
    type: str
    value: str = ""
    sent: bool = True
    options: tuple[str, ...] = ()

    @property
    def takes_text(self) -> bool:
        return self.type in TEXT_TYPES and self.name not in NOT_TYPED


@dataclass
class Form:
    """One form: who sees it on which page, where it goes, and its inputs.

    `button` is the name and value of the button that sends it, where that has a name.
    """

    actor: str
    page: str
    action: str = ""
    method: str = "get"
    id: str = ""
    fields: list[Field] = field(default_factory=list)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name of the URL that it goes to."""
        try:
            return resolve(urlsplit(self.action).path).url_name or ""
        except Resolver404:
            return f"nothing at {self.action}"

    @property
    def key(self) -> tuple[str, str, tuple[str, ...]]:
        """What tells it from another: two forms with one key are the same form about two objects."""
        return (self.name, self.method, tuple(sorted({_plain(one.name) for one in self.fields})))

    def untouched(self) -> dict[str, list[str]]:
        """Return what a browser would send if nothing was typed."""
        sent: dict[str, list[str]] = {}
        for one in self.fields:
            if one.sent and one.name:
                sent.setdefault(one.name, []).append(one.value)
        return sent

    def texts(self) -> list[Field]:
        """Return the inputs that anything can be typed into, or that a script could fill."""
        return [one for one in self.fields if one.takes_text]


def _plain(name: str) -> str:
    return "".join("0" if sign.isdecimal() else sign for sign in name)


class _Forms(HTMLParser):
    def __init__(self, actor: str, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.actor, self.page = actor, page
        self.forms: list[Form] = []
        self.loose: list[tuple[str, Field]] = []
        self.open: Form | None = None
        self.select: tuple[str, str, bool] | None = None
        self.options: list[tuple[str, bool]] = []
        self.text: tuple[str, str, list[str]] | None = None
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attributes}
        if tag == "form":
            action = said.get("action") or self.page
            self.open = Form(
                self.actor,
                self.page,
                _joined(self.page, action),
                said.get("method", "get").lower(),
                said.get("id", ""),
            )
            self.forms.append(self.open)
        elif tag == "input":
            self._input(said)
        elif tag == "button" and said.get("type", "submit") == "submit":
            goes_to = said.get("formaction", "")
            self._button(said, _joined(self.page, goes_to) if goes_to else "")
        elif tag == "select":
            self.select, self.options = (said.get("name", ""), said.get("form", ""), "multiple" in said), []
        elif tag == "option" and self.select is not None:
            self.options.append((said.get("value", ""), "selected" in said))
        elif tag == "textarea":
            self.text = (said.get("name", ""), said.get("form", ""), [])
        elif tag == "a" and said.get("href"):
            self.links.add(_joined(self.page, said["href"]))

    def _input(self, said: dict[str, str]) -> None:
        kind = said.get("type", "text").lower()
        if kind in ("submit", "button", "image", "reset"):
            return
        ticked = kind not in ("radio", "checkbox") or "checked" in said
        value = said.get("value", "on" if kind in ("radio", "checkbox") else "")
        self._add(said.get("form", ""), Field(said.get("name", ""), kind, value, sent=ticked))

    def _button(self, said: dict[str, str], goes_to: str) -> None:
        form = self._form(said.get("form", ""))
        if form is not None:
            form.buttons.append((said.get("name", ""), said.get("value", ""), goes_to))

    def _form(self, owner: str) -> Form | None:
        return next((form for form in self.forms if form.id == owner), None) if owner else self.open

    def _add(self, owner: str, one: Field) -> None:
        form = self._form(owner)
        if not one.name:
            return
        if form is not None:
            form.fields.append(one)
        elif owner:
            self.loose.append((owner, one))

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text[2].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None
        elif tag == "select" and self.select is not None:
            name, owner, several = self.select
            values = tuple(value for value, _ in self.options)
            chosen = [value for value, is_chosen in self.options if is_chosen]
            if not several and not chosen:
                chosen = list(values[:1])
            for value in chosen or [""]:
                self._add(owner, Field(name, "select", value, sent=bool(chosen), options=values))
            self.select = None
        elif tag == "textarea" and self.text is not None:
            name, owner, parts = self.text
            self._add(owner, Field(name, "textarea", "".join(parts).removeprefix("\n")))
            self.text = None

    def close(self) -> None:
        super().close()
        for owner, one in self.loose:
            form = next((form for form in self.forms if form.id == owner), None)
            if form is not None:
                form.fields.append(one)


def _joined(page: str, address: str) -> str:
    if address.startswith("/"):
        return address
    base = urlsplit(page).path
    return base + address if address.startswith(("?", "#")) else base.rsplit("/", 1)[0] + "/" + address


def read_page(actor: str, page: str, response: HttpResponse) -> tuple[list[Form], set[str]]:
    """Return the forms of a page, one for each way to send it, and the addresses that it leads to."""
    if not response.get("Content-Type", "").startswith("text/html"):
        return [], set()
    parser = _Forms(actor, page)
    parser.feed(body_of(response).decode())
    parser.close()
    forms = []
    for form in parser.forms:
        forms.append(form)
        for _, _, goes_to in form.buttons:
            if goes_to and goes_to != form.action:
                forms.append(Form(actor, page, goes_to, form.method, form.id, form.fields, form.buttons))
    return forms, parser.links


IN_EACH_STATE = {
    ("coordinator", "trial_referral"): None,
    ("investigator", "trial_referral"): ("accepted",),
    ("clinician", "referral"): ("submitted",),
}
"""Pages whose forms depend on where a referral stands: opened for these states too; None for all."""


def addresses_of(world: World, actor: str) -> Iterator[str]:
    """Yield the address of every page that `actor` opens, of the own objects."""
    for row in ROWS.values():
        if actor not in row.reach.get("GET", ()):
            continue
        yield row.address(world)
        states = IN_EACH_STATE.get((actor, row.name), ())
        for state, trial in world.states.items():
            if states is None or state in states:
                pk = trial.pk if row.object == "trial" else trial.referral_id
                reference = trial.referral.participant.reference
                yield reverse(row.name, kwargs={"reference": reference, "pk": pk})


def pages_of(world: World, actor: str) -> Iterator[tuple[str, HttpResponse]]:
    """Yield every page that `actor` can open, with those that its links lead to."""
    for address in dict.fromkeys(addresses_of(world, actor)):
        response = world.request(actor, "GET", address)
        if response.status_code == 200:
            yield address, response


def _walk(world: World) -> None:
    """Open every page as each walker, and keep its forms and what its links ask for."""
    forms: dict[tuple[str, str, tuple[str, ...]], Form] = {}
    parameters: dict[tuple[str, str], set[str]] = {}
    for actor in WALKERS:
        for address, response in pages_of(world, actor):
            found, links = read_page(actor, address, response)
            for form in found:
                forms.setdefault(form.key, form)
                if form.method == "get":
                    here = parameters.setdefault((actor, urlsplit(form.action).path), set())
                    here |= {one.name for one in form.fields}
            for link in links:
                parts = urlsplit(link)
                if parts.query and not parts.netloc:
                    here = parameters.setdefault((actor, parts.path), set())
                    here |= {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    world.walked = {"forms": list(forms.values()), "parameters": parameters}


def every_form(world: World) -> list[Form]:
    """Return each form of the app once, as someone sees it."""
    if not world.walked:
        _walk(world)
    return world.walked["forms"]


def query_parameters(world: World) -> dict[tuple[str, str], set[str]]:
    """Return the names that stand after a question mark, by reader and path: of forms and of links."""
    if not world.walked:
        _walk(world)
    return world.walked["parameters"]


def send(world: World, form: Form, data: dict[str, Any]) -> HttpResponse:
    """Send a form as whoever sees it; what it does is undone."""
    return world.request(form.actor, form.method.upper(), form.action, data)
