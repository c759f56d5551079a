"""The rule language: SQL's boolean expressions over fact names, parsed by sqlglot.

sqlglot reads far more than the language allows and drops some of what it reads, so a rule is
refused unless every node is on the list here and writing the tree back gives the words it was
made from. A tree is plain data: it is kept as JSON, so that sqlglot is only needed for new text.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from sqlglot import expressions as exp

MAX_LENGTH = 2000
MAX_NESTING = 15
OPERATORS = ("=", "<>", "<", "<=", ">", ">=")
OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
"""The operator that holds just where each one does not."""
FUNCTIONS = ("FLOOR", "LEAST", "GREATEST", "POWER")
"""What a formula may call; a rule may call none of them."""

NameKind = Literal["number", "choice", "truth"]


class RuleError(ValueError):
    """A rule's text is not of the language; the message says what was found and what to do."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written."""

    value: float


@dataclass(frozen=True, slots=True)
class Named:
    """The number a name stands for."""

    name: str


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two expressions joined by + - * or /."""

    operator: str
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True, slots=True)
class Call:
    """One of FUNCTIONS and its arguments."""

    function: str
    arguments: tuple["Expression", ...]


Expression = Number | Named | Arithmetic | Call


@dataclass(frozen=True, slots=True)
class And:
    """All limbs hold."""

    limbs: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Some limb holds."""

    limbs: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The limb does not hold."""

    limb: "Condition"


@dataclass(frozen=True, slots=True)
class AtLeast:
    """At least `count` limbs hold."""

    count: int
    limbs: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """Two numbers compared by one of OPERATORS."""

    left: Expression
    operator: str
    right: Expression


@dataclass(frozen=True, slots=True)
class Between:
    """A number from `low` to `high`, both included."""

    value: Expression
    low: Expression
    high: Expression


@dataclass(frozen=True, slots=True)
class OneOf:
    """A choice that is one of `options`."""

    name: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holds:
    """A yes."""

    name: str


Condition = And | Or | Not | AtLeast | Compare | Between | OneOf | Holds
Tree = Condition | Expression
Read = TypeVar("Read", bound=Tree)


_LEXEME = re.compile(
    r"(?P<space>\s+)|(?P<number>[0-9]+(?:\.[0-9]+)?(?![A-Za-z0-9_.]))|(?P<word>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<text>'[A-Za-z0-9_ <>+-]*')|(?P<sign><=|>=|<>|[=<>+\-*/(),])",
    re.ASCII,
)
_HINTS = {
    "--": "comments are not allowed: put them in notes",
    "/*": "comments are not allowed: put them in notes",
    ";": "one rule is one condition: take out ';'",
    '"': "take out the double quotes: names stand bare, choices in single quotes",
    "`": "take out the backquotes: names stand bare",
    "==": "write = for equal",
    "!=": "write <> for not equal",
}
_KEYWORDS = {"AND", "OR", "NOT", "BETWEEN", "IN", "AT_LEAST", *FUNCTIONS}


def tokens(text: str) -> list[str]:
    """Return the words and signs of a rule, keywords in capitals.

    Raises:
        RuleError: the text is too long, nested too deep, or has something the language has not.
    """
    if len(text) > MAX_LENGTH:
        raise RuleError(
            f"the rule has {len(text)} characters: {MAX_LENGTH} are allowed, so split the criterion"
        )
    if not text.isascii():
        found = next(character for character in text if not character.isascii())
        raise RuleError(f"found {found!r}: write the rule in ASCII, like >= for 'at least'")
    for sign, hint in _HINTS.items():
        if sign in text:
            raise RuleError(f"found {sign!r}: {hint}")
    found_tokens, place, depth, negations = [], 0, 0, 0
    while place < len(text):
        lexeme = _LEXEME.match(text, place)
        if lexeme is None:
            raise RuleError(
                f"found {text[place : place + 12]!r}: write numbers like 7.5, choices like 'type_1'"
            )
        place = lexeme.end()
        token = lexeme.group()
        if lexeme.lastgroup == "space":
            continue
        if lexeme.lastgroup == "word" and token.upper() in _KEYWORDS:
            token = token.upper()
        depth += (token == "(") - (token == ")")
        negations = negations + 1 if token == "NOT" else negations if token == "(" else 0
        if max(depth, negations) > MAX_NESTING:
            raise RuleError(f"nested more than {MAX_NESTING} deep: split the criterion")
        found_tokens.append(token)
    if not found_tokens:
        raise RuleError("the rule is empty: write a condition like hba1c_percent <= 9.5")
    return found_tokens


def parse_condition(
    text: str, names: Mapping[str, NameKind], options: Mapping[str, tuple[str, ...]]
) -> Condition:
    """Return the tree of a rule.

    Args:
        text: a condition, like `age BETWEEN 18 AND 65`.
        names: what each name a rule may use stands for.
        options: the choices of each name of kind `choice`.

    Raises:
        RuleError: it is not of the language; nothing is guessed.
    """
    return _Reader(names, options, functions=()).condition_of(text)


def parse_formula(text: str, names: Mapping[str, NameKind]) -> Expression:
    """Return the tree of a derived fact's formula; it may also call FUNCTIONS.

    Raises:
        RuleError: it is not of the language.
    """
    return _Reader(names, {}, functions=FUNCTIONS).expression_of(text)


class _Reader:
    """Turns sqlglot's nodes into a tree, refusing all that is not on its list."""

    def __init__(
        self,
        names: Mapping[str, NameKind],
        options: Mapping[str, tuple[str, ...]],
        functions: tuple[str, ...],
    ) -> None:
        self.names, self.options, self.functions = names, options, functions

    def condition_of(self, text: str) -> Condition:
        written = tokens(text)
        return self._as_written(self.condition(self._parsed(text), 0), written)

    def expression_of(self, text: str) -> Expression:
        written = tokens(text)
        return self._as_written(self.expression(self._parsed(text), 0), written)

    @staticmethod
    def _parsed(text: str) -> "exp.Expr":
        import sqlglot

        try:
            return sqlglot.parse_one(text)
        except (sqlglot.errors.SqlglotError, RecursionError) as error:
            raise RuleError(f"not a SQL condition: {str(error).splitlines()[0]}") from None

    @staticmethod
    def _as_written(tree: Read, written: list[str]) -> Read:
        if _bare(tokens(write(tree))) != _bare(written):
            raise RuleError(
                f"only {write(tree)!r} was understood: write the rule in that form, and nothing else"
            )
        return tree

    def condition(self, node: "exp.Expr", depth: int) -> Condition:
        from sqlglot import expressions as exp

        if depth > MAX_NESTING:
            raise RuleError(f"nested more than {MAX_NESTING} deep: split the criterion")
        deeper = depth + 1
        match node:
            case exp.Paren(this=inner):
                return self.condition(inner, deeper)
            case exp.And():
                return And(tuple(self.condition(limb, deeper) for limb in node.flatten()))
            case exp.Or():
                return Or(tuple(self.condition(limb, deeper) for limb in node.flatten()))
            case exp.Not(this=exp.In() as inner):
                return Not(self.condition(inner, deeper))
            case exp.Not(this=inner):
                return Not(self.condition(inner, deeper))
            case exp.Between():
                value, low, high = (
                    self.expression(node.args[part], deeper) for part in ("this", "low", "high")
                )
                return Between(value, low, high)
            case exp.In(this=exp.Column() as column) if set(_given(node)) == {"this", "expressions"}:
                return self.one_of(column, node.expressions)
            case exp.EQ() | exp.NEQ() | exp.LT() | exp.LTE() | exp.GT() | exp.GTE():
                return self.comparison(node, deeper)
            case exp.Column():
                name = self.name(node)
                if self.names[name] != "truth":
                    raise RuleError(f"{name} is not a yes or no: compare it with a value")
                return Holds(name)
            case exp.Anonymous() if str(node.this).upper() == "AT_LEAST":
                return self.at_least(node.expressions, deeper)
        raise RuleError(f"found {node.sql()!r}: a rule joins comparisons with AND, OR, NOT and AT_LEAST")

    def comparison(self, node: "exp.Binary", depth: int) -> Condition:
        from sqlglot import expressions as exp

        signs = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
        operator, left, right = signs[type(node)], node.this, node.expression
        if isinstance(left, exp.Column) and self.names.get(self.name(left)) == "choice":
            if operator not in ("=", "<>"):
                raise RuleError(f"{left.sql()} is a choice: compare it with = or <>")
            same = self.one_of(left, [right])
            return same if operator == "=" else Not(same)
        return Compare(self.expression(left, depth), operator, self.expression(right, depth))

    def at_least(self, arguments: list["exp.Expr"], depth: int) -> AtLeast:
        from sqlglot import expressions as exp

        if len(arguments) < 3 or not isinstance(arguments[0], exp.Literal) or arguments[0].is_string:
            raise RuleError(
                "write AT_LEAST(2, first, second, third): a whole number, then two or more conditions"
            )
        limbs = tuple(self.condition(limb, depth) for limb in arguments[1:])
        count = float(arguments[0].this)
        if not count.is_integer() or not 1 <= count <= len(limbs):
            raise RuleError(f"AT_LEAST counts from 1 to {len(limbs)} here, not {arguments[0].this}")
        return AtLeast(int(count), limbs)

    def one_of(self, column: "exp.Column", written: list["exp.Expr"]) -> OneOf:
        from sqlglot import expressions as exp

        name = self.name(column)
        if self.names[name] != "choice":
            raise RuleError(
                f"{name} is not a choice: compare its number, or name it alone if it is a yes or no"
            )
        chosen = []
        for option in written:
            if not isinstance(option, exp.Literal) or not option.is_string:
                raise RuleError(
                    f"found {option.sql()!r}: write the choices of {name} in quotes, like 'type_1'"
                )
            if option.this not in self.options[name]:
                raise RuleError(
                    f"{name} has no choice {option.this!r}{did_you_mean(option.this, self.options[name])}"
                )
            chosen.append(option.this)
        return OneOf(name, tuple(chosen))

    def expression(self, node: "exp.Expr", depth: int) -> Expression:
        from sqlglot import expressions as exp

        if depth > MAX_NESTING:
            raise RuleError(f"nested more than {MAX_NESTING} deep: split the criterion")
        deeper = depth + 1
        match node:
            case exp.Paren(this=inner):
                return self.expression(inner, deeper)
            case exp.Literal() if not node.is_string:
                return Number(float(node.this))
            case exp.Neg(this=exp.Literal() as literal) if not literal.is_string:
                return Number(-float(literal.this))
            case exp.Add() | exp.Sub() | exp.Mul() | exp.Div():
                sign = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Div: "/"}[type(node)]
                return Arithmetic(
                    sign, self.expression(node.this, deeper), self.expression(node.expression, deeper)
                )
            case exp.Column():
                name = self.name(node)
                if self.names[name] != "number":
                    raise RuleError(
                        f"{name} is not a number: it cannot be compared or calculated with as one"
                    )
                return Named(name)
            case exp.Floor() | exp.Least() | exp.Greatest() | exp.Pow():
                return self.call(node, deeper)
        raise RuleError(f"found {node.sql()!r}: calculate with numbers, names and + - * / only")

    def call(self, node: "exp.Expr", depth: int) -> Call:
        function = {"pow": "POWER"}.get(node.key, node.key.upper())
        if function not in self.functions:
            raise RuleError(f"found {function}: a rule calls no function but AT_LEAST")
        given = [
            part for part in (node.this, node.args.get("expression"), *node.expressions) if part is not None
        ]
        arguments = tuple(self.expression(part, depth) for part in given)
        if len(arguments) != (1 if function == "FLOOR" else 2):
            raise RuleError(f"{function} takes {'one value' if function == 'FLOOR' else 'two values'}")
        if function == "POWER" and not any(isinstance(part, Number) for part in arguments):
            raise RuleError(
                "POWER takes a number as its base or exponent, like POWER(x, -1.2) or POWER(0.99, x)"
            )
        return Call(function, arguments)

    def name(self, column: "exp.Expr") -> str:
        if set(_given(column)) != {"this"}:
            raise RuleError(f"found {column.sql()!r}: names have no dots")
        name = str(column.name)
        if name not in self.names:
            raise RuleError(f"no fact is named {name!r}{did_you_mean(name, self.names)}")
        return name


