"""Every reference that is shown as an example is one that the product itself would take."""

from __future__ import annotations

import re
from pathlib import Path

from config.paths import ROOT
from screening.models.participants import ALPHABET, read_reference

SHOWN = ("screening", "templates", "docs", "config", "README.md", "CHANGELOG.md", "CONTRIBUTING.md")
TEXTS = {".py", ".html", ".txt", ".md", ".toml", ".json", ".svg", ".js"}
REFERENCE = re.compile(rf"\b[A-Z]{{3}}-[{ALPHABET}]{{4}}-[{ALPHABET}]\b", re.ASCII)


def shown() -> list[tuple[Path, str]]:
    """Return each reference that stands in the product or its documentation, with its file."""
    places = [ROOT / name for name in SHOWN]
    files = [one for place in places for one in ([place] if place.is_file() else sorted(place.rglob("*")))]
    return [
        (file.relative_to(ROOT), reference)
        for file in files
        if file.suffix in TEXTS and file.is_file()
        for reference in REFERENCE.findall(file.read_text(encoding="utf-8"))
    ]


def taken(reference: str) -> bool:
    try:
        return read_reference(reference) == reference
    except ValueError:
        return False


def test_every_reference_shown_as_an_example_is_valid() -> None:
    """Seen to fail with ABC-7K2M-4, whose last character does not fit, on the page that begins a form."""
    examples = shown()
    assert len(examples) >= 10
    assert [(str(file), reference) for file, reference in examples if not taken(reference)] == []
