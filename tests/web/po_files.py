"""Translations as they are written (.po) and as the program reads them (.mo).

Format: https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html
"""

from __future__ import annotations

import ast
import struct
from pathlib import Path

CONTEXT = "\x04"
PLURAL = "\0"


def written(path: Path) -> dict[str, str]:
    """Return what a .po file says, each message under the key that its .mo file has.

    Raises:
        ValueError: a line is no part of a message; the file is not to be read half.
    """
    said: dict[str, str] = {}
    for block in path.read_text(encoding="utf-8").strip().split("\n\n"):
        parts: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if not line.startswith('"'):
                name, _, line = line.partition(" ")
                parts[name] = ""
            if not (name and line.startswith('"') and line.endswith('"')):
                raise ValueError(f"{path.name}: write msgid, msgstr or a text in quotes, not {line!r}")
            parts[name] += ast.literal_eval(line)
        key = PLURAL.join(parts[one] for one in ("msgid", "msgid_plural") if one in parts)
        forms = [parts[one] for one in sorted(parts) if one.startswith("msgstr")]
        said[parts["msgctxt"] + CONTEXT + key if "msgctxt" in parts else key] = PLURAL.join(forms)
    return said


def compiled(path: Path) -> dict[str, str]:
    """Return what a .mo file says."""
    content = path.read_bytes()
    order = "<" if content[:4] == b"\xde\x12\x04\x95" else ">"
    count, keys, texts = struct.unpack_from(f"{order}3I", content, 8)

    def text(table: int, place: int) -> str:
        length, start = struct.unpack_from(f"{order}2I", content, table + 8 * place)
        return content[start : start + length].decode()

    return {text(keys, place): text(texts, place) for place in range(count)}
