"""Normalisations: over the batch, over axes, over groups and over neighbouring channels."""

# What the methods do is documented in `Operator`.
# ruff: noqa: D102

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from archspec.errors import ArchspecError
from archspec.expressions import Const
from archspec.model.shape import Shape
from archspec.operators.fields import Count, Epsilon, Fact, Number, Positive, Rate
from archspec.operators.operator import Operator, Tensor


def _scale_and_shift(shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    axes = "C*" if len(shape) > 1 else "C"
    return Tensor("weight", shape, "scale", axes), Tensor("bias", shape, "shift", axes)


class BatchNorm(Operator):
    """Batch normalisation over the batch and all positions of each channel.

    Equals ONNX BatchNormalization-15, whose ``momentum`` is ``decay``: after a training step a
    running statistic is ``decay`` times its old value plus ``1 - decay`` times the batch's.
    ``running_variance`` says whether the batch's variance enters it biased (divided by n) or
    unbiased (by n - 1); ``framework`` leaves each framework its own, and verification corrects
    for it.
    """

    onnx: ClassVar[str] = "BatchNormalization-15"
    takes_tokens: ClassVar[bool] = False
    trains: ClassVar[bool] = True

    eps: Epsilon
    decay: Rate
    running_variance: Literal["framework", "biased", "unbiased"] = "framework"

    @property
    def momentum(self) -> Any:
        """The weight of the new value, ``1 - decay``, as PyTorch and Flux state it."""
        value: Any = self.decay.value if isinstance(self.decay, Const) else self.decay
        return round(1 - value, 12) if isinstance(value, int | float) else 1 - value

    def tensors(self, inputs: Sequence[Shape]) -> tuple[Tensor, ...]:
        shape = (inputs[0].channels,)
        statistics = Tensor("running_mean", shape, "mean"), Tensor("running_var", shape, "variance")
        return (*_scale_and_shift(shape), *statistics)


class LayerNorm(Operator):
    """Normalisation of each example over the named axes; ONNX LayerNormalization-17.

    ``axes`` is ``[C]`` (each position or token by itself) or all axes of the input. The variance
    is biased and ``eps`` is added to it before the root. Scale and shift have the normalised
    shape.
    """

    onnx: ClassVar[str] = "LayerNormalization-17"

    axes: tuple[Literal["C", "D", "H", "W"], ...]
    eps: Epsilon
    spatial_sizes: Fact = None

    def check(self, inputs: Sequence[Shape]) -> None:
        super().check(inputs)
        every = "" if inputs[0].tokens else f" or [{', '.join(inputs[0].axes)}]"
        if self.axes != ("C",) and (not every or self.axes != inputs[0].axes):
            raise ArchspecError(
                f"expected the axes [C]{every}, received [{', '.join(self.axes)}]", path="axes"
            )

    def pinned(self, inputs: Sequence[Shape]) -> dict[str, Any]:
        # A learned scale for every position fixes the size of the input.
        return {"spatial_sizes": inputs[0].spatial} if len(self.axes) > 1 else {}

    def tensors(self, inputs: Sequence[Shape]) -> tuple[Tensor, ...]:
        return _scale_and_shift(inputs[0].sizes if len(self.axes) > 1 else (inputs[0].channels,))


class GroupNorm(Operator):
    """Normalisation of each example over the positions and channels of a group.

    Equals ONNX GroupNormalization-21; scale and shift are per channel.
    """

    onnx: ClassVar[str] = "GroupNormalization-21"
    takes_tokens: ClassVar[bool] = False

    groups: Count
    eps: Epsilon

    def check(self, inputs: Sequence[Shape]) -> None:
        super().check(inputs)
        if inputs[0].channels % self.groups:
            raise ArchspecError(
                f"{self.groups} groups do not divide {inputs[0].channels} channels evenly",
                path="groups",
            )

    def tensors(self, inputs: Sequence[Shape]) -> tuple[Tensor, ...]:
        return _scale_and_shift((inputs[0].channels,))


class LocalResponseNorm(Operator):
    """Local response normalisation across ``size`` neighbouring channels; ONNX LRN-13.

    ``y = x / (k + alpha / size * sum of squares) ** beta``: alpha is divided by the size, as in
    ONNX, PyTorch and Caffe (TensorFlow does not divide).
    """

    onnx: ClassVar[str] = "LRN-13"
    spatial_only: ClassVar[bool] = True

    size: Count
    alpha: Positive
    beta: Positive
    k: Positive

    def check(self, inputs: Sequence[Shape]) -> None:
        super().check(inputs)
        if self.size % 2 == 0:
            raise ArchspecError(
                f"expected an odd size, received {self.size}",
                path="size",
                hint="frameworks disagree about which side an even window leans to",
            )


class Rescale(Operator):
    """The input times a constant ``factor``; ONNX Mul-14.

    What a branch of a residual block is damped by (Inception-ResNet, Szegedy et al. 2016).
    """

    onnx: ClassVar[str] = "Mul-14"
    primary: ClassVar[str | None] = "factor"

    factor: Number


class Scale(Operator):
    """Each channel times a learned number (LayerScale, Touvron et al. 2021); ONNX Mul-14.

    ``value`` is what the numbers start from.
    """

    onnx: ClassVar[str] = "Mul-14"
    primary: ClassVar[str | None] = "value"

    value: Positive = 1.0

    def tensors(self, inputs: Sequence[Shape]) -> tuple[Tensor, ...]:
        return (Tensor("weight", (inputs[0].channels,), "scale"),)
