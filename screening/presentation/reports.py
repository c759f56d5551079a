"""The report on one trial at one site: every figure in a table, the most telling also as a chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from screening.flow import BY_ACT, OPEN, STATES, State
from screening.models import figures
from screening.models.referrals import ClinicDecision, OwnView
from screening.models.scopes import ALWAYS, Period, Scope
from screening.presentation import words
from screening.presentation.charts import Bars, Flow, Stage, bars, flow
from screening.presentation.small_cells import SMALL, Cell, hide_small

PERCENT_FROM = 20
"""Of fewer, no percentage is given: one person would be more than five per cent."""
QUARTILES_FROM = 5
"""Of fewer stays, only the median is given."""

VIEWS = dict(OwnView.View.choices)
DECISIONS = dict(ClinicDecision.Kind.choices)
ANSWERS = words.CANDIDACY_LABELS

EMPTY = {
    "sear": "Nobody has been pre-screened or referred in this period. Here will stand how many people were "
    "screened, for how many the trial is open, who was approached, and who was enrolled.",
    "flow": "No referral has come in for this trial in this period. Here will stand how many were "
    "received, consented and enrolled, and where the others ended.",
    "reasons": "No referral has ended without an enrolment in this period. Here will stand why they do.",
    "clinic": "No decision without a referral in this period. Here will stand how many wait for results, "
    "and why others were not referred.",
    "time": "No referral has come in in this period. Here will stand how long they wait, and for what.",
    "agreement": "No decision that names a criterion, and no own view, in this period. Here will stand how "
    "often people decide otherwise than the engine.",
}
"""What a section says where there is nothing to count."""


@dataclass(frozen=True)
class Line:
    """One row of a table: its label, and a cell for each further column."""

    label: str
    cells: tuple[str, ...]
    detail: str = ""
    is_part: bool = False
    """It is counted in a row above."""


@dataclass(frozen=True)
class Table:
    """Figures in rows; the first column has the labels."""

    id: str
    title: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """One heading of the report.

    Attributes:
        tables: with their charts; a chart may be None.
        empty: what is said where there is nothing to count yet.
    """

    id: str
    title: str
    about: str
    tables: tuple[tuple[Table, Bars | Flow | None], ...] = ()
    empty: str = ""


@dataclass(frozen=True)
class Report:
    """Every section that its reader may see."""

    sections: tuple[Section, ...]
    hides_small: bool

    @property
    def tables(self) -> list[Table]:
        return [table for section in self.sections for table, _ in section.tables]


def share(count: int, of: int) -> str:
    """Return `3 of 12`, and the percentage where it is of `PERCENT_FROM` or more."""
    said = f"{count} of {of}"
    return f"{said}, {100 * count / of:.0f}\u00a0%" if of >= PERCENT_FROM else said


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
        tree = _tree(figures.standings(scope.site, scope.protocol, period))
        shown = {cell.key: str(cell.count) for cell in tree.walk()}
        people = figures.people_received(scope.site, scope.protocol, period)
        sections.append(_flow(tree, shown, people))
        sections.append(_reasons(tree, shown))
    elif scope.outside:
        sections += _outside(scope)[1:]
    if scope.clinic:
        sections.append(_clinic_decisions(scope, period))
    if sees_centre:
        sections.append(_time(scope, period, now))
    sections.append(_agreement(scope, period, criteria, sees_centre))
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
        + _said([(label, counts[-1][place]) for place, (label, _) in enumerate(SEAR_STEPS)]),
        [(label, counts[-1][place]) for place, (label, _) in enumerate(SEAR_STEPS)],
    )
    return Section("sear", "Screened to enrolled", SEAR_ABOUT, ((table, chart),))


def _steps(sear: figures.Sear) -> tuple[int, int, int, int]:
    return sear.screened, sear.promising, sear.approached, sear.enrolled


def _sum(one: figures.Sear, other: figures.Sear) -> figures.Sear:
    return figures.Sear(*(a + b for a, b in zip(_steps(one), _steps(other), strict=True)))


def _said(counts: Sequence[tuple[str, Any]]) -> str:
    return ", ".join(f"{label} {count}" for label, count in counts) + "."


# --- The flow through the centre

ENDS_BEFORE = (State.NOT_ACCEPTED, State.WITHDRAWN)
ENDS_AFTER = (State.SCREEN_FAILURE, State.WITHDRAWN, State.NOT_ACCEPTED)
END_LABELS = {
    State.NOT_ACCEPTED: "Not accepted by centre",
    State.WITHDRAWN: "Withdrawn",
    State.SCREEN_FAILURE: "Screen failure",
}
REASONS_OF = {
    State.NOT_ACCEPTED: BY_ACT["not_accept"].reasons,
    State.WITHDRAWN: BY_ACT["withdraw"].reasons,
    State.SCREEN_FAILURE: BY_ACT["fail"].reasons,
}
FLOW_ABOUT = (
    "Where every referral that was sent to the centre stands now, after CONSORT: what was received, what "
    "ended before and after consent and why, what is under way, who was enrolled. A person who is referred "
    "again counts again."
)


def _tree(standings: Sequence[figures.Standing]) -> Cell:
    """Return the referrals as a tree of counts: by consent, by end, by reason."""

    def count(consented: bool, *states: str, reason: str | None = None) -> int:
        return sum(
            one.count
            for one in standings
            if one.consented == consented
            and one.state in states
            and (reason is None or _reason(one.state, one.reason) == reason)
        )

    def side(name: str, consented: bool, ends: Sequence[State]) -> list[Cell]:
        cells = [
            Cell(
                f"{name}.{end.value}",
                count(consented, end),
                [
                    Cell(f"{name}.{end.value}.{reason}", count(consented, end, reason=reason))
                    for reason in REASONS_OF[end]
                ],
            )
            for end in ends
        ]
        return [*cells, Cell(f"{name}.under_way", count(consented, *OPEN))]

    before = side("before", False, ENDS_BEFORE)
    after = [*side("after", True, ENDS_AFTER), Cell("enrolled", count(True, State.ENROLLED))]
    consented = Cell("consented", sum(cell.count for cell in after), after)
    return Cell("received", consented.count + sum(cell.count for cell in before), [*before, consented])


def _reason(state: str, reason: str) -> str:
    """Return the coded reason of an end; what carries none of its own codes is `other`."""
    known = REASONS_OF.get(State(state), {})
    return reason if reason in known else "other"


def _flow(tree: Cell, shown: Mapping[str, str], people: int | None) -> Section:
    if not tree.count:
        return Section(
            "flow",
            "Flow of referrals",
            FLOW_ABOUT,
            empty=EMPTY["flow"],
        )
    before = [(END_LABELS[end], shown[f"before.{end.value}"]) for end in ENDS_BEFORE]
    before.append(("Under way", shown["before.under_way"]))
    after = [
        (END_LABELS[end], shown[f"after.{end.value}"])
        for end in ENDS_AFTER
        if end != State.NOT_ACCEPTED or shown["after.not_accepted"] != "0"
    ]
    after.append(("Under way", shown["after.under_way"]))
    lines = [
        Line("Referred to the centre", (shown["received"],)),
        *(Line(f"{label}, before consent", (number,), is_part=True) for label, number in before),
        Line("Consented", (shown["consented"],)),
        *(Line(f"{label}, after consent", (number,), is_part=True) for label, number in after),
        Line("Enrolled", (shown["enrolled"],)),
    ]
    notes: tuple[str, ...] = ()
    if people is not None and people != tree.count:
        notes = (f"{words.counted(tree.count, 'referral')} of {words.counted(people, 'person', 'people')}.",)
    table = Table("flow", "Referrals at each stage", ("Stage", "Referrals"), tuple(lines), notes)
    chart = flow(
        "flow",
        "Flow of referrals through the centre",
        _said([(line.label, line.cells[0]) for line in lines]),
        [
            Stage("Referred to the centre", shown["received"], tuple(before), "Before consent"),
            Stage("Consented", shown["consented"], tuple(after), "After consent"),
            Stage("Enrolled", shown["enrolled"]),
        ],
    )
    return Section("flow", "Flow of referrals", FLOW_ABOUT, ((table, chart),))


# --- Reasons

REASONS_ABOUT = "The coded reasons for which referrals ended without an enrolment, the most frequent first."
REASON_PARTS = (
    ("before.not_accepted", "Not accepted by centre"),
    ("before.withdrawn", "Withdrawn before consent"),
    ("after.screen_failure", "Screen failure"),
    ("after.withdrawn", "Withdrawn after consent"),
    ("after.not_accepted", "Not accepted after consent"),
)


def _reasons(tree: Cell, shown: Mapping[str, str]) -> Section:
    cells = {cell.key: cell for cell in tree.walk()}
    parts = [
        (key, title, _pareto(_coded(cells[key]), key.replace(".", "-"), title, "Referrals"))
        for key, title in REASON_PARTS
        if cells[key].count
    ]
    return Section(
        "reasons",
        "Reasons",
        REASONS_ABOUT,
        tuple(pair for _, _, pair in parts),
        "" if parts else EMPTY["reasons"],
    )


def _coded(cell: Cell) -> dict[str, int]:
    """Return the counts of a cell's reasons, by their words."""
    known = REASONS_OF[State(cell.key.split(".")[1])]
    return {known[part.key.rpartition(".")[2]]: part.count for part in cell.parts if part.count}


