"""Which sizes of the input a network works with, from the rules of its layers."""

from __future__ import annotations

from dataclasses import dataclass

from archspec.model.graph import Graph, Node
from archspec.model.shape import Shape
from archspec.operators import Operator

_MOST_STRIDE = 64


@dataclass(frozen=True, slots=True)
class InputSizes:
    """The least size of each spatial axis, or that only the size of the spec will do.

    ``exact`` is the path of the first layer that fixes the size (a flatten, say); None if none
    does. ``least`` is then of no use.
    """

    exact: str | None
    least: tuple[int, ...]


def input_sizes(graph: Graph) -> InputSizes | None:
    """What the first input must measure; None if it has no spatial axes.

    Walks the graph backwards: the least output that each layer needs gives the least input.
    A network in which not every larger size fits each merge is held to the size of the spec.
    """
    name, shape = next(iter(graph.inputs.items()))
    if not shape.rank or len(graph.inputs) > 1:
        return None
    for node in graph.nodes:
        if node.pinned and (node.input_shapes[0].rank or node.input_shapes[0].tokens):
            return InputSizes(node.path, shape.spatial)
    needed: dict[str, list[int]] = {}
    for node in reversed(graph.nodes):
        rank = node.input_shapes[0].rank
        wanted = needed.get(node.path, [1] * rank)
        for source, source_shape in zip(node.inputs, node.input_shapes, strict=True):
            axes = [
                node.operator.needed(wanted[axis] if axis < len(wanted) else 1, axis)
                for axis in range(source_shape.rank)
            ]
            before = needed.get(source, [1] * source_shape.rank)
            needed[source] = [max(pair) for pair in zip(before, axes, strict=True)]
    least = tuple(needed.get(name, [1] * shape.rank))
    misfit = _misfit(graph, name, least)
    return InputSizes(misfit, shape.spatial if misfit else least)


def _misfit(graph: Graph, name: str, least: tuple[int, ...]) -> str | None:
    """A merge that does not fit at every size from the least on; None if all do.

    Sizes repeat their pattern with the network's total stride, so as many are tried.
    """
    merges = {node.path for node in graph.nodes if len(node.inputs) > 1}
    if not merges:
        return None
    rank = len(least)
    strides = [_total_stride(graph, axis, rank) for axis in range(rank)]
    for more in range(min(max(strides), _MOST_STRIDE) + 1):
        sizes = {name: tuple(size + more for size in least)}
        for node in graph.nodes:
            inputs = [sizes[source] for source in node.inputs]
            if node.path in merges and len(set(inputs)) > 1 and not _stretches(node):
                return node.path
            operator = node.operator
            if not inputs[0] or type(operator).spatial is Operator.spatial:
                sizes[node.path] = max(inputs)
                continue
            shapes = [Shape.of(1, *spatial) for spatial in inputs]
            sizes[node.path] = operator.spatial(shapes)
    return None


def _stretches(node: Node) -> bool:
    """Whether a merge takes inputs of other sizes: an axis is joined, or 1 is stretched."""
    operator = node.operator
    return getattr(operator, "broadcast", False) or getattr(operator, "axis", "C") != "C"


def _total_stride(graph: Graph, axis: int, rank: int) -> int:
    """The greatest product of strides along a way through the network."""
    strides: dict[str, int] = {}
    for node in graph.nodes:
        before = max(strides.get(source, 1) for source in node.inputs)
        own = getattr(node.operator, "stride", (1,) * rank)
        strides[node.path] = before * (own[axis] if axis < len(own) else 1)
    return max(strides.values(), default=1)
