"""Who a pre-screen is about, in one phrase: age, sex, type and duration, as answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from screening.clinical.dates import DateSpan, birth_span, completed_years, read_date
from screening.presentation import words

SEXES = {"female": "female", "male": "male"}
SHORT_SEXES = {"female": "F", "male": "M"}
TYPES = {
    "type_1": "type 1 diabetes",
    "type_2": "type 2 diabetes",
    "secondary": "secondary diabetes",
    "monogenic": "monogenic diabetes",
    "other": "another type of diabetes",
}
FEW_PROTOCOLS = (
    "Diabetes was diagnosed 2 to 5 years ago: most loaded protocols ask for a shorter or a longer time. "
    "Where none fits, that says more about the trials than about the person."
)


@dataclass(frozen=True)
class Person:
    """What the head of a page says about a person."""

    age: str
    sex: str
    short_sex: str
    diabetes: str
    duration: str
    notices: tuple[str, ...]

    @property
    def phrase(self) -> str:
        """`43 years, female, type 1 diabetes for 22 years`; what is not known is said."""
        age = f"{self.age} years" if self.age else "age not known"
        diabetes = self.diabetes or "type of diabetes not known"
        if self.duration:
            diabetes += f" for {self.duration}"
        return ", ".join(part for part in (age, self.sex or "sex not known", diabetes) if part)

    @property
    def short(self) -> str:
        """`43 · F`, for rows."""
        return f"{self.age or 'age ?'} · {self.short_sex or 'sex ?'}"


def person(answers: Mapping[str, Any]) -> Person:
    """Return the person of stored `answers`, in the shape that `manage.py screen` reads."""
    as_of = date.fromisoformat(answers["as_of"])
    facts = answers.get("facts", {})
    sex = _value(facts.get("sex"))
    birth = _span(facts.get("birth_date"))
    diagnosis = _span(facts.get("diagnosis_date"))
    return Person(
        age=_years(birth, as_of),
        sex=SEXES.get(sex, ""),
        short_sex=SHORT_SEXES.get(sex, ""),
        diabetes=TYPES.get(_value(facts.get("diabetes_type")), ""),
        duration=_duration(diagnosis, as_of),
        notices=_notices(diagnosis, as_of),
    )


def _value(answer: Any) -> str:
    value = answer.get("value") if isinstance(answer, Mapping) else answer
    return value if isinstance(value, str) else ""


def _span(answer: Any) -> DateSpan | None:
    """Return the days that an answer to a date question may mean; None if it is not known."""
    if isinstance(answer, Mapping) and "value" in answer:
        answer = answer["value"]
    if isinstance(answer, Mapping) and "age" in answer:
        ages, on = answer["age"], date.fromisoformat(answer["on"])
        youngest, oldest = ages if isinstance(ages, list) else (int(ages), int(ages))
        return DateSpan(birth_span(oldest, on).first, birth_span(youngest, on).last)
    if isinstance(answer, Mapping) and "from" in answer and "to" in answer:
        return DateSpan(read_date(str(answer["from"])).first, read_date(str(answer["to"])).last)
    if isinstance(answer, str | int):
        return read_date(str(answer))
    return None


def _ages(span: DateSpan, as_of: date) -> tuple[int, int]:
    return completed_years(min(span.last, as_of), as_of), completed_years(span.first, as_of)


def _years(span: DateSpan | None, as_of: date) -> str:
    if span is None:
        return ""
    low, high = _ages(span, as_of)
    return str(low) if low == high else f"{low} to {high}"


def _duration(span: DateSpan | None, as_of: date) -> str:
    if span is None:
        return ""
    low, high = _ages(span, as_of)
    if high < 1:
        return "less than a year"
    return words.counted(low, "year") if low == high else f"{low} to {high} years"


def _notices(diagnosis: DateSpan | None, as_of: date) -> tuple[str, ...]:
    if diagnosis is None:
        return ()
    low, high = _ages(diagnosis, as_of)
    return (FEW_PROTOCOLS,) if low >= 2 and high < 5 else ()