def _pareto(counts: Mapping[str, int], id: str, title: str, unit: str) -> tuple[Table, Bars]:
    """Return the counts, the highest first, with their running total."""
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    total = sum(counts.values())
    lines, running = [], 0
    for label, count in ordered:
        running += count
        lines.append(Line(label, (str(count), share(running, total))))
    table = Table(id, title, ("Reason", unit, "Running total"), tuple(lines))
    return table, bars(id, title, f"Bars from nought, the highest first: {_said(ordered)}", ordered)


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
    pair = _pareto({DECISIONS[kind]: count for kind, count in counts.items()}, "clinic", title, "People")
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


# --- Engine and people

AGREEMENT_ABOUT = (
    "Where people decided otherwise than the engine, and where they agreed: to see which criteria are read "
    "wrongly here, or answered too early, and whether the engine's answer is followed without a thought."
)


def _agreement(scope: Scope, period: Period, criteria: Mapping[str, str], sees_centre: bool) -> Section:
    tables: list[Table] = []
    if sees_centre:
        named = figures.named_criteria(scope.site, scope.protocol, period)
        if named:
            tables.append(_named_table(named, criteria))
        accepted = figures.acceptances(scope.site, scope.protocol, period)
        if accepted:
            tables.append(_accepted_table(accepted))
        views = figures.own_views_at_centre(scope.site, scope.protocol, period)
        if views:
            tables.append(
                _views_table("views-centre", "Own view of the centre's staff and the engine", views)
            )
    if scope.clinic:
        views = figures.own_views_at_clinic(scope.site, scope.protocol, period)
        if views:
            tables.append(_views_table("views-clinic", "Own view of the clinicians and the engine", views))
    return Section(
        "agreement",
        "Engine and decisions",
        AGREEMENT_ABOUT,
        tuple((table, None) for table in tables),
        "" if tables else EMPTY["agreement"],
    )


