"""What a reader of a page sees: its words, without the markup."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

from django.http import HttpResponse


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def words_of(response: HttpResponse) -> str:
    """Return the text of a page with single blanks between words."""
    parser = _Words()
    parser.feed(response.content.decode())
    return one_line(" ".join(parser.parts))


def stands_in(text: str, whole: str) -> bool:
    """Return whether `text` stands in `whole` by itself: the digits of a hash or a moment are no answers."""
    return re.search(rf"(?<![\w.:]){re.escape(text)}(?!\w)", whole) is not None


def one_line(text: str) -> str:
    """Return `text` with single blanks, none before a stop, and entities read."""
    return re.sub(r"\s+([.,;:)])", r"\1", " ".join(html.unescape(text).split()))
