"""Windows that fit: kernels, strides, dilations and pads for an input of a given size."""

from __future__ import annotations

from itertools import product
from typing import Any

from archspec.model.shape import Shape
from tests.fuzz.pen import Pen
from tests.fuzz.scope import Node

LARGEST = 15
MOST_ELEMENTS = 1500
Pair = tuple[int, int]
Fitted = tuple[int, int, Pair]


def small(shape: Shape) -> bool:
    """Whether a value is small enough for a network that is run many times."""
    return max(shape.spatial, default=0) <= LARGEST and shape.elements <= MOST_ELEMENTS


def per_axis(pen: Pen, values: list[int]) -> Any:
    """One number for all axes where they are alike, else a list."""
    if len(set(values)) == 1 and not pen.chance(4):
        return values[0]
    return values


def padding(pen: Pen, pads: list[Pair]) -> Node:
    """Pads in one of the ways to write them."""
    if all(low == high for low, high in pads):
        return per_axis(pen, [low for low, _ in pads])
    if len(pads) < 3 and pen.chance(3):
        sides = ("top", "bottom", "left", "right")[-2 * len(pads) :]
        flat = [side for pair in pads for side in pair]
        return {side: each for side, each in zip(sides, flat, strict=True) if each or side == "top"}
    return [list(pair) for pair in pads]


def window(pen: Pen, shape: Shape, *, dilated: bool = True, inner: bool = False) -> dict[str, Any]:
    """Arguments of a convolution or a pool.

    Args:
        pen: what draws.
        shape: of the input.
        dilated: whether the operator takes a dilation.
        inner: whether no window may lie wholly in the pads, as for pools.
    """
    rank = shape.rank
    alike = not pen.chance(3)
    kernel = [pen.integer(1, 4)] * rank if alike else [pen.integer(1, 4) for _ in range(rank)]
    strides, dilations = (1, 1, 1, 2, 3), (1, 1, 1, 1, 2)
    stride = [pen.pick(strides)] * rank if alike else [pen.pick(strides) for _ in range(rank)]
    dilation = [pen.pick(dilations)] * rank if alike else [pen.pick(dilations) for _ in range(rank)]
    if not dilated:
        dilation = [1] * rank
    how = pen.pick(["none", "alike", "sides", "symmetric", "same_upper", "same_lower", "valid"])
    pads: list[Pair] = [(0, 0)] * rank
    if how == "alike":
        pads = [(side, side) for side in [pen.integer(0, 2)] * rank]
    elif how == "sides":
        pads = [(pen.integer(0, 2), pen.integer(0, 2)) for _ in range(rank)]
    elif how == "symmetric":
        kernel = [k - 1 if (k - 1) * d % 2 else k for k, d in zip(kernel, dilation, strict=True)]
    if how in ("none", "alike", "sides", "valid"):
        for axis, size in enumerate(shape.spatial):
            fitted = _fitted(size, kernel[axis], dilation[axis], pads[axis], inner)
            kernel[axis], dilation[axis], pads[axis] = fitted
    given: dict[str, Any] = {"kernel": per_axis(pen, kernel)}
    if set(stride) != {1} or inner:
        given["stride"] = per_axis(pen, stride)
    if how in ("symmetric", "same_upper", "same_lower", "valid"):
        given["padding"] = how
    elif any(map(any, pads)):
        given["padding"] = padding(pen, pads)
    if set(dilation) != {1}:
        given["dilation"] = per_axis(pen, dilation)
    return given


def _fitted(size: int, kernel: int, dilation: int, pads: Pair, inner: bool) -> Fitted:
    """A window that is no larger than its padded input."""
    while True:
        low, high = pads
        if inner:
            low, high = (min(each, (kernel - 1) * dilation) for each in pads)
        if size + low + high >= (kernel - 1) * dilation + 1:
            return kernel, dilation, (low, high)
        kernel, dilation = (kernel, 1) if dilation > 1 else (kernel - 1, 1)


def reaching(pen: Pen, size: int, target: int) -> dict[str, int]:
    """A convolution's window on one axis that makes one size of another; empty if none does."""
    found = [
        {"kernel": k, "stride": s, "low": low, "high": high}
        for s, k, low, high in product((1, 2, 3), (1, 3, 2, 4), (0, 1, 2), (0, 1, 2))
        if size + low + high >= k and (size + low + high - k) // s + 1 == target
    ]
    # The nearest to what people write come first.
    found.sort(key=lambda each: (each["low"] != each["high"], each["low"] + each["high"]))
    if found:
        return pen.pick(found[:6])
    return {}
