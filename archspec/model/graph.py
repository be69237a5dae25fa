"""The flat view of a resolved network: one instance, every shape, pad and name a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from archspec.errors import Location
from archspec.model.cost import Cost, Counted
from archspec.model.shape import Shape
from archspec.operators import Operator, Tensor
from archspec.schema.initialization import Initialization

# The parts of a path, grouped by the class they belong to: b3.inception1.b2.conv1 is
# (("b3", "inception1"), ("b2", "conv1")).
Groups = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Node(Counted):
    """One layer of the instance.

    Args:
        path: its name, such as ``b3.inception1.b2.conv1``; unique.
        groups: the same, grouped by class.
        operator: the operator with its arguments as numbers.
        inputs: paths of the nodes (or names of the network's inputs) that it takes.
        input_shapes: their shapes.
        shape: the shape of its output.
        tensors: its parameters and running statistics.
        owner: the path under which its tensors live: its own, or that of the layer it shares.
        init: how its tensors start.
        module, key: the class and the layer in it that this is an instance of.
        index: the iteration of a repeated layer.
        where: its place in the spec.
        pinned: the operator's arguments that follow from the sizes of its inputs.
        settled: the operator before these were worked out; None where there are none.
        depthwise: whether its class convolves each channel by itself, whatever the instance.

    Attributes:
        cost: what it costs, which follows from the rest; tensors that it shares count where they
            live.
    """

    path: str
    groups: Groups
    operator: Operator
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    shape: Shape
    tensors: tuple[Tensor, ...]
    owner: str
    init: Initialization
    module: str
    key: str
    index: int | None
    where: Location
    pinned: tuple[str, ...] = ()
    settled: Operator | None = None
    depthwise: bool = False
    cost: Cost = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work out the cost."""
        own = self.tensors if self.owner == self.path else ()
        cost = Cost.of(self.operator, self.input_shapes, self.shape, own)
        object.__setattr__(self, "cost", cost)


@dataclass(frozen=True)
class Graph:
    """All layers of an instance in an order in which they can be computed.

    Args:
        inputs: the shape of each named input.
        nodes: the layers.
        outputs: for each output the node (or input) it is.
        scopes: for each container and block instance by path, the node its output is.
        groups: how the paths of scopes are grouped by class.
        blocks: for each block instance by path, the block that it is an instance of.
    """

    inputs: Mapping[str, Shape]
    nodes: tuple[Node, ...]
    outputs: Mapping[str, str]
    scopes: Mapping[str, str]
    groups: Mapping[str, Groups]
    blocks: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def by_path(self) -> dict[str, Node]:
        """Nodes by path."""
        return {node.path: node for node in self.nodes}

    @cached_property
    def tensors(self) -> dict[str, tuple[Node, Tensor]]:
        """Every tensor by its canonical name, in the order of the layers; shared ones once."""
        return {
            f"{node.path}.{tensor.name}": (node, tensor)
            for node in self.nodes
            if node.owner == node.path
            for tensor in node.tensors
        }

    def shape(self, path: str) -> Shape:
        """The shape of a node's output or of an input."""
        return self.inputs[path] if path in self.inputs else self.by_path[path].shape

    @property
    def parameters(self) -> int:
        """The number of trained numbers."""
        return sum(node.parameters for node in self.nodes)

    @property
    def multiply_adds(self) -> int:
        """Products of convolutions and matrix products, for one example."""
        return sum(node.multiply_adds for node in self.nodes)
