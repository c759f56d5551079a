"""The answer for one person, explained: what would change it, when, and what to find out next."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from screening.rules.answers import Answers
from screening.rules.candidacy import last_days
from screening.rules.content import Content
from screening.rules.doubts import diary_against_sensor
from screening.rules.evaluate import Compiled, CompiledProtocol, assess
from screening.rules.facts import Catalogue
from screening.rules.inputs import Known
from screening.rules.next_best import NextBest, NotRanked, next_best
from screening.rules.screening import rulebook, screen, waiting
from screening.rules.sentences import Account
from screening.rules.turning import changes, turns
from screening.rules.ways import Changes, Step, Ways


def explain(content: Content, answers: Answers, trials: Sequence[str] | None = None) -> dict[str, Any]:
    """Return the answer for one person with its explanation, in the shape of docs/json.md.

    Args:
        content: facts and protocols.
        answers: what is known of the person, and the day.
        trials: ids of the protocols wanted; None for all.

    Raises:
        Problems: a trial that is not loaded.
    """
    result = screen(content, answers, trials)
    book = rulebook(content)
    known = book.reader.known(answers)
    account = Account(known)
    by_id = {protocol.protocol.id: protocol for protocol in book.protocols}
    what_would_change = Changes(book, known)
    for trial in result["trials"]:
        protocol = by_id[trial["id"]]
        for criterion, compiled in zip(trial["criteria"], protocol.criteria, strict=True):
            criterion["changes"] = _changes(compiled, known)
        trial["turns"] = [{"on": turn.on.isoformat(), "to": turn.to} for turn in turns(protocol, known)]
        trial["stale_after"] = _stale_after(protocol, account)
        trial["would_change"] = [_ways(ways) for ways in what_would_change.of(protocol.deciding)]
    ranking = next_best(book, known)
    result["doubts"] = list(diary_against_sensor(answers))
    result["next_best"] = [_next(book.catalogue, one, answers) for one in ranking.ranked]
    result["not_ranked"] = [_not_ranked(book.catalogue, one) for one in ranking.not_ranked]
    return result


def _changes(compiled: Compiled, known: Known) -> list[dict[str, str]]:
    if not compiled.crossings:
        return []
    return [
        {"on": change.on.isoformat(), "to": compiled.means(change.to).value}
        for change in changes(compiled, known)
    ]


def _stale_after(protocol: CompiledProtocol, account: Account) -> list[dict[str, str]]:
    """Return the answers that decided something and go stale, soonest first, each with its last day."""
    assessments = [assess(one, account) for one in protocol.deciding]
    ends = last_days(protocol.deciding, assessments, account)
    return [{"fact": fact, "last_day": end.isoformat()} for fact, end in sorted(ends.items(), key=_by_day)]


def _by_day(ending: tuple[str, date]) -> tuple[date, str]:
    return ending[1], ending[0]


def _ways(ways: Ways) -> dict[str, Any]:
    return {
        "criteria": list(ways.criteria),
        "fixed": ways.fixed,
        "more": ways.more,
        "ways": [[_step(step) for step in way] for way in ways.ways],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "do": step.do.value,
        "facts": list(step.facts),
        "target": step.target,
        "on": None if step.on is None else step.on.isoformat(),
        "text": step.text,
    }


def _next(catalogue: Catalogue, one: NextBest, answers: Answers) -> dict[str, Any]:
    return {
        "fact": one.fact,
        "label": catalogue.label_of(one.fact),
        "obtained_by": one.obtained_by,
        "settles": [
            {"when": settled.when, "trials": list(settled.trials), "to": settled.to.value}
            for settled in one.settled
        ],
        "always": one.always,
        "criteria": round(one.criteria, 2),
        "waiting": waiting(answers, one.fact),
    }


def _not_ranked(catalogue: Catalogue, one: NotRanked) -> dict[str, Any]:
    return {
        "what": one.what,
        "needs": list(one.needs),
        "labels": list(map(catalogue.label_of, one.needs)),
    }
