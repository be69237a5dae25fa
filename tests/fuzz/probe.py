"""What a layer gives, by asking ``resolve``: for what is too intricate to foresee."""

from __future__ import annotations

import json

from archspec.errors import ArchspecError
from archspec.model.shape import Shape
from archspec.resolution import resolve
from archspec.schema import loads
from tests.fuzz.scope import Library, Node, Scope
from tests.fuzz.windows import small


def probe(scope: Scope, layer: Node, inputs: list[Shape]) -> tuple[Shape, int] | None:
    """The shape that a layer of a class gives, and of how many layers it is; None if it is wrong.

    Args:
        scope: the class.
        layer: the layer, which names no other.
        inputs: the shapes of what it takes.
    """
    # The class's own inputs come first: its expressions speak of their channels.
    shapes = dict(scope.inputs)
    taken = {f"probed{place}": shape for place, shape in enumerate(inputs)}
    names = list({**shapes, **taken})
    body = {**layer} if isinstance(layer, dict) else {layer: None}
    body["from"] = list(taken)
    blocks = {
        **scope.library.blocks,
        "Probed": {"params": scope.declarations, "inputs": names, "layers": [body]},
    }
    given = {each.name: each.value for each in scope.parameters}
    return resolved(scope.library, blocks, {**shapes, **taken}, {"Probed": given, "from": names})


def resolved(
    library: Library, blocks: Node, inputs: dict[str, Shape], layer: Node
) -> tuple[Shape, int] | None:
    """The shape that a network of one layer gives, and the number of its layers."""
    tokens = [name for name, shape in inputs.items() if shape.tokens is not None]
    # No input is tokens: they are made of the places of a sequence.
    sizes = {
        name: list(reversed(shape.sizes) if name in tokens else shape.sizes)
        for name, shape in inputs.items()
    }
    made = [{"to_tokens": None, "as": f"{name}_made", "from": name} for name in tokens]
    names = {name: f"{name}_made" for name in tokens}
    taken = [names.get(name, name) for name in layer["from"]]
    spec = {
        "archspec": 1,
        "name": "Probe",
        "input": sizes,
        "defaults": library.defaults,
        "blocks": blocks,
        "stages": {"only": [*made, {**layer, "from": taken}]},
    }
    try:
        graph = resolve(loads(json.dumps(spec))).graph
    except ArchspecError:
        return None
    if not all(small(node.shape) for node in graph.nodes):
        return None
    return graph.shape(graph.outputs["output"]), len(graph.nodes) - len(made)
