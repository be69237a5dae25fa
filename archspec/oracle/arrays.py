"""The types that the rules share, and how a vector of channels lines up with a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy.typing as npt

from archspec.model.shape import SPATIAL_AXES, Shape

Array = npt.NDArray[Any]

# What one operator computes: (operator, inputs, tensors by name, training) -> output.
Rule = Callable[[Any, Sequence[Array], Mapping[str, Array], bool], Array]


def per_channel(vector: Array, batch: Array) -> Array:
    """A vector (C,) reshaped so that it broadcasts against a batch (N, C, *spatial)."""
    return vector.reshape(-1, *(1,) * (batch.ndim - 2))


def axis_of(name: str, batch: Array) -> int:
    """The number of the axis that is called ``C``, ``T``, ``D``, ``H`` or ``W`` in a batch."""
    return 2 if name == "T" else 1 + ("C", *SPATIAL_AXES[batch.ndim - 2]).index(name)


def channels_first(batch: Array, shape: Shape) -> Array:
    """A batch of tokens (N, T, C) as (N, C, T), and back; any other as it is.

    The rules see channels first everywhere: to them tokens are a sequence.
    """
    return batch if shape.tokens is None else batch.swapaxes(1, 2)
