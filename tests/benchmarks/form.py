"""What a page of the form costs the server, in CPU time: `python3 -m tests.benchmarks.form`.

Session and user are read before the clock starts. All else counts: the draft from the database, the
reading of all answers, the questions, the page around them, and the evaluation of every protocol for
the panel of trials. The last column leaves the reading and the evaluation out: the form itself.
"""

from __future__ import annotations

import os
import random
import time
import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

ROUNDS = 60
AS_OF = date(2026, 11, 20)
STAGES = (("chart", 16), ("person", 9), ("blood", 13), ("all", 100))


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.test.utils import setup_databases, teardown_databases

    databases = setup_databases(verbosity=0, interactive=False)
    try:
        measure()
    finally:
        teardown_databases(databases, verbosity=0)


def measure() -> None:
    """Print the cost of a few pages, blank and filled in."""
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

    def page(form: Draft, stage: str) -> None:
        request: Any = RequestFactory().get("/")
        request.user, request.session = user, {}
        request.htmx, request._messages, request.resolver_match = HtmxDetails(request), (), None
        assert drafts.stage(request, participant.reference, form.pk, stage).status_code == 200

    def evaluate(form: Draft) -> None:
        answers = read_typed(content.catalogue, form.typed, form.as_of).answers
        assert answers is not None
        overview(content, answers)

    print(f"{'page':<24}{'questions':>10}{'all, ms':>10}{'form, ms':>10}")
    forms = {"blank": draft({}), "filled in": draft(as_typed(content.catalogue, teller.payload))}
    for name, form in forms.items():
        evaluation = milliseconds(lambda form=form: evaluate(form))
        for stage, questions in STAGES:
            spent = milliseconds(lambda form=form, stage=stage: page(form, stage))
            print(f"{f'{stage}, {name}':<24}{questions:>10}{spent:>10.2f}{spent - evaluation:>10.2f}")


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
    main()
