"""The days on which time alone changes a trial's standing, drawn as one bar a trial over 24 months."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from screening.clinical.dates import reaches
from screening.presentation import words
from screening.presentation.charts import Text
from screening.presentation.errands import short_title
from screening.presentation.ranking import Trial, standing
from screening.rules.candidacy import HORIZON_MONTHS

WIDTH, ROW, BAR, TOP = 720, 40, 12, 22
LABEL_Y, BAR_Y = 12, 18
TICK_MONTHS = 6
SHOWN = 12
WORDS = {
    "likely": gettext_noop("likely"),
    "possible": gettext_noop("possible"),
    "fails": gettext_noop("a criterion fails"),
}


@dataclass(frozen=True)
class Span:
    """Part of a bar: a standing from one day to another."""

    kind: str
    x: float
    width: float


@dataclass(frozen=True)
class Row:
    """One trial's bar, and what it says in words."""

    anchor: str
    title: str
    y: float
    spans: Sequence[Span]
    said: str

    @property
    def label_y(self) -> float:
        return self.y + LABEL_Y

    @property
    def bar_y(self) -> float:
        return self.y + BAR_Y


@dataclass(frozen=True)
class TurnChart:
    """The bars, the months below them, and the same as words."""

    rows: Sequence[Row]
    ticks: Sequence[Text]
    description: str
    width: int = WIDTH
    bar: int = BAR

    @property
    def height(self) -> int:
        return TOP + ROW * len(self.rows)


def turn_chart(trials: Sequence[Trial], as_of: date) -> TurnChart | None:
    """Return the chart of the `trials` whose standing time changes; None where there is none."""
    turning = [trial for trial in sorted(trials, key=standing) if trial["turns"]][:SHOWN]
    if not turning:
        return None
    last = reaches(as_of, HORIZON_MONTHS, "months")
    days = (last - as_of).days

    def x(day: date) -> float:
        return round(WIDTH * (day - as_of).days / days, 1)

    rows = [_row(trial, TOP + ROW * place, as_of, last, x) for place, trial in enumerate(turning)]
    marked = [reaches(as_of, count, "months") for count in range(0, HORIZON_MONTHS, TICK_MONTHS)]
    ticks = [Text(x(day), 12, words.day(day)) for day in marked]
    return TurnChart(rows, ticks, " ".join(f"{row.title}: {row.said}." for row in rows))


def _row(trial: Trial, y: float, as_of: date, last: date, x: Callable[[date], float]) -> Row:
    now = trial["candidacy"] if trial["candidacy"] in ("likely", "possible") else "fails"
    kinds = [now, *(turn["to"] for turn in trial["turns"])]
    starts = [as_of, *(date.fromisoformat(turn["on"]) for turn in trial["turns"])]
    ends = [*starts[1:], last]
    spans = [
        Span(kind, x(start), round(max(x(end) - x(start), 1), 1))
        for kind, start, end in zip(kinds, starts, ends, strict=True)
    ]
    later = [
        _("%(standing)s from %(day)s") % {"standing": _(WORDS[turn["to"]]), "day": words.day(turn["on"])}
        for turn in trial["turns"]
    ]
    said = _("%(standing)s now, %(later)s") % {"standing": _(WORDS[now]), "later": ", ".join(later)}
    return Row(f"trial-{trial['id']}", short_title(trial), y, spans, said)
