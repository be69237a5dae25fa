"""What elaboration writes down: the nodes of the flat graph and the scopes they lie in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from archspec.errors import SpecError
from archspec.model.graph import Graph, Groups, Node
from archspec.model.shape import Shape
from archspec.resolution.application import Applied
from archspec.resolution.instance import Reference
from archspec.resolution.linked import LinkedStep
from archspec.schema.initialization import Initialization


def joined(groups: Groups) -> str:
    """The path whose parts are grouped by class."""
    return ".".join(part for group in groups for part in group)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node is: its path, the class and the layer of it, and the iteration."""

    groups: Groups
    module: str
    step: LinkedStep
    index: int | None


class Record:
    """The graph so far.

    Args:
        init: how tensors start where their layer does not say.
    """

    def __init__(self, init: Initialization) -> None:
        self._init = init
        self._nodes: dict[str, Node] = {}
        self._scopes: dict[str, str] = {}
        self._groups: dict[str, Groups] = {}
        self._blocks: dict[str, str] = {}

    def node(
        self, place: Place, applied: Applied, values: Sequence[Reference], ghost: bool
    ) -> None:
        """Write down one layer; a ghost is only checked.

        Raises:
            SpecError: where it shares tensors that would not fit it.
        """
        layer, path = place.step.layer, joined(place.groups)
        owner = path
        if layer.share is not None:
            owner = joined((*place.groups[:-1], (layer.share,)))
            other = self._nodes.get(owner)
            problem = None if other is None else _unlike(other, applied, values[0].shape)
            if problem:
                raise SpecError(
                    f"`{layer.share}` cannot be shared here: {problem}", layer.where, layer.path
                )
        if ghost:
            return
        self._nodes[path] = Node(
            path,
            place.groups,
            applied.operator,
            tuple(value.path for value in values),
            tuple(value.shape for value in values),
            applied.shape,
            applied.tensors,
            owner,
            self._init if layer.init is None else layer.init.over(self._init),
            place.module,
            place.step.key,
            place.index,
            layer.where,
            tuple(applied.facts),
            applied.settled if applied.facts else None,
        )

    def scope(self, groups: Groups, value: Reference, block: str | None = None) -> None:
        """Write down what a container, or an instance of a block, comes to."""
        path = joined(groups)
        self._scopes[path] = value.path
        self._groups[path] = groups
        if block is not None:
            self._blocks[path] = block

    def graph(self, inputs: Mapping[str, Shape], outputs: Mapping[str, str]) -> Graph:
        """The whole."""
        nodes = tuple(self._nodes.values())
        return Graph(inputs, nodes, outputs, self._scopes, self._groups, self._blocks)


def _unlike(other: Node, applied: Applied, taken: Shape) -> str | None:
    """Why a layer cannot be the same as another one, in all that follows from its input."""
    if other.tensors != applied.tensors:
        return "its tensors would have other shapes"
    if other.input_shapes[0].axes != taken.axes:
        return "its input would have other axes"
    if getattr(other.operator, "padding", None) != getattr(applied.operator, "padding", None):
        return "its padding would be another, as it depends on the size of the input"
    return None
