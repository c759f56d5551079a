"""The people the benchmarks and the baseline are run on."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from screening.rules.answers import Answers
from screening.rules.content import Content
from screening.rules.facts import EVENTS
from screening.rules.reading import read_answers
from screening.rules.screening import screen
from tests.benchmarks.baseline import Texts

FILE = Path(__file__).with_name("people.json")


def payloads() -> dict[str, dict[str, Any]]:
    """Return the answers of each person, in the JSON a screening takes, by what the person is like."""
    return {one["about"]: one["answers"] for one in json.loads(FILE.read_text(encoding="utf-8"))}


def people(content: Content) -> list[Answers]:
    """Return everyone's answers, read anew: nothing worked out before is kept in them."""
    return [read_answers(content.catalogue, payload) for payload in payloads().values()]


def texts(content: Content, day: date) -> Texts:
    """Return the texts the baseline takes from outside, out of an answer about nobody."""
    labels = {fact.name: (fact.label, fact.obtained_by) for fact in content.catalogue.facts.values()}
    labels[EVENTS] = "Severe events", "ask"
    return Texts(screen(content, Answers(day, {})), labels)
