"""A window that slides over the spatial axes, taken apart into its taps.

A tap is one position inside the window; what it sees while the window slides is a strided view
of the input. Convolutions and pools are sums and maxima over taps, in any number of axes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from archspec.operators.convolution import Conv, ConvTranspose
from archspec.operators.pooling import AvgPool, MaxPool
from archspec.oracle.arrays import Array

# What slides; each has one kernel size, stride and dilation for each spatial axis.
Window = Conv | ConvTranspose | MaxPool | AvgPool


def region(x: Array, slices: Iterable[slice]) -> Array:
    """The view of ``x`` (..., *spatial) that takes one slice of each spatial axis."""
    index: tuple[Any, ...] = (..., *slices)
    return np.asarray(x[index])


def spans(window: Window) -> tuple[int, ...]:
    """How many positions the window reaches over on each axis, holes counted."""
    return tuple((k - 1) * d + 1 for k, d in zip(window.kernel, window.dilation, strict=True))


def positions(window: Window, sizes: tuple[int, ...]) -> tuple[int, ...]:
    """How many places the window has on axes of these (padded) sizes."""
    return tuple(
        (size - span) // stride + 1
        for size, span, stride in zip(sizes, spans(window), window.stride, strict=True)
    )


def taps(x: Array, window: Window, places: tuple[int, ...]) -> Iterator[Array]:
    """Views (..., *places) of ``x`` (..., *padded), one for each tap, the last axis fastest."""
    for offsets in np.ndindex(*window.kernel):
        seen = (
            slice(offset * d, offset * d + (count - 1) * s + 1, s)
            for offset, count, s, d in zip(
                offsets, places, window.stride, window.dilation, strict=True
            )
        )
        yield region(x, seen)


def padded(x: Array, pads: tuple[tuple[int, int], ...], fill: float = 0.0) -> Array:
    """``x`` (N, C, *spatial) with ``fill`` on both sides of each spatial axis."""
    if not any(map(any, pads)):
        return x
    grown = [n + low + high for n, (low, high) in zip(x.shape[2:], pads, strict=True)]
    result = np.full((*x.shape[:2], *grown), fill, dtype=x.dtype)
    inner = (slice(low, low + n) for n, (low, _) in zip(x.shape[2:], pads, strict=True))
    region(result, inner)[...] = x
    return result
