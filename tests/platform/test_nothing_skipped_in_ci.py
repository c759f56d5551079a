"""A skipped test fails the run where CI is set, and only there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.paths import ROOT


@pytest.mark.parametrize(
    ("ci", "status", "spread"), [("true", 1, []), ("true", 1, ["-n", "2"]), ("", 0, ["-n", "2"])]
)
def test_skipped_test_fails_the_run_only_in_ci(
    ci: str, status: int, spread: list[str], tmp_path: Path
) -> None:
    if spread:
        pytest.importorskip("xdist")
    (tmp_path / "test_one.py").write_text(
        "import pytest\n\ndef test_done(): pass\n\n@pytest.mark.skip\ndef test_left(): pass\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "--ds=config.settings", str(tmp_path)]
    command += spread
    environ = {**os.environ, "CI": ci, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert done.returncode == status, done.stdout + done.stderr
    assert ("nothing may be skipped" in done.stdout) is bool(status)
    assert done.stdout.splitlines()[-1].strip("= ").startswith("1 passed, 1 skipped")
