"""Operators that ``onnx.reference`` gets wrong, or computes in float32, as ONNX defines them.

All others are ONNX's own. Each one here says what is the matter with it (onnx 1.23.2).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from onnx import ModelProto
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

Array = np.ndarray[Any, Any]


class Erf(OpRun):
    """ONNX's own gives float32 numbers, whatever it is given."""

    op_domain = ""

    def _run(self, x: Array) -> tuple[Array]:
        values = np.fromiter(map(math.erf, x.ravel().tolist()), np.float64, x.size)
        return (values.reshape(x.shape).astype(x.dtype),)


class HardSwish(OpRun):
    """ONNX's own is a function with the attribute 1/6, in float32."""

    op_domain = ""

    def _run(self, x: Array) -> tuple[Array]:
        return (x * np.clip(x / 6 + 0.5, 0, 1),)


class LRN(OpRun):
    """ONNX's own loops over as many channels as the batch has examples, and takes images only."""

    op_domain = ""

    def _run(self, x: Array, alpha: Any, beta: Any, bias: Any, size: int) -> tuple[Array]:
        squares = np.zeros_like(x)
        for channel in range(x.shape[1]):
            first, last = channel - (size - 1) // 2, channel + size // 2
            near = x[:, max(first, 0) : last + 1]
            squares[:, channel] = np.square(near).sum(axis=1)
        return (x / (bias + alpha / size * squares) ** beta,)


class GlobalMaxPool(OpRun):
    """ONNX's own takes the maximum over the wrong axes of anything but images."""

    op_domain = ""

    def _run(self, x: Array) -> tuple[Array]:
        return (x.max(axis=tuple(range(2, x.ndim)), keepdims=True),)


class MaxPool(OpRun):
    """ONNX's own takes the four pads of an image for its top, bottom, left and right at stride 1.

    It pads nothing but images then, and takes seconds where this one takes milliseconds.
    """

    op_domain = ""

    def _run(
        self,
        x: Array,
        auto_pad: str = "NOTSET",
        ceil_mode: int = 0,
        dilations: Sequence[int] | None = None,
        kernel_shape: Sequence[int] = (),
        pads: Sequence[int] | None = None,
        storage_order: int = 0,
        strides: Sequence[int] | None = None,
    ) -> tuple[Array]:
        if len(self.output) > 1:
            raise NotImplementedError("MaxPool with indices")
        rank = x.ndim - 2
        strides, dilations = strides or [1] * rank, dilations or [1] * rank
        stated = pads or [0] * 2 * rank
        places, sides = [], []
        for axis in range(rank):
            size, s = x.shape[2 + axis], strides[axis]
            span = (kernel_shape[axis] - 1) * dilations[axis] + 1
            low, high = stated[axis], stated[axis + rank]
            if auto_pad.startswith("SAME"):
                total = max((-(-size // s) - 1) * s + span - size, 0)
                less = total // 2
                low = less if auto_pad == "SAME_UPPER" else total - less
                high = total - low
            room = size + low + high - span
            count = -(-room // s) + 1 if ceil_mode else room // s + 1
            # A last window that would begin in the padding is none.
            count -= bool(ceil_mode) and (count - 1) * s >= size + low
            places.append(count)
            sides.append((low, max((count - 1) * s + span - size - low, 0)))
        padded = np.pad(x, [(0, 0), (0, 0), *sides], constant_values=-np.inf)
        result = np.full((*x.shape[:2], *places), -np.inf, x.dtype)
        for tap in itertools.product(*map(range, kernel_shape)):
            at = [
                slice(t * d, t * d + (n - 1) * s + 1, s)
                for t, d, n, s in zip(tap, dilations, places, strides, strict=True)
            ]
            np.maximum(result, padded[(slice(None), slice(None), *at)], out=result)
        return (result,)


class ConvTranspose(OpRun):
    """ONNX's own breaks off where a group gives several channels."""

    op_domain = ""

    def _run(
        self,
        x: Array,
        w: Array,
        b: Array | None = None,
        auto_pad: str = "NOTSET",
        dilations: Sequence[int] | None = None,
        group: int = 1,
        kernel_shape: Sequence[int] | None = None,
        output_padding: Sequence[int] | None = None,
        output_shape: Sequence[int] | None = None,
        pads: Sequence[int] | None = None,
        strides: Sequence[int] | None = None,
    ) -> tuple[Array]:
        if auto_pad != "NOTSET" or output_shape:
            raise NotImplementedError("ConvTranspose by its output's shape")
        kernel, rank = w.shape[2:], x.ndim - 2
        strides, dilations = strides or [1] * rank, dilations or [1] * rank
        pads, extra = pads or [0] * 2 * rank, output_padding or [0] * rank
        whole = [
            (n - 1) * s + (k - 1) * d + 1 + more
            for n, s, k, d, more in zip(x.shape[2:], strides, kernel, dilations, extra, strict=True)
        ]
        y = np.zeros((len(x), group, w.shape[1], *whole), x.dtype)
        grouped = x.reshape(len(x), group, -1, *x.shape[2:])
        weights = w.reshape(group, -1, *w.shape[1:])
        # What each position of the kernel adds, at all places that it is laid on.
        for place in itertools.product(*map(range, kernel)):
            tap = weights[(slice(None), slice(None), slice(None), *place)]
            added = np.einsum("ngi...,gio->ngo...", grouped, tap)
            at = [
                slice(p * d, p * d + (n - 1) * s + 1, s)
                for p, d, n, s in zip(place, dilations, x.shape[2:], strides, strict=True)
            ]
            y[(slice(None), slice(None), slice(None), *at)] += added
        y = y.reshape(len(x), -1, *whole)
        inside = [
            slice(low, size - high)
            for low, high, size in zip(pads[:rank], pads[rank:], whole, strict=True)
        ]
        y = y[(slice(None), slice(None), *inside)]
        return (y if b is None else y + b.reshape(-1, *[1] * rank),)


OWN = [Erf, HardSwish, LRN, GlobalMaxPool, MaxPool, ConvTranspose]


def evaluate(model: ModelProto, feeds: Mapping[str, Array]) -> dict[str, Array]:
    """Every value of a model by its name."""
    evaluator = ReferenceEvaluator(model, new_ops=OWN)
    return evaluator.run(None, dict(feeds), intermediate=True)  # type: ignore[return-value]
