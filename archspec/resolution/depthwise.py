"""Which layers convolve each channel by itself, as far as their classes can tell.

Some frameworks have a layer of its own for these, whose kernel lies otherwise. Whether code has
it is known where the code is written, which is in the class: where groups and channels are
arguments, they may be as many in an instance and yet be no such layer in the class.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from archspec.model.graph import Graph
from archspec.model.module import Module


def with_depthwise(graph: Graph, modules: Iterable[Module]) -> Graph:
    """A graph whose nodes know whether their classes convolve each channel by itself."""
    told = {
        (module.name, step.key)
        for module in modules
        for step in module.steps()
        if step.multiplier is not None
    }
    if not told:
        return graph
    nodes = tuple(
        replace(node, depthwise=True) if (node.module, node.key) in told else node
        for node in graph.nodes
    )
    return replace(graph, nodes=nodes)
