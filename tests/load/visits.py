"""What people do on their pages, and what no page may show them."""

from __future__ import annotations

import random
import re
import threading
import time
from dataclasses import dataclass, field

from tests.services import Answer, Service, Visitor

REFERENCE = re.compile(r"\b([A-Z]{3})-[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]\b")
ACCOUNT = re.compile(r'class="user-menu__name">([^<]*)<')
VERSION = re.compile(r'name="version" value="([^"]*)"')


class Unexpected(Exception):
    """A page answered what it should not."""


def recorded_pre_screen(visitor: Visitor) -> str:
    """Fill in and record a form about someone new; return the address of the result."""
    form = expect(302, visitor.post("/new/", {})).location
    expect(302, visitor.post(f"{form}chart/", {"sex": "female", "go": "stay"}))
    version = VERSION.search(expect(200, visitor.get(f"{form}review/")).text)
    if version is None:
        raise Unexpected("a review without its version")
    result = expect(302, visitor.post(f"{form}record/", {"version": version[1]})).location
    if "/pre-screens/" not in result:
        raise Unexpected("a recording that leads elsewhere")
    return result


def expect(status: int, answer: Answer) -> Answer:
    if answer.status != status:
        raise Unexpected(f"{answer.status} instead of {status}")
    return answer


@dataclass
class Findings:
    """What a crowd of visitors met."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    recorded: int = 0

    def share(self, part: float) -> float:
        """Return the seconds within which `part` of the pages came."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


class Watched(Visitor):
    """A visitor whose every page is timed and searched for what belongs to others."""

    findings: Findings

    def _ask(self, method: str, address: str, body: str | None) -> Answer:
        began = time.perf_counter()
        answer = super()._ask(method, address, body)
        self.findings.seconds.append(time.perf_counter() - began)
        asked = set(REFERENCE.findall(address))
        foreign = {prefix for prefix in REFERENCE.findall(answer.text) if prefix != self.prefix} - asked
        shown = {name for name in ACCOUNT.findall(answer.text) if name != self.name}
        if foreign or shown:
            self.findings.leaks.append(f"{method} showed {sorted(foreign | shown)} to {self.name}")
        return answer


def crowd(service: Service, visitors: list[Visitor], *, seconds: float, pause: float) -> Findings:
    """Let all visitors work at once for `seconds`, each pausing about `pause` seconds between pages."""
    findings = Findings()
    until = time.monotonic() + seconds
    workers = [
        threading.Thread(target=_work, args=[service, visitor, visitors, until, pause, findings], daemon=True)
        for visitor in visitors
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(seconds + 120)
    return findings


def _work(
    service: Service, told: Visitor, others: list[Visitor], until: float, pause: float, findings: Findings
) -> None:
    visitor = Watched(told.name, told.prefix, told.cookies, told.results)
    visitor.findings = findings
    visitor.comes_to(service)
    chance = random.Random(told.name)
    strange = [address for other in others if other.prefix != told.prefix for address in other.results]
    while time.monotonic() < until:
        try:
            expect(200, visitor.get("/"))
            time.sleep(chance.uniform(0, 2 * pause))
            expect(200, visitor.get(chance.choice(visitor.results)))
            time.sleep(chance.uniform(0, 2 * pause))
            if strange:
                expect(404, visitor.get(chance.choice(strange)))
            if chance.random() < 0.3:
                expect(200, visitor.get(recorded_pre_screen(visitor)))
                findings.recorded += 1
            time.sleep(chance.uniform(0, 2 * pause))
        except Exception as error:
            findings.errors.append(f"{type(error).__name__}: {error}")
