"""Formulas over numbers that are known to lie in an interval: both ends from the ends of the parts.

What is multiplied, divided or raised to a power is never negative, so that each end follows from one
end of every part.
"""

import math
from collections.abc import Callable, Mapping, Sequence

from screening.rules.language import Arithmetic, Call, Expression, Named, Number, RuleError, write

End = Callable[[Sequence[float], Sequence[float]], float]
"""One end of a number, from the same ends of its parts, and from their other ends."""


def one_end(tree: Expression, places: Mapping[str, int]) -> End:
    """Return the function for either end of `tree`.

    Called with the low ends of the parts first it gives the low end, with the high ends first the high one.

    Args:
        tree: the formula.
        places: where each name stands in the two sequences.

    Raises:
        RuleError: it multiplies, divides or raises what may be negative.
        ZeroDivisionError: from the function, where the whole divisor may only be 0.
    """
    match tree:
        case Number(value):
            return lambda same, other: value
        case Named(name):
            place = places[name]
            return lambda same, other: same[place]
        case Arithmetic(operator, left, right):
            if operator in ("*", "/") and (may_be_negative(left) or may_be_negative(right)):
                raise RuleError(f"{write(tree)} may be negative: multiply and divide before subtracting")
            if isinstance(left, Number) and operator == "*":
                return _times(left.value, one_end(right, places))
            if isinstance(right, Number) and operator == "/" and right.value:
                return _over(one_end(left, places), right.value)
            return _joined(operator, one_end(left, places), one_end(right, places))
        case Call("FLOOR", (inner,)):
            return _floored(one_end(inner, places))
        case Call("POWER", (base, exponent)):
            if may_be_negative(base):
                raise RuleError(f"{write(base)} may be negative: POWER takes a positive base")
            return _power(base, exponent, one_end(base, places), one_end(exponent, places))
        case Call(function, (first, second)):
            extreme = min if function == "LEAST" else max
            return _extreme(extreme, one_end(first, places), one_end(second, places))
    raise TypeError(tree)


def may_be_negative(tree: Expression) -> bool:
    """Whether `tree` has a part that can be below 0: measurements and ages cannot."""
    match tree:
        case Number(value):
            return value < 0
        case Arithmetic("-", _, _):
            return True
        case Arithmetic(_, left, right):
            return may_be_negative(left) or may_be_negative(right)
        case Call("FLOOR" | "LEAST" | "GREATEST", arguments):
            return any(map(may_be_negative, arguments))
    return False


def _times(factor: float, right: End) -> End:
    return lambda same, other: factor * right(same, other)


def _over(left: End, divisor: float) -> End:
    return lambda same, other: left(same, other) / divisor


def _joined(operator: str, left: End, right: End) -> End:
    match operator:
        case "+":
            return lambda same, other: left(same, other) + right(same, other)
        case "-":
            return lambda same, other: left(same, other) - right(other, same)
        case "*":
            return lambda same, other: left(same, other) * right(same, other)

    def quotient(same: Sequence[float], other: Sequence[float]) -> float:
        divisor = right(other, same)
        if divisor == 0 and right(same, other) != 0:
            return math.inf
        return left(same, other) / divisor

    return quotient


def _floored(inner: End) -> End:
    def floored(same: Sequence[float], other: Sequence[float]) -> float:
        found = inner(same, other)
        return found if math.isinf(found) else float(math.floor(found))

    return floored


def _extreme(extreme: Callable[[float, float], float], first: End, second: End) -> End:
    return lambda same, other: extreme(first(same, other), second(same, other))


def _power(base: Expression, exponent: Expression, base_end: End, exponent_end: End) -> End:
    """Return base to the exponent, one of which is a constant; the base is positive."""
    falls = (isinstance(exponent, Number) and exponent.value < 0) or (
        isinstance(base, Number) and base.value < 1
    )
    if isinstance(exponent, Number):
        power = exponent.value
        if falls:
            return lambda same, other: math.pow(base_end(other, same), power)
        return lambda same, other: math.pow(base_end(same, other), power)
    if falls:
        return lambda same, other: math.pow(base_end(other, same), exponent_end(other, same))
    return lambda same, other: math.pow(base_end(same, other), exponent_end(same, other))
