"""Which sizes of the input a generated file works with.

They are fewer than those that the spec works with: pads that follow from the size stand in the
file as numbers. What the spec works with is worked out in :mod:`archspec.analysis.min_input`.
"""

from __future__ import annotations

from dataclasses import dataclass

from archspec.analysis.min_input import AxisSizes, LongPatternError, input_sizes_of
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

    A network in which not every larger size fits each merge is held to the size of the spec.
    """
    _, shape = next(iter(graph.inputs.items()))
    if not shape.rank or len(graph.inputs) > 1:
        return None
    for node in graph.nodes:
        if node.pinned and (node.input_shapes[0].rank or node.input_shapes[0].tokens):
            return InputSizes(node.path, shape.spatial)
    try:
        axes = input_sizes_of(graph).axes
    except LongPatternError as error:
        return InputSizes(error.problems[0].path, shape.spatial)
    held = next((path for each in axes if (path := _held(each))), None)
    least = tuple(each.works.least for each in axes)
    return InputSizes(held, shape.spatial if held else least)


def _held(sizes: AxisSizes) -> str | None:
    """The layer that leaves out sizes above the least one; None if all of them work."""
    reason = sizes.pattern_by or sizes.greatest_by
    return reason.path if reason else None
