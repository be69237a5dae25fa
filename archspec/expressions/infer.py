"""The kind of an expression's value, as far as it can be told without values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archspec.expressions.errors import ExpressionError, nearest, shortened
from archspec.expressions.nodes import (
    Binary,
    Call,
    Compare,
    Conditional,
    Const,
    Expr,
    Index,
    Logic,
    Member,
    Name,
    Tuple,
    Unary,
)
from archspec.expressions.tree import member_position
from archspec.expressions.types import (
    Activation,
    BlockReference,
    Bool,
    Enumeration,
    Float,
    Int,
    Kind,
    ListOf,
    Optional,
    TupleOf,
)
from archspec.expressions.values import Value, check_call


def infer(expr: Expr, kinds: Mapping[str, Kind | None]) -> Kind | None:
    """The kind of ``expr`` where its names have the ``kinds`` (None where a kind is unknown).

    A value that may be none is taken to be there, since a condition may have made sure of it.

    Returns:
        the kind, without bounds where it is computed; None where it is unknown.

    Raises:
        ExpressionError: ``expr`` is wrong whatever its names are worth.
    """
    match expr:
        case Const(value):
            return _kind_of(value)
        case Name(name):
            if name not in kinds:
                raise ExpressionError(
                    f"`{shortened(name)}` is not defined", hint=nearest(name, kinds)
                )
            return kinds[name]
        case Tuple(items):
            return _tuple([infer(item, kinds) for item in items])
        case Member():
            return _member(expr, kinds)
        case Index(base, index):
            return _item(infer(base, kinds), infer(index, kinds), index)
        case Unary("-", operand):
            return _arithmetic("-", [infer(operand, kinds)])
        case Unary("not", operand):
            return _truth("not", infer(operand, kinds))
        case Binary(op, left, right):
            result = _arithmetic(op, [infer(left, kinds), infer(right, kinds)])
            return Float() if op == "/" else result
        case Compare(op, left, right):
            return _comparison(op, infer(left, kinds), infer(right, kinds))
        case Logic(op, left, right):
            _truth(op, infer(left, kinds))
            return _truth(op, infer(right, kinds))
        case Conditional(test, then, otherwise):
            _truth("if", infer(test, kinds))
            return _either(infer(then, kinds), infer(otherwise, kinds))
        case Call(function, arguments):
            return _call(function, [infer(argument, kinds) for argument in arguments])
    raise TypeError(f"not an expression: {type(expr).__name__}")


def _kind_of(value: Value) -> Kind | None:
    if isinstance(value, tuple):
        return _tuple([_kind_of(item) for item in value])
    if isinstance(value, str):
        return Enumeration((value,))
    simple: dict[type, Kind] = {bool: Bool(), int: Int(), float: Float()}
    return simple.get(type(value))


def _tuple(items: Sequence[Kind | None]) -> Kind | None:
    known = tuple(item for item in items if item is not None)
    return TupleOf(known) if len(known) == len(items) else None


def _member(expr: Member, kinds: Mapping[str, Kind | None]) -> Kind | None:
    base = infer(expr.base, kinds)
    kind = _present(base)
    if kind is None:
        return None
    named = kind if isinstance(kind, TupleOf) else TupleOf(())
    members = {expr.base.name: named.names} if isinstance(expr.base, Name) else {}
    return named.items[member_position(expr, members)]


def _item(base: Kind | None, index: Kind | None, written: Expr) -> Kind | None:
    kind, position = _present(base), _present(index)
    if position is not None and not isinstance(position, Int):
        hint = "`//` divides to an integer" if isinstance(position, Float) else None
        raise ExpressionError(f"an index is an integer, not {position.describe()}", hint=hint)
    if kind is None:
        return None
    if isinstance(kind, ListOf):
        return kind.item
    if not isinstance(kind, TupleOf):
        raise ExpressionError(f"`[...]` expects a list, not {kind.describe()}")
    if isinstance(written, Const) and isinstance(written.value, int):
        if not 0 <= written.value < len(kind.items):
            raise ExpressionError(f"index {written.value} is outside {kind.describe()}")
        return kind.items[written.value]
    return kind.items[0] if len(set(kind.items)) == 1 else None


def _arithmetic(where: str, operands: Sequence[Kind | None]) -> Kind | None:
    present = [_present(operand) for operand in operands]
    for kind in present:
        if kind is not None and not isinstance(kind, Int | Float):
            noun = "a number" if len(operands) == 1 else "numbers"
            raise ExpressionError(f"`{where}` expects {noun}, not {kind.describe()}")
    if any(isinstance(kind, Float) for kind in present):
        return Float()
    return None if None in present else Int()


def _truth(where: str, operand: Kind | None) -> Kind:
    kind = _present(operand)
    if kind is not None and not isinstance(kind, Bool):
        raise ExpressionError(
            f"`{where}` expects a boolean, not {kind.describe()}",
            hint="compare with something, such as `x > 0` or `x != none`",
        )
    return Bool()


def _comparison(op: str, left: Kind | None, right: Kind | None) -> Kind:
    if op not in ("==", "!="):
        _arithmetic(op, [left, right])
        return Bool()
    first, second = _present(left), _present(right)
    if first is None or second is None:
        return Bool()
    if _sort(first) is not _sort(second):
        raise ExpressionError(f"`{op}` compares {first.describe()} with {second.describe()}")
    if isinstance(first, Enumeration) and isinstance(second, Enumeration):
        written, declared = sorted((first, second), key=lambda kind: len(kind.values))
        if not set(first.values) & set(second.values):
            raise ExpressionError(
                f"`{op}` compares {written.describe()} with {declared.describe()}",
                hint=nearest(written.values[0], declared.values) if written.values else None,
            )
    return Bool()


def _either(then: Kind | None, otherwise: Kind | None) -> Kind | None:
    """The kind of a value that is of one kind or of the other."""
    if then == otherwise or then is None or otherwise is None:
        return then if then == otherwise else None
    if isinstance(then, Optional) or isinstance(otherwise, Optional):
        joined = _either(_present(then), _present(otherwise))
        return None if joined is None else Optional(joined)
    if isinstance(then, Int | Float) and isinstance(otherwise, Int | Float):
        return _arithmetic("if", [then, otherwise])
    if isinstance(then, Enumeration) and isinstance(otherwise, Enumeration):
        return Enumeration(tuple(dict.fromkeys(then.values + otherwise.values)))
    return None


def _call(function: str, arguments: Sequence[Kind | None]) -> Kind | None:
    check_call(function, len(arguments))
    takes_list = function in ("len", "sum") or (function in ("min", "max") and len(arguments) == 1)
    if not takes_list:
        result = _arithmetic(function, arguments)
        return Int() if function in ("floor", "ceil") else result
    kind = _present(arguments[0])
    if kind is not None and not isinstance(kind, TupleOf | ListOf):
        raise ExpressionError(f"`{function}` expects a list, not {kind.describe()}")
    if function == "len":
        return Int()
    if isinstance(kind, ListOf):
        return _arithmetic(function, [kind.item, kind.item])
    if kind is None:
        return None
    if not kind.items and function != "sum":
        raise ExpressionError(f"`{function}` of an empty list")
    return _arithmetic(function, [*kind.items, Int()])


def _present(kind: Kind | None) -> Kind | None:
    return _present(kind.item) if isinstance(kind, Optional) else kind


def _sort(kind: Kind) -> type[Kind]:
    for several in ((Int, Float), (TupleOf, ListOf), (Enumeration, Activation, BlockReference)):
        if isinstance(kind, several):
            return several[0]
    return type(kind)
