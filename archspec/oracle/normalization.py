"""Normalisations, with variances in two passes: ``E[x²] - E[x]²`` would cancel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from archspec.errors import VerificationError
from archspec.operators.normalization import (
    BatchNorm,
    GroupNorm,
    LayerNorm,
    LocalResponseNorm,
    Rescale,
    Scale,
)
from archspec.oracle.arrays import Array, per_channel


def _by_channel(x: Array) -> Array:
    """A batch (N, C, *spatial) as (C, values): one contiguous row is summed pairwise."""
    return x.swapaxes(0, 1).reshape(x.shape[1], -1)


def _moments(rows: Array, axis: int) -> tuple[Array, Array]:
    """Mean and biased variance along an axis, which stays with size 1."""
    mean = rows.mean(axis=axis, keepdims=True)
    mean = mean + (rows - mean).mean(axis=axis, keepdims=True)
    return mean, np.square(rows - mean).mean(axis=axis, keepdims=True)


def _normalized(rows: Array, eps: float, axis: int) -> Array:
    mean, variance = _moments(rows, axis)
    return np.asarray((rows - mean) / np.sqrt(variance + eps))


def batch_norm(
    operator: BatchNorm, inputs: Sequence[Array], tensors: Mapping[str, Array], training: bool
) -> Array:
    """Each channel by the batch's statistics (biased) in training, else by the running ones."""
    (x,) = inputs
    mean, variance = tensors["running_mean"], tensors["running_var"]
    if training:
        mean, variance = (each[:, 0] for each in _moments(_by_channel(x), 1))
    factor = tensors["weight"] / np.sqrt(variance + operator.eps)
    return (x - per_channel(mean, x)) * per_channel(factor, x) + per_channel(tensors["bias"], x)


def running_statistics(
    operator: BatchNorm, x: Array, tensors: Mapping[str, Array]
) -> dict[str, Array]:
    """``running_mean`` and ``running_var`` after a training step on ``x`` (N, C, *spatial).

    Where the spec leaves the bias of the variance to the framework, the update is biased.

    Raises:
        VerificationError: an unbiased variance of one value is asked for.
    """
    rows = _by_channel(x)
    mean, variance = (each[:, 0] for each in _moments(rows, 1))
    if operator.running_variance == "unbiased":
        count = rows.shape[1]
        if count < 2:
            raise VerificationError(
                "an unbiased variance needs at least 2 values per channel, received 1",
                hint="a larger batch",
            )
        variance = variance * (count / (count - 1))
    decay = operator.decay
    return {
        "running_mean": decay * tensors["running_mean"] + (1 - decay) * mean,
        "running_var": decay * tensors["running_var"] + (1 - decay) * variance,
    }


def layer_norm(
    operator: LayerNorm, inputs: Sequence[Array], tensors: Mapping[str, Array], training: bool
) -> Array:
    """Each position over its channels, or each example over everything."""
    (x,) = inputs
    weight, bias = tensors["weight"], tensors["bias"]
    if len(operator.axes) == 1:
        y = _normalized(x, operator.eps, 1)
        return y * per_channel(weight, x) + per_channel(bias, x)
    return _normalized(x.reshape(len(x), -1), operator.eps, 1).reshape(x.shape) * weight + bias


def group_norm(
    operator: GroupNorm, inputs: Sequence[Array], tensors: Mapping[str, Array], training: bool
) -> Array:
    """Each example over the channels and positions of a group."""
    (x,) = inputs
    rows = x.reshape(len(x), operator.groups, -1)
    y = _normalized(rows, operator.eps, 2).reshape(x.shape)
    return y * per_channel(tensors["weight"], x) + per_channel(tensors["bias"], x)


def local_response_norm(
    operator: LocalResponseNorm,
    inputs: Sequence[Array],
    tensors: Mapping[str, Array],
    training: bool,
) -> Array:
    """Each value by the squares of ``size`` channels around it; absent channels are zeros."""
    (x,) = inputs
    channels, before = x.shape[1], (operator.size - 1) // 2
    squares = np.zeros((len(x), channels + operator.size - 1, *x.shape[2:]), dtype=x.dtype)
    np.square(x, out=squares[:, before : before + channels])
    total = squares[:, :channels].copy()
    for shift in range(1, operator.size):
        total += squares[:, shift : shift + channels]
    base = operator.k + operator.alpha / operator.size * total
    return np.asarray(x / base**operator.beta)


def scale(
    operator: Scale, inputs: Sequence[Array], tensors: Mapping[str, Array], training: bool
) -> Array:
    """Each channel times its number."""
    return inputs[0] * per_channel(tensors["weight"], inputs[0])


def rescale(operator: Rescale, x: Array) -> Array:
    """Each element times the factor."""
    return np.asarray(x * operator.factor)
