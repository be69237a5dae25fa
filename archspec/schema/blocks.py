"""The blocks of a spec, and the check that none contains itself."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as MappingABC
from typing import Any

from archspec.errors import Location
from archspec.expressions import Const
from archspec.expressions.types import Int
from archspec.reading import Mapping, Node, Sequence
from archspec.schema.documents import BlockDocument
from archspec.schema.layers import read_branches, read_layers, read_merge
from archspec.schema.names import check_name
from archspec.schema.naming import named
from archspec.schema.parameters import is_unknown, kinds_of, read_parameters
from archspec.schema.report import Report
from archspec.schema.scope import Scope
from archspec.schema.spec import Block, Layer, Parameter

MOST_INPUTS = 8
DEEPEST = 32


def read_blocks(
    report: Report, node: Node | None, defaults: MappingABC[str, MappingABC[str, Any]]
) -> tuple[dict[str, Block], dict[str, MappingABC[str, Parameter] | None]]:
    """All blocks, and the parameters of each block by name (None for a wrong declaration).

    The parameters of all are read first, so that blocks may use each other in any order.
    """
    found: list[tuple[str, Mapping, BlockDocument, dict[str, Parameter], Location]] = []
    signatures: dict[str, MappingABC[str, Parameter] | None] = {}
    for entry in node if isinstance(node, Mapping) else ():
        path = f"blocks.{entry.key}"
        signatures[entry.key] = None
        allowed = check_name(report, entry.key, "class", entry.key_where, path)
        document = report.validate(BlockDocument, entry.value, path, what="a block")
        if document is None or not isinstance(entry.value, Mapping):
            continue
        parameters = read_parameters(report, entry.value.get("params"), f"{path}.params")
        if allowed:
            signatures[entry.key] = parameters
        found.append((entry.key, entry.value, document, parameters, entry.key_where))
    blocks = {}
    for name, body, document, parameters, where in found:
        path = f"blocks.{name}"
        inputs = tuple(document.inputs)
        _check_inputs(report, inputs, parameters, body, path)
        _check_parameters(report, inputs, parameters, path)
        kinds = kinds_of(parameters) | dict.fromkeys(channel_names(inputs), Int(1))
        scope = Scope(report, kinds, signatures, defaults)
        layers = _read_body(scope, body, where, path)
        blocks[name] = Block(name, document.doc.strip(), parameters, inputs, layers, where, path)
    return blocks, signatures


def _check_parameters(
    report: Report, inputs: tuple[str, ...], parameters: dict[str, Parameter], path: str
) -> None:
    for name in channel_names(inputs):
        if name in parameters:
            problem = f"`{name}` is given to every block and cannot be declared"
            report.add(problem, parameters[name].where, f"{path}.params.{name}")
    last = max((i for i, each in enumerate(parameters.values()) if each.required), default=0)
    for parameter in list(parameters.values())[:last]:
        if not parameter.required and not is_unknown(parameter):
            report.add(
                "a parameter with a default stands before one without",
                parameter.where,
                f"{path}.params.{parameter.name}",
                "put parameters with defaults last",
            )


def channel_names(inputs: tuple[str, ...]) -> tuple[str, ...]:
    """The implicit parameters of a block: the channels of each input."""
    return ("in_channels", *(f"{name}_channels" for name in inputs[1:]))


def _read_body(scope: Scope, body: Mapping, where: Location, path: str) -> tuple[Layer, ...]:
    layers, branches = body.get("layers"), body.get("branches")
    if (layers is None) == (branches is None):
        both = branches is not None
        problem = (
            f"a block has either `layers` or `branches`, received {'both' if both else 'none'}"
        )
        scope.report.add(problem, where, path)
        return ()
    if branches is None:
        merge = body.entry("merge")
        if merge:
            scope.report.add("`merge` goes with `branches`", merge.key_where, f"{path}.merge")
        return read_layers(scope, layers, f"{path}.layers")
    join = read_merge(scope, body.get("merge"), where, f"{path}.merge")
    read = read_branches(scope, branches, f"{path}.branches")
    return named(scope.report, [Layer("", where, path, branches=read, merge=join)])


def _check_inputs(
    report: Report,
    inputs: tuple[str, ...],
    parameters: dict[str, Parameter],
    body: Mapping,
    path: str,
) -> None:
    listed = body.get("inputs")
    path = f"{path}.inputs"
    if not 1 <= len(inputs) <= MOST_INPUTS:
        where = listed.where if listed is not None else body.where
        report.add(f"a block takes 1 to {MOST_INPUTS} inputs", where, path)
    for place, name in enumerate(inputs[:MOST_INPUTS]):
        where = listed[place].where if isinstance(listed, Sequence) else body.where
        if name != "x":
            check_name(report, name, "input", where, f"{path}[{place}]")
        if name in inputs[:place]:
            report.add(f"two inputs are called `{name}`", where, f"{path}[{place}]")
        if name in parameters:
            report.add(f"`{name}` is a parameter too", where, f"{path}[{place}]")
        if name in channel_names(inputs):
            report.add(f"`{name}` is what channels are called", where, f"{path}[{place}]")


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
            elif used not in done and len(chain) < DEEPEST:
                visit(used, (*chain, used))
            elif used not in done:
                problem = f"blocks are nested more than {DEEPEST} deep"
                report.add(problem, where, blocks[name].path)
        done.add(name)

    for name in blocks:
        if name not in done:
            visit(name, (name,))
