"""Small pieces of a page that come again and again: drawn once for each state they can be in."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

MAX_DRAWINGS = 2000
"""How many drawings a process keeps, at most."""


def drawn(template: str, pieces: Iterable[Hashable]) -> SafeString:
    """Return every one of `pieces` as HTML, in turn.

    `template` reads `piece` and nothing else: no request, no user, no time.
    """
    return mark_safe("".join(_drawing(template, piece) for piece in pieces))


@lru_cache(maxsize=MAX_DRAWINGS)
def _drawing(template: str, piece: Hashable) -> SafeString:
    return render_to_string(template, {"piece": piece})
