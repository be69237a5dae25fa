"""The parts of a network as a tree: its stages, blocks and branches down to single layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archspec.model.cost import Cost, Counted, total
from archspec.model.graph import Graph, Node
from archspec.model.shape import Shape

_NOTHING = Cost()


@dataclass(slots=True)
class Container(Counted):
    """The whole network, a stage, a block or a branch.

    Args:
        path: its name, such as ``b3.inception1``; empty for the whole network.
        shape: the shape of what comes out.
        cost: what all that is in it costs, for one example.
        block: for an instance of a block, the block.
        parts: what is in it, in the order of computation.
    """

    path: str
    shape: Shape
    cost: Cost = _NOTHING
    block: str | None = None
    parts: Sequence[Part] = ()

    def walk(self, depth: int | None = None) -> Iterator[Part]:
        """This one and what is in it, each before its own parts, down to a depth."""
        yield self
        if depth is None or self.depth < depth:
            for each in self.parts:
                if isinstance(each, Container):
                    yield from each.walk(depth)
                else:
                    yield each


Part = Node | Container


def block_of(part: Part) -> str | None:
    """The block that a part is an instance of."""
    return part.block if isinstance(part, Container) else None


def parts_of(graph: Graph) -> Container:
    """The whole network as a tree of parts, with all costs summed up."""
    result = next(iter((*graph.outputs.values(), *graph.inputs)))
    whole = Container("", graph.shape(result))
    containers = {"": whole}
    inside: dict[str, list[Part]] = {"": []}
    # Layers of one container mostly come one after the other.
    current, append = "", inside[""].append
    for node in graph.nodes:
        outer = node.path.rpartition(".")[0]
        if outer != current:
            if outer not in inside:
                _open(outer, graph, containers, inside)
            current, append = outer, inside[outer].append
        append(node)
    # The inner ones come later than what they are in.
    for path, part in reversed(containers.items()):
        parts = part.parts = inside[path]
        part.cost = total([each.cost for each in parts])
        if path:
            scope = graph.scopes.get(path)
            part.shape = parts[-1].shape if scope is None else graph.shape(scope)
    return whole


def _open(
    path: str, graph: Graph, containers: dict[str, Container], inside: dict[str, list[Part]]
) -> None:
    """Put a container where it belongs, after those that it is in."""
    outer = path.rpartition(".")[0]
    if outer not in inside:
        _open(outer, graph, containers, inside)
    # Its shape is known when all that is in it is.
    found = Container(path, containers[""].shape, block=graph.blocks.get(path))
    inside[outer].append(found)
    containers[path] = found
    inside[path] = []
