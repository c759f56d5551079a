"""T05: a malformed number or date gives neither a 5xx nor a wrong value.

Seen to fail with `float(text)` in place of the reader's own grammar of numbers (`1_0` was stored as 10, `٧`
as 7), with IntegerField for the hidden version of a move (`1_0` was taken), and with the range of years left
out of the reader of dates (the year 9999 was stored).
"""

from __future__ import annotations

from itertools import cycle, islice
from typing import Any

import pytest
from django.db import models
from django.utils import timezone

from screening.content import installed_content
from screening.interop.typed import read_typed
from screening.models import Draft, Screening
from tests.figures import Figure
from tests.trust import walk
from tests.trust.filling import DAYS, NUMBERS, filled
from tests.trust.sharing import Shares, turns
from tests.trust.tables import counting_writes, rows_of_all, tables
from tests.trust.world import World, undone
from tests.web.forms import address

NOT_NUMBERS = (
    "1_0",
    "1E+2",
    "1e2",
    "7.8e0",
    "٧",
    "٧.٨",
    "７",
    "७",
    "NaN",
    "nan",
    "inf",
    "-inf",
    "Infinity",
    "9" * 30,
    "0." + "1" * 30,
    "-0",
    "-0.0",
    "-5",
    "+5",
    "0x1F",
    "0b11",
    "1.2.3",
    "1,2,3",
    "7..8",
    "--5",
    "5-",
    "²",
    "½",
    "Ⅷ",
    "1/2",
    "7.8.",
    "7 8",
    "7\u00a08",
    "7\u20098",
    "7;8",
    "True",
    "None",
    "null",
    "=7",
    "7%7",
    "seven",
    "1" + "0" * 400,
    "1e-400",
)
"""None of these is a number as this product reads one: ASCII digits and at most one point or comma."""
NOT_DAYS = (
    "2026-02-31",
    "31 Feb 2026",
    "29 Feb 2025",
    "2026-13-01",
    "2026-00-10",
    "2026-01-00",
    "0000-01-01",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "2026-1-1-1",
    "99/99/2026",
    "03/04/2026",
    "1.1.26",
    "٢٠٢٠-٠١-٠١",
    "２０２０-０１-０１",
    "²⁰²⁰",
    "2020‑01‑01",
    "-2020-01-01",
    "+2020-01-01",
    "2020-01-01T00:00:00Z",
    "20200101",
    "1583020800",
    "2020-W01-1",
    "NaN",
    "inf",
    "9" * 30,
    "1_0 May 2020",
    "May",
    "31 June 2020",
    "-0-0-0",
    "tomorrow",
    "2020-01-01; DROP TABLE",
    "0x7E4-01-01",
)
"""None of these is one day, in any form this product reads."""
TURNS = 12
"""How often every question is typed into: each time with other texts, a twelfth of the list further on."""


