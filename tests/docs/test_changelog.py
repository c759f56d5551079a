"""The changelog names the version and every protocol in it."""

from __future__ import annotations

import re
import tomllib

from screening.rules.content import load_content
from tests.docs.markdown import ROOT, codes, read, sections, tables

CHANGELOG = read(ROOT / "CHANGELOG.md")


def test_the_first_version_is_that_of_the_project() -> None:
    project = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]
    latest = re.search(r"^## ([0-9.]+), (\d{4}-\d{2}-\d{2})$", CHANGELOG, re.MULTILINE)
    assert latest is not None
    assert latest[1] == project["version"]


def test_clinical_changes_stand_apart_from_the_program() -> None:
    assert list(sections(CHANGELOG))[2:4] == ["Clinical", "Program"]


def test_every_protocol_is_listed_with_its_version() -> None:
    (table,) = tables(sections(CHANGELOG)["Clinical"])
    listed = {codes(row[0])[0]: row[1:] for row in table[1:]}
    protocols = load_content().protocols
    assert set(listed) == {protocol.id for protocol in protocols}
    for protocol in protocols:
        registry, version, public = listed[protocol.id]
        assert (version, public) == (protocol.version, protocol.completeness)
        if protocol.registry_id:
            assert registry == protocol.registry_id


def test_shared_cautions_are_named() -> None:
    for name in load_content().cautions:
        assert f"`cautions/{name}`" in sections(CHANGELOG)["Clinical"]
