"""A short crowd: no error, and nobody sees what is another site's. `python -m tests.load` is the long one."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from tests.figures import Figure
from tests.load.visits import Findings, Watched, crowd
from tests.services import Answer, Visitor, fresh_database, seeded, serving


def test_people_at_work_at_once_meet_no_error_and_no_stranger(tmp_path: Path, figure: Figure) -> None:
    """Seen to fail on lists that were not narrowed to the sites of the one who asks."""
    with fresh_database(tmp_path, settings.DATABASES["default"]) as own:
        visitors = seeded(own, users=8, sites=4, people=2)
        with serving(own, workers=2) as service:
            found = crowd(service, visitors, seconds=4, pause=0.05)
            log = service.log()
    figure(
        "T18",
        "8 people at work for 4 seconds on 2 workers",
        pages=len(found.seconds),
        recorded=found.recorded,
        errors=len(found.errors),
        leaks=len(found.leaks),
    )
    assert found.errors == [], log
    assert found.leaks == []
    assert found.recorded > 0
    assert len(found.seconds) > 20


@pytest.mark.parametrize(
    ("page", "leaks"),
    [
        ("ABC-7K2M-4", 0),
        ("XYZ-7K2M-4", 1),
        ('<span class="user-menu__name">Dr A</span>', 0),
        ('<span class="user-menu__name">Dr B</span>', 1),
    ],
)
def test_a_foreign_reference_and_a_foreign_name_are_found(
    page: str, leaks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Visitor, "_ask", lambda *told: Answer(200, page, ""))
    watched = Watched("Dr A", "ABC", {})
    watched.findings = Findings()
    watched.get("/")
    assert len(watched.findings.leaks) == leaks
