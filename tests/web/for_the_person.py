"""The page for the person, drawn from made-up results that go through each of its branches."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from html.parser import HTMLParser
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from screening.models import Participant, Screening, Site
from screening.presentation.plain_facts import PLAIN_NAMES
from screening.presentation.plain_words import page_for_the_person
from tests.web.pages import one_line

AS_OF = date(2026, 10, 12)
LANGUAGES = ("en", "es")
SITE = Site(name="St Anne", phone="+1 312 555 0100")


def missing(fact: str, *, waiting: bool = False) -> dict[str, Any]:
    return {
        "fact": fact,
        "label": "",
        "criteria": [],
        "obtained_by": "lab",
        "waiting": {"due": None} if waiting else None,
    }


def study(candidacy: str, *, unknown: int = 0, **told: Any) -> dict[str, Any]:
    """Return a trial of a result as far as the page reads it."""
    return {
        "id": "study",
        "title": "Study",
        "kind": "trial",
        "candidacy": candidacy,
        "counts": {"pass": 3, "fail": 0, "unknown": unknown},
        "recruitment": {"status": "recruiting", "seen_on": AS_OF.isoformat()},
        "countries": [],
        "criteria": [],
        "missing": [],
        "cautions_against": [],
        "safety": [],
        "limitations": [],
        "not_before": None,
        "lapses_on": None,
    } | told


def guideline(outcome: str, events: Any = 2) -> dict[str, Any]:
    """Return the guideline of the indication, with what it found about lows and the events it counted."""
    counted = [
        {"name": "severe_hypoglycemic_events_12m", "value": events},
        {"name": "cgm_use", "value": True},
    ]
    return study("possible", id="guideline", kind="guideline") | {
        "criteria": [
            {"indication": False, "outcome": "fail", "facts": []},
            {"indication": True, "outcome": outcome, "facts": counted},
        ]
    }


def result(*trials: Mapping[str, Any], disagree: bool = False, indicated: bool = False) -> dict[str, Any]:
    return {
        "as_of": AS_OF.isoformat(),
        "trials": list(trials),
        "indication": {"protocol": "guideline"} if indicated else None,
        "conflicts": [{"text": "", "facts": []}] if disagree else [],
    }


TYPE_2 = {
    "id": "I1",
    "decides": True,
    "indication": False,
    "outcome": "fail",
    "condition": "false",
    "kind": "inclusion",
    "rule": "diabetes_type = 'type_1'",
    "facts": [{"name": "diabetes_type"}],
}
LONGEST = sorted(PLAIN_NAMES, key=lambda fact: -len(str(PLAIN_NAMES[fact])))
"""Facts, those with the longest name first."""


def fullest() -> dict[str, Any]:
    """Return a result of which the page has the most to say."""
    facts = list({str(PLAIN_NAMES[fact]): fact for fact in LONGEST}.values())
    return result(
        study("likely", lapses_on="2026-12-31", cautions_against=[{"text": "", "why": ""}]),
        *(
            study("possible", id=f"open-{place}", unknown=2, missing=[missing(fact, waiting=place == 3)])
            for place, fact in enumerate(facts)
        ),
        *(study("possible", id=f"little-{place}") for place in range(12)),
        *(study("not_yet", id=f"later-{place}", not_before="2027-12-28") for place in range(12)),
        *(study("unlikely", id=f"never-{place}") for place in range(12)),
        guideline("pass"),
        disagree=True,
        indicated=True,
    )


def branches() -> dict[str, dict[str, Any]]:
    """Return a result for each thing that the page may say."""
    unknown = {"unknown": 1, "missing": [missing("blood_group"), missing("hba1c", waiting=True)]}
    return {
        "no study": result(),
        "wrong type": result(study("unlikely", criteria=[TYPE_2])),
        "one fits": result(study("likely"), study("unlikely")),
        "several fit": result(study("likely"), study("likely"), study("unlikely"), study("unlikely")),
        "one open": result(study("possible", **unknown)),
        "several open": result(study("possible", **unknown), study("possible", **unknown)),
        "little public": result(study("possible")),
        "little public of several": result(study("possible"), study("possible")),
        "one later": result(study("not_yet", not_before="2027-03-01")),
        "several later": result(*[study("not_yet", not_before="2027-03-01")] * 2),
        "one that does not match": result(study("unlikely")),
        "several that do not match": result(study("unlikely"), study("unlikely")),
        "against": result(study("likely", cautions_against=[{"text": "", "why": ""}])),
        "lows": result(guideline("pass"), study("likely"), indicated=True),
        "swings": result(guideline("pass", 0), study("likely"), indicated=True),
        "other lows": result(guideline("fail"), study("unlikely"), indicated=True),
        "lows not known": result(guideline("unknown"), study("possible", unknown=1), indicated=True),
        "ends": result(study("likely", lapses_on="2026-12-31")),
        "answers disagree": result(study("possible", unknown=1), disagree=True),
        "own fact of a site": result(study("possible", unknown=1, missing=[missing("our_own_fact")])),
        "all facts": result(*[study("possible", unknown=1, missing=[missing(fact)]) for fact in PLAIN_NAMES]),
        "fullest": fullest(),
    }


def drawn(told: Mapping[str, Any], language: str, *, today: date = AS_OF, site: Site = SITE) -> str:
    """Return the page of a result in `language`."""
    with translation.override(language):
        return render_to_string(
            "screening/for_the_person.html",
            {
                "screening": Screening(pk=1, participant=Participant(reference="STA-7K2M-S", site=site)),
                "site": site,
                "page": page_for_the_person(told, today=today),
                "language": language,
                "languages": [("en", "English"), ("es", "Español")],
            },
        )


class _Lines(HTMLParser):
    """Texts of elements inside `main`, by tag."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, str]] = []
        self._inside = False
        self._tag = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside |= tag == "main"
        if self._inside and tag in ("p", "li", "h1", "h2"):
            self._tag = tag
            self.lines.append((tag, ""))

    def handle_endtag(self, tag: str) -> None:
        self._inside &= tag != "main"
        if tag == self._tag:
            self._tag = ""

    def handle_data(self, data: str) -> None:
        if self._tag:
            self.lines[-1] = (self._tag, self.lines[-1][1] + data)


def lines_of(page: str, *tags: str) -> list[str]:
    """Return the lines of a page that stand in `tags`, in their order; by default all."""
    parser = _Lines()
    parser.feed(page)
    return [one_line(text) for tag, text in parser.lines if not tags or tag in tags]


def running_text(page: str) -> list[str]:
    """Return the lines that a reader reads as sentences: no headings, names, or items of a list."""
    return [line for line in lines_of(page, "p", "li") if line.endswith((".", "?"))]
