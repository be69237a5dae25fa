"""Convolutions and the dense layer: the operators that multiply by a learned matrix."""

# What the methods do is documented in `Operator`.
# ruff: noqa: D102

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar, Self

from archspec.errors import ArchspecError
from archspec.expressions import Const, as_expr
from archspec.expressions.nodes import Binary
from archspec.model.shape import Shape
from archspec.operators.fields import Count, Flag, PerAxis, PerAxisOrZero
from archspec.operators.operator import Operator, Tensor
from archspec.operators.padding import Padding
from archspec.operators.scaling import Scaling
from archspec.operators.window import Windowed


def _check_groups(groups: int, inputs: int, outputs: int) -> None:
    if inputs % groups or outputs % groups:
        raise ArchspecError(
            f"{groups} groups do not divide {inputs} channels in and {outputs} out evenly",
            path="groups",
        )


class Conv(Windowed):
    """Convolution as deep learning means it: a cross-correlation, the kernel not flipped.

    Equals ONNX Conv-22. The kernel has the canonical shape (out, in / groups, *kernel).
    """

    onnx: ClassVar[str] = "Conv-22"
    spatial_only: ClassVar[bool] = True

    out: Count
    kernel: PerAxis
    stride: PerAxis = 1
    padding: Padding = 0
    dilation: PerAxis = 1
    groups: Count = 1
    bias: Flag = True

    def check(self, inputs: Sequence[Shape]) -> None:
        super().check(inputs)
        _check_groups(self.groups, inputs[0].channels, self.out)

    def channels(self, inputs: Sequence[Any]) -> Any:
        return self.out

    def multiplier(self, channels: Any) -> Any:
        groups, before, after = as_expr(self.groups), as_expr(channels), as_expr(self.out)
        # Layers for such convolutions stride alike on all axes.
        if groups != before or groups == as_expr(1) or len(set(map(as_expr, self.stride))) > 1:
            return None
        if isinstance(before, Const) and isinstance(after, Const):
            return after // before
        if after == before:
            return as_expr(1)
        match after:
            case Binary("*", left, right) if before in (left, right):
                return right if left == before else left
        return None

    def tensors(self, inputs: Sequence[Shape]) -> tuple[Tensor, ...]:
        kernel = (self.out, inputs[0].channels // self.groups, *self.kernel)
        bias = (Tensor("bias", (self.out,), "bias"),) if self.bias else ()
        return (Tensor("weight", kernel, "kernel", "OI*"), *bias)

    def multiply_adds(self, inputs: Sequence[Shape], output: Shape) -> int:
        products: int = output.elements * (inputs[0].channels // self.groups) * prod(self.kernel)
        return products


class ConvTranspose(Operator):
    """Transposed convolution: the gradient of ``conv`` with respect to its input.

    Equals ONNX ConvTranspose-22. The kernel has the canonical shape (in, out / groups, *kernel);
    an axis comes out at ``(size - 1) * stride + (kernel - 1) * dilation + 1 + output_padding``
    less its two pads.
    """

    onnx: ClassVar[str] = "ConvTranspose-22"
    spatial_only: ClassVar[bool] = True

    out: Count
    kernel: PerAxis
    stride: PerAxis = 1
    padding: Padding = 0
    output_padding: PerAxisOrZero = 0
    dilation: PerAxis = 1
    groups: Count = 1
    bias: Flag = True

    def check(self, inputs: Sequence[Shape]) -> None:
        super().check(inputs)
        _check_groups(self.groups, inputs[0].channels, self.out)
        if isinstance(self.padding, str):
            raise ArchspecError(
                f"a transposed convolution has no {self.padding} padding; give the pads",
                path="padding",
            )
        for extra, stride, dilation in zip(
            self.output_padding, self.stride, self.dilation, strict=True
        ):
            if extra >= max(stride, dilation):
                raise ArchspecError(
                    f"expected less than the stride or the dilation, received {extra}",
                    path="output_padding",
                )

    def channels(self, inputs: Sequence[Any]) -> Any:
        return self.out

    def spatial(self, inputs: Sequence[Shape]) -> tuple[int, ...]:
        return tuple(
            (size - 1) * s + (k - 1) * d + 1 + extra - low - high
            for size, s, k, d, extra, (low, high) in zip(
                inputs[0].spatial,
                self.stride,
                self.kernel,
                self.dilation,
                self.output_padding,
                self.padding,
                strict=True,
            )
        )

    def tensors(self, inputs: Sequence[Shape]) -> tuple[Tensor, ...]:
        kernel = (inputs[0].channels, self.out // self.groups, *self.kernel)
        bias = (Tensor("bias", (self.out,), "bias"),) if self.bias else ()
        return (Tensor("weight", kernel, "kernel", "IO*"), *bias)

    def multiply_adds(self, inputs: Sequence[Shape], output: Shape) -> int:
        products: int = inputs[0].elements * (self.out // self.groups) * prod(self.kernel)
        return products

    @property
    def padded(self) -> bool:
        """Whether any pad is (or may be) more than 0."""
        return any(as_expr(side) != as_expr(0) for pair in self.padding for side in pair)

    @property
    def full_padding(self) -> tuple[tuple[Any, Any], ...]:
        """Pads of the stride-dilated input that an ordinary convolution needs to equal this one."""
        return tuple(
            ((k - 1) * d - low, (k - 1) * d - high + extra)
            for k, d, (low, high), extra in zip(
                self.kernel, self.dilation, self.padding, self.output_padding, strict=True
            )
        )

    @property
    def output_padding_below_stride(self) -> bool:
        """Whether it is less than the stride everywhere, as some runtimes want it."""
        return all(e < s for e, s in zip(self.output_padding, self.stride, strict=True))

    @property
    def folded(self) -> Self:
        """The same in numbers with less output padding: as far as it goes, less is cropped."""
        pairs = list(zip(self.padding, self.output_padding, strict=True))
        return self.replace(
            padding=tuple((low, max(high - extra, 0)) for (low, high), extra in pairs),
            output_padding=tuple(max(extra - high, 0) for (_, high), extra in pairs),
        )

    def along(self, axis: int) -> Scaling:
        span = (self.kernel[axis] - 1) * self.dilation[axis] + 1 + self.output_padding[axis]
        stride = self.stride[axis]
        return Scaling(stride, span - stride - sum(self.padding[axis]))


class Dense(Operator):
    """A matrix product over the features and a bias; ONNX Gemm-13 with ``transB = 1``.

    The kernel has the canonical shape (out, in). Of tokens each has the same product.
    """

    onnx: ClassVar[str] = "Gemm-13"
    primary: ClassVar[str | None] = "out"
    vector_only: ClassVar[bool] = True

    out: Count
    bias: Flag = True

    def channels(self, inputs: Sequence[Any]) -> Any:
        return self.out

    def tensors(self, inputs: Sequence[Shape]) -> tuple[Tensor, ...]:
        bias = (Tensor("bias", (self.out,), "bias"),) if self.bias else ()
        return (Tensor("weight", (self.out, inputs[0].channels), "kernel", "OI"), *bias)

    def multiply_adds(self, inputs: Sequence[Shape], output: Shape) -> int:
        products: int = inputs[0].elements * self.out
        return products
