"""What a form that repeats a pre-screen says beside the questions it asks again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.utils.translation import gettext as _

from screening.clinical.dates import say_day
from screening.forms.review import event_lines, line_of
from screening.interop.repeating import AskedAgain
from screening.rules.facts import EVENTS, Catalogue


def former_answers(
    catalogue: Catalogue, asked_again: Mapping[str, AskedAgain], as_of: date
) -> dict[str, str]:
    """Return by fact what was answered, and why that counts no more on `as_of`, in one sentence."""
    return {
        name: _events(again) if name == EVENTS else _former(catalogue, name, again, as_of)
        for name, again in asked_again.items()
    }


def _former(catalogue: Catalogue, name: str, again: AskedAgain, as_of: date) -> str:
    line = line_of(catalogue.facts[name], again.given)
    words = {"said": line.said, "day": line.dated, "since": say_day(again.since) if again.since else ""}
    if not line.known:
        return _("Last time: %(said)s. Has the result come?") % words
    if again.since is None:
        return _("Last time: %(said)s, without a date, so it does not count.") % words
    if again.since > as_of:
        return _("Was %(said)s on %(day)s: too old from %(since)s.") % words
    return _("Was %(said)s on %(day)s: too old since %(since)s.") % words


def _events(again: AskedAgain) -> str:
    whole = [line.said for line in event_lines(again.given) if line.anchor.startswith("events-")]
    asked_on = date.fromisoformat(again.given[f"{EVENTS}_asked_on"])
    return _(
        "The events told before are filled in. Of the list as a whole it was said on %(day)s: %(said)s. "
        "Ask what has happened since, and whether these are all."
    ) % {"day": say_day(asked_on), "said": "; ".join(whole)}
