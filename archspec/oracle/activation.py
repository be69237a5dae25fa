"""Activations, written so that no intermediate overflows where the result does not."""

from __future__ import annotations

import math

import numpy as np

from archspec.operators.activation import Elu, Gelu, HardSigmoid, LeakyRelu, Softmax
from archspec.operators.operator import Operator
from archspec.oracle.arrays import Array, axis_of


def relu(operator: Operator, x: Array) -> Array:
    """``max(x, 0)``."""
    return np.maximum(x, 0)


def relu6(operator: Operator, x: Array) -> Array:
    """``min(max(x, 0), 6)``."""
    return np.clip(x, 0, 6)


def leaky_relu(operator: LeakyRelu, x: Array) -> Array:
    """``x`` where positive, else ``slope * x``."""
    return np.where(x > 0, x, operator.slope * x)


def elu(operator: Elu, x: Array) -> Array:
    """``x`` where positive, else ``alpha * (exp(x) - 1)``."""
    return np.where(x > 0, x, operator.alpha * np.expm1(np.minimum(x, 0)))


def gelu(operator: Gelu, x: Array) -> Array:
    """``x`` times the normal distribution function at ``x``, exact or by tanh."""
    if operator.approximate == "tanh":
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x))
        return np.asarray(0.5 * x * (1 + np.tanh(inner)))
    # NumPy has no error function. The complement keeps its digits where 1 + erf would cancel.
    scaled = (x.ravel().astype(np.float64, copy=False) * -math.sqrt(0.5)).tolist()
    tail = np.fromiter(map(math.erfc, scaled), dtype=np.float64, count=x.size)
    return np.asarray(0.5 * x * tail.reshape(x.shape).astype(x.dtype, copy=False))


def sigmoid(operator: Operator, x: Array) -> Array:
    """``1 / (1 + exp(-x))``."""
    small = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1, small) / (1 + small))


def silu(operator: Operator, x: Array) -> Array:
    """``x * sigmoid(x)``."""
    return x * sigmoid(operator, x)


def hard_sigmoid(operator: HardSigmoid, x: Array) -> Array:
    """``max(0, min(1, slope * x + 1/2))``."""
    return np.asarray(np.clip(operator.slope * x + 0.5, 0, 1))


def hard_swish(operator: Operator, x: Array) -> Array:
    """``x * max(0, min(1, x / 6 + 1/2))``."""
    return np.asarray(x * np.clip(x / 6 + 0.5, 0, 1))


def tanh(operator: Operator, x: Array) -> Array:
    """The hyperbolic tangent."""
    return np.tanh(x)


def softmax(operator: Softmax, x: Array) -> Array:
    """``exp(x)`` divided by its sum along the axis."""
    axis = axis_of(operator.axis, x)
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True))
