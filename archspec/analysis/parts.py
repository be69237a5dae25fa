"""The parts of a network as a tree: its stages, blocks and branches down to single layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from archspec.model.graph import Graph, Node
from archspec.model.shape import Shape
from archspec.operators import Tensor


@dataclass(slots=True)
class Part:
    """A layer, or a container with all that is in it; the figures are for one example.

    Args:
        path: its name, such as ``b3.inception1``; empty for the whole network.
        depth: 0 for the whole network, 1 for a stage.
        shape: the shape of what comes out.
        node: for a layer, its node of the graph.
        block: for an instance of a block, the block.
        parameters: trained numbers; those of a shared layer count where it first stands.
        statistics: numbers that are kept but not trained (of batch normalisations).
        multiply_adds: products of convolutions and matrix products.
        activations: elements of the outputs that training keeps; what a layer only calls by
            another name is none.
        parts: what is in a container, in the order of computation.
    """

    path: str
    depth: int
    shape: Shape
    node: Node | None = None
    block: str | None = None
    parameters: int = 0
    statistics: int = 0
    multiply_adds: int = 0
    activations: int = 0
    parts: Sequence[Part] = ()

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]

    def walk(self, depth: int | None = None) -> Iterator[Part]:
        """This part and those in it, each before its own parts, down to a depth."""
        yield self
        if depth is None or self.depth < depth:
            for each in self.parts:
                yield from each.walk(depth)


def parts_of(graph: Graph) -> Part:
    """The whole network as a tree of parts, with all figures summed up.

    A layer's figures go into what it is in at once: this runs for each variant that is compared.
    """
    result = next(iter((*graph.outputs.values(), *graph.inputs)))
    whole = Part("", 0, graph.shape(result))
    containers = {"": whole}
    inner: dict[str, list[Part]] = {"": []}
    whole.parts = inner[""]

    def container(path: str) -> Part:
        outer = path.rpartition(".")[0]
        inside = containers.get(outer) or container(outer)
        found = Part(path, inside.depth + 1, whole.shape, None, graph.blocks.get(path))
        inner[outer].append(found)
        containers[path] = found
        found.parts = inner[path] = []
        return found

    for node in graph.nodes:
        path, operator, shape = node.path, node.operator, node.shape
        outer = path.rpartition(".")[0]
        inside = containers.get(outer) or container(outer)
        trained = kept = activations = 0
        if node.tensors and node.owner == path:
            trained, kept = _numbers(node.tensors)
            inside.parameters += trained
            inside.statistics += kept
        if cost := operator.multiply_adds(node.input_shapes, shape):
            inside.multiply_adds += cost
        if operator.allocates != "never":
            activations = prod(shape.sizes)
            inside.activations += activations
        depth = inside.depth + 1
        layer = Part(path, depth, shape, node, None, trained, kept, cost, activations)
        inner[outer].append(layer)
    # The inner ones come later than what they are in.
    for path, part in reversed(containers.items()):
        if path:
            total = containers[path.rpartition(".")[0]]
            total.parameters += part.parameters
            total.statistics += part.statistics
            total.multiply_adds += part.multiply_adds
            total.activations += part.activations
            scope = graph.scopes.get(path)
            part.shape = part.parts[-1].shape if scope is None else graph.shape(scope)
    return whole


def _numbers(tensors: Sequence[Tensor]) -> tuple[int, int]:
    """How many numbers are trained, and how many only kept."""
    trained = kept = 0
    for tensor in tensors:
        if tensor.trainable:
            trained += prod(tensor.shape)
        else:
            kept += prod(tensor.shape)
    return trained, kept
