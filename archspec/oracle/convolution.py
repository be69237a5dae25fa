"""Convolutions and the dense layer, each as one matrix product per group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

import numpy as np

from archspec.operators.convolution import Conv, ConvTranspose, Dense
from archspec.oracle.arrays import Array, per_channel
from archspec.oracle.windows import padded, positions, region, spans, taps

# Elements of the unfolded input held at once: 32 MiB in float64, so that it stays near the cache.
_UNFOLDED = 2**22


def conv(
    operator: Conv, inputs: Sequence[Array], tensors: Mapping[str, Array], training: bool
) -> Array:
    """Cross-correlation of (N, C, *spatial) with a kernel (out, C / groups, *kernel)."""
    x = padded(inputs[0], operator.padding)
    places = positions(operator, x.shape[2:])
    kernel = tensors["weight"].reshape(operator.groups, operator.out // operator.groups, -1)
    result = np.empty((len(x), operator.out, *places), dtype=x.dtype)
    unfolded = x.shape[1] * prod(operator.kernel) * prod(places)
    step = max(1, _UNFOLDED // unfolded)
    for start in range(0, len(x), step):
        part = slice(start, start + step)
        columns = _unfold(operator, x[part], places).reshape(*kernel.shape[::2], -1)
        product = (kernel @ columns).reshape(operator.out, -1, *places)
        result[part] = product.swapaxes(0, 1)
    if operator.bias:
        result += per_channel(tensors["bias"], result)
    return result


def _unfold(operator: Conv, x: Array, places: tuple[int, ...]) -> Array:
    """What each tap sees: (C, taps, N, *places) of a padded input (N, C, *padded)."""
    count = prod(operator.kernel)
    views = taps(x.swapaxes(0, 1), operator, places)
    if count == 1:
        return next(views)[:, None]
    columns = np.empty((x.shape[1], count, len(x), *places), dtype=x.dtype)
    for tap, view in enumerate(views):
        columns[:, tap] = view
    return columns


def conv_transpose(
    operator: ConvTranspose,
    inputs: Sequence[Array],
    tensors: Mapping[str, Array],
    training: bool,
) -> Array:
    """The gradient of ``conv`` for its input; kernel (C, out / groups, *kernel).

    Each input element adds its multiple of the kernel to the output; the pads are cut off.
    """
    (x,) = inputs
    places = x.shape[2:]
    groups, count = operator.groups, prod(operator.kernel)
    kernel = tensors["weight"].reshape(groups, x.shape[1] // groups, -1)
    rows = x.swapaxes(0, 1).reshape(groups, x.shape[1] // groups, -1)
    spread = (kernel.swapaxes(1, 2) @ rows).reshape(operator.out, count, len(x), *places)
    full = [
        (n - 1) * s + span + extra
        for n, s, span, extra in zip(
            places, operator.stride, spans(operator), operator.output_padding, strict=True
        )
    ]
    result = np.zeros((operator.out, len(x), *full), dtype=x.dtype)
    for tap, view in enumerate(taps(result, operator, places)):
        view += spread[:, tap]
    kept = (slice(low, n - high) for n, (low, high) in zip(full, operator.padding, strict=True))
    result = np.ascontiguousarray(region(result, kept).swapaxes(0, 1))
    if operator.bias:
        result += per_channel(tensors["bias"], result)
    return result


def dense(
    operator: Dense, inputs: Sequence[Array], tensors: Mapping[str, Array], training: bool
) -> Array:
    """(N, in) or (N, in, T) times the transpose of a kernel (out, in), and the bias."""
    result = np.moveaxis(np.moveaxis(inputs[0], 1, -1) @ tensors["weight"].T, -1, 1)
    return result + per_channel(tensors["bias"], result) if operator.bias else result
