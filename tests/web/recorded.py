"""Pre-screens for tests, recorded as the form records them."""

from __future__ import annotations

import copy
import json
import uuid
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from screening import actions
from screening.content import installed_content
from screening.interop.typed import as_typed
from screening.models import Draft, Participant, Screening, Site, User
from tests.factories import make_site

PERSON: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "person.json").read_text())
FIRST_RECORDED = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def payload(**facts: Any) -> dict[str, Any]:
    """Return the answers of one person, with `facts` in place of theirs; None leaves a fact out."""
    answers = copy.deepcopy(PERSON)
    answers["facts"] |= facts
    answers["facts"] = {name: value for name, value in answers["facts"].items() if value is not None}
    return answers


def record(
    by: User,
    answers: dict[str, Any] | None = None,
    *,
    site: Site | None = None,
    replaces: Screening | None = None,
    of: Participant | None = None,
) -> Screening:
    """Return a recorded pre-screen of a new person, or `of` one, an hour later than the one before."""
    answers = answers or payload()
    at = FIRST_RECORDED + timedelta(hours=Screening.objects.count())
    content = installed_content()
    participant = replaces.participant if replaces is not None else of
    if participant is None:
        participant = actions.add_participant(site=site or make_site(), by=by, at=at)
    draft = Draft.objects.create(
        participant=participant,
        owner=by,
        as_of=date.fromisoformat(answers["as_of"]),
        typed=as_typed(content.catalogue, answers),
        started_at=at,
        updated_at=at,
        supersedes=replaces,
    )
    reason = "Typed wrong" if replaces is not None else ""
    return actions.record_screening(draft, by=by, at=at, token=uuid.uuid4(), content=content, reason=reason)
