"""Which sizes of the input a network works with, from the rules of its layers."""

from __future__ import annotations

from dataclasses import dataclass

from archspec.model.graph import Graph


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
    Several inputs, or one that is merged at two scales, are held to the exact size.
    """
    name, shape = next(iter(graph.inputs.items()))
    if not shape.rank or len(graph.inputs) > 1:
        return None
    for node in graph.nodes:
        if node.input_shapes[0].rank and node.pinned:
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
    return InputSizes(None, tuple(needed.get(name, [1] * shape.rank)))
