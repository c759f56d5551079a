"""The permission matrix: permissions.toml read against the URLconf."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.urls import URLPattern, reverse

from screening.access import Access, declared_access, routed_views
from tests.trust.world import ACTORS, ANONYMOUS, HALF, World

FILE = Path(__file__).parent / "permissions.toml"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
GROUPS = {
    "anyone": ACTORS,
    "signed in": tuple(actor for actor in ACTORS if actor not in (ANONYMOUS, HALF)),
    "with a role": tuple(
        actor for actor in ACTORS if actor not in (ANONYMOUS, HALF, "no role", "monitor whose time is over")
    ),
    "centre staff": tuple(actor for actor in ACTORS if actor.startswith(("coordinator", "investigator"))),
    "clinicians": tuple(actor for actor in ACTORS if actor.startswith(("clinician", "colleague"))),
    "administrators": tuple(actor for actor in ACTORS if actor.startswith("administrator")),
}
KEYS = {"object", "with", "GET", "POST", "send", "unseen_by"}


@dataclass(frozen=True)
class Row:
    """Who reaches one address, by method.

    Attributes:
        object: the kind of object that the address names.
        more: further arguments of the address.
        reach: for GET and POST, the actors who reach it.
        send: what a POST brings along to get past the view's first look at it.
        unseen_by: the actors whose role opens such pages, and to whom this object is not there.
    """

    name: str
    route: str
    object: str
    more: dict[str, str]
    reach: dict[str, frozenset[str]]
    send: dict[str, str]
    unseen_by: frozenset[str]

    def address(self, world: World, kind: str = "own") -> str:
        """Return the address of the own, the foreign or the missing object."""
        return reverse(self.name, kwargs={**world.places[self.object][kind], **self.more})

    def reached_by(self, method: str) -> frozenset[str]:
        return self.reach.get("GET" if method == "HEAD" else method, frozenset())

    @property
    def reader(self) -> str:
        """Someone who reaches it by GET, the more ordinary first."""
        return next(actor for actor in (*ACTORS[3:], *ACTORS) if actor in self.reach["GET"])

    @property
    def writer(self) -> str:
        """Someone who reaches it by POST."""
        return next(actor for actor in (*ACTORS[3:], *ACTORS) if actor in self.reach["POST"])


def patterns() -> dict[str, tuple[str, URLPattern]]:
    """Return every view of the URLconf by its name."""
    return {pattern.name or route: (route, pattern) for route, pattern in routed_views()}


def written() -> dict[str, dict[str, Any]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def rows() -> Iterator[Row]:
    """Yield a row for each address of the URLconf that has one."""
    there = patterns()
    for name, said in written().items():
        if name in there:
            yield Row(
                name=name,
                route=there[name][0],
                object=said.get("object", "nothing"),
                more=said.get("with", {}),
                reach={method: _actors(said[method]) for method in ("GET", "POST") if method in said},
                send=said.get("send", {}),
                unseen_by=_actors(said.get("unseen_by", [])),
            )


def _actors(said: list[str]) -> frozenset[str]:
    return frozenset(actor for word in said for actor in GROUPS.get(word, (word,)))


ROWS = {row.name: row for row in rows()}


def problems() -> list[str]:
    """Return what is wrong with the file: rows missing, left over, or naming what is not there."""
    there, said = patterns(), written()
    found = [
        f"no row for {route}: add\n\n{_row_to_add(name, pattern)}"
        for name, (route, pattern) in there.items()
        if name not in said
    ]
    found += [f"[{name}] is no URL any more: take the row out" for name in said if name not in there]
    for name, row in said.items():
        found += [f"[{name}] has the unknown key {key!r}" for key in row.keys() - KEYS]
        words = [word for key in ("GET", "POST", "unseen_by") for word in row.get(key, [])]
        found += [
            f"[{name}] names {word!r}, who is nobody"
            for word in words
            if word not in ACTORS and word not in GROUPS
        ]
        if not {"GET", "POST"} & row.keys():
            found.append(f"[{name}] is reached by no method: name who reaches it")
    return found


def _row_to_add(name: str, pattern: URLPattern) -> str:
    """Return the row that the view's own declaration suggests: compare it with what is meant."""
    access = declared_access(pattern.callback, pattern.name)
    return f"[{name}]\nGET = {_suggested(access)}\n"


def _suggested(access: Access | None) -> str:
    if access is None:
        return "[]"
    if not access.signed_in:
        return '["anyone"]'
    who = sorted(access.roles) or ["signed in"]
    return "[" + ", ".join(f'"{one}"' for one in who) + "]"
