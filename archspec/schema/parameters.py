"""Declarations of parameters: kinds, defaults, and the short forms."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

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
from archspec.names import did_you_mean
from archspec.operators import ACTIVATIONS
from archspec.reading import Mapping, Node, Scalar, Sequence, describe, plain
from archspec.schema.documents import ParameterDocument
from archspec.schema.names import check_name
from archspec.schema.report import Report
from archspec.schema.spec import MISSING, Parameter

_KINDS: dict[str, Kind] = {
    "int": Int(),
    "float": Float(),
    "bool": Bool(),
    "activation": Activation(),
    "block": BlockReference(),
}
_NAMES = [*_KINDS, "list", "enum"]


def read_parameters(report: Report, node: Node | None, path: str) -> dict[str, Parameter]:
    """All parameters under a ``params`` key, in order."""
    if node is None:
        return {}
    if not isinstance(node, Mapping):
        report.add(f"expected a mapping of parameters, received {describe(node)}", node.where, path)
        return {}
    parameters = {}
    for entry in node:
        place = f"{path}.{entry.key}"
        if check_name(report, entry.key, "parameter", entry.key_where, place):
            parameter = _read(report, entry.key, entry.value, place)
            if parameter:
                parameters[entry.key] = parameter
    return parameters


def _read(report: Report, name: str, node: Node, path: str) -> Parameter | None:
    if isinstance(node, Mapping) and "type" in node:
        return _read_long(report, name, node, path)
    if isinstance(node, Scalar) and not isinstance(node.value, str):
        if node.value is None:
            report.add("expected a kind or a default, received nothing", node.where, path)
            return None
        return Parameter(name, _kind_of(node.value), node.value, "", node.where)
    if isinstance(node, Sequence) and _is_value(node):
        value = _tuple(plain(node))
        return Parameter(name, _kind_of(value), value, "", node.where)
    kind = _read_kind(report, node, path)
    return Parameter(name, kind, MISSING, "", node.where) if kind else None


def _read_long(report: Report, name: str, node: Mapping, path: str) -> Parameter | None:
    document = report.validate(ParameterDocument, node, path)
    if document is None:
        return None
    kind = _read_typed(report, node, document, path)
    if kind is None:
        return None
    default: Any = MISSING
    given = node.get("default")
    if given is not None:
        default = _tuple(plain(given))
        problem = check_value(kind, default, ())
        if problem:
            report.add(problem, given.where, f"{path}.default")
            return None
    return Parameter(name, kind, default, document.doc, node.where)


def _read_typed(
    report: Report, node: Mapping, document: ParameterDocument, path: str
) -> Kind | None:
    """The kind that a long form states, limits included."""
    at = node.get("type") or node
    kind: Kind | None
    for key, only in (("of", "list"), ("values", "enum")):
        extra = node.get(key)
        if extra is not None and document.type != only:
            report.add(f"`{key}` goes with `type: {only}`", extra.where, f"{path}.{key}")
    if document.type == "enum":
        if not document.values:
            report.add("an enum needs `values`", at.where, path)
            return None
        return Enumeration(tuple(document.values))
    if document.type == "list":
        of = node.get("of")
        if of is None:
            report.add("a list needs `of`: the kind of its items", at.where, path)
            return None
        item = _read_kind(report, of, f"{path}.of")
        return ListOf(item) if item else None
    kind = _read_kind(report, at, f"{path}.type")
    if document.min is not None or document.max is not None:
        if isinstance(kind, Int):
            low, high = (None if x is None else int(x) for x in (document.min, document.max))
            return Int(low, high)
        if isinstance(kind, Float):
            return Float(document.min, document.max)
        if kind:
            report.add("only numbers have `min` and `max`", at.where, path)
    return kind


def _read_kind(report: Report, node: Node, path: str) -> Kind | None:
    """A kind: a name, a list (a tuple) or a mapping (a tuple with named members)."""
    if isinstance(node, Sequence):
        items = [_read_kind(report, each, f"{path}[{i}]") for i, each in enumerate(node)]
        if not items:
            report.add("expected the kinds of a tuple, received an empty list", node.where, path)
            return None
        known = [each for each in items if each]
        return TupleOf(tuple(known)) if len(known) == len(items) else None
    if isinstance(node, Mapping):
        kinds = []
        for entry in node:
            place = f"{path}.{entry.key}"
            check_name(report, entry.key, "parameter", entry.key_where, place)
            kinds.append(_read_kind(report, entry.value, place))
        known = [each for each in kinds if each]
        if not kinds or len(known) < len(kinds):
            return None
        return TupleOf(tuple(known), node.keys())
    text = node.value
    if isinstance(text, str):
        name = text.removesuffix("?")
        if name in _KINDS:
            return Optional(_KINDS[name]) if text.endswith("?") else _KINDS[name]
        hint = did_you_mean(name, _NAMES)
        if name in ACTIVATIONS:
            hint = f"a default activation is written `{{type: activation, default: {name}}}`"
        elif name in ("list", "enum"):
            hint = f"`{name}` needs the long form: `{{type: {name}, ...}}`"
        report.add(f"expected a kind, received {describe(node)}", node.where, path, hint)
        return None
    report.add(f"expected a kind, received {describe(node)}", node.where, path)
    return None


def _is_value(node: Sequence) -> bool:
    """Whether a list is a default (numbers) rather than kinds (names)."""
    return bool(node.items) and all(
        (isinstance(item, Scalar) and not isinstance(item.value, str) and item.value is not None)
        or (isinstance(item, Sequence) and _is_value(item))
        for item in node
    )


def _kind_of(value: Any) -> Kind:
    if isinstance(value, bool):
        return Bool()
    if isinstance(value, int):
        return Int()
    if isinstance(value, float):
        return Float()
    return TupleOf(tuple(_kind_of(each) for each in value))


def _tuple(value: Any) -> Any:
    return tuple(_tuple(each) for each in value) if isinstance(value, list) else value


def check_value(kind: Kind, value: Any, blocks: Iterable[str]) -> str | None:
    """What is wrong with a value of a kind, names of activations included; None if nothing."""
    problem = kind.accepts(value)
    if problem:
        return problem
    inner = kind.item if isinstance(kind, Optional) else kind
    if isinstance(inner, Activation) and value is not None and value not in ACTIVATIONS:
        return f"expected one of {', '.join(ACTIVATIONS)}, received the string {value!r}"
    known = tuple(blocks)
    if isinstance(inner, BlockReference) and value is not None and known and value not in known:
        return f"expected the name of a block, received the string {value!r}"
    return None