def _named_table(named: Mapping[str, Mapping[str, int]], criteria: Mapping[str, str]) -> Table:
    lines = []
    by_frequency = sorted(named.items(), key=lambda one: (-sum(one[1].values()), one[0]))
    for criterion, outcomes in [*by_frequency]:
        lines.append(_named_line(criteria.get(criterion, criterion), outcomes))
    together = {
        outcome: sum(outcomes.get(outcome, 0) for outcomes in named.values())
        for outcome in ("pass", "fail", "unknown")
    }
    lines.append(_named_line("All criteria", together))
    return Table(
        "criteria",
        "Criteria named in decisions not to go on, and what the engine had said",
        ("Criterion", "Named", "Engine passed it", "Engine failed it", "Not known", "Override rate"),
        tuple(lines),
        ("Override rate: of the decisions that name a criterion, those in which the engine had passed it.",),
    )


def _named_line(label: str, outcomes: Mapping[str, int]) -> Line:
    named = sum(outcomes.values())
    counts = [outcomes.get(outcome, 0) for outcome in ("pass", "fail", "unknown")]
    return Line(label, (str(named), *map(str, counts), share(counts[0], named)))


def _accepted_table(accepted: Mapping[str, int]) -> Table:
    total = sum(accepted.values())
    lines = [
        Line(ANSWERS[answer], (share(accepted[answer], total),))
        for answer in words.CANDIDACIES
        if answer in accepted
    ]
    against = accepted.get("unlikely", 0) + accepted.get("not_yet", 0)
    lines.append(Line("Against the engine's answer", (share(against, total),)))
    return Table(
        "accepted",
        "Acceptances, by the engine's answer",
        ("Engine's answer", "Acceptances"),
        tuple(lines),
        ("Against: accepted though the engine said not yet, or unlikely on the trial's rules.",),
    )


