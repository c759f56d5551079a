"""One export on its way out: which rows, counted before the first leaves, then read a few at a time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Any

from screening.interop import exports
from screening.models.logs import for_log, pre_screened, received
from screening.models.scopes import ALWAYS, Period, Scope
from screening.presentation.logs import log_rows, pre_log_rows
from screening.presentation.reports import report

CHUNK = 200
"""Rows that are in memory at one time; of the others only their keys."""


@dataclass(frozen=True)
class Export:
    """A file to be: what, in which form and format, of which trial, site and period.

    A report in Safe Harbor form is of all time: two periods compared would give small counts away.
    """

    what: str
    form: str
    format: str
    scope: Scope
    at: datetime
    period: Period = ALWAYS

    @property
    def name(self) -> str:
        """The name of the file; it holds the day it was made, and nothing of anybody."""
        return f"{self.what}-{self.form}-{self.at:%Y-%m-%d}.{self.format}".replace("_", "-")

    @property
    def content_type(self) -> str:
        return exports.TYPES[self.format]

    @cached_property
    def rows(self) -> int:
        """How many rows it has."""
        return len(self._report if self.what == "report" else self._keys)

    def lines(self) -> Iterator[str]:
        """Yield the file in pieces."""
        heads = [column.name for column in exports.columns(self.what, self.form)]
        filled = (exports.cells(row, self.what, self.form) for row in self._rows())
        if self.format == "csv":
            return exports.as_csv(filled, heads)
        about = {
            "what": self.what,
            "form": self.form,
            "made_on": f"{self.at:%Y-%m-%d}",
            "number_of_rows": self.rows,
        }
        return exports.as_json(filled, heads, about)

    @cached_property
    def _report(self) -> list[dict[str, Any]]:
        outside = self.form == exports.SAFE_HARBOR
        made = report(
            self.scope,
            criteria={},
            now=self.at,
            period=ALWAYS if outside else self.period,
            outside=outside,
        )
        return exports.report_rows(made, self.scope)

    @cached_property
    def _keys(self) -> list[int]:
        """The keys of the rows: in the order of the log, but in none where that could tell one from it."""
        site = self.scope.site
        rows = (
            received(site, self.scope.protocol, self.period)
            if self.what == "screening_log"
            else pre_screened(site, self.period)
        )
        keys = list(rows.values_list("pk", flat=True))
        if self.form == exports.SAFE_HARBOR:
            random.SystemRandom().shuffle(keys)
        return keys

    def _rows(self) -> Iterator[Any]:
        if self.what == "report":
            yield from self._report
            return
        keys, site = iter(self._keys), self.scope.site
        while chunk := list(islice(keys, CHUNK)):
            place = {key: number for number, key in enumerate(chunk)}
            if self.what == "screening_log":
                trials = for_log(received(site, self.scope.protocol).filter(pk__in=chunk))
                yield from log_rows(sorted(trials, key=lambda one: place[one.pk]), site)
            else:
                people = pre_screened(site).filter(pk__in=chunk)
                yield from pre_log_rows(sorted(people, key=lambda one: place[one.pk]), site)
