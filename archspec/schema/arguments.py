"""Expressions in a spec, and the arguments of a call of a block."""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from typing import TYPE_CHECKING

from archspec.errors import ArchspecError
from archspec.expressions import (
    Const,
    Expr,
    ExpressionError,
    Name,
    as_expr,
    bind_members,
    infer,
    parse,
)
from archspec.expressions.types import (
    Activation,
    BlockReference,
    Enumeration,
    Kind,
    Optional,
    TupleOf,
)
from archspec.names import did_you_mean
from archspec.reading import Mapping, Node, Scalar, Sequence, describe
from archspec.schema.parameters import check_value
from archspec.schema.spec import Parameter

if TYPE_CHECKING:
    from archspec.schema.layers import Scope


def read_expression(
    scope: Scope, given: Expr | Node, node: Node, path: str, kind: Kind | None = None
) -> Expr:
    """An expression bound to the parameters in scope, its names and kinds checked.

    Args:
        scope: the parameters in scope.
        given: the expression, or the node to read it from.
        node: where it stands, for messages.
        path: where it stands in the spec.
        kind: what it must be, if that is known.

    Raises:
        ArchspecError: located at the expression.
    """
    try:
        expression = given if isinstance(given, Expr) else _from_node(given, kind)
        expression = bind_members(expression, scope.members)
        found = infer(expression, scope.kinds)
    except ExpressionError as error:
        problem = error.problems[0]
        where = node.where
        if isinstance(node, Scalar) and error.offset is not None:
            where = node.at(error.offset)
        raise ArchspecError(problem.problem, where, path, problem.hint) from None
    if kind is not None and isinstance(expression, Const):
        wrong = check_value(kind, expression.value, scope.blocks)
        if wrong:
            raise ArchspecError(wrong, node.where, path)
    elif kind is not None and found is not None and not _fits(found, kind):
        hint = "`/` makes a float; `//` divides whole numbers" if "int" in kind.describe() else None
        raise ArchspecError(
            f"expected {kind.describe()}, received {found.describe()}", node.where, path, hint
        )
    return expression


def _from_node(node: Node, kind: Kind | None) -> Expr:
    inner = kind.item if isinstance(kind, Optional) else kind
    if isinstance(node, Mapping):
        if isinstance(inner, TupleOf) and inner.names:
            return _from_members(node, inner)
        raise ArchspecError(f"expected a value, received {describe(node)}", node.where)
    if isinstance(node, Sequence):
        kinds = inner.items if isinstance(inner, TupleOf) else ()
        padded = [*kinds, *[None] * len(node)]
        return as_expr(
            tuple(_from_node(each, k) for each, k in zip(node, padded, strict=False))
        )
    value = node.value
    if isinstance(value, str):
        if isinstance(inner, Enumeration) and value in inner.values:
            return Const(value)
        return parse(value) if value.strip() else Const(value)
    return Const(value)


def _from_members(node: Mapping, kind: TupleOf) -> Expr:
    for entry in node:
        if entry.key not in kind.names:
            raise ArchspecError(
                f"unknown member `{entry.key}`",
                entry.key_where,
                hint=did_you_mean(entry.key, kind.names),
            )
    missing = [name for name in kind.names if name not in node]
    if missing:
        raise ArchspecError(f"expected {kind.describe()}, `{missing[0]}` is missing", node.where)
    values = (node.get(name) for name in kind.names)
    return as_expr(
        tuple(_from_node(v, k) for v, k in zip(values, kind.items, strict=True) if v is not None)
    )


def _fits(found: Kind, kind: Kind) -> bool:
    """Whether an expression of one kind may stand where another is expected."""
    wanted = kind.item if isinstance(kind, Optional) else kind
    if isinstance(found, Optional):
        return isinstance(kind, Optional) and _fits(found.item, wanted)
    names = {type(found).__name__, type(wanted).__name__}
    if names == {"Int", "Float"}:
        return type(wanted).__name__ == "Float"
    if names == {"TupleOf", "ListOf"}:
        return True
    if isinstance(found, TupleOf) and isinstance(wanted, TupleOf):
        return len(found.items) == len(wanted.items) and all(
            map(_fits, found.items, wanted.items)
        )
    return len(names) == 1


def read_arguments(
    scope: Scope,
    parameters: MappingABC[str, Parameter] | None,
    node: Node,
    path: str,
    block: str,
) -> tuple[tuple[str, Expr], ...]:
    """The arguments of a call, by name, in the order of the block's parameters.

    ``parameters`` is None where the block is a parameter and so not known here: arguments are
    then given by name and checked when the network is resolved.
    """
    report = scope.report
    given: dict[str, Node] = {}
    if isinstance(node, Mapping) and not _is_one_tuple(node, parameters):
        given = {entry.key: entry.value for entry in node}
    elif isinstance(node, Scalar) and node.value is None:
        pass
    elif parameters is None:
        report.add(
            f"expected arguments by name, received {describe(node)}",
            node.where,
            path,
            f"`{block}` is a parameter, so its arguments are given by name",
        )
        return ()
    else:
        values = node.items if isinstance(node, Sequence) else (node,)
        names = list(parameters)
        if len(values) > len(names):
            listed = ", ".join(names) or "none"
            report.add(
                f"expected at most {len(names)} arguments ({listed}), received {len(values)}",
                node.where,
                path,
            )
            return ()
        given = dict(zip(names, values, strict=False))
    arguments = {}
    for name, value in given.items():
        parameter = parameters.get(name) if parameters is not None else None
        if parameters is not None and parameter is None:
            entry = node.entry(name) if isinstance(node, Mapping) else None
            where = entry.key_where if entry else value.where
            report.add(
                f"`{block}` has no parameter `{name}`", where, path, did_you_mean(name, parameters)
            )
            continue
        kind = parameter.kind if parameter else None
        with report.collecting(value.where, ""):
            arguments[name] = _argument(scope, value, f"{path}.{name}", kind)
    if parameters is not None:
        lacking = [n for n, p in parameters.items() if p.required and n not in given]
        if lacking:
            report.add(
                f"`{block}` needs {', '.join(f'`{each}`' for each in lacking)}", node.where, path
            )
        order = list(parameters)
        return tuple(sorted(arguments.items(), key=lambda pair: order.index(pair[0])))
    return tuple(arguments.items())


def _argument(scope: Scope, node: Node, path: str, kind: Kind | None) -> Expr:
    inner = kind.item if isinstance(kind, Optional) else kind
    if (
        isinstance(inner, Activation | BlockReference)
        and isinstance(node, Scalar)
        and isinstance(node.value, str)
    ):
        if node.value in scope.kinds:
            return Name(node.value)
        wrong = check_value(inner, node.value, scope.blocks)
        if wrong:
            raise ArchspecError(wrong, node.where, path)
        return Const(node.value)
    return read_expression(scope, node, node, path, kind)


def _is_one_tuple(node: Mapping, parameters: MappingABC[str, Parameter] | None) -> bool:
    """Whether a mapping is the members of the only parameter rather than arguments by name."""
    if parameters is None or len(parameters) != 1:
        return False
    ((name, parameter),) = parameters.items()
    names = getattr(parameter.kind, "names", ())
    return bool(names) and name not in node and set(node.keys()) <= set(names)
