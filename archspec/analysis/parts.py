"""The parts of a network as a tree: its stages, blocks and branches down to single layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from archspec.model.graph import Graph, Node
from archspec.model.shape import Shape


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
    """The whole network as a tree of parts, with all figures summed up."""
    result = next(iter((*graph.outputs.values(), *graph.inputs)))
    whole = Part("", 0, graph.shape(result))
    containers = {"": whole}
    inner: dict[str, list[Part]] = {"": []}

    def container(path: str) -> Part:
        found = containers.get(path)
        if found is None:
            outer = path.rpartition(".")[0]
            depth = container(outer).depth + 1
            found = Part(path, depth, whole.shape, None, graph.blocks.get(path))
            inner[outer].append(found)
            containers[path], inner[path] = found, []
        return found

    for node in graph.nodes:
        outer = node.path.rpartition(".")[0]
        inside = containers.get(outer) or container(outer)
        inner[outer].append(_layer(node, inside.depth + 1))
    # The inner ones come later than what they are in.
    for path, part in reversed(containers.items()):
        part.parts = inner[path]
        for each in part.parts:
            part.parameters += each.parameters
            part.statistics += each.statistics
            part.multiply_adds += each.multiply_adds
            part.activations += each.activations
        if path in graph.scopes:
            part.shape = graph.shape(graph.scopes[path])
        elif path:
            part.shape = part.parts[-1].shape
    return whole


def _layer(node: Node, depth: int) -> Part:
    trained = kept = 0
    if node.tensors and node.owner == node.path:
        for tensor in node.tensors:
            if tensor.trainable:
                trained += prod(tensor.shape)
            else:
                kept += prod(tensor.shape)
    operator, shape = node.operator, node.shape
    cost = operator.multiply_adds(node.input_shapes, shape)
    own = 0 if operator.allocates == "never" else prod(shape.sizes)
    return Part(node.path, depth, shape, node, None, trained, kept, cost, own)
