"""T03: every answer of the URLconf carries the headers, whoever asks and whatever becomes of it.

Seen to fail with `Cache-Control: private` set in `library` in place of the middleware's, with `unsafe-inline`
added to style-src, and with CSPMiddleware moved below AccessMiddleware (pages refused there came without).
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.http import HttpResponse

from tests.figures import Figure
from tests.trust.matrix import ROWS
from tests.trust.world import ACTORS, World, body_of

EXACT = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
UNSAFE = re.compile(r"unsafe|\*|https?:|data:|blob:|nonce|sha(256|384|512)-")


def lacking(response: HttpResponse) -> list[str]:
    """Return what is wrong with the headers of an answer."""
    wrong = [
        f"{name}: {response.headers.get(name)!r}"
        for name, value in EXACT.items()
        if response.headers.get(name) != value
    ]
    policy = response.headers.get("Content-Security-Policy", "")
    directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    for name in ("default-src", "base-uri", "frame-ancestors"):
        if directives.get(name) != "'none'":
            wrong.append(f"{name} {directives.get(name)}")
    for name in ("script-src", "style-src", "form-action"):
        if directives.get(name) != "'self'":
            wrong.append(f"{name} {directives.get(name)}")
    if UNSAFE.search(policy):
        wrong.append(f"policy: {policy}")
    if "camera=()" not in response.headers.get("Permissions-Policy", ""):
        wrong.append("Permissions-Policy")
    return wrong


class _Inline(HTMLParser):
    """Finds what a strict policy would block, and what would be loaded from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.open = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attributes}
        self.found += [f"<{tag} {name}>" for name in said if name.startswith("on") or name == "style"]
        self.open = tag if tag == "style" or (tag == "script" and "src" not in said) else ""
        if self.open == "script" and said.get("type", "").endswith("json"):
            self.open = ""
        for name in ("src", "action", "formaction", "data", "poster", "srcset"):
            if re.match(r"(?:[a-z]+:)?//|(?:javascript|data):", said.get(name, "").strip(), re.IGNORECASE):
                self.found.append(f"<{tag} {name}={said[name]}>")
        if re.match(r"\s*(?:javascript|data|vbscript):", said.get("href", ""), re.IGNORECASE):
            self.found.append(f"<{tag} href={said['href']}>")

    def handle_data(self, data: str) -> None:
        if self.open and data.strip():
            self.found.append(f"<{self.open}> {data.strip()[:40]}")

    def handle_endtag(self, tag: str) -> None:
        self.open = ""


def inline_parts(response: HttpResponse) -> list[str]:
    """Return scripts and styles inside the page, and what it takes from elsewhere."""
    if not response.headers.get("Content-Type", "").startswith("text/html"):
        return []
    parser = _Inline()
    parser.feed(body_of(response).decode())
    return parser.found


@pytest.mark.parametrize("name", ROWS)
def test_every_answer_carries_the_headers(name: str, world: World, figure: Figure) -> None:
    row = ROWS[name]
    wrong = []
    asked = 0
    for actor in ACTORS[:7]:
        for method, sent in (("GET", {}), ("POST", row.send), ("DELETE", {})):
            response = world.request(actor, method, row.address(world), sent)
            asked += 1
            wrong += [f"{actor}: {method}: {one}" for one in lacking(response) + inline_parts(response)]
    figure("T03", "answers with every header", asked=asked, without=len(wrong))
    assert not wrong, "\n".join(wrong[:20])


@pytest.mark.parametrize(
    "address", ["/no/such/page", "/people/", "/static/../config/settings.py", "//evil.example/"]
)
def test_addresses_that_lead_nowhere_carry_them_too(address: str, world: World, figure: Figure) -> None:
    response = world.request("clinician", "GET", address)
    found = lacking(response) + inline_parts(response)
    figure("T03", "answers with every header", asked=1, without=len(found))
    assert not found
