"""A broken fact or protocol file stops start-up and says where it is broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from screening.checks import facts_and_protocols_can_be_used


def test_shipped_files_can_be_used() -> None:
    assert facts_and_protocols_can_be_used(None) == []


def test_broken_file_of_the_site_is_named_at_start_up(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "facts").mkdir()
    (tmp_path / "protocols").mkdir()
    (tmp_path / "protocols" / "ours.toml").write_text('id = "ours"\ntitle = \n')
    settings.PRIVATE_CONTENT = tmp_path
    (error,) = facts_and_protocols_can_be_used(None)
    assert error.is_serious()
    assert "ours.toml" in error.msg
    assert "line 2" in error.msg
