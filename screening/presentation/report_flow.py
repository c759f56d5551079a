"""Where referrals to a centre stand and why they ended: one tree of counts, for its staff and for others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from screening.flow import BY_ACT, OPEN, State
from screening.models import figures
from screening.presentation import words
from screening.presentation.charts import Stage, flow
from screening.presentation.report_parts import EMPTY, Line, Section, Table, pareto, said
from screening.presentation.small_cells import SMALL, Cell

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


def tree_of(standings: Sequence[figures.Standing]) -> Cell:
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


def flow_section(tree: Cell, shown: Mapping[str, str], people: int | None) -> Section:
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
        said([(line.label, line.cells[0]) for line in lines]),
        [
            Stage("Referred to the centre", shown["received"], tuple(before), "Before consent"),
            Stage("Consented", shown["consented"], tuple(after), "After consent"),
            Stage("Enrolled", shown["enrolled"]),
        ],
    )
    return Section("flow", "Flow of referrals", FLOW_ABOUT, ((table, chart),))


REASONS_ABOUT = "The coded reasons for which referrals ended without an enrolment, the most frequent first."
REASON_PARTS = (
    ("before.not_accepted", "Not accepted by centre"),
    ("before.withdrawn", "Withdrawn before consent"),
    ("after.screen_failure", "Screen failure"),
    ("after.withdrawn", "Withdrawn after consent"),
    ("after.not_accepted", "Not accepted after consent"),
)


def reasons_section(tree: Cell, shown: Mapping[str, str]) -> Section:
    cells = {cell.key: cell for cell in tree.walk()}
    parts = [
        (key, title, pareto(_coded(cells[key]), key.replace(".", "-"), title, "Referrals"))
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


def reasons_from_outside(tree: Cell, shown: Mapping[str, str]) -> Section:
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
