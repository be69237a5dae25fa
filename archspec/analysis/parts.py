"""The parts of a network as a tree: its stages, blocks and branches down to single layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archspec.model.cost import Cost, Counted, total
from archspec.model.graph import Graph, Node
from archspec.model.shape import Shape


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
    cost: Cost
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
    whole = Container("", graph.shape(result), _NOTHING)
    containers = {"": whole}
    inside: dict[str, list[Part]] = {"": []}

    def contents(path: str) -> list[Part]:
        if path not in inside:
            beside = contents(path.rpartition(".")[0])
            found = Container(path, whole.shape, _NOTHING, graph.blocks.get(path))
            beside.append(found)
            containers[path] = found
            inside[path] = []
        return inside[path]

    # Layers of one container mostly come one after the other.
    current, append = "", inside[""].append
    for node in graph.nodes:
        outer = node.path.rpartition(".")[0]
        if outer != current:
            current, append = outer, contents(outer).append
        append(node)
    # The inner ones come later than what they are in.
    for path, part in reversed(containers.items()):
        parts = part.parts = inside[path]
        part.cost = total([each.cost for each in parts])
        if path:
            scope = graph.scopes.get(path)
            part.shape = parts[-1].shape if scope is None else graph.shape(scope)
    return whole


_NOTHING = Cost()