def _bare(written: list[str]) -> list[str | float]:
    return [float(token) if token[0].isdigit() else token for token in written if token not in "()"]


def _given(node: "exp.Expr") -> list[str]:
    return [key for key, value in node.args.items() if value not in (None, [], False)]


def did_you_mean(found: str, known: Mapping[str, Any] | tuple[str, ...] | list[str]) -> str:
    """Return the end of a sentence that names the nearest of `known`, or lists a few.

    A number named without its unit is nearest to its names with one.
    """
    near = [name for name in known if name.startswith(f"{found}_")][:3]
    near = near or difflib.get_close_matches(found, list(known), n=1, cutoff=0.6)
    if near:
        return f": did you mean {' or '.join(map(repr, near))}?"
    return f": use one of {', '.join(sorted(known))}" if 0 < len(known) <= 12 else ""


def write_number(value: float) -> str:
    """Return `value` in plain decimals, whole numbers without a point."""
    return (
        str(int(value))
        if value.is_integer()
        else format(value, ".15f").rstrip("0")
        if abs(value) < 1
        else repr(value)
    )


@singledispatch
def write(tree: Tree) -> str:
    """Return the text of a tree in the rule language, with the parentheses it needs."""
    raise TypeError(tree)


def _inside(tree: Tree) -> str:
    return f"({write(tree)})" if isinstance(tree, And | Or | Arithmetic | Between) else write(tree)


