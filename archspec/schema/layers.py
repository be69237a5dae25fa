"""Sequences of layers: from nodes to :class:`Layer` records, named and checked."""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, replace
from typing import Any

from archspec.errors import ArchspecError, Location
from archspec.expressions import Expr
from archspec.expressions.types import Activation, BlockReference, Bool, Int, Kind
from archspec.names import did_you_mean, snake
from archspec.operators import OPERATORS
from archspec.reading import Entry, Mapping, Node, Scalar, Sequence, describe, plain
from archspec.schema.arguments import read_arguments, read_expression
from archspec.schema.documents import BranchDocument, LayerOptions
from archspec.schema.names import check_name
from archspec.schema.report import Report
from archspec.schema.spec import Branch, Layer, Parameter

OPTIONS = ("as", "from", "when", "repeat", "index", "init")
_MERGES = ("concat", "add", "mul")


@dataclass(frozen=True, slots=True)
class Signature:
    """What a call of a block needs to know of it before it has been read in full."""

    parameters: MappingABC[str, Parameter]


@dataclass(frozen=True)
class Scope:
    """What names mean where a sequence stands."""

    report: Report
    kinds: MappingABC[str, Kind]
    blocks: MappingABC[str, Signature]
    defaults: MappingABC[str, MappingABC[str, Any]]

    @property
    def members(self) -> dict[str, tuple[str, ...]]:
        """Names of the members of tuple parameters."""
        return {
            name: names for name, kind in self.kinds.items() if (names := getattr(kind, "names", ()))
        }

    def inside(self, index: str) -> Scope:
        """The scope of a repeated layer."""
        return replace(self, kinds={**self.kinds, index: Int(0)})


def read_layers(scope: Scope, node: Node | None, path: str) -> tuple[Layer, ...]:
    """A list of layers, each with its name."""
    if not isinstance(node, Sequence):
        if node is not None and not (isinstance(node, Scalar) and node.value is None):
            scope.report.add(
                f"expected a list of layers, received {describe(node)}", node.where, path
            )
        return ()
    read = [_read_layer(scope, item, f"{path}[{i}]") for i, item in enumerate(node)]
    return _named(scope, [each for each in read if each])


def read_branches(scope: Scope, node: Node, path: str) -> tuple[Branch, ...]:
    """Parallel sequences, by name."""
    report = scope.report
    if not isinstance(node, Mapping) or not node.entries:
        report.add(f"expected branches by name, received {describe(node)}", node.where, path)
        return ()
    branches = []
    for entry in node:
        place = f"{path}.{entry.key}"
        check_name(report, entry.key, "layer", entry.key_where, place)
        value, when = entry.value, None
        if isinstance(value, Mapping):
            if report.validate(BranchDocument, value, place) is None:
                continue
            when = _expression(scope, value.get("when"), f"{place}.when", Bool())
            value = value.get("layers") or value
        layers = read_layers(scope, value, place)
        branches.append(Branch(entry.key, layers, entry.key_where, place, when))
    return tuple(branches)


def read_merge(scope: Scope, node: Node | None, where: Location, path: str) -> Layer:
    """How branches join; ``concat`` along C where nothing is said."""
    plain_concat = Layer("", where, path, operator=OPERATORS["concat"]())
    if node is None:
        return plain_concat
    merge = _read_layer(scope, node, path)
    if merge is None:
        return plain_concat
    if merge.operator is None or merge.operator.name() not in _MERGES:
        scope.report.add(
            f"expected one of {', '.join(_MERGES)}, received {describe(node)}", node.where, path
        )
        return plain_concat
    return merge


def _read_layer(scope: Scope, node: Node, path: str) -> Layer | None:
    report = scope.report
    if isinstance(node, Scalar) and isinstance(node.value, str):
        return _read_named(scope, Entry(node.value, node.where, Scalar(None, node.where, "", False)), path)
    if not isinstance(node, Mapping) or not node.entries:
        report.add(
            f"expected a layer, received {describe(node)}",
            node.where,
            path,
            "a layer is an operator's or a block's name, or a mapping from it to its arguments",
        )
        return None
    branched = "branches" in node
    heads = [e for e in node if e.key not in OPTIONS and not (branched and e.key == "merge")]
    if len(heads) != 1:
        extra = ", ".join(f"`{entry.key}`" for entry in heads)
        report.add(
            f"expected one operator or block in a layer, received {len(heads)}"
            + (f": {extra}" if heads else ""),
            heads[1].key_where if heads else node.where,
            path,
            "is the indentation right? arguments stand deeper than the operator's name"
            if len(heads) > 1
            else None,
        )
        return None
    options = _read_options(scope, node, path)
    if options is None:
        return None
    inner = scope.inside(options["index"]) if options["repeat"] is not None else scope
    if branched:
        branches = read_branches(inner, heads[0].value, f"{path}.branches")
        merge = read_merge(inner, node.get("merge"), heads[0].key_where, f"{path}.merge")
        layer: Layer | None = Layer("", node.where, path, branches=branches, merge=merge)
    else:
        layer = _read_named(inner, heads[0], path)
    return layer and replace(layer, **options)


