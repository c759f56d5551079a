"""Every criterion of every shipped protocol: someone passes, someone fails, of someone it is not known."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from screening.presentation.words import candidacy_line
from screening.rules.content import Content, load_content
from screening.rules.language import Between, Compare, Condition, Named, Number, limbs_of
from screening.rules.protocol import Criterion, Protocol
from screening.rules.reading import read_answers
from screening.rules.screening import screen
from tests.protocols.people import AS_OF, HERE, payload, people_of

ANSWERS = ("pass", "fail", "unknown")


@pytest.fixture(scope="module")
def content() -> Content:
    return load_content()


def criteria() -> list[Any]:
    """Every criterion, limitation, step and caution, with the protocol whose people it has."""
    loaded = load_content()
    found = [
        (protocol.id, criterion)
        for protocol in loaded.protocols
        for criterion in (*protocol.criteria, *protocol.limitations, *protocol.steps)
    ]
    found += [(shared.id, criterion) for shared in loaded.cautions.values() for criterion in shared.criteria]
    return [pytest.param(place, criterion, id=f"{place}-{criterion.id}") for place, criterion in found]


def screened(content: Content, protocol: Protocol, person: dict[str, Any]) -> dict[str, Any]:
    """Return what a screening says of `person`, for one protocol only."""
    return screen(content, read_answers(content.catalogue, payload(person)), trials=[protocol.id])


def judged(content: Content, place: str, criterion: Criterion, person: dict[str, Any]) -> tuple[str, str]:
    """Return the condition and outcome of a criterion, limitation, step or caution for `person`.

    A step that is not known is open, as one not taken is. Only inclusions and exclusions have an outcome.
    """
    protocol = content.by_id.get(place) or next(one for one in content.protocols if place in one.cautions)
    result = screened(content, protocol, person)
    trial = next(iter(result["trials"]), {})
    match criterion.kind:
        case "inclusion" | "exclusion":
            record = next(one for one in trial["criteria"] if one["id"] == criterion.id)
            assert record["decides"] is criterion.decides
            return record["condition"], record["outcome"]
        case "limitation":
            return next(one["condition"] for one in trial["limitations"] if one["id"] == criterion.id), ""
        case "step":
            still_open = [step["text"] for step in result["indication"]["open_steps"]]
            return "false" if criterion.text in still_open else "true", ""
    if criterion.id in [one["id"] for one in trial["cautions_against"]]:
        return "true", ""
    return "unknown" if criterion.id in [one["id"] for one in trial["cautions_unknown"]] else "false", ""


def expected(criterion: Criterion, answer: str) -> tuple[str, str]:
    """Return the condition and outcome that someone under `answer` must have."""
    if answer == "unknown":
        condition = "false" if criterion.kind == "step" else "unknown"
    else:
        condition = "true" if (answer == "pass") is criterion.passes_when else "false"
    if criterion.kind not in ("inclusion", "exclusion"):
        return condition, ""
    return condition, answer if criterion.decides else "unknown"


@pytest.mark.parametrize(("place", "criterion"), criteria())
def test_criterion_has_people_for_each_answer(place: str, criterion: Criterion) -> None:
    people = people_of(place).get(criterion.id, {})
    assert [answer for answer in ANSWERS if not people.get(answer)] == []


@pytest.mark.parametrize(("place", "criterion"), criteria())
def test_condition_and_outcome_are_right(content: Content, place: str, criterion: Criterion) -> None:
    people = [(answer, person) for answer in ANSWERS for person in people_of(place)[criterion.id][answer]]
    found = {f"{answer}: {person}": judged(content, place, criterion, person) for answer, person in people}
    assert found == {f"{answer}: {person}": expected(criterion, answer) for answer, person in people}


@pytest.mark.parametrize(("place", "criterion"), criteria())
def test_thresholds_have_people_on_and_beside_them(
    content: Content, place: str, criterion: Criterion
) -> None:
    people = [person for answer in ANSWERS for person in people_of(place)[criterion.id][answer]]
    for name, threshold in thresholds(content, content.trees[criterion.rule]):
        numbers = [number for person in people for number in typed(content, name, person)]
        assert threshold in numbers, f"nobody stands on {name} {threshold}"
        below = min(numbers) if threshold > lowest(content, name) else -1
        assert below < threshold < max(numbers), f"all stand on one side of {name} {threshold}"


def thresholds(content: Content, tree: Condition) -> Iterator[tuple[str, float]]:
    """Yield the asked numbers that a rule compares, and with what."""
    match tree:
        case Compare(Named(name), _, Number(value)):
            pairs = [(name, value)]
        case Between(Named(name), Number(low), Number(high)):
            pairs = [(name, low), (name, high)]
        case Compare() | Between():
            pairs = []
        case _:
            for limb in limbs_of(tree):
                yield from thresholds(content, limb)  # type: ignore[arg-type]
            return
    for name, value in pairs:
        stands_for = content.catalogue.names[name]
        if stands_for.kind == "number" and content.catalogue.facts[stands_for.fact].asked:
            yield name, value


def lowest(content: Content, name: str) -> float:
    """Return the lowest number that can be typed for `name`."""
    wanted = content.catalogue.names[name]
    return content.catalogue.facts[wanted.fact].plausible[wanted.unit][0]


def typed(content: Content, name: str, person: dict[str, Any]) -> Iterator[float]:
    """Yield the number typed for the fact of `name`, if it was typed in that unit and without a sign."""
    wanted = content.catalogue.names[name]
    fact = content.catalogue.facts[wanted.fact]
    given = payload(person)["facts"].get(fact.name)
    if isinstance(given, dict) and "value" in given and str(given["value"])[0].isdigit():
        unit = given.get("unit", fact.canonical_unit)
        if unit in (wanted.unit, fact.units.get(wanted.unit, wanted.unit)):
            yield float(given["value"])


def test_people_belong_to_criteria(content: Content) -> None:
    known: dict[str, set[str]] = {}
    for parameter in criteria():
        place, criterion = parameter.values
        known.setdefault(place, set()).add(criterion.id)
    assert {path.stem: set(people_of(path.stem)) for path in sorted(HERE.glob("*.toml"))} == known


def test_unverified_and_advisory_criteria_never_decide(content: Content) -> None:
    for protocol in content.protocols:
        for criterion in protocol.criteria:
            assert criterion.decides is (criterion.grade != "M" and not criterion.advisory), criterion.id
        assert not any(criterion.decides for criterion in (*protocol.limitations, *protocol.steps))
    assert not any(criterion.decides for shared in content.cautions.values() for criterion in shared.criteria)


def failing_people(content: Content) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield everyone who fails a criterion anywhere, with that protocol and criterion."""
    for protocol in content.protocols:
        for criterion in protocol.criteria:
            for person in people_of(protocol.id)[criterion.id]["fail"]:
                yield protocol.id, criterion.id, person


