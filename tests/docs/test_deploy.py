"""docs/deploy.md: its commands exist and take these arguments, and every variable is read and explained."""

from __future__ import annotations

import base64
import re
import shlex
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from config.bootstrap import SETS_UP
from tests.docs.markdown import DOCS, ROOT, read
from tests.services import manage

DEPLOY, OPERATORS = DOCS / "deploy.md", DOCS / "operators.md"
FENCED = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CALL = re.compile(r"(?:manage\.py|(?<![\w.-])isletscreen) (?!isletscreen)([a-z_]+)((?: [^|;&\n]+)?)")
VARIABLE = re.compile(r"\b(?:ISLETSCREEN_[A-Z_]+|DATABASE_URL)\b")


def calls(document: Path) -> list[tuple[str, str]]:
    """Return name and arguments of every command of ours in the document's blocks."""
    lines = [line for _, block in FENCED.findall(read(document)) for line in block.splitlines()]
    lines = [line for line in lines if not line.startswith("sudo -u postgres") and " cp " not in line]
    return [call for line in lines for call in CALL.findall(line)]


def known(name: str) -> bool:
    return name in get_commands() or name in SETS_UP


@pytest.mark.parametrize(
    ("name", "arguments"), sorted(set(calls(DEPLOY) + calls(OPERATORS))), ids=lambda value: value.strip()
)
def test_every_command_exists_and_takes_these_arguments(name: str, arguments: str) -> None:
    """Seen to fail on a command that was renamed, and on an option that is not there."""
    assert known(name), f"there is no manage.py {name}"
    if name in get_commands():
        app = get_commands()[name]
        command = load_command_class(app, name) if isinstance(app, str) else app
        typed = shlex.split(arguments.rstrip("' "))
        command.create_parser("manage.py", name).parse_args(typed)


def test_the_pages_have_commands_to_check() -> None:
    named = {name for name, _ in calls(DEPLOY)}
    assert {"migrate", "createcachetable", "collectstatic", "check", "backup", "restore", "setup"} <= named


def test_every_variable_is_read_and_every_one_is_explained() -> None:
    """Seen to fail on a variable that was left out of the table."""
    source = "\n".join(path.read_text() for path in sorted((ROOT / "config").glob("*.py")))
    read_by_name = {
        f"ISLETSCREEN_{name}"
        for name in re.findall(
            r"(?:read|choice|flag|whole_number|words|directory|required_in_production|keys?)\(\s*\"([A-Z_]+)\"",
            source,
        )
    } | {"DATABASE_URL", "ISLETSCREEN_VAR_DIR", "ISLETSCREEN_CHROMIUM"}
    explained = set(VARIABLE.findall(read(OPERATORS)))
    named = set(VARIABLE.findall(read(DEPLOY)))
    assert named <= read_by_name
    assert explained <= read_by_name
    assert read_by_name - explained <= {"ISLETSCREEN_CHROMIUM"}


def test_the_settings_of_the_page_are_complete(tmp_path: Path) -> None:
    """What the page puts into the environment is what production needs to start."""
    blocks = [block for language, block in FENCED.findall(read(DEPLOY)) if not language]
    (settings,) = (block for block in blocks if block.startswith("ISLETSCREEN_ENV="))
    own = dict(line.split("=", 1) for line in settings.replace("'", "").splitlines())
    key = base64.urlsafe_b64encode(b"0123456789abcdefghijklmnopqrstuv").decode()
    own |= {name: key * (2 if "SECRET" in name else 1) for name, value in own.items() if value == "..."}
    done = manage(
        own | {"ISLETSCREEN_VAR_DIR": str(tmp_path)}, "check", "--deploy", "--fail-level", "WARNING"
    )
    assert (done.returncode, done.stdout) == (0, "System check identified no issues (0 silenced).\n"), (
        done.stderr
    )
