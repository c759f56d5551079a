"""Where people decided otherwise than the engine, and where they agreed with it."""

from __future__ import annotations

from collections.abc import Mapping

from screening.models import figures
from screening.models.referrals import OwnView
from screening.models.scopes import Period, Scope
from screening.presentation import words
from screening.presentation.report_parts import EMPTY, Line, Section, Table, share

VIEWS = dict(OwnView.View.choices)
ANSWERS = words.CANDIDACY_LABELS
AGREEMENT_ABOUT = (
    "Where people decided otherwise than the engine, and where they agreed: to see which criteria are read "
    "wrongly here, or answered too early, and whether the engine's answer is followed without a thought."
)


def agreement_section(
    scope: Scope, period: Period, criteria: Mapping[str, str], sees_centre: bool
) -> Section:
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
        lines.append(Line(str(VIEWS[view]), (*map(str, counts), share(agreeing, sum(counts)))))
    open_ = [views.get(("cannot_tell", answer), 0) for answer in words.CANDIDACIES]
    lines.append(Line(str(VIEWS["cannot_tell"]), (*map(str, open_), "")))
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
