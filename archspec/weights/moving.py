"""One rule carried out on arrays: renamed, split or joined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from archspec.errors import Location
from archspec.model.graph import Graph
from archspec.weights.layouts import MisfitError, layout_of, squeezed, to_canonical
from archspec.weights.rules import Change, Rule

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Move:
    """Foreign tensors that become tensors of the network.

    Args:
        sources, targets: their names.
        change: what is done to the numbers.
        axis, stack: how several are split or joined.
        rule: whose doing this is; None for the order.
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    change: Change = field(default_factory=Change)
    axis: int = 0
    stack: bool = False
    rule: Rule | None = None

    @property
    def where(self) -> Location | None:
        """The place of its rule."""
        return self.rule.where if self.rule else None


def arrays(
    graph: Graph, move: Move, found: Mapping[str, Array], layouts: Mapping[str, str]
) -> dict[str, Array]:
    """The arrays that a move makes, by canonical name.

    Args:
        graph: the network.
        move: what becomes what.
        found: the foreign arrays by name.
        layouts: by kind of layer, the order of the axes of foreign kernels.

    Raises:
        MisfitError: if a shape does not fit.
    """
    node, tensor = graph.tensors[move.targets[0]]
    layout = layout_of(node, tensor, move.change, layouts)
    parts = [to_canonical(found[name], node, tensor, layout, move.change) for name in move.sources]
    shapes = {name: graph.tensors[name][1].shape for name in move.targets}
    if len(move.targets) > 1:
        parts = _split(parts[0], list(shapes.values()), move.axis)
    elif len(parts) > 1:
        parts = [_joined(parts, move)]
    result = {}
    for (target, shape), part in zip(shapes.items(), parts, strict=True):
        whole = squeezed(part, shape) if move.change.squeeze else part
        if whole.shape != shape:
            text = f"found {whole.shape}"
            if layout and len(move.sources) == 1:
                text += f" ({found[move.sources[0]].shape} as {layout})"
            raise MisfitError(f"expected the shape {shape}, {text}")
        result[target] = whole
    return result


def _split(array: Array, shapes: list[tuple[int, ...]], axis: int) -> list[Array]:
    if any(axis >= len(shape) for shape in shapes) or axis >= array.ndim:
        raise MisfitError(f"has no axis {axis} to split (shape {array.shape})")
    sizes = [shape[axis] for shape in shapes]
    if sum(sizes) != array.shape[axis]:
        parts = " + ".join(map(str, sizes))
        raise MisfitError(f"its axis {axis} has {array.shape[axis]}, the parts have {parts}")
    return np.split(array, np.cumsum(sizes)[:-1], axis)


def _joined(parts: list[Array], move: Move) -> Array:
    try:
        return np.stack(parts, move.axis) if move.stack else np.concatenate(parts, move.axis)
    except ValueError:
        shapes = ", ".join(str(each.shape) for each in parts)
        raise MisfitError(f"the shapes {shapes} do not join along axis {move.axis}") from None
