"""The names of layers, which become parts of paths."""

from __future__ import annotations

from dataclasses import replace

from archspec.errors import Location
from archspec.names import snake
from archspec.schema.report import Report
from archspec.schema.spec import Layer


def named(report: Report, layers: list[Layer]) -> tuple[Layer, ...]:
    """Give every layer its name: its ``as``, else its operator and ordinal among its like."""
    counts: dict[str, int] = {}
    taken: dict[str, Location] = {}

    def name_of(layer: Layer, given: str) -> str:
        kind = _kind_name(layer)
        counts[kind] = counts.get(kind, 0) + 1
        # A name that ends in a digit keeps it apart from its ordinal: `relu6_1`.
        joint = "_" if kind[-1].isdigit() else ""
        return given or f"{kind}{joint}{counts[kind]}"

    def claim(name: str, where: Location, path: str) -> None:
        if name in taken:
            hint = "give one of them another name with `as`, or rename the branch"
            report.add(f"the name `{name}` is taken (line {taken[name].line})", where, path, hint)
        taken.setdefault(name, where)

    found = []
    for layer in layers:
        # The name of a group of branches is that of the merge that ends it.
        name = name_of(layer.merge or layer, layer.name)
        for branch in layer.branches:
            claim(branch.name, branch.where, branch.path)
        merge = layer.merge and replace(layer.merge, name=name)
        found.append(replace(layer, name=name, merge=merge))
        claim(name, layer.where, layer.path)
    return tuple(found)


def _kind_name(layer: Layer) -> str:
    if layer.operator is not None:
        return layer.operator.name()
    if layer.share is not None:
        return "share"
    return snake(layer.block or layer.activation or "layer")
