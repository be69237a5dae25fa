"""The arguments of operators and of calls of blocks."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as MappingABC
from typing import Any

from archspec.errors import Location
from archspec.expressions import Expr
from archspec.expressions.types import Bool, Float, Int, Kind, ListOf, TupleOf
from archspec.names import did_you_mean
from archspec.operators import OPERATORS, Operator
from archspec.operators.fields import Limits
from archspec.operators.padding import SIDES
from archspec.reading import Entry, Mapping, Node, Scalar, Sequence, describe, plain
from archspec.schema.expressions import check_expression, read_expression, scalars
from archspec.schema.parameters import is_unknown, kinds_of
from archspec.schema.scope import Scope
from archspec.schema.spec import Parameter
from archspec.schema.translation import OPTIONS, beside


def is_nothing(node: Node) -> bool:
    """Whether nothing is written there."""
    return isinstance(node, Scalar) and node.value is None


def places(node: Node, names: Iterable[str]) -> dict[str, Location]:
    """Where each argument of a layer stands; ``names`` are those of values in a list."""
    if isinstance(node, Mapping):
        return {entry.key: entry.value.where for entry in node}
    values = node.items if isinstance(node, Sequence) else (node,)
    return {name: value.where for name, value in zip(names, values, strict=False)}


def read_operator(scope: Scope, head: Entry, path: str) -> Operator | None:
    """An operator with its declared arguments; None, with notes, where they are wrong.

    Args:
        scope: what names mean.
        head: the operator's name and its arguments.
        path: the place of the arguments in the spec.
    """
    model, node, report = OPERATORS[head.key], head.value, scope.report
    given: dict[str, Any] = dict(scope.defaults.get(head.key, {}))
    nodes: dict[str, Node] = {}
    if isinstance(node, Mapping) and not _is_padding(node, model):
        nodes = {entry.key: entry.value for entry in node}
    elif not is_nothing(node):
        if model.primary is None:
            listed = ", ".join(f"{name}: ..." for name in model.arguments())
            hint = f"such as `{head.key}: {{{listed}}}`" if listed else "it has none"
            report.add(
                f"expected a mapping of arguments, received {describe(node)}",
                node.where,
                path,
                hint,
            )
            return None
        nodes = {model.primary: node}
    given |= {name: plain(each) for name, each in nodes.items()}
    at = head.key_where if is_nothing(node) else node.where
    entries = tuple(Entry(name, _key_where(node, name), each) for name, each in nodes.items())
    operator = report.validate(model, Mapping(entries, at), path, given)
    if operator is None:
        return None
    before = len(report.problems)
    kinds = operator.kinds()
    for name, found in operator.expressions().items():
        if name in nodes:
            _check_all(scope, found, nodes[name], f"{path}.{name}", _kind_of(kinds[name].limits))
    if len(report.problems) > before:
        return None
    return operator.bind(scope.members)


def _is_padding(node: Mapping, model: type[Operator]) -> bool:
    """Whether a mapping is pads by side rather than arguments by name."""
    return model.primary == "padding" and bool(node.entries) and set(node.keys()) <= set(SIDES)


def _key_where(node: Node, name: str) -> Location:
    entry = node.entry(name) if isinstance(node, Mapping) else None
    return entry.key_where if entry else node.where


def _check_all(
    scope: Scope, found: tuple[Expr, ...], node: Node, path: str, kind: Kind | None
) -> None:
    """Check the expressions that an operator has read from a node, each at its own place."""
    written = list(scalars(node))
    for number, expression in enumerate(found):
        at = written[number] if len(written) == len(found) else node
        with scope.report.collecting():
            check_expression(scope, expression, at, path, kind)


def _kind_of(limits: Limits | None) -> Kind | None:
    """The kind that an expression must have; its limits are checked when its value is known."""
    kinds: dict[str, Kind] = {"integer": Int(), "number": Float(), "bool": Bool()}
    return kinds[limits.kind] if limits else None


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
    given = _by_name(scope, parameters, node, path, block)
    if given is None:
        return ()
    kinds = kinds_of(parameters) if parameters is not None else {}
    arguments: dict[str, Expr] = {}
    for name, value in given.items():
        if parameters is not None and name not in parameters:
            hint = did_you_mean(name, parameters) if parameters else "it has none"
            hint = beside(name) if name in OPTIONS else hint
            where = _key_where(node, name)
            scope.report.add(f"`{block}` has no parameter `{name[:80]}`", where, path, hint)
            continue
        if parameters is not None and is_unknown(parameters[name]):
            continue
        with scope.report.collecting(value.where):
            arguments[name] = read_expression(scope, value, f"{path}.{name}", kinds.get(name))
    if parameters is None:
        return tuple(arguments.items())
    lacking = [name for name, each in parameters.items() if each.required and name not in given]
    if lacking:
        wanted = ", ".join(f"`{name}` ({_described(parameters[name])})" for name in lacking)
        scope.report.add(f"`{block}` needs {wanted}", node.where, path)
    return tuple((name, arguments[name]) for name in parameters if name in arguments)


def _described(parameter: Parameter) -> str:
    return parameter.kind.describe()


def _by_name(
    scope: Scope,
    parameters: MappingABC[str, Parameter] | None,
    node: Node,
    path: str,
    block: str,
) -> dict[str, Node] | None:
    """The node of each argument; None, with a note, where it cannot be told which is which."""
    if is_nothing(node):
        return {}
    if isinstance(node, Mapping) and not _is_one_tuple(node, parameters):
        return {entry.key: entry.value for entry in node}
    if parameters is None:
        scope.report.add(
            f"expected arguments by name, received {describe(node)}",
            node.where,
            path,
            f"`{block}` is a parameter, so its arguments are given by name",
        )
        return None
    values = node.items if isinstance(node, Sequence) else (node,)
    if len(values) > len(parameters):
        listed = f" ({', '.join(parameters)})" if parameters else ""
        noun = "argument" if len(parameters) == 1 else "arguments"
        scope.report.add(
            f"`{block}` takes at most {len(parameters)} {noun}{listed}, received {len(values)}",
            node.where,
            path,
            _in_a_list(parameters),
        )
        return None
    return dict(zip(parameters, values, strict=False))


def _in_a_list(parameters: MappingABC[str, Parameter]) -> str | None:
    kinds = [each.kind for each in parameters.values()]
    if len(kinds) == 1 and isinstance(kinds[0], TupleOf | ListOf):
        return "arguments stand in a list, so a list for the only one stands in two: `[[...]]`"
    return None


def _is_one_tuple(node: Mapping, parameters: MappingABC[str, Parameter] | None) -> bool:
    """Whether a mapping is the members of the only parameter rather than arguments by name."""
    if parameters is None or len(parameters) != 1:
        return False
    ((name, parameter),) = parameters.items()
    names = getattr(parameter.kind, "names", ())
    return bool(names) and name not in node and set(node.keys()) <= set(names)
