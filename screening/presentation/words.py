"""The words on screen for what the records name in code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from screening.clinical.dates import MONTHS, DateSpan, read_date, say_span
from screening.rules import protocol

OUTCOMES = {
    "inclusion": {"pass": "Met", "fail": "Not met", "unknown": "Not known"},
    "exclusion": {"pass": "Absent", "fail": "Present", "unknown": "Not known"},
}
KINDS = {"inclusion": "Inclusion", "exclusion": "Exclusion"}
DOCUMENTS = {"label": "Label", "guideline": "Guidance"}
OBTAINED = {
    "ask": "ask",
    "record": "in the record",
    "device": "on the device",
    "lab": "laboratory",
    "procedure": "procedure",
}
CANDIDACIES = ("likely", "possible", "not_yet", "unlikely")
CANDIDACY_LABELS = {
    "likely": "Likely candidate",
    "possible": "Possible",
    "not_yet": "Not yet",
    "unlikely": "Unlikely on this trial's rules",
}
CANDIDACY_TAILS = {
    "likely": " candidate on the published key criteria",
    "possible": "",
    "not_yet": "",
    "unlikely": " on this trial's rules",
}
GRADES = {
    "A": "Seen in a registry record, a page of the sponsor, a site or a consortium, a label, or an abstract.",
    "B": "Seen in a secondary summary only, such as news: it decides, and is to be confirmed.",
    "M": "Not seen in any source: it never decides, and is to be confirmed with the site.",
}
SHORT_GRADES = {
    "A": "seen at the source",
    "B": "secondary source: confirm",
    "M": "not seen in a source: does not decide",
}
COMPLETENESS = {
    "full": "The whole list of criteria was seen.",
    "truncated": "The public list of criteria was cut off: there are more than these.",
    "key criteria only": "Only key criteria are public: the trial has more than these.",
    "not public": "The criteria are not public.",
}
NOT_KNOWN_BECAUSE = {
    "stale": "out of date",
    "undated": "has no date",
    "conflict": "two answers disagree",
    "unclear": "the wording is unclear",
}
KIND_NAMES = {"trial": "Trial", "label": "Approved product", "guideline": "Guideline"}

COUNTED_UNITS = ("events", "years", "months", "days")

CLOSED_STATUSES = protocol.CLOSED_STATUSES
OPEN_STATUSES = frozenset({"recruiting", "marketed"})


def day(value: date | str | None) -> str:
    """Return a day as `4 Mar 2026`, a month as `Mar 2026`, a year as it stands; nothing for None."""
    if value is None:
        return ""
    if isinstance(value, date):
        return f"{value.day} {MONTHS[value.month - 1]} {value.year}"
    parts = value.split("-")
    if len(parts) == 3:
        return f"{int(parts[2])} {MONTHS[int(parts[1]) - 1]} {parts[0]}"
    if len(parts) == 2:
        return f"{MONTHS[int(parts[1]) - 1]} {parts[0]}"
    return value


def when(on: str | Mapping[str, str] | None) -> str:
    """Return a day, or a range in its precision, as `Feb 2026`, `2003`; nothing for None."""
    if isinstance(on, Mapping):
        return say_span(DateSpan(read_date(on["from"]).first, read_date(on["to"]).last))
    return day(on)


def number(value: float | int | str) -> str:
    """Return a number without an empty fraction and with a true minus sign."""
    if isinstance(value, float):
        value = f"{value:.4g}" if abs(value) < 10_000 else f"{value:.0f}"
    return str(value).replace("-", "−", 1) if str(value).startswith("-") else str(value)


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return `1 trial`, `2 trials`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def counts_line(counts: Mapping[str, int]) -> str:
    """Return `7 for, 1 against, 2 not known`, without what there is none of."""
    said = (("pass", "for"), ("fail", "against"), ("unknown", "not known"))
    return ", ".join(f"{counts[outcome]} {word}" for outcome, word in said if counts[outcome] > 0)


def listed(words: Sequence[str]) -> str:
    """Return `a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def first_upper(text: str) -> str:
    """Return `text` with a capital first letter and the rest untouched; `eGFR` stays."""
    return text if text[1:2].isupper() else text[:1].upper() + text[1:]


def amount(shown: str, unit: str) -> str:
    """Return a number with its unit, which may be a word: `1 event`, `2 events`, `48 mmol/mol`."""
    return f"{shown} {unit.removesuffix('s') if shown == '1' and unit in COUNTED_UNITS else unit}".strip()


def sentence(text: str) -> str:
    """Return `text` with one full stop at its end."""
    return text if text.endswith((".", "?", "!")) else f"{text}."


def phase(text: str) -> str:
    """Return `Phase 1/2` for `1/2`, `Early phase 1` for `early 1`; nothing where no phase was seen."""
    if text[:1].isdecimal():
        return f"Phase {text}"
    return f"Early phase {text.removeprefix('early ')}" if text.startswith("early ") else ""


def candidacy_line(trial: Mapping[str, Any]) -> str:
    """Return the qualified words for a trial's candidacy, and how many criteria are open."""
    counts = trial["counts"]
    deciding = sum(counts.values())
    candidacy = trial["candidacy"]
    if trial.get("kind") == "guideline":
        return _guidance_line(counts)
    if candidacy == "likely":
        return "Likely candidate on the published key criteria"
    if candidacy == "possible":
        if counts["unknown"] > 0:
            return f"Possible: {counts['unknown']} of {deciding} not known"
        met = "the one criterion is" if deciding == 1 else f"all {deciding}"
        return f"Possible: {met} known and met, too little is public to say more"
    if candidacy == "not_yet":
        return f"Not yet: not before {day(trial['not_before'])}"
    return CANDIDACY_LABELS["unlikely"]


def _guidance_line(counts: Mapping[str, int]) -> str:
    """Return how a person stands to guidance: it takes nobody, and concludes nothing."""
    deciding = sum(counts.values())
    for outcome, said in (("fail", "not met"), ("unknown", "not known")):
        if counts[outcome] > 0:
            return f"{counts[outcome]} of {deciding} {said}"
    return "Met"
