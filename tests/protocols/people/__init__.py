"""People for every criterion of every shipped protocol, one file a protocol.

Under the id of a criterion, step or caution stand those who pass, those who fail and those of whom
it is not known. Each is the least that has to be answered, in the shape of the JSON a screening
takes, with these short forms:

- a number with its unit in one text, like "7.8 %", or a bare number, was measured on AS_OF;
- `events` are severe events, a bare date standing for one that every definition counts;
- `complete_since` is how far back the list of events is complete; left out, it is complete for life.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

AS_OF = "2026-11-20"
HERE = Path(__file__).parent
EVENT = {
    "assistance": True,
    "impaired": True,
    "symptoms": ["could_not_be_woken"],
    "glucose": {"value": 41, "unit": "mg/dL"},
    "recovered_after_treatment": True,
    "cause": "none_found",
    "documented": "chart",
    "told_by": "witness",
}


@cache
def people_of(protocol: str) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Return the people of one protocol or set of cautions: by criterion, then by pass, fail, unknown."""
    path = HERE / f"{protocol}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def payload(person: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON a screening takes for a person written in the short form."""
    facts = dict(person)
    given: dict[str, Any] = {"as_of": AS_OF}
    if "complete_since" in facts:
        given["severe_hypoglycemic_events_complete_since"] = facts.pop("complete_since")
    if "events" in facts:
        given["severe_hypoglycemic_events"] = [_event(event) for event in facts.pop("events")]
    return given | {"facts": {name: _answer(value) for name, value in facts.items()}}


def _event(written: str | dict[str, Any]) -> dict[str, Any]:
    return EVENT | ({"on": written} if isinstance(written, str) else written)


def _answer(written: Any) -> Any:
    if isinstance(written, str) and written[0] in "<>0123456789" and " " in written:
        number, unit = written.split(" ", 1)
        return {"value": number, "unit": unit, "on": AS_OF}
    if isinstance(written, int | float) and not isinstance(written, bool):
        return {"value": written, "on": AS_OF}
    return written