@write.register
def _(tree: Number) -> str:
    return write_number(tree.value)


@write.register
def _(tree: Named | Holds) -> str:
    return tree.name


@write.register
def _(tree: Arithmetic) -> str:
    return f"{_inside(tree.left)} {tree.operator} {_inside(tree.right)}"


@write.register
def _(tree: Call) -> str:
    return f"{tree.function}({', '.join(map(write, tree.arguments))})"


@write.register
def _(tree: And) -> str:
    return " AND ".join(map(_inside, tree.limbs))


@write.register
def _(tree: Or) -> str:
    return " OR ".join(map(_inside, tree.limbs))


@write.register
def _(tree: Not) -> str:
    match tree.limb:
        case OneOf(name, (only,)):
            return f"{name} <> '{only}'"
        case OneOf(name, options):
            return f"{name} NOT IN ({', '.join(map(repr, options))})"
    return f"NOT {_inside(tree.limb)}"


@write.register
def _(tree: AtLeast) -> str:
    return f"AT_LEAST({tree.count}, {', '.join(map(write, tree.limbs))})"


@write.register
def _(tree: Compare) -> str:
    return f"{_inside(tree.left)} {tree.operator} {_inside(tree.right)}"


@write.register
def _(tree: Between) -> str:
    return f"{_inside(tree.value)} BETWEEN {_inside(tree.low)} AND {_inside(tree.high)}"


