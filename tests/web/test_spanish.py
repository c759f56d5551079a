"""Whatever the page for the person says has its Spanish, and the compiled file is the written one."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.utils import translation

from screening.presentation.plain_facts import OTHER, PLAIN_NAMES
from tests.web.for_the_person import branches, drawn, lines_of
from tests.web.po_files import CONTEXT, PLURAL, compiled, written

FILES = settings.LOCALE_PATHS[0] / "es" / "LC_MESSAGES"
PLACEHOLDER = re.compile(r"%\(\w+\)s")


def test_compiled_file_is_the_written_one() -> None:
    """Seen to fail with a word of the .po file changed: `msgfmt -o django.mo django.po` mends it."""
    assert compiled(FILES / "django.mo") == written(FILES / "django.po")


def test_no_message_is_left_without_its_spanish() -> None:
    left = [
        key
        for key, said in written(FILES / "django.po").items()
        if not all(said.split(PLURAL)) or len(said.split(PLURAL)) != 1 + key.count(PLURAL)
    ]
    assert left == []


def test_placeholders_are_the_same_in_spanish() -> None:
    """A count that is lost, or a name that is misspelt, would fail on the page."""
    for key, said in written(FILES / "django.po").items():
        wanted = {frozenset(PLACEHOLDER.findall(one)) for one in key.split(CONTEXT)[-1].split(PLURAL)}
        assert {frozenset(PLACEHOLDER.findall(one)) for one in said.split(PLURAL)} == wanted, key


@pytest.mark.parametrize(("name", "told"), branches().items(), ids=branches())
def test_no_line_of_the_page_stays_english(name: str, told: dict[str, object]) -> None:
    """Seen to fail with one sentence of the page taken out of the .po file."""
    english, spanish = (lines_of(drawn(told, language)) for language in ("en", "es"))
    assert len(english) == len(spanish)
    assert set(english).isdisjoint(spanish)


def test_every_plain_name_of_a_fact_is_said_in_spanish() -> None:
    for name in {*PLAIN_NAMES.values(), OTHER}:
        with translation.override("en"):
            english = str(name)
        with translation.override("es"):
            assert str(name) != english
