"""The same rule gives the same answer, true, false or not known, for one person and in SQL."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from random import Random

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st

from screening.clinical.dates import Duration, read_duration
from screening.rules.answers import Answers, read_answers
from screening.rules.evaluate import Rulebook
from screening.rules.facts import EVENTS
from screening.rules.language import Condition, RuleError, names_in, write
from screening.rules.protocol import Criterion
from screening.rules.sql import DIALECTS, columns, computed_columns, condition_sql, criterion_sql, row
from screening.rules.truth import Truth
from tests.protocols.people import payload, people_of
from tests.rules.engines import Table, Truths, duckdb, evaluated
from tests.strategies import (
    AS_OF_DAYS,
    CATALOGUE,
    CONTENT,
    WITHIN,
    People,
    Rules,
    examples,
    needed,
    randoms,
    thresholds_of,
)

DAY = date(2026, 11, 20)
CRITERIA = [
    *((protocol.id, one) for protocol in CONTENT.protocols for one in protocol.criteria),
    *((protocol.id, one) for protocol in CONTENT.protocols for one in protocol.limitations),
    *((protocol.id, one) for protocol in CONTENT.protocols for one in protocol.steps),
    *((shared.id, one) for shared in CONTENT.cautions.values() for one in shared.criteria),
]


def a_rule_and_people(random: Random, people: int) -> tuple[date, Condition, Duration | None, list[Answers]]:
    """Return a rule, the age it allows answers, and people whose answers lie close to its thresholds."""
    day = random.choice(AS_OF_DAYS)
    tree = Rules(random).rule(random.randint(0, 3))
    within = read_duration(random.choice(WITHIN)) if random.random() < 0.25 else None
    facts = needed(names_in(tree))
    drawn = People(random, facts, day, thresholds_of(tree), [within] if within else [])
    return day, tree, within, [drawn.answers() for _ in range(people)]


def differences(wanted: Truths, found: Truths, rules: Iterable[str]) -> list[str]:
    """Return each difference in words, the rule first."""
    return [
        f"{rule}: person {person} is {one.value} alone and {other.value} in SQL"
        for person, (expected, given) in enumerate(zip(wanted, found, strict=True))
        for rule, one, other in zip(rules, expected, given, strict=True)
        if one is not other
    ]


@examples(150)
@given(randoms)
def test_sqlite_answers_any_rule_as_one_person_evaluation_does(random: Random) -> None:
    day, tree, within, people = a_rule_and_people(random, 12)
    wanted = evaluated(CATALOGUE, [(tree, within)], people)
    found = Table(CATALOGUE, people).in_sqlite([condition_sql(CATALOGUE, tree, day, within, "sqlite")])
    assert not differences(wanted, found, [write(tree)])


@examples(60)
@given(randoms)
def test_duckdb_answers_any_rule_as_one_person_evaluation_does(random: Random) -> None:
    duckdb()
    day, tree, within, people = a_rule_and_people(random, 20)
    wanted = evaluated(CATALOGUE, [(tree, within)], people)
    found = Table(CATALOGUE, people).in_duckdb([condition_sql(CATALOGUE, tree, day, within)])
    assert not differences(wanted, found, [write(tree)])


@pytest.fixture(scope="module")
def population() -> list[Answers]:
    """300 random people who may have an answer to every question, and those made up for each criterion."""
    random = Random(20261120)
    facts = [*CATALOGUE.facts, EVENTS]
    drawn = [People(random, facts, DAY, missing=random.choice((0.0, 0.1, 0.4))) for _ in range(300)]
    made_up = [
        person
        for place in dict.fromkeys(place for place, _ in CRITERIA)
        for answers in people_of(place).values()
        for people in answers.values()
        for person in people
    ]
    return [
        *(people.answers() for people in drawn),
        *(read_answers(CATALOGUE, payload(person)) for person in made_up),
    ]


@pytest.fixture(scope="module")
def alone(population: list[Answers]) -> Truths:
    """What each criterion of every protocol is for each of them, one after another."""
    book = Rulebook(CONTENT)
    compiled = [book.compiled(criterion) for _, criterion in CRITERIA]
    return [[one.condition(known) for one in compiled] for known in map(book.reader.known, population)]


def in_words(criteria: Iterable[tuple[str, Criterion]]) -> list[str]:
    return [f"{protocol} {criterion.id}: {criterion.rule}" for protocol, criterion in criteria]


def test_every_shipped_criterion_is_the_same_in_sqlite(population: list[Answers], alone: Truths) -> None:
    conditions = [criterion_sql(CATALOGUE, one, CONTENT.trees, DAY, "sqlite") for _, one in CRITERIA]
    found = Table(CATALOGUE, population).in_sqlite(conditions)
    assert not differences(alone, found, in_words(CRITERIA))


def test_every_shipped_criterion_is_the_same_in_duckdb(population: list[Answers], alone: Truths) -> None:
    duckdb()
    conditions = [criterion_sql(CATALOGUE, one, CONTENT.trees, DAY) for _, one in CRITERIA]
    distinct = list(dict.fromkeys(conditions))
    found = Table(CATALOGUE, population[:200]).in_duckdb(distinct)
    wanted = [[truths[conditions.index(condition)] for condition in distinct] for truths in alone[:200]]
    assert not differences(wanted, found, distinct)


def test_these_people_meet_each_criterion_each_way(alone: Truths) -> None:
    ways = [set(truths) for truths in zip(*alone, strict=True)]
    poor = [words for words, seen in zip(in_words(CRITERIA), ways, strict=True) if len(seen) < 3]
    assert not poor


def test_derived_facts_worked_out_once_a_row_change_no_answer(
    population: list[Answers], alone: Truths
) -> None:
    table = Table(CATALOGUE, population)
    computed = computed_columns(CATALOGUE, DAY, "sqlite")
    conditions = [
        criterion_sql(CATALOGUE, one, CONTENT.trees, DAY, "sqlite", computed=True) for _, one in CRITERIA
    ]
    found = table.in_sqlite(conditions, computed)
    assert not differences(alone, found, in_words(CRITERIA))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_criterion_is_written_in_each_dialect(dialect: str) -> None:
    for _, criterion in CRITERIA:
        written = criterion_sql(CATALOGUE, criterion, CONTENT.trees, DAY, dialect, computed=True)
        assert written.startswith("CASE WHEN ")
        assert sqlglot.parse_one(written, read=dialect).key == "case"


def test_postgres_divides_as_doubles() -> None:
    tree = CATALOGUE.parse("bmi_kg_m2 > 30")
    written = condition_sql(CATALOGUE, tree, DAY, dialect="postgres")
    assert "AS DOUBLE PRECISION) / NULLIF(" in written


def test_a_dialect_that_is_not_there_is_refused() -> None:
    with pytest.raises(RuleError, match="there is no dialect 'db2': use one of duckdb, sqlite"):
        condition_sql(CATALOGUE, CATALOGUE.parse("hiv"), DAY, dialect="db2")


def test_a_person_has_a_cell_in_every_column(population: list[Answers]) -> None:
    wanted = [name for name, _ in columns(CATALOGUE)]
    assert all(list(row(CATALOGUE, answers)) == wanted for answers in population[:20])


def test_column_names_fit_every_engine() -> None:
    names = [name for name, _ in columns(CATALOGUE)]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 63 and name.isascii() for name in names)


@given(st.sampled_from(sorted(CATALOGUE.names)))
@examples(60)
def test_sql_reads_no_column_that_is_not_there(name: str) -> None:
    kind = CATALOGUE.names[name].stands_for
    options = CATALOGUE.options.get(name, ("",))
    rule = {"truth": name, "choice": f"{name} = '{options[0]}'", "number": f"{name} >= 1"}[kind]
    written = condition_sql(CATALOGUE, CATALOGUE.parse(rule), DAY)
    read = {column.name for column in sqlglot.parse_one(written).find_all(sqlglot.exp.Column)}
    assert read <= {column for column, _ in columns(CATALOGUE)}


def test_a_criterion_that_cannot_be_written_is_named() -> None:
    criterion = Criterion(
        kind="inclusion",
        id="I9",
        text="A score typed in its own unit",
        rule="egfr_ml_min_1_73m2 >= 60",
        unclear="egfr_ml_min_1_73m2 < 70",
        unclear_because="the source names no formula",
        in_typed_unit=True,
    )
    trees = {text: CATALOGUE.parse(text) for text in (criterion.rule, criterion.unclear or "")}
    with pytest.raises(RuleError, match=r"I9 cannot be written as SQL: egfr_ml_min_1_73m2 may be worked out"):
        criterion_sql(CATALOGUE, criterion, trees, DAY)


def test_a_rule_never_decided_is_null() -> None:
    everything = ", ".join(f"'{option}'" for option in CATALOGUE.options["sex"])
    tree = CATALOGUE.parse(f"sex NOT IN ({everything}) AND sex IN ({everything})")
    assert condition_sql(CATALOGUE, tree, DAY) == f"CASE WHEN sex IN ({everything}) THEN 0 END"


@pytest.mark.parametrize("truth", list(Truth))
def test_a_truth_is_no_yes_or_no(truth: Truth) -> None:
    with pytest.raises(TypeError, match="compare it with"):
        bool(truth)
