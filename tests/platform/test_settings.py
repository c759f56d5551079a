"""Production refuses to start without its keys, and passes Django's own deployment checks."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config import environment
from config.paths import ROOT

KEY = "k" * 20 + "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ"
PRODUCTION = {
    "ISLETSCREEN_ENV": "production",
    "ISLETSCREEN_SECRET_KEY": KEY,
    "ISLETSCREEN_ALLOWED_HOSTS": "screen.example.org, www.screen.example.org",
    "ISLETSCREEN_AUDIT_KEY": "YXVkaXQga2V5IG9mIHRoaXJ0eS10d28gYnl0ZXMuLi4=",
    "ISLETSCREEN_IDENTITY_KEYS": "aWRlbnRpdHkga2V5LCB0aGlydHktdHdvIGJ5dGVzLi4=",
}


def run(tmp_path: Path, variables: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command of manage.py with these variables of ours and no others."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("ISLETSCREEN_", "DJANGO_"))
    }
    environ = {**kept, "ISLETSCREEN_VAR_DIR": str(tmp_path), **variables}
    return subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=environ, capture_output=True, text=True
    )


def printed(tmp_path: Path, variables: dict[str, str], expression: str) -> str:
    code = f"from django.conf import settings; print({expression})"
    done = run(tmp_path, variables, "shell", "--no-imports", "--command", code)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_production_passes_the_deployment_checks(tmp_path: Path) -> None:
    """T03, 0 warnings, none silenced. Seen to fail with HSTS for 0 seconds."""
    done = run(tmp_path, PRODUCTION, "check", "--deploy", "--fail-level", "WARNING")
    assert (done.returncode, done.stdout) == (0, "System check identified no issues (0 silenced).\n"), (
        done.stderr
    )
    assert printed(tmp_path, PRODUCTION, "settings.SILENCED_SYSTEM_CHECKS") == "[]"


@pytest.mark.parametrize("missing", list(PRODUCTION)[1:])
@pytest.mark.parametrize("value", [None, "  "])
def test_production_without_its_keys_does_not_start(missing: str, value: str | None, tmp_path: Path) -> None:
    variables = {name: text for name, text in PRODUCTION.items() if name != missing}
    if value is not None:
        variables[missing] = value
    done = run(tmp_path, variables, "migrate")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"{missing} is not set, and production needs it" in done.stderr


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"DATABASE_URL": "mysql://db.example.org/screening"},
            "DATABASE_URL does not start with postgresql://",
        ),
        (
            {"DATABASE_URL": "postgresql://db/x", "ISLETSCREEN_DATABASE_POOL": "many"},
            "ISLETSCREEN_DATABASE_POOL is 'many'",
        ),
        ({"ISLETSCREEN_ENV": "prod"}, "ISLETSCREEN_ENV is 'prod': set it to development or production"),
        ({**PRODUCTION, "ISLETSCREEN_DEBUG": "1"}, "ISLETSCREEN_DEBUG is 1: unset it"),
        ({**PRODUCTION, "ISLETSCREEN_ALLOWED_HOSTS": "*"}, "ISLETSCREEN_ALLOWED_HOSTS is '*'"),
        ({"ISLETSCREEN_TRUSTED_PROXIES": "one"}, "ISLETSCREEN_TRUSTED_PROXIES is 'one'"),
        ({"ISLETSCREEN_CONTENT_DIR": "/no/such/directory"}, "name a directory that exists"),
    ],
)
def test_wrong_setting_is_named_in_one_line(variables: dict[str, str], message: str, tmp_path: Path) -> None:
    done = run(tmp_path, variables, "check")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert message in done.stderr


def test_production_cookies_are_bound_to_the_host(tmp_path: Path) -> None:
    """T03. Seen to fail with a session cookie without `__Host-`."""
    names = "settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME"
    assert printed(tmp_path, PRODUCTION, names) == "__Host-session __Host-csrf"
    bound = (
        "settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE,"
        " settings.SESSION_COOKIE_PATH, settings.SESSION_COOKIE_DOMAIN"
    )
    assert printed(tmp_path, PRODUCTION, bound) == "True True / None"
    assert int(printed(tmp_path, PRODUCTION, "settings.SECURE_HSTS_SECONDS")) >= 365 * 24 * 60 * 60


def test_production_logs_json_and_every_request(tmp_path: Path) -> None:
    shown = (
        "(log := settings.LOGGING)['handlers']['stderr']['formatter'], log['loggers']['screening.requests']"
    )
    assert printed(tmp_path, PRODUCTION, shown) == "json {}"
    assert printed(tmp_path, {}, shown) == "plain {'level': 'WARNING'}"


def test_static_files_can_be_collected_for_production(tmp_path: Path) -> None:
    done = run(tmp_path, PRODUCTION, "collectstatic", "--no-input")
    assert done.returncode == 0, done.stderr


def test_server_refuses_to_start_on_an_undeclared_view(tmp_path: Path) -> None:
    code = (
        "import config.urls as urls; from django.urls import path;"
        "urls.urlpatterns.append(path('open', lambda request: None, name='open'))"
    )
    wsgi = f"import django; django.setup(); {code}; import config.wsgi"
    environ = {**os.environ, **PRODUCTION, "ISLETSCREEN_VAR_DIR": str(tmp_path)}
    environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    done = subprocess.run([sys.executable, "-c", wsgi], cwd=ROOT, env=environ, capture_output=True, text=True)
    assert done.returncode != 0
    assert "/open (" in done.stderr
    assert "does not declare who may use it" in done.stderr


def test_local_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret_key"
    key = environment.local_secret_key(path)
    assert len(key) >= 50
    assert environment.local_secret_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["secret_key"]
