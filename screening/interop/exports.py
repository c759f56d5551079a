"""Logs and reports as CSV and JSON, in two forms: coded, for the own site, and Safe Harbor.

Safe Harbor leaves out what 45 CFR 164.514(b)(2) names: references, subject and enrolment numbers, every
part of a day but the year, ages over 89, and places below the country. Free text is in neither form, and
a number that somebody typed leaves only if it looks like one.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from screening.clinical.dates import MONTHS
from screening.presentation.logs import LogRow, PreLogRow
from screening.presentation.reports import Report

CODED, SAFE_HARBOR = "coded", "safe_harbor"
FORMS = {CODED: "Coded", SAFE_HARBOR: "Safe Harbor"}
FORMATS = {"csv": "CSV", "json": "JSON"}
TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
BOM = "\ufeff"
"""Before CSV alone: without it Excel reads UTF-8 as the letters of Windows. JSON must not have it."""

OLDEST = 89
"""The highest age that Safe Harbor lets out as it is."""
WITHHELD = "withheld: see the log"
"""In place of what was typed as a number or version and reads like words."""

Value = str | int | bool | None


@dataclass(frozen=True)
class Column:
    """One column of an export: its name, what it holds, and how each form fills it; None leaves it out."""

    name: str
    about: str
    coded: Callable[[Any], Value] | None
    safe_harbor: Callable[[Any], Value] | None

    def fill(self, form: str) -> Callable[[Any], Value] | None:
        return self.coded if form == CODED else self.safe_harbor


def day(value: date | None) -> str:
    return value.isoformat() if value is not None else ""


def year(value: date | None) -> str:
    return f"{value.year:04d}" if value is not None else ""


_AGES = re.compile(r"(\d{1,3})(?: to (\d{1,3}))?", re.ASCII)


def age_up_to_89(age: str) -> str:
    """Return an age, or `90+`; nothing where a range lies on both sides of 90."""
    read = _AGES.fullmatch(age)
    if read is None:
        return ""
    youngest, oldest = int(read[1]), int(read[2] or read[1])
    if youngest > OLDEST:
        return f"{OLDEST + 1}+"
    return age if oldest <= OLDEST else ""


_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/#()-]*", re.ASCII)
_PLAIN = {"version", "amendment", "of", *(month.lower() for month in MONTHS)}


def typed_code(text: str) -> str:
    """Return a number or a version that somebody typed; what reads like words is withheld."""
    if all(_is_code(token) for token in text.split(" ")) or not text:
        return text
    return WITHHELD


def _is_code(token: str) -> bool:
    if _TOKEN.fullmatch(token) is None:
        return False
    return any(sign.isdecimal() for sign in token) or len(token) < 3 or token.lower() in _PLAIN


def _same(read: Callable[[Any], Value]) -> tuple[Callable[[Any], Value], Callable[[Any], Value]]:
    return read, read


_LOG: tuple[Column, ...] = (
    Column("reference", "The person's reference", lambda row: row.reference, None),
    Column("site", "The centre, by its short name", lambda row: row.trial.site.slug, None),
    Column("country", "The centre's country, ISO 3166-1", *_same(lambda row: row.trial.site.country)),
    Column(
        "subject_no", "Subject number; empty before consent", lambda row: typed_code(row.subject_no), None
    ),
    Column(
        "rescreen_of",
        "Subject number of the person's earlier referral for this trial here",
        lambda row: typed_code(row.rescreen_of),
        None,
    ),
    Column("rescreened", "Whether there was an earlier one", *_same(lambda row: row.is_rescreen)),
    Column("protocol", "The trial", *_same(lambda row: row.protocol)),
    Column("protocol_version", "Version of the protocol text decided by", *_same(lambda row: row.version)),
    Column("protocol_sha256", "Hash of that text", *_same(lambda row: row.sha256)),
    Column(
        "received", "Referral received", lambda row: day(row.received_on), lambda row: year(row.received_on)
    ),
    Column(
        "consent_version", "Version of the consent form", lambda row: typed_code(row.consent_version), None
    ),
    Column(
        "consented",
        "Consent form signed",
        lambda row: day(row.consented_on),
        lambda row: year(row.consented_on),
    ),
    Column(
        "screened",
        "The trial's screening began",
        lambda row: day(row.screened_on),
        lambda row: year(row.screened_on),
    ),
    Column("age", "Age in years at the pre-screen", lambda row: row.age, lambda row: age_up_to_89(row.age)),
    Column("sex", "As answered at the pre-screen", *_same(lambda row: row.sex)),
    Column("source", "The clinic that referred, by its short name", lambda row: row.clinic.slug, None),
    Column("source_country", "That clinic's country", *_same(lambda row: row.clinic.country)),
    Column("outcome", "Where the referral stands", *_same(lambda row: row.state)),
    Column("reason", "Coded reason of its end", *_same(lambda row: row.reason)),
    Column(
        "criterion", "The criterion the reason is about, as numbered here", *_same(lambda row: row.criterion)
    ),
    Column("sponsor_criterion", "The sponsor's number of it", *_same(lambda row: row.sponsor_ref)),
    Column("ended", "Day of the end", lambda row: day(row.decided_on), lambda row: year(row.decided_on)),
    Column("enrolment_no", "Enrolment number", lambda row: typed_code(row.enrolment_no), None),
    Column("assessed_by", "Who decided at the centre", lambda row: row.assessed_by, None),
    Column("signed_by", "The investigator who signed", lambda row: row.signed_by, None),
    Column("signed", "Day of the signature", lambda row: day(row.signed_on), lambda row: year(row.signed_on)),
)
_PRE_LOG: tuple[Column, ...] = (
    Column("reference", "The person's reference", lambda row: row.reference, None),
    Column("site", "The clinic, by its short name", lambda row: row.site.slug, None),
    Column("country", "The clinic's country, ISO 3166-1", *_same(lambda row: row.site.country)),
    Column(
        "first_pre_screen",
        "Month of the first pre-screen",
        lambda row: f"{row.first_on:%Y-%m}",
        lambda row: year(row.first_on),
    ),
    Column("pre_screens", "How many pre-screens stand", *_same(lambda row: row.pre_screens)),
    Column("approached", "Referred to a trial, or said no", *_same(lambda row: row.approached)),
    Column("outcome", "Referred, or the last decision at the clinic", *_same(lambda row: row.outcome)),
    Column("recheck", "Day to look again", lambda row: day(row.recheck_on), lambda row: year(row.recheck_on)),
    Column(
        "referrals",
        "Trial, state and coded reason of each referral",
        *_same(
            lambda row: "; ".join(
                " ".join(filter(None, (one.protocol, one.state, one.reason))) for one in row.sent
            )
        ),
    ),
)
_REPORT: tuple[Column, ...] = (
    Column("site", "The site, by its short name", lambda row: row["site"].slug, None),
    Column("country", "The site's country, ISO 3166-1", *_same(lambda row: row["site"].country)),
    Column("protocol", "The trial", *_same(lambda row: row["protocol"])),
    Column("table", "Which table of the report", *_same(lambda row: row["table"])),
    Column("row", "Which row of it", *_same(lambda row: row["row"])),
    Column("column", "Which column", *_same(lambda row: row["column"])),
    Column(
        "value", "What stands there; small counts hidden in Safe Harbor", *_same(lambda row: row["value"])
    ),
)
COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "screening_log": _LOG,
    "pre_screening_log": _PRE_LOG,
    "report": _REPORT,
}
"""What is exported, with its columns in order."""
WHAT = {"screening_log": "Screening log", "pre_screening_log": "Pre-screening log", "report": "Report"}


def columns(what: str, form: str) -> list[Column]:
    """Return the columns that a form of an export has."""
    return [column for column in COLUMNS[what] if column.fill(form) is not None]


def cells(row: LogRow | PreLogRow | Mapping[str, Any], what: str, form: str) -> list[Value]:
    """Return the cells of one row."""
    return [fill(row) for column in COLUMNS[what] if (fill := column.fill(form)) is not None]


def report_rows(report: Report, scope: Any) -> list[dict[str, Any]]:
    """Return every cell of every table of a report as a row of its own."""
    return [
        {
            "site": scope.site,
            "protocol": scope.protocol,
            "table": table.id,
            "row": line.label,
            "column": column,
            "value": value.replace("\u00a0", " "),
        }
        for table in report.tables
        for line in table.lines
        for column, value in zip(table.columns[1:], line.cells, strict=True)
    ]


# --- Writing

_FORMULA = re.compile(r"\s*[=+\-@\t\r\n＝＋－＠]")


def safe_cell(value: Value) -> str:
    """Return a cell that no spreadsheet takes for a formula: what could be one gets an apostrophe first.

    Source: OWASP, CSV Injection.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value).replace("\x00", "")
    return f"'{text}" if _FORMULA.match(text) else text


def as_csv(rows: Iterable[Sequence[Value]], heads: Sequence[str]) -> Iterator[str]:
    """Yield the file a line at a time: UTF-8 with a byte order mark, CR LF, as RFC 4180 has it."""
    yield BOM + _line(heads)
    for row in rows:
        yield _line([safe_cell(value) for value in row])


def _line(row: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(row)
    return out.getvalue()


def as_json(rows: Iterable[Sequence[Value]], heads: Sequence[str], about: Mapping[str, Any]) -> Iterator[str]:
    """Yield one object, a row at a time: what is said `about` the file, and `rows` of named values."""
    head = json.dumps(dict(about), ensure_ascii=False)
    yield f'{head[:-1]}{", " if about else ""}"rows": ['
    for place, row in enumerate(rows):
        yield f"{',' if place else ''}\n{json.dumps(dict(zip(heads, row, strict=True)), ensure_ascii=False)}"
    yield "\n]}\n"
