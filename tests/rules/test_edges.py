"""The edges of a criterion are those of its rule, and say what the rule says of them."""

from __future__ import annotations

from datetime import date

import pytest

from screening.rules.content import load_content
from screening.rules.edges import Part, edges
from screening.rules.evaluate import Outcome
from screening.rules.protocol import Criterion

TODAY = date(2026, 11, 20)
PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN


def parts(rule_of: str) -> tuple[Part, ...]:
    """Return the parts of a criterion by its address, like `cit-06/I6`."""
    protocol, _, wanted = rule_of.partition("/")
    content = load_content()
    criterion = next(one for one in content.by_id[protocol].criteria if one.id == wanted)
    return edges(content, criterion, TODAY)


def answers(rule_of: str, part: int = 0) -> dict[str, Outcome]:
    return {edge.given: edge.outcome for edge in parts(rule_of)[part].edges}


def test_number_is_asked_on_both_sides_of_its_threshold_in_each_unit() -> None:
    found = answers("celz-201/E2")  # HbA1c more than 9 % excludes
    assert (found["8.9 %"], found["9 %"], found["9.1 %"]) == (PASS, PASS, FAIL)
    assert (found["75 mmol/mol"], found["76 mmol/mol"]) == (PASS, FAIL)
    assert (found["<9 %"], found[">9 %"]) == (PASS, FAIL)


def test_number_that_is_too_old_or_has_no_date_decides_nothing() -> None:
    found = answers("celz-201/E2")
    assert found["9 %, 90 days old"] is PASS
    assert found["9 %, 90 days and a day old"] is found["9 %, no date"] is found["Not known"] is UNKNOWN


def test_age_turns_on_a_birthday() -> None:
    found = answers("zimislecel-forward/I1")  # 18 to 65
    assert (found["Born 20 Nov 2008"], found["Born 21 Nov 2008"]) == (PASS, FAIL)
    assert (found["Born 20 Nov 1960"], found["Born 21 Nov 1960"]) == (FAIL, PASS)
    assert found["Born Nov 1960, day not known"] is UNKNOWN


def test_event_counts_from_the_first_day_of_its_window() -> None:
    found = answers("zimislecel-forward/I3")  # two in 12 months
    assert found["1 on 20 Nov 2025, 1 event later"] is PASS
    assert found["1 on 19 Nov 2025, 1 event later"] is FAIL
    assert found["1 on 19 Nov 2025 or 20 Nov 2025, 1 event later"] is UNKNOWN
    assert found["1 event, the list complete only since 21 Nov 2025"] is UNKNOWN


def test_one_way_of_several_decides_only_where_it_holds() -> None:
    found = answers("zimislecel-forward/I5")  # Clarke or Gold
    assert (found["3"], found["4"]) == (UNKNOWN, PASS)
    below, at = parts("zimislecel-forward/I5")[0].edges[:2]
    assert (below.holds.value, at.holds.value) == ("false", "true")


def test_unclear_value_decides_nothing_at_the_edge_either() -> None:
    found = answers("uchicago-cirb24-0324/I5")  # 7.0 to 9.5 %; 48 to 52 mmol/mol typed so is unclear
    assert (found["7 %"], found["52 mmol/mol"], found["53 mmol/mol"]) == (PASS, UNKNOWN, PASS)
    assert answers("uchicago-cirb24-0324/I5", part=1)["47 mmol/mol"] is FAIL
    assert [part.unclear for part in parts("uchicago-cirb24-0324/I5")] == [False, True]


def test_what_is_worked_out_from_several_answers_has_no_edge_of_one() -> None:
    worked_out = {part.words: part.edges for one in every_criterion() for part in edges_of(one)}
    assert worked_out["BMI more than 28 kg/m²"] == worked_out["Age at diagnosis less than 40"] == ()


def edges_of(criterion: Criterion) -> tuple[Part, ...]:
    return edges(load_content(), criterion, TODAY)


def every_criterion() -> list[Criterion]:
    content = load_content()
    shared = [one for cautions in content.cautions.values() for one in cautions.criteria]
    own = [one for protocol in content.protocols for one in (*protocol.criteria, *protocol.limitations)]
    return [*own, *shared]


@pytest.mark.parametrize("turn", [True, False])
def test_each_part_is_seen_to_hold_and_not_to_hold(turn: bool) -> None:
    wanted = "true" if turn else "false"
    blind = {
        part.words
        for criterion in every_criterion()
        for part in edges_of(criterion)
        if len(part.edges) > 1 and wanted not in {edge.holds.value for edge in part.edges}
    }
    assert not blind


def test_a_day_that_is_in_no_other_year_has_edges_too() -> None:
    content = load_content()
    for criterion in every_criterion():
        edges(content, criterion, date(2028, 2, 29))
