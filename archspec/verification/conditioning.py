"""How far rounding alone moves each value of a network.

Two correct programs round differently in each layer, and later layers make more or less of it. So
the oracle runs once more, and each element of each layer's output is changed in the
last place, up or down by chance: Monte Carlo arithmetic (D. S. Parker, 1997, UCLA CSD-970002).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from archspec.model.graph import Graph, Node
from archspec.oracle.interpreter import Result, run
from archspec.verification import gates
from archspec.verification.compare import Array, relative_error

_STREAM = 0


@dataclass(frozen=True, slots=True)
class Conditioning:
    """By how much rounding moves values in one mode, relative to the largest of each.

    Args:
        layers: by the layer's path.
        outputs: by the name of the network's output.
        statistics: by the canonical name of the running statistic.
    """

    layers: Mapping[str, float]
    outputs: Mapping[str, float]
    statistics: Mapping[str, float]

    @property
    def worst(self) -> tuple[str, float]:
        """The layer that moves most, and by how much; none where there are no layers."""
        return max(self.layers.items(), key=lambda pair: pair[1], default=("", 0.0))


def conditioning(
    graph: Graph,
    tensors: Mapping[str, Array],
    inputs: Mapping[str, Array],
    result: Result,
    training: bool,
) -> Conditioning:
    """Compare a run of the oracle, all of whose values were kept, with one that rounds otherwise.

    Args:
        graph: the network.
        tensors, inputs: what the oracle was given.
        result: what it came to, in float64.
        training: whether in training mode.
    """
    stream = np.random.Generator(np.random.Philox(_STREAM))
    layers: dict[str, float] = {}

    def rounded(node: Node, value: Array) -> Array:
        up = stream.integers(0, 2, value.shape, dtype=np.int8)
        other = value * np.where(up, 1 + gates.EPSILON, 1 - gates.EPSILON)
        layers[node.path] = relative_error(other, result.values[node.path])
        return other

    other = run(graph, tensors, inputs, training=training, keep=False, alter=rounded)
    outputs = {name: layers.get(path, 0.0) for name, path in graph.outputs.items()}
    statistics = {
        name: relative_error(each, result.statistics[name])
        for name, each in other.statistics.items()
    }
    return Conditioning(layers, outputs, statistics)
