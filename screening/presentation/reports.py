"""The report on one trial at one site: every figure in a table, the most telling also as a chart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from screening.flow import OPEN, STATES
from screening.models import figures
from screening.models.referrals import ClinicDecision
from screening.models.scopes import ALWAYS, Period, Scope
from screening.presentation.charts import bars
from screening.presentation.report_agreement import agreement_section
from screening.presentation.report_flow import flow_section, reasons_from_outside, reasons_section, tree_of
from screening.presentation.report_parts import EMPTY, Line, Section, Table, pareto, said, share
from screening.presentation.small_cells import SMALL, Cell, hide_small

QUARTILES_FROM = 5
"""Of fewer stays, only the median is given."""
DECISIONS = dict(ClinicDecision.Kind.choices)


@dataclass(frozen=True)
class Report:
    """Every section that its reader may see."""

    sections: tuple[Section, ...]
    hides_small: bool

    @property
    def tables(self) -> list[Table]:
        return [table for section in self.sections for table, _ in section.tables]


def report(
    scope: Scope,
    *,
    criteria: Mapping[str, str],
    now: datetime,
    period: Period = ALWAYS,
    outside: bool = False,
) -> Report:
    """Return the report on the trial and site of `scope`.

    Args:
        criteria: the criteria of the trial, by id, as a line says them.
        outside: hide small cells, and whatever would give them away; then `period` is left out, since
            two periods compared would.
    """
    if outside or (scope.outside and not scope.clinic):
        return Report(tuple(_outside(scope)), hides_small=True)
    sections: list[Section] = []
    sees_centre = scope.centre
    sections.append(_sear(scope, period, sees_centre))
    if sees_centre:
        tree = tree_of(figures.standings(scope.site, scope.protocol, period))
        shown = {cell.key: str(cell.count) for cell in tree.walk()}
        people = figures.people_received(scope.site, scope.protocol, period)
        sections.append(flow_section(tree, shown, people))
        sections.append(reasons_section(tree, shown))
    elif scope.outside:
        sections += _outside(scope)[1:]
    if scope.clinic:
        sections.append(_clinic_decisions(scope, period))
    if sees_centre:
        sections.append(_time(scope, period, now))
    sections.append(agreement_section(scope, period, criteria, sees_centre))
    return Report(tuple(sections), hides_small=not sees_centre and scope.outside)


# --- Screened, eligible, approached, randomised

SEAR_STEPS = (
    ("Screened", "People with a pre-screen"),
    (
        "Likely or possible",
        "Of those screened: likely or possible for this trial on a pre-screen that stands",
    ),
    ("Approached", "Of those screened: referred for this trial, or said no"),
    ("Enrolled", "Of those screened: enrolled in this trial"),
)
SEAR_ABOUT = (
    "The way from the first check into the trial, counted in people, after the SEAR framework. The second "
    "step counts those for whom the published criteria leave the trial open; the centre decides."
)


def _sear(scope: Scope, period: Period, sees_centre: bool) -> Section:
    own = figures.sear_of_clinic(scope.site, scope.protocol, period)
    columns: list[figures.Sear] = [own]
    heads = ["Own clinic"]
    if sees_centre:
        others = figures.sear_of_others(scope.site, scope.protocol, period)
        columns += [others, _sum(own, others)]
        heads += ["Other clinics", "Together"]
    last = columns[-1]
    counts = [_steps(column) for column in columns]
    lines = tuple(
        Line(
            label,
            (
                *(str(column[place]) for column in counts),
                share(counts[-1][place], last.screened) if place else "",
            ),
            detail=definition,
        )
        for place, (label, definition) in enumerate(SEAR_STEPS)
    )
    table = Table(
        "sear",
        "From the pre-screen into the trial",
        ("Step", *heads, "Of those screened"),
        lines,
    )
    if not last.screened:
        return Section(
            "sear",
            "Screened to enrolled",
            SEAR_ABOUT,
            empty=EMPTY["sear"],
        )
    chart = bars(
        "sear",
        "People at each step",
        "Bars from nought: "
        + said([(label, counts[-1][place]) for place, (label, _) in enumerate(SEAR_STEPS)]),
        [(label, counts[-1][place]) for place, (label, _) in enumerate(SEAR_STEPS)],
    )
    return Section("sear", "Screened to enrolled", SEAR_ABOUT, ((table, chart),))


def _steps(sear: figures.Sear) -> tuple[int, int, int, int]:
    return sear.screened, sear.promising, sear.approached, sear.enrolled


def _sum(one: figures.Sear, other: figures.Sear) -> figures.Sear:
    return figures.Sear(*(a + b for a, b in zip(_steps(one), _steps(other), strict=True)))


# --- At the clinic


def _clinic_decisions(scope: Scope, period: Period) -> Section:
    counts = figures.clinic_decisions(scope.site, period)
    title = "Decisions at the clinic"
    about = (
        "People of the own clinic who were referred to no trial at all, by the last decision the clinician "
        "recorded after a pre-screen."
    )
    if not counts:
        return Section(
            "clinic",
            title,
            about,
            empty=EMPTY["clinic"],
        )
    pair = pareto({str(DECISIONS[kind]): count for kind, count in counts.items()}, "clinic", title, "People")
    return Section("clinic", title, about, (pair,))


# --- Time

TIME_ABOUT = (
    "Days that referrals stood in each state before they left it: the median, the lower and upper quartile, "
    "and the longest that is open now."
)


def _time(scope: Scope, period: Period, now: datetime) -> Section:
    ended = figures.stays(scope.site, scope.protocol, period)
    waiting = figures.open_since(scope.site, scope.protocol, period)
    lines = []
    for state in OPEN:
        stay, (count, since) = ended.get(state), waiting.get(state, (0, None))
        if stay is None and not count:
            continue
        lines.append(
            Line(
                STATES[state],
                (
                    str(stay.count if stay is not None else 0),
                    _days(stay.quartile(2)) if stay is not None else "",
                    f"{_days(stay.quartile(1))} to {_days(stay.quartile(3))}"
                    if stay is not None and stay.count >= QUARTILES_FROM
                    else "",
                    str(count),
                    _days(max(now - since, timedelta(0)) / timedelta(days=1)) if since is not None else "",
                ),
            )
        )
    if not lines:
        return Section(
            "time",
            "Time in each state",
            TIME_ABOUT,
            empty=EMPTY["time"],
        )
    table = Table(
        "time",
        "Days in each state",
        ("State", "Stays ended", "Median", "Quartiles", "Open now", "Longest open"),
        tuple(lines),
        (f"Days, to a tenth. Quartiles from {QUARTILES_FROM} stays on.",),
    )
    return Section("time", "Time in each state", TIME_ABOUT, ((table, None),))


def _days(days: float) -> str:
    return f"{days:.1f}"


# --- From outside

OUTSIDE_NOTE = (
    f"Counts from 1 to {SMALL} are shown as 1-{SMALL}, and others are hidden where a small one could be "
    "worked out from them."
)


def _outside(scope: Scope) -> list[Section]:
    own = figures.sear_of_clinic(scope.site, scope.protocol)
    rest = own.screened - own.promising
    screened = hide_small(
        Cell("screened", own.screened, [Cell("promising", own.promising), Cell("rest", rest)])
    )
    lines: tuple[Line, ...] = (
        Line("Screened", (screened["screened"],), "People of the own clinic with a pre-screen"),
        Line("Likely or possible", (screened["promising"],), "Of those, for this trial"),
    )
    if not (scope.centre or scope.outside):
        return [_outside_sear(lines)]
    tree = tree_of(figures.standings(scope.site, scope.protocol))
    shown = hide_small(tree)
    lines += (
        Line("Approached", (shown["received"],), "Referrals to the centre, from all clinics"),
        Line("Enrolled", (shown["enrolled"],), "Of those referrals"),
    )
    return [_outside_sear(lines), flow_section(tree, shown, None), reasons_from_outside(tree, shown)]


def _outside_sear(lines: tuple[Line, ...]) -> Section:
    table = Table(
        "sear",
        "From the pre-screen into the trial",
        ("Step", "Number"),
        lines,
        (OUTSIDE_NOTE,),
    )
    return Section("sear", "Screened to enrolled", SEAR_ABOUT, ((table, None),))
