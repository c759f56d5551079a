"""T13: a damaged fact or protocol file is refused, or means what it meant; the last good one stays in use.

Seen to fail without the list of content files (a protocol cut short after its fifth criterion was taken for
a whole one), with unknown keys let through (`extra = "ignore"`), with the check for repeated ids left out,
and with the limit of depth left out of the rule language (a RecursionError).
"""

from __future__ import annotations

import os
import random
import re
import shutil
from collections.abc import Iterator
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from screening import content as installed
from screening.checks import facts_and_protocols_are_those_listed
from screening.rules.content import FACTS, HERE, PROTOCOLS, load_content, parse_content
from screening.rules.contents import NAME, differences, list_of
from screening.rules.facts import load_catalogue
from screening.rules.lint import check
from screening.rules.loading import ContentError
from screening.rules.protocol import Protocol, load_protocols
from tests.figures import Figure

FILES = sorted(path.name for path in PROTOCOLS.glob("*.toml"))
CATALOGUE = load_catalogue([FACTS])
MUTATIONS = 12
"""Of each protocol file, by chance but always the same."""


@cache
def good() -> dict[str, Protocol]:
    return {protocol.id: protocol for protocol in load_content().protocols}


def loaded(directory: Path, name: str, text: bytes) -> list[Protocol] | None:
    """Return what is loaded of a protocol file that says `text`; None where it is refused."""
    (directory / name).write_bytes(text)
    try:
        protocols, cautions = load_protocols([directory])
        _, defects = check(CATALOGUE, protocols, cautions)
    except ContentError:
        return None
    return None if defects else list(protocols)


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    """A directory with the shared cautions and no protocol yet."""
    shutil.copytree(PROTOCOLS / "cautions", tmp_path / "cautions")
    return tmp_path


# --- What lies in the product's own directory


def test_list_names_the_files_as_they_are() -> None:
    """WRITE_DOCS=1 writes it anew."""
    if os.environ.get("WRITE_DOCS"):
        (HERE / NAME).write_text(list_of(HERE), encoding="utf-8")
    assert (HERE / NAME).read_text(encoding="utf-8") == list_of(HERE), (
        "facts or protocols changed: run  python3 manage.py check_protocols --list"
    )