def test_failing_what_does_not_decide_rules_nobody_out(content: Content) -> None:
    for protocol in content.protocols:
        for criterion in protocol.criteria:
            if not criterion.decides:
                for person in people_of(protocol.id)[criterion.id]["fail"]:
                    (trial,) = screened(content, protocol, person)["trials"]
                    others = [one["id"] for one in trial["criteria"] if one["outcome"] == "fail"]
                    assert criterion.id not in others
                    if not others:
                        assert trial["candidacy"] == "possible", (protocol.id, criterion.id)


def test_zimislecel_after_a_kidney_fails_only_by_type_or_without_a_kidney(content: Content) -> None:
    protocol = content.by_id["zimislecel-kidney"]
    for place, criterion, person in failing_people(content):
        (trial,) = screened(content, protocol, person)["trials"]
        other_type = person.get("diabetes_type", "type_1") != "type_1"
        no_kidney = person.get("kidney_transplant") == "none"
        ruled_out = trial["candidacy"] in ("unlikely", "not_yet")
        assert ruled_out is (other_type or no_kidney), (place, criterion)


def test_protocols_with_too_little_public_stop_at_possible(content: Content) -> None:
    thin = ("zimislecel-kidney", "uchicago-iak", "uchicago-cirb24-0324", "opf-310", "vx-264", "up421")
    assert {content.by_id[protocol].best for protocol in thin} == {"possible"}


def test_protocols_without_public_criteria_say_so_and_never_conclude(content: Content) -> None:
    hidden = [protocol for protocol in content.protocols if protocol.completeness == "not public"]
    assert len(hidden) >= 10
    for protocol in hidden:
        assert (protocol.best, protocol.gaps != (), protocol.confirm != ()) == ("possible", True, True)


def test_a_single_criterion_is_told_as_one(content: Content) -> None:
    (trial,) = screened(content, content.by_id["e-islet-01"], {"diabetes_type": "type_1"})["trials"]
    because = "no more can be said, because criteria not public: ask the site."
    assert trial["why"] == f"The one deciding criterion passes; {because}"
    assert candidacy_line(trial).startswith("Possible: the one criterion is known and met")


def test_only_a_value_that_was_typed_rules_out_where_criteria_are_not_public(content: Content) -> None:
    """Who answers nothing is possible everywhere: missing text speaks against nobody."""
    found = screen(content, read_answers(content.catalogue, {"as_of": AS_OF, "facts": {}}))
    assert {trial["candidacy"] for trial in found["trials"]} == {"possible"}


@pytest.mark.parametrize("protocol", load_content().protocols, ids=lambda protocol: protocol.id)
def test_someone_reaches_the_best_answer_of_each_protocol(content: Content, protocol: Protocol) -> None:
    written = tomllib.loads((HERE.parent / "best.toml").read_text(encoding="utf-8"))
    (trial,) = screened(content, protocol, written["islets"] | written.get(protocol.id, {}))["trials"]
    short = [one["id"] for one in trial["criteria"] if one["decides"] and one["outcome"] != "pass"]
    assert (short, trial["candidacy"]) == ([], protocol.best or "likely")
