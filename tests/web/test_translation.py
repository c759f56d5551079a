"""Every word of the interface can be translated, and a page reads the same until a language is complete."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.template.base import Lexer, TokenType
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext, override
from django.utils.translation.template import templatize

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.*") if path.is_file())
MODULES = sorted(path for folder in ("forms", "views") for path in (ROOT / "screening" / folder).glob("*.py"))
PRESENTED = [
    ROOT / "screening" / "presentation" / f"{name}.py"
    for name in (
        "coming",
        "errands",
        "harms",
        "next_steps",
        "people",
        "progress",
        "turn_chart",
        "would_change",
    )
]
"""The modules between the rules and the page whose sentences are all marked."""
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "pgettext"}
UNTRANSLATED = {"Isletscreen"}
"""Names that are the same in every language."""
SHOWN = {"alt", "aria-label", "placeholder", "title"}
"""Attributes that somebody reads or hears."""
NO_WORDS = {"page_class", "stage_name", "width"}
"""Blocks that hold the name of a class or a stage."""
LITERAL = {"code", "pre", "script", "style"}
WORDS = re.compile(r"[^\W\d_]")
GIVEN = re.compile(r'\w+="(?P<words>[A-Z][^"]*|[^"]* [^"]*[A-Za-z][^"]*)"')
"""Words that a template hands to another, without `_()` around them."""
TAKEN = re.compile(r"""\bu?(?:n?gettext|_)\((?:_\()?(?:u'((?:[^'\\]|\\.)*)'|u"((?:[^"\\]|\\.)*)")""")


class Shown(HTMLParser):
    """Collects the words of a page that stand outside of anything to translate, each with its line."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside += [tag] if tag in LITERAL else []
        for name, value in attrs:
            if name in SHOWN:
                self._collect(value or "")

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self._collect(data)

    def _collect(self, text: str) -> None:
        for piece in re.split(r"[\0·]", text):
            words = piece.strip()
            if WORDS.search(words) and words not in UNTRANSLATED:
                self.found.append((self.getpos()[0], words))


def untranslated(source: str) -> list[tuple[int, str]]:
    """Return the line and the words of everything in a template that no translation reaches."""
    page, given, left_out = Shown(), [], False
    for token in Lexer(source).tokenize():
        if token.token_type is TokenType.TEXT and not left_out:
            page.feed(token.contents)
            continue
        if token.token_type is TokenType.BLOCK:
            name, *rest = token.contents.split()
            if name == "blocktranslate" or (name == "block" and rest[0] in NO_WORDS):
                left_out = True
            elif name in ("endblocktranslate", "endblock"):
                left_out = False
            elif name in ("include", "with"):
                given += [(token.lineno, found["words"]) for found in GIVEN.finditer(token.contents)]
        page.feed(" \0" + "\n" * token.contents.count("\n"))
    page.close()
    return page.found + given


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_word_of_a_template_can_be_translated(path: Path) -> None:
    bare = untranslated(path.read_text(encoding="utf-8"))
    assert not bare, "\n".join(
        f"{path.relative_to(ROOT)}:{line}: put {words!r} in translate or blocktranslate"
        for line, words in bare
    )


@pytest.mark.parametrize(
    "source",
    [
        "<p>Send</p>",
        '<input placeholder="a name">',
        '{% if a %}<a href="{% url "x" %}">{% translate "Back" %}</a> to it{% endif %}',
        '{% include "x.html" with label="Your answer" only %}',
        "{% blocktranslate %}One{% endblocktranslate %} two",
    ],
)
def test_bare_words_of_a_template_are_found(source: str) -> None:
    assert untranslated(source)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_label_and_message_of_forms_and_views_can_be_translated(path: Path) -> None:
    bare = list(bare_literals(ast.parse(path.read_text(encoding="utf-8"))))
    assert not bare, "\n".join(
        f"{path.relative_to(ROOT)}:{line}: put {words!r} in gettext or gettext_lazy" for line, words in bare
    )


@pytest.mark.parametrize(
    "source",
    [
        'raise ValidationError("Enter a day")',
        'messages.success(request, f"Sent to {centre}.")',
        'forms.CharField(label="Name")',
        'forms.CharField(error_messages={"required": "Enter a name"})',
        'self.add_error("name", "Enter a name")',
    ],
)
def test_bare_words_of_a_module_are_found(source: str) -> None:
    assert list(bare_literals(ast.parse(source)))


@pytest.mark.parametrize("path", PRESENTED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_sentence_that_is_presented_can_be_translated(path: Path) -> None:
    bare = list(bare_sentences(ast.parse(path.read_text(encoding="utf-8"))))
    assert not bare, "\n".join(
        f"{path.relative_to(ROOT)}:{line}: put {words!r} in gettext or gettext_noop" for line, words in bare
    )


@pytest.mark.parametrize(
    "source",
    [
        'def why(): return "Nothing fails"',
        'Step("wait", "Wait until", day)',
        'VERBS = {"record": "Fetch it"}',
        'f"Refer before {day}"',
    ],
)
def test_bare_sentences_are_found(source: str) -> None:
    assert list(bare_sentences(ast.parse(source)))


def bare_sentences(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and the words of every literal with a capital and a second word that is no translation.

    Docstrings, and those of attributes, stand alone as a statement and are left out.
    """
    for child in ast.iter_child_nodes(tree):
        match child:
            case ast.Expr(ast.Constant()):
                continue
            case ast.Call(ast.Name(name)) if name in MARKS:
                continue
            case ast.Constant(str(words)) if re.match(r"[A-Z]\w* \w*", words):
                yield child.lineno, words
            case _:
                yield from bare_sentences(child)


def bare_literals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and the words of every label, help and message that is no translation."""
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        said = [keyword.value for keyword in call.keywords if keyword.arg in ("label", "help_text", "deed")]
        for keyword in call.keywords:
            if keyword.arg == "error_messages" and isinstance(keyword.value, ast.Dict):
                said += keyword.value.values
        match call.func:
            case ast.Name("ValidationError"):
                said += call.args[:1]
            case ast.Attribute(ast.Name("messages")) | ast.Attribute(attr="add_error"):
                said += call.args[1:2]
        for value in said:
            parts = value.values if isinstance(value, ast.JoinedStr) else [value]
            if any(isinstance(part, ast.Constant) and WORDS.search(str(part.value)) for part in parts):
                yield value.lineno, ast.unparse(value)


def messages_of_the_interface() -> set[str]:
    """Return what the templates ask the catalogues for."""
    taken: set[str] = set()
    for path in TEMPLATES:
        for single, double in TAKEN.findall(templatize(path.read_text(encoding="utf-8"))):
            taken.add(ast.literal_eval(f"'{single}'" if single else f'"{double}"'))
    return taken


def test_british_english_reads_as_it_is_written() -> None:
    written = messages_of_the_interface()
    assert "Pre-screens" in written
    with override(settings.LANGUAGE_CODE):
        assert {words: gettext(words) for words in written} == {words: words for words in written}


@pytest.mark.django_db
@pytest.mark.parametrize("wanted", ["es", "es-MX,es;q=0.9", "de"])
def test_no_browser_changes_the_language_of_the_interface(client: Client, wanted: str) -> None:
    page = client.get(reverse("account_login"), headers={"accept-language": wanted}).content.decode()
    assert '<html lang="en-GB"' in page
    assert "Email address" in page
    assert "Sign in" in page
