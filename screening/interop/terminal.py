"""A screening as text for a terminal."""

import textwrap
from collections.abc import Iterator
from typing import Any

WIDTH = 100
CANDIDACIES = {
    "likely": "LIKELY candidate on the published key criteria",
    "possible": "POSSIBLE",
    "not_yet": "NOT YET",
    "unlikely": "UNLIKELY on this trial's rules",
}
_ORDER = ("likely", "possible", "not_yet", "unlikely")
_MARKS = {"pass": "+", "fail": "x", "unknown": "?"}


def as_text(result: dict[str, Any]) -> str:
    """Return `result`, in the shape of docs/json.md, for reading in a terminal."""
    return "\n".join(_lines(result))


def _lines(result: dict[str, Any]) -> Iterator[str]:
    yield f"Pre-screen as of {result['as_of']} (engine {result['engine']})"
    indication = result["indication"]
    if indication is not None:
        said = {"true": "present", "false": "absent", "unknown": "not known"}[indication["status"]]
        yield ""
        yield f"Indication: {said}"
        yield from _wrapped(indication["why"], "  ")
        for step in indication["open_steps"]:
            yield from _wrapped(f"open: {step['text']}", "  - ")
    for trial in sorted(result["trials"], key=lambda one: _ORDER.index(one["candidacy"])):
        yield from _trial(trial)


def _trial(trial: dict[str, Any]) -> Iterator[str]:
    recruitment = trial["recruitment"]
    yield ""
    yield from _wrapped(f"{trial['title']} [{trial['id']}]", "")
    yield from _wrapped(f"{CANDIDACIES[trial['candidacy']]}: {trial['why']}", "  ")
    yield f"  {recruitment['status'].capitalize()}, seen on {recruitment['seen_on']}"
    for key, words in (
        ("not_before", "Not before"),
        ("lapses_on", "Holds before"),
        ("fresh_until", "Values current until"),
    ):
        if trial[key] is not None:
            yield f"  {words} {trial[key]}"
    for criterion in trial["criteria"]:
        mark = _MARKS[criterion["outcome"]] if criterion["decides"] else "·"
        yield from _wrapped(f"{criterion['id']:5} {criterion['text']}", f"  {mark} ")
        yield from _wrapped(criterion["why"], "          ")
    for title, key in (("Against", "cautions_against"), ("Label", "limitations")):
        for one in trial[key]:
            if one["condition"] == "true":
                yield from _wrapped(f"{title}: {one['text']}. {one['why']}", "  ! ")
    for safety in trial["safety"]:
        raised = " (raised by this person's answers)" if safety["raised_by"] else ""
        yield from _wrapped(f"Harm: {safety['text']}{raised}", "  ! " if raised else "  - ")
    for one in trial["to_confirm"]:
        yield from _wrapped(f"Ask the site: {one['text']} ({one['because']})", "  - ")
    for gap in trial["gaps"]:
        yield from _wrapped(f"Not public: {gap}", "  - ")


def _wrapped(text: str, lead: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead))
