"""The same rule as a SQL condition over a table with one row per person.

Every condition is written as two: when it is surely true and when it is surely false. A comparison
asks the low end of what is known for the one and the high end for the other, so NULL only ever
means "not surely", and no engine's own logic of NULL decides anything:

    CASE WHEN <surely true> THEN 1 WHEN <surely false> THEN 0 END

The day of assessment is fixed when a rule is written: windows start on dates that stand in the SQL
as integers yyyymmdd. SQLite needs FLOOR and POWER, which it has where it was built with them.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from screening.clinical.dates import DateSpan, Duration, day_number, lookback, read_duration
from screening.clinical.hypoglycemia import CLARKE_ANSWERS, CLARKE_FREQUENCIES
from screening.clinical.units import CONVERSIONS
from screening.rules.answers import Answer, Answers
from screening.rules.conditions import Comparison, Compiler, comparisons, cut_points
from screening.rules.facts import BIRTH, EVENT_WINDOWS, EVENTS, Catalogue, Fact, Name
from screening.rules.inputs import (
    AgeAtInput,
    AgeInput,
    ChoiceInput,
    CountInput,
    DateInput,
    ExpressionInput,
    FactInput,
    NumberInput,
    Reader,
    TruthInput,
)
from screening.rules.language import (
    And,
    Arithmetic,
    AtLeast,
    Between,
    Call,
    Compare,
    Condition,
    Expression,
    Holds,
    Named,
    Not,
    Number,
    OneOf,
    Or,
    RuleError,
    names_in,
    write,
)
from screening.rules.protocol import Criterion

DIALECTS = ("duckdb", "sqlite", "postgres", "spark", "bigquery", "snowflake", "tsql")
AS_WRITTEN = ("duckdb", "sqlite")
"""The dialects that read a condition just as it is written here."""
TRUE, FALSE = "1 = 1", "1 = 0"

Cell = float | int | str | None


def columns(catalogue: Catalogue) -> list[tuple[str, str]]:
    """Return the columns of the staging table, each with its SQL type.

    A number has a low and a high end, equal where it is known exactly, in the unit it was typed in;
    a date the first and last day it may be; `_on` is the earliest day an answer may be of. Days are
    integers yyyymmdd, a yes is 1, a no is 0, and what is not known is NULL.

    Raises:
        ValueError: two facts would share a column.
    """
    found = [column for fact in catalogue.facts.values() if fact.asked for column in _columns_of(fact)]
    for name in catalogue.names.values():
        if name.kind == "events":
            found += [(f"{name.text}_low", "DOUBLE"), (f"{name.text}_high", "DOUBLE")]
    names = [name for name, _ in found]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two facts have the column {name}")
    return found


def _columns_of(fact: Fact) -> Iterator[tuple[str, str]]:
    match fact.kind:
        case "quantity" | "count" | "score":
            for _, stem in _stems(fact):
                yield from ((f"{stem}_low", "DOUBLE"), (f"{stem}_high", "DOUBLE"))
        case "choice":
            yield fact.name, "VARCHAR"
        case "yes_no":
            yield fact.name, "INTEGER"
        case "choices":
            yield from ((f"{fact.name}_{part}", "INTEGER") for part in fact.choices)
        case "date":
            yield from ((f"{fact.name}_first", "INTEGER"), (f"{fact.name}_last", "INTEGER"))
    if fact.kind != "date" or fact.ages:
        yield f"{fact.name}_on", "INTEGER"


def _stems(fact: Fact) -> list[tuple[str, str]]:
    """Return, per unit a number may be stored in, how the names of its two columns start."""
    return [(unit, fact.rule_name(unit)) for unit in fact.units] or [("", fact.name)]


def row(catalogue: Catalogue, answers: Answers) -> dict[str, Cell]:
    """Return one person's row of the staging table: a cell for every column."""
    cells: dict[str, Cell] = dict.fromkeys(name for name, _ in columns(catalogue))
    for name, answer in answers.known.items():
        cells |= _cells(catalogue.facts[name], answer)
    for name in catalogue.names.values():
        if name.kind == "events":
            cells[f"{name.text}_low"], cells[f"{name.text}_high"] = _count(answers, name)
    return cells


