"""The same rule as a SQL condition over a table with one row per person.

Every condition is written as two: when it is surely true and when it is surely false. A comparison
asks the low end of what is known for the one and the high end for the other, so NULL only ever
means "not surely", and no engine's own logic of NULL decides anything:

    CASE WHEN <surely true> THEN 1 WHEN <surely false> THEN 0 END

The day of assessment is fixed when a rule is written: windows start on dates that stand in the SQL
as integers yyyymmdd. SQLite needs FLOOR and POWER, which it has where it was built with them.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce

from screening.clinical.dates import DateSpan, Duration, day_number, lookback, read_duration
from screening.clinical.hypoglycemia import CLARKE_ANSWERS, CLARKE_FREQUENCIES, CLARKE_QUESTIONS
from screening.clinical.units import CONVERSIONS
from screening.rules.answers import Answer, Answers
from screening.rules.conditions import Comparison, Compiler, comparisons, cut_points
from screening.rules.facts import BIRTH, EVENT_WINDOWS, Catalogue, Fact, Name
from screening.rules.inputs import (
    AgeAtInput,
    AgeInput,
    ChoiceInput,
    CountInput,
    DateInput,
    ExpressionInput,
    FactInput,
    Input,
    NumberInput,
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
from screening.rules.reader import Reader

DIALECTS = ("duckdb", "sqlite", "postgres", "spark", "bigquery", "snowflake", "tsql")
AS_WRITTEN = ("duckdb", "sqlite")
"""The dialects that read a condition just as it is written here."""
TRUE, FALSE = "1 = 1", "1 = 0"

Cell = float | int | str | None


def columns(catalogue: Catalogue) -> list[tuple[str, str]]:
    """Return the columns of the staging table, each with its SQL type.

    A number has a low and a high end, equal where it is known exactly, in the unit it was typed in;
    a date has the first and the last day it may be; `_on` is the earliest day an answer may be of,
    `_on_last` the latest where a formula asks for it. Days are integers yyyymmdd, a yes is 1, a no
    is 0. What is not known, and the upper end of a count that has none, is NULL.

    Raises:
        ValueError: two facts would share a column.
    """
    sampled = {_sampled(catalogue, text) for fact in catalogue.facts.values() for text in _formulas(fact)}
    found: list[tuple[str, str]] = []
    for fact in catalogue.facts.values():
        if fact.asked:
            found += _columns_of(fact)
            if fact.name in sampled:
                found.append((f"{fact.name}_on_last", "INTEGER"))
    for name in catalogue.names.values():
        if name.kind == "events":
            found += [(f"{name.text}_low", "DOUBLE"), (f"{name.text}_high", "DOUBLE")]
    repeated = [column for column, count in Counter(column for column, _ in found).items() if count > 1]
    if repeated:
        raise ValueError(f"two facts have the column {repeated[0]}")
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


def _formulas(fact: Fact) -> list[str]:
    return [case.formula for case in fact.cases] + ([fact.formula] if fact.formula is not None else [])


def _sampled(catalogue: Catalogue, formula: str) -> str:
    """Return the fact on whose day an age in a formula counts: the first number; empty for none."""
    names = [catalogue.names[text] for text in names_in(catalogue.trees[formula])]
    if all(name.kind != "age" for name in names):
        return ""
    return next((name.fact for name in names if name.kind == "number"), "")


def row(catalogue: Catalogue, answers: Answers) -> dict[str, Cell]:
    """Return one person's row of the staging table: a cell for every column."""
    cells: dict[str, Cell] = dict.fromkeys(name for name, _ in columns(catalogue))
    for answer in answers.known.values():
        cells |= (cell for cell in _cells(catalogue.facts[answer.fact], answer) if cell[0] in cells)
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
    if answer.on is not None:
        yield f"{fact.name}_on", day_number(answer.on.first)
        yield f"{fact.name}_on_last", day_number(answer.on.last)


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
    return answers.history.judged[name.part].bounds(start, answers.as_of, answers.as_of)


