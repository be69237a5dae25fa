"""Kinds as a spec writes them, and whether a value is of one."""

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
from archspec.names import did_you_mean, nearest
from archspec.operators import ACTIVATIONS
from archspec.reading import Mapping, Node, Sequence, describe
from archspec.schema.documents import ParameterDocument
from archspec.schema.names import check_name
from archspec.schema.report import Report

_KINDS: dict[str, Kind] = {
    "int": Int(),
    "float": Float(),
    "bool": Bool(),
    "activation": Activation(),
    "block": BlockReference(),
}
SHORT_KINDS = tuple(_KINDS)
"""The kinds that are one word."""
LONGEST_LIST = 256
"""The most values of a list: expressions over it are worked out for every layer."""
KIND_NAMES = (*SHORT_KINDS, "list", "enum")


def read_typed(
    report: Report, node: Mapping, document: ParameterDocument, path: str
) -> Kind | None:
    """The kind that a long form states, limits included."""
    at = next(entry.value for entry in node if entry.key == "type")
    for key, only in (("of", "list"), ("values", "enum")):
        extra = node.get(key)
        if extra is not None and document.type != only:
            report.add(f"`{key}` goes with `type: {only}`", extra.where, f"{path}.{key}")
    if document.type == "enum":
        return _enumeration(report, at, document, path)
    if document.type == "list":
        of = node.get("of")
        if of is None:
            report.add("a list needs `of`: the kind of its items", at.where, path)
            return None
        item = read_kind(report, of, f"{path}.of")
        return ListOf(item) if item else None
    kind = read_kind(report, at, f"{path}.type")
    if kind is None or (document.min is None and document.max is None):
        return kind
    inner = kind.item if isinstance(kind, Optional) else kind
    low, high = document.min, document.max
    if low is not None and high is not None and low > high:
        report.add(f"no number is at least {low} and at most {high}", at.where, path)
    elif isinstance(inner, Float):
        return _bounded(kind, Float(low, high))
    elif not isinstance(inner, Int):
        report.add("only numbers have `min` and `max`", at.where, path)
    elif isinstance(low, float) or isinstance(high, float):
        report.add("`min` and `max` of an integer are integers", at.where, path)
    else:
        return _bounded(kind, Int(low, high))
    return None


def _bounded(kind: Kind, bounded: Kind) -> Kind:
    return Optional(bounded) if isinstance(kind, Optional) else bounded


def _enumeration(
    report: Report, at: Node, document: ParameterDocument, path: str
) -> Enumeration | None:
    values = tuple(document.values or ())
    if not values:
        report.add("an enum needs `values`", at.where, path, "such as `values: [mean, max]`")
        return None
    if len(set(values)) < len(values) or not all(value.isidentifier() for value in values):
        hint = "letters, digits and `_`, so that a word can be told from an expression"
        report.add("the values of an enum are different words", at.where, f"{path}.values", hint)
        return None
    return Enumeration(values)


def read_kind(report: Report, node: Node, path: str) -> Kind | None:
    """A kind: a name, a list (a tuple) or a mapping (a tuple with named members)."""
    if isinstance(node, Sequence):
        items = [read_kind(report, each, f"{path}[{i}]") for i, each in enumerate(node)]
        if not items:
            report.add("expected the kinds of a tuple, received an empty list", node.where, path)
            return None
        known = [each for each in items if each]
        return TupleOf(tuple(known)) if len(known) == len(items) else None
    if isinstance(node, Mapping):
        return _named_members(report, node, path)
    text = node.value
    if isinstance(text, str):
        name = text.removesuffix("?")
        if name in _KINDS:
            return Optional(_KINDS[name]) if text.endswith("?") else _KINDS[name]
        hint = did_you_mean(name, KIND_NAMES)
        if name in ACTIVATIONS:
            hint = f"a default activation is written `{{type: activation, default: {name}}}`"
        elif name in ("list", "enum"):
            hint = f"`{name}` needs the long form: `{{type: {name}, ...}}`"
        report.add(f"expected a kind, received {describe(node)}", node.where, path, hint)
        return None
    report.add(
        f"expected a kind, received {describe(node)}",
        node.where,
        path,
        f"a kind is one of {', '.join(KIND_NAMES)}",
    )
    return None


def _named_members(report: Report, node: Mapping, path: str) -> Kind | None:
    if not node.entries:
        report.add("expected named kinds, received an empty mapping", node.where, path)
        return None
    kinds = []
    for entry in node:
        place = f"{path}.{entry.key}"
        named = check_name(report, entry.key, "parameter", entry.key_where, place)
        kind = read_kind(report, entry.value, place)
        if named and kind:
            kinds.append(kind)
    return TupleOf(tuple(kinds), node.keys()) if len(kinds) == len(node) else None


def kind_of(value: Any) -> Kind:
    """The kind of a value that stands for the declaration of a parameter."""
    if isinstance(value, bool):
        return Bool()
    if isinstance(value, int):
        return Int()
    if isinstance(value, float):
        return Float()
    return TupleOf(tuple(kind_of(each) for each in value))


def check_value(kind: Kind, value: Any, blocks: Iterable[str]) -> str | None:
    """What is wrong with a value of a kind, names of activations included; None if nothing.

    Args:
        kind: the kind.
        value: the value.
        blocks: the names of blocks; none if they are not known yet.
    """
    if isinstance(value, dict):
        return f"expected {kind.describe()}, received a mapping"
    if isinstance(value, tuple) and len(value) > LONGEST_LIST:
        return f"expected at most {LONGEST_LIST} values in a list, received {len(value)}"
    return kind.accepts(value) or _check_names(kind, value, tuple(blocks))


def _check_names(kind: Kind, value: Any, blocks: tuple[str, ...]) -> str | None:
    """What is wrong with the names of activations and blocks inside a value of a kind."""
    if value is None:
        return None
    if isinstance(kind, Optional):
        return _check_names(kind.item, value, blocks)
    if isinstance(kind, Activation) and value not in ACTIVATIONS:
        near = nearest(value[:60], ACTIVATIONS)
        advice = f" (did you mean `{near}`?)" if near else ""
        expected = ", ".join(ACTIVATIONS)
        return f"expected one of {expected}, received the string {value[:60]!r}{advice}"
    if isinstance(kind, BlockReference) and blocks and value not in blocks:
        return f"expected the name of a block, received the string {value[:60]!r}"
    if not isinstance(kind, ListOf | TupleOf):
        return None
    kinds = kind.items if isinstance(kind, TupleOf) else (kind.item,) * len(value)
    wrong = (_check_names(k, each, blocks) for k, each in zip(kinds, value, strict=True))
    return next((each for each in wrong if each), None)
