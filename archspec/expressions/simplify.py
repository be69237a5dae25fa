"""Simplification of single nodes: what makes generated expressions short.

A simplified expression has the value of the original wherever the original has one (an
operand that is dropped, as in ``0 * x``, is no longer checked). Constants are joined as
integers are: ``(x + 32) + 32`` becomes ``x + 64``, which for a float ``x`` may round otherwise.
An operation that fails on constants is left as it is written.
"""

from __future__ import annotations

from archspec.expressions import values
from archspec.expressions.errors import ExpressionError
from archspec.expressions.nodes import (
    Binary,
    Call,
    Compare,
    Conditional,
    Const,
    Expr,
    Index,
    Logic,
    Tuple,
    Unary,
)
from archspec.expressions.values import LARGEST_INT, Value


def simplified(node: Expr) -> Expr:
    """``node``, whose children are simplified already, in its simplest form."""
    if node.children and all(isinstance(child, Const) for child in node.children):
        try:
            return Const(_folded(node, [c.value for c in node.children if isinstance(c, Const)]))
        except ExpressionError:
            return node
    match node:
        case Binary("+" | "-"):
            return _sum(node)
        case Binary("*", left, right):
            if _is_int(left, 0) or _is_int(right, 1):
                return left
            return right if _is_int(left, 1) or _is_int(right, 0) else node
        case Unary(op, Unary(inner, operand)) if op == inner:
            return operand
        case Compare("==" | "!=" as op, left, right) if left == right:
            return Const(op == "==")
        case Logic():
            return _logic(node)
        case Conditional(test, then, otherwise):
            if isinstance(test, Const) and isinstance(test.value, bool):
                return then if test.value else otherwise
            return then if then == otherwise else node
        case Index(Tuple(items), Const(int(index))) if type(index) is int:
            return items[index] if 0 <= index < len(items) else node
        case Call("len", (Tuple(items),)):
            return Const(len(items))
        case Call("min" | "max" as function, arguments) if len(arguments) > 1:
            distinct = tuple(dict.fromkeys(arguments))
            return distinct[0] if len(distinct) == 1 else Call(function, distinct)
        case Tuple(()):
            return Const(())
    return node


def _folded(node: Expr, inner: list[Value]) -> Value:
    match node:
        case Tuple():
            return values.checked(tuple(inner))
        case Index():
            return values.item(*inner)
        case Unary(op):
            return values.negate(*inner) if op == "-" else values.invert(*inner)
        case Binary(op):
            return values.arithmetic(op, *inner)
        case Compare(comparison):
            return values.compare(comparison, *inner)
        case Logic(logic):
            left, right = (values.truth(logic, each) for each in inner)
            return (left and right) if logic == "and" else (left or right)
        case Conditional():
            return inner[1] if values.truth("if", inner[0]) else inner[2]
        case Call(function):
            return values.call(function, inner)
    raise ExpressionError("not a constant")


def _sum(node: Binary) -> Expr:
    """``x + 0``, ``0 + x``, ``x - 0``, and two constants on either side of a sum joined."""
    base, constant = _apart(node)
    if base is None:
        return node
    inner, inner_constant = _apart(base)
    if inner is None:
        written_last = base is node.left
        if constant == 0:
            return base
        return _offset(base, constant) if written_last else node
    total = constant + inner_constant
    if abs(total) > LARGEST_INT:
        return node
    if total == 0:
        return inner
    return _offset(inner, total)


def _offset(base: Expr, constant: int) -> Expr:
    return Binary("+" if constant > 0 else "-", base, Const(abs(constant)))


def _apart(expr: Expr) -> tuple[Expr | None, int]:
    """``x`` and ``c`` of ``x + c``, ``c + x`` and ``x - c`` with an integer ``c``."""
    match expr:
        case Binary("+", left, Const(int(value))) if type(value) is int:
            return left, value
        case Binary("-", left, Const(int(value))) if type(value) is int:
            return left, -value
        case Binary("+", Const(int(value)), right) if type(value) is int:
            return right, value
    return None, 0


def _logic(node: Logic) -> Expr:
    """The absorbing and the neutral element, and equal operands."""
    absorbing = node.op == "or"
    for this, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(this, Const) and isinstance(this.value, bool):
            return this if this.value is absorbing else other
    return node.left if node.left == node.right else node


def _is_int(expr: Expr, value: int) -> bool:
    return isinstance(expr, Const) and type(expr.value) is int and expr.value == value