def condition_sql(
    catalogue: Catalogue,
    tree: Condition,
    as_of: date,
    within: Duration | None = None,
    dialect: str = "duckdb",
    *,
    computed: bool = False,
) -> str:
    """Return a rule as a SQL expression that is 1, 0 or NULL for each row of the staging table.

    Args:
        catalogue: the facts the rule names.
        tree: the rule.
        as_of: the day of assessment.
        within: the age the rule allows answers; None for each fact's own.
        dialect: one of DIALECTS.
        computed: whether the table also has the columns of `computed_columns`.

    Raises:
        RuleError: the rule cannot be expressed; says which and why.
    """
    try:
        rails = _Writer(catalogue, as_of, computed=computed).rails(tree, within)
    except RuleError as error:
        raise RuleError(f"{write(tree)!r} cannot be written as SQL: {error}") from None
    return _in_dialect(rails.sql, dialect)


def criterion_sql(
    catalogue: Catalogue,
    criterion: Criterion,
    trees: Mapping[str, Condition],
    as_of: date,
    dialect: str = "duckdb",
    *,
    computed: bool = False,
) -> str:
    """Return a criterion's condition as SQL; where the source's wording is unclear, it is NULL.

    Args:
        catalogue: the facts the criterion names.
        criterion: the criterion.
        trees: the parsed rules by their text.
        as_of: the day of assessment.
        dialect: one of DIALECTS.
        computed: whether the table also has the columns of `computed_columns`.

    Raises:
        RuleError: the criterion cannot be expressed; says which and why.
    """
    within = read_duration(criterion.within) if criterion.within is not None else None
    writer = _Writer(catalogue, as_of, computed=computed)
    try:
        rails = writer.rails(trees[criterion.rule], within)
        if criterion.unclear is not None:
            tree = trees[criterion.unclear]
            clear = writer.rails(tree, within).false
            if criterion.in_typed_unit:
                clear = _any([clear, writer.typed_otherwise(tree, within)])
            rails = Rails(_all(rails.true, clear), _all(rails.false, clear))
    except RuleError as error:
        raise RuleError(f"{criterion.id} cannot be written as SQL: {error}") from None
    return _in_dialect(rails.sql, dialect)