@pytest.mark.parametrize("turn", turns(TURNS, few=2))
def test_malformed_number_is_no_answer_about_a_person(turn: int, world: World, figure: Figure) -> None:
    catalogue = installed_content().catalogue
    facts = [fact for fact in catalogue.facts.values() if fact.asked and fact.numeric]
    texts = islice(cycle(NOT_NUMBERS), turn * len(NOT_NUMBERS) // TURNS, None)
    taken, answers = _typed_into(world, {fact.name: next(texts) for fact in facts})
    wrong = sorted(fact.name for fact in facts if fact.name in taken)
    figure("T05", "malformed numbers", typed=len(facts), failures=answers, taken=len(wrong))
    assert not answers
    assert not wrong, {name: taken[name] for name in wrong[:5]}


@pytest.mark.parametrize("turn", turns(TURNS, few=2))
def test_malformed_day_is_no_answer_about_a_person(turn: int, world: World, figure: Figure) -> None:
    catalogue = installed_content().catalogue
    asked = [fact for fact in catalogue.facts.values() if fact.asked]
    dates = [fact for fact in asked if fact.kind == "date"]
    aged = [fact for fact in asked if fact.ages and fact.numeric]
    texts = islice(cycle(NOT_DAYS), turn * len(NOT_DAYS) // TURNS, None)
    typed = {fact.name: next(texts) for fact in dates} | {f"{fact.name}-on": next(texts) for fact in aged}
    typed |= {fact.name: str(_usual(fact)) for fact in aged}
    typed["event-0-on"] = next(texts)
    taken, failures = _typed_into(world, typed)
    wrong = [fact.name for fact in dates if fact.name in taken]
    wrong += [
        fact.name for fact in aged if isinstance(taken.get(fact.name), dict) and "on" in taken[fact.name]
    ]
    figure("T05", "malformed days", typed=len(typed) - len(aged), failures=failures, taken=len(wrong))
    assert not failures
    assert not wrong, {name: taken[name] for name in wrong[:5]}


def _usual(fact: Any) -> Any:
    """Return a value that the fact takes in its first unit."""
    example = fact.example
    if isinstance(example, dict):
        return next(iter(example.values()))
    if example is not None:
        return example
    return 1 if fact.kind in ("count", "score") else next(iter(fact.plausible.values()))[0]


def _typed_into(world: World, typed: dict[str, str]) -> tuple[dict[str, Any], int]:
    """Return what is taken of `typed` as answers, by way of the page, and how many answers failed.

    What is wrong keeps the pre-screen from being recorded.
    """
    draft = Draft.objects.get(pk=world.places["draft"]["own"]["draft_id"])
    failures = 0
    with undone():
        client = world.client("clinician")
        before = Screening.objects.count()
        answers = [
            client.post(address(draft, "all"), {**typed, "go": "next"}),
            client.get(address(draft, "review")),
        ]
        kept = Draft.objects.get(pk=draft.pk)
        reading = read_typed(installed_content().catalogue, kept.typed, kept.as_of)
        version = {"version": kept.updated_at.isoformat()}
        answers.append(client.post(address(draft, "record"), version))
        failures += sum(answer.status_code >= 500 for answer in answers)
        recorded = Screening.objects.count() - before
        assert not (reading.problems and recorded), "recorded in spite of what is wrong with it"
    return reading.payload["facts"], failures


@pytest.mark.parametrize("kind", ["days", "numbers"])
def test_malformed_value_in_any_form_stores_nothing(kind: str, world: World, figure: Figure) -> None:
    names, texts = (DAYS, NOT_DAYS) if kind == "days" else (NUMBERS, NOT_NUMBERS)
    before = _values(kind)
    wrong, typed, failures = [], 0, 0
    shares = Shares(12)
    for form in walk.every_form(world):
        fields = [one for one in form.fields if one.name in names or _is_version(one, kind)]
        if not fields or len(form.fields) > 100:
            continue
        sound = filled(form, timezone.localdate())
        for one in fields:
            for text in shares.of(texts):
                data = {**sound, one.name: text}
                with undone(), counting_writes() as written:
                    response = getattr(world.client(form.actor), form.method)(form.action, data)
                    after = _values(kind) if written else before
                typed += 1
                failures += response.status_code >= 500
                # A letter is kept as a draft with what is right in it.
                refused = response.status_code in (400, 404, 409, 422)
                if after - before or not refused:
                    said = f"{form.name}.{one.name} = {text!r}: {response.status_code}"
                    wrong.append(f"{said}, {sorted(after - before)[:2]}")
    figure("T05", f"malformed {kind} in other forms", typed=typed, failures=failures, taken=len(wrong))
    assert typed
    assert not wrong, "\n".join(wrong[:30])


def _is_version(one: walk.Field, kind: str) -> bool:
    return kind == "numbers" and one.name.startswith("version") and one.value.isdecimal()


def _values(kind: str) -> set[tuple[str, str, str]]:
    """Return every day, or every number, that stands in a table, with its column."""
    wanted = models.DateField if kind == "days" else models.IntegerField
    found = set()
    rows = rows_of_all()
    for model in tables():
        columns = ["pk", *(field.attname for field in model._meta.concrete_fields)]
        for field in model._meta.concrete_fields:
            is_wanted = isinstance(field, wanted) and not isinstance(
                field, models.DateTimeField | models.AutoField
            )
            if is_wanted and (model.__name__, field.name) != ("Draft", "as_of"):
                place = columns.index(field.attname)
                found |= {(model.__name__, field.name, row[place]) for row in rows[model.__name__].values()}
    return found
