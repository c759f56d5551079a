"""A page as PDF, by WeasyPrint in a process of its own: nothing is fetched, and it ends in time.

    python -m screening.interop.pdf < page.html > page.pdf

The process gets the page on its standard input and nothing else: no settings, no keys, no database.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import subprocess
import sys
from functools import cache
from typing import Any, NoReturn

from config.paths import ROOT

SECONDS = 25
"""How long one document may take, below the limit of a request in docs/deploy.md."""
LIBRARIES = (
    "libgobject-2.0.so.0",
    "libpango-1.0.so.0",
    "libpangoft2-1.0.so.0",
    "libharfbuzz.so.0",
    "libfontconfig.so.1",
)
"""What WeasyPrint loads from the system; Debian's libpangoft2-1.0-0 brings all of them."""


class CannotDraw(Exception):
    """The document was not made, or not in time; why is withheld, as it may quote the page."""


@cache
def can_draw() -> bool:
    """Return whether WeasyPrint is installed and the libraries it needs load."""
    return importlib.util.find_spec("weasyprint") is not None and all(_loads(name) for name in LIBRARIES)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def as_pdf(html: str) -> bytes:
    """Return `html`, which holds its styles and drawings in itself, as a PDF.

    Raises:
        CannotDraw: it took longer than `SECONDS`, or WeasyPrint failed.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", "screening.interop.pdf"],
            input=html.encode(),
            capture_output=True,
            timeout=SECONDS,
            cwd=ROOT,
            env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
        )
    except (subprocess.TimeoutExpired, OSError):
        raise CannotDraw from None
    if done.returncode != 0 or not done.stdout.startswith(b"%PDF-"):
        raise CannotDraw
    return done.stdout


def main() -> None:
    """Read a page from standard input, and write it to standard output as a PDF."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    class Nothing(URLFetcher):
        """Fetches nothing, neither from the network nor from a file."""

        def fetch(self, url: str, headers: Any = None) -> NoReturn:
            raise ValueError

    page = sys.stdin.buffer.read().decode()
    drawn = HTML(string=page, base_url=None, url_fetcher=Nothing(), media_type="print").write_pdf()
    sys.stdout.buffer.write(drawn)


if __name__ == "__main__":
    main()
