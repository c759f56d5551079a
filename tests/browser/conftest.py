"""Browser tests: the system's Chromium on a live server, no outside request, no console error."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from config.optional import AXE_CORE, CHROMIUM, PLAYWRIGHT, chromium
from config.paths import AXE
from tests.factories import make_user

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

# Playwright's event loop runs in the test's own thread, beside the ORM.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

if not PLAYWRIGHT.present():
    collect_ignore_glob = ["test_*.py"]

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
OPEN_EVERYTHING = """
    const trials = [...document.querySelectorAll('main details.trial')];
    const kinds = new Map(trials.map(trial => [trial.className, trial]));
    const left = new Set(trials.slice(8).filter(trial => kinds.get(trial.className) !== trial));
    for (const part of document.querySelectorAll('main details')) part.open = true;
    for (const trial of left) trial.remove();
"""
"""Of the trials, the first eight and one of every standing stay: the same template draws them all."""

AXE_COLOURS = ["color-contrast", "link-in-text-block"]
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/browser/" in item.path.as_posix() and not CHROMIUM.present():
            item.add_marker(pytest.mark.skip(reason=f"Chromium is missing: {CHROMIUM.remedy}"))


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return {"executable_path": chromium(), "args": CHROMIUM_ARGUMENTS, "headless": True}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Without motion, so that no colour is measured half-way through a transition."""
    return {**browser_context_args, "reduced_motion": "reduce", "locale": "en-GB"}


@pytest.fixture
def context(context: BrowserContext, live_server: Any) -> Iterator[BrowserContext]:
    """A fresh browser profile; its requests stay on this machine and its console stays quiet."""
    left: list[str] = []
    complaints: list[str] = []

    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.on("console", note)

    def note(message: Any) -> None:
        # A page that answers 403 or 404 is itself reported as a resource that failed to load.
        is_page_itself = message.location.get("url") == message.page.url
        if message.type == "error" and not (is_page_itself and message.text.startswith("Failed to load")):
            complaints.append(f"{message.location.get('url')}: {message.text}")

    def request(request: Any) -> None:
        if not request.url.startswith((f"{live_server.url}/", "data:", "blob:", "about:")):
            left.append(request.url)

    context.on("page", watch)
    context.on("request", request)
    context.set_default_timeout(10_000)
    yield context
    assert not left, f"requests left the machine: {left}"
    assert not complaints, "the browser's console complains:\n" + "\n".join(complaints)


@pytest.fixture
def page_signed_in(page: Page, client: Any, live_server: Any) -> Page:
    """A page on which a clinician of St Anne is signed in; it has opened no address yet."""
    sign_in(page, make_user(), client, live_server)
    return page


def sign_in(page: Page, user: Any, client: Any, live_server: Any) -> None:
    """Give `page` a session of `user` without going through the sign-in page."""
    client.force_login(user)
    cookies = [
        {"name": name, "value": morsel.value, "url": live_server.url}
        for name, morsel in client.cookies.items()
    ]
    page.context.add_cookies(cookies)


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Check the page as it stands, in light and in dark: `axe(page)` fails with readable violations.

    What is not about colour is the same in both schemes, and all of it is the same on every database.
    """
    if not AXE_CORE.present():
        pytest.skip(f"axe-core is missing: {AXE_CORE.remedy}")
    source = AXE.read_text(encoding="utf-8")
    by_scheme = {"light": ("tag", AXE_TAGS), "dark": ("rule", AXE_COLOURS)}

    def check(page: Page) -> None:
        if connection.vendor != "sqlite":
            return
        found: list[str] = []
        for scheme, (kind, wanted) in by_scheme.items():
            page.emulate_media(color_scheme=scheme)
            found += [f"{scheme}: {line}" for line in violations(page, source, kind, wanted)]
        page.emulate_media(color_scheme="null")
        assert not found, f"{page.url} is not accessible:\n" + "\n".join(found)

    return check


def violations(page: Page, axe_source: str, kind: str, wanted: list[str]) -> list[str]:
    """Return what axe-core finds on `page` by its rules or tags `wanted`, one line for each element."""
    page.evaluate(axe_source)
    run = "only => axe.run(document, {runOnly: only, resultTypes: ['violations']})"
    results = page.evaluate(run, {"type": kind, "values": wanted})
    return [
        f"{rule['id']} ({rule['impact']}): {rule['help']}: {' '.join(map(str, node['target']))}:"
        f" {node['html'][:160]}"
        f" {node['failureSummary'].splitlines()[-1].strip()}"
        for rule in results["violations"]
        for node in rule["nodes"]
    ]
