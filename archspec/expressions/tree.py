"""Expression trees: their nodes, and what can be asked of them and done to them.

A tree is immutable and hashable. Its constructors (``Binary("+", x, y)``) build what they
say; operators on trees (``x + 1``), ``substitute`` and ``simplify`` build simplified trees.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from archspec.expressions.errors import ExpressionError, nearest, shortened
from archspec.expressions.nodes import (
    MAX_DEPTH,
    MAX_PARTS,
    Binary,
    BinaryOp,
    Call,
    Compare,
    CompareOp,
    Conditional,
    Const,
    Expr,
    Index,
    Logic,
    LogicOp,
    Member,
    Name,
    Tuple,
    Unary,
    UnaryOp,
)
from archspec.expressions.simplify import simplified
from archspec.expressions.values import Value

__all__ = [
    "MAX_DEPTH",
    "MAX_PARTS",
    "Binary",
    "BinaryOp",
    "Call",
    "Compare",
    "CompareOp",
    "Conditional",
    "Const",
    "Expr",
    "Index",
    "Logic",
    "LogicOp",
    "Member",
    "Name",
    "Tuple",
    "Unary",
    "UnaryOp",
    "Value",
    "as_expr",
    "bind_members",
    "free_names",
    "is_const",
    "names_in_order",
    "simplify",
    "size",
    "substitute",
]


def as_expr(value: Expr | Value | Sequence[object]) -> Expr:
    """``value`` as an expression; a tuple or list of constants becomes one constant.

    Raises:
        TypeError: ``value`` holds something that is no value of the language.
    """
    if isinstance(value, Expr):
        return value
    if value is None or isinstance(value, bool | int | float | str):
        return Const(value)
    if isinstance(value, tuple | list):
        # A tuple folds even where an item is out of bounds: evaluation reports that item.
        items = tuple(as_expr(item) for item in value)
        constants = tuple(item.value for item in items if isinstance(item, Const))
        return Const(constants) if len(constants) == len(items) else Tuple(items)
    raise TypeError(f"not a value of the expression language: {type(value).__name__}")


def is_const(expr: Expr) -> bool:
    """Whether ``expr`` is a value that is written out."""
    return isinstance(expr, Const)


def size(expr: Expr) -> int:
    """How many nodes ``expr`` has."""
    return expr.parts


def names_in_order(expr: Expr) -> tuple[str, ...]:
    """The names that ``expr`` uses, each once, in order of first use from left to right."""
    return tuple(dict.fromkeys(_names(expr)))


def free_names(expr: Expr) -> frozenset[str]:
    """The names that ``expr`` uses (see ``names_in_order`` where the order matters)."""
    return frozenset(_names(expr))


def simplify(expr: Expr) -> Expr:
    """``expr`` in its simplest form."""
    return substitute(expr, {})


def substitute(expr: Expr, mapping: Mapping[str, Expr]) -> Expr:
    """``expr`` with expressions in place of names, simplified.

    Bind members before putting a tuple in place of a name.

    Raises:
        ExpressionError: the result would be larger than an expression may be.
    """
    if isinstance(expr, Name):
        return mapping.get(expr.name, expr)
    if not expr.children:
        return simplified(expr)
    return simplified(expr.rebuilt([substitute(child, mapping) for child in expr.children]))


def bind_members(expr: Expr, members: Mapping[str, tuple[str, ...]]) -> Expr:
    """``expr`` with ``c2.reduce`` replaced by ``c2[0]``, and otherwise as it is written.

    Args:
        expr: the expression.
        members: for each name whose value is a tuple with named members, their names.

    Raises:
        ExpressionError: a member, or the name it belongs to, is unknown.
    """
    if isinstance(expr, Member):
        return Index(expr.base, Const(member_position(expr, members)))
    if not expr.children:
        return expr
    return expr.rebuilt([bind_members(child, members) for child in expr.children])


def member_position(expr: Member, members: Mapping[str, tuple[str, ...]]) -> int:
    """The index that the member ``expr`` stands for.

    Raises:
        ExpressionError: the member, or the name it belongs to, is unknown.
    """
    if not isinstance(expr.base, Name):
        raise ExpressionError(
            f"`.{shortened(expr.member)}` follows something that is not a parameter",
            hint="index it instead, such as `x[0]`",
        )
    name = expr.base.name
    known = members.get(name, ())
    if not known:
        raise ExpressionError(
            f"`{shortened(name)}` has no named members",
            hint=f"index it instead, such as `{shortened(name)}[0]`",
        )
    if expr.member not in known:
        raise ExpressionError(
            f"`{name}` has no member `{shortened(expr.member)}`, only {', '.join(known)}",
            hint=nearest(expr.member, known),
        )
    return known.index(expr.member)


def _names(expr: Expr) -> Iterator[str]:
    if isinstance(expr, Name):
        yield expr.name
    for child in expr.children:
        yield from _names(child)