def _read_options(scope: Scope, node: Mapping, path: str) -> dict[str, Any] | None:
    """The keys beside the operator, as fields of a Layer."""
    given = {entry.key: plain(entry.value) for entry in node if entry.key in OPTIONS}
    document = scope.report.validate(LayerOptions, node, path, given)
    if document is None:
        return None
    alias = node.entry("as")
    if alias:
        check_name(scope.report, document.as_ or "", "layer", alias.value.where, f"{path}.as")
    index = node.entry("index")
    if index:
        check_name(scope.report, document.index, "parameter", index.value.where, f"{path}.index")
        if document.index in scope.kinds:
            scope.report.add(
                f"the index `{document.index}` hides a parameter", index.value.where, path
            )
    sources = (document.from_,) if isinstance(document.from_, str) else document.from_
    repeat = _expression(scope, node.get("repeat"), f"{path}.repeat", Int(0))
    inner = scope.inside(document.index) if repeat is not None else scope
    return {
        "name": document.as_ or "",
        "named": document.as_ is not None,
        "sources": None if sources is None else tuple(sources),
        "when": _expression(inner, node.get("when"), f"{path}.when", Bool()),
        "repeat": repeat,
        "index": document.index,
        "init": document.init,
    }


def _read_named(scope: Scope, head: Entry, path: str) -> Layer | None:
    """An operator, a block, a parameter that holds one, or ``share``."""
    report, name, node = scope.report, head.key, head.value
    place = f"{path}.{name}"
    kind = scope.kinds.get(name)
    if name == "share":
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return Layer("", head.key_where, path, share=node.value)
        report.add(f"expected a layer's name, received {describe(node)}", node.where, place)
        return None
    if name in OPERATORS:
        return _read_operator(scope, head, path)
    if name in scope.blocks:
        parameters = scope.blocks[name].parameters
        arguments = read_arguments(scope, parameters, node, place, name)
        places = _places(node, list(parameters))
        return Layer("", head.key_where, path, block=name, arguments=arguments, places=places)
    if isinstance(kind, Activation):
        if not (isinstance(node, Scalar) and node.value is None):
            report.add("an activation takes no arguments", node.where, place)
        return Layer("", head.key_where, path, activation=name)
    if isinstance(kind, BlockReference):
        arguments = read_arguments(scope, None, node, place, name)
        return Layer(
            "",
            head.key_where,
            path,
            block=name,
            block_parameter=True,
            arguments=arguments,
            places=_places(node, []),
        )
    references = [n for n, k in scope.kinds.items() if isinstance(k, Activation | BlockReference)]
    report.add(
        f"unknown operator or block `{name[:80]}`",
        head.key_where,
        path,
        did_you_mean(name, [*OPERATORS, *scope.blocks, *references, "branches", "share"]),
    )
    return None


def _read_operator(scope: Scope, head: Entry, path: str) -> Layer | None:
    model, node = OPERATORS[head.key], head.value
    place = f"{path}.{head.key}"
    given: dict[str, Any] = dict(scope.defaults.get(head.key, {}))
    if isinstance(node, Mapping):
        given |= plain(node)
    elif not (isinstance(node, Scalar) and node.value is None):
        if model.primary is None:
            scope.report.add(
                f"expected a mapping of arguments, received {describe(node)}",
                node.where,
                place,
                f"such as `{head.key}: {{{', '.join(f'{n}: ...' for n in model.model_fields)}}}`",
            )
            return None
        given[model.primary] = plain(node)
    at = node if isinstance(node, Mapping) else Mapping((), _place(head))
    operator = scope.report.validate(model, at, place, given)
    if operator is None:
        return None
    with scope.report.collecting(head.value.where, place):
        for name, found in operator.expressions().items():
            child = at.get(name) or node
            for expression in found:
                read_expression(scope, expression, child, f"{place}.{name}")
        operator = operator.bind(scope.members)
        places = _places(node, [model.primary] if model.primary else [])
        return Layer("", head.key_where, path, operator=operator, places=places)
    return None


def _places(node: Node, names: list[str]) -> dict[str, Location]:
    """Where each argument of a layer stands."""
    if isinstance(node, Mapping):
        return {entry.key: entry.value.where for entry in node}
    values = node.items if isinstance(node, Sequence) else (node,)
    return {name: value.where for name, value in zip(names, values, strict=False)}


def _place(head: Entry) -> Location:
    bare = isinstance(head.value, Scalar) and head.value.value is None
    return head.key_where if bare else head.value.where


def _expression(scope: Scope, node: Node | None, path: str, kind: Kind) -> Expr | None:
    if node is None:
        return None
    try:
        return read_expression(scope, node, node, path, kind)
    except ArchspecError as error:
        for each in error.problems:
            scope.report.add(each.problem, each.where or node.where, path, each.hint)
        return None


def _named(scope: Scope, layers: list[Layer]) -> tuple[Layer, ...]:
    """Give every layer its name: its ``as``, else its operator and ordinal among its like."""
    counts: dict[str, int] = {}
    taken: dict[str, Location] = {}
    named = []

    def name_of(layer: Layer) -> str:
        kind = _kind_name(layer)
        counts[kind] = counts.get(kind, 0) + 1
        return layer.name or f"{kind}{counts[kind]}"

    for layer in layers:
        merge = layer.merge
        if merge is not None:
            # The name of a group of branches is that of the merge that ends it.
            name = name_of(replace(merge, name=layer.name))
            layer = replace(layer, name=name, merge=replace(merge, name=name))
            for branch in layer.branches:
                _claim(scope, taken, branch.name, branch.where, branch.path)
        else:
            layer = replace(layer, name=name_of(layer))
        _claim(scope, taken, layer.name, layer.where, layer.path)
        named.append(layer)
    return tuple(named)


def _kind_name(layer: Layer) -> str:
    if layer.operator is not None:
        return layer.operator.name()
    if layer.share is not None:
        return "share"
    return snake(layer.block or layer.activation or "layer")


def _claim(
    scope: Scope, taken: dict[str, Location], name: str, where: Location, path: str
) -> None:
    if name in taken:
        hint = "give one of them another name with `as`, or rename the branch"
        scope.report.add(
            f"the name `{name}` is taken (line {taken[name].line})", where, path, hint
        )
    taken.setdefault(name, where)
