"""A birth date in stored answers: sealed, beside the age in clear, which is what rules and lists need.

What names no more than a year, or is an age, stays as it was told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from screening.clinical.dates import DateSpan, birth_span, completed_years, read_date
from screening.rules.facts import BIRTH
from screening.sealing import Place, seal, unseal

SEALED = "sealed"
DIAGNOSIS = "diagnosis_date"
_YEAR = len("1983")

Answers = Mapping[str, Any]


def close_birth(answers: Answers, key: bytes, place: Place) -> dict[str, Any]:
    """Return `answers` with a birth date that is more exact than the year sealed, its ages beside it."""
    facts = answers.get("facts", {})
    closed = close_answer(facts.get(BIRTH), answers, key, place)
    return {**answers, "facts": {**facts, BIRTH: closed}} if closed is not None else dict(answers)


def close_answer(told: Any, answers: Answers, key: bytes, place: Place) -> dict[str, Any] | None:
    """Return the sealed form of the birth date `told` among `answers`; None where it needs none."""
    if not _is_exact(told):
        return None
    as_of = date.fromisoformat(answers["as_of"])
    birth = _span(told)
    closed = {
        SEALED: seal(key, json.dumps(told), place),
        "age": _years(birth, DateSpan(as_of, as_of)),
        "on": answers["as_of"],
    }
    diagnosis = answers["facts"].get(DIAGNOSIS)
    if isinstance(diagnosis, str | int) or _is_range(diagnosis):
        closed["age_at_diagnosis"] = _years(birth, _span(diagnosis))
    return closed


def open_birth(answers: Answers, key: bytes | None, place: Place) -> dict[str, Any]:
    """Return `answers` as they were told; without `key` the age stands in for the birth date."""
    facts = answers.get("facts", {})
    kept = facts.get(BIRTH)
    if not is_sealed(kept):
        return dict(answers)
    return {**answers, "facts": {**facts, BIRTH: open_answer(kept, key, place)}}


def open_answer(kept: Any, key: bytes | None, place: Place) -> Any:
    """Return the birth date that is sealed in `kept`; without `key` the age that stands beside it."""
    if key is not None:
        return json.loads(unseal(key, kept[SEALED], place))
    if isinstance(kept["age"], int):
        return {"age": kept["age"], "on": kept["on"]}
    youngest, oldest = kept["age"]
    on = date.fromisoformat(kept["on"])
    return {"from": birth_span(oldest, on).first.isoformat(), "to": birth_span(youngest, on).last.isoformat()}


def age_of(answers: Answers) -> str:
    """Return the completed years on the day of the answers, sealed or not, as a row says them: `42 to 43`."""
    told = answers.get("facts", {}).get(BIRTH)
    if isinstance(told, Mapping) and "value" in told:
        told = told["value"]
    if isinstance(told, Mapping) and "age" in told:
        on = date.fromisoformat(told["on"])
        youngest, oldest = told["age"] if isinstance(told["age"], list) else (told["age"], told["age"])
        birth = DateSpan(birth_span(oldest, on).first, birth_span(youngest, on).last)
    elif isinstance(told, str | int) or _is_range(told):
        birth = _span(told)
    else:
        return ""
    as_of = date.fromisoformat(answers["as_of"])
    years = _years(birth, DateSpan(as_of, as_of))
    return str(years) if isinstance(years, int) else f"{years[0]} to {years[1]}"


def sex_of(answers: Answers) -> str:
    """Return the code of the sex that was answered; nothing where it is not known."""
    told = answers.get("facts", {}).get("sex")
    code = told.get("value") if isinstance(told, Mapping) else told
    return code if isinstance(code, str) else ""


def is_sealed(answer: Any) -> bool:
    return isinstance(answer, Mapping) and SEALED in answer


def _is_range(told: Any) -> bool:
    return isinstance(told, Mapping) and "from" in told and "to" in told


def _is_exact(told: Any) -> bool:
    if _is_range(told):
        return any(len(str(told[end])) > _YEAR for end in ("from", "to"))
    return isinstance(told, str) and len(told) > _YEAR


def _span(told: Any) -> DateSpan:
    first, last = (told["from"], told["to"]) if _is_range(told) else (told, told)
    return DateSpan(read_date(str(first)).first, read_date(str(last)).last)


def _years(birth: DateSpan, then: DateSpan) -> int | list[int]:
    """Return the completed years between both: one number, or the fewest and the most."""
    fewest = completed_years(min(birth.last, then.first), then.first)
    most = completed_years(min(birth.first, then.last), then.last)
    return fewest if fewest == most else [fewest, most]
