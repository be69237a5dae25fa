"""Pools over windows and over all positions."""

from __future__ import annotations

from math import prod

import numpy as np

from archspec.operators.pooling import AvgPool, GlobalAvgPool, GlobalMaxPool, MaxPool
from archspec.oracle.arrays import Array
from archspec.oracle.windows import padded, positions, taps


def max_pool(operator: MaxPool, x: Array) -> Array:
    """The greatest value of each window; what is padded is never the greatest."""
    x = padded(x, operator.padding, -np.inf)
    views = taps(x, operator, positions(operator, x.shape[2:]))
    result = next(views).copy()
    for view in views:
        np.maximum(result, view, out=result)
    return result


def avg_pool(operator: AvgPool, x: Array) -> Array:
    """The mean of each window, over the taps inside the input unless the padding counts."""
    total = _window_sums(operator, x)
    if operator.count_include_pad:
        count = np.asarray(prod(operator.kernel), dtype=x.dtype)
    else:
        count = _window_sums(operator, np.ones((1, 1, *x.shape[2:]), dtype=x.dtype))
    return np.asarray(total / count)


def _window_sums(operator: AvgPool, x: Array) -> Array:
    x = padded(x, operator.padding)
    views = taps(x, operator, positions(operator, x.shape[2:]))
    result = next(views).copy()
    for view in views:
        result += view
    return result


def global_avg_pool(operator: GlobalAvgPool, x: Array) -> Array:
    """The mean over all positions of each channel."""
    # One long contiguous axis is what NumPy sums pairwise.
    return _kept(x.reshape(*x.shape[:2], -1).mean(axis=2), operator.keep_axes, x)


def global_max_pool(operator: GlobalMaxPool, x: Array) -> Array:
    """The greatest value over all positions of each channel."""
    return _kept(x.reshape(*x.shape[:2], -1).max(axis=2), operator.keep_axes, x)


def _kept(result: Array, keep_axes: bool, x: Array) -> Array:
    return result.reshape(*x.shape[:2], *(1,) * (x.ndim - 2)) if keep_axes else result
