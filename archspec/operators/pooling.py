"""Pools: the greatest or the mean value of a window or of all positions."""

# What the methods do is documented in `Operator`.
# ruff: noqa: D102

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from pydantic import StrictBool

from archspec.errors import ArchspecError
from archspec.expressions import Const, as_expr
from archspec.model.shape import Shape
from archspec.operators.fields import Fact, PerAxis
from archspec.operators.operator import Operator
from archspec.operators.padding import Padding, ceil_pads, symmetric_pads
from archspec.operators.scaling import Scaling
from archspec.operators.window import Windowed


class _Pool(Windowed):
    """A pool over windows. ``stride`` has no default: PyTorch's is the kernel, Flax's is 1.

    ``unrounded`` is worked out: the pads to which ``ceil`` adds those that it needs.
    """

    spatial_only: ClassVar[bool] = True

    def check(self, inputs: Sequence[Shape]) -> None:
        super().check(inputs)
        arguments: Any = self
        if isinstance(arguments.padding, str):
            return
        for (low, high), k, d in zip(
            arguments.padding, arguments.kernel, arguments.dilation, strict=True
        ):
            if max(low, high) > (k - 1) * d:
                raise ArchspecError(
                    f"a pad of {max(low, high)} leaves a window of {k} wholly in the padding",
                    path="padding",
                    hint=f"at most {(k - 1) * d} fit this window",
                )

    @property
    def pads_within_half(self) -> bool:
        """Whether no pad exceeds half its window, as far as numbers tell; PyTorch's condition."""
        arguments: Any = self
        return self._within_half(arguments.padding)

    @property
    def rounding_up(self) -> Any:
        """The pads to which ``ceil`` adds, where PyTorch may be left to do that; or None.

        It pads alike on both sides. None also where what ``ceil`` adds is an argument of the
        block, which is used then.
        """
        arguments: Any = self
        pads = arguments.unrounded
        if pads is None or any(as_expr(low) != as_expr(high) for low, high in pads):
            return None
        grown = (as_expr(side) for pair in arguments.padding for side in pair)
        if not all(isinstance(side, Const) for side in grown):
            return None
        return pads if self._within_half(pads) else None

    def _spread(self, pads: Any) -> bool:
        """Whether it is padded and dilated with a single axis: PyTorch then counts the kernel."""
        arguments: Any = self
        padded = any(as_expr(side) != as_expr(0) for pair in pads for side in pair)
        return len(pads) == 1 and padded and as_expr(arguments.dilation[0]) != as_expr(1)

    def _within_half(self, pads: Any) -> bool:
        arguments: Any = self
        if self._spread(pads):
            return False
        window = zip(pads, arguments.kernel, arguments.dilation, strict=True)
        for pair, kernel, dilation in window:
            numbers = [as_expr(each) for each in (*pair, kernel, dilation)]
            low, high, k, d = (each.value if isinstance(each, Const) else None for each in numbers)
            if low == high == 0:
                continue
            if not (isinstance(k, int) and isinstance(d, int)):
                return False
            if not (isinstance(low, int) and isinstance(high, int)):
                return False
            if 2 * max(low, high) > (k - 1) * d + 1:
                return False
        return True

    @property
    def pads_below_kernel(self) -> bool:
        """Whether every pad is a number less than its kernel; onnxruntime's condition."""
        arguments: Any = self
        pairs = zip(arguments.padding, arguments.kernel, strict=True)
        return all(max(pair) < kernel for pair, kernel in pairs)

    def pinned(self, inputs: Sequence[Shape]) -> dict[str, Any]:
        arguments: Any = self
        pinned = super().pinned(inputs)
        if arguments.ceil:
            pads = pinned.get("padding", arguments.padding)
            if pads == "symmetric":
                pads = symmetric_pads(arguments.kernel, arguments.dilation)
            window = (arguments.kernel, arguments.stride, arguments.dilation)
            pinned["padding"] = ceil_pads(pads, inputs[0].spatial, *window)
        return pinned

    def fixed(self, facts: Mapping[str, Any]) -> Self:
        arguments: Any = self
        pads = arguments.padding
        if not arguments.ceil or pads in ("same_upper", "same_lower"):
            return super().fixed(facts)
        if pads == "symmetric":
            pads = symmetric_pads(arguments.kernel, arguments.dilation)
        return super().fixed(facts).replace(unrounded=pads)

    def along(self, axis: int) -> Scaling:
        arguments: Any = self
        floor = super().along(axis)
        if not arguments.ceil or arguments.padding in ("same_upper", "same_lower"):
            return floor
        pads = arguments.padding
        if pads == "symmetric":
            pads = symmetric_pads(arguments.kernel, arguments.dilation)
        stride = arguments.stride[axis]
        # As many windows as the size over the stride rounded up, but none that would start
        # wholly in the padding after the end: the lesser of two quotients of one divisor.
        return Scaling(1, min(floor.plus + stride - 1, pads[axis][0] + stride - 1), stride)


class MaxPool(_Pool):
    """The greatest value of each window; pads count as minus infinity. Equals ONNX MaxPool-22.

    ``ceil`` adds a last, partial window where one starts inside the input or its left padding.
    """

    onnx: ClassVar[str] = "MaxPool-22"

    kernel: PerAxis
    stride: PerAxis
    padding: Padding = 0
    dilation: PerAxis = 1
    ceil: StrictBool = False
    unrounded: Fact = None


class AvgPool(_Pool):
    """The mean of each window. Equals ONNX AveragePool-22.

    ``count_include_pad`` says whether padded zeros count in the mean; it must be given as soon
    as there is padding, because frameworks disagree.
    """

    onnx: ClassVar[str] = "AveragePool-22"

    kernel: PerAxis
    stride: PerAxis
    padding: Padding = 0
    ceil: StrictBool = False
    count_include_pad: StrictBool | None = None
    unrounded: Fact = None

    @property
    def dilation(self) -> tuple[int, ...]:
        """Average pools are not dilated."""
        return (1,) * len(self.kernel)

    def check(self, inputs: Sequence[Shape]) -> None:
        super().check(inputs)
        padded = isinstance(self.padding, str) or any(map(any, self.padding))
        if self.count_include_pad is None and (padded or self.ceil):
            raise ArchspecError(
                "padding needs `count_include_pad`: do the padded zeros count in the mean?",
                path="count_include_pad",
                hint="PyTorch and Flax count them by default, TensorFlow, Keras and ONNX do not",
            )
        if self.ceil and self.count_include_pad:
            raise ArchspecError(
                "`ceil` with `count_include_pad: true` means different things to frameworks",
                path="count_include_pad",
                hint="say `count_include_pad: false`, or pad explicitly",
            )


class _GlobalPool(Operator):
    """A pool over all positions; ``keep_axes`` leaves spatial axes of size 1."""

    primary: ClassVar[str | None] = "keep_axes"
    spatial_only: ClassVar[bool] = True

    keep_axes: StrictBool = False

    def spatial(self, inputs: Sequence[Shape]) -> tuple[int, ...]:
        return (1,) * inputs[0].rank if self.keep_axes else ()

    def along(self, axis: int) -> Scaling:
        return Scaling(0, 1)


class GlobalAvgPool(_GlobalPool):
    """The mean over all positions of each channel; ONNX GlobalAveragePool-22."""

    onnx: ClassVar[str] = "GlobalAveragePool-22"


class GlobalMaxPool(_GlobalPool):
    """The greatest value over all positions of each channel; ONNX GlobalMaxPool-22."""

    onnx: ClassVar[str] = "GlobalMaxPool-22"
