"""Every address of the app, with something in each of its places."""

from __future__ import annotations

import re
from collections.abc import Iterator

from screening.access import routed_views

FILLED = {
    "int": "1",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "slug": "something",
    "str": "STA-2222-2",
    "path": "something",
}


def addresses() -> Iterator[tuple[str, str]]:
    """Yield the name and an address of every view."""
    for route, pattern in routed_views():
        filled = re.sub(r"<(?:(\w+):)?\w+>", lambda place: FILLED[place[1] or "str"], route)
        yield pattern.name or "", "/" + filled.lstrip("/")
