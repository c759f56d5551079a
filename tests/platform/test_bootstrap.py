"""manage.py on a machine that lacks something says in one line what to do, and exits 1."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from config import bootstrap, optional
from config.paths import ROOT

Calls = list[list[str]]


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout without .venv."""
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "REQUIREMENTS", tmp_path / "requirements.txt")
    (tmp_path / "requirements.txt").write_text("django==5.2 --hash=sha256:0\n")
    monkeypatch.delenv("ISLETSCREEN_ENV", raising=False)
    return tmp_path


@pytest.fixture
def commands(bare: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Every command that would have run; making .venv makes its Python, all else does nothing."""
    calls: Calls = []

    def run(command: list[str], **options: Any) -> SimpleNamespace:
        calls.append(command)
        if "venv" in command:
            bootstrap.venv_python().parent.mkdir(parents=True)
            bootstrap.venv_python().touch()
        return SimpleNamespace(returncode=0, stdout="", stderr="")

    monkeypatch.setattr(subprocess, "run", run)
    return calls


def pip_says(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    def run(command: list[str], **options: Any) -> SimpleNamespace:
        failed = "install" in command
        return SimpleNamespace(returncode=int(failed), stdout="", stderr=text if failed else "")

    monkeypatch.setattr(subprocess, "run", run)


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    return lines[0]


@pytest.mark.parametrize("command", ["setup", "demo", "test", "screen"])
def test_old_python_is_named_with_the_one_to_install(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(sys, "argv", ["manage.py", command])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(str(ROOT / "manage.py"), run_name="__main__")
    assert str(stopped.value).startswith("manage.py: Python 3.11 or newer is needed and this is 3.9.2: ")
    assert "\n" not in str(stopped.value)


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_missing_venv_module_names_the_package(
    module: str, bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == module else find(name))
    assert bootstrap.main(["manage.py", "setup"]) == 1
    assert "apt install python3-venv" in one_line(capsys)


def test_failing_venv_is_told_with_its_reason(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = SimpleNamespace(returncode=1, stdout="", stderr="Error: No space left on device\n")
    monkeypatch.setattr(subprocess, "run", lambda *args, **options: failed)
    assert bootstrap.main(["manage.py", "setup"]) == 1
    assert "(Error: No space left on device)" in one_line(capsys)


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        ("WARNING: Retrying after NewConnectionError(...)", "connect to the network"),
        ("ERROR: Could not find a version (from versions: none)", "connect to the network"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM ...", "is not the one requirements.txt names"),
        ("ERROR: first\nERROR: Failed building wheel for cffi\n", "Failed building wheel for cffi"),
    ],
)
def test_failing_installation_says_what_to_do(
    output: str,
    advice: str,
    commands: Calls,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bootstrap.make_venv()
    pip_says(monkeypatch, output)
    assert bootstrap.main(["manage.py", "setup"]) == 1
    assert advice in one_line(capsys)
    assert not (bootstrap.VENV / "installed.sha256").exists()


def test_directory_without_permission_is_named(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*args: Any, **options: Any) -> None:
        raise PermissionError(13, "Permission denied", "/srv/app/.venv")

    monkeypatch.setattr(subprocess, "run", run)
    assert bootstrap.main(["manage.py", "setup"]) == 1
    assert "cannot write /srv/app/.venv (Permission denied)" in one_line(capsys)


def test_setup_makes_and_fills_venv_only_once(commands: Calls, bare: Path) -> None:
    assert bootstrap.main(["manage.py", "setup"]) == 0
    assert [command[2] for command in commands] == ["venv", "pip"]
    assert "--require-hashes" in commands[-1]
    commands.clear()
    assert bootstrap.main(["manage.py", "setup"]) == 0
    assert commands == []


def test_changed_requirements_are_installed_again(commands: Calls, bare: Path) -> None:
    bootstrap.main(["manage.py", "setup"])
    commands.clear()
    bootstrap.REQUIREMENTS.write_text("django==5.3 --hash=sha256:1\n")
    bootstrap.main(["manage.py", "setup"])
    assert [command[1:3] for command in commands] == [["-c", "import pip"], ["-m", "pip"]]
    stamp = (bootstrap.VENV / "installed.sha256").read_text()
    assert stamp == hashlib.sha256(bootstrap.REQUIREMENTS.read_bytes()).hexdigest()


def test_command_before_setup_points_to_setup(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "django" else find(name))
    assert bootstrap.main(["manage.py", "check_protocols"]) == 1
    assert one_line(capsys) == "manage.py: Django is missing here: run  python3 manage.py setup"


def test_command_goes_on_inside_venv(commands: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    bootstrap.make_venv()
    went_on: list[list[str]] = []
    monkeypatch.setattr("os.execv", lambda path, argv: went_on.append([path, *argv[1:]]))
    bootstrap.main(["manage.py", "screen", "person.json"])
    assert went_on == [[str(bootstrap.venv_python()), "manage.py", "screen", "person.json"]]


def test_demo_refuses_before_it_installs_anything(
    commands: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ISLETSCREEN_ENV", "production")
    assert bootstrap.main(["manage.py", "demo"]) == 1
    assert "unset ISLETSCREEN_ENV first" in one_line(capsys)
    assert commands == []


def test_bootstrap_imports_only_the_standard_library() -> None:
    """In a Python that sees no installed package, the modules manage.py needs first still load."""
    code = "import config.bootstrap, config.optional, sys; assert 'django' not in sys.modules"
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_requirements_are_exact_hashed_and_name_no_host() -> None:
    for name in sorted(path.name for path in ROOT.glob("requirements*.txt")):
        lines = (ROOT / name).read_text().splitlines()
        pins = [line for line in lines if line and not line.startswith((" ", "#"))]
        assert pins, name
        assert all("==" in pin and pin.endswith("\\") for pin in pins), name
        assert not any("://" in line or line.startswith("-") for line in lines), name


@pytest.mark.parametrize(
    ("installed", "typed", "handed_on"),
    [
        (True, [], ["-n", "auto", "--dist", "worksteal"]),
        (True, ["tests/rules"], ["tests/rules"]),
        (False, [], []),
    ],
)
def test_all_tests_run_on_every_processor_and_some_on_one(
    installed: bool, typed: list[str], handed_on: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optional, "missing", list)
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: object() if installed else None)
    handed: list[list[str]] = []
    monkeypatch.setattr(pytest, "main", lambda arguments: handed.append(arguments) or 0)
    assert bootstrap.run_tests(typed) == 0
    assert handed == [handed_on]


@pytest.mark.parametrize(
    ("typed", "handed_on", "database"),
    [
        (["tests/web"], ["tests/web"], None),
        (["--database", "postgresql", "tests/web"], ["tests/web"], "postgresql://server/x"),
    ],
)
def test_tests_use_the_named_server_only_when_asked_to(
    typed: list[str], handed_on: list[str], database: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen to fail when DATABASE_URL was left in place: the tests then ran beside a clinic's own tables."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://server/x")
    monkeypatch.setenv("ISLETSCREEN_DATABASE_URL", "postgresql://server/y")
    monkeypatch.setattr(optional, "missing", list)
    handed: list[object] = []
    monkeypatch.setattr(
        pytest, "main", lambda arguments: handed.append((arguments, os.environ.get("DATABASE_URL"))) or 0
    )
    assert bootstrap.run_tests(typed) == 0
    assert handed == [(handed_on, database)]
    assert "ISLETSCREEN_DATABASE_URL" not in os.environ


@pytest.mark.parametrize("typed", [["--database"], ["--database", "mysql"], ["--database", "postgresql"]])
def test_wrong_database_for_the_tests_is_told_in_one_line(
    typed: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(optional, "missing", list)
    assert bootstrap.run_tests(typed) == 1
    assert ".ci/with-postgresql python3 manage.py test --database postgresql" in one_line(capsys)


class TestMissingParts:
    """`test` says what it skips; where CI is set it refuses to skip."""

    @pytest.fixture(autouse=True)
    def without_chromium(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(optional, "missing", lambda: [optional.CHROMIUM])
        monkeypatch.setattr(pytest, "main", lambda arguments: 0)

    def test_user_is_told_what_is_skipped(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.delenv("CI", raising=False)
        assert bootstrap.run_tests([]) == 0
        assert capsys.readouterr().out == (
            "Skipped: browser tests (Chromium is missing: apt install chromium)\n"
        )

    def test_ci_refuses_to_skip(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("CI", "true")
        assert bootstrap.run_tests([]) == 1
        assert "nothing may be skipped" in capsys.readouterr().err
