"""What a layer rounds itself, apart from what its inputs had lost before.

In float32 losses add up from layer to layer, and a layer may make much of them: a hard sigmoid
whose input reaches far beyond the part where it rises leaves one element of a thousand in which
all that was lost shows. How large it comes out there is chance. So a layer that seems to lose too
much is held against float64 on the very inputs that it was given.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from archspec.model.graph import Graph, Node
from archspec.oracle import run_layer
from archspec.verification import gates
from archspec.verification.compare import Array, relative_error
from archspec.verification.finding import Errors
from archspec.verification.request import Question


def without_inherited(
    graph: Graph,
    question: Question,
    values: Mapping[str, Array],
    errors: Errors,
    paths: Mapping[str, str],
    given: Mapping[str, Array] | None = None,
) -> tuple[Errors, int]:
    """Errors in float32, where those too large are replaced by the layers' own.

    Args:
        graph: the network.
        question: the numbers that all were given.
        values: what one participant computed in each layer that was seen, in float32.
        errors: for each layer or output of the network its distance from the others, and the gate.
        paths: for each the path of the layer that it is.
        given: what it returned, where that need not be what was seen of the layer: its outputs.

    Returns:
        The errors, and how many of them have become small by this.
    """
    known = {**{name: each.astype(np.float32) for name, each in question.inputs.items()}, **values}
    found = dict(errors)
    count = 0
    for name, (error, gate) in errors.items():
        node = graph.by_path.get(paths[name])
        if error <= gate or node is None or not {node.path, *node.inputs} <= known.keys():
            continue
        result = (given or values).get(name)
        if result is None:
            continue
        own, allowed = own_error(node, question.tensors, known, result)
        if own <= allowed:
            found[name] = own, allowed
            count += 1
    return found, count


def own_error(
    node: Node, tensors: Mapping[str, Array], values: Mapping[str, Array], result: Array
) -> tuple[float, float]:
    """How far a layer is from float64 on its own inputs, and how far it may be.

    The oracle's layer in float32, given the same, says what is honest. It adds in parts, though,
    and adding one term after the other is honest, too: that loses about the square root of their
    number in units in the last place.
    """
    inputs = [values[source] for source in node.inputs]
    exact = run_layer(node, tensors, [each.astype(np.float64) for each in inputs])
    oracle = run_layer(node, tensors, [each.astype(np.float32) for each in inputs])
    allowed = max(gates.float32(relative_error(oracle, exact)), gates.summed(_terms(node)))
    return relative_error(result, exact), allowed


def _terms(node: Node) -> float:
    """How many terms are added up for one element of the output, about."""
    given = sum(shape.elements for shape in node.input_shapes)
    return max(given, node.multiply_adds) / node.shape.elements
