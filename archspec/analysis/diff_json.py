"""A difference as JSON has it."""

from __future__ import annotations

from typing import Any

from archspec.analysis.diff import Change, Difference, Figures, LayerDiff, figures
from archspec.analysis.diff_summary import Item, Section, summarize_diff
from archspec.model.graph import Node
from archspec.resolution import Flat


def diff_data(found: Difference) -> dict[str, Any]:
    """All of it: the networks, what is different, briefly and layer by layer, and the totals."""
    one, other = found.totals
    return {
        "different": found.different,
        "before": _network(found.before),
        "after": _network(found.after),
        "settings": [_change(each) for each in found.settings],
        "sections": [_section(each) for each in summarize_diff(found)],
        "layers": [_layer(each) for each in found.layers],
        "change": {
            "layers": other.layers - one.layers,
            "parameters": other.parameters - one.parameters,
            "multiply_adds": other.multiply_adds - one.multiply_adds,
        },
    }


def _network(network: Flat) -> dict[str, Any]:
    return {
        "network": network.spec.name,
        "file": network.spec.file,
        "input": {name: list(shape.sizes) for name, shape in network.graph.inputs.items()},
        **_figures(figures(network.graph)),
    }


def _figures(found: Figures) -> dict[str, int]:
    return {
        "layers": found.layers,
        "parameters": found.parameters,
        "multiply_adds": found.multiply_adds,
    }


def _change(change: Change) -> dict[str, Any]:
    return {"what": change.what, "before": change.before, "after": change.after}


def _section(section: Section) -> dict[str, Any]:
    return {
        "kind": section.kind,
        "uses": [list(each) for each in section.uses],
        "names": list(section.names),
        "parameters": section.parameters,
        "multiply_adds": section.multiply_adds,
        "items": [_item(each) for each in section.items],
    }


def _item(item: Item) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "operator": item.operator,
        "changes": [
            {"what": name, "values": [{"before": one, "after": other} for one, other in values]}
            for name, values in item.changes
        ],
        "layers": [list(each) for each in item.layers],
        "arguments": item.words,
        "follows": item.after,
    }


def _layer(layer: LayerDiff) -> dict[str, Any]:
    return {
        "kind": layer.kind,
        "operator": layer.node.operator.name(),
        "before": _node(layer.before),
        "after": _node(layer.after),
        "changes": [_change(each) for each in layer.changes],
    }


def _node(node: Node | None) -> dict[str, Any] | None:
    if node is None:
        return None
    return {
        "path": node.path,
        "where": str(node.where),
        "shape": list(node.shape.sizes),
        "parameters": node.parameters,
        "multiply_adds": node.multiply_adds,
    }