@write.register
def _(tree: OneOf) -> str:
    if len(tree.options) == 1:
        return f"{tree.name} = '{tree.options[0]}'"
    return f"{tree.name} IN ({', '.join(map(repr, tree.options))})"


def limbs_of(tree: Tree) -> tuple[Tree, ...]:
    """Return what stands directly inside `tree`."""
    match tree:
        case And(limbs) | Or(limbs) | AtLeast(_, limbs):
            return limbs
        case Not(limb):
            return (limb,)
        case Compare(left, _, right) | Arithmetic(_, left, right):
            return (left, right)
        case Between(value, low, high):
            return (value, low, high)
        case Call(_, arguments):
            return arguments
    return ()


def names_in(tree: Tree) -> Iterator[str]:
    """Yield every name in `tree`, in order of writing, repeats included."""
    if isinstance(tree, Named | Holds | OneOf):
        yield tree.name
    for limb in limbs_of(tree):
        yield from names_in(limb)


_NODES: dict[str, type[Any]] = {
    node.__name__: node
    for node in (Number, Named, Arithmetic, Call, And, Or, Not, AtLeast, Compare, Between, OneOf, Holds)
}


def to_data(tree: Tree) -> list[Any]:
    """Return `tree` as lists, strings and numbers, fit for JSON."""
    return [type(tree).__name__, *(_part_to_data(getattr(tree, field)) for field in tree.__slots__)]


def _part_to_data(part: Any) -> Any:
    if isinstance(part, tuple):
        return [_part_to_data(item) for item in part]
    return part if isinstance(part, str | int | float) else to_data(part)


def from_data(data: list[Any]) -> Any:
    """Return the tree that `to_data` wrote."""
    return _NODES[data[0]](*map(_part_from_data, data[1:]))


def _part_from_data(part: Any) -> Any:
    if not isinstance(part, list):
        return part
    if part and isinstance(part[0], str) and part[0] in _NODES:
        return from_data(part)
    return tuple(map(_part_from_data, part))
