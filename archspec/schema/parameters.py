"""Declarations of parameters: kinds, defaults, and the short forms."""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from dataclasses import dataclass
from typing import Any

from archspec.expressions.types import (
    Activation,
    BlockReference,
    Kind,
    Optional,
    TupleOf,
    Value,
)
from archspec.operators import ACTIVATIONS, OPERATORS
from archspec.reading import Mapping, Node, Scalar, Sequence, describe, plain
from archspec.schema.documents import ParameterDocument
from archspec.schema.kinds import check_value, kind_of, read_kind, read_typed
from archspec.schema.names import check_name
from archspec.schema.report import Report
from archspec.schema.spec import MISSING, Parameter


@dataclass(frozen=True, slots=True)
class _Unknown(Kind):
    """The kind of a parameter whose declaration is wrong: anything goes, to say so only once."""

    def describe(self) -> str:
        return "a value"

    def plural(self) -> str:
        return "values"

    def accepts(self, value: Value) -> str | None:
        return None


def read_parameters(report: Report, node: Node | None, path: str) -> dict[str, Parameter]:
    """All parameters under a ``params`` key, in order; of unknown kind where one is wrong."""
    if node is None:
        return {}
    if not isinstance(node, Mapping):
        report.add(f"expected a mapping of parameters, received {describe(node)}", node.where, path)
        return {}
    parameters = {}
    for entry in node:
        place = f"{path}.{entry.key}"
        named = check_name(report, entry.key, "parameter", entry.key_where, place)
        parameter = _read(report, entry.key, entry.value, place)
        if parameter and isinstance(parameter.kind, Activation | BlockReference):
            _check_layer_name(report, entry.key, parameter, place)
        if not named or parameter is None:
            parameter = Parameter(entry.key, _Unknown(), None, "", entry.key_where)
        parameters[entry.key] = parameter
    return parameters


def is_unknown(parameter: Parameter) -> bool:
    """Whether the declaration is wrong, so that nothing follows from it."""
    return isinstance(parameter.kind, _Unknown)


def kinds_of(parameters: MappingABC[str, Parameter]) -> dict[str, Kind | None]:
    """The kind of each parameter; None where it could not be read."""
    return {
        name: None if isinstance(each.kind, _Unknown) else each.kind
        for name, each in parameters.items()
    }


def _check_layer_name(report: Report, name: str, parameter: Parameter, path: str) -> None:
    if name in OPERATORS or name in ("branches", "share"):
        hint = f"another name, such as `{'act' if name in ACTIVATIONS else name + '_block'}`"
        report.add(f"a layer `{name}` would not be this parameter", parameter.where, path, hint)


def _read(report: Report, name: str, node: Node, path: str) -> Parameter | None:
    if isinstance(node, Mapping) and "type" in node:
        return _read_long(report, name, node, path)
    if isinstance(node, Scalar) and not isinstance(node.value, str):
        if node.value is None:
            report.add("expected a kind or a default, received nothing", node.where, path)
            return None
        return _with_default(report, name, node, path)
    if isinstance(node, Sequence) and _is_value(node):
        return _with_default(report, name, node, path)
    kind = read_kind(report, node, path)
    return Parameter(name, kind, MISSING, "", node.where) if kind else None


def _with_default(report: Report, name: str, node: Node, path: str) -> Parameter | None:
    """A parameter declared by its default alone."""
    value = _tuple(plain(node))
    kind = kind_of(value)
    problem = check_value(kind, value, ())
    if problem:
        report.add(problem, node.where, path)
        return None
    return Parameter(name, kind, value, "", node.where)


def _read_long(report: Report, name: str, node: Mapping, path: str) -> Parameter | None:
    document = report.validate(ParameterDocument, node, path)
    if document is None:
        return None
    kind = read_typed(report, node, document, path)
    if kind is None:
        return None
    default: Any = MISSING
    given = node.get("default")
    if given is not None:
        default = _ordered(kind, plain(given))
        problem = check_value(kind, default, ())
        if problem:
            report.add(problem, given.where, f"{path}.default")
            return None
    return Parameter(name, kind, default, document.doc, node.where)


def _ordered(kind: Kind, value: Any) -> Any:
    """A default as a value: lists as tuples, named members in their order."""
    inner = kind.item if isinstance(kind, Optional) else kind
    if isinstance(inner, TupleOf) and isinstance(value, dict) and set(value) == set(inner.names):
        return tuple(_ordered(k, value[n]) for n, k in zip(inner.names, inner.items, strict=True))
    return _tuple(value)


def _is_value(node: Sequence) -> bool:
    """Whether a list is a default (numbers) rather than kinds (names)."""
    return bool(node.items) and all(
        (isinstance(item, Scalar) and not isinstance(item.value, str) and item.value is not None)
        or (isinstance(item, Sequence) and _is_value(item))
        for item in node
    )


def _tuple(value: Any) -> Any:
    return tuple(_tuple(each) for each in value) if isinstance(value, list) else value
