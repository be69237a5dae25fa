"""What an expression can be worth, and what its operators and functions do to values.

Everything is checked: an operation either has an exact meaning that every target language
shares, or it is an :class:`ExpressionError`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from archspec.expressions.errors import ExpressionError, nearest, shortened

Value: TypeAlias = "bool | int | float | str | tuple[Value, ...] | None"
Number: TypeAlias = "int | float"

LARGEST_INT = 2**53
"""Beyond this size an integer and a float64 of the same value need not agree."""

FUNCTIONS: Mapping[str, bool] = {
    "abs": False,
    "ceil": False,
    "floor": False,
    "len": False,
    "max": True,
    "min": True,
    "sum": False,
}
"""Every function, and whether it takes more than one argument."""

_ARITHMETIC: Mapping[str, Callable[[Number, Number], Number]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
}
_ORDER: Mapping[str, Callable[[Number, Number], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def describe_value(value: Value) -> str:
    """What ``value`` is, for a message: ``the string 'abc'``."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return shortened(f"the list [{', '.join(_shown(item) for item in value[:20])}]")
    noun = {int: "integer", float: "number"}.get(type(value), "string")
    return f"the {noun} {_shown(value)}"


def checked(value: Value) -> Value:
    """``value``, where its numbers are within the language's bounds.

    Raises:
        ExpressionError: an integer beyond 2**53 in size, or a float that is not finite.
    """
    if isinstance(value, tuple):
        for item in value:
            checked(item)
    elif isinstance(value, float) and not -math.inf < value < math.inf:
        raise ExpressionError("the number is too large")
    elif isinstance(value, int) and abs(value) > LARGEST_INT:
        raise ExpressionError("the integer is beyond 2**53 in size")
    return value


def negate(value: Value) -> Value:
    """``-value``."""
    return -_numbers("-", [value])[0]


def invert(value: Value) -> bool:
    """``not value``."""
    return not truth("not", value)


def truth(where: str, value: Value) -> bool:
    """``value``, which must be a boolean as the operand of ``where``."""
    if not isinstance(value, bool):
        raise ExpressionError(
            f"`{where}` expects a boolean, received {describe_value(value)}",
            hint="compare with something, such as `x > 0` or `x != none`",
        )
    return value


def arithmetic(op: str, left: Value, right: Value) -> Value:
    """``left op right`` for ``+ - * / // %``; ``//`` and ``%`` round towards minus infinity."""
    a, b = _numbers(op, [left, right])
    try:
        return checked(_ARITHMETIC[op](a, b))
    except ZeroDivisionError:
        raise ExpressionError(f"`{_shown(a)} {op} {_shown(b)}` divides by zero") from None
    except OverflowError:
        raise ExpressionError("the number is too large") from None


def compare(op: str, left: Value, right: Value) -> bool:
    """``left op right``: numbers can be ordered, values of one sort, and none, be equal."""
    if op in _ORDER:
        a, b = _numbers(op, [left, right])
        return _ORDER[op](a, b)
    if left is not None and right is not None and _sort(left) != _sort(right):
        raise ExpressionError(
            f"`{op}` cannot compare {describe_value(left)} with {describe_value(right)}"
        )
    return (left == right) is (op == "==")


def item(base: Value, index: Value) -> Value:
    """``base[index]``, counted from 0; there are no negative indices."""
    if not isinstance(base, tuple):
        raise ExpressionError(f"`[...]` expects a list, received {describe_value(base)}")
    if isinstance(index, bool) or not isinstance(index, int):
        hint = "`//` divides to an integer" if isinstance(index, float) else None
        raise ExpressionError(
            f"an index is an integer, received {describe_value(index)}", hint=hint
        )
    if not 0 <= index < len(base):
        raise ExpressionError(
            f"index {_shown(index)} is outside {describe_value(base)}",
            hint=f"indices here are 0 to {len(base) - 1}" if base else "the list is empty",
        )
    return base[index]


def call(function: str, arguments: Sequence[Value]) -> Value:
    """The value of a call of one of ``FUNCTIONS``."""
    check_call(function, len(arguments))
    first = arguments[0]
    match function:
        case "len":
            return len(_list(function, first))
        case "sum":
            total: Value = 0
            for each in _numbers(function, _list(function, first)):
                total = arithmetic("+", total, each)
            return total
        case "min" | "max":
            among = _list(function, first) if len(arguments) == 1 else arguments
            if not among:
                raise ExpressionError(f"`{function}` of an empty list")
            numbers = _numbers(function, among)
            return min(numbers) if function == "min" else max(numbers)
    number = _numbers(function, [first])[0]
    if function == "abs":
        return abs(number)
    return checked(math.floor(number) if function == "floor" else math.ceil(number))


def check_call(function: str, count: int) -> None:
    """Raises ExpressionError unless ``function`` is known and takes ``count`` arguments."""
    if function not in FUNCTIONS:
        raise ExpressionError(
            f"`{shortened(function)}` is not a function", hint=nearest(function, FUNCTIONS)
        )
    if count != 1 and not (FUNCTIONS[function] and count > 1):
        expected = "at least one argument" if FUNCTIONS[function] else "one argument"
        raise ExpressionError(f"`{function}` expects {expected}, received {count}")


def _numbers(where: str, values: Sequence[Value]) -> list[Number]:
    numbers: list[Number] = []
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float):
            noun = "a number" if where in ("abs", "ceil", "floor") else "numbers"
            raise ExpressionError(f"`{where}` expects {noun}, received {describe_value(value)}")
        checked(value)
        numbers.append(value)
    return numbers


def _list(where: str, value: Value) -> tuple[Value, ...]:
    if not isinstance(value, tuple):
        raise ExpressionError(f"`{where}` expects a list, received {describe_value(value)}")
    return value


def _sort(value: Value) -> type:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float
    return type(value)


def _shown(value: Value) -> str:
    if isinstance(value, int) and abs(value) > 10 * LARGEST_INT:
        return "beyond 2**53"
    if isinstance(value, tuple):
        return f"[{', '.join(_shown(item) for item in value[:20])}]"
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return shortened(repr(value))