def _cells(fact: Fact, answer: Answer) -> Iterator[tuple[str, Cell]]:
    match fact.kind:
        case "quantity" | "count" | "score":
            stem = fact.rule_name(answer.unit)
            yield from zip((f"{stem}_low", f"{stem}_high"), answer.value, strict=True)
        case "choice":
            yield fact.name, answer.value
        case "yes_no":
            yield fact.name, int(answer.value)
        case "choices":
            yield from ((f"{fact.name}_{part}", int(present)) for part, present in answer.value.items())
        case "date":
            yield f"{fact.name}_first", day_number(answer.value.first)
            yield f"{fact.name}_last", day_number(answer.value.last)
    if answer.on is not None and (fact.kind != "date" or fact.ages):
        yield f"{fact.name}_on", answer.on_number


def _count(answers: Answers, name: Name) -> tuple[Cell, Cell]:
    """Return the fewest and the most events of a count; no most is None."""
    if name.unit in EVENT_WINDOWS:
        first = lookback(answers.as_of, EVENT_WINDOWS[name.unit], "months")
        start = DateSpan(first, first)
    elif "aid_start_date" in answers.known:
        start = answers.known["aid_start_date"].value
    else:
        return None, None
    if answers.history is None:
        return None, None
    return answers.history.judged(name.part).bounds(start, answers.as_of, answers.as_of)


def condition_sql(
    catalogue: Catalogue,
    tree: Condition,
    as_of: date,
    within: Duration | None = None,
    dialect: str = "duckdb",
) -> str:
    """Return a rule as a SQL expression that is 1, 0 or NULL for each row of the staging table.

    Args:
        catalogue: the facts the rule names.
        tree: the rule.
        as_of: the day of assessment.
        within: the age the rule allows answers; None for each fact's own.
        dialect: one of DIALECTS.

    Raises:
        RuleError: the rule cannot be expressed; says which and why.
    """
    try:
        rails = _Writer(catalogue, as_of).rails(tree, within)
    except RuleError as error:
        raise RuleError(f"{write(tree)!r} cannot be written as SQL: {error}") from None
    return _in_dialect(rails.sql, dialect)


def criterion_sql(
    catalogue: Catalogue,
    criterion: Criterion,
    trees: Mapping[str, Condition],
    as_of: date,
    dialect: str = "duckdb",
) -> str:
    """Return a criterion's condition as SQL; where the source's wording is unclear, it is NULL.

    Args:
        catalogue: the facts the criterion names.
        criterion: the criterion.
        trees: the parsed rules by their text.
        as_of: the day of assessment.
        dialect: one of DIALECTS.

    Raises:
        RuleError: the criterion cannot be expressed; says which and why.
    """
    within = read_duration(criterion.within) if criterion.within is not None else None
    writer = _Writer(catalogue, as_of)
    try:
        rails = writer.rails(trees[criterion.rule], within)
        if criterion.unclear is not None:
            tree = trees[criterion.unclear]
            clear = writer.rails(tree, within).false
            if criterion.in_typed_unit:
                clear = _any(clear, writer.typed_otherwise(tree, within))
            rails = Rails(_all(rails.true, clear), _all(rails.false, clear))
    except RuleError as error:
        raise RuleError(f"{criterion.id} cannot be written as SQL: {error}") from None
    return _in_dialect(rails.sql, dialect)


def _in_dialect(sql: str, dialect: str) -> str:
    if dialect in AS_WRITTEN:
        return sql
    import sqlglot

    if dialect not in DIALECTS:
        raise RuleError(f"there is no dialect {dialect!r}: use one of {', '.join(DIALECTS)}")
    return sqlglot.transpile(sql, write=dialect)[0]


