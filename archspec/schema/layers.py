"""Sequences of layers: from nodes to :class:`Layer` records, checked and named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from archspec.errors import ArchspecError, Location
from archspec.expressions import Expr
from archspec.expressions.types import Activation, BlockReference, Bool, Int, Kind
from archspec.names import did_you_mean, nearest
from archspec.operators import OPERATORS
from archspec.reading import Entry, Mapping, Node, Scalar, Sequence, describe, plain
from archspec.schema.arguments import is_nothing, places, read_arguments, read_operator
from archspec.schema.documents import BranchDocument, LayerOptions
from archspec.schema.expressions import read_expression
from archspec.schema.names import check_name
from archspec.schema.naming import named
from archspec.schema.scope import Scope
from archspec.schema.spec import Branch, Layer
from archspec.schema.translation import OPTIONS

MERGES = ("concat", "add", "mul", "attention")


def read_layers(scope: Scope, node: Node | None, path: str) -> tuple[Layer, ...]:
    """A list of layers, each with its name."""
    if not isinstance(node, Sequence):
        if node is not None:
            problem = f"expected a list of layers, received {describe(node)}"
            scope.report.add(problem, node.where, path)
        return ()
    read = [_read_layer(scope, item, f"{path}[{i}]") for i, item in enumerate(node)]
    return named(scope.report, [each for each in read if each])


def read_branches(scope: Scope, node: Node, path: str) -> tuple[Branch, ...]:
    """Parallel sequences, by name; one with no layers is the identity."""
    report = scope.report
    if not isinstance(node, Mapping) or not node.entries:
        report.add(f"expected branches by name, received {describe(node)}", node.where, path)
        return ()
    branches = []
    for entry in node:
        place = f"{path}.{entry.key}"
        check_name(report, entry.key, "layer", entry.key_where, place)
        value: Node | None = entry.value
        when = None
        if isinstance(value, Mapping):
            if report.validate(BranchDocument, value, place, what="a list of layers") is None:
                continue
            when = _expression(scope, value.get("when"), f"{place}.when", Bool())
            value = value.get("layers")
        elif value is not None and is_nothing(value):
            value = None
        layers = read_layers(scope, value, place)
        branches.append(Branch(entry.key, layers, entry.key_where, place, when))
    return tuple(branches)


def read_merge(scope: Scope, node: Node | None, where: Location, path: str) -> Layer:
    """How branches join; ``concat`` along C where nothing is said."""
    fallback = Layer("", where, path, operator=OPERATORS["concat"]())
    if node is None:
        return fallback
    is_name = isinstance(node, Scalar) and isinstance(node.value, str)
    heads = node.keys() if isinstance(node, Mapping) else ()
    if not (is_name and plain(node) in MERGES) and not (len(heads) == 1 and heads[0] in MERGES):
        problem = f"expected one of {', '.join(MERGES)}, received {describe(node)}"
        hint = did_you_mean(str(plain(node)), MERGES) if is_name else None
        scope.report.add(problem, node.where, path, hint)
        return fallback
    return _read_layer(scope, node, path) or fallback


def _read_layer(scope: Scope, node: Node, path: str) -> Layer | None:
    report = scope.report
    if isinstance(node, Scalar) and isinstance(node.value, str):
        head = Entry(node.value, node.where, Scalar(None, node.where, "", False))
        return _read_head(scope, head, path)
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
        extra = ", ".join(f"`{entry.key[:80]}`" for entry in heads[:5])
        report.add(
            f"expected one operator or block in a layer, received {len(heads) or 'none'}"
            + (f": {extra}" if heads else ""),
            heads[1].key_where if heads else node.where,
            path,
            _surplus_hint(scope, heads),
        )
        return None
    options = _read_options(scope, node, heads[0], path)
    inner = scope.inside(options["index"]) if options and options["repeat"] is not None else scope
    if branched:
        branches = read_branches(inner, heads[0].value, f"{path}.branches")
        merge = read_merge(inner, node.get("merge"), heads[0].key_where, f"{path}.merge")
        layer: Layer | None = Layer("", node.where, path, branches=branches, merge=merge)
    else:
        layer = _read_head(inner, heads[0], path)
    if layer is None or options is None:
        return None
    # With a colon, so that no argument of a block has the same name.
    at = {f":{entry.key}": entry.value.where for entry in node if entry.key in OPTIONS}
    return replace(layer, **options, places={**layer.places, **at})


def _surplus_hint(scope: Scope, heads: list[Entry]) -> str | None:
    """What to do about a layer with several operators."""
    for head in heads:
        near = nearest(head.key, OPTIONS)
        if near and head.key not in OPERATORS and head.key not in scope.blocks:
            return f"did you mean `{near}`?"
    if len(heads) > 1:
        return "is the indentation right? arguments stand deeper than the operator's name"
    return None


def _read_options(scope: Scope, node: Mapping, head: Entry, path: str) -> dict[str, Any] | None:
    """The keys beside the operator, as fields of a Layer."""
    given = {entry.key: plain(entry.value) for entry in node if entry.key in OPTIONS}
    if not given:
        return {"repeat": None}
    document = scope.report.validate(LayerOptions, node, path, given)
    if document is None:
        return None
    alias, index, init = node.entry("as"), node.entry("index"), node.entry("init")
    if alias:
        check_name(scope.report, document.as_ or "", "layer", alias.value.where, f"{path}.as")
    if index:
        check_name(scope.report, document.index, "parameter", index.value.where, f"{path}.index")
    if index and "repeat" not in node:
        scope.report.add("`index` goes with `repeat`", index.key_where, path)
    if init and not (head.key in OPERATORS and OPERATORS[head.key].has_kernel()):
        hint = "it belongs to conv, conv_transpose and dense"
        scope.report.add(f"`{head.key}` has no kernel to start", init.key_where, path, hint)
    sources = (document.from_,) if isinstance(document.from_, str) else document.from_
    if sources == []:
        entry = node.entry("from")
        where = entry.value.where if entry else node.where
        scope.report.add("expected the names of layers, received none", where, f"{path}.from")
    repeat_node = node.get("repeat")
    repeat = _expression(scope, repeat_node, f"{path}.repeat", Int(0))
    if repeat_node is not None and document.index in scope.kinds:
        where = index.value.where if index else repeat_node.where
        hint = "give the index another name: `index: k`"
        scope.report.add(f"the index `{document.index}` hides a parameter", where, path, hint)
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


def _read_head(scope: Scope, head: Entry, path: str) -> Layer | None:
    """An operator, a block, a parameter that holds one, or ``share``."""
    report, name, node = scope.report, head.key, head.value
    place = f"{path}.{name}"
    at = head.key_where
    if name == "share":
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return Layer("", at, path, share=node.value)
        report.add(f"expected a layer's name, received {describe(node)}", node.where, place)
        return None
    if name in OPERATORS:
        operator = read_operator(scope, head, place)
        primary = OPERATORS[name].primary
        where = places(node, [primary] if primary else [])
        if operator is None:
            return None
        return Layer("", at, path, operator=operator, places=where)
    if name in scope.blocks:
        parameters = scope.blocks[name]
        if parameters is None:
            return None
        arguments = read_arguments(scope, parameters, node, place, name)
        where = places(node, parameters)
        return Layer("", at, path, block=name, arguments=arguments, places=where)
    kind = scope.kinds.get(name)
    if isinstance(kind, Activation):
        if not is_nothing(node):
            report.add("an activation takes no arguments", node.where, place)
        return Layer("", at, path, activation=name)
    if isinstance(kind, BlockReference):
        arguments = read_arguments(scope, None, node, place, name)
        where = places(node, [])
        return Layer(
            "", at, path, block=name, block_parameter=True, arguments=arguments, places=where
        )
    if name not in scope.kinds or kind is not None:
        _report_unknown(scope, name, at, path)
    return None


def _report_unknown(scope: Scope, name: str, where: Location, path: str) -> None:
    kind = scope.kinds.get(name)
    if kind is not None:
        problem = f"the parameter `{name}` is no layer: it is {kind.describe()}"
        scope.report.add(problem, where, path, "only activations and blocks are layers")
        return
    references = [n for n, k in scope.kinds.items() if isinstance(k, Activation | BlockReference)]
    known = [*OPERATORS, *scope.blocks, *references, "branches", "share"]
    hint = did_you_mean(name, known)
    scope.report.add(f"unknown operator or block `{name[:80]}`", where, path, hint)


def _expression(scope: Scope, node: Node | None, path: str, kind: Kind) -> Expr | None:
    if node is None:
        return None
    try:
        return read_expression(scope, node, path, kind)
    except ArchspecError as error:
        scope.report.problems.extend(error.problems)
        return None