def computed_columns(catalogue: Catalogue, as_of: date, dialect: str = "duckdb") -> list[tuple[str, str]]:
    """Return columns that may be added to the staging table, each with its SQL: the derived facts.

    They keep conditions short, and each formula is worked out once a row.

    Raises:
        RuleError: a formula cannot be expressed; says which and why.
    """
    writer, found = _Writer(catalogue, as_of), []
    for fact in catalogue.facts.values():
        if fact.derived:
            try:
                value = writer.number(writer.reader.number(fact.name, None), fact.canonical_unit).guarded()
            except RuleError as error:
                raise RuleError(f"{fact.name} cannot be written as SQL: {error}") from None
            found += [(f"{fact.name}_computed_low", value.low), (f"{fact.name}_computed_high", value.high)]
    return [(name, _in_dialect(sql, dialect)) for name, sql in found]


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
        ways = [(self.true, 1), (self.false, 0)]
        branches = [f"WHEN {way} THEN {cell}" for way, cell in ways if way != FALSE]
        return f"CASE {' '.join(branches)} END" if branches else "CAST(NULL AS INTEGER)"


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

    def mapped(self, change: Callable[[str], str]) -> "Value":
        """Return the same with both ends changed."""
        return replace(self, low=change(self.low), high=change(self.high))

    def turned(self) -> "Value":
        """Return the same with its ends exchanged."""
        return replace(self, low=self.high, high=self.low)

    def guarded(self) -> "Value":
        """Return the same with its guards inside."""
        return replace(self.mapped(lambda end: _when(_all(*self.guards), end)), guards=())


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where the names of an expression are looked up.

    Attributes:
        within: the age the rule allows answers.
        sampled: the fact on whose day an age counts; empty for today.
    """

    within: Duration | None
    sampled: str = ""


class _Writer:
    """Writes the rules of one day."""

    def __init__(self, catalogue: Catalogue, as_of: date, *, computed: bool = False) -> None:
        self.catalogue, self.as_of, self.in_columns = catalogue, as_of, computed
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
                return _all_hold([self.compared(comparison, within) for comparison in compared])
        raise TypeError(tree)

    def is_yes(self, source: Input) -> Rails:
        """Return the rails of a yes or no, or of one choice of several."""
        assert isinstance(source, TruthInput)
        column = f"{source.name}_{source.part}" if source.part else source.name
        return Rails(
            _all(f"{column} = 1", self.current(source, answer=True)),
            _all(f"{column} = 0", self.current(source, answer=False)),
        )

    def is_among(self, source: Input, options: Iterable[str]) -> Rails:
        """Return the rails of a choice that is one of `options`."""
        assert isinstance(source, ChoiceInput)
        chosen = set(options)

        def among(keys: list[str]) -> str:
            by_guard: dict[str, list[str]] = {}
            for key in keys:
                by_guard.setdefault(self.current(source, answer=key), []).append(key)
            return _any(_all(_is_one_of(source.name, same), guard) for guard, same in by_guard.items())

        return Rails(
            among([key for key in source.fact.choices if key in chosen]),
            among([key for key in source.fact.choices if key not in chosen]),
        )

    def current(self, source: FactInput, answer: str | bool | None = None) -> str:
        """Return when an answer, if there is one, is not too old."""
        life = source.lives[answer] if answer is not None and source.by_answer else source.life
        if not source.ages or life is None:
            return TRUE
        on = f"{source.name}_on"
        recent = f"{on} >= {self.start(life)}"
        if source.short is None:
            return recent
        assert source.fact.fresher_when is not None
        rule = self.catalogue.trees[source.fact.fresher_when.rule]
        return _all(recent, _any([f"{on} >= {self.start(source.short)}", self.rails(rule, None).false]))

    def start(self, length: Duration) -> int:
        """Return the first day of the window of that length, as yyyymmdd."""
        return day_number(lookback(self.as_of, length.number, length.unit))

    def compared(self, comparison: Comparison, within: Duration | None) -> Rails:
        """Return the rails of one number against one threshold."""
        operator = comparison.operator
        if operator in ("=", "<>"):
            enough, too_much = (self.reached(comparison, sign, within) for sign in (">=", ">"))
            equal = _all_hold([enough, ~too_much])
            return equal if operator == "=" else ~equal
        if operator in (">=", ">"):
            return self.reached(comparison, operator, within)
        return ~self.reached(comparison, ">=" if operator == "<" else ">", within)

    def reached(self, comparison: Comparison, operator: str, within: Duration | None) -> Rails:
        """Return the rails of a number that is the threshold or more (>=), or more than it (>)."""
        source, threshold, strict = comparison.source, comparison.threshold, operator == ">"
        years = (math.floor(threshold) + 1 if strict else math.ceil(threshold)) * 10000
        match source:
            case DateInput(name=name):
                start = self.start(Duration(int(threshold), comparison.unit))
                before, after = ("<", ">=") if strict else ("<=", ">")
                rails = Rails(f"{name}_last {before} {start}", f"{name}_first {after} {start}")
                return self.while_current(rails, source)
            case AgeInput(source=since):
                latest = day_number(self.as_of) - years
                rails = Rails(f"{since.name}_last <= {latest}", f"{since.name}_first > {latest}")
                return self.while_current(rails, since)
            case AgeAtInput(birth=birth, then=then):
                shortest = f"{then.name}_first - {birth.name}_last"
                longest = f"{then.name}_last - {birth.name}_first"
                rails = Rails(f"{shortest} >= {years}", f"{longest} < {years}")
                return self.while_current(rails, birth, then)
            case CountInput(name=text):
                return self.counted(self.catalogue.names[text]).reaches(operator, threshold)
            case ExpressionInput(tree=tree):
                return self.value(tree, _Scope(within)).reaches(operator, threshold)
            case NumberInput(formula=None):
                return self.in_any_unit(source, comparison.unit, operator, threshold)
            case NumberInput(fact=fact):
                cuts = self.cuts(fact, comparison.unit, operator, threshold)
                return self.number(source, fact.canonical_unit).reaches(*cuts[fact.canonical_unit])
        raise TypeError(source)

    def while_current(self, rails: Rails, *sources: FactInput) -> Rails:
        """Return `rails` for answers that are not too old."""
        guards = [self.current(source) for source in sources]
        return Rails(_all(*guards, rails.true), _all(*guards, rails.false))

    @staticmethod
    def cuts(fact: Fact, unit: str, operator: str, threshold: float) -> dict[str, tuple[str, float]]:
        """Return, per unit a number may be stored in, the comparison that stands for the rule's own."""
        moved = cut_points(fact, unit, threshold, strict=operator == ">")
        return {stored: (">=", cut) for stored, cut in moved.items()} | {unit: (operator, threshold)}

    def in_any_unit(self, source: NumberInput, unit: str, operator: str, threshold: float) -> Rails:
        """Return the rails of an answered number, which lies in one of the columns of its units."""
        cuts = self.cuts(source.fact, unit, operator, threshold)

        def reached(number: NumberInput) -> Rails:
            stems = _stems(number.fact)
            ends = [Value(f"{stem}_low", f"{stem}_high").reaches(*cuts[stored]) for stored, stem in stems]
            rails = Rails(_any(end.true for end in ends), _any(end.false for end in ends))
            return self.while_current(rails, number)

        def floors_reach(number: NumberInput, known: frozenset[NumberInput]) -> str:
            floors = [floor for floor in self.floors(number) if floor not in known]
            known |= set(floors)
            return _any(
                limb
                for floor in floors
                for limb in (
                    reached(floor).true,
                    _all(f"{self.stored(floor)} IS NULL", floors_reach(floor, known)),
                )
            )

        own, floored = reached(source), floors_reach(source, frozenset())
        return Rails(_any([own.true, _all(f"{self.stored(source)} IS NULL", floored)]), own.false)

    @staticmethod
    def floors(source: NumberInput) -> tuple[NumberInput, ...]:
        """Return the numbers that a missing one is at least."""
        for floor in source.floors:
            if floor.formula is not None:
                raise RuleError(f"{source.name} is at least {floor.name}, which is worked out")
        return source.floors

    def stored(self, source: NumberInput) -> str:
        """Return SQL that is NULL where a number has no current answer."""
        return _when(self.current(source), _first([f"{stem}_low" for _, stem in _stems(source.fact)]))

    def typed_otherwise(self, tree: Condition, within: Duration | None) -> str:
        """Return when a number that `tree` names was typed in another unit than that of the name."""
        found = []
        for text in dict.fromkeys(names_in(tree)):
            unit, source = self.catalogue.names[text].unit, self.reader.named(text, within)
            if not isinstance(source, NumberInput) or not unit:
                continue
            if source.formula is not None or source.floors:
                raise RuleError(f"{text} may be worked out, so it has no unit it was typed in")
            others = [f"{stem}_low IS NOT NULL" for stored, stem in _stems(source.fact) if stored != unit]
            found.append(_all(self.current(source), _any(others)))
        return _any(found)

    def value(self, tree: Expression, scope: _Scope) -> Value:
        """Return an expression worked out at both ends; what is multiplied or divided is never negative."""
        match tree:
            case Number(number):
                return Value(_literal(number), _literal(number))
            case Named(text):
                return self.named(self.catalogue.names[text], scope)
            case Arithmetic(operator, left, right):
                return self.joined(operator, left, right, scope)
            case Call("FLOOR", (inner,)):
                return self.bounded(inner, scope).mapped(lambda end: f"FLOOR({end})")
            case Call("POWER", (base, Number(exponent))):
                written = _literal(exponent)
                power = self.bounded(base, scope).mapped(lambda end: f"POWER({end}, {written})")
                return power if exponent >= 0 else power.turned()
            case Call("POWER", (Number(constant), exponent)):
                written = _literal(constant)
                power = self.bounded(exponent, scope).mapped(lambda end: f"POWER({written}, {end})")
                return power if constant >= 1 else power.turned()
            case Call(function, (first, second)):
                extreme = _least if function == "LEAST" else _greatest
                one, other = self.bounded(first, scope), self.bounded(second, scope)
                return Value(
                    extreme(one.low, other.low), extreme(one.high, other.high), one.guards + other.guards
                )
        raise TypeError(tree)

    def bounded(self, tree: Expression, scope: _Scope) -> Value:
        """Return an expression worked out, which must have an upper end wherever it has a lower one."""
        value = self.value(tree, scope)
        if value.unbounded:
            raise RuleError(f"{write(tree)} may have no upper end: calculate with it by + - * / only")
        return value

    def joined(self, operator: str, left: Expression, right: Expression, scope: _Scope) -> Value:
        """Return two expressions joined by an operator."""
        one, other = self.value(left, scope), self.value(right, scope)
        guards, unbounded = one.guards + other.guards, one.unbounded or other.unbounded
        if operator == "/" and (not isinstance(right, Number) or right.value == 0):
            low = f"({one.low} / NULLIF({other.high}, 0.0e0))"
            if other.unbounded:
                low = f"CASE WHEN {other.high} IS NULL THEN 0.0e0 * ({one.low} + {other.low}) ELSE {low} END"
            return Value(low, f"({one.high} / NULLIF({other.low}, 0.0e0))", guards, unbounded=True)
        last, first = (other.high, other.low) if operator == "-" else (other.low, other.high)
        return Value(f"({one.low} {operator} {last})", f"({one.high} {operator} {first})", guards, unbounded)

    def named(self, name: Name, scope: _Scope) -> Value:
        """Return the number that a name in an expression stands for."""
        match name.kind:
            case "number":
                return self.number(self.reader.number(name.fact, scope.within), name.unit)
            case "age" if scope.sampled:
                last = f"COALESCE({scope.sampled}_on_last, {scope.sampled}_on)"
                return self.years(BIRTH, f"{scope.sampled}_on", last)
            case "age" | "elapsed":
                today = str(day_number(self.as_of))
                return self.years(name.fact, today, today)
            case "age_at":
                years = self.years(BIRTH, f"{name.fact}_first", f"{name.fact}_last")
                guard = self.current(self.reader.date(name.fact))
                return replace(years, guards=(*years.guards, guard))
        return self.counted(name)

    def counted(self, name: Name) -> Value:
        """Return a number of severe events, while the day its window starts on is known."""
        since = () if name.unit in EVENT_WINDOWS else (self.current(self.reader.date("aid_start_date")),)
        return Value(f"{name.text}_low", f"{name.text}_high", since, unbounded=True)

    def years(self, since: str, first: str, last: str) -> Value:
        """Return the completed years from the date `since` to a day that lies between two others."""
        return Value(
            f"FLOOR(({first} - {since}_last) / 10000.0e0)",
            f"FLOOR(({last} - {since}_first) / 10000.0e0)",
            (self.current(self.reader.date(since)),),
        )

    def number(self, source: NumberInput, unit: str) -> Value:
        """Return a numeric fact in `unit`: as answered, as worked out, or both."""
        fact = source.fact
        if source.formula is not None:
            value = self.derived(source)
            return value.mapped(_converted(fact.canonical_unit, unit))
        answered, floors = self.answered(source, unit), self.floors(source)
        if not floors:
            return answered
        answered = answered.guarded()
        lows = [self.number(floor, unit).guarded().low for floor in floors]
        return Value(_first([answered.low, reduce(_greatest_known, lows)]), answered.high, unbounded=True)

    def derived(self, source: NumberInput) -> Value:
        """Return a derived fact in its canonical unit, beside its own answer where it is asked too."""
        fact = source.fact
        computed = self.computed(fact, source.within)
        if self.in_columns and source.within is None:
            stem = f"{fact.name}_computed"
            return Value(f"{stem}_low", f"{stem}_high", unbounded=computed.unbounded)
        if not fact.asked:
            return computed
        if computed.unbounded:
            raise RuleError(f"{fact.name} is asked, and its formula may have no upper end")
        return _hull(self.answered(source, fact.canonical_unit).guarded(), computed.guarded())

    def answered(self, source: NumberInput, unit: str) -> Value:
        """Return a number as answered, converted to `unit`."""
        stems = [(_converted(stored, unit), stem) for stored, stem in _stems(source.fact)]
        low, high = (_first([convert(f"{stem}_{end}") for convert, stem in stems]) for end in ("low", "high"))
        return Value(low, high, (self.current(source),))

    def computed(self, fact: Fact, within: Duration | None) -> Value:
        """Return a fact as its formula gives it: by the case that holds, or between those that may."""
        if fact.calculation == "clarke":
            return self.clarke(within)
        cases = [(self.rails(self.catalogue.trees[case.when], None), case.formula) for case in fact.cases]
        if fact.formula is not None:
            cases.append((Rails(TRUE, FALSE), fact.formula))
        values = [self.formula(text, within) for _, text in cases]
        if len(cases) == 1 and fact.formula is not None:
            return values[0]
        shared = tuple(guard for guard in values[0].guards if all(guard in one.guards for one in values))
        ends = [
            replace(one, guards=tuple(guard for guard in one.guards if guard not in shared)).guarded()
            for one in values
        ]
        rails = [rails for rails, _ in cases]
        return Value(
            _chosen(rails, [end.low for end in ends], _least),
            _chosen(rails, [end.high for end in ends], _greatest),
            shared,
            any(one.unbounded for one in values),
        )

    def formula(self, text: str, within: Duration | None) -> Value:
        """Return a formula worked out; an age in it is that on the day of the first number it names."""
        tree, sampled = self.catalogue.trees[text], _sampled(self.catalogue, text)
        if sampled and not self.catalogue.facts[sampled].asked:
            raise RuleError(f"{sampled} is of no day on which {BIRTH} would give an age")
        return self.value(tree, _Scope(within, sampled))

    def clarke(self, within: Duration | None) -> Value:
        """Return the Clarke score from the answers to its eight questions."""
        sources = {question: self.reader.named(f"clarke_{question}", within) for question in CLARKE_QUESTIONS}
        given, points = [], []
        for question, source in sources.items():
            if isinstance(source, ChoiceInput):
                given.append(self.is_among(source, source.fact.choices).true)
                scores = CLARKE_ANSWERS.get(question)
                if scores is not None:
                    points.append(self.is_among(source, [answer for answer in scores if scores[answer]]))
            elif isinstance(source, TruthInput):
                points.append(self.is_yes(source))
                given += [points[-1].true, points[-1].false]
            else:
                assert isinstance(source, NumberInput)
                given.append(f"{self.stored(source)} IS NOT NULL")
                points.append(self.in_any_unit(source, "", ">=", 1.0))
        points.append(self.unnoticed(sources["q5"], sources["q6"]))
        known = _any(given)
        low = " + ".join(f"CASE WHEN {point.true} THEN 1.0e0 ELSE 0.0e0 END" for point in points)
        high = " + ".join(f"CASE WHEN {point.false} THEN 0.0e0 ELSE 1.0e0 END" for point in points)
        return Value(f"({low})", f"({high})", (known,))

    def unnoticed(self, felt: Input, unfelt: Input) -> Rails:
        """Return the rails of the point for more lows without symptoms than with."""
        often = CLARKE_FREQUENCIES
        less = [
            _all(self.is_among(felt, often[:rank]).true, self.is_among(unfelt, [often[rank]]).true)
            for rank in range(1, len(often))
        ]
        no_less = [
            _all(self.is_among(felt, often[rank:]).true, self.is_among(unfelt, [often[rank]]).true)
            for rank in range(1, len(often))
        ]
        settled = [self.is_among(unfelt, often[:1]).true, self.is_among(felt, often[-1:]).true]
        return Rails(_any(less), _any([*settled, *no_less]))


