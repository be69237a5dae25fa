"""The blocks of a spec, and the check that none contains itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping as MappingABC
from dataclasses import replace
from typing import Any

from archspec.errors import Location
from archspec.expressions import Const
from archspec.expressions.types import Int, Kind
from archspec.reading import Mapping, Node
from archspec.schema.documents import BlockDocument
from archspec.schema.layers import Scope, Signature, read_branches, read_layers, read_merge
from archspec.schema.names import check_name
from archspec.schema.parameters import read_parameters
from archspec.schema.report import Report
from archspec.schema.spec import Block, Layer, Parameter

MOST_INPUTS = 8


def read_blocks(
    report: Report, node: Node | None, defaults: MappingABC[str, MappingABC[str, Any]]
) -> dict[str, Block]:
    """All blocks: first their signatures, so that they may use each other in any order."""
    found: list[tuple[str, Mapping, BlockDocument, dict[str, Parameter], Location]] = []
    for entry in node if isinstance(node, Mapping) else ():
        path = f"blocks.{entry.key}"
        if not check_name(report, entry.key, "class", entry.key_where, path):
            continue
        document = report.validate(BlockDocument, entry.value, path, what="a block")
        if document is None or not isinstance(entry.value, Mapping):
            continue
        parameters = read_parameters(report, entry.value.get("params"), f"{path}.params")
        found.append((entry.key, entry.value, document, parameters, entry.key_where))
    signatures = {name: Signature(parameters) for name, _, _, parameters, _ in found}
    blocks = {}
    for name, body, document, parameters, where in found:
        path = f"blocks.{name}"
        inputs = tuple(document.inputs)
        _check_inputs(report, inputs, parameters, body, path)
        kinds: dict[str, Kind] = {each: parameter.kind for each, parameter in parameters.items()}
        kinds |= {each: Int(1) for each in channel_names(inputs)}
        for each in channel_names(inputs):
            if each in parameters:
                problem = f"`{each}` is given to every block and cannot be declared"
                report.add(problem, parameters[each].where, f"{path}.params.{each}")
        for each, parameter in parameters.items():
            later = list(parameters.values())[list(parameters).index(each) + 1 :]
            if not parameter.required and any(p.required for p in later):
                report.add(
                    "a parameter with a default stands before one without",
                    parameter.where,
                    f"{path}.params.{each}",
                    "put parameters with defaults last",
                )
        scope = Scope(report, kinds, signatures, defaults)
        layers = _read_body(scope, body, where, path)
        blocks[name] = Block(name, document.doc.strip(), parameters, inputs, layers, where, path)
    return blocks


def channel_names(inputs: tuple[str, ...]) -> tuple[str, ...]:
    """The implicit parameters of a block: the channels of each input."""
    return ("in_channels", *(f"{name}_channels" for name in inputs[1:]))


def _read_body(scope: Scope, body: Mapping, where: Location, path: str) -> tuple[Layer, ...]:
    layers, branches = body.get("layers"), body.get("branches")
    if (layers is None) == (branches is None):
        problem = "a block has either `layers` or `branches`"
        scope.report.add(problem, where, path)
        return ()
    if branches is None:
        if "merge" in body:
            scope.report.add("`merge` goes with `branches`", where, path)
        return read_layers(scope, layers, f"{path}.layers")
    merge = read_merge(scope, body.get("merge"), where, f"{path}.merge")
    read = read_branches(scope, branches, f"{path}.branches")
    operator = merge.operator.name() if merge.operator else "concat"
    name = f"{operator}1"
    if any(branch.name == name for branch in read):
        scope.report.add(f"the name `{name}` is taken by the merge", where, path)
    merge = replace(merge, name=name)
    return (Layer(name, where, path, branches=read, merge=merge),)


def _check_inputs(
    report: Report,
    inputs: tuple[str, ...],
    parameters: dict[str, Parameter],
    body: Mapping,
    path: str,
) -> None:
    where = (body.get("inputs") or body).where
    if not 1 <= len(inputs) <= MOST_INPUTS:
        report.add(f"a block takes 1 to {MOST_INPUTS} inputs", where, f"{path}.inputs")
    if len(set(inputs)) < len(inputs):
        report.add("two inputs have the same name", where, f"{path}.inputs")
    for name in inputs:
        if name != "x":
            check_name(report, name, "layer", where, f"{path}.inputs")
        if name in parameters:
            report.add(f"`{name}` is an input and a parameter", where, f"{path}.inputs")


def _uses(layers: tuple[Layer, ...]) -> Iterator[tuple[str, Location]]:
    """Every block that layers name, as a call or as an argument."""
    for layer in layers:
        if layer.block and not layer.block_parameter:
            yield layer.block, layer.where
        for _, value in layer.arguments:
            if isinstance(value, Const) and isinstance(value.value, str):
                yield value.value, layer.where
        for branch in layer.branches:
            yield from _uses(branch.layers)


def check_cycles(report: Report, blocks: MappingABC[str, Block]) -> None:
    """Note every block that contains itself, with the way it does."""
    done: set[str] = set()

    def visit(name: str, chain: tuple[str, ...]) -> None:
        for used, where in _uses(blocks[name].layers):
            if used not in blocks:
                continue
            if used in chain:
                cycle = " → ".join([*chain[chain.index(used) :], used])
                report.add(f"a block contains itself: {cycle}", where, blocks[name].path)
            elif used not in done:
                visit(used, (*chain, used))
        done.add(name)

    for name in blocks:
        if name not in done:
            visit(name, (name,))

