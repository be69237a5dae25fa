"""The value of an expression."""

from __future__ import annotations

from collections.abc import Mapping

from archspec.expressions import values
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
from archspec.expressions.values import Value


def evaluate(expr: Expr, env: Mapping[str, Value]) -> Value:
    """The value of ``expr`` where its names have the values ``env``.

    ``and``, ``or`` and conditionals evaluate only what they need; ``//`` and ``%`` round
    towards minus infinity.

    Raises:
        ExpressionError: a name is unknown, an operand has the wrong type, a division is by
            zero, an index is out of range, or a number is beyond the language's bounds.
    """
    match expr:
        case Const(value):
            return values.checked(value)
        case Name(name):
            if name not in env:
                raise ExpressionError(
                    f"`{shortened(name)}` is not defined", hint=nearest(name, env)
                )
            return values.checked(env[name])
        case Tuple(items):
            return tuple(evaluate(item, env) for item in items)
        case Member(_, member):
            raise ExpressionError(f"`.{shortened(member)}` has no value: members are not bound")
        case Index(base, index):
            return values.item(evaluate(base, env), evaluate(index, env))
        case Unary(op, operand):
            inner = evaluate(operand, env)
            return values.negate(inner) if op == "-" else values.invert(inner)
        case Binary(op, left, right):
            return values.arithmetic(op, evaluate(left, env), evaluate(right, env))
        case Compare(op, left, right):
            return values.compare(op, evaluate(left, env), evaluate(right, env))
        case Logic(op, left, right):
            first = values.truth(op, evaluate(left, env))
            return first if first is (op == "or") else values.truth(op, evaluate(right, env))
        case Conditional(test, then, otherwise):
            holds = values.truth("if", evaluate(test, env))
            return evaluate(then if holds else otherwise, env)
        case Call(function, arguments):
            return values.call(function, [evaluate(each, env) for each in arguments])
    raise TypeError(f"not an expression: {type(expr).__name__}")
