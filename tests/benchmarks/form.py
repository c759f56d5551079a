"""What a page of the form costs the server, in CPU time; alone: `python -m tests.benchmarks.form`.

Session, cookies and user are read before the clock starts, and that the form was read in this sitting is
in the trail already. All else counts: the draft from the database, opened with the person's key, the
questions, and the page around them. The reading of all answers, the evaluation of every protocol for the
panel of trials and the ranking of what to ask next are clocked within the same request, and given by
themselves. The round trip of the panel, which saves what was typed, counts with all of these.
"""

from __future__ import annotations

import random
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial, wraps
from typing import Any
from unittest.mock import patch

from tests.benchmarks.figures import Figure, printed
from tests.benchmarks.own_database import in_own_database

ROUNDS = 400
AS_OF = date(2026, 11, 20)
PAGES = (
    ("stage of the form, {}", ("chart", "person", "blood"), 3),
    ("whole form", ("all",), 12),
)
"""What is measured together, each with its limit in ms: a whole form between them slows a stage down."""
ROUND_TRIP = 100
"""The limit of the panel's round trip in ms, with all that it works out."""


def pages() -> Iterator[Figure]:
    """Time a few pages, blank and filled in, in a database of their own."""
    return in_own_database(measured)


def measured() -> Iterator[Figure]:
    from django.test import RequestFactory
    from django.utils import timezone
    from django.utils.crypto import get_random_string
    from django_htmx.middleware import HtmxDetails

    from screening import actions
    from screening.content import installed_content
    from screening.demo.people import Teller, problematic_hypoglycemia
    from screening.interop.typed import as_typed
    from screening.models import Draft, User
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
    secret = get_random_string(32)

    def page(form: Draft, stage: str) -> None:
        request: Any = RequestFactory().get("/")
        request.user, request.session = user, sitting
        request.META["CSRF_COOKIE"] = secret
        request.htmx, request._messages, request.resolver_match = HtmxDetails(request), (), None
        address = {"reference": participant.reference, "draft_id": form.pk, "stage": stage}
        assert drafts.stage(request, **address).status_code == 200

    def panel(form: Draft) -> None:
        request: Any = RequestFactory().post("/", {"stage": "chart", "hba1c": form.typed.get("hba1c", "7.8")})
        request.user, request.session = user, sitting
        request.htmx, request._messages, request.resolver_match = HtmxDetails(request), (), None
        request._dont_enforce_csrf_checks = True
        address = {"reference": participant.reference, "draft_id": form.pk}
        assert drafts.panel_of(request, **address).status_code == 200

    forms = {"blank": draft({}), "filled in": draft(as_typed(content.catalogue, teller.payload))}
    for title, stages, limit in PAGES:
        acts = {
            f"{title.format(stage)}, {name}": partial(page, form, stage)
            for name, form in forms.items()
            for stage in stages
        }
        for what, (spent, evaluating) in milliseconds(acts).items():
            yield Figure(what, spent, "ms", limit)
            yield Figure("beside it, reading and evaluation", evaluating, "ms")
    trips = {f"round trip of the panel, {name}": partial(panel, form) for name, form in forms.items()}
    for what, (spent, evaluating) in milliseconds(trips).items():
        yield Figure(what, spent + evaluating, "ms", ROUND_TRIP)


def milliseconds(acts: Mapping[str, Callable[[], Any]]) -> dict[str, tuple[float, float]]:
    """Return what each act costs in CPU time without reading and evaluation, and these.

    All acts run by turns, and of each the best of many counts: what else the machine does is left out.
    """
    from screening.views import drafts, form_order

    evaluating = 0.0

    def clocked(part: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(part)
        def run(*args: Any) -> Any:
            nonlocal evaluating
            before = time.process_time()
            result = part(*args)
            evaluating += time.process_time() - before
            return result

        return run

    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in acts}
    with (
        patch.object(drafts, "read_typed", clocked(drafts.read_typed)),
        patch.object(drafts, "overview", clocked(drafts.overview)),
        patch.object(form_order, "read_typed", clocked(form_order.read_typed)),
        patch.object(form_order, "lapses", clocked(form_order.lapses)),
        patch.object(form_order, "most_useful", clocked(form_order.most_useful)),
    ):
        for _ in range(ROUNDS):
            for name, act in acts.items():
                evaluating, before = 0.0, time.process_time()
                act()
                whole = time.process_time() - before
                spent[name].append((1000 * (whole - evaluating), 1000 * evaluating))
    return {name: min(of_one) for name, of_one in spent.items()}


if __name__ == "__main__":
    sys.exit(printed(pages()))