AGREEING = {"candidate": ("likely", "possible"), "not_now": ("not_yet", "unlikely")}


def _views_table(id: str, title: str, views: Mapping[tuple[str, str], int]) -> Table:
    lines = []
    for view, answers in AGREEING.items():
        counts = [views.get((view, answer), 0) for answer in words.CANDIDACIES]
        agreeing = sum(views.get((view, answer), 0) for answer in answers)
        lines.append(Line(VIEWS[view], (*map(str, counts), share(agreeing, sum(counts)))))
    open_ = [views.get(("cannot_tell", answer), 0) for answer in words.CANDIDACIES]
    lines.append(Line(VIEWS["cannot_tell"], (*map(str, open_), "")))
    decided = sum(views.get((view, answer), 0) for view in AGREEING for answer in words.CANDIDACIES)
    same = sum(views.get((view, answer), 0) for view, answers in AGREEING.items() for answer in answers)
    together = [sum(views.get((view, answer), 0) for view in VIEWS) for answer in words.CANDIDACIES]
    lines.append(Line("All views", (*map(str, together), share(same, decided))))
    return Table(
        id,
        title,
        (
            "Own view, recorded first",
            *(ANSWERS[answer].split(" on ")[0] for answer in words.CANDIDACIES),
            "Agree",
        ),
        tuple(lines),
        ("Agree: a candidate and likely or possible; not now and not yet or unlikely.",),
    )


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
    tree = _tree(figures.standings(scope.site, scope.protocol))
    shown = hide_small(tree)
    lines += (
        Line("Approached", (shown["received"],), "Referrals to the centre, from all clinics"),
        Line("Enrolled", (shown["enrolled"],), "Of those referrals"),
    )
    return [_outside_sear(lines), _flow(tree, shown, None), _outside_reasons(tree, shown)]


def _outside_sear(lines: tuple[Line, ...]) -> Section:
    table = Table(
        "sear",
        "From the pre-screen into the trial",
        ("Step", "Number"),
        lines,
        (OUTSIDE_NOTE,),
    )
    return Section("sear", "Screened to enrolled", SEAR_ABOUT, ((table, None),))


def _outside_reasons(tree: Cell, shown: Mapping[str, str]) -> Section:
    cells = {cell.key: cell for cell in tree.walk()}
    tables = tuple(
        (
            Table(
                key.replace(".", "-"),
                title,
                ("Reason", "Referrals"),
                tuple(
                    Line(words_, (shown[f"{key}.{code}"],))
                    for code, words_ in REASONS_OF[State(key.split(".")[1])].items()
                    if shown[f"{key}.{code}"] != "0"
                ),
            ),
            None,
        )
        for key, title in REASON_PARTS
        if cells[key].count > SMALL
    )
    empty = f"No end has more than {SMALL} referrals: their reasons are the site's alone."
    return Section("reasons", "Reasons", REASONS_ABOUT, tables, "" if tables else empty)
