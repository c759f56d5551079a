"""A file's bytes as text: bounded, in whatever encoding a portal or a spreadsheet program wrote."""

from __future__ import annotations

import codecs
import re
from typing import IO, Any

from screening.rules.answers import Problem, Problems

MAX_BYTES = 50_000_000
"""Five years of readings every five minutes are half of it; nothing larger is read to its end."""
MAX_MEGABYTES = MAX_BYTES // 1_000_000

_OTHER_FILES = {
    b"PK\x03\x04": "a spreadsheet or an archive (xlsx, zip)",
    b"\xd0\xcf\x11\xe0": "a spreadsheet of Excel (xls)",
    b"%PDF": "a PDF report",
    b"\x1f\x8b": "a compressed file (gz)",
    b"<?xml": "an XML file",
}
_MANGLED_BOM = "ï»¿"
_NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f]")
_LOOKED_AT = 4096
_PIECE = 1 << 20


def refused(message: str) -> Problems:
    """Return the error that tells `message` about the whole file."""
    return Problems([Problem("file", message)])


def read_text(file: IO[bytes] | IO[str]) -> tuple[str, str]:
    """Return the text of a file, its lines ended by newlines alone, and the name of its encoding.

    Raises:
        Problems: it is too large, empty, or no text.
    """
    content = _bounded(file)
    text, encoding = (content, "text") if isinstance(content, str) else _decoded(content)
    while text.startswith(("\ufeff", _MANGLED_BOM)):
        text = text.removeprefix("\ufeff").removeprefix(_MANGLED_BOM)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise refused("Export the file again: it is empty")
    if _NO_TEXT.search(text, 0, _LOOKED_AT) is not None or "\0" in text:
        raise refused("Export the readings as CSV or JSON: this file is no text")
    return text, encoding


def _bounded(file: IO[bytes] | IO[str]) -> bytes | str:
    """Return what a file holds, read piece by piece as far as it may go."""
    pieces: list[Any] = [file.read(_PIECE)]
    size = len(pieces[0])
    while pieces[-1]:
        pieces.append(file.read(_PIECE))
        size += len(pieces[-1])
        if size > MAX_BYTES:
            raise refused(f"Export a shorter time, like the last 90 days: a file may have {MAX_MEGABYTES} MB")
    content: bytes | str = pieces[-1].join(pieces)
    return content


def _decoded(content: bytes) -> tuple[str, str]:
    for start, what in _OTHER_FILES.items():
        if content.startswith(start):
            raise refused(f"Export the readings as CSV or JSON: this file is {what}")
    try:
        for encoding, name in _wide(content):
            return content.decode(encoding), name
        return content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        # Windows programs in the languages of Western Europe; bytes it has no sign for cannot matter.
        return content.decode("cp1252", errors="replace"), "Windows-1252"


def _wide(content: bytes) -> list[tuple[str, str]]:
    """Return UTF-16, where a mark or the zero bytes of plain letters say so."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return [("utf-16", "UTF-16")]
    start = content[:_LOOKED_AT]
    odd, even = start[1::2].count(0), start[::2].count(0)
    if 2 * odd > len(start) // 2 and even == 0:
        return [("utf-16-le", "UTF-16")]
    if 2 * even > len(start) // 2 and odd == 0:
        return [("utf-16-be", "UTF-16")]
    return []
