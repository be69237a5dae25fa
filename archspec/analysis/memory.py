"""How much memory the values of a network take while it is computed."""

from __future__ import annotations

from math import prod

from archspec.errors import UsageError
from archspec.model.graph import Graph

# Bytes of one number, by the name of its kind.
DTYPES = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}


def check_dtype(dtype: str) -> None:
    """Refuse a kind of number that there is not.

    Raises:
        UsageError: naming those there are.
    """
    if dtype not in DTYPES:
        raise UsageError(f"unknown dtype `{dtype[:80]}`", hint=", ".join(DTYPES))


def peak(graph: Graph) -> int:
    """The most numbers that are alive at once in evaluation, for one example.

    Layers are computed one after the other in the order of the graph. A value is alive from the
    layer that makes it (an input: from the start) to the last layer that takes it, that one
    included; an output of the network to the end. What a layer only calls by another name
    (`flatten`, `identity`, and `dropout`, which does nothing in evaluation) is one value, and
    nothing is computed in place. Parameters are not counted.
    """
    origin = {name: name for name in graph.inputs}
    made = {name: shape.elements for name, shape in graph.inputs.items()}
    last = dict.fromkeys(graph.inputs, 0)
    for place, node in enumerate(graph.nodes):
        path = node.path
        for source in node.inputs:
            last[origin[source]] = place
        if node.operator.allocates == "always":
            origin[path] = path
            made[path] = prod(node.shape.sizes)
            last[path] = place
        else:
            origin[path] = origin[node.inputs[0]]
    for path in graph.outputs.values():
        last[origin[path]] = len(graph.nodes)
    ending = [0] * (len(graph.nodes) + 1)
    for path, place in last.items():
        ending[place] += made[path]
    alive = most = sum(made[name] for name in graph.inputs)
    for node, gone in zip(graph.nodes, ending, strict=False):
        alive += made.get(node.path, 0)
        if alive > most:
            most = alive
        alive -= gone
    return most
