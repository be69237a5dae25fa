"""Operators on tokens; here a batch of them is (N, C, T), as everything in the oracle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

import numpy as np

from archspec.operators.tokens import (
    Attention,
    ClassToken,
    Mean,
    Positions,
    Select,
    ToTokens,
    Transpose,
)
from archspec.oracle.arrays import Array


def to_tokens(operator: ToTokens, x: Array) -> Array:
    """(N, C, *spatial) as (N, C, T), the last axis fastest."""
    return x.reshape(*x.shape[:2], -1)


def transpose(operator: Transpose, x: Array) -> Array:
    """Channels and tokens exchanged."""
    return x.swapaxes(1, 2)


def class_token(
    operator: ClassToken, inputs: Sequence[Array], tensors: Mapping[str, Array], training: bool
) -> Array:
    """The learned token (C,) before the others."""
    (x,) = inputs
    first = np.broadcast_to(tensors["weight"][:, None], (*x.shape[:2], 1))
    return np.concatenate([first, x], axis=2)


def positions(
    operator: Positions, inputs: Sequence[Array], tensors: Mapping[str, Array], training: bool
) -> Array:
    """Each token and the learned vector of its place (T, C)."""
    return np.asarray(inputs[0] + tensors["weight"].T)


def attention(
    operator: Attention, inputs: Sequence[Array], tensors: Mapping[str, Array], training: bool
) -> Array:
    """Each head on its own, and each query on its own."""
    queries, keys, values = (
        each.reshape(len(each), operator.heads, -1, each.shape[2]) for each in inputs
    )
    result = np.empty((*values.shape[:3], queries.shape[3]), dtype=values.dtype)
    for place in range(queries.shape[3]):
        seen = place + 1 if operator.causal else keys.shape[3]
        products = (queries[..., place, None] * keys[..., :seen]).sum(axis=2)
        scores = products / sqrt(queries.shape[2])
        weights = np.exp(scores - scores.max(axis=2, keepdims=True))
        weights /= weights.sum(axis=2, keepdims=True)
        result[..., place] = (values[..., :seen] * weights[:, :, None]).sum(axis=3)
    return result.reshape(len(result), -1, queries.shape[3])


def select(operator: Select, x: Array) -> Array:
    """One token (N, C)."""
    return np.asarray(x[:, :, operator.index])


def mean(operator: Mean, x: Array) -> Array:
    """The mean of the tokens (N, C)."""
    return np.asarray(x.mean(axis=2))
