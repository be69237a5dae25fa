"""Runs the flat graph, one layer after the other, in the precision of its inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from archspec.errors import UsageError, VerificationError, WeightsError
from archspec.model.graph import Graph, Node
from archspec.operators.normalization import BatchNorm
from archspec.oracle.arrays import Array, channels_first
from archspec.oracle.normalization import running_statistics
from archspec.oracle.rules import RULES


@dataclass(frozen=True, slots=True)
class Result:
    """What a run came to; arrays are (N, C, *spatial), (N, C), or (N, T, C) of tokens.

    Args:
        values: the output of each layer by its path (the outputs' alone, if not kept).
        outputs: the network's outputs by name.
        statistics: in training, each new running statistic by its canonical name.
    """

    values: Mapping[str, Array]
    outputs: Mapping[str, Array]
    statistics: Mapping[str, Array]


# What overflows becomes an infinity, which whoever asks can see.
@np.errstate(over="ignore", invalid="ignore")
def run(
    graph: Graph,
    tensors: Mapping[str, Array],
    inputs: Mapping[str, Array],
    *,
    training: bool = False,
    keep: bool = True,
    alter: Callable[[Node, Array], Array] | None = None,
) -> Result:
    """Compute a network's outputs.

    Args:
        graph: the network, every argument fixed.
        tensors: parameters and running statistics by canonical name (``b1.conv1.weight``), in
            canonical layout; they are converted to the precision of the inputs.
        inputs: a batch (N, C, *spatial) for each input, all of one floating-point type.
        training: normalise by the batch's statistics and work out the new running ones. Dropout
            is the identity all the same.
        keep: keep the output of every layer; else it is dropped after its last use.
        alter: given a layer and its output, returns what later layers take in its place.

    Raises:
        UsageError: an input is missing, unknown, of another shape or type.
        WeightsError: a tensor is missing or of another shape.
        VerificationError: a layer's output has another shape than the graph says.
    """
    dtype = _checked_inputs(graph, inputs)
    values: dict[str, Array] = {name: np.asarray(inputs[name]) for name in graph.inputs}
    uses = Counter(source for node in graph.nodes for source in node.inputs)
    uses.update(graph.outputs.values())
    statistics: dict[str, Array] = {}
    for node in graph.nodes:
        own = _own_tensors(node, tensors, dtype)
        taken = _taken(node, [values[source] for source in node.inputs])
        result = _output(node, taken, own, training)
        if result.shape[1:] != node.shape.sizes:
            raise VerificationError(
                f"the oracle's output has the shape {result.shape[1:]},"
                f" the graph says {node.shape.sizes}",
                where=node.where,
                path=node.path,
            )
        if training and isinstance(node.operator, BatchNorm):
            # A shared layer updates its statistics once for each use, one after the other.
            current = {name: statistics.get(f"{node.owner}.{name}", own[name]) for name in own}
            for name, new in running_statistics(node.operator, taken[0], current).items():
                statistics[f"{node.owner}.{name}"] = new
        values[node.path] = alter(node, result) if alter else result
        if not keep:
            uses.subtract(node.inputs)
            for path in {*node.inputs, node.path}:
                if uses[path] <= 0:
                    del values[path]
    outputs = {name: values[path] for name, path in graph.outputs.items()}
    layers = {path: value for path, value in values.items() if path not in graph.inputs}
    return Result(layers, outputs, statistics)


def run_layer(node: Node, tensors: Mapping[str, Array], inputs: Sequence[Array]) -> Array:
    """One layer's output in evaluation, from inputs of which each is a batch of its input shape.

    Raises:
        WeightsError: a tensor is missing or of another shape.
    """
    own = _own_tensors(node, tensors, inputs[0].dtype)
    return _output(node, _taken(node, inputs), own, training=False)


def _taken(node: Node, inputs: Sequence[Array]) -> list[Array]:
    pairs = zip(inputs, node.input_shapes, strict=True)
    return [channels_first(each, shape) for each, shape in pairs]


def _output(node: Node, taken: list[Array], own: Mapping[str, Array], training: bool) -> Array:
    result = RULES[node.operator.name()](node.operator, taken, own, training)
    return channels_first(result, node.shape)


def _checked_inputs(graph: Graph, inputs: Mapping[str, Array]) -> npt.DTypeLike:
    if set(inputs) != set(graph.inputs):
        raise UsageError(
            f"expected the inputs {', '.join(graph.inputs)}, received {', '.join(inputs) or 'none'}"
        )
    for name, shape in graph.inputs.items():
        if inputs[name].shape[1:] != shape.sizes:
            raise UsageError(
                f"expected a batch of {shape}, received an array of {inputs[name].shape}", path=name
            )
    types = {value.dtype for value in inputs.values()}
    if len(types) != 1 or not all(np.issubdtype(each, np.floating) for each in types):
        names = ", ".join(sorted(str(each) for each in types))
        raise UsageError(f"expected inputs of one floating-point type, received {names}")
    if len({len(value) for value in inputs.values()}) != 1:
        raise UsageError("the inputs differ in batch size")
    return types.pop()


def _own_tensors(node: Node, tensors: Mapping[str, Array], dtype: Any) -> dict[str, Array]:
    """A layer's tensors by their own names (``weight``), in the precision of the run."""
    own = {}
    for tensor in node.tensors:
        name = f"{node.owner}.{tensor.name}"
        if name not in tensors:
            raise WeightsError("the tensor is missing", path=name)
        if tensors[name].shape != tensor.shape:
            raise WeightsError(
                f"expected the shape {tensor.shape}, received {tensors[name].shape}", path=name
            )
        own[tensor.name] = np.asarray(tensors[name], dtype=dtype)
    return own