def _all_hold(rails: list[Rails]) -> Rails:
    """Return Kleene's AND: true where all are, false where any is."""
    return Rails(_all(*(one.true for one in rails)), _any(one.false for one in rails))


def _all(*limbs: str) -> str:
    kept = dict.fromkeys(limb for limb in limbs if limb != TRUE)
    return FALSE if FALSE in kept else " AND ".join(kept) or TRUE


def _any(limbs: Iterable[str]) -> str:
    kept = list(dict.fromkeys(limb for limb in limbs if limb != FALSE))
    if TRUE in kept:
        return TRUE
    return f"({' OR '.join(kept)})" if len(kept) > 1 else kept[0] if kept else FALSE


def _at_least(count: int, limbs: list[str]) -> str:
    """Return the condition that `count` of `limbs` hold."""
    if count == 1:
        return _any(limbs)
    if count == len(limbs):
        return _all(*limbs)
    return f"{' + '.join(f'CASE WHEN {limb} THEN 1 ELSE 0 END' for limb in limbs)} >= {count}"


def _is_one_of(column: str, keys: list[str]) -> str:
    written = ["'" + key.replace("'", "''") + "'" for key in keys]
    return f"{column} = {written[0]}" if len(written) == 1 else f"{column} IN ({', '.join(written)})"


