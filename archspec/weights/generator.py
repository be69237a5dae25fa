"""Weights and inputs from a seed: the same in every framework, and nowhere trivial.

With zero biases, unit scales and the usual initialisations a network is so flat that a forgotten
bias changes nothing and another image hardly anything. Here every number matters.
"""

from __future__ import annotations

from hashlib import sha256
from math import prod, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from archspec.model.graph import Graph, Node
from archspec.operators import Tensor

Floats = npt.NDArray[np.float64]


def seeded(graph: Graph, seed: int) -> dict[str, Floats]:
    """Weights for verification, by canonical name, in canonical layouts, as float64.

    Kernels are normal with the variance ``2 / fan_in`` (He et al. 2015), so that activations
    neither vanish nor grow. Biases and shifts and running means are between 0.1 and 0.5 in size,
    of either sign; scales are between 0.5 and 1.5 but not within 0.2 of 1; running variances
    are between 0.4 and 2.5 but not within a quarter of 1.

    A tensor's numbers depend on the seed, its name and its shape only: no other layer changes them.
    """
    return {
        name: _drawn(node, tensor, _stream(seed, "tensor", name))
        for name, (node, tensor) in graph.tensors.items()
    }


def seeded_inputs(
    graph: Graph, batch: int, seed: int, *, leveled: bool = False
) -> dict[str, Floats]:
    """A standard normal batch (N, C, *spatial) for each input of a network, by name.

    Args:
        graph: the network.
        batch: N.
        seed: of the numbers.
        leveled: whether a level is added, standard normal, one for each example and channel: as in
            photographs, which differ in brightness and colour. Noise alone averages out where a
            network takes the mean over many positions.
    """
    inputs = {}
    for name, shape in graph.inputs.items():
        inputs[name] = _stream(seed, "input", name).standard_normal((batch, *shape.sizes))
        if leveled:
            axes = (
                size if axis == "C" else 1
                for axis, size in zip(shape.axes, shape.sizes, strict=True)
            )
            inputs[name] += _stream(seed, "level", name).standard_normal((batch, *axes))
    return inputs


def _stream(seed: int, kind: str, name: str) -> np.random.Generator:
    digest = sha256(f"{seed} {kind} {name}".encode()).digest()
    return np.random.Generator(np.random.Philox(int.from_bytes(digest, "little")))


def _drawn(node: Node, tensor: Tensor, stream: np.random.Generator) -> Floats:
    shape = tensor.shape
    match tensor.role:
        case "kernel":
            return stream.standard_normal(shape) * sqrt(2 / _terms(node, tensor))
        case "scale":
            return 1 + _away_from_zero(stream, shape, 0.2, 0.5)
        case "variance":
            return np.exp(_away_from_zero(stream, shape, 0.25, 0.9))
        case _:
            return _away_from_zero(stream, shape, 0.1, 0.5)


def _away_from_zero(
    stream: np.random.Generator, shape: tuple[int, ...], least: float, most: float
) -> Floats:
    sizes = stream.uniform(least, most, shape)
    return np.where(stream.random(shape) < 0.5, -sizes, sizes)


def _terms(node: Node, tensor: Tensor) -> float:
    """How many products add up to one output, away from the border."""
    receptive = prod(tensor.shape[2:])
    if tensor.axes.startswith("O"):
        return tensor.shape[1] * receptive
    # A transposed convolution: an input meets a part of the kernel at every stride-th position.
    operator: Any = node.operator
    products = tensor.shape[0] * receptive / (operator.groups * prod(operator.stride))
    return max(float(products), 1.0)
