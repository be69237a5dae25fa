"""Expressions in a spec: from a node to a tree whose names and kinds are checked."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.errors import ArchspecError, Location, Problem
from archspec.expressions import Const, Expr, ExpressionError, as_expr, bind_members, infer, parse
from archspec.expressions import Name as Named
from archspec.expressions.types import (
    Activation,
    BlockReference,
    Enumeration,
    Float,
    Int,
    Kind,
    ListOf,
    Optional,
    TupleOf,
)
from archspec.names import did_you_mean
from archspec.operators import ACTIVATIONS
from archspec.reading import Mapping, Node, Scalar, Sequence, describe
from archspec.schema.kinds import check_value
from archspec.schema.scope import Scope


def read_expression(scope: Scope, node: Node, path: str, kind: Kind | None = None) -> Expr:
    """An expression bound to the parameters in scope, its names and kinds checked.

    Args:
        scope: the parameters in scope.
        node: a scalar, or a list or mapping of them for a tuple.
        path: where it stands in the spec.
        kind: what it must be, if that is known.

    Raises:
        ArchspecError: with every problem, each at its place.
    """
    inner = kind.item if isinstance(kind, Optional) else kind
    if isinstance(node, Sequence):
        return _list(scope, node, path, inner)
    if isinstance(node, Mapping):
        return _members(scope, node, path, inner)
    return check_expression(scope, _scalar(scope, node, path, inner), node, path, kind)


def check_expression(
    scope: Scope, expression: Expr, node: Node, path: str, kind: Kind | None
) -> Expr:
    """An expression that stands at ``node``, bound to the parameters in scope and checked.

    Raises:
        ArchspecError: located at the expression.
    """
    try:
        expression = bind_members(expression, scope.members)
        found = infer(expression, scope.kinds)
    except ExpressionError as error:
        problem = error.problems[0]
        raise ArchspecError(problem.problem, _at(node, error), path, problem.hint) from None
    if kind is None:
        return expression
    if isinstance(expression, Const):
        wrong = check_value(kind, expression.value, scope.blocks)
        if wrong:
            raise ArchspecError(wrong, node.where, path)
    elif found is not None and not _fits(found, kind):
        hint = None
        if isinstance(found, Float) and "integer" in kind.describe():
            hint = "`/` makes a float; `//` divides whole numbers"
        problem_text = f"expected {kind.describe()}, received {found.describe()}"
        raise ArchspecError(problem_text, node.where, path, hint)
    return expression


def scalars(node: Node) -> Iterator[Scalar]:
    """Every scalar below a node, in the order of the file."""
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Sequence):
        for item in node:
            yield from scalars(item)
    else:
        for entry in node:
            yield from scalars(entry.value)


def _at(node: Node, error: ExpressionError) -> Location:
    return node.at(error.offset) if isinstance(node, Scalar) else node.where


def _scalar(scope: Scope, node: Scalar, path: str, kind: Kind | None) -> Expr:
    value = node.value
    if not isinstance(value, str):
        return Const(value)
    if isinstance(kind, Enumeration | Activation | BlockReference):
        return _word(scope, node, value, path, kind)
    if kind is None and value not in scope.kinds and value in (*ACTIVATIONS, *scope.blocks):
        return Const(value)
    if not value.strip():
        raise ArchspecError("expected a value, received an empty string", node.where, path)
    try:
        return parse(value)
    except ExpressionError as error:
        problem = error.problems[0]
        raise ArchspecError(problem.problem, _at(node, error), path, problem.hint) from None


def _word(scope: Scope, node: Scalar, value: str, path: str, kind: Kind) -> Expr:
    """A word out of several, the name of a parameter that holds one, or a choice among them."""
    if value in scope.kinds:
        return Named(value)
    wrong = check_value(kind, value, scope.blocks)
    if wrong is None:
        return Const(value)
    if not value.isidentifier():
        try:
            return parse(value)
        except ExpressionError:
            pass
    raise ArchspecError(wrong, node.where, path, _nearest_word(scope, value, kind))


def _nearest_word(scope: Scope, value: str, kind: Kind) -> str | None:
    known = [n for n, each in scope.kinds.items() if type(each) is type(kind)]
    if isinstance(kind, BlockReference):
        known += scope.blocks
    return did_you_mean(value, known) if known else None


def _list(scope: Scope, node: Sequence, path: str, kind: Kind | None) -> Expr:
    if isinstance(kind, TupleOf):
        if len(node) != len(kind.items):
            problem = f"expected {kind.describe()}, received {len(node)}"
            raise ArchspecError(problem, node.where, path)
        kinds: tuple[Kind | None, ...] = kind.items
    elif isinstance(kind, ListOf) or kind is None:
        kinds = (kind.item if kind else None,) * len(node)
    else:
        problem = f"expected {kind.describe()}, received {describe(node)}"
        raise ArchspecError(problem, node.where, path)
    names = getattr(kind, "names", ())
    places = [f"{path}.{n}" for n in names] or [f"{path}[{i}]" for i in range(len(node))]
    return _all(scope, zip(node, places, kinds, strict=True))


def _members(scope: Scope, node: Mapping, path: str, kind: Kind | None) -> Expr:
    if not (isinstance(kind, TupleOf) and kind.names):
        expected = kind.describe() if kind else "a value"
        raise ArchspecError(f"expected {expected}, received {describe(node)}", node.where, path)
    problems = [
        Problem(
            f"unknown member `{entry.key}`",
            entry.key_where,
            path,
            did_you_mean(entry.key, kind.names),
        )
        for entry in node
        if entry.key not in kind.names
    ]
    missing = [f"`{name}`" for name in kind.names if name not in node]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        text = f"expected {kind.describe()}, {', '.join(missing)} {verb} missing"
        problems.append(Problem(text, node.where, path))
    if problems:
        raise ArchspecError(problems)
    values = [entry.value for name in kind.names for entry in node if entry.key == name]
    places = [f"{path}.{name}" for name in kind.names]
    return _all(scope, zip(values, places, kind.items, strict=True))


def _all(scope: Scope, items: Iterator[tuple[Node, str, Kind | None]]) -> Expr:
    read: list[Expr] = []
    problems: list[Problem] = []
    for node, path, kind in items:
        try:
            read.append(read_expression(scope, node, path, kind))
        except ArchspecError as error:
            problems.extend(error.problems)
    if problems:
        raise ArchspecError(problems)
    return as_expr(tuple(read))


def _fits(found: Kind, kind: Kind) -> bool:
    """Whether an expression of one kind may stand where another is expected."""
    wanted = kind.item if isinstance(kind, Optional) else kind
    if isinstance(found, Optional):
        # Whether it is null is known only where the block is used.
        return _fits(found.item, wanted)
    if isinstance(found, Int) and isinstance(wanted, Float):
        return True
    if isinstance(found, TupleOf) and isinstance(wanted, TupleOf):
        return len(found.items) == len(wanted.items) and all(map(_fits, found.items, wanted.items))
    if isinstance(found, TupleOf) and isinstance(wanted, ListOf):
        return all(_fits(each, wanted.item) for each in found.items)
    if isinstance(found, ListOf) and isinstance(wanted, TupleOf):
        return all(_fits(found.item, each) for each in wanted.items)
    if isinstance(found, ListOf) and isinstance(wanted, ListOf):
        return _fits(found.item, wanted.item)
    if isinstance(found, Enumeration) and isinstance(wanted, Activation | BlockReference):
        return True
    if isinstance(found, Enumeration) and isinstance(wanted, Enumeration):
        return bool(set(found.values) & set(wanted.values))
    return type(found) is type(wanted)
