"""What manage.py does before the packages are there: make .venv, fill it, go on inside it.

Standard library only.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from config.paths import ROOT, VENV, var_directory

REQUIREMENTS = ROOT / "requirements.txt"
SETS_UP = ("setup", "demo", "test")
HELP = """\
setup   make .venv and install what requirements.txt names
demo    the same, then serve a synthetic clinic on this machine
test    the same, then run pytest with the arguments that follow
"""
GET_VENV = "on Debian or Ubuntu run  sudo apt install python3-venv"
TEST_DATABASE = (
    "the tests run on SQLite, or on a PostgreSQL that DATABASE_URL names: run"
    "  .ci/with-postgresql python3 manage.py test --database postgresql"
)
NO_NETWORK = (
    "NewConnectionError",
    "NameResolutionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ProxyError",
    "Failed to establish a new connection",
    "(from versions: none)",
)


class CannotSetUp(Exception):
    """Setting up stopped; the text says in one line what to do."""


def main(argv: list[str]) -> int:
    """Run one command line; return the exit status."""
    command = argv[1] if len(argv) > 1 else "help"
    try:
        if command == "demo" and os.environ.get("ISLETSCREEN_ENV", "").strip() == "production":
            raise CannotSetUp("demo makes accounts with a published password: unset ISLETSCREEN_ENV first")
        if command in SETS_UP:
            set_up()
        goes_on_here = inside_venv() or not venv_python().exists()
        if goes_on_here and command != "setup" and importlib.util.find_spec("django") is None:
            first = "delete .venv, then run" if VENV.exists() else "run"
            raise CannotSetUp(f"Django is missing here: {first}  python3 manage.py setup")
    except CannotSetUp as problem:
        print(f"manage.py: {problem}", file=sys.stderr)
        return 1
    if command == "setup":
        print("Ready. Next: python3 manage.py demo")
        return 0
    if not goes_on_here:
        return go_on_inside_venv(argv)
    return run_tests(argv[2:]) if command == "test" else run_django(command, argv)


def set_up() -> None:
    """Make .venv hold exactly what requirements.txt names; nothing to do costs one hash.

    Raises:
        CannotSetUp: no venv or ensurepip, no network, no room, or packages that differ from their hashes.
    """
    stamp = VENV / "installed.sha256"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if venv_python().exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    try:
        if not (venv_python().exists() and has_pip()):
            make_venv()
        install()
        stamp.write_text(wanted)
    except OSError as problem:
        place = problem.filename or VENV
        raise CannotSetUp(f"cannot write {place} ({problem.strerror}): make room or allow it") from problem


def has_pip() -> bool:
    """Return whether .venv is whole: one whose making was interrupted lacks pip."""
    return subprocess.run([str(venv_python()), "-c", "import pip"], capture_output=True).returncode == 0


def make_venv() -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise CannotSetUp(f"this Python cannot make a .venv: {GET_VENV}")
    print("Making .venv ...", flush=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True
    )
    if made.returncode != 0:
        reason = last_line(made.stderr or made.stdout)
        raise CannotSetUp(f"python3 -m venv .venv failed ({reason}): {GET_VENV}")


def install() -> None:
    print("Installing the packages of requirements.txt ...", flush=True)
    pip = [str(venv_python()), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    done = subprocess.run(
        [*pip, "--retries", "2", "--require-hashes", "-r", str(REQUIREMENTS)], capture_output=True, text=True
    )
    if done.returncode == 0:
        return
    output = done.stderr + done.stdout
    if "DO NOT MATCH THE HASHES" in output:
        raise CannotSetUp("a downloaded package is not the one requirements.txt names: nothing was installed")
    if any(sign in output for sign in NO_NETWORK):
        raise CannotSetUp(
            "the package index cannot be reached: connect to the network, or name a mirror in PIP_INDEX_URL,"
            " then run  python3 manage.py setup  again"
        )
    raise CannotSetUp(f"pip could not install requirements.txt: {last_line(output)}")


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"


def venv_python() -> Path:
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def inside_venv() -> bool:
    return Path(sys.prefix).resolve() == VENV.resolve()


def go_on_inside_venv(argv: list[str]) -> int:
    """Run the same command line with .venv's Python."""
    again = [str(venv_python()), *argv]
    if os.name == "nt":
        return subprocess.call(again)
    os.execv(again[0], again)


def run_tests(arguments: list[str]) -> int:
    """Run pytest; say first which optional parts are missing, and refuse that where CI is set.

    `--database postgresql` in front of the other arguments uses the server that DATABASE_URL names; without
    it nothing of this installation's environment, its database least of all, reaches a test.
    """
    from config import optional

    missing = optional.missing()
    for part in missing:
        print(f"Skipped: {part.tests} ({part.name} is missing: {part.remedy})")
    if missing and os.environ.get("CI"):
        print("manage.py: CI is set, and there nothing may be skipped", file=sys.stderr)
        return 1
    if arguments[:1] == ["--database"]:
        if arguments[1:2] != ["postgresql"] or not os.environ.get("DATABASE_URL", "").strip():
            print(f"manage.py: {TEST_DATABASE}", file=sys.stderr)
            return 1
        arguments = arguments[2:]
    else:
        os.environ.pop("DATABASE_URL", None)
    for name in [name for name in os.environ if name.startswith("ISLETSCREEN_")]:
        if name != "ISLETSCREEN_CHROMIUM":
            del os.environ[name]
    import pytest

    return int(pytest.main(arguments or everything()))


def everything() -> list[str]:
    """Return the arguments that run every test, on every processor where pytest-xdist is there for it."""
    return ["-n", "auto", "--dist", "worksteal"] if importlib.util.find_spec("xdist") is not None else []


def run_django(command: str, argv: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if argv[1:] in ([], ["help"], ["--help"]):
        print(HELP)
    if command == "demo":
        # Its own file: the published password never opens anything else.
        for name in ("DATABASE_URL", "ISLETSCREEN_DATABASE_URL", "ISLETSCREEN_AUDIT_ANCHOR"):
            os.environ.pop(name, None)
        os.environ["ISLETSCREEN_DATABASE"] = str(var_directory() / "demo.sqlite3")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(argv)
    except ImproperlyConfigured as problem:
        print(f"manage.py: {problem}", file=sys.stderr)
        return 1
    return 0
