"""What a page of the form costs the server, in CPU time; alone: `python -m tests.benchmarks.form`.

Session and user are read before the clock starts, and that the form was read in this sitting is in the
trail already. All else counts: the draft from the database, opened with the person's key, the
reading of all answers, the questions, the page around them, and the evaluation of every protocol for
the panel of trials. The limits are those of the form itself: without the reading and the evaluation.
"""

from __future__ import annotations

import random
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from tests.benchmarks.figures import Figure, printed
from tests.benchmarks.own_database import in_own_database

ROUNDS = 200
AS_OF = date(2026, 11, 20)
STAGE_MS, WHOLE_FORM_MS = 3, 12
PAGES = (("chart", STAGE_MS), ("person", STAGE_MS), ("blood", STAGE_MS), ("all", WHOLE_FORM_MS))


def pages() -> Iterator[Figure]:
    """Time a few pages, blank and filled in, in a database of their own."""
    return in_own_database(measured)


def measured() -> Iterator[Figure]:
    from django.test import RequestFactory
    from django.utils import timezone
    from django_htmx.middleware import HtmxDetails

    from screening import actions
    from screening.content import installed_content
    from screening.demo.people import Teller, problematic_hypoglycemia
    from screening.interop.typed import as_typed, read_typed
    from screening.models import Draft, User
    from screening.rules.overview import overview
    from screening.views import drafts
    from tests.factories import make_user

    user = User.objects.get(pk=make_user().pk)
    content = installed_content()
    site = user.current_memberships[0].site
    participant = actions.add_participant(site=site, by=user, at=timezone.now())
    teller = Teller(random.Random(1), AS_OF, si=False)
    problematic_hypoglycemia(teller)

    def draft(typed: dict[str, Any]) -> Draft:
        return Draft.objects.create(
            pk=uuid.uuid4(), participant=participant, owner=user, as_of=AS_OF, typed=typed
        )

    sitting: dict[str, Any] = {}

    def page(form: Draft, stage: str) -> None:
        request: Any = RequestFactory().get("/")
        request.user, request.session = user, sitting
        request.htmx, request._messages, request.resolver_match = HtmxDetails(request), (), None
        address = {"reference": participant.reference, "draft_id": form.pk, "stage": stage}
        assert drafts.stage(request, **address).status_code == 200

    def evaluate(form: Draft) -> None:
        answers = read_typed(content.catalogue, form.typed, form.as_of).answers
        assert answers is not None
        overview(content, answers)

    forms = {"blank": draft({}), "filled in": draft(as_typed(content.catalogue, teller.payload))}
    for name, form in forms.items():
        evaluation = milliseconds(lambda form=form: evaluate(form))
        yield Figure(f"reading and evaluation for the panel, {name}", evaluation, "ms")
        for stage, limit in PAGES:
            spent = milliseconds(lambda form=form, stage=stage: page(form, stage))
            what = "whole form" if stage == "all" else f"stage of the form, {stage}"
            yield Figure(f"{what}, {name}", spent - evaluation, "ms", limit)


def milliseconds(act: Callable[[], Any]) -> float:
    """Return the CPU time of one call, the best of many."""
    for _ in range(5):
        act()
    spent = []
    for _ in range(ROUNDS):
        before = time.process_time()
        act()
        spent.append(time.process_time() - before)
    return min(spent) * 1000


if __name__ == "__main__":
    sys.exit(printed(pages()))
