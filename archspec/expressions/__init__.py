"""The expression language of specs: small, typed, and never run by Python."""

from __future__ import annotations

from archspec.expressions.errors import ExpressionError
from archspec.expressions.evaluate import evaluate
from archspec.expressions.infer import infer
from archspec.expressions.nodes import Const, Name
from archspec.expressions.parse import parse
from archspec.expressions.tree import (
    Expr,
    Value,
    as_expr,
    bind_members,
    free_names,
    is_const,
    names_in_order,
    simplify,
    size,
    substitute,
)

__all__ = [
    "Const",
    "Expr",
    "ExpressionError",
    "Name",
    "Value",
    "as_expr",
    "bind_members",
    "evaluate",
    "free_names",
    "infer",
    "is_const",
    "names_in_order",
    "parse",
    "simplify",
    "size",
    "substitute",
]
