"""Operators that move, repeat, interpolate or merge elements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

import numpy as np

from archspec.operators.merging import Add, Concat, Mul
from archspec.operators.operator import Operator
from archspec.operators.reshaping import ChannelShuffle, Flatten, Slice, Upsample, ZeroPad
from archspec.oracle.arrays import Array, axis_of
from archspec.oracle.windows import padded


def unchanged(operator: Operator, x: Array) -> Array:
    """The input: ``identity``, and ``dropout``, whose rate verification sets to 0."""
    return x


def flatten(operator: Flatten, x: Array) -> Array:
    """(N, C, *spatial) as (N, C * positions), the last axis fastest."""
    return x.reshape(len(x), -1)


def zero_pad(operator: ZeroPad, x: Array) -> Array:
    """Zeros around the spatial axes."""
    return padded(x, operator.padding)


def channel_shuffle(operator: ChannelShuffle, x: Array) -> Array:
    """Channel ``g * n + i`` of groups of n becomes channel ``i * groups + g``."""
    grouped = x.reshape(len(x), operator.groups, -1, *x.shape[2:])
    return grouped.swapaxes(1, 2).reshape(x.shape)


def sliced(operator: Slice, x: Array) -> Array:
    """The places of the named axis from ``start`` up to ``stop``, or up to its end."""
    axis = axis_of(operator.axis, x)
    places = [each for each in range(x.shape[axis]) if each >= operator.start]
    if operator.stop is not None:
        places = [each for each in places if each < operator.stop]
    return np.take(x, places, axis=axis)


def upsample(operator: Upsample, x: Array) -> Array:
    """Elements repeated, or a linear interpolation along one axis after the other."""
    for axis, scale in enumerate(operator.scale, start=2):
        if operator.mode == "nearest":
            x = np.repeat(x, scale, axis=axis)
        else:
            x = _stretched(x, axis, scale, operator.coordinates == "align_corners")
    return x


def _stretched(x: Array, axis: int, scale: int, align_corners: bool) -> Array:
    """Linear interpolation along an axis; outside the outer pixels' centres it is constant."""
    size = x.shape[axis]
    target = np.arange(size * scale)
    # The source coordinate as a fraction of integers, so that its floor is never rounded.
    if align_corners:
        numerator, denominator = target * (size - 1), max(size * scale - 1, 1)
    else:
        numerator, denominator = 2 * target + 1 - scale, 2 * scale
    floor, rest = np.divmod(numerator, denominator)
    share = (rest / denominator).astype(x.dtype).reshape(-1, *(1,) * (x.ndim - 1 - axis))
    low = np.take(x, np.clip(floor, 0, size - 1), axis=axis)
    high = np.take(x, np.clip(floor + 1, 0, size - 1), axis=axis)
    return np.asarray(low * (1 - share) + high * share)


def concat(
    operator: Concat, inputs: Sequence[Array], tensors: Mapping[str, Array], training: bool
) -> Array:
    """The inputs one after the other along the named axis."""
    return np.concatenate(inputs, axis=axis_of(operator.axis, inputs[0]))


def add(
    operator: Add, inputs: Sequence[Array], tensors: Mapping[str, Array], training: bool
) -> Array:
    """The sum of the inputs; sizes of 1 stretch."""
    return reduce(np.add, inputs)


def mul(
    operator: Mul, inputs: Sequence[Array], tensors: Mapping[str, Array], training: bool
) -> Array:
    """The product of the inputs; sizes of 1 stretch."""
    return reduce(np.multiply, inputs)