def damages(text: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield a file's text damaged in ways that leave TOML, and in ways that do not."""
    tables = [found.start() for found in re.finditer(rb"^\[\[", text, re.MULTILINE)]
    yield from ((f"cut before table {number}", text[:at]) for number, at in enumerate(tables))
    yield "empty", b""
    yield "cut in half", text[: len(text) // 2]
    yield "one bit", text[:500] + bytes([text[500] ^ 1]) + text[501:]
    yield "one digit", re.sub(rb"(>= )(\d)", rb"\g<1>1\g<2>", text, count=1) + b"\n"
    yield "a line break", text + b"\n"
    yield "zeros at the end", text[:-64] + bytes(64)
    yield "the beginning again", text + text[:200]


@pytest.mark.parametrize("name", FILES)
def test_no_damage_of_a_shipped_file_goes_unseen(name: str, tmp_path: Path, figure: Figure) -> None:
    for part in ("facts", "protocols"):
        shutil.copytree(HERE / part, tmp_path / part)
    shutil.copy(HERE / NAME, tmp_path)
    assert differences(tmp_path) == []
    file = tmp_path / "protocols" / name
    whole = file.read_bytes()
    unseen = []
    tried = 0
    for what, text in damages(whole):
        file.write_bytes(text)
        tried += 1
        unseen += [what] if text != whole and not differences(tmp_path) else []
    file.unlink()
    unseen += [] if differences(tmp_path) else ["taken away"]
    figure("T13", "damaged shipped files", tried=tried + 1, accepted=len(unseen))
    assert not unseen


def test_production_does_not_start_on_a_damaged_file(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("facts", "protocols"):
        shutil.copytree(HERE / part, tmp_path / part)
    shutil.copy(HERE / NAME, tmp_path)
    file = tmp_path / "protocols" / "celz-201.toml"
    file.write_bytes(file.read_bytes()[: file.read_bytes().rindex(b"[[exclusion]]")])
    (tmp_path / "protocols" / "stray.toml").write_text('id = "stray"')
    monkeypatch.setattr(installed, "HERE", tmp_path)
    assert facts_and_protocols_are_those_listed(None) == []
    settings.PRODUCTION = True
    errors = facts_and_protocols_are_those_listed(None)
    assert [error.msg.split(":")[0] for error in errors] == [
        "protocols/celz-201.toml",
        "protocols/stray.toml",
    ]
    assert "bring that one back" in errors[0].msg
    assert all(error.is_serious() for error in errors)


# --- What a site may have of its own: the grammar alone


@pytest.mark.parametrize("name", FILES)
def test_chance_damage_is_refused_or_changes_nothing_unsaid(name: str, beside: Path, figure: Figure) -> None:
    """Whatever is accepted with another meaning has another hash: no pre-screen takes it for the old text."""
    text = (PROTOCOLS / name).read_bytes()
    chance = random.Random(name)
    unsaid, refused, other = [], 0, 0
    for _ in range(MUTATIONS):
        damaged = mutated(text, chance)
        found = loaded(beside, name, damaged)
        if found is None:
            refused += 1
            continue
        (protocol,) = found
        before = good()[protocol.id]
        same_meaning = meaning(protocol) == meaning(before)
        if protocol.sha256 == before.sha256 and not same_meaning:
            unsaid.append(damaged)
        other += protocol.sha256 != before.sha256
    figure(
        "T13",
        "chance damage",
        tried=MUTATIONS,
        refused=refused,
        told_by_another_hash=other,
        accepted=len(unsaid),
    )
    assert not unsaid


def meaning(protocol: Protocol) -> list[tuple[Any, ...]]:
    """Return all of a protocol that decides about anybody."""
    return [
        (one.kind, one.id, one.rule, one.decides, one.within, one.unclear, one.in_typed_unit, one.indication)
        for one in protocol.criteria
    ] + [(protocol.kind, protocol.family, getattr(protocol, "best", None))]


def mutated(text: bytes, chance: random.Random) -> bytes:
    """Return `text` with one thing wrong."""
    at = chance.randrange(len(text))
    match chance.randrange(7):
        case 0:
            return text[:at] + text[at + chance.randrange(1, 4) :]
        case 1:
            return text[:at] + bytes([text[at] ^ (1 << chance.randrange(7))]) + text[at + 1 :]
        case 2:
            return text[:at] + bytes([chance.randrange(256)]) + text[at:]
        case 3:
            lines = text.splitlines(keepends=True)
            del lines[chance.randrange(len(lines))]
            return b"".join(lines)
        case 4:
            lines = text.splitlines(keepends=True)
            number = chance.randrange(len(lines))
            return b"".join([*lines[: number + 1], *lines[number:]])
        case 5:
            lines = text.splitlines(keepends=True)
            one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
            lines[one], lines[two] = lines[two], lines[one]
            return b"".join(lines)
        case _:
            return text[:at]


def replaced(text: str, pattern: str, by: str) -> str | None:
    """Return `text` with the first find of `pattern` replaced; None where there is none."""
    changed, number = re.subn(pattern, by, text, count=1, flags=re.MULTILINE)
    return changed if number else None


REFUSED = {
    "an unknown key": (r'^grade = "A"$', 'grade = "A"\ncolour = "red"'),
    "a misspelt key": (r"^rule = ", "rul = "),
    "a missing key": (r"^text = .*$", ""),
    "another grade": (r'^grade = "A"$', 'grade = "Z"'),
    "a number for a text": (r"^id = \"([IE]\d+)\"$", "id = 7"),
    "a source that is not listed": (r'^source = "S\d+', 'source = "S999'),
    "a deep nesting": (r'^rule = "(.*)"$', 'rule = "' + "(" * 200 + r"\1" + ")" * 200 + '"'),
    "a very deep nesting": (r'^rule = "(.*)"$', 'rule = "' + "NOT (" * 5_000 + r"\1" + ")" * 5_000 + '"'),
    "a comment in a rule": (r'^rule = "(.*)"$', r'rule = "\1 -- always"'),
    "two statements": (r'^rule = "(.*)"$', r'rule = "\1; DROP TABLE x"'),
    "a function": (r'^rule = "(.*)"$', r'rule = "COALESCE(\1, TRUE)"'),
    "code": (r'^rule = "(.*)"$', "rule = \"__import__('os').system('id')\""),
    "an alias": (r'^rule = "(.*)"$', r'rule = "\1 AS x"'),
    "a subquery": (r'^rule = "(.*)"$', r'rule = "EXISTS (SELECT 1) OR (\1)"'),
    "a question whether a value is missing": (r'^rule = "(.*)"$', r'rule = "(\1) IS NULL"'),
    "always true": (r'^rule = "(.*)"$', r'rule = "(\1) OR NOT (\1)"'),
    "a letter that looks alike": (r'^rule = "(.*?)a', 'rule = "\\1\u0430'),
    "an age of months": (r"age BETWEEN 18 AND \d+", "age BETWEEN 216 AND 780"),
    "a percentage in mmol/mol": (r"hba1c_percent (<=?|>=?) ([3-8])\b", r"hba1c_mmol_mol \1 \2"),
    "millimoles as a percentage": (r"hba1c_mmol_mol", "hba1c_percent"),
    "a duration in words": (r'^within = ".*"$', 'within = "a while"'),
    "not TOML": (r"^\[\[inclusion\]\]$", "[[inclusion]"),
    "an array for a table": (r"^\[\[inclusion\]\]$", "[inclusion]"),
    "a day that is none": (r"seen_on = \d{4}-\d\d-\d\d", "seen_on = 2026-02-31"),
}
"""By what is wrong: what is looked for in a file, and what stands there instead."""


@pytest.mark.parametrize("wrong", REFUSED)
def test_wrong_file_is_refused_by_its_grammar(wrong: str, beside: Path, figure: Figure) -> None:
    pattern, by = REFUSED[wrong]
    tried, accepted = 0, []
    for name in FILES[:: 1 if "percent" in wrong or "duration" in wrong else 3]:
        changed = replaced((PROTOCOLS / name).read_text(encoding="utf-8"), pattern, by)
        if changed is None:
            continue
        tried += 1
        if loaded(beside, name, changed.encode()) is not None:
            accepted.append(name)
        (beside / name).unlink()
    figure("T13", "wrong files by kind", tried=tried, accepted=len(accepted))
    assert tried
    assert not accepted


def test_repeated_criterion_id_is_refused_in_every_file(beside: Path, figure: Figure) -> None:
    accepted, tried = [], 0
    for name in FILES:
        text = (PROTOCOLS / name).read_text(encoding="utf-8")
        ids = re.findall(r'^id = "([IE]\d+)"$', text, re.MULTILINE)
        if len(ids) < 2:
            continue
        tried += 1
        if loaded(beside, name, text.replace(f'"{ids[1]}"', f'"{ids[0]}"', 1).encode()) is not None:
            accepted.append(name)
        (beside / name).unlink()
    figure("T13", "wrong files by kind", tried=tried, accepted=len(accepted))
    assert tried
    assert not accepted


FACTS_REFUSED = {
    "an unknown key": (r'^kind = "quantity"$', 'kind = "quantity"\ncolour = "red"'),
    "limits turned round": (r"percent = \[3, 20\]", "percent = [20, 3]"),
    "a unit without limits": (r"percent = \[3, 20\],?", ""),
    "a kind that is none": (r'^kind = "quantity"$', 'kind = "number"'),
    "a name twice": (r"^\[hba1c\]$", "[hba1c]\n[hba1c]"),
    "cut short": (r"(?s)\[hba1c\].*", "[hba1c]\nlabel ="),
    "a formula that runs code": (r'^formula = ".*"$', "formula = \"__import__('os')\""),
}


@pytest.mark.parametrize("wrong", FACTS_REFUSED)
def test_wrong_fact_file_is_refused_by_its_grammar(wrong: str, tmp_path: Path, figure: Figure) -> None:
    pattern, by = FACTS_REFUSED[wrong]
    facts = tmp_path / "facts"
    shutil.copytree(FACTS, facts)
    changed = 0
    for path in sorted(facts.glob("*.toml")):
        text = replaced(path.read_text(encoding="utf-8"), pattern, by)
        if text is not None:
            path.write_text(text, encoding="utf-8")
            changed += 1
    assert changed
    try:
        parse_content([facts], [PROTOCOLS])
        accepted = 1
    except ContentError:
        accepted = 0
    figure("T13", "wrong files by kind", tried=1, accepted=accepted)
    assert not accepted


# --- The last good version


def test_last_good_version_stays_and_the_fault_is_told(tmp_path: Path, settings: Any) -> None:
    own = tmp_path / "own"
    (own / "facts").mkdir(parents=True)
    (own / "protocols").mkdir()
    settings.PRIVATE_CONTENT, settings.CONTENT_CACHE = own, tmp_path / "cache"
    before = installed.installed_content()
    (own / "protocols" / "ours.toml").write_text('id = "ours"\ntitle = \n', encoding="utf-8")
    assert installed.installed_content() is before
    told = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_protocols", str(own), stderr=told)
    assert ended.value.code == 1
    assert "ours.toml" in told.getvalue()
    assert "nothing was changed" in told.getvalue()


def test_list_of_a_site_tells_a_damaged_file_from_a_changed_one(tmp_path: Path) -> None:
    (tmp_path / "facts").mkdir()
    (tmp_path / "protocols").mkdir()
    call_command("check_protocols", str(tmp_path), list=True, stdout=StringIO())
    assert differences(tmp_path) == []
    (tmp_path / "facts" / "ours.toml").write_text("", encoding="utf-8")
    assert [str(one) for one in differences(tmp_path)] == [
        f"facts/ours.toml: {NAME} does not list it: take it out, or list it"
    ]