@dataclass(frozen=True, slots=True)
class Rails:
    """When a condition is surely true and when it is surely false, as SQL."""

    true: str
    false: str

    def __invert__(self) -> "Rails":
        return Rails(self.false, self.true)

    @property
    def sql(self) -> str:
        """The condition as 1, 0 or NULL."""
        if (self.true, self.false) == (FALSE, FALSE):
            return "CAST(NULL AS INTEGER)"
        return f"CASE WHEN {self.true} THEN 1 WHEN {self.false} THEN 0 END"


@dataclass(frozen=True, slots=True)
class Value:
    """A number that is worked out: SQL for both its ends, NULL where it is not known.

    Attributes:
        guards: conditions without which it is not known.
        unbounded: whether NULL as the high end may also mean that there is none.
    """

    low: str
    high: str
    guards: tuple[str, ...] = ()
    unbounded: bool = False

    def reaches(self, operator: str, threshold: float) -> Rails:
        """Return when it is `threshold` or more (>=), or more than that (>)."""
        below = "<" if operator == ">=" else "<="
        return Rails(
            _all(*self.guards, f"{self.low} {operator} {_literal(threshold)}"),
            _all(*self.guards, f"{self.high} {below} {_literal(threshold)}"),
        )

    def guarded(self) -> "Value":
        """Return the same with its guards inside."""
        if not self.guards:
            return self
        guard = _all(*self.guards)
        low, high = (f"CASE WHEN {guard} THEN {end} END" for end in (self.low, self.high))
        return Value(low, high, (), self.unbounded)


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where the names of an expression are looked up.

    Attributes:
        within: the age the rule allows answers.
        measured: the fact whose date is that of an age in a formula; None in a rule.
    """

    within: Duration | None
    measured: Fact | None = None


class _Writer:
    """Writes the rules of one day."""

    def __init__(self, catalogue: Catalogue, as_of: date) -> None:
        self.catalogue, self.as_of = catalogue, as_of
        self.reader = Reader(catalogue)
        Compiler(self.reader, {})

    def rails(self, tree: Condition, within: Duration | None) -> Rails:
        """Return when `tree` surely holds and when it surely does not."""
        match tree:
            case And(limbs):
                return _all_hold([self.rails(limb, within) for limb in limbs])
            case Or(limbs):
                return ~_all_hold([~self.rails(limb, within) for limb in limbs])
            case Not(limb):
                return ~self.rails(limb, within)
            case AtLeast(count, limbs):
                parts = [self.rails(limb, within) for limb in limbs]
                return Rails(
                    _at_least(count, [part.true for part in parts]),
                    _at_least(len(parts) - count + 1, [part.false for part in parts]),
                )
            case Holds(name):
                return self.is_yes(self.reader.named(name, within))
            case OneOf(name, options):
                return self.is_among(self.reader.named(name, within), options)
            case Compare() | Between():
                compared = comparisons(self.reader, tree, within)
                return _all_hold([self.compared(comparison) for comparison in compared])
        raise TypeError(tree)

    def is_yes(self, source: object) -> Rails:
        """Return the rails of a yes or no, or of one choice of several."""
        assert isinstance(source, TruthInput)
        column = f"{source.name}_{source.part}" if source.part else source.name
        return Rails(
            _all(f"{column} = 1", self.current(source, answer=True)),
            _all(f"{column} = 0", self.current(source, answer=False)),
        )

    def is_among(self, source: object, options: Iterable[str]) -> Rails:
        """Return the rails of a choice that is one of `options`."""
        assert isinstance(source, ChoiceInput)
        chosen = set(options)

        def among(keys: list[str]) -> str:
            by_guard: dict[str, list[str]] = {}
            for key in keys:
                by_guard.setdefault(self.current(source, answer=key), []).append(key)
            return _any(*(_all(_is_one_of(source.name, keys), guard) for guard, keys in by_guard.items()))

        return Rails(
            among([key for key in source.fact.choices if key in chosen]),
            among([key for key in source.fact.choices if key not in chosen]),
        )

    def current(self, source: FactInput, answer: str | bool | None = None) -> str:
        """Return when an answer, if there is one, is not too old."""
        life = source.lives[answer] if source.by_answer and answer is not None else source.life
        if not source.ages or life is None:
            return TRUE
        on = f"{source.name}_on"
        recent = f"{on} >= {self.start(life)}"
        if source.short is None:
            return recent
        assert source.fact.fresher_when is not None
        longer = self.rails(self.catalogue.trees[source.fact.fresher_when.rule], None).false
        return _all(recent, _any(f"{on} >= {self.start(source.short)}", longer))

    def start(self, length: Duration) -> int:
        """Return the first day of the window of that length, as yyyymmdd."""
        return day_number(lookback(self.as_of, length.count, length.unit))

    def compared(self, comparison: Comparison) -> Rails:
        """Return the rails of one number against one threshold."""
        operator = comparison.operator
        if operator in ("=", "<>"):
            equal = _all_hold([self.reached(comparison, ">="), ~self.reached(comparison, ">")])
            return equal if operator == "=" else ~equal
        if operator in (">=", ">"):
            return self.reached(comparison, operator)
        return ~self.reached(comparison, ">=" if operator == "<" else ">")

    def reached(self, comparison: Comparison, operator: str) -> Rails:
        """Return the rails of a number that is the threshold or more (>=), or more than that (>)."""
        threshold, strict = comparison.threshold, operator == ">"
        years = (math.floor(threshold) + 1 if strict else math.ceil(threshold)) * 10000
        match comparison.source:
            case DateInput() as then:
                start = self.start(Duration(int(threshold), comparison.unit))
                sign, opposite = ("<", ">=") if strict else ("<=", ">")
                return self.dated(
                    then, f"{then.name}_last {sign} {start}", f"{then.name}_first {opposite} {start}"
                )
            case AgeInput(source=birth):
                latest = day_number(self.as_of) - years
                return self.dated(birth, f"{birth.name}_last <= {latest}", f"{birth.name}_first > {latest}")
            case AgeAtInput(birth=birth, then=then):
                shortest = f"{then.name}_first - {birth.name}_last"
                longest = f"{then.name}_last - {birth.name}_first"
                both = self.dated(birth, f"{shortest} >= {years}", f"{longest} < {years}")
                return self.dated(then, both.true, both.false)
            case CountInput(name=name):
                return Value(f"{name}_low", f"{name}_high").reaches(operator, threshold)
            case ExpressionInput(tree=tree) as worked_out:
                return self.value(tree, _Scope(worked_out.within)).reaches(operator, threshold)
            case NumberInput() as number if number.formula is not None:
                return self.number(number, comparison.unit).reaches(operator, threshold)
            case NumberInput() as number:
                return self.in_any_unit(number, comparison.unit, operator, threshold)
        raise TypeError(comparison.source)

    def dated(self, source: DateInput, true: str, false: str) -> Rails:
        """Return the rails of a date's comparison, while its answer is current."""
        guard = self.current(source)
        return Rails(_all(guard, true), _all(guard, false))

    def in_any_unit(self, source: NumberInput, unit: str, operator: str, threshold: float) -> Rails:
        """Return the rails of an answered number: the threshold lies in each unit it may be stored in."""
        fact, strict = source.fact, operator == ">"
        cuts = {unit: threshold} if not fact.units else cut_points(fact, unit, threshold, strict=strict)

        def reached(number: NumberInput) -> Rails:
            ends = [
                Value(f"{stem}_low", f"{stem}_high").reaches(
                    operator if stored == unit else ">=", threshold if stored == unit else cuts[stored]
                )
                for stored, stem in _stems(number.fact)
            ]
            guard = self.current(number)
            return Rails(
                _all(guard, _any(*(end.true for end in ends))),
                _all(guard, _any(*(end.false for end in ends))),
            )

        def floored(floors: tuple[NumberInput, ...]) -> str:
            return _any(
                *(
                    _any(
                        reached(floor).true,
                        _all(f"{self.stored(floor)} IS NULL", floored(_without(floor.floors, floors))),
                    )
                    for floor in floors
                )
            )

        own = reached(source)
        missing = f"{self.stored(source)} IS NULL"
        return Rails(_any(own.true, _all(missing, floored(source.floors))), own.false)

    def stored(self, source: NumberInput) -> str:
        """Return SQL that is NULL where a number has no current answer."""
        ends = [f"{stem}_low" for _, stem in _stems(source.fact)]
        return _when(self.current(source), _first(ends))

    def typed_otherwise(self, tree: Condition, within: Duration | None) -> str:
        """Return when some number that `tree` names was typed in another unit than the one it names."""
        found = []
        for text in dict.fromkeys(names_in(tree)):
            unit = self.catalogue.names[text].unit
            source = self.reader.named(text, within)
            if not isinstance(source, NumberInput) or not unit:
                continue
            if source.formula is not None or source.floors:
                raise RuleError(f"{text} may be worked out, so it has no unit it was typed in")
            others = [f"{stem}_low IS NOT NULL" for stored, stem in _stems(source.fact) if stored != unit]
            found.append(_all(self.current(source), _any(*others)))
        return _any(*found)

    def value(self, tree: Expression, scope: _Scope) -> Value:
        """Return an expression worked out at both ends; what is multiplied or divided is never negative."""
        match tree:
            case Number(number):
                return Value(_literal(number), _literal(number))
            case Named(text):
                return self.named(self.catalogue.names[text], scope)
            case Arithmetic(operator, left, right):
                return _joined(operator, self.value(left, scope), self.value(right, scope), right)
            case Call("FLOOR", (inner,)):
                return _mapped(lambda end: f"FLOOR({end})", self.value(inner, scope))
            case Call("POWER", (base, Number(exponent))):
                power = _mapped(lambda end: f"POWER({end}, {_literal(exponent)})", self.value(base, scope))
                return power if exponent >= 0 else _turned(power)
            case Call("POWER", (Number(base), exponent)):
                power = _mapped(lambda end: f"POWER({_literal(base)}, {end})", self.value(exponent, scope))
                return power if base >= 1 else _turned(power)
            case Call(function, (first, second)):
                extreme = _least if function == "LEAST" else _greatest
                one, other = self.value(first, scope), self.value(second, scope)
                return Value(extreme(one.low, other.low), extreme(one.high, other.high), _guards(one, other))
        raise TypeError(tree)

    def named(self, name: Name, scope: _Scope) -> Value:
        """Return the number that a name in an expression stands for."""
        match name.kind:
            case "number":
                return self.number(self.reader.number(name.fact, scope.within), name.unit)
            case "age" if scope.measured is not None:
                return self.years(BIRTH, f"{scope.measured.name}_on", f"{scope.measured.name}_on")
            case "age" | "elapsed":
                today = str(day_number(self.as_of))
                return self.years(name.fact, today, today)
            case "age_at":
                years = self.years(BIRTH, f"{name.fact}_first", f"{name.fact}_last")
                return Value(
                    years.low, years.high, (*years.guards, self.current(self.reader.date(name.fact)))
                )
        return Value(f"{name.text}_low", f"{name.text}_high", unbounded=True)

    def years(self, fact: str, first: str, last: str) -> Value:
        """Return the completed years from the date `fact` to a day between two others."""
        return Value(
            f"FLOOR(({first} - {fact}_last) / 10000.0e0)",
            f"FLOOR(({last} - {fact}_first) / 10000.0e0)",
            (self.current(self.reader.date(fact)),),
        )
