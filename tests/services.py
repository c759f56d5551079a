"""The app as a service of its own: a fresh database, gunicorn on a free port of this machine, and clients."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from config.paths import ROOT

HOST = "127.0.0.1"
CSRF = "c" * 32
PATIENCE = 90
"""Seconds for a service to answer, and for one request."""

Environment = dict[str, str]


# --- Databases


@contextmanager
def fresh_database(directory: Path, server: Mapping[str, Any]) -> Iterator[Environment]:
    """Yield the variables that name an empty database of the same kind as `server`, removed afterwards.

    Args:
        directory: for what the installation writes, and for the file where the database is one.
        server: Django's settings of the database that the tests run on.
    """
    own = {"ISLETSCREEN_VAR_DIR": str(directory)}
    if server["ENGINE"].endswith("sqlite3"):
        yield own
        return
    name = f"isletscreen_{secrets.token_hex(6)}"
    execute(server, f"CREATE DATABASE {name}")
    try:
        yield own | {"DATABASE_URL": url_of(server, name)}
    finally:
        execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def url_of(server: Mapping[str, Any], name: str) -> str:
    """Return the URL of the database `name` on the PostgreSQL that Django's settings `server` name."""
    account = quote(server["USER"], safe="")
    if server["PASSWORD"]:
        account += ":" + quote(server["PASSWORD"], safe="")
    place = {key: server[key.upper()] for key in ("host", "port") if server[key.upper()]}
    return f"postgresql://{account}@/{name}?{urlencode(place)}"


def execute(server: Mapping[str, Any], statement: str) -> None:
    """Run a statement that belongs to the whole server, like CREATE DATABASE."""
    import psycopg

    with psycopg.connect(url_of(server, "postgres"), autocommit=True) as connection:
        connection.execute(statement)


# --- Processes


def environment(own: Environment) -> Environment:
    """Return this process's environment with the variables of ours replaced by `own`."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ISLETSCREEN_", "DJANGO_")) and name != "DATABASE_URL"
    }
    return kept | own


def manage(own: Environment, *command: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command of manage.py in an environment of its own."""
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env=environment(own),
        capture_output=True,
        text=True,
        **options,
    )


def seeded(own: Environment, *, users: int, sites: int, people: int) -> list[Visitor]:
    """Return signed-in visitors of a migrated database with made-up pre-screens at each site."""
    done = manage(own, "migrate", "--verbosity", "0", "--skip-checks")
    assert done.returncode == 0, done.stderr
    command = [sys.executable, "-m", "tests.load.seed", str(users), str(sites), str(people)]
    done = subprocess.run(command, cwd=ROOT, env=environment(own), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [Visitor(**told) for told in json.loads(done.stdout)]


class Service:
    """gunicorn, serving on a free port of this machine until it is stopped or killed."""

    def __init__(self, own: Environment, *, workers: int = 1, threads: int = 4) -> None:
        self.own = own
        self.workers = workers
        self.threads = threads
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it is well.

        Raises:
            AssertionError: it is not, in time.
        """
        self.port = free_port()
        with Path(self.own["ISLETSCREEN_VAR_DIR"], "service.log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"{HOST}:{self.port}"),
                    *("--workers", str(self.workers), "--threads", str(self.threads), "--no-control-socket"),
                ],
                cwd=ROOT,
                env=environment(self.own),
                stderr=log,
                stdout=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.log()
            try:
                if self.get("/health")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"not well after {PATIENCE} s: {self.log()}")

    def kill(self) -> None:
        """End every process of the service at once, as a power cut would."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()

    def log(self) -> str:
        return Path(self.own["ISLETSCREEN_VAR_DIR"], "service.log").read_text()

    def get(self, address: str) -> tuple[int, str]:
        """Return status and text of what anyone may open."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        try:
            connection.request("GET", address)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()


@contextmanager
def serving(own: Environment, *, workers: int = 1, threads: int = 4) -> Iterator[Service]:
    """Yield a service that is well, and stop it afterwards."""
    service = Service(own, workers=workers, threads=threads)
    try:
        service.start()
        yield service
    finally:
        service.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


# --- People


@dataclass
class Answer:
    """What a page answered."""

    status: int
    text: str
    location: str

    @property
    def content(self) -> bytes:
        return self.text.encode()


@dataclass
class Visitor:
    """Somebody who is signed in. Each request has a connection of its own, as those of a proxy do."""

    name: str
    prefix: str
    cookies: dict[str, str]
    results: list[str] = field(default_factory=list)
    port: int = 0

    def comes_to(self, service: Service) -> None:
        self.port = service.port

    def get(self, address: str) -> Answer:
        return self._ask("GET", address, None)

    def post(self, address: str, typed: Mapping[str, Any]) -> Answer:
        return self._ask("POST", address, urlencode(typed, doseq=True))

    def _ask(self, method: str, address: str, body: str | None) -> Answer:
        cookies = {**self.cookies, "isletscreen_csrf": CSRF}
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "X-CSRFToken": CSRF,
        }
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        try:
            connection.request(method, address, body, headers)
            response = connection.getresponse()
            return Answer(response.status, response.read().decode(), response.headers.get("Location", ""))
        finally:
            connection.close()