def _literal(number: float) -> str:
    """Return a number with an exponent, so that every engine reads it as a double."""
    return f"{number!r}" if "e" in repr(number) else f"{number!r}e0"


def _when(guard: str, value: str) -> str:
    return value if guard == TRUE else f"CASE WHEN {guard} THEN {value} END"


def _first(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"COALESCE({', '.join(values)})"


def _least(one: str, other: str) -> str:
    return f"CASE WHEN {one} <= {other} THEN {one} WHEN {one} > {other} THEN {other} END"


def _greatest(one: str, other: str) -> str:
    return f"CASE WHEN {one} >= {other} THEN {one} WHEN {one} < {other} THEN {other} END"


def _greatest_known(one: str, other: str) -> str:
    return f"CASE WHEN {one} >= {other} THEN {one} ELSE COALESCE({other}, {one}) END"


def _converted(stored: str, unit: str) -> Callable[[str], str]:
    """Return what writes a number stored in one unit in another."""
    if stored == unit:
        return lambda end: end
    conversion = CONVERSIONS[stored, unit]
    factor, offset = _literal(float(conversion.factor)), float(conversion.offset)
    if offset == 0:
        return lambda end: f"{factor} * {end}"
    return lambda end: f"({factor} * {end} + {_literal(offset)})"


def _hull(answered: Value, computed: Value) -> Value:
    """Return a number both answered and worked out: as answered where the other leaves it room."""
    no_lower = f"{answered.low} <= {computed.low} OR {answered.high} <= {computed.high}"
    no_higher = f"{answered.high} >= {computed.high} OR {answered.low} >= {computed.low}"
    return Value(
        f"CASE WHEN {no_lower} THEN {answered.low} ELSE COALESCE({computed.low}, {answered.low}) END",
        f"CASE WHEN {no_higher} THEN {answered.high} ELSE COALESCE({computed.high}, {answered.high}) END",
    )


def _chosen(rails: list[Rails], ends: list[str], extreme: Callable[[str, str], str]) -> str:
    """Return the end that belongs to the first case that holds, or the extreme of those that may be it."""

    def after(place: int, possible: tuple[str, ...]) -> str:
        if place == len(rails):
            return reduce(extreme, possible) if possible else "NULL"
        here = rails[place]
        if_false, if_open = after(place + 1, possible), after(place + 1, (*possible, ends[place]))
        if_true = reduce(extreme, (*possible, ends[place]))
        if here.true == TRUE:
            return if_true
        last = "" if if_open == if_true else f" WHEN {here.true} THEN {if_true}"
        return f"CASE WHEN {here.false} THEN {if_false}{last} ELSE {if_open} END"

    return after(0, ())
