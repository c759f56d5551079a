"""Text that means harm, and how to see in an answer that it was taken at its word."""

from __future__ import annotations

import csv
import io
import re

from django.http import HttpResponse

from tests.trust.world import body_of

MARK = "zq9x"
"""Stands in every text, so that it is found again wherever it comes out."""
SCRIPT = f"<script>{MARK}()</script>"
ATTRIBUTE = f'" onfocus="{MARK}()" autofocus x="\' onfocus=\'{MARK}()'
POLYGLOT = f"{MARK}'\"><svg/onload={MARK}()>{{{{7*191}}}}{{% debug %}}javascript:{MARK}()"
TEXTS = {
    "script": SCRIPT,
    "attribute": ATTRIBUTE,
    "polyglot": POLYGLOT,
    "sql": f"{MARK}' OR '1'='1' UNION SELECT sql FROM sqlite_master --",
    "template": f"{MARK}{{{{ 7*191 }}}}{{% load static %}}{{{{ settings.SECRET_KEY }}}}${{7*191}}#{{7*191}}",
    "path": f"../../../../etc/passwd\\..\\{MARK}",
    "header": f"{MARK}\r\nSet-Cookie: {MARK}=1\r\n\r\n<b>{MARK}</b>",
    "formula": f'=HYPERLINK("http://{MARK}.example/")',
    "nul": f"{MARK}\x00{MARK}",
    "surrogates": f"{MARK}\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
    "directions": f"\u202e{MARK}\u2066\u200f\ufeff",
    "huge": MARK * 20_000,
    "combining": MARK + "\u0300" * 500,
    "addresses": f"javascript:{MARK}()//https://{MARK}.example/",
}
_TAKEN_AT_ITS_WORD = {
    "a script": re.compile(rf"<script>{MARK}|<svg/onload={MARK}|<b>{MARK}", re.IGNORECASE),
    "an attribute": re.compile(rf"\"\s*onfocus=\"{MARK}|'\s*onfocus='{MARK}|<[^>]*\son\w+={MARK}"),
    "an address": re.compile(rf"(?:href|src|action|formaction)=[\"']?\s*javascript:{MARK}", re.IGNORECASE),
    "a template": re.compile(rf"{MARK}[^<]{{0,40}}1337"),
}
"""7 times 191 is 1337."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?")


def findings(response: HttpResponse) -> list[str]:
    """Return what an answer took at its word, and whether it failed."""
    if response.status_code >= 500:
        return [f"failed with {response.status_code}"]
    body = body_of(response).decode("utf-8", "replace")
    kind = response.headers.get("Content-Type", "")
    found = []
    if kind.startswith("text/html"):
        found = [what for what, pattern in _TAKEN_AT_ITS_WORD.items() if pattern.search(body)]
    elif kind.startswith("text/csv"):
        found = [f"a formula: {cell[:30]}" for cell in formulas(body)]
    if "root:x:0" in body:
        found.append("a path")
    for name, value in response.headers.items():
        if MARK in name.lower() or (MARK in value and name not in ("Location", "HX-Redirect")):
            found.append(f"a header: {name}")
        if "\r" in value or "\n" in value:
            found.append(f"a line break in {name}")
    location = response.headers.get("Location", "")
    if location.startswith(("//", "http://", "https://", "javascript:")):
        found.append(f"an address: {location[:60]}")
    found += [f"a cookie: {name}" for name in response.cookies if MARK in name]
    return found


def formulas(body: str) -> list[str]:
    """Return the cells of a CSV file that a spreadsheet would work out."""
    rows = csv.reader(io.StringIO(body.lstrip("\ufeff")))
    return [cell for row in rows for cell in row if cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell)]
